package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The matrix of bar.17: each kind of {@link Work} by unmodified clients under each {@link Fault} of real processes. All kinds are at work at
 * once, so that a row of cells takes as long as one. A cell's number is that of its fault, from 0, times the kinds of work, plus that of its
 * work: {@code -Dmatrix.from=CELL}, {@code -Dmatrix.cells=N}, {@code -Dmatrix.seconds=N} for another time than half a minute,
 * {@code -Dmatrix.seed=N}. Each row is appended to {@code target/matrix.md}; what members said is in {@code target/processes}.
 */
@Tag("soak")
class MatrixIT {

    private static final int KINDS = Work.Kind.values().length;
    private static final int FROM = Integer.getInteger("matrix.from", 0);
    private static final int CELLS = Integer.getInteger("matrix.cells", Integer.MAX_VALUE);
    private static final int SECONDS = Integer.getInteger("matrix.seconds", 30);
    private static final Path TABLE = Path.of("target", "matrix.md");
    private static final List<String> NEVER_SAID = List.of("COORD-1067");

    /** A fault, and who works meanwhile. */
    record Row(Fault fault, Set<Work.Kind> works) {}

    static Stream<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (Fault fault : Fault.values()) {
            Set<Work.Kind> works = EnumSet.noneOf(Work.Kind.class);
            for (Work.Kind work : Work.Kind.values()) {
                long cell = fault.ordinal() * (long) KINDS + work.ordinal();
                if (cell >= FROM && cell - FROM < CELLS) {
                    works.add(work);
                }
            }
            if (!works.isEmpty()) {
                rows.add(new Row(fault, works));
            }
        }
        return rows.stream();
    }

    @ParameterizedTest
    @MethodSource("rows")
    @Timeout(600)
    void nothingAcknowledgedIsLostNoReadIsStaleAndNoSessionEnds_bar17(Row row) throws Exception {
        Fault fault = row.fault();
        long seed = Long.getLong("matrix.seed", System.nanoTime());
        try (Namespaces machines = Namespaces.ifAllowed(Nemesis.machines(fault));
                ProcessEnsemble ensemble = Nemesis.ensemble(fault, machines);
                Nemesis nemesis = Nemesis.of(fault, ensemble, new Random(seed));
                Workforce clients = Workforce.start(ensemble.connectString(), row.works())) {
            clients.awaitAll("before " + fault);
            long begin = System.nanoTime();
            do {
                nemesis.strike(clients);
            } while (System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(SECONDS) || nemesis.strikes() < fault.least());
            long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
            Map<Work.Kind, List<String>> verdicts = clients.verdict(ensemble, nemesis.members());

            tell("| %s | %d | %d | %d | %s |".formatted(fault, fault.members(), nemesis.strikes(), seconds, verdicts.entrySet().stream()
                    .map(work -> "%s: %,d, %s".formatted(work.getKey().name().toLowerCase(Locale.ROOT), clients.acknowledged().get(work.getKey()),
                            work.getValue().isEmpty() ? "ok" : work.getValue().size() + " VIOLATIONS"))
                    .collect(Collectors.joining(" | "))));
            assertThat(verdicts).as("seed %s", seed).allSatisfy((work, wrong) -> assertThat(wrong).as("%s", work).isEmpty());
            for (int id : ensemble.ids()) {
                assertThat(ensemble.process(id).said()).as("member %s", id).doesNotContain(NEVER_SAID);
            }
        }
    }

    private static void tell(String line) throws IOException {
        System.out.println("matrix: " + line);
        Files.writeString(TABLE, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
