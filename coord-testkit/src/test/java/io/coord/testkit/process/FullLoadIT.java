package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Processes with default settings under as much as their clients can ask for, without any fault: overload slows clients, and never makes an
 * election. {@code -Dload.seconds=N} for another time than ten minutes.
 */
@Tag("soak")
class FullLoadIT {

    private static final int SECONDS = Integer.getInteger("load.seconds", 600);
    /** Compilers of three young JVMs and a client's would otherwise be most of what is measured. */
    private static final int WARM_UP_SECONDS = 30;
    /** A heap at its limit is a fault, too. */
    private static final int HEAP = 1_024;
    private static final int SESSIONS = 16;
    private static final int OUTSTANDING = 1_024;

    @Test
    @Timeout(7_200)
    @DisplayName("bar: ten minutes of full load without a fault, and not one election")
    void fullLoadMakesNoElection() throws Exception {
        try (ProcessEnsemble ensemble = ProcessEnsemble.large(3, 0, HEAP, "full-load");
                Load load = Load.start(ensemble.connectString(), SESSIONS, OUTSTANDING, 1_024)) {
            load.goesOnFor(WARM_UP_SECONDS);
            List<String> before = elections(ensemble, ensemble.ids());
            load.latencies();
            load.goesOnFor(SECONDS);
            List<String> after = elections(ensemble, ensemble.ids());

            System.out.printf("full load: %d s, %s, %d failed; elections: %s%n",
                    SECONDS, load.latencies(), load.failed(), after.subList(before.size(), after.size()));
            assertThat(after).isEqualTo(before);
            assertThat(load.failed()).isZero();
        }
    }

    /** What members said of terms. */
    static List<String> elections(ProcessEnsemble ensemble, List<Integer> ids) {
        List<String> said = new ArrayList<>();
        for (int id : ids) {
            Stream<String> lines = ensemble.process(id).said().lines();
            lines.filter(line -> line.contains(" leads from ") || line.contains(" follows nobody")).forEach(said::add);
        }
        return said;
    }
}
