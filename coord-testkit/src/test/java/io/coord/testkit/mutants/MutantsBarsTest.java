package io.coord.testkit.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Each mutant is put through short plays and simulated worlds until an invariant, or a guard of the code itself, finds it out. The code as it is survives the
 * same worlds. A mutant that no longer fits the source fails the test: it would prove nothing.
 */
@Tag("bars")
class MutantsBarsTest {

    private static final int SEEDS = 60;
    private static final int SECONDS = 40;
    private static final long EACH_NANOS = 25_000_000_000L;
    private static final int CONTROL_SEEDS = 12;

    /** How a mutant was found out. */
    private record Killed(long seed, String by) {}

    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void everyMutantIsFoundOutAndTheCodeAsItIsIsNot() throws Exception {
        assertThat(hunt(Mutant.control(), CONTROL_SEEDS, EACH_NANOS)).as("the code as it is").isEmpty();
        List<String> table = new ArrayList<>();
        List<String> alive = new ArrayList<>();
        for (Mutant mutant : Mutant.all()) {
            long begun = System.nanoTime();
            Optional<Killed> killed = hunt(mutant.loader(), SEEDS, EACH_NANOS);
            double seconds = (System.nanoTime() - begun) / 1e9;
            String fate = killed.map(by -> (by.seed() == 0 ? "" : "seed " + by.seed() + ": ") + by.by()).orElse("ALIVE");
            table.add(String.format(Locale.ROOT, "%-36s %5.1f s  breaks %s%n%46skilled by %s", mutant.name(), seconds, mutant.breaks(), "", fate));
            if (killed.isEmpty()) {
                alive.add(mutant.name());
            }
        }
        System.out.println(table.size() + " mutants\n" + String.join("\n", table));
        assertThat(alive).as("mutants that nothing found out").isEmpty();
        assertThat(table).hasSizeGreaterThanOrEqualTo(10);
    }

    private static Optional<Killed> hunt(ClassLoader loader, int seeds, long nanos) throws ReflectiveOperationException, IOException {
        Method plays = loader.loadClass("io.coord.testkit.mutants.Scenarios").getMethod("play");
        Optional<Killed> byPlay = killer(plays, 0);
        if (byPlay.isPresent()) {
            return byPlay;
        }
        Method run = loader.loadClass("io.coord.testkit.sim.SimRun").getMethod("of", long.class, int.class, int.class);
        long deadline = System.nanoTime() + nanos;
        for (long seed = 1; seed <= seeds && System.nanoTime() - deadline < 0; seed++) {
            Optional<Killed> bySeed = killer(run, seed, seed, seed % 2 == 0 ? 5 : 3, SECONDS);
            if (bySeed.isPresent()) {
                return bySeed;
            }
        }
        return Optional.empty();
    }

    private static Optional<Killed> killer(Method method, long seed, Object... arguments) throws IllegalAccessException {
        try {
            method.invoke(null, arguments);
            return Optional.empty();
        } catch (InvocationTargetException e) {
            String first = String.valueOf(e.getCause().getMessage()).strip().split("\n")[0];
            return Optional.of(new Killed(seed, e.getCause().getClass().getSimpleName() + ": " + first));
        }
    }
}
