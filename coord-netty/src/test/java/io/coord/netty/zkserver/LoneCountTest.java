package io.coord.netty.zkserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LoneCountTest {

    @Test
    void whatSeveralThreadsAddIsAllThere() {
        LoneCount count = new LoneCount();
        IntStream.rangeClosed(1, 10_000).parallel().forEach(i -> {
            count.add(i);
            count.add(-1);
        });
        assertThat(count.get()).isEqualTo(10_000 * 10_001 / 2 - 10_000);
    }
}
