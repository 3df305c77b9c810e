package io.coord.testkit.process;

import io.coord.testkit.zookeeper.ReadOnlyContract;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** Proves the tests of reading without a quorum. */
@Tag("soak")
@DisplayName("Reading without a quorum, at a real ZooKeeper")
class ZooKeeperReadOnlyIT extends ReadOnlyContract {

    private static final int SURVIVOR = 2;

    @TempDir
    private Path home;

    private static final class Processes implements Servers {
        private final ApacheEnsemble ensemble;

        Processes(Path home) throws IOException {
            ensemble = new ApacheEnsemble(
                    3, home, List.of("localSessionsEnabled=true", "localSessionsUpgradingEnabled=true"), List.of("readonlymode.enabled=true"));
            ensemble.awaitLeader();
        }

        @Override
        public String connectString() {
            return ensemble.connectString();
        }

        @Override
        public InetSocketAddress survivor() {
            return ensemble.clientAddress(SURVIVOR);
        }

        @Override
        public void loseQuorum() throws Exception {
            ensemble.kill(1);
            ensemble.kill(3);
            awaitWord(survivor(), "isro", "ro");
        }

        @Override
        public void regainQuorum() {
            ensemble.startAgain(1);
            ensemble.startAgain(3);
        }

        @Override
        public void close() {
            ensemble.close();
        }
    }

    @Override
    protected Servers start() throws IOException {
        return new Processes(home);
    }
}
