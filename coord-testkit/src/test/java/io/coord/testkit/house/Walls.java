package io.coord.testkit.house;

import static com.tngtech.archunit.base.DescribedPredicate.describe;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.conditions.ArchConditions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** What a class may not do, each as a condition that the rules and their own counter-examples share. */
final class Walls {
    private static final Set<String> CLOCKS = Set.of(
            "java.lang.System.nanoTime",
            "java.lang.System.currentTimeMillis",
            "java.time.Instant.now",
            "java.time.LocalDate.now",
            "java.time.LocalDateTime.now",
            "java.time.ZonedDateTime.now",
            "java.time.OffsetDateTime.now",
            "java.time.Clock.systemUTC",
            "java.time.Clock.systemDefaultZone",
            "java.time.Clock.system",
            "java.time.InstantSource.system");

    private static final Set<String> CHANCES = Set.of(
            "java.lang.Math.random",
            "java.util.UUID.randomUUID",
            "java.util.concurrent.ThreadLocalRandom.current",
            "java.util.Random.<init>()",
            "java.util.SplittableRandom.<init>()",
            "java.security.SecureRandom.<init>");

    /** What depends on the machine, its locale, its heap addresses or a salt drawn at start-up. */
    private static final Set<String> ACCIDENTS = Set.of(
            "java.lang.System.identityHashCode",
            "java.lang.Object.hashCode",
            "java.lang.String.format(java.lang.String,[Ljava.lang.Object;)",
            "java.lang.String.formatted",
            "java.lang.String.toLowerCase()",
            "java.lang.String.toUpperCase()",
            "java.lang.String.getBytes()",
            "java.lang.String.<init>([B)",
            "java.nio.charset.Charset.defaultCharset",
            "java.util.Locale.getDefault",
            "java.util.TimeZone.getDefault",
            "java.time.ZoneId.systemDefault",
            "java.io.File.list",
            "java.io.File.listFiles",
            "java.util.HashMap.<init>",
            "java.util.HashSet.<init>",
            "java.util.IdentityHashMap.<init>",
            "java.util.WeakHashMap.<init>",
            "java.util.Set.copyOf",
            "java.util.Map.copyOf",
            "java.util.Map.ofEntries",
            "java.util.stream.Collectors.toSet",
            "java.util.stream.Collectors.toUnmodifiableSet",
            "java.util.stream.Collectors.toUnmodifiableMap",
            "java.util.Collection.parallelStream",
            "java.util.stream.BaseStream.parallel");

    private static final Set<String> PROCESS_WIDE = Set.of(
            "java.lang.System.exit",
            "java.lang.System.getProperty",
            "java.lang.System.getProperties",
            "java.lang.System.setProperty",
            "java.lang.System.getenv",
            "java.lang.Boolean.getBoolean",
            "java.lang.Integer.getInteger",
            "java.lang.Long.getLong",
            "java.lang.Runtime.exit",
            "java.lang.Runtime.halt",
            "java.lang.Runtime.addShutdownHook",
            "java.lang.Thread.setDefaultUncaughtExceptionHandler",
            "java.io.ObjectInputStream.<init>",
            "java.io.ObjectInputStream.readObject");

    private static final Set<String> THREADS = Set.of(
            "java.lang.Thread.<init>",
            "java.lang.Thread.ofVirtual",
            "java.lang.Thread.ofPlatform",
            "java.lang.Thread.startVirtualThread",
            "java.util.Timer.<init>",
            "java.util.concurrent.ForkJoinPool.<init>",
            "java.util.concurrent.ForkJoinPool.commonPool",
            "java.util.concurrent.ThreadPoolExecutor.<init>",
            "java.util.concurrent.ScheduledThreadPoolExecutor.<init>");

    private Walls() {}

    static ArchCondition<JavaClass> readAClock() {
        return call("read a clock", access -> named(access, CLOCKS));
    }

    static ArchCondition<JavaClass> rollDice() {
        return call("draw from an unseeded source", access -> named(access, CHANCES));
    }

    static ArchCondition<JavaClass> dependOnAccidents() {
        return call("depend on locale, hash order or salt", access -> named(access, ACCIDENTS) || isSalted(access));
    }

    static ArchCondition<JavaClass> touchTheProcess() {
        return call("touch what belongs to the whole process", access -> named(access, PROCESS_WIDE));
    }

    static ArchCondition<JavaClass> startThreads() {
        return call("start threads", access -> named(access, THREADS)
                || access.getTargetOwner().getName().equals("java.util.concurrent.Executors")
                || isAsyncWithoutExecutor(access));
    }

    static ArchCondition<JavaClass> runOnTheCommonPool() {
        return call("run on the common pool", access -> isAsyncWithoutExecutor(access)
                || named(access, Set.of("java.util.concurrent.ForkJoinPool.commonPool")));
    }

    static ArchCondition<JavaClass> synchronizeOrShare() {
        return ArchConditions.have(describe(
                "a synchronized method or a volatile field",
                type -> type.getMethods().stream().anyMatch(m -> m.getModifiers().contains(JavaModifier.SYNCHRONIZED))
                        || type.getFields().stream().anyMatch(f -> f.getModifiers().contains(JavaModifier.VOLATILE))));
    }

    private static ArchCondition<JavaClass> call(String what, Predicate<JavaAccess<?>> wrong) {
        DescribedPredicate<JavaAccess<?>> access = describe(what, wrong);
        return ArchConditions.accessTargetWhere(access).as(what);
    }

    /** Matches by {@code type.method}, for one overload alone by {@code type.method(parameters)}. */
    private static boolean named(JavaAccess<?> access, Set<String> names) {
        String name = access.getTargetOwner().getName() + "." + access.getTarget().getName();
        return names.contains(name) || names.contains(name + "(" + String.join(",", parametersOf(access)) + ")");
    }

    private static List<String> parametersOf(JavaAccess<?> access) {
        if (!(access.getTarget() instanceof CodeUnitAccessTarget called)) {
            return List.of("not a call");
        }
        return called.getRawParameterTypes().stream().map(JavaClass::getName).toList();
    }

    /** {@code Set.of} and {@code Map.of} iterate in an order salted anew in each JVM, once they hold two. */
    private static boolean isSalted(JavaAccess<?> access) {
        int perElement = switch (access.getTargetOwner().getName()) {
            case "java.util.Set" -> 1;
            case "java.util.Map" -> 2;
            default -> 0;
        };
        return perElement > 0
                && access.getTarget().getName().equals("of")
                && (parametersOf(access).size() > perElement || parametersOf(access).contains("[Ljava.lang.Object;"));
    }

    private static boolean isAsyncWithoutExecutor(JavaAccess<?> access) {
        return access.getTargetOwner().isAssignableTo(CompletionStage.class)
                && access.getTarget().getName().endsWith("Async")
                && !parametersOf(access).contains("java.util.concurrent.Executor");
    }
}
