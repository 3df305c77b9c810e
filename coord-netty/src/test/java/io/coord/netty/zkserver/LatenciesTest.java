package io.coord.netty.zkserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LatenciesTest {

    private static final long MILLI = 1_000_000;

    private final AtomicInteger age = new AtomicInteger();

    @Test
    void whatSeveralCountedIsOneSummary() {
        Latencies one = new Latencies(age);
        Latencies other = new Latencies(age);
        for (int i = 1; i <= 1_000; i++) {
            (i % 2 == 0 ? one : other).took(i * MILLI);
        }
        Latencies.Summary all = Latencies.of(List.of(one, other, new Latencies(age)));
        assertThat(all.count()).isEqualTo(1_000);
        assertThat(all.sumMillis()).isEqualTo(500_500);
        assertThat(all.averageMillis()).isEqualTo(500.5);
        assertThat(all.minMillis()).isEqualTo(1);
        assertThat(all.maxMillis()).isEqualTo(1_000);
        assertThat(all.permilleMillis(500)).isCloseTo(500, within(500 / 8L));
        assertThat(all.permilleMillis(950)).isCloseTo(950, within(950 / 8L));
        assertThat(all.permilleMillis(999)).isCloseTo(999, within(999 / 8L));
    }

    @Test
    void everyTimeIsInARangeNotAboveIt() {
        for (long micros = 0; micros < 1L << 45; micros = micros * 3 / 2 + 1) {
            Latencies latencies = new Latencies(age);
            latencies.took(micros * 1_000);
            long told = Latencies.of(List.of(latencies)).permilleMillis(500);
            long known = Math.min(micros, (1L << 40) - 1);
            assertThat(told).isBetween((known - known / 8) / 1_000, known / 1_000);
        }
    }

    @Test
    void nothingIsNothing() {
        Latencies.Summary none = Latencies.of(List.of(new Latencies(age)));
        assertThat(none.count()).isZero();
        assertThat(none.averageMillis()).isZero();
        assertThat(none.minMillis()).isZero();
        assertThat(none.permilleMillis(999)).isZero();
    }

    @Test
    void aNewAgeBeginsFromNothing() {
        Latencies latencies = new Latencies(age);
        latencies.took(9_000_000);
        age.incrementAndGet();
        assertThat(Latencies.of(List.of(latencies)).count()).isZero();
        latencies.took(2_000_000);
        Latencies.Summary all = Latencies.of(List.of(latencies));
        assertThat(all.count()).isEqualTo(1);
        assertThat(all.maxMillis()).isEqualTo(2);
        assertThat(all.minMillis()).isEqualTo(2);
    }
}
