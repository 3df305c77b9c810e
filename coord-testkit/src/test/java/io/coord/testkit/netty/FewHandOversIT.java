package io.coord.testkit.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.ensemble.spi.MetricsListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of a write that is alone on its way, fewer threads are woken than take part in one of many. */
class FewHandOversIT {

    private static final NodePath A = NodePath.of("/a");
    private static final int WRITES = 500;

    private final Map<String, Set<String>> seen = new ConcurrentHashMap<>();

    @Test
    void aLeaderIsToldOfAcknowledgementsByWhoReadsThemAndAFollowersLoopWrites(@TempDir Path directory) {
        try (TcpEnsemble ensemble = new TcpEnsemble(3, directory).metrics(this::listener).start()) {
            int leader = ensemble.leader();
            try (Session session = ensemble.member(leader).openSession(Duration.ofSeconds(10))) {
                session.create(A, Bytes.EMPTY, CreateMode.PERSISTENT);
                for (int i = 0; i < WRITES; i++) {
                    session.setData(A, Bytes.EMPTY);
                }
                assertThat(session.getData(A).stat().version()).isEqualTo(WRITES);
            }
            assertThat(seen.get("turned " + leader)).contains("coord-" + leader + "-peers", "coord-" + leader + "-loop");
            assertThat(seen.get("forced " + ensemble.anyFollower())).contains("coord-" + ensemble.anyFollower() + "-loop");
        }
    }

    private MetricsListener listener(int member) {
        return new MetricsListener() {
            @Override
            public void turned(int inputs, long nanos) {
                note("turned " + member);
            }

            @Override
            public void forced(int entries, long nanos) {
                note("forced " + member);
            }
        };
    }

    private void note(String what) {
        seen.computeIfAbsent(what, none -> ConcurrentHashMap.newKeySet()).add(Thread.currentThread().getName());
    }
}
