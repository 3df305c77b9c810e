package io.coord.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Session;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How fast an ensemble in a unit test is there. */
@Tag("bars")
@Timeout(60)
class StartUpBarsTest {

    private static final int STARTS = 200;
    private static final long FIRST_WRITE_NANOS_MAX = 15_000_000;

    @Test
    void threeMembersInMemoryAcknowledgeTheirFirstWriteWithinFifteenMilliseconds() {
        long[] nanos = new long[STARTS];
        for (int i = 0; i < STARTS; i++) {
            nanos[i] = nanosToFirstWrite();
        }
        long[] warm = Arrays.copyOfRange(nanos, STARTS / 2, STARTS);
        Arrays.sort(warm);
        assertThat(warm[warm.length / 2])
                .as("median of the second half, after %s us for the first of all and %s us at worst",
                        nanos[0] / 1_000, warm[warm.length - 1] / 1_000)
                .isLessThan(FIRST_WRITE_NANOS_MAX);
    }

    private static long nanosToFirstWrite() {
        long begun = System.nanoTime();
        try (LocalEnsemble ensemble = LocalEnsemble.of(3);
                Session session = ensemble.openSession()) {
            session.create(NodePath.of("/first"), Bytes.EMPTY, CreateMode.PERSISTENT);
            return System.nanoTime() - begun;
        }
    }
}
