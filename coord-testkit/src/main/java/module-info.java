/** The test kit: ensembles in memory, under real threads or virtual time, with faults on demand. */
module io.coord.testkit {
    requires transitive io.coord.core;
    requires transitive io.coord.raft;
    requires static io.coord.netty;
    requires static transitive org.jspecify;
    requires transitive org.junit.jupiter.api;
    requires org.assertj.core;

    exports io.coord.testkit;

    // The parts of CoordContract are not public, and JUnit calls their tests.
    opens io.coord.testkit to
            org.junit.platform.commons;
}
