package io.coord.raft;

import io.coord.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The member that takes the writes of its term. It appends, replicates and writes to its own disk at the same time, and counts
 * itself only for what its disk holds. It steps down when it has not heard a quorum for an election timeout (thesis 6.2), or when
 * its disk is stuck (fault.D13).
 */
final class Leader extends RoleState {

    /** A read asked for here (from is null) or by another member. */
    private record Read(@Nullable MemberKey from, long id) {}

    private final TreeMap<MemberKey, Progress> peers = new TreeMap<>();
    private final ReadIndexes<Read> reads = new ReadIndexes<>();
    private final ToLongFunction<MemberKey> matches = this::match;
    private final ToLongFunction<MemberKey> rounds = this::answeredRound;
    private final ToLongFunction<MemberKey> contacts = this::lastHeardNanos;
    private final long electedNanos;
    private long electedElapsedMillis;
    private final long firstIndex;
    private boolean established;
    private long uncommittedBytes;
    private long heartbeatDueNanos;
    /** For how long of the present silence it was not run itself. */
    private long deafNanos;
    private long lastContactNanos;
    private long startedRound = -1;
    private long confirmedRound = -1;
    private boolean roundWanted;
    private @Nullable MemberKey successor;
    private long transferDeadlineNanos;

    Leader(Raft raft) {
        super(raft);
        electedNanos = raft.nowNanos();
        electedElapsedMillis = raft.log().lastElapsedMillis();
        firstIndex = raft.log().lastIndex() + 1;
    }

    @Override
    Role role() {
        return Role.LEADER;
    }

    @Override
    void begin() {
        followConfiguration();
        heartbeatDueNanos = raft.nowNanos() + raft.config().heartbeatNanos();
        append(Payload.NoOp.NO_OP);
    }

    // --- the log ---

    @Override
    Proposal propose(List<Payload> payloads) {
        if (successor != null || !raft.hasRoom() || uncommittedBytes >= raft.config().uncommittedBytesMax()) {
            return Proposal.OVERLOADED;
        }
        for (int i = 0; i < payloads.size(); i++) {
            append(payloads.get(i));
        }
        return Proposal.APPENDED;
    }

    private void append(Payload payload) {
        RaftLog log = raft.log();
        Entry entry = new Entry(log.lastIndex() + 1, raft.term(), wallMillis(log), elapsedMillis(), payload);
        uncommittedBytes += entry.sizeBytes();
        log.append(entry);
        raft.followConfiguration();
    }

    /** One clock set back a little does not show (rule.11); one set back a lot is believed, and reported. */
    private long wallMillis(RaftLog log) {
        long back = log.lastWallMillis() - raft.wallMillis();
        if (back > 0 && back <= Raft.CLOCK_STEP_BACK_MILLIS_MAX) {
            return log.lastWallMillis();
        }
        if (back > 0) {
            raft.event(new RaftEvent.ClockSetBack(back));
        }
        return raft.wallMillis();
    }

    long elapsedMillis() {
        return electedElapsedMillis + (raft.nowNanos() - electedNanos) / 1_000_000;
    }

    /** Lets the ensemble's elapsed time be later by this much from the next entry on. */
    void advanceElapsed(long millis) {
        electedElapsedMillis += millis;
    }

    @Override
    void persisted() {
        maybeCommit();
    }

    /** Commits what a quorum holds durably, if it is of this term: what is before it commits with it (paper 5.4.2, inv.R6). */
    private void maybeCommit() {
        long agreed = raft.quorum().reached(matches);
        if (agreed <= raft.commitIndex() || raft.log().term(agreed) != raft.term()) {
            return;
        }
        for (long index = Math.max(raft.commitIndex() + 1, firstIndex); index <= agreed; index++) {
            uncommittedBytes -= raft.log().entry(index).sizeBytes();
        }
        raft.commitTo(agreed);
        if (!established) {
            established = true;
            roundWanted |= reads.hasGathered();
            raft.event(new RaftEvent.LeadershipEstablished(raft.term(), firstIndex));
        }
        followCommittedConfiguration();
    }

    private long match(MemberKey member) {
        if (member.equals(raft.self())) {
            return raft.durability().durableIndex();
        }
        Progress peer = peers.get(member);
        return peer == null ? 0 : peer.match();
    }

    // --- messages ---

    @Override
    void receive(MemberKey from, Message message) {
        Progress peer = peers.get(from);
        if (peer == null) {
            return; // not, or not any more, of this ensemble
        }
        peer.heard(raft.nowNanos());
        if (message instanceof Message.Appended appended) {
            appended(peer, appended.match());
        } else if (message instanceof Message.Propose propose) {
            raft.propose(Raft.commandsOf(propose.payloads()));
        } else if (message instanceof Message.HeartbeatReply reply) {
            heartbeatReply(peer, reply.round());
        } else if (message instanceof Message.ReadRequest request) {
            reads.add(new Read(from, request.readId()));
            roundWanted |= established;
        } else if (message instanceof Message.AppendRejected rejected) {
            rejected(peer, rejected);
        } else if (message instanceof Message.SnapshotReply reply) {
            snapshotReply(peer, reply);
        }
    }

    private void appended(Progress peer, long match) {
        if (match > raft.log().lastIndex()) {
            throw new IllegalStateException("member " + peer.member() + " acknowledges " + Long.toHexString(match)
                    + " in term " + raft.term() + ", but the log ends at " + raft.log().last());
        }
        if (peer.appended(match, raft.log().base().index())) {
            maybeCommit();
            if (peer.hasSnapshot()) {
                peer.askSnapshot(0, 0, raft.nowNanos()); // and still lacks what we have compacted since
                askPiece(peer);
            }
            if (raft.isLed(this) && peer.member().equals(successor)) {
                maybeHandOver(peer);
            }
        }
    }

    private void rejected(Progress peer, Message.AppendRejected rejected) {
        EntryId hint = rejected.hint();
        long base = raft.log().base().index();
        long candidate = hint.index() < base ? hint.index() : raft.log().lastAtMost(hint.index(), hint.term()).index();
        peer.rejected(rejected.rejected(), candidate);
    }

    @Override
    void flush() {
        if (roundWanted && confirmedRound >= startedRound) {
            beginHeartbeats();
        }
        for (Progress peer : peers.values()) {
            replicate(peer);
        }
    }

    private void replicate(Progress peer) {
        RaftLog log = raft.log();
        if (log.term(peer.next() - 1) == RaftLog.NO_TERM) {
            offerSnapshot(peer);
            return;
        }
        while (peer.isOpen() && (hasEntriesFor(peer) || peer.state() == PeerProgress.State.PROBE)) {
            sendAppend(peer, log.slice(peer.next(), log.lastIndex(), raft.config().appendBytesMax()));
        }
        if (peer.needsNews(raft.commitIndex())) {
            sendAppend(peer, List.of());
        }
    }

    private boolean hasEntriesFor(Progress peer) {
        long last = raft.log().lastIndex();
        return peer.next() <= last && !peer.gathers(last, raft.nowNanos());
    }

    private void sendAppend(Progress peer, List<Entry> entries) {
        long previous = peer.next() - 1;
        EntryId id = new EntryId(previous, raft.log().term(previous));
        raft.send(peer.member(), new Message.Append(raft.term(), id, entries, raft.commitIndex()));
        peer.sent(entries, raft.commitIndex(), raft.nowNanos());
    }

    // --- heartbeats, reads, rounds ---

    @Override
    void tick() {
        if (raft.nowNanos() - heartbeatDueNanos < 0) {
            return;
        }
        countDeafness();
        heartbeatDueNanos = raft.nowNanos() + raft.config().heartbeatNanos();
        if (raft.durability().oldestWriteNanos(raft.nowNanos()) > raft.config().writeDeadlineNanos()) {
            raft.becomeFollower(raft.term(), null, "its disk has not answered within the write deadline");
        } else if (silentNanos() - deafNanos >= raft.config().electionTimeoutNanos()) {
            raft.becomeFollower(raft.term(), null, "no quorum heard within the election timeout");
        } else {
            maybeEndTransfer();
            beginHeartbeats();
            peers.values().removeIf(this::hasLeft);
            peers.values().forEach(this::maybeAskPieceAgain);
        }
    }

    /**
     * While a leader is not run (fault.P2, fault.P6) it cannot tell whether others are silent: it asks anew before it believes so. If they
     * have a new leader, their answer ends its own term.
     */
    private void countDeafness() {
        long contactNanos = lastQuorumContactNanos();
        if (contactNanos != lastContactNanos) {
            lastContactNanos = contactNanos;
            deafNanos = 0;
        }
        long lateNanos = raft.nowNanos() - heartbeatDueNanos;
        if (lateNanos > raft.config().heartbeatNanos()) {
            deafNanos += Math.min(lateNanos, silentNanos());
        }
    }

    @Override
    long deadlineNanos() {
        long deadline = heartbeatDueNanos;
        long last = raft.log().lastIndex();
        for (Progress peer : peers.values()) {
            if (peer.next() <= last && peer.gathers(last, raft.nowNanos()) && peer.gatheredNanos() - deadline < 0) {
                deadline = peer.gatheredNanos();
            }
        }
        return deadline;
    }

    @Override
    boolean hasLiveLeader() {
        return silentNanos() < raft.config().electionTimeoutNanos();
    }

    private long silentNanos() {
        return raft.nowNanos() - lastQuorumContactNanos();
    }

    long lastQuorumContactNanos() {
        return raft.quorum().reached(contacts);
    }

    private long lastHeardNanos(MemberKey member) {
        if (member.equals(raft.self())) {
            return raft.nowNanos();
        }
        Progress peer = peers.get(member);
        return peer == null ? electedNanos : peer.lastHeardNanos();
    }

    /** Each round proves anew that a quorum still follows; it carries no more of the commit index than the member holds. */
    private void beginHeartbeats() {
        roundWanted = false;
        startedRound = raft.nextRound();
        if (established) {
            reads.begin(startedRound, raft.commitIndex());
        }
        for (Progress peer : peers.values()) {
            long commit = Math.min(peer.match(), raft.commitIndex());
            raft.send(peer.member(), new Message.Heartbeat(raft.term(), commit, startedRound, peer.match()));
            if (peer.member().equals(successor)) {
                maybeHandOver(peer);
            }
        }
        maybeConfirmRounds();
    }

    private void heartbeatReply(Progress peer, long round) {
        if (round <= startedRound) {
            peer.answered(round, raft.log().lastIndex());
            maybeConfirmRounds();
        }
    }

    private void maybeConfirmRounds() {
        long confirmed = raft.quorum().reached(rounds);
        if (confirmed > confirmedRound) {
            confirmedRound = confirmed;
            reads.confirmed(confirmed, this::serve);
            roundWanted |= established && reads.hasGathered();
        }
    }

    private long answeredRound(MemberKey member) {
        if (member.equals(raft.self())) {
            return startedRound;
        }
        Progress peer = peers.get(member);
        return peer == null ? -1 : peer.answeredRound();
    }

    private void serve(Read read, long index) {
        if (read.from() == null) {
            raft.readServed(read.id(), index);
        } else {
            raft.send(read.from(), new Message.ReadReply(raft.term(), read.id(), index));
        }
    }

    @Override
    void read(long readId) {
        reads.add(new Read(null, readId));
        roundWanted |= established;
    }

    @Override
    void abandon() {
        for (Read read : reads.abandon()) {
            if (read.from() == null) {
                raft.readFailed(read.id());
            }
        }
    }

    void wantRound() {
        roundWanted = true;
    }

    long confirmedRound() {
        return confirmedRound;
    }

    boolean isEstablished() {
        return established;
    }

    int pendingReads() {
        return reads.pending();
    }

    List<PeerProgress> progress() {
        List<PeerProgress> views = new ArrayList<>();
        peers.values().forEach(peer -> views.add(peer.view()));
        return views;
    }

    // --- handing over ---

    boolean transferTo(MemberKey target) {
        Progress peer = peers.get(target);
        if (peer == null || !raft.configuration().isVoter(target)) {
            return false;
        }
        successor = target;
        transferDeadlineNanos = raft.nowNanos() + raft.config().transferTimeoutNanos();
        maybeHandOver(peer);
        return true;
    }

    /** The successor must have our whole log, or it would not be elected. */
    private void maybeHandOver(Progress peer) {
        if (peer.match() == raft.log().lastIndex()) {
            raft.send(peer.member(), new Message.TimeoutNow(raft.term()));
        }
    }

    private void maybeEndTransfer() {
        if (successor != null && raft.nowNanos() - transferDeadlineNanos >= 0) {
            successor = null;
        }
    }

    // --- snapshots ---

    private void offerSnapshot(Progress peer) {
        boolean isThere = raft.nowNanos() - peer.lastHeardNanos() < raft.config().electionTimeoutNanos();
        if (isThere && peer.state() != PeerProgress.State.SNAPSHOT) {
            peer.needSnapshot(raft.nowNanos());
            askPiece(peer);
        }
    }

    private void askPiece(Progress peer) {
        raft.snapshotTask(new RaftEffects.SnapshotTask.ReadChunk(
                peer.member(), peer.snapshotIndex(), peer.snapshotOffset()));
    }

    /** A piece, or its answer, was lost, or there was no snapshot to read: ask again, at leisure. */
    private void maybeAskPieceAgain(Progress peer) {
        long silentNanos = raft.nowNanos() - peer.snapshotAskedNanos();
        if (peer.state() == PeerProgress.State.SNAPSHOT && silentNanos >= raft.config().electionTimeoutNanos()) {
            boolean isOld = peer.snapshotIndex() < raft.log().base().index() || peer.hasSnapshot();
            long offset = isOld || peer.isSnapshotSent() ? 0 : peer.snapshotOffset();
            peer.askSnapshot(isOld ? 0 : peer.snapshotIndex(), offset, raft.nowNanos());
            askPiece(peer);
        }
    }

    void chunkRead(MemberKey to, SnapshotMeta meta, long offset, Bytes piece) {
        Progress peer = peers.get(to);
        if (peer != null && peer.expectsPiece(meta, offset)) {
            raft.send(to, new Message.SnapshotChunk(raft.term(), meta, offset, piece));
        }
    }

    void chunkMissing(MemberKey to) {
        Progress peer = peers.get(to);
        if (peer != null && peer.state() == PeerProgress.State.SNAPSHOT) {
            peer.askSnapshot(0, 0, raft.nowNanos());
        }
    }

    private void snapshotReply(Progress peer, Message.SnapshotReply reply) {
        if (reply.installed()) {
            appended(peer, reply.snapshotIndex());
        }
        if (peer.state() != PeerProgress.State.SNAPSHOT || reply.snapshotIndex() != peer.snapshotIndex()) {
            return;
        }
        if (reply.installed() || reply.nextOffset() == 0) {
            peer.askSnapshot(0, 0, raft.nowNanos()); // of no use any more, or refused: the newest, after a while
        } else if (reply.nextOffset() != peer.snapshotOffset()) {
            peer.askSnapshot(reply.snapshotIndex(), reply.nextOffset(), raft.nowNanos());
            if (!peer.isSnapshotSent()) {
                askPiece(peer);
            }
        }
    }

    // --- membership ---

    /**
     * Begins a change, one at a time, and not before an entry of this term is committed: else two leaders could each take a step
     * the other does not know, to voter sets without overlap (peer.B40, inv.R11). Who is to vote must have learned first, and be
     * near (thesis 4.2.1).
     */
    boolean changeMembership(Configuration target) {
        Configuration current = raft.configuration();
        if (!established || successor != null || current.isJoint() || raft.log().configurationIndex() > raft.commitIndex()) {
            return false;
        }
        for (MemberKey voter : target.voters()) {
            if (!current.isVoter(voter) && !hasCaughtUp(voter)) {
                return false;
            }
        }
        append(ConfigPayload.of(MembershipChange.firstStep(current, target)));
        return true;
    }

    private boolean hasCaughtUp(MemberKey learner) {
        Progress peer = peers.get(learner);
        return peer != null
                && peer.state() == PeerProgress.State.REPLICATE
                && peer.match() + raft.config().retainedEntries() >= raft.commitIndex();
    }

    /** A peer added is probed from the end of our log down. */
    @Override
    void configurationChanged() {
        followConfiguration();
    }

    private void followConfiguration() {
        List<MemberKey> everyone = raft.configuration().everyone();
        for (MemberKey member : everyone) {
            if (!member.equals(raft.self()) && !peers.containsKey(member)) {
                peers.put(member, new Progress(member, raft.log().lastIndex() + 1, raft.config(), raft.nowNanos()));
            }
        }
    }

    /** A removed member is served on until it knows that it is removed, or does not answer any more (fault.M3). */
    private boolean hasLeft(Progress peer) {
        return !raft.configuration().contains(peer.member())
                && (peer.knowsCommitted(raft.log().configurationIndex(), raft.commitIndex(), startedRound)
                        || raft.nowNanos() - peer.lastHeardNanos() >= raft.config().electionTimeoutNanos());
    }

    /** The joint configuration is left as soon as it is committed, by whoever leads then; a leader without a vote retires. */
    private void followCommittedConfiguration() {
        Configuration current = raft.configuration();
        if (raft.log().configurationIndex() > raft.commitIndex()) {
            return;
        }
        if (current.isJoint()) {
            append(ConfigPayload.of(MembershipChange.lastStep(current)));
        } else if (!current.isVoter(raft.self())) {
            retire();
        }
    }

    /** Says what is committed, asks the most up-to-date voter to take over, and leads no more (thesis 4.2.2). */
    private void retire() {
        flush();
        Progress best = null;
        for (Progress peer : peers.values()) {
            if (raft.configuration().isVoter(peer.member()) && (best == null || peer.match() > best.match())) {
                best = peer;
            }
        }
        if (best != null) {
            raft.send(best.member(), new Message.TimeoutNow(raft.term()));
        }
        raft.becomeFollower(raft.term(), null, "has no vote any more");
    }
}
