package io.coord.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.Outcome;
import io.coord.Session;
import io.coord.SessionState;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class MovingSessionTest {

    private static final NodePath COUNTER = NodePath.of("/counter");

    /** Each write names the version it expects: applied twice it would be refused, lost it would refuse the next. */
    @Test
    @Timeout(60)
    void everyWriteOfAMovingSessionIsAppliedOnceHoweverManyMembersDie() {
        try (LocalEnsemble ensemble = LocalEnsemble.of(3);
                Session session = ensemble.openSession()) {
            session.create(COUNTER, Bytes.EMPTY, CreateMode.PERSISTENT);
            long id = session.id();
            int version = 0;
            for (int round = 0; round < 12; round++) {
                List<CompletionStage<Outcome.DataSet>> writes = new ArrayList<>();
                for (int i = 0; i < 50; i++) {
                    writes.add(session.async().setData(COUNTER, Bytes.utf8("v" + version), version));
                    version++;
                }
                MemberId victim = round % 3 == 0 ? ensemble.leader() : MemberId.of(1 + round % 3);
                ensemble.kill(victim);
                for (int i = 0; i < writes.size(); i++) {
                    assertThat(session.await(writes.get(i)).stat().version()).isEqualTo(version - 49 + i);
                }
                ensemble.restart(victim);
            }
            assertThat(session.getData(COUNTER).stat().version()).isEqualTo(600);
            assertThat(session.id()).isEqualTo(id);
            assertThat(session.state()).isEqualTo(SessionState.CONNECTED);
        }
    }
}
