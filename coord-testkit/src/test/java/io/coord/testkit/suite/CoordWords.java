package io.coord.testkit.suite;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The command line of a server: what the test says to its own, and what it says to the JVM. */
final class CoordWords {

    /** Families of ZooKeeper's properties that are the client's, the test's, or say how a server is built inside. */
    private static final Set<String> NOT_OURS = Set.of(
            "zookeeper.admin.", "zookeeper.client", "zookeeper.disableAutoWatchReset",
            "zookeeper.fips", "zookeeper.jmx", "zookeeper.junit", "zookeeper.kinit", "zookeeper.maxCnxns", "zookeeper.request",
            "zookeeper.sasl.client", "zookeeper.server.", "zookeeper.serverCnxnFactory", "zookeeper.ssl", "zookeeper.test");

    private final List<String> all = new ArrayList<>();

    /**
     * Begins one.
     *
     * @param directory of ZooKeeper's files; ours lie in {@code coord} below
     */
    CoordWords(long id, String members, Path directory) {
        all.addAll(List.of("--id", Long.toString(id), "--members", members, "--data-dir", directory.resolve("coord").toString()));
    }

    CoordWords and(String name, Object value) {
        all.add("--prop");
        all.add(name + "=" + value);
        return this;
    }

    /** ZooKeeper's server reads system properties, so that tests set them. */
    CoordWords andThoseOfTheJvm() {
        for (String name : new TreeSet<>(System.getProperties().stringPropertyNames())) {
            boolean isServers = name.equals("jute.maxbuffer") || name.equals("readonlymode.enabled")
                    || name.startsWith("zookeeper.") && NOT_OURS.stream().noneMatch(name::startsWith);
            if (isServers && !System.getProperty(name).isEmpty()) {
                and(name, System.getProperty(name));
            }
        }
        return this;
    }

    List<String> all() {
        return List.copyOf(all);
    }
}
