/** The tree: what users program against, the recipes on it, and the replicated state behind it. */
@SuppressWarnings("module") // the rooms named below are built after this one
module io.coord.core {
    requires static transitive org.jspecify;

    exports io.coord;
    exports io.coord.recipes;

    exports io.coord.session to
            io.coord.raft,
            io.coord.netty,
            io.coord.testkit;

    exports io.coord.state to
            io.coord.raft,
            io.coord.netty,
            io.coord.testkit;
}
