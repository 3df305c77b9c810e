package io.coord.raft;

import io.coord.raft.Cluster.Box;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The safety of Raft, judged from outside with a history of its own (faults-and-invariants, section 3.1). */
final class Invariants {

    private record Known(long previousTerm, Payload payload) {}

    private record VoteOf(MemberKey voter, long term) implements Comparable<VoteOf> {
        @Override
        public int compareTo(VoteOf other) {
            int byVoter = voter.compareTo(other.voter);
            return byVoter != 0 ? byVoter : Long.compare(term, other.term);
        }
    }

    /** What is remembered of a member's present run. */
    private static final class Run {
        long commit;
        long handedOut;
        @Nullable Role role;
        long term;
        EntryId leaderEnd = new EntryId(0, 0);
    }

    private final Cluster cluster;
    private final TreeMap<Long, MemberKey> leaders = new TreeMap<>();
    private final TreeMap<Long, TreeMap<Long, Known>> entries = new TreeMap<>();
    private final TreeMap<VoteOf, MemberKey> votes = new TreeMap<>();
    private final TreeMap<MemberKey, Long> durableTerms = new TreeMap<>();
    private final TreeMap<MemberKey, Run> runs = new TreeMap<>();
    private final TreeMap<Long, Long> readFloors = new TreeMap<>();
    private final List<Entry> canonical = new ArrayList<>();
    private long committed;
    int grantsDelivered;

    Invariants(Cluster cluster) {
        this.cluster = cluster;
        committed = cluster.origin.last().index();
    }

    private static void require(boolean holds, String invariant, Object... facts) {
        if (!holds) {
            StringBuilder message = new StringBuilder(invariant);
            for (Object fact : facts) {
                message.append("; ").append(fact);
            }
            throw new AssertionError(message.toString());
        }
    }

    List<Entry> canonicalThrough(EntryId last) {
        int count = (int) (last.index() - cluster.origin.last().index());
        require(count <= canonical.size(), "R13 a snapshot holds what is committed", last);
        require(canonical.get(count - 1).term() == last.term(), "R13 a snapshot's term is the canonical one", last);
        return List.copyOf(canonical.subList(0, count));
    }

    long committed() {
        return committed;
    }

    void started(Box box) {
        Run run = new Run();
        Raft raft = box.up();
        run.commit = raft.commitIndex();
        run.handedOut = raft.handedOutIndex();
        require(raft.term() >= box.disk.hardState.term(), "R9 a member starts in its durable term", box.key);
        runs.put(box.key, run);
    }

    void installed(Box box, SnapshotMeta meta) {
        Run run = runs.get(box.key);
        require(meta.last().index() > run.handedOut, "R13 an install moves forward", box.key, meta.last(), run.handedOut);
        run.handedOut = meta.last().index();
        canonicalThrough(meta.last());
    }

    /** R3: where index and term are equal, what is before is equal; registered when entries are written. */
    void written(Box box, LogWrite write) {
        Raft raft = box.up();
        for (Entry entry : write.entries()) {
            long before = entry.index() - 1;
            long previousTerm = raft.termAt(before);
            Known known = entries.computeIfAbsent(entry.index(), index -> new TreeMap<>())
                    .putIfAbsent(entry.term(), new Known(previousTerm, entry.payload()));
            if (known != null) {
                require(known.payload().equals(entry.payload()), "R3 log matching", box.key, entry, known);
                require(previousTerm == -1 || known.previousTerm() == previousTerm, "R3 log matching", box.key, entry, known);
            }
        }
    }

    /** R5: one entry at an index, everywhere; R10: in order, once. */
    void handedOut(Box box, List<Entry> handed) {
        Run run = runs.get(box.key);
        for (Entry entry : handed) {
            require(entry.index() == run.handedOut + 1, "R10 handed out in order, once", box.key, entry, run.handedOut);
            run.handedOut = entry.index();
            require(box.disk.holds(new EntryId(entry.index(), entry.term())), "rule.20 handed out what is durable here", box.key, entry);
            int position = (int) (entry.index() - cluster.origin.last().index() - 1);
            if (position == canonical.size()) {
                canonical.add(entry);
            } else {
                require(position < canonical.size(), "R5 no holes", box.key, entry);
                require(canonical.get(position).equals(entry), "R5 state machine safety", box.key, entry, canonical.get(position));
            }
        }
    }

    /** R8: nothing leaves before what it implies is on the disk. */
    void sent(Box box, Envelope envelope) {
        HardState durable = box.disk.hardState;
        Message message = envelope.message();
        if (message instanceof Message.PreVote question) {
            require(durable.term() >= question.term() - 1, "R8 sent in a durable term", envelope, durable);
        } else if (!(message instanceof Message.PreVoteReply reply && reply.granted())) {
            require(durable.term() >= message.term(), "R8 sent in a durable term", envelope, durable);
        }
        if (message instanceof Message.VoteReply reply && reply.granted()) {
            require(durable.term() == reply.term() && envelope.to().equals(durable.vote()), "R8 a vote sent is durable", envelope, durable);
            require(box.mayVote, "R12 a member that may have forgotten never votes", envelope);
            vote(box.key, reply.term(), envelope.to());
        } else if (message instanceof Message.RequestVote question) {
            require(box.key.equals(durable.vote()), "R8 a candidate's vote is durable", envelope, durable);
            vote(box.key, question.term(), box.key);
        } else if (message instanceof Message.Appended appended) {
            holdsThrough(box, appended.match());
            matchesLeader(box, envelope.to(), appended);
        } else if (message instanceof Message.SnapshotReply reply && reply.installed()) {
            holdsThrough(box, reply.snapshotIndex());
        } else if (message instanceof Message.Append append && append.previous().index() > 0) {
            require(append.previous().term() > 0 || append.previous().equals(cluster.origin.last()),
                    "R14 the previous entry's term is known", envelope);
        }
    }

    private void holdsThrough(Box box, long match) {
        require(box.disk.lastIndex() >= match, "R8 what is acknowledged is durable", box.key, match, box.disk.lastIndex());
        Raft raft = box.up();
        if (match >= raft.firstIndex()) {
            require(box.disk.holds(new EntryId(match, raft.entry(match).term())), "R8 what is acknowledged is durable", box.key, match);
        }
    }

    /** R3, R14: what is acknowledged to a leader is the leader's entry. */
    private void matchesLeader(Box box, MemberKey to, Message.Appended appended) {
        Raft leader = cluster.boxes.get(to).raft;
        long match = appended.match();
        if (leader != null && leader.role() == Role.LEADER && leader.term() == appended.term() && leader.termAt(match) >= 0
                && box.up().termAt(match) >= 0) {
            require(leader.termAt(match) == box.up().termAt(match), "R14 what is acknowledged matches", box.key, to, match);
        }
    }

    private void vote(MemberKey voter, long term, MemberKey candidate) {
        MemberKey before = votes.putIfAbsent(new VoteOf(voter, term), candidate);
        require(before == null || before.equals(candidate), "R9 one vote per term", voter, term, before, candidate);
    }

    void delivered(Envelope envelope) {
        if (envelope.message() instanceof Message.VoteReply reply && reply.granted()) {
            grantsDelivered++;
        }
    }

    void readAsked(Box box, long id) {
        readFloors.put(id, committed);
    }

    void readServed(Box box, RaftEffects.ReadResult read) {
        long floor = readFloors.get(read.readId());
        require(read.index() >= floor, "R15 a read sees what was committed before it began", box.key, read, floor);
    }

    void check() {
        for (Box box : cluster.boxes.values()) {
            durable(box);
            if (box.raft != null) {
                check(box, box.up(), runs.get(box.key));
            }
        }
    }

    private void durable(Box box) {
        long term = box.disk.hardState.term();
        Long before = durableTerms.put(box.key, term);
        require(before == null || before <= term, "R9 the durable term never decreases", box.key, before, term);
    }

    private void check(Box box, Raft raft, Run run) {
        require(raft.commitIndex() >= run.commit, "R10 commit never goes back", box.key, run.commit, raft.commitIndex());
        require(raft.handedOutIndex() <= raft.commitIndex(), "R10 applied <= commit", box.key);
        require(raft.commitIndex() <= raft.lastIndex(), "R10 commit <= last", box.key);
        require(raft.term() >= run.term, "R9 the term never goes back", box.key, run.term, raft.term());
        if (raft.role() == Role.LEADER) {
            checkLeader(box, raft, run);
        }
        if (raft.commitIndex() > committed) {
            checkCommit(box, raft);
            committed = raft.commitIndex();
        }
        run.commit = raft.commitIndex();
        run.role = raft.role();
        run.term = raft.term();
    }

    private void checkLeader(Box box, Raft raft, Run run) {
        boolean isNew = run.role != Role.LEADER || run.term != raft.term();
        if (isNew) {
            MemberKey other = leaders.putIfAbsent(raft.term(), box.key);
            require(other == null || other.equals(box.key), "R1 one leader per term", raft.term(), other, box.key);
            for (Entry entry : canonical) {
                if (entry.index() > raft.base().index()) {
                    require(entry.index() <= raft.lastIndex() && raft.entry(entry.index()).term() == entry.term(),
                            "R4 leader completeness", box.key, raft.term(), entry);
                }
            }
        } else {
            EntryId end = run.leaderEnd;
            require(raft.lastIndex() >= end.index() && (end.index() < raft.firstIndex()
                            || raft.entry(end.index()).term() == end.term()),
                    "R2 a leader only appends", box.key, end);
            if (raft.commitIndex() > run.commit) {
                require(raft.termAt(raft.commitIndex()) == raft.term(), "R6 counts only for its own term", box.key);
            }
        }
        run.leaderEnd = new EntryId(raft.lastIndex(), raft.termAt(raft.lastIndex()));
        for (PeerProgress peer : raft.progress()) {
            require(peer.match() < peer.next(), "R14 match < next", box.key, peer);
            Box other = cluster.boxes.get(peer.member());
            require(other == null || peer.match() <= other.disk.lastIndex(), "R14 match is durable there", box.key, peer);
        }
    }

    /** R7: what is committed is on the disks of a majority of the configuration in force. */
    private void checkCommit(Box box, Raft raft) {
        EntryId id = new EntryId(raft.commitIndex(), raft.termAt(raft.commitIndex()));
        Configuration configuration = raft.configuration();
        requireHeld(configuration.voters(), id, box);
        if (configuration.isJoint()) {
            requireHeld(configuration.outgoing(), id, box);
        }
    }

    private void requireHeld(List<MemberKey> voters, EntryId id, Box by) {
        int holding = 0;
        for (MemberKey voter : voters) {
            Box box = cluster.boxes.get(voter);
            if (box != null && box.disk.holds(id)) {
                holding++;
            }
        }
        require(holding > voters.size() / 2, "R7 committed on a majority of disks", by.key, id, holding, voters);
    }
}
