package io.coord.netty.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PulseTest {

    private static final int BEAT_MILLIS = 10;

    private final Pulse pulse =
            new Pulse(TimeUnit.MILLISECONDS.toNanos(BEAT_MILLIS * Pulse.SILENT_BEATS_MAX), () -> {});
    private EmbeddedChannel channel;

    @BeforeEach
    void begin() {
        channel = new EmbeddedChannel(pulse);
        channel.freezeTime();
        pulse.begin(channel);
    }

    @AfterEach
    void end() {
        channel.finishAndReleaseAll();
    }

    private void beat(int times) {
        for (int i = 0; i < times; i++) {
            channel.advanceTimeBy(BEAT_MILLIS, TimeUnit.MILLISECONDS);
            channel.runScheduledPendingTasks();
        }
    }

    @Test
    @DisplayName("fault.N7: a connection on which nothing is heard for four beats is closed")
    void silenceEndsAConnection() {
        beat(3);
        channel.writeInbound(Unpooled.EMPTY_BUFFER);
        beat(4);
        assertThat(channel.isOpen()).isTrue();
        beat(1);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void whatIsNotReadIsNotSilence() {
        pulse.hold();
        pulse.hold();
        beat(20);
        assertThat(pulse.release()).isFalse();
        beat(20);
        assertThat(channel.isOpen()).isTrue();
        assertThat(pulse.release()).isTrue();
        beat(4);
        assertThat(channel.isOpen()).isTrue();
        beat(1);
        assertThat(channel.isOpen()).isFalse();
    }
}
