package io.coord.testkit.demo;

import io.coord.Identity;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.Session;
import io.coord.ensemble.SessionOptions;
import io.coord.testkit.LocalEnsemble;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The demo: {@code mvn -q -Pdemo}. Three members with logs on disk take over what a real Kafka cluster did to a real ZooKeeper, then
 * coordinate a cluster of brokers while members and brokers die, then are restarted from disk.
 *
 * <p>Another recording of the same form takes the place of the built-in one with {@code -Dtrace=FILE -Dtree=FILE}. The exit code is 0
 * only if nothing differed.
 */
public final class Demo {

    private static final int MEMBERS = 3;

    private final PrintStream out;
    private final Differences differences = new Differences();
    private final long startedNanos = System.nanoTime();

    private Demo(PrintStream out) {
        this.out = out;
    }

    /** Runs the demo on the recordings named by the properties {@code trace} and {@code tree}, or on the built-in ones. */
    public static void main(String[] args) throws IOException {
        Recording recording;
        try (BufferedReader trace = open("trace", "/traces/kafka-3.9-zookeeper.jsonl");
                BufferedReader tree = open("tree", "/traces/kafka-3.9-tree.jsonl")) {
            recording = Recording.read(trace, tree);
        }
        List<String> different = run(recording, System.out);
        System.exit(different.isEmpty() ? 0 : 1);
    }

    private static BufferedReader open(String property, String resource) throws IOException {
        String file = System.getProperty(property, "");
        if (!file.isEmpty()) {
            return Files.newBufferedReader(Path.of(file));
        }
        InputStream in = Demo.class.getResourceAsStream(resource);
        if (in == null) {
            throw new IOException("the built-in recording " + resource + " is not on the class path");
        }
        return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    }

    /**
     * Runs the demo.
     *
     * @return what differed; empty if nothing did
     */
    static List<String> run(Recording recording, PrintStream out) throws IOException {
        Path directory = Files.createTempDirectory("coord-demo");
        try {
            return new Demo(out).play(recording, directory);
        } finally {
            delete(directory);
        }
    }

    /**
     * Runs the first act alone, without a disk.
     *
     * @return what differed; empty if nothing did
     */
    static List<String> replayInMemory(Recording recording, PrintStream out) {
        Demo demo = new Demo(out);
        try (LocalEnsemble ensemble = demo.ensemble().memoryStorage().start()) {
            demo.replay(recording, new Stage(ensemble));
        }
        return demo.verdict();
    }

    private LocalEnsemble.Builder ensemble() {
        MemberConfig config = MemberConfig.DEFAULT
                .withExtendedTypes(true)
                .withSessionTimeouts(Duration.ofMillis(500), Duration.ofSeconds(10), Duration.ofMinutes(10));
        return LocalEnsemble.builder().members(MEMBERS).config(config);
    }

    private List<String> play(Recording recording, Path directory) {
        banner();
        try (LocalEnsemble ensemble = ensemble().fileStorage(directory).start()) {
            say("Three members, each with its own log on disk. Member " + ensemble.leader() + " leads.");
            Stage stage = new Stage(ensemble);
            List<TreeWalk.Found> replayed = replay(recording, stage);
            heading("2. A cluster of brokers, whose members and brokers die");
            new BrokerPlay(ensemble, differences, this::say).play();
            restart(stage, replayed);
        }
        return verdict();
    }

    private void banner() {
        out.println();
        out.println("  coord: a ZooKeeper-like tree inside your JVM, replicated by Raft");
        out.println("  ----------------------------------------------------------------");
    }

    private void heading(String text) {
        out.println();
        out.println("  " + text);
    }

    private void say(String text) {
        long millis = (System.nanoTime() - startedNanos) / 1_000_000;
        out.printf(java.util.Locale.ROOT, "  %6.2f s  %s%n", millis / 1000.0, text);
    }

    // ---- first act: the recording

    private List<TreeWalk.Found> replay(Recording recording, Stage stage) {
        heading("1. What Apache Kafka did to Apache ZooKeeper, done to us");
        Replay replay = new Replay(stage, stage.members(), differences);
        long begun = System.nanoTime();
        replay.play(recording.transactions());
        double seconds = (System.nanoTime() - begun) / 1e9;
        say(replay.played() + " transactions by " + replay.sessionCount() + " sessions " + replay.spread() + ", each answered before"
                + " the next: " + Math.round(replay.played() / seconds) + " a second, all forced to disk on a majority.");
        say(replay.standIns() + " refusals whose request the recording does not hold were played by stand-ins.");
        List<TreeWalk.Found> tree = TreeWalk.of(replay.observer());
        int nodes = new Comparison(replay, differences).compare(recording.tree(), tree);
        say(nodes + " nodes compared with ZooKeeper's, field by field; " + differences.compared() + " values so far, "
                + differences.found().size() + " differ.");
        replay.observer().close();
        return tree;
    }

    // ---- last act: from disk

    private void restart(Stage stage, List<TreeWalk.Found> replayed) {
        heading("3. Everything stops, and starts again from disk");
        List<TreeWalk.Found> before = stage.look();
        stage.ensemble.restartAll();
        List<TreeWalk.Found> after = stage.look();
        compareAll("after the restart", persistent(before), persistent(after));
        say("All members restarted from their logs: " + persistent(after).size() + " nodes, as before.");
        List<String> lost = new ArrayList<>();
        for (TreeWalk.Found node : replayed) {
            if (!node.stat().isEphemeral() && after.stream().noneMatch(found -> found.path().equals(node.path()))) {
                lost.add(node.path());
            }
        }
        for (String path : lost) {
            differences.add("after the restart", path, "path", "was replayed and is gone");
        }
    }

    private static List<TreeWalk.Found> persistent(List<TreeWalk.Found> nodes) {
        return nodes.stream().filter(node -> !node.stat().isEphemeral()).toList();
    }

    private void compareAll(String where, List<TreeWalk.Found> before, List<TreeWalk.Found> after) {
        differences.compare(where, "/", "number of nodes", before.size(), after.size());
        for (int i = 0; i < Math.min(before.size(), after.size()); i++) {
            TreeWalk.Found was = before.get(i);
            TreeWalk.Found is = after.get(i);
            differences.compare(where, was.path(), "path", was.path(), is.path());
            differences.compare(where, was.path(), "data", was.data(), is.data());
            differences.compare(where, was.path(), "acl", was.acl(), is.acl());
            differences.compare(where, was.path(), "stat", was.stat(), is.stat());
        }
    }

    private List<String> verdict() {
        out.println();
        for (String difference : differences.found().stream().limit(20).toList()) {
            out.println("  DIFFERENT  " + difference);
        }
        if (differences.found().size() > 20) {
            out.println("  ... and " + (differences.found().size() - 20) + " more");
        }
        out.println(
                differences.isEmpty()
                        ? "  GREEN: " + differences.compared() + " values compared, none differed; nothing was lost."
                        : "  RED: " + differences.found().size() + " of " + differences.compared() + " values differed.");
        return differences.found();
    }

    /** The ensemble as the replay sees it. */
    static final class Stage implements Replay.Stage {

        private static final List<Identity> ALL_RIGHTS = List.of(new Identity("super", ""));

        private final LocalEnsemble ensemble;

        Stage(LocalEnsemble ensemble) {
            this.ensemble = ensemble;
        }

        List<MemberId> members() {
            return List.copyOf(ensemble.members());
        }

        @Override
        public Session openWithAllRights(MemberId member, Duration timeout) {
            return ensemble.openSession(member, SessionOptions.of(timeout).withIdentities(ALL_RIGHTS));
        }

        @Override
        public Session openPlain(MemberId member) {
            return ensemble.openSession(member, Duration.ofSeconds(30));
        }

        @Override
        public void expire(Session session) {
            ensemble.expire(session);
        }

        /** The tree as it is, seen with all rights. */
        List<TreeWalk.Found> look() {
            try (Session session = openWithAllRights(ensemble.leader(), Duration.ofSeconds(30))) {
                return TreeWalk.of(session);
            }
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
