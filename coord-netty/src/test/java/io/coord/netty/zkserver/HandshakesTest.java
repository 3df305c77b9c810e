package io.coord.netty.zkserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.local.LocalChannel;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class HandshakesTest {

    private static final int MAX = 4;

    private final Handshakes handshakes = new Handshakes();

    private static InetAddress address(int number) throws Exception {
        return InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) number});
    }

    @Test
    @DisplayName("security.15: addresses share the room; who comes from the fullest gives way itself")
    void shared() throws Exception {
        Channel[] silent = new Channel[MAX];
        for (int i = 0; i < MAX; i++) {
            silent[i] = new LocalChannel();
            assertThat(handshakes.begin(silent[i], address(1), MAX)).isNull();
        }
        Channel neighbour = new LocalChannel();
        assertThat(handshakes.begin(neighbour, address(1), MAX)).isSameAs(neighbour);
        assertThat(handshakes.begin(new LocalChannel(), address(2), MAX)).isSameAs(silent[0]);
        assertThat(handshakes.begin(new LocalChannel(), address(2), MAX)).isSameAs(silent[1]);
        Channel third = new LocalChannel();
        assertThat(handshakes.begin(third, address(2), MAX)).isSameAs(third);
        assertThat(handshakes.count()).isEqualTo(MAX);
    }

    @Test
    @DisplayName("fault.C5: where many come at once and come again, each that is done lets another in, and all get done")
    void storm() throws Exception {
        Deque<Channel> waiting = new ArrayDeque<>();
        for (int i = 0; i < 100; i++) {
            waiting.add(new LocalChannel());
        }
        Deque<Channel> underWay = new ArrayDeque<>();
        for (int number = 0, done = 0; done < 100; number++) {
            Channel next = waiting.poll();
            Channel leaving = next == null ? null : handshakes.begin(next, address(number % 100), MAX);
            if (next != null && next != leaving) {
                underWay.add(next);
            }
            if (leaving != null) {
                assertThat(leaving).as("one under way goes on").isSameAs(next);
                waiting.add(leaving);
            }
            if (next == null || number % 20 == 0) {
                handshakes.end(underWay.remove());
                done++;
            }
        }
        assertThat(handshakes.count()).isZero();
    }

    @Test
    void withoutABoundNobodyGivesWay() throws Exception {
        for (int i = 0; i < 1_000; i++) {
            assertThat(handshakes.begin(new LocalChannel(), address(i % 2), 0)).isNull();
        }
        assertThat(handshakes.count()).isEqualTo(1_000);
    }

    @Test
    void whoHasGivenWayMayEndLater() throws Exception {
        Channel first = new LocalChannel();
        Channel second = new LocalChannel();
        handshakes.begin(first, address(1), 2);
        handshakes.begin(second, address(1), 2);
        assertThat(handshakes.begin(new LocalChannel(), address(2), 2)).isSameAs(first);
        assertThat(handshakes.end(first)).as("it was under way").isFalse();
        assertThat(handshakes.count()).isEqualTo(2);
        assertThat(handshakes.end(second)).isTrue();
        assertThat(handshakes.end(second)).as("again").isFalse();
        assertThat(handshakes.count()).isEqualTo(1);
    }
}
