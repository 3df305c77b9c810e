/** The wire: members over TCP, and ZooKeeper's protocol on both of its sides. */
module io.coord.netty {
    requires transitive io.coord.core;
    requires transitive io.coord.raft;
    requires static transitive org.jspecify;
    requires org.slf4j;
    requires java.security.jgss;
    requires java.security.sasl;
    requires jdk.management;
    requires io.netty.common;
    requires io.netty.buffer;
    requires io.netty.transport;
    requires io.netty.codec;
    requires io.netty.handler;
    requires static io.netty.transport.classes.epoll;

    exports io.coord.netty;
}
