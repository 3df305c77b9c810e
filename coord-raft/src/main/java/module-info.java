/** The ensemble: Raft, its log and snapshots, and the member that applies one to the other. */
@SuppressWarnings("module") // the rooms named below are built after this one
module io.coord.raft {
    requires transitive io.coord.core;
    requires static transitive org.jspecify;
    requires com.google.protobuf;
    requires org.slf4j;

    exports io.coord.ensemble;
    exports io.coord.ensemble.spi;

    exports io.coord.member to
            io.coord.testkit;
    exports io.coord.raft to
            io.coord.testkit;
    exports io.coord.runtime to
            io.coord.netty,
            io.coord.testkit;
    exports io.coord.storage to
            io.coord.testkit;
    exports io.coord.wire to
            io.coord.netty,
            io.coord.testkit;
}
