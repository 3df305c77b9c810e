package io.coord.testkit;

import static io.coord.testkit.Scene.createAt;
import static io.coord.testkit.Scene.multi;
import static io.coord.testkit.Scene.refusalOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.Session;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Sequence numbers (zk section 2.5). */
interface SequenceContract extends Scene {

    /** Creates a sequential node under {@code /a} and returns its name. */
    private String next(String prefix) {
        return session().create(A.child(prefix), Bytes.EMPTY, CreateMode.PERSISTENT_SEQUENTIAL).nodePath().name();
    }

    @Proves("zk.SQ1")
    default void theNumberCountsAllChildrenEverCreated() {
        create(A);
        assertThat(next("a-")).isEqualTo("a-0000000000");
        session().delete(A.child("a-0000000000"));
        assertThat(next("b-")).isEqualTo("b-0000000001");
        create(A.child("plain"));
        assertThat(next("a-")).isEqualTo("a-0000000003");
    }

    @Proves("zk.SQ1")
    default void theNumberGoesOnAfterARestart() {
        create(A);
        next("x-");
        session().delete(A.child(next("x-")));
        door().beforeReading();
        assertThat(next("x-")).isEqualTo("x-0000000002");
    }

    @Proves("zk.SQ1")
    default void refusedCreatesAndOtherWritesCountNothing() {
        create(A);
        create(A_B);
        Scene.assertRefused(Refusal.NODE_EXISTS, session(), createAt("/a/b"));
        session().setData(A, Bytes.EMPTY);
        session().setData(A_B, Bytes.EMPTY);
        create(A_B.child("grandchild"));
        session().setAcl(A, Acl.OPEN);
        assertThat(next("x-")).isEqualTo("x-0000000001");
    }

    @Proves("zk.SQ1")
    default void createsInATransactionCountAsWell() {
        create(A);
        List<Outcome> results = multi(
                session(),
                createAt("/a/x-", CreateMode.PERSISTENT_SEQUENTIAL),
                createAt("/a/plain"),
                new Operation.Delete("/a/plain", -1),
                createAt("/a/x-", CreateMode.EPHEMERAL_SEQUENTIAL));
        assertThat(((Outcome.Created) results.get(0)).path()).isEqualTo("/a/x-0000000000");
        assertThat(((Outcome.Created) results.get(3)).path()).isEqualTo("/a/x-0000000002");
        assertThat(next("y-")).isEqualTo("y-0000000003");
    }

    @Proves("zk.SQ1")
    default void everySessionGetsItsOwnNumber() {
        create(A);
        Session other = another();
        Set<String> paths = new HashSet<>();
        for (int i = 0; i < 10; i++) {
            var mine = session().async().create(A.child("n-"), Bytes.EMPTY, CreateMode.PERSISTENT_SEQUENTIAL);
            var theirs = other.async().create(A.child("n-"), Bytes.EMPTY, CreateMode.PERSISTENT_SEQUENTIAL);
            paths.add(session().await(mine).path());
            paths.add(other.await(theirs).path());
        }
        assertThat(paths).hasSize(20).contains("/a/n-0000000000", "/a/n-0000000019");
    }

    @Proves("zk.SQ3")
    default void aCreateThatIsRolledBackTakesNoNumber() {
        create(A);
        List<Outcome> results = multi(
                session(), createAt("/a/x-", CreateMode.PERSISTENT_SEQUENTIAL), new Operation.Check("/none", -1));
        assertThat(refusalOf(results.get(1))).isEqualTo(Refusal.NO_NODE);
        assertThat(next("x-")).isEqualTo("x-0000000000");
    }

    @Proves("zk.SQ4")
    default void theCounterDiesWithTheParent() {
        create(A);
        session().delete(A.child(next("x-")));
        session().delete(A);
        create(A);
        assertThat(next("x-")).isEqualTo("x-0000000000");
        assertThat(stat(NodePath.ROOT).numChildren()).isEqualTo(2);
    }
}
