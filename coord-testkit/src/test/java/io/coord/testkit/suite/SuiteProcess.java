package io.coord.testkit.suite;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectUniqueId;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * A process that runs classes of others' tests and says how each test ended. As in Curator's own build, a test that fails is tried
 * twice more: its time limits are those of a machine that does nothing else.
 */
public final class SuiteProcess {

    /** Begins a line that says how a test ended: one of the words passed, failed, skipped; its name; why. */
    public static final String RESULT = "RESULT";
    /** Begins the line that says where the class that starts the servers comes from. */
    public static final String SERVER = "SERVER";
    /** Is the last line. */
    public static final String DONE = "DONE";
    private static final int TRIES = 3;

    /** How the tries of a test ended so far. */
    private static final class Ended implements TestExecutionListener {

        private final Map<String, String> failed = new LinkedHashMap<>();
        private final PrintStream out;

        Ended(PrintStream out) {
            this.out = out;
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            String name = test.getSource().map(Ended::name).orElse(test.getDisplayName());
            if (result.getStatus() == TestExecutionResult.Status.SUCCESSFUL) {
                failed.remove(test.getUniqueId());
                if (test.isTest()) {
                    say("passed", name, "");
                }
                return;
            }
            String why = result.getThrowable().map(Ended::causes).orElse("it gave up");
            if (test.getSource().isPresent()) {
                failed.put(test.getUniqueId(), name + "\t" + why);
            } else {
                say("failed", name, why); // the engine found no tests: a class cannot be loaded
            }
        }

        private static String causes(Throwable thrown) {
            StringBuilder causes = new StringBuilder();
            for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
                causes.append(causes.isEmpty() ? "" : " <- ").append(cause.toString().replaceAll("\\s+", " "));
            }
            return causes.toString();
        }

        @Override
        public void executionSkipped(TestIdentifier test, String reason) {
            say("skipped", test.getSource().map(Ended::name).orElse(test.getDisplayName()), reason);
        }

        static String name(TestSource source) {
            if (source instanceof MethodSource method) {
                return method.getClassName() + "#" + method.getMethodName();
            }
            return source instanceof ClassSource type ? type.getClassName() : String.valueOf(source);
        }

        void say(String how, String name, String why) {
            out.println(RESULT + "\t" + how + "\t" + name + "\t" + why);
            out.flush();
        }
    }

    private SuiteProcess() {}

    /**
     * Runs.
     *
     * @param words first the class that starts servers, then the tests that are left out, separated by commas, then the classes
     */
    public static void main(String[] words) throws ClassNotFoundException {
        PrintStream out = System.out;
        Class<?> server = Class.forName(words[0], false, SuiteProcess.class.getClassLoader());
        out.println(SERVER + "\t" + server.getProtectionDomain().getCodeSource().getLocation());
        Set<String> excluded = Set.of(words[1].split(","));
        Ended ended = new Ended(out);
        List<DiscoverySelector> wanted =
                Arrays.stream(words).skip(2).map(name -> (DiscoverySelector) selectClass(name)).collect(Collectors.toList());
        for (int tries = 0; tries < TRIES && !wanted.isEmpty(); tries++) {
            LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                    .selectors(wanted)
                    .filters((PostDiscoveryFilter) test -> FilterResult.includedIf(!isExcluded(test, excluded)))
                    .build();
            LauncherFactory.create().execute(request, ended);
            wanted = ended.failed.keySet().stream().map(id -> (DiscoverySelector) selectUniqueId(id)).collect(Collectors.toList());
        }
        ended.failed.values().forEach(failure -> ended.say("failed", failure.split("\t")[0], failure.split("\t", 2)[1]));
        out.println(DONE);
        out.flush();
        System.exit(0); // whatever threads the tests have left
    }

    private static boolean isExcluded(TestDescriptor test, Set<String> excluded) {
        return test.isTest() && test.getSource().map(Ended::name).filter(excluded::contains).isPresent();
    }
}
