package io.coord.testkit.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.UnavailableException;
import io.coord.OutcomeUnknownException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An ensemble over TCP lives through what one in memory lives through. */
class TcpEnsembleIT {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    @Test
    void formsWritesLosesItsLeaderAndWritesOn() {
        try (TcpEnsemble ensemble = new TcpEnsemble(3, directory).start()) {
            int leader = ensemble.leader();
            int follower = ensemble.anyFollower();
            try (Session session = ensemble.member(follower).openSession(TIMEOUT)) {
                session.create(NodePath.of("/a"), Bytes.utf8("1"), CreateMode.PERSISTENT);
                ensemble.stop(leader);
                write(session, "2");

                ensemble.start(leader);
                try (Session back = ensemble.member(leader).openSession(TIMEOUT)) {
                    back.sync(NodePath.of("/a"));
                    assertThat(back.getData(NodePath.of("/a")).data()).isEqualTo(Bytes.utf8("2"));
                }
            }
        }
    }

    private static void write(Session session, String data) {
        while (true) {
            try {
                session.setData(NodePath.of("/a"), Bytes.utf8(data));
                return;
            } catch (UnavailableException | OutcomeUnknownException e) {
                // until another leads
            }
        }
    }
}
