package io.coord.testkit.mutants;

import io.coord.Bytes;
import io.coord.MemberId;
import io.coord.raft.CommandPayload;
import io.coord.raft.Configuration;
import io.coord.raft.Entry;
import io.coord.raft.EntryId;
import io.coord.raft.Envelope;
import io.coord.raft.HardState;
import io.coord.raft.LogWrite;
import io.coord.raft.MemberKey;
import io.coord.raft.Message;
import io.coord.raft.Raft;
import io.coord.raft.RaftConfig;
import io.coord.raft.RaftEffects;
import io.coord.raft.Role;
import io.coord.raft.SnapshotMeta;
import java.util.List;

/** Short plays of rules that random worlds rarely come close to breaking. Each throws, naming itself, where its rule is broken. */
public final class Scenarios {

    private static final List<MemberKey> MEMBERS =
            List.of(MemberKey.first(MemberId.of(1)), MemberKey.first(MemberId.of(2)), MemberKey.first(MemberId.of(3)));

    private static final long START_NANOS = 1_000_000_000L;

    private Scenarios() {}

    /** All of them. */
    public static void play() {
        aNewLeaderServesNoReadBeforeItHasCommittedInItsTerm();
        aLeaderThatHearsNobodyServesNoRead();
        anAnswerOfALaterTermDeposesALeader();
        aRefusedVoteMovesNoTimer();
        whatReplacesEntriesGoesToTheDisk();
    }

    private record Command(Bytes bytes) implements CommandPayload {
        @Override
        public int sizeBytes() {
            return bytes.length();
        }
    }

    /**
     * peer.B34: member 1 holds an entry that its predecessor may have committed. Elected, it is asked to read; followers answer its
     * heartbeats, but its own first entry is not replicated yet. A read served now could miss what was acknowledged.
     */
    private static void aNewLeaderServesNoReadBeforeItHasCommittedInItsTerm() {
        Entry old = oldEntry();
        long now = START_NANOS;
        Raft raft = elected(old);
        raft.read(42);
        for (int beat = 0; beat < 3; beat++) {
            now += RaftConfig.DEFAULT.heartbeatNanos();
            raft.clock(now, 0);
            raft.tick();
            for (Envelope envelope : settle(raft).messages()) {
                if (envelope.message() instanceof Message.Heartbeat heartbeat) {
                    raft.receive(new Envelope(
                            envelope.to(), MEMBERS.get(0), new Message.HeartbeatReply(2, heartbeat.round())));
                }
            }
            for (RaftEffects.ReadResult read : settle(raft).reads()) {
                if (read.index() != RaftEffects.ReadResult.FAILED && read.index() < old.index()) {
                    throw new IllegalStateException("scenario peer.B34: a read was served at " + Long.toHexString(read.index())
                            + ", before the leader committed in its own term; " + Long.toHexString(old.index())
                            + " may have been acknowledged (inv.R15)");
                }
            }
        }
    }

    /** thesis 6.4: a leader that has committed in its term is cut off; another may have been elected, and have acknowledged more. */
    private static void aLeaderThatHearsNobodyServesNoRead() {
        Raft raft = elected(oldEntry());
        raft.receive(new Envelope(MEMBERS.get(1), MEMBERS.get(0), new Message.Appended(2, raft.lastIndex())));
        settle(raft);
        if (!raft.hasCommittedInOwnTerm()) {
            throw new IllegalStateException("the play is broken: the leader has not committed in its term");
        }
        raft.read(43);
        raft.clock(START_NANOS + RaftConfig.DEFAULT.heartbeatNanos(), 0);
        raft.tick();
        for (RaftEffects.ReadResult read : settle(raft).reads()) {
            if (read.index() != RaftEffects.ReadResult.FAILED) {
                throw new IllegalStateException("scenario thesis 6.4: a read was served at " + Long.toHexString(read.index())
                        + " though no quorum was heard since it was asked (inv.R15)");
            }
        }
    }

    /** peer.B45: whoever answers in a later term has voted, or been told, since: this leader's term is over. */
    private static void anAnswerOfALaterTermDeposesALeader() {
        Raft raft = elected(oldEntry());
        raft.receive(new Envelope(MEMBERS.get(1), MEMBERS.get(0), new Message.HeartbeatReply(3, 1)));
        settle(raft);
        if (raft.role() == Role.LEADER || raft.term() != 3) {
            throw new IllegalStateException("scenario peer.B45: an answer of term 3 to a heartbeat leaves member 1 as "
                    + raft.role() + " in term " + raft.term() + " (inv.R18)");
        }
    }

    /** Member 1 has voted for 2; if a refusal of 3 made it wait anew, a member that cannot win could keep it from trying (inv.R17). */
    private static void aRefusedVoteMovesNoTimer() {
        Raft raft = new Raft(
                RaftConfig.DEFAULT,
                MEMBERS.get(0),
                new HardState(2, MEMBERS.get(1)),
                SnapshotMeta.origin(Configuration.ofVoters(MEMBERS)),
                List.of(),
                7,
                START_NANOS,
                true);
        long due = raft.nextDeadlineNanos();
        raft.clock(START_NANOS + RaftConfig.DEFAULT.heartbeatNanos(), 0);
        raft.receive(new Envelope(MEMBERS.get(2), MEMBERS.get(0), new Message.RequestVote(2, EntryId.ORIGIN, false)));
        if (raft.nextDeadlineNanos() != due) {
            throw new IllegalStateException("scenario inv.R17: a vote was refused, and the campaign put off by "
                    + (raft.nextDeadlineNanos() - due) / 1_000_000 + " ms");
        }
    }

    /** peer.B12: two entries of one leader give way to two of the next, at the same indices. */
    private static void whatReplacesEntriesGoesToTheDisk() {
        Raft raft = new Raft(
                RaftConfig.DEFAULT,
                MEMBERS.get(0),
                new HardState(1, null),
                SnapshotMeta.origin(Configuration.ofVoters(MEMBERS)),
                List.of(),
                7,
                START_NANOS,
                true);
        raft.clock(START_NANOS, 0);
        for (long term = 2; term <= 3; term++) {
            List<Entry> entries = List.of(entry(1, term), entry(2, term));
            MemberKey leader = MEMBERS.get((int) term - 1);
            raft.receive(new Envelope(leader, MEMBERS.get(0), new Message.Append(term, EntryId.ORIGIN, entries, EntryId.ORIGIN.index())));
            List<LogWrite> writes = raft.drain().writes();
            if (writes.size() != 1 || !writes.get(0).entries().equals(entries)) {
                throw new IllegalStateException("scenario peer.B12: the leader of term " + term + " sent " + entries
                        + ", but written is " + writes + " (inv.R3)");
            }
            raft.persisted(writes.get(0).sequence());
        }
    }

    private static Entry entry(int offset, long term) {
        return new Entry(EntryId.ORIGIN.index() + offset, term, 0, 0, new Command(Bytes.utf8("of term " + term)));
    }

    private static Entry oldEntry() {
        long index = EntryId.ORIGIN.index() + 1;
        return new Entry(index, 1, 0, 0, new Command(Bytes.utf8("acknowledged by the leader of term 1")));
    }

    /** Member 1, leader of term 2 by the votes of itself and member 2. */
    private static Raft elected(Entry old) {
        Raft raft = new Raft(
                RaftConfig.DEFAULT,
                MEMBERS.get(0),
                new HardState(1, null),
                SnapshotMeta.origin(Configuration.ofVoters(MEMBERS)),
                List.of(old),
                7,
                START_NANOS,
                true);
        raft.clock(START_NANOS, 0);
        raft.campaign("the play wants it");
        settle(raft);
        raft.receive(new Envelope(MEMBERS.get(1), MEMBERS.get(0), new Message.PreVoteReply(2, true)));
        settle(raft);
        raft.receive(new Envelope(MEMBERS.get(1), MEMBERS.get(0), new Message.VoteReply(2, true)));
        settle(raft);
        if (raft.role() != Role.LEADER) {
            throw new IllegalStateException("the play is broken: member 1 is " + raft.role() + ", not the leader");
        }
        return raft;
    }

    /** Forces what is written at once. */
    private static RaftEffects settle(Raft raft) {
        RaftEffects first = raft.drain();
        for (LogWrite write : first.writes()) {
            raft.persisted(write.sequence());
        }
        RaftEffects second = raft.drain();
        java.util.ArrayList<Envelope> messages = new java.util.ArrayList<>(first.messages());
        messages.addAll(second.messages());
        java.util.ArrayList<RaftEffects.ReadResult> reads = new java.util.ArrayList<>(first.reads());
        reads.addAll(second.reads());
        return new RaftEffects(messages, List.of(), List.of(), reads, List.of(), List.of());
    }
}
