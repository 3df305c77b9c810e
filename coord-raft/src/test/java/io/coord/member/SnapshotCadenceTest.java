package io.coord.member;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SnapshotCadenceTest {

    private static final long ENTRIES = 10;
    private static final long BYTES = 1_000;
    private static final long NOW = 5_000_000_000L;
    private static final long SECOND = 1_000_000_000L;

    private SnapshotCadence cadence;

    @BeforeEach
    void begin() {
        cadence = new SnapshotCadence(ENTRIES, BYTES);
    }

    private void apply(int entries, long bytesOfEach) {
        for (int i = 0; i < entries; i++) {
            cadence.applied(bytesOfEach);
        }
    }

    @Test
    void afterSoManyEntriesOrBytes() {
        apply(9, 1);
        assertThat(cadence.isDue()).isFalse();
        apply(1, 1);
        assertThat(cadence.isDue()).isTrue();
        cadence.begun();
        assertThat(cadence.isDue()).isFalse();
        assertThat(cadence.isNothingNew()).isTrue();
        apply(1, BYTES);
        assertThat(cadence.isDue()).isTrue();
    }

    @Test
    @DisplayName("fault.D11: one that failed has taken nothing: there is something new, and it is due again after a while")
    void oneThatFailed() {
        apply(10, 1);
        cadence.begun();
        apply(3, 1);

        cadence.failed(NOW);

        assertThat(cadence.isNothingNew()).isFalse();
        assertThat(cadence.isDue()).as("at once").isFalse();
        apply(1, 1);
        assertThat(cadence.isDue()).isTrue();
        cadence.begun();
        assertThat(cadence.isDue()).isFalse();
    }

    @Test
    @DisplayName("one that failed behind an installation has nothing to give back")
    void oneThatFailedBehindAnInstallation() {
        apply(10, 1);
        cadence.begun();
        cadence.installed();

        cadence.failed(NOW);

        assertThat(cadence.isNothingNew()).isTrue();
    }

    @Test
    @DisplayName("fault.D11: one that failed is not due again without an entry, be ever so few enough for one")
    void oneOfFewEntriesThatFailed() {
        cadence = new SnapshotCadence(6, 6);
        apply(6, 1);
        cadence.begun();

        cadence.failed(NOW);

        assertThat(cadence.isDue()).isFalse();
        apply(1, 1);
        assertThat(cadence.isDue()).isTrue();
    }

    @Test
    @DisplayName("fault.D11: behind one that failed the cadence rests, twice as long each time, up to a minute, or until one is written")
    void itRestsBehindOneThatFailed() {
        assertThat(cadence.rests(NOW)).isFalse();
        for (long seconds : new long[] {1, 2, 4, 8, 16, 32, 64, 64}) {
            cadence.failed(NOW);
            assertThat(cadence.rests(NOW + seconds * SECOND - 1)).isTrue();
            assertThat(cadence.rests(NOW + seconds * SECOND)).isFalse();
        }

        cadence.newest(1);

        assertThat(cadence.rests(NOW)).isFalse();
        cadence.failed(NOW + SECOND);
        assertThat(cadence.rests(NOW + 64 * SECOND)).as("it failed shortly before").isTrue();
        cadence.failed(NOW + 200 * SECOND);
        assertThat(cadence.rests(NOW + 201 * SECOND)).as("long ago").isFalse();
    }

    @Test
    @DisplayName("fault.D12: behind one that was written and cannot be read it rests, too, once")
    void itRestsBehindOneThatCannotBeRead() {
        for (long seconds : new long[] {1, 2, 4}) {
            cadence.newest(1);
            cadence.newestLost(NOW);
            cadence.newestLost(NOW + 1);
            assertThat(cadence.rests(NOW + seconds * SECOND - 1)).isTrue();
            assertThat(cadence.rests(NOW + seconds * SECOND)).isFalse();
        }
    }

    @Test
    @DisplayName("fault.D7: to the next all is new that the newest holds, if that cannot be read")
    void theNewestIsLost() {
        cadence.newestLost(NOW);
        assertThat(cadence.isNothingNew()).isFalse();
        cadence.begun();
        assertThat(cadence.isNothingNew()).as("until there is another").isFalse();
        cadence.newest(1);
        assertThat(cadence.isNothingNew()).isTrue();
    }

    @Test
    @DisplayName("a small snapshot waits for nothing")
    void aSmallOne() {
        cadence.newest(BYTES);
        apply(10, 1);
        assertThat(cadence.isDue()).isTrue();
        assertThat(cadence.waitsForOthers()).isFalse();
    }

    @Test
    @DisplayName("a large one is written when half its size has come")
    void aLargeOne() {
        cadence.newest(20_000);
        apply(99, 100);
        assertThat(cadence.isDue()).isFalse();
        apply(1, 100);
        assertThat(cadence.isDue()).isTrue();
    }

    @Test
    @DisplayName("fault.N8: it waits for one under way, but not for ever")
    void aLargeOneUnderWay() {
        cadence.newest(40_000);
        apply(399, 100);
        assertThat(cadence.waitsForOthers()).isTrue();
        apply(1, 100);
        assertThat(cadence.waitsForOthers()).isFalse();
        cadence.begun();
        assertThat(cadence.waitsForOthers()).isTrue();
    }
}
