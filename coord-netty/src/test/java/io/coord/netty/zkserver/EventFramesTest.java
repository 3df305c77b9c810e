package io.coord.netty.zkserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.WatchEvent;
import org.junit.jupiter.api.Test;

class EventFramesTest {

    private final EventFrames frames = new EventFrames();

    private static WatchEvent created(long zxid, int pathLength) {
        return new WatchEvent(WatchEvent.Type.CREATED, "/" + "a".repeat(pathLength - 1), zxid);
    }

    @Test
    void anEventIsEncodedOnceForAll() {
        assertThat(frames.of(created(1, 10))).isSameAs(frames.of(created(1, 10)));
    }

    @Test
    void ofLongPathsFewAreKept() {
        byte[] first = frames.of(created(1, 1_000));
        frames.of(created(2, EventFrames.KEPT_BYTES_MAX - 500));
        assertThat(frames.of(created(1, 1_000))).isEqualTo(first).isNotSameAs(first);
        byte[] tooLong = frames.of(created(3, EventFrames.KEPT_BYTES_MAX));
        assertThat(frames.of(created(3, EventFrames.KEPT_BYTES_MAX))).isEqualTo(tooLong).isNotSameAs(tooLong);
    }
}
