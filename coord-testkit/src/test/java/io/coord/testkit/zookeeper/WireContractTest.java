package io.coord.testkit.zookeeper;

import io.coord.MemberConfig;
import io.coord.netty.ZooKeeperServer;
import io.coord.testkit.LocalEnsemble;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;

/** Our server keeps the contract's bytes. */
@DisplayName("The bytes of the contract, kept by a member")
class WireContractTest extends WireContract {

    private static ZooKeeperServer server;
    private static LocalEnsemble ensemble;

    @BeforeAll
    static void start() {
        server = ZooKeeperServer.listeningOn(0).threads(1);
        ensemble = LocalEnsemble.builder()
                .members(1)
                .config(MemberConfig.DEFAULT.withSessionTimeouts(
                        Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofMinutes(1)))
                .frontEnd(member -> server)
                .start();
        ensemble.leader();
    }

    @AfterAll
    static void stop() {
        ensemble.close();
    }

    @Override
    InetSocketAddress server() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
    }

    @Override
    boolean isCoord() {
        return true;
    }
}
