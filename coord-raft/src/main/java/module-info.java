/** The ensemble: Raft, its log and snapshots, and the member that applies one to the other. */
module io.coord.raft {
    requires transitive io.coord.core;
    requires static transitive org.jspecify;
    requires com.google.protobuf;
    requires org.slf4j;
}
