package io.coord.testkit.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.MemberId;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Session;

import io.coord.runtime.LocalSession;
import io.coord.session.DirectReads;
import io.coord.testkit.Coord;
import io.coord.testkit.LocalEnsemble;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** An identity applies from its adding on (zk.A9), wherever the next request is answered: from the root, by the loop, elsewhere. */
class IdentityOrderTest {

    private static final NodePath MINE = NodePath.of("/mine");
    private static final Operation.GetData READ = new Operation.GetData(MINE.value());
    private static final int TRIES = 100;

    /** The first moment at which a thread may read from the root again is one at which it has the identity. */
    @Test
    void zkA9TheFirstDirectReadBehindAnIdentityHasIt(@Coord(members = 1) LocalEnsemble ensemble) {
        createMine(ensemble);
        for (int i = 0; i < TRIES; i++) {
            try (Session session = ensemble.openSession()) {
                DirectReads reads = (DirectReads) session.async();
                CompletionStage<?> added = session.async().addAuth("digest", Bytes.utf8("ben:secret"));
                Node node = reads.readNow(READ);
                while (node == null) {
                    Thread.onSpinWait();
                    node = reads.readNow(READ);
                }
                assertThat(node.text()).isEqualTo("x");
                session.await(added);
            }
        }
    }

    /** The member has answered, but the session's queue has not come to the answer when the session leaves. */
    @Test
    void zkA9AnIdentityWhoseAnswerIsUntoldMovesWithItsSession(@Coord LocalEnsemble ensemble) throws InterruptedException {
        createMine(ensemble);
        Session session = ensemble.openSession();
        LocalSession moving = (LocalSession) session.async();
        MemberId first = moving.home().orElseThrow().member();
        CountDownLatch queueHeld = new CountDownLatch(1);
        CountDownLatch queueFree = new CountDownLatch(1);
        moving.callbackExecutor().execute(() -> {
            queueHeld.countDown();
            awaitUninterruptibly(queueFree);
        });
        queueHeld.await();
        CompletionStage<?> added = moving.addAuth("digest", Bytes.utf8("ben:secret"));
        Session witness = ensemble.openSession(first, session.timeout());
        witness.sync(MINE); // asked of the same member behind the identity: that is answered, too
        ensemble.kill(first);
        while (moving.home().orElseThrow().member().equals(first)) {
            Thread.onSpinWait();
        }
        queueFree.countDown();
        session.await(added);
        session.setData(MINE, Bytes.utf8("moved"));
        assertThat(session.getData(MINE).text()).isEqualTo("moved");
    }

    private static void createMine(LocalEnsemble ensemble) {
        try (Session owner = ensemble.openSession()) {
            owner.addAuth("digest", Bytes.utf8("ben:secret"));
            owner.create(MINE, Bytes.utf8("x"), CreateMode.PERSISTENT, Acl.CREATOR_ALL);
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
