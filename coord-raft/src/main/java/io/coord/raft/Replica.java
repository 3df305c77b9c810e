package io.coord.raft;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A member's dealings with one leader in one term: taking its log, and passing commands and reads on to it. */
final class Replica {

    private record ReadBatch(List<Long> readIds, long sentNanos) {}

    private final Raft raft;
    private final MemberKey leader;
    private long heardNanos;
    private boolean lost;
    /** The last index known to equal the leader's; within a term what matched stays. */
    private long matched;
    /** What this leader was told that our disk holds. */
    private long acknowledged;
    private boolean answerDue;
    private final LinkedHashMap<Long, ReadBatch> reads = new LinkedHashMap<>();
    private List<Long> newReads = new ArrayList<>();
    private List<Payload> forwarded = new ArrayList<>();

    Replica(Raft raft, MemberKey leader) {
        this.raft = raft;
        this.leader = leader;
        heardNanos = raft.nowNanos();
    }

    MemberKey leader() {
        return leader;
    }

    void heard() {
        heardNanos = raft.nowNanos();
        lost = false;
    }

    void lost() {
        lost = true;
    }

    boolean isLive() {
        return !lost && raft.nowNanos() - heardNanos < raft.config().electionTimeoutNanos();
    }

    /** The consistency check, and the append (paper section 5.3). */
    void append(Message.Append append) {
        EntryId previous = append.previous();
        RaftLog log = raft.log();
        if (previous.index() >= log.base().index() && !log.contains(previous)) {
            raft.requireUncommitted(previous);
            EntryId hint = log.lastAtMost(Math.min(previous.index() - 1, log.lastIndex()), previous.term());
            if (hint.index() < raft.commitIndex()) {
                hint = new EntryId(raft.commitIndex(), log.term(raft.commitIndex()));
            }
            raft.send(leader, new Message.AppendRejected(raft.term(), previous.index(), hint));
            return;
        }
        raft.store(append.entries());
        long lastNew = previous.index() + append.entries().size();
        long commit = Math.min(append.commit(), lastNew);
        boolean onlyTellsCommit = append.entries().isEmpty() && lastNew <= acknowledged && commit > raft.commitIndex();
        raft.commitTo(commit);
        matches(lastNew);
        answerDue |= !onlyTellsCommit; // if our answer to what it refers to was lost, the leader will ask
    }

    /** The log is equal to the leader's up to here; and up to our commit index, which every leader has (inv.R4). */
    private void matches(long index) {
        matched = Math.max(matched, Math.max(index, raft.commitIndex()));
    }

    void heartbeat(Message.Heartbeat heartbeat) {
        long reported = Math.max(heartbeat.match(), heartbeat.commit());
        if (reported > raft.log().lastIndex()) {
            raft.memoryLost("leader " + leader + " has been told that this log reaches " + Long.toHexString(reported)
                    + ", but it ends at " + raft.log().last() + ": entries reported as forced are gone (fault.D15)");
            return;
        }
        if (raft.isSilent()) {
            return; // whoever may have forgotten a vote for another leader confirms none (inv.R12)
        }
        raft.commitTo(heartbeat.commit());
        raft.send(leader, new Message.HeartbeatReply(raft.term(), heartbeat.round()));
    }

    /** A snapshot is written aside piece by piece; one that brings nothing new is answered by where we are. */
    void chunk(Message.SnapshotChunk chunk) {
        EntryId last = chunk.meta().last();
        if (last.index() <= raft.commitIndex() || raft.log().contains(last)) {
            raft.commitTo(last.index());
            matches(last.index());
            answerDue = true;
        } else if (!raft.durability().isInstalling()) {
            raft.receipt().take(chunk);
        }
    }

    void installed(SnapshotMeta meta) {
        matched = Math.max(matched, meta.last().index());
        acknowledged = Math.max(acknowledged, meta.last().index());
        raft.send(leader, new Message.SnapshotReply(raft.term(), meta.last().index(), meta.sizeBytes(), true));
    }

    void forward(List<Payload> payloads) {
        forwarded.addAll(payloads);
    }

    void read(long readId) {
        newReads.add(readId);
    }

    void readReply(Message.ReadReply reply) {
        ReadBatch batch = reads.remove(reply.readId());
        if (batch != null) {
            batch.readIds().forEach(readId -> raft.readServed(readId, reply.index()));
        }
    }

    void flush() {
        acknowledge();
        flushForwarded();
        flushReads();
    }

    /** What is both the leader's and on our disk is acknowledged, once, when it is (inv.R8, inv.R14). */
    private void acknowledge() {
        if (raft.durability().isInstalling() || raft.isSilent()) {
            return;
        }
        long durable = Math.min(matched, raft.durability().durableIndex());
        if (durable > acknowledged || (answerDue && durable == matched)) {
            acknowledged = durable;
            answerDue = answerDue && durable < matched;
            raft.send(leader, new Message.Appended(raft.term(), durable));
        }
    }

    /** In messages of a bounded size, as entries are: one that is too large for a frame would be lost each time it is sent. */
    private void flushForwarded() {
        List<Payload> batch = new ArrayList<>();
        long bytes = 0;
        for (Payload payload : forwarded) {
            if (!batch.isEmpty() && bytes + payload.sizeBytes() > raft.config().appendBytesMax()) {
                raft.send(leader, new Message.Propose(raft.term(), batch));
                batch = new ArrayList<>();
                bytes = 0;
            }
            batch.add(payload);
            bytes += payload.sizeBytes();
        }
        if (!batch.isEmpty()) {
            raft.send(leader, new Message.Propose(raft.term(), batch));
            forwarded = new ArrayList<>();
        }
    }

    private void flushReads() {
        if (!newReads.isEmpty()) {
            long batch = raft.nextReadBatch();
            reads.put(batch, new ReadBatch(newReads, raft.nowNanos()));
            newReads = new ArrayList<>();
            raft.send(leader, new Message.ReadRequest(raft.term(), batch));
        }
    }

    /** A read not answered within an election timeout was lost on the way, or the leader is. */
    void tick() {
        for (Iterator<Map.Entry<Long, ReadBatch>> oldest = reads.entrySet().iterator(); oldest.hasNext(); ) {
            ReadBatch batch = oldest.next().getValue();
            if (raft.nowNanos() - batch.sentNanos() < raft.config().electionTimeoutNanos()) {
                return;
            }
            oldest.remove();
            batch.readIds().forEach(raft::readFailed);
        }
    }

    long deadlineNanos() {
        if (reads.isEmpty()) {
            return Long.MAX_VALUE;
        }
        return reads.values().iterator().next().sentNanos() + raft.config().electionTimeoutNanos();
    }

    void abandonReads() {
        reads.values().forEach(batch -> batch.readIds().forEach(raft::readFailed));
        newReads.forEach(raft::readFailed);
    }
}
