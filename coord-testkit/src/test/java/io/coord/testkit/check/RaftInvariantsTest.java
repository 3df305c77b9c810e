package io.coord.testkit.check;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.MemberId;
import io.coord.member.Effects;
import io.coord.member.Input;
import io.coord.member.MemberView;
import io.coord.member.PeerFrame;
import io.coord.member.PeerMessage;
import io.coord.raft.Configuration;
import io.coord.raft.EntryId;
import io.coord.raft.HardState;
import io.coord.raft.LogWrite;
import io.coord.raft.MemberKey;
import io.coord.raft.Message;
import io.coord.raft.Role;
import io.coord.state.WatchTable;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Each check is shown a turn that breaks it, and one beside it that does not. */
class RaftInvariantsTest {

    private static final long CLUSTER = 7;
    private static final MemberKey SELF = MemberKey.first(MemberId.of(1));
    private static final MemberKey OTHER = MemberKey.first(MemberId.of(2));
    private static final MemberKey THIRD = MemberKey.first(MemberId.of(3));
    private static final Configuration VOTERS = Configuration.ofVoters(List.of(SELF, OTHER, THIRD));
    private static final Message.RequestVote QUESTION = new Message.RequestVote(1, EntryId.ORIGIN, false);

    private final RaftInvariants checks = new RaftInvariants(List.of(SELF.id(), OTHER.id(), THIRD.id()), VOTERS, entry -> {});

    private static MemberView view(Role role, long term, @Nullable String healing) {
        long origin = EntryId.ORIGIN.index();
        return new MemberView(
                SELF.id(), CLUSTER, role, term, null, origin, origin, origin, origin, VOTERS,
                false, false, false, 0, 0, WatchTable.Counts.NONE, 0, null, healing, null);
    }

    private static MemberView follower(long term) {
        return view(Role.FOLLOWER, term, null);
    }

    private static List<Input> hears(Message message) {
        return List.of(new Input.Received(new PeerFrame(CLUSTER, OTHER, SELF.id(), 0, new PeerMessage.Consensus(message))));
    }

    private static Effects says(Message... messages) {
        List<PeerFrame> frames = Stream.of(messages)
                .map(message -> new PeerFrame(CLUSTER, SELF, OTHER.id(), 0, new PeerMessage.Consensus(message)))
                .toList();
        return new Effects(frames, List.of(), List.of(), List.of(), null, List.of());
    }

    private static Effects writes(long sequence, HardState hardState) {
        return new Effects(List.of(), List.of(new LogWrite(sequence, hardState, List.of())), List.of(), List.of(), null, List.of());
    }

    private void turned(MemberView before, List<Input> inputs, Effects effects, MemberView after) {
        checks.turned(SELF.id(), before, inputs, effects, after);
    }

    private static void expectBroken(String invariant, ThrowingCallable turn) {
        assertThatThrownBy(turn).isInstanceOf(Violation.class).hasMessageContaining(invariant);
    }

    @Test
    @DisplayName("inv.R12: whoever heals gives no vote, confirms no leader and acknowledges nothing")
    void whoHealsPromisesNothing() {
        MemberView heals = view(Role.FOLLOWER, 1, "half its log is gone");
        turned(heals, hears(QUESTION), says(), heals);
        turned(heals, hears(QUESTION), says(new Message.VoteReply(1, false)), heals);
        for (Message promise : List.of(
                new Message.VoteReply(1, true),
                new Message.PreVoteReply(2, true),
                new Message.HeartbeatReply(1, 4),
                new Message.Appended(1, EntryId.ORIGIN.index()))) {
            expectBroken("R12", () -> turned(heals, hears(QUESTION), says(promise), heals));
            expectBroken("R12", () -> turned(follower(1), hears(QUESTION), says(promise), heals));
        }
    }

    private void waits(Message message, MemberView after, long dueNanos, long nextNanos) {
        checks.waits(SELF.id(), follower(1), hears(message), after, 100, dueNanos, nextNanos);
    }

    @Test
    @DisplayName("inv.R17: neither a refused vote nor a pre-vote puts off a campaign")
    void aRefusedVoteMovesNoTimer() {
        for (Message message : List.of(QUESTION, new Message.PreVote(2, EntryId.ORIGIN))) {
            expectBroken("R17", () -> waits(message, follower(1), 300, 301));
            waits(message, follower(1), 300, 300);
            waits(message, follower(1), 300, 200);
            waits(message, follower(1), 100, 400); // it was due, and has been done
            waits(message, follower(2), 300, 400);
        }
        waits(new Message.Heartbeat(1, EntryId.ORIGIN.index(), 1, EntryId.ORIGIN.index()), follower(1), 300, 400);
    }

    @Test
    @DisplayName("inv.R17: who gives its vote waits, whether the vote is on the disk or on its way")
    void aGivenVoteMovesTheTimer() {
        turned(follower(0), hears(QUESTION), writes(1, new HardState(1, OTHER)), follower(1));
        waits(QUESTION, follower(1), 300, 400);
        checks.forced(SELF.id(), new LogWrite(1, new HardState(1, OTHER), List.of()));
        waits(QUESTION, follower(1), 300, 400);
    }

    @Test
    @DisplayName("inv.R8, inv.R9: terms and votes are forced before they are told of, and never taken back")
    void termsAndVotes() {
        expectBroken("R8", () -> turned(follower(1), List.of(), says(new Message.VoteReply(1, true)), follower(1)));
        expectBroken("R9", () -> turned(follower(2), List.of(), says(), follower(1)));
        turned(follower(0), hears(QUESTION), writes(1, new HardState(1, OTHER)), follower(1));
        checks.forced(SELF.id(), new LogWrite(1, new HardState(1, OTHER), List.of()));
        assertThatCode(() -> turned(follower(1), List.of(), says(new Message.VoteReply(1, true)), follower(1))).doesNotThrowAnyException();
        turned(follower(1), List.of(), writes(2, new HardState(1, THIRD)), follower(1));
        expectBroken("R9", () -> checks.forced(SELF.id(), new LogWrite(2, new HardState(1, THIRD), List.of())));
    }

    @Test
    @DisplayName("inv.R1, inv.R12: who leads has the votes of a quorum, as forced")
    void leadersAreElected() {
        turned(follower(0), List.of(), writes(1, new HardState(1, SELF)), view(Role.CANDIDATE, 1, null));
        checks.forced(SELF.id(), new LogWrite(1, new HardState(1, SELF), List.of()));
        expectBroken("R12", () -> turned(view(Role.CANDIDATE, 1, null), List.of(), says(), view(Role.LEADER, 1, null)));
    }

    @Test
    @DisplayName("inv.R18: an answer of a later term is heeded, a message of an earlier one changes nothing")
    void otherTerms() {
        expectBroken("R18", () -> turned(follower(1), hears(new Message.HeartbeatReply(2, 1)), says(), follower(1)));
        turned(follower(1), hears(new Message.HeartbeatReply(2, 1)), says(), follower(2));
        expectBroken("R18", () -> turned(follower(3), hears(QUESTION), writes(2, new HardState(3, OTHER)), follower(3)));
        expectBroken("R17", () -> turned(
                follower(3), hears(new Message.PreVote(4, EntryId.ORIGIN)), writes(3, new HardState(3, OTHER)), follower(3)));
    }
}
