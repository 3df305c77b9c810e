package io.coord.testkit;

import static io.coord.WatchEvent.Type.DELETED;
import static io.coord.testkit.Scene.anyoneBut;
import static io.coord.testkit.Scene.assertRefused;
import static io.coord.testkit.Scene.data;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.Session;
import io.coord.SessionEndedException;
import io.coord.SessionEvent;
import io.coord.SessionState;
import io.coord.testkit.CoordContract.Capability;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Sessions (zk section 2.12). */
interface SessionContract extends Scene {

    /** Completes with the session's last event. */
    private static CompletionStage<SessionEvent> end(Session session) {
        CompletableFuture<SessionEvent> end = new CompletableFuture<>();
        session.onEvent(event -> {
            if (event.state().isOver()) {
                end.complete(event);
            }
        });
        return end;
    }

    @Proves("zk.S1")
    default void theTimeoutGrantedIsTheOneAskedForWithinBounds() {
        Duration between = door().timeoutMin().plus(door().timeoutMax()).dividedBy(2);
        assertThat(keep(door().open(between)).timeout()).isEqualTo(between);
        assertThat(keep(door().open(door().timeoutMax().plusSeconds(5))).timeout()).isEqualTo(door().timeoutMax());
        assertThat(keep(door().open(door().timeoutMax())).timeout()).isEqualTo(door().timeoutMax());
    }

    @Proves("zk.S1")
    default void aTooShortTimeoutIsRaised() {
        assertThat(keep(door().open(door().timeoutMin().dividedBy(2))).timeout()).isEqualTo(door().timeoutMin());
    }

    @Proves("zk.S2")
    default void sessionIdsAreNeverTheSame() {
        Set<Long> ids = new HashSet<>();
        for (int i = 0; i < 4; i++) {
            Session each = door().open(Duration.ofSeconds(20));
            ids.add(each.id());
            if (i % 2 == 0) {
                each.close();
            } else {
                keep(each);
            }
        }
        assertThat(ids).hasSize(4).doesNotContain(0L);
    }

    @Proves({"zk.S3", "zk.S6"})
    default void aSilentClientsSessionExpires() {
        create(A);
        doorThatCan(Capability.VANISH);
        Session silent = keep(door().open(door().timeoutMin()));
        fresh(silent).create(A_B, Bytes.EMPTY, CreateMode.EPHEMERAL);
        Events events = events(session());
        fresh(session()).exists(A_B, events);
        door().vanish(silent);
        events.expect(DELETED, A_B);
    }

    @Proves("zk.S3")
    default void anIdleClientsSessionGoesOn() {
        Session idle = keep(door().open(door().timeoutMin().multipliedBy(2))); // with the least, a moment without the processor ends it
        idle.create(A, Bytes.EMPTY, CreateMode.EPHEMERAL);
        doorThatCan(Capability.VANISH);
        Session silent = keep(door().open(door().timeoutMin().multipliedBy(4)));
        silent.create(B, Bytes.EMPTY, CreateMode.EPHEMERAL);
        Events events = events(session());
        fresh(session()).exists(B, events);
        door().vanish(silent);
        events.expect(DELETED, B);
        assertThat(fresh(session()).exists(A)).isPresent();
        assertThat(idle.state()).isEqualTo(SessionState.CONNECTED);
    }

    @Proves("zk.S6")
    default void closingDeletesAllTheSessionsEphemeralsBeforeItReturns() {
        create(A);
        Session other = fresh(another());
        other.create(A_B, Bytes.EMPTY, CreateMode.EPHEMERAL);
        other.create(A.child("s-"), Bytes.EMPTY, CreateMode.EPHEMERAL_SEQUENTIAL);
        other.create(A_C, Bytes.EMPTY, CreateMode.PERSISTENT);
        other.close();
        door().beforeReading();
        assertThat(fresh(session()).getChildren(A)).containsExactly("c");
    }

    @Proves("zk.S6")
    default void expiryDeletesAllTheSessionsEphemerals() {
        create(A);
        Session other = fresh(another());
        other.create(A_B, Bytes.EMPTY, CreateMode.EPHEMERAL);
        other.create(A_C, Bytes.EMPTY, CreateMode.EPHEMERAL);
        Events events = events(session());
        fresh(session()).exists(A_B, events);
        doorThatCan(Capability.EXPIRE).expire(other);
        events.expect(DELETED, A_B);
        assertThat(session().getChildren(A)).isEmpty();
    }

    @Proves("zk.S6")
    default void writesBeforeACloseAreDoneAndThoseOfOthersStay() {
        create(A);
        Session other = fresh(another());
        List<CompletionStage<Outcome.Created>> creations = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            creations.add(other.async().create(A.child("e" + i), Bytes.EMPTY, CreateMode.EPHEMERAL));
        }
        CompletionStage<Outcome.Created> last = other.async().create(A_B, Bytes.EMPTY, CreateMode.PERSISTENT);
        CompletionStage<?> closed = other.async().closeAsync();
        for (CompletionStage<Outcome.Created> creation : creations) {
            assertThat(other.await(creation).stat().ephemeralOwner()).isEqualTo(other.id());
        }
        other.await(last);
        other.await(closed);
        assertThat(fresh(session()).getChildren(A)).containsExactly("b");
    }

    @Proves({"zk.S6", "zk.X3"})
    default void aSessionWithMoreThanAMebibyteOfEphemeralPathsEnds() {
        create(A);
        Session other = fresh(another());
        String padding = "x".repeat(2_000);
        CompletionStage<Outcome.Created> last = CompletableFuture.completedStage(null);
        for (int i = 0; i < 600; i++) {
            last = other.async().create(A.child(padding + i), Bytes.EMPTY, CreateMode.EPHEMERAL);
        }
        other.await(last);
        other.close();
        if (differs("X3")) {
            door().beforeReading();
        }
        assertThat(fresh(session()).getChildren(A)).isEmpty();
        assertThat(stat(A).cversion()).isEqualTo(1_200);
    }

    @Proves("zk.S7")
    default void aSessionOutlivesTheLossOfItsConnection() {
        Session other = another();
        long id = session().id();
        session().create(A, Bytes.EMPTY, CreateMode.EPHEMERAL);
        doorThatCan(Capability.AWAY)
                .whileAway(session(), () -> assertThat(fresh(other).exists(A)).isPresent());
        assertThat(session().id()).isEqualTo(id);
        assertThat(session().state()).isEqualTo(SessionState.CONNECTED);
        assertThat(stat(A).ephemeralOwner()).isEqualTo(id);
        session().create(B, Bytes.EMPTY, CreateMode.EPHEMERAL);
        assertThat(session().getEphemerals()).containsExactlyInAnyOrder("/a", "/b");
    }

    @Proves({"zk.S7", "zk.S10"})
    default void sessionsAndTheirEphemeralsOutliveTheServers() {
        session().create(A, Bytes.EMPTY, CreateMode.EPHEMERAL);
        Session other = another();
        other.create(B, Bytes.EMPTY, CreateMode.EPHEMERAL);
        door().beforeReading();
        assertThat(fresh(session()).getEphemerals()).containsExactly("/a");
        assertThat(fresh(other).getEphemerals()).containsExactly("/b");
        other.close();
        assertThat(fresh(session()).exists(B)).isEmpty();
        assertThat(stat(A).ephemeralOwner()).isEqualTo(session().id());
    }

    @Proves("zk.S9")
    default void anExpiredSessionAsksInVain() {
        Session other = another();
        CompletionStage<SessionEvent> end = end(other);
        doorThatCan(Capability.EXPIRE).expire(other);
        assertThat(other.await(end)).isInstanceOf(SessionEvent.Expired.class);
        assertThat(other.state()).isEqualTo(SessionState.EXPIRED);
        for (Operation<?> operation : List.of(
                Scene.createAt("/a"), new Operation.GetData("/"), new Operation.Sync("/"), new Operation.WhoAmI())) {
            assertThatThrownBy(() -> other.submit(operation)).isInstanceOf(SessionEndedException.class);
        }
        assertThat(fresh(session()).exists(A)).isEmpty();
    }

    @Proves("zk.S9")
    default void aClosedSessionAsksInVain() {
        Session other = another();
        other.close();
        assertThat(other.state()).isEqualTo(SessionState.CLOSED);
        assertThatThrownBy(() -> other.getData(NodePath.ROOT)).isInstanceOf(SessionEndedException.class);
        assertThatThrownBy(() -> other.setData(NodePath.ROOT, data("x"))).isInstanceOf(SessionEndedException.class);
    }

    @Proves("zk.S9")
    default void closingTwiceIsHarmless() {
        Session other = another();
        other.close();
        other.close();
        assertThat(other.state()).isEqualTo(SessionState.CLOSED);
    }

    @Proves("zk.S12")
    default void whoMayDeleteOnTheParentMayDeleteAnothersEphemeral() {
        create(A);
        Session owner = fresh(another());
        owner.create(A_B, Bytes.EMPTY, CreateMode.EPHEMERAL, Acl.READ_ONLY);
        fresh(session()).delete(A_B);
        assertThat(fresh(owner).getEphemerals()).isEmpty();
        session().create(A_B, Bytes.EMPTY, CreateMode.PERSISTENT);
        owner.close();
        assertThat(fresh(session()).exists(A_B)).isPresent();
    }

    @Proves("zk.S12")
    default void anEphemeralsOwnerObeysItsAclLikeAnyone() {
        session().create(A, Bytes.EMPTY, CreateMode.EPHEMERAL, List.of(anyoneBut(Acl.WRITE)));
        assertRefused(Refusal.NO_AUTH, () -> session().setData(A, data("x")));
        Session other = another();
        other.create(B, Bytes.EMPTY, CreateMode.EPHEMERAL);
        fresh(session()).setData(B, data("by another"));
        assertThat(stat(B).ephemeralOwner()).isEqualTo(other.id());
    }
}
