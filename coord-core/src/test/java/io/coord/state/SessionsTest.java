package io.coord.state;

import static io.coord.state.Scene.ONE;
import static io.coord.state.Scene.PASSWORD;
import static io.coord.state.Scene.TWO;
import static io.coord.state.Scene.create;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.WatchEvent.Type;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("sessions")
class SessionsTest {

    private static final Bytes WRONG = Bytes.of(new byte[31]);

    private final Scene scene = new Scene();

    // ---- opening

    @Test
    void aSessionIsOpened() {
        assertThat(open(5, ONE, 99)).isEqualTo(new Reply.Attached(5, 1, ONE, 4_000, 99, 0));
        SessionView session = scene.state.root().session(5).orElseThrow();
        assertThat(session.attach()).isEqualTo(1);
        assertThat(session.member()).isEqualTo(ONE);
        assertThat(session.timeoutMillis()).isEqualTo(4_000);
        assertThat(session.nonce()).isEqualTo(99);
        assertThat(session.hasEphemerals()).isFalse();
    }

    @Test
    @DisplayName("rule.6 the same request again is answered again")
    void theSameRequestIsAnsweredAgain() {
        Reply first = open(5, ONE, 99);
        long digest = scene.state.root().digest();

        assertThat(open(5, ONE, 99)).isEqualTo(first);
        assertThat(scene.state.root().digest()).isEqualTo(digest);
        assertThat(scene.state.root().sessionCount()).isEqualTo(1);
    }

    @Test
    void anIdInUseIsRefusedToAnyOtherRequest() {
        open(5, ONE, 99);

        assertThat(open(5, ONE, 98)).isEqualTo(new Reply.AttachRefused(5, ONE, 98));
        assertThat(open(5, TWO, 99)).isEqualTo(new Reply.AttachRefused(5, TWO, 99));
        assertThat(scene.apply(new Command.OpenSession(5, WRONG, 4_000, ONE, 99)))
                .isEqualTo(new Reply.AttachRefused(5, ONE, 99));
    }

    @Test
    @DisplayName("rule.8 zk.S11 a local session's upgrade is applied in the term it was proposed in, once, and under any id that is free")
    void anUpgradeIsOfItsTerm() {
        open(9, ONE, 99);
        Command.UpgradeSession late = new Command.UpgradeSession(5, PASSWORD, 4_000, ONE, 7, scene.term - 1);
        Command.UpgradeSession upgrade = new Command.UpgradeSession(5, PASSWORD, 4_000, ONE, 8, scene.term);

        assertThat(scene.apply(late)).isEqualTo(new Reply.AttachRefused(5, ONE, 7));
        assertThat(scene.apply(upgrade)).isEqualTo(new Reply.Attached(5, 1, ONE, 4_000, 8, 0));
        assertThat(scene.apply(upgrade)).as("it is there").isEqualTo(new Reply.AttachRefused(5, ONE, 8));
        assertThat(open(8, ONE, 100)).as("the highest id stays what it was").isInstanceOf(Reply.AttachRefused.class);
        assertThat(open(10, ONE, 101)).isInstanceOf(Reply.Attached.class);
    }

    @Test
    @DisplayName("rule.8 zk.C3 a local session's write leaves no trace in the table, and creates no ephemeral node")
    void aLocalWriteLeavesNoTrace() {
        assertThat(local(Scene.create("/a"))).isInstanceOf(Outcome.Created.class);
        assertThat(local(Scene.create("/a"))).isInstanceOfSatisfying(
                Outcome.Refused.class, no -> assertThat(no.refusal()).isEqualTo(Refusal.NODE_EXISTS));
        assertThat(local(Scene.create("/none/e", CreateMode.EPHEMERAL))).isInstanceOfSatisfying(
                Outcome.Refused.class, no -> assertThat(no.refusal()).isEqualTo(Refusal.EPHEMERAL_ON_LOCAL_SESSION));
        assertThat(scene.has("/a")).isTrue();
        assertThat(scene.state.root().sessionCount()).isZero();
    }

    private Outcome local(Operation.Write<?> write) {
        Reply reply = scene.apply(new Command.SubmitLocal(ONE, 3, List.of(Identity.ANYONE), write));
        assertThat(reply).isInstanceOf(Reply.LocalWritten.class);
        return ((Reply.LocalWritten) reply).outcome();
    }

    @Test
    @DisplayName("rule.15 inv.Z8 an ended id is never made again, nor one below the highest")
    void anEndedIdIsNeverMadeAgain() {
        open(5, ONE, 99);
        scene.apply(new Command.CloseSession(5, 1, 1));

        assertThat(open(5, ONE, 99)).isInstanceOf(Reply.AttachRefused.class);
        assertThat(open(4, ONE, 100)).isInstanceOf(Reply.AttachRefused.class);
        scene.state = scene.restored();
        assertThat(open(5, ONE, 101)).as("after a snapshot").isInstanceOf(Reply.AttachRefused.class);
        assertThat(open(6, ONE, 102)).isInstanceOf(Reply.Attached.class);
        assertThat(open(4, TWO, 103)).as("each member counts for itself").isInstanceOf(Reply.Attached.class);
    }

    @Test
    @DisplayName("zk.S2 the ids of members above 127 are negative and grow all the same")
    void negativeIdsGrowToo() {
        MemberId high = MemberId.of(200);
        long first = 200L << 56;

        assertThat(open(first, high, 1)).isInstanceOf(Reply.Attached.class);
        assertThat(open(first + 1, high, 2)).isInstanceOf(Reply.Attached.class);
        assertThat(open(first, high, 3)).isInstanceOf(Reply.AttachRefused.class);
        assertThat(open(0, TWO, 4)).as("0 means no owner").isInstanceOf(Reply.AttachRefused.class);
        assertThat(scene.restored().root().digest()).isEqualTo(scene.state.root().digest());
    }

    // ---- attaching

    @Test
    @DisplayName("rule.6 zk.S7 an attach raises the number, moves the session and grants the new timeout")
    void anAttachMovesTheSession() {
        Scene.Client client = scene.open(1);
        client.create("/a");

        Reply reply = attach(1, PASSWORD, TWO, 50);

        assertThat(reply).isEqualTo(new Reply.Attached(1, 2, TWO, 7_000, 50, 1));
        assertThat(attach(1, PASSWORD, TWO, 50)).as("the same request again").isEqualTo(reply);
        assertThat(attach(1, PASSWORD, TWO, 51)).isEqualTo(new Reply.Attached(1, 3, TWO, 7_000, 51, 1));
        assertThat(attach(1, PASSWORD, ONE, 51)).isEqualTo(new Reply.Attached(1, 4, ONE, 7_000, 51, 1));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 31})
    @DisplayName("zk.X6 rule.18 a wrong password never attaches, wherever it differs")
    void aWrongPasswordNeverAttaches(int position) {
        scene.open(1);
        byte[] wrong = new byte[32];
        wrong[position] = 1;

        assertThat(attach(1, Bytes.of(wrong), TWO, 50)).isEqualTo(new Reply.AttachRefused(1, TWO, 50));
        assertThat(attach(1, WRONG, TWO, 50)).as("a prefix").isInstanceOf(Reply.AttachRefused.class);
        assertThat(attach(1, Bytes.of(new byte[33]), TWO, 50)).as("longer").isInstanceOf(Reply.AttachRefused.class);
        assertThat(scene.state.root().session(1).orElseThrow().attach()).isEqualTo(1);
    }

    @Test
    @DisplayName("zk.W4 zk.S9 inv.Z8 a session that is over is never attached")
    void aSessionThatIsOverIsNeverAttached() {
        scene.open(1).close();

        assertThat(attach(1, PASSWORD, TWO, 50)).isEqualTo(new Reply.AttachRefused(1, TWO, 50));
    }

    @Test
    @DisplayName("rule.6 zk.S8 a command of an older attach is SESSIONMOVED and has no effect")
    void aCommandOfAnOlderAttachHasNoEffect() {
        Scene.Client client = scene.open(1);
        attach(1, PASSWORD, TWO, 50);
        long digest = scene.state.root().digest();

        assertThat(client.submit(1, create("/a"))).isEqualTo(new Reply.Stale(1, 1, Refusal.SESSION_MOVED));
        assertThat(scene.apply(new Command.CloseSession(1, 1, 1))).isEqualTo(new Reply.Stale(1, 1, Refusal.SESSION_MOVED));
        assertThat(scene.apply(new Command.ExpireSession(1, 1, scene.term))).isEqualTo(Reply.None.NONE);
        client.attach = 3;
        assertThat(client.submit(1, create("/a"))).isEqualTo(new Reply.Stale(1, 3, Refusal.SESSION_MOVED));
        assertThat(scene.state.root().digest()).isEqualTo(digest);
        client.attach = 2;
        assertThat(client.write(create("/a"))).isInstanceOf(Outcome.Created.class);
    }

    // ---- exactly once

    @Test
    @DisplayName("rule.4 inv.Z13 a command proposed twice has one effect and one answer")
    void aCommandProposedTwiceHasOneEffectAndOneAnswer() {
        Scene.Client client = scene.open(1);
        client.create("/q");
        Reply first = client.submit(2, create("/q/s", CreateMode.PERSISTENT_SEQUENTIAL));
        scene.changes.clear();

        assertThat(client.submit(2, create("/q/s", CreateMode.PERSISTENT_SEQUENTIAL))).isEqualTo(first);
        assertThat(scene.changes).isEmpty();
        assertThat(scene.stat("/q").numChildren()).isEqualTo(1);
        attach(1, PASSWORD, TWO, 50);
        client.attach = 2;
        assertThat(((Reply.Written) client.submit(2, create("/other"))).outcome())
                .as("the number counts across attaches")
                .isEqualTo(((Reply.Written) first).outcome());
    }

    @Test
    @DisplayName("rule.4 refusals and failed multis are kept as well, also in a snapshot")
    void refusalsAreKeptAsWell() {
        Scene.Client client = scene.open(1);
        Reply refused = client.submit(1, Scene.delete("/none"));
        Reply failed = client.submit(2, Scene.multi(create("/a"), Scene.delete("/none")));
        Reply listed = client.submit(3, Scene.setAcl("/", io.coord.Acl.OPEN));
        Reply checked = client.submit(4, new Operation.Check("/", -1));
        client.submit(5, create("/none"));
        scene.state = scene.restored();

        assertThat(client.submit(1, Scene.delete("/none"))).isEqualTo(refused);
        assertThat(client.submit(2, Scene.delete("/none"))).isEqualTo(failed);
        assertThat(client.submit(3, Scene.delete("/none"))).isEqualTo(listed);
        assertThat(client.submit(4, Scene.delete("/none"))).isEqualTo(checked);
        assertThat(scene.has("/none")).isTrue();
        assertThat(scene.state.root().session(1).orElseThrow().outcome(1))
                .contains(((Reply.Written) refused).outcome());
    }

    @Test
    @DisplayName("rule.4 outcomes are forgotten up to the acknowledged number; then a duplicate has no answer")
    void outcomesAreForgottenOnceAcknowledged() {
        Scene.Client client = scene.open(1);
        for (int i = 1; i <= 20; i++) {
            client.submit(i, create("/n" + i));
        }
        client.ackedUpTo = 12;
        client.submit(21, create("/n21"));

        SessionView session = scene.state.root().session(1).orElseThrow();
        assertThat(session.ackedUpTo()).isEqualTo(12);
        assertThat(session.outcome(12)).isEmpty();
        for (long i = 13; i <= 21; i++) {
            assertThat(session.outcome(i)).map(outcome -> ((Outcome.Created) outcome).path()).contains("/n" + i);
        }
        assertThat(session.outcome(22)).isEmpty();
        assertThat(client.submit(12, create("/x"))).isEqualTo(Reply.None.NONE);
        assertThat(client.submit(13, create("/x"))).isInstanceOf(Reply.Written.class);
        assertThat(scene.has("/x")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {-5, 0, 100, Long.MAX_VALUE, Long.MIN_VALUE})
    void aNonsensicalAcknowledgementForgetsNoMoreThanThereIs(long ackedUpTo) {
        Scene.Client client = scene.open(1);
        client.submit(1, create("/a"));
        client.ackedUpTo = ackedUpTo;
        client.submit(2, create("/b"));

        SessionView session = scene.state.root().session(1).orElseThrow();
        assertThat(session.outcome(2)).isPresent();
        assertThat(session.outcome(1).isPresent()).isEqualTo(ackedUpTo < 1);
        assertThat(scene.restored().root().digest()).isEqualTo(scene.state.root().digest());
    }

    @ParameterizedTest
    @ValueSource(longs = {3, 4, Long.MAX_VALUE})
    @DisplayName("rule.5 a command before its predecessor has no effect and tells the last number")
    void aGapHasNoEffect(long number) {
        Scene.Client client = scene.open(1);
        client.submit(1, create("/a"));

        assertThat(client.submit(number, create("/b"))).isEqualTo(new Reply.Gap(1, 1, 1));
        assertThat(scene.apply(new Command.CloseSession(1, 1, number))).isEqualTo(new Reply.Gap(1, 1, 1));
        assertThat(scene.has("/b")).isFalse();
        assertThat(scene.state.root().session(1)).isPresent();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void aNumberThatNeverWasHasNoEffect(long number) {
        Scene.Client client = scene.open(1);

        assertThat(client.submit(number, create("/b"))).isEqualTo(Reply.None.NONE);
        assertThat(scene.has("/b")).isFalse();
    }

    // ---- the end

    @Test
    @DisplayName("zk.S6 zk.WT13 inv.Z6 closing deletes all ephemerals in one entry")
    void closingDeletesAllEphemeralsInOneEntry() {
        Scene.Client client = scene.open(1);
        Scene.Client other = scene.open(2);
        client.create("/p");
        client.create("/p/a", CreateMode.EPHEMERAL);
        client.create("/b", CreateMode.EPHEMERAL_SEQUENTIAL);
        other.create("/p/other", CreateMode.EPHEMERAL);
        assertThat(scene.state.root().session(1).orElseThrow().ephemerals()).containsExactly("/b0000000001", "/p/a");
        scene.changes.clear();

        assertThat(client.close()).isEqualTo(new Reply.Ended(1, 1, false));

        assertThat(List.of("/p/a", "/b0000000001")).noneMatch(scene::has);
        assertThat(List.of("/p", "/p/other")).allMatch(scene::has);
        assertThat(scene.changes).extracting(Change::type).containsOnly(Type.DELETED);
        assertThat(scene.changes).extracting(Change::path).containsExactlyInAnyOrder("/p/a", "/b0000000001");
        assertThat(scene.changes).extracting(Change::zxid).containsOnly(scene.zxid());
        assertThat(scene.state.root().session(1)).isEmpty();
        assertThat(client.submit(9, create("/x"))).isEqualTo(new Reply.Stale(1, 1, Refusal.SESSION_EXPIRED));
        assertThat(client.close()).isEqualTo(new Reply.Stale(1, 1, Refusal.SESSION_EXPIRED));
    }

    @Test
    @DisplayName("rule.15 expiry is void in another term or for an older attach")
    void expiryIsVoidInAnotherTermOrForAnOlderAttach() {
        scene.open(1).create("/e", CreateMode.EPHEMERAL);
        attach(1, PASSWORD, TWO, 50);

        scene.term = 7;
        assertThat(expire(1, 2, 6)).isEqualTo(Reply.None.NONE);
        assertThat(expire(1, 2, 8)).isEqualTo(Reply.None.NONE);
        assertThat(expire(1, 1, 7)).isEqualTo(Reply.None.NONE);
        assertThat(expire(9, 1, 7)).isEqualTo(Reply.None.NONE);
        assertThat(scene.has("/e")).isTrue();
        assertThat(expire(1, 2, 7)).isEqualTo(new Reply.Ended(1, 2, true));
        assertThat(scene.has("/e")).isFalse();
    }

    @Test
    @DisplayName("rule.5 a close that comes late, under a number already used, has no effect")
    void aCloseUnderAUsedNumberHasNoEffect() {
        Scene.Client client = scene.open(1);
        client.create("/a");

        assertThat(scene.apply(new Command.CloseSession(1, 1, 1))).isEqualTo(Reply.None.NONE);
        assertThat(scene.state.root().session(1)).isPresent();
    }

    @Test
    @DisplayName("rule.23 zk.X3 a session with 100,000 ephemerals ends in one entry")
    void aSessionWithManyEphemeralsEndsInOneEntry() {
        Scene.Client client = scene.open(1);
        client.create("/p");
        long clean = scene.state.root().digest();
        for (int i = 0; i < 100_000; i++) {
            client.create("/p/e", CreateMode.EPHEMERAL_SEQUENTIAL);
        }
        assertThat(scene.stat("/p").numChildren()).isEqualTo(100_000);
        scene.changes.clear();

        expire(1, 1, scene.term);

        assertThat(scene.changes).hasSize(100_000);
        assertThat(scene.stat("/p").numChildren()).isZero();
        assertThat(scene.stat("/p").cversion()).isEqualTo(200_000);
        assertThat(scene.state.root().nodeCount()).isEqualTo(5);
        assertThat(scene.state.root().digest()).isNotEqualTo(clean);
        assertThat(scene.restored().root().digest()).isEqualTo(scene.state.root().digest());
    }

    private Reply open(long id, MemberId member, long nonce) {
        return scene.apply(new Command.OpenSession(id, PASSWORD, 4_000, member, nonce));
    }

    private Reply attach(long id, Bytes password, MemberId member, long nonce) {
        return scene.apply(new Command.Attach(id, password, 7_000, member, nonce));
    }

    private Reply expire(long id, long attach, long term) {
        return scene.apply(new Command.ExpireSession(id, attach, term));
    }
}
