package io.coord.testkit.zookeeper;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** A real ZooKeeper keeps the contract's bytes: which proves the test. */
@DisplayName("The bytes of the contract, kept by ZooKeeper")
@ResourceLock("zookeeper.extendedTypesEnabled")
class ZooKeeperWireContractIT extends WireContract {

    @TempDir
    static Path directory;

    private static InProcessServer server;

    @BeforeAll
    static void start() {
        server = new InProcessServer(directory, false);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Override
    InetSocketAddress server() {
        return server.address();
    }

    @Override
    boolean isCoord() {
        return false;
    }
}
