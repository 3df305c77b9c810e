package io.coord.testkit.process;

import io.coord.testkit.zookeeper.LocalSessionsContract;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.apache.zookeeper.KeeperException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** Proves the tests of local sessions. */
@Tag("soak")
@DisplayName("Local sessions, of a real ZooKeeper")
class ZooKeeperLocalSessionsIT extends LocalSessionsContract {

    @TempDir
    private Path home;

    private static final class Processes implements Servers {
        private final ApacheEnsemble ensemble;

        Processes(Path home, boolean upgrading) throws IOException {
            ensemble = new ApacheEnsemble(
                    3, home, List.of("localSessionsEnabled=true", "localSessionsUpgradingEnabled=" + upgrading), List.of());
            ensemble.awaitLeader();
        }

        @Override
        public InetSocketAddress at(int id) {
            return ensemble.clientAddress(id);
        }

        @Override
        public void close() {
            ensemble.close();
        }
    }

    /** A follower's is looked for by the leader before what it asks (listed in decision 059). */
    @Override
    protected List<Class<?>> refusalsInMulti() {
        return List.of(KeeperException.EphemeralOnLocalSessionException.class, KeeperException.SessionExpiredException.class);
    }

    @Override
    protected Servers start(boolean upgrading) throws IOException {
        return new Processes(home, upgrading);
    }
}
