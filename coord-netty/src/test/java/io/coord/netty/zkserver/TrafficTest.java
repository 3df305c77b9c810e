package io.coord.netty.zkserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TrafficTest {

    private final AtomicInteger age = new AtomicInteger();

    private Traffic traffic(int received, long... nanos) {
        Traffic traffic = new Traffic(age);
        for (int i = 0; i < received; i++) {
            traffic.received(30);
        }
        for (long each : nanos) {
            traffic.sent(20);
            traffic.answered(each);
        }
        return traffic;
    }

    @Test
    void severalAreSummed() {
        Traffic.Sum sum = traffic(3, 2_000_000, 9_500_000).sum().and(traffic(1, 1_900_000).sum()).and(traffic(1).sum());
        assertThat(sum.received()).isEqualTo(5);
        assertThat(sum.sent()).isEqualTo(3);
        assertThat(sum.minMillis()).isEqualTo(1);
        assertThat(sum.maxMillis()).isEqualTo(9);
        assertThat(sum.averageMillis()).isEqualTo(4.4667);
        assertThat(sum.bytes()).isEqualTo(new Traffic.Bytes(150, 60, 20, 20, 20));
    }

    @Test
    void aNewAgeBeginsFromNothing() {
        Traffic traffic = traffic(2, 7_000_000);
        age.incrementAndGet();
        assertThat(traffic.sum()).isEqualTo(Traffic.Sum.NOTHING);
        traffic.received(30);
        assertThat(traffic.sum()).isEqualTo(new Traffic.Sum(1, 0, 0, 0, 0, 0, new Traffic.Bytes(30, 0, 0, 0, 0)));
        assertThat(traffic.sum().averageMillis()).isZero();
    }
}
