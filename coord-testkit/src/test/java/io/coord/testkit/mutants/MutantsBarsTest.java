package io.coord.testkit.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Each mutant is put into simulated worlds, and into short plays, until an invariant, or a guard of the code itself, finds it out in both or
 * in one. The code as it is survives the same. A mutant that no longer fits the source fails the test: it would prove nothing.
 */
@Tag("bars")
class MutantsBarsTest {

    private static final int SEEDS = Integer.getInteger("mutants.seeds", 12);
    private static final int SECONDS = 40;
    private static final int THREADS = 2;
    private static final int MUTANTS_FLOOR = 40;
    private static final String ONLY = System.getProperty("mutants.only", "");

    /**
     * What became of a mutant.
     *
     * @param bySeed the seed and what it broke there, or empty
     * @param byPlay the play and what it broke there, or empty
     */
    private record Fate(Mutant mutant, double seconds, Optional<String> bySeed, Optional<String> byPlay) {
        boolean isAlive() {
            return bySeed.isEmpty() && byPlay.isEmpty();
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%-48s %5.1f s  breaks %s%n    seeds: %s%n    plays: %s",
                    mutant.name(), seconds, mutant.breaks(), bySeed.orElse("-"), byPlay.orElse("-"));
        }
    }

    @Test
    @Timeout(value = 20, unit = TimeUnit.MINUTES)
    void everyMutantIsFoundOutAndTheCodeAsItIsIsNot() throws Exception {
        assertThat(bySeeds(Mutant.control())).as("the code as it is, in simulated worlds").isEmpty();
        assertThat(byPlays(Mutant.control(), "", true)).as("the code as it is, in plays").isEmpty();
        List<Mutant> mutants = Mutant.all().stream().filter(mutant -> mutant.name().contains(ONLY)).toList();

        List<Fate> fates = inParallel(mutants);

        long alone = fates.stream().filter(fate -> fate.bySeed().isPresent()).count();
        System.out.println(fates.size() + " mutants, " + alone + " found out by the first " + SEEDS + " seeds alone");
        assertThat(fates.stream().filter(Fate::isAlive).map(fate -> fate.mutant().name())).as("mutants that nothing found out").isEmpty();
        if (ONLY.isEmpty()) {
            assertThat(fates).hasSizeGreaterThanOrEqualTo(MUTANTS_FLOOR);
            assertThat(2 * alone).as("those found out by random worlds alone, twice").isGreaterThanOrEqualTo(fates.size());
        }
    }

    private static List<Fate> inParallel(List<Mutant> mutants) throws InterruptedException, ExecutionException {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<Fate>> futures = new ArrayList<>();
            for (Mutant mutant : mutants) {
                futures.add(threads.submit(() -> fate(mutant)));
            }
            List<Fate> fates = new ArrayList<>();
            for (Future<Fate> future : futures) {
                fates.add(future.get());
            }
            return fates;
        } finally {
            threads.shutdownNow();
        }
    }

    private static Fate fate(Mutant mutant) throws Exception {
        long begun = System.nanoTime();
        ClassLoader loader = mutant.loader();
        Optional<String> bySeed = bySeeds(loader);
        Optional<String> byPlay = byPlays(loader, mutant.name().replaceFirst("-.*", "").toUpperCase(Locale.ROOT), bySeed.isEmpty());
        Fate fate = new Fate(mutant, (System.nanoTime() - begun) / 1e9, bySeed, byPlay);
        System.out.println(fate);
        return fate;
    }

    private static Optional<String> bySeeds(ClassLoader loader) throws ReflectiveOperationException {
        Method run = loader.loadClass("io.coord.testkit.sim.SimRun").getMethod("of", long.class, int.class, int.class);
        for (long seed = 1; seed <= SEEDS; seed++) {
            Optional<String> broken = broken(run, seed, seed % 2 == 0 ? 5 : 3, SECONDS);
            if (broken.isPresent()) {
                return Optional.of("seed " + seed + ": " + broken.get());
            }
        }
        return Optional.empty();
    }

    /** The play of the mutant's own id, if there is one; and all others if it is still unknown. */
    @SuppressWarnings("unchecked")
    private static Optional<String> byPlays(ClassLoader loader, String id, boolean all) throws ReflectiveOperationException {
        Class<?> plays = loader.loadClass("io.coord.testkit.sim.Plays");
        Method play = plays.getMethod("play", String.class);
        List<String> names = new ArrayList<>((List<String>) plays.getMethod("names").invoke(null));
        names.sort(Comparator.comparing(name -> !isOf(name, id)));
        Optional<String> raft = broken(loader.loadClass("io.coord.testkit.mutants.Scenarios").getMethod("play"));
        if (raft.isPresent()) {
            return raft;
        }
        for (String name : names) {
            Optional<String> broken = all || isOf(name, id) ? broken(play, name) : Optional.empty();
            if (broken.isPresent()) {
                return Optional.of(name + ": " + broken.get());
            }
        }
        return Optional.empty();
    }

    private static boolean isOf(String play, String id) {
        return List.of(play.split("[ .]")).contains(id);
    }

    private static Optional<String> broken(Method method, Object... arguments) throws IllegalAccessException {
        try {
            method.invoke(null, arguments);
            return Optional.empty();
        } catch (InvocationTargetException e) {
            String first = String.valueOf(e.getCause().getMessage()).strip().split("\n")[0];
            return Optional.of(first.length() <= 160 ? first : first.substring(0, 160) + " ...");
        }
    }
}
