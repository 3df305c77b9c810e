package io.coord.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.testkit.sim.SimRun.Report;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A few worlds in which members come and go; many are a matter of {@link ChangesBarsTest}. */
@Timeout(60)
class ChangesTest {

    private static final int SECONDS = 20;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    @DisplayName("fault.M1, fault.M4, fault.M5: an ensemble grows to five members and shrinks again under mishaps, the same way each time")
    void membersComeAndGo(long seed) {
        Report first = SimRun.changing(seed, SECONDS);
        Report again = SimRun.changing(seed, SECONDS);

        assertThat(first.rounds()).isPositive();
        assertThat(first.acknowledgedWrites()).isPositive();
        assertThat(again.digest()).isEqualTo(first.digest());
    }
}
