package io.coord.testkit.house;

import static com.tngtech.archunit.lang.conditions.ArchConditions.never;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** One small class for each way to cross a wall, and one that crosses none. */
final class Offenders {
    private Offenders() {}

    static Stream<Arguments> all() {
        return Stream.of(
                arguments(Walls.readAClock(), ReadsAClock.class),
                arguments(Walls.readAClock(), HandsOnAClock.class),
                arguments(Walls.rollDice(), RollsDice.class),
                arguments(Walls.dependOnAccidents(), HashesIntoOrder.class),
                arguments(Walls.dependOnAccidents(), IteratesASaltedSet.class),
                arguments(Walls.dependOnAccidents(), AsksTheLocale.class),
                arguments(Walls.touchTheProcess(), ReadsAProperty.class),
                arguments(Walls.startThreads(), StartsAThread.class),
                arguments(Walls.startThreads(), StartsAPool.class),
                arguments(Walls.runOnTheCommonPool(), BorrowsTheCommonPool.class),
                arguments(Walls.synchronizeOrShare(), Synchronizes.class),
                arguments(Walls.synchronizeOrShare(), Shares.class));
    }

    static boolean breaks(ArchCondition<JavaClass> wall, Class<?> type) {
        return classes().should(never(wall)).evaluate(new ClassFileImporter().importClasses(type)).hasViolation();
    }

    static JavaClass read(Class<?> type) {
        return new ClassFileImporter().importClass(type);
    }

    static final class Innocent {
        static final List<String> WORDS = List.of("term", "index");
        static final int LIMIT = 7;
        private static final byte[] MAGIC = {1, 2};

        private final Map<String, Integer> sorted = new TreeMap<>();
        private final SplittableRandom random = new SplittableRandom(42);

        String next(long nowNanos) {
            sorted.put(WORDS.get(0), random.nextInt(LIMIT));
            return String.format(Locale.ROOT, "%d %s %d %s", nowNanos, sorted, MAGIC.length, Set.of().size());
        }
    }

    static final class ReadsAClock {
        long now() {
            return System.nanoTime();
        }
    }

    static final class HandsOnAClock {
        LongSupplier clock() {
            return System::currentTimeMillis;
        }
    }

    static final class RollsDice {
        UUID roll() {
            return UUID.randomUUID();
        }
    }

    static final class HashesIntoOrder {
        List<String> order(List<String> names) {
            Map<String, String> byName = new HashMap<>();
            names.forEach(name -> byName.put(name, name));
            return new ArrayList<>(byName.values());
        }
    }

    static final class IteratesASaltedSet {
        List<String> order(String left, String right) {
            return new ArrayList<>(Set.of(left, right));
        }
    }

    static final class AsksTheLocale {
        String shout(String word) {
            return word.toUpperCase();
        }
    }

    static final class ReadsAProperty {
        boolean switchedOn() {
            return Boolean.getBoolean("coord.switch");
        }
    }

    static final class StartsAThread {
        Thread start(Runnable work) {
            return new Thread(work);
        }
    }

    static final class StartsAPool {
        void start(Runnable work) {
            var pool = Executors.newSingleThreadExecutor();
            pool.execute(work);
            pool.shutdown();
        }
    }

    static final class BorrowsTheCommonPool {
        CompletableFuture<Void> run(Runnable work) {
            return CompletableFuture.runAsync(work);
        }
    }

    static final class Synchronizes {
        private int count;

        synchronized int next() {
            return ++count;
        }
    }

    static final class Shares {
        volatile boolean open;
    }

    static final class SharesState {
        static int counter;
        static final Map<String, String> CACHE = new HashMap<>();
        static final SplittableRandom SEEDED = new SplittableRandom(1);
        static final byte[] TABLE = {1};
        static final Map<String, String> FIXED = Map.of("a", "b");

        private SharesState() {}
    }
}
