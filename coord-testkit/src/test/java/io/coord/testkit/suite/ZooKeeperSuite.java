package io.coord.testkit.suite;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.security.auth.login.Configuration;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs Apache ZooKeeper's own tests, from the jar that ZooKeeper publishes them in, on Coord. Not one of them is changed: the server that
 * {@code ClientBase} starts is ours by ZooKeeper's own setting ({@link CoordConnections}), the peers of {@code QuorumBase} and {@code
 * QuorumUtil} are ours by {@link SuiteLoader}. What looks into a server of ZooKeeper's is excluded, by name and with its reason.
 *
 * <p>Owns its process, since the tests set system properties as they like. With names of classes it runs those, with {@code --share} those
 * marked for the bars, else all; with {@code --zookeeper} on ZooKeeper itself. Ends with 1 if a test failed.
 */
public final class ZooKeeperSuite {

    private static final String ROOT = "org.apache.zookeeper.";
    private static final Pattern TEST = Pattern.compile("org/apache/zookeeper/(.*Test)\\.class");
    private static final String TIMEOUT = "120 s";

    private final SuiteList list;
    private final boolean isOfCoord;
    private final PrintStream out;
    private final Properties first = (Properties) System.getProperties().clone();
    private final Map<String, String> failed = new TreeMap<>();
    private int passed;
    private int excluded;
    private int classesLeftOut;

    private ZooKeeperSuite(SuiteList list, boolean isOfCoord, PrintStream out) {
        this.list = list;
        this.isOfCoord = isOfCoord;
        this.out = out;
    }

    public static void main(String... words) throws Exception {
        List<String> named = new ArrayList<>(List.of(words));
        boolean isOfCoord = !named.remove("--zookeeper");
        boolean isShare = named.remove("--share");
        SuiteList list = SuiteList.read();
        ZooKeeperSuite suite = new ZooKeeperSuite(list, isOfCoord, System.out);
        System.setOut(System.err); // what the tests print
        boolean isAll = named.isEmpty() && !isShare;
        Set<String> unknown = isAll ? suite.look() : Set.of();
        for (String name : isShare ? list.share() : named.isEmpty() ? List.copyOf(list.run().keySet()) : named) {
            suite.run(name);
        }
        suite.out.println("passed " + suite.passed + ", failed " + suite.failed.size() + ", excluded " + suite.excluded + " methods"
                + (isAll ? " and " + suite.classesLeftOut + " classes" : ""));
        if (!unknown.isEmpty()) {
            suite.out.println("nobody has said whether these run: " + unknown);
        }
        Runtime.getRuntime().halt(suite.failed.isEmpty() && unknown.isEmpty() ? 0 : 1); // some tests leave threads behind
    }

    /** Looks through all test classes that ZooKeeper publishes for those the list does not name. */
    private Set<String> look() throws IOException, ReflectiveOperationException {
        Set<String> unknown = new TreeSet<>();
        File jar = new File(Class.forName(ROOT + "ZKTestCase").getProtectionDomain().getCodeSource().getLocation().getPath());
        try (JarFile tests = new JarFile(jar)) {
            tests.stream().map(entry -> TEST.matcher(entry.getName())).filter(Matcher::matches).forEach(test -> {
                String name = test.group(1).replace('/', '.');
                String reason = list.reason(name);
                if (reason != null) {
                    classesLeftOut++;
                    out.println("excluded " + name + ": " + reason);
                } else if (!list.run().containsKey(name)) {
                    unknown.add(name);
                }
            });
        }
        return unknown;
    }

    private void run(String name) throws ClassNotFoundException {
        Properties properties = (Properties) first.clone();
        if (isOfCoord) {
            properties.setProperty("zookeeper.serverCnxnFactory", CoordConnections.class.getName());
        }
        // As ZooKeeper's build has them.
        properties.setProperty("zookeeper.DigestAuthenticationProvider.superDigest", "super:D/InIHSb7yEEbrWz8b9l71RjZJU=");
        properties.setProperty(CoordPeer.FOUNDED, Boolean.toString(list.founded().contains(name)));
        System.setProperties(properties);
        Configuration.setConfiguration(null); // of JAAS, which a class before may have had
        SuiteLoader loader = new SuiteLoader(ZooKeeperSuite.class.getClassLoader(), isOfCoord);
        Thread.currentThread().setContextClassLoader(loader);
        Map<String, String> without = list.run().getOrDefault(name, Map.of());
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectClass(Class.forName(ROOT + name, false, loader)))
                .filters((PostDiscoveryFilter) test -> chosen(test, without))
                .configurationParameter("junit.jupiter.execution.parallel.enabled", "false")
                .configurationParameter("junit.jupiter.execution.timeout.default", TIMEOUT)
                .build();
        LauncherFactory.create().execute(request, new Listener(name));
    }

    private FilterResult chosen(TestDescriptor test, Map<String, String> without) {
        String method = test.getSource().filter(MethodSource.class::isInstance).map(source -> ((MethodSource) source).getMethodName()).orElse("");
        String reason = without.get(method);
        if (reason == null || !isOfCoord) {
            return FilterResult.included("it runs");
        }
        excluded++;
        out.println("excluded " + test.getDisplayName() + ": " + reason);
        return FilterResult.excluded(reason);
    }

    private final class Listener implements TestExecutionListener {

        private final String name;
        private long sinceNanos;

        Listener(String name) {
            this.name = name;
        }

        private String full(TestIdentifier test) {
            String method = test.getSource()
                    .filter(MethodSource.class::isInstance)
                    .map(source -> "#" + ((MethodSource) source).getMethodName())
                    .orElse("");
            return name + method + (test.getDisplayName().contains("[") ? " " + test.getDisplayName() : "");
        }

        @Override
        public void executionStarted(TestIdentifier test) {
            sinceNanos = System.nanoTime();
            if (isOfCoord) {
                System.setProperty("zookeeper.serverCnxnFactory", CoordConnections.class.getName()); // some tests clear it behind them
            }
            if (test.isTest()) {
                refreshJaas();
            }
        }

        /** A client that a class before left behind may have had an empty configuration read, before this class named a file. */
        private static void refreshJaas() {
            try {
                Configuration.getConfiguration().refresh();
            } catch (SecurityException unreadable) {
                // some tests want that
            }
        }

        @Override
        public void executionSkipped(TestIdentifier test, String reason) {
            excluded++;
            out.println("excluded " + full(test) + ": by ZooKeeper itself: " + reason.lines().findFirst().orElse(""));
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            boolean isDone = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
            if (isDone && !test.isTest()) {
                return;
            }
            String outcome = isDone ? "passed" : result.getStatus() == TestExecutionResult.Status.ABORTED ? "excluded" : "FAILED";
            long millis = (System.nanoTime() - sinceNanos) / 1_000_000;
            String why = result.getThrowable().map(cause -> ": " + String.valueOf(cause).replace('\n', ' ')).orElse("");
            out.println(outcome + " " + full(test) + " in " + millis + " ms" + why);
            out.flush();
            switch (outcome) {
                case "passed" -> passed++;
                case "excluded" -> excluded++;
                default -> failed.put(full(test), why);
            }
            result.getThrowable().ifPresent(Throwable::printStackTrace);
        }
    }
}
