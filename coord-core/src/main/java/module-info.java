/** The tree: what users program against, the recipes on it, and the replicated state behind it. */
module io.coord.core {
    requires static transitive org.jspecify;

    exports io.coord;
}
