package io.coord.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.MemberId;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class StaggerTest {

    @Test
    @DisplayName("three members write their snapshots at three times, none before half of what is set, none after all of it")
    void neverTogether() {
        for (long max : new long[] {10, 100_000, 64 << 20, 1L << 40}) {
            Set<Long> shares = new HashSet<>();
            for (int member = 1; member <= MemberId.MAX; member++) {
                long share = Stagger.share(max, MemberId.of(member));
                assertThat(share).isBetween(max / 2, max);
                shares.add(share);
            }
            assertThat(shares).hasSize(3);
            assertThat(Stagger.share(max, MemberId.of(1))).isNotEqualTo(Stagger.share(max, MemberId.of(2)));
        }
    }
}
