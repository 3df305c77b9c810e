package io.coord.raft;

import io.coord.Bytes;
import io.coord.MemberId;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One member's consensus: a function of its inputs. A turn is {@link #clock}, then the inputs there are, then {@link #tick}, then
 * {@link #drain}, which says what must now happen. Between turns nothing moves.
 *
 * <p>Raft as in the paper and the thesis, with pre-vote (9.6), check-quorum and leader stickiness (6.2, 4.2.3), ReadIndex (6.4),
 * leadership transfer (3.10), learners and joint consensus (4.2.1, 4.3), pipelined and flow-controlled replication (10.2.1), and
 * a leader that writes its disk while it replicates. Storage answers are inputs: what implies a promise leaves only when
 * {@link #persisted} has vouched for it.
 *
 * <p>Not for use by several threads. An {@link IllegalStateException} means that an invariant is broken, here or at a peer: the
 * member must stop, for what it would do next could not be trusted.
 */
public final class Raft {

    /** The largest step back of a leader's wall clock that entries hide (rule.11). */
    public static final long CLOCK_STEP_BACK_MILLIS_MAX = 1_000;

    /**
     * Entries handed out in one turn come to at most this, so that a turn stays short (rule.21) even when what applies them has only
     * just started: thousands of small ones.
     */
    private static final long HAND_OUT_BYTES_MAX = 1 << 20;

    private final RaftConfig config;
    private MemberKey self;
    private boolean mayVote;
    private final RaftLog log;
    private final Durability durability;
    private final Outbox outbox;
    private final Receipt receipt = new Receipt(this);
    private final SplittableRandom timeouts;

    private long nowNanos;
    private long wallMillis;
    private RoleState role;
    private @Nullable MemberKey leader;
    private Configuration configuration;
    private Quorum quorum;
    private long commitIndex;
    private long handedOutIndex;
    /** Whether what remains to be handed out is left to the next turn. */
    private boolean hasHandedOutEnough;
    private @Nullable SnapshotMeta installing;
    private boolean hasRoom = true;
    private long lastRound;
    private long lastReadBatch;

    private List<RaftEffects.ReadResult> reads = new ArrayList<>();
    private List<RaftEffects.SnapshotTask> snapshotTasks = new ArrayList<>();
    private List<RaftEvent> events = new ArrayList<>();

    /**
     * A member as its disk remembers it. The only voter of an ensemble campaigns at once.
     *
     * @param config times and limits
     * @param self the member
     * @param hardState its durable term and vote
     * @param base what its log starts behind: a snapshot, or the origin
     * @param entriesAfterBase the log behind the base, all of it durable
     * @param seed of its random timeouts; another one for each run
     * @param nowNanos the monotonic clock
     * @param mayVote false if the disk may have forgotten a vote or an entry it had promised to keep: then the member never
     *     votes, never campaigns, and does not acknowledge as a voter (fault.M5)
     */
    public Raft(
            RaftConfig config,
            MemberKey self,
            HardState hardState,
            SnapshotMeta base,
            List<Entry> entriesAfterBase,
            long seed,
            long nowNanos,
            boolean mayVote) {
        this.config = config;
        this.self = self;
        this.mayVote = mayVote;
        this.nowNanos = nowNanos;
        log = new RaftLog(base);
        entriesAfterBase.forEach(log::append);
        durability = new Durability(hardState, log.lastIndex());
        if (log.last().term() > hardState.term()) {
            durability.enterTerm(log.last().term()); // of a snapshot that came by another way than from a leader (decision 031)
        }
        outbox = new Outbox(durability);
        commitIndex = base.last().index();
        handedOutIndex = commitIndex;
        SplittableRandom random = new SplittableRandom(seed);
        timeouts = random.split();
        // Not from 0: an answer to a read of an earlier run must never pass for one of this run (peer.B33).
        lastReadBatch = random.split().nextLong() ^ nowNanos;
        configuration = log.configuration();
        quorum = new Quorum(configuration);
        role = Following.of(this, isElector(), null);
        role.begin();
        if (mayCampaign() && configuration.voters().equals(List.of(self)) && !configuration.isJoint()) {
            campaign("is the only voter");
        }
    }

    // --- inputs ---

    /** Sets both clocks, once per turn, before its inputs (rule.10). */
    public void clock(long nowNanos, long wallMillis) {
        this.nowNanos = nowNanos;
        this.wallMillis = wallMillis;
        hasHandedOutEnough = false;
    }

    /** A message came. */
    public void receive(Envelope envelope) {
        MemberKey from = envelope.from();
        Message message = envelope.message();
        if (!envelope.to().equals(self) || from.equals(self) || isOutdated(from)) {
            return;
        }
        if (message instanceof Message.PreVote question) {
            preVote(from, question);
        } else if (isGrant(message) || message.term() == term()) {
            receiveInTerm(from, message);
        } else if (message.term() > term()) {
            receiveHigherTerm(from, message);
        } else {
            answerLowerTerm(from, message);
        }
    }

    /** Whether the ensemble knows the sender by a later disk than this one (inv.R18, fault.M5). */
    private boolean isOutdated(MemberKey from) {
        return isOutdated(from, configuration.voters())
                || isOutdated(from, configuration.outgoing())
                || isOutdated(from, configuration.learners());
    }

    private static boolean isOutdated(MemberKey from, List<MemberKey> known) {
        for (int i = 0; i < known.size(); i++) {
            MemberKey key = known.get(i);
            if (key.id().equals(from.id()) && key.incarnation() > from.incarnation()) {
                return true;
            }
        }
        return false;
    }

    /** A granted pre-vote names a term that nobody is in yet. */
    private static boolean isGrant(Message message) {
        return message instanceof Message.PreVoteReply reply && reply.granted();
    }

    static boolean isFromLeader(Message message) {
        return message instanceof Message.Append
                || message instanceof Message.Heartbeat
                || message instanceof Message.SnapshotChunk;
    }

    private void receiveInTerm(MemberKey from, Message message) {
        if (message instanceof Message.RequestVote question) {
            requestVote(from, question);
            return;
        }
        if (isFromLeader(message) && !from.equals(leader)) {
            if (leader != null) {
                throw new IllegalStateException(
                        "term " + term() + " has two leaders: " + leader + " and " + from + " (inv.R1)");
            }
            becomeFollower(term(), from, "a leader speaks");
        }
        role.receive(from, message);
    }

    /** A higher term is entered whatever the message (inv.R18), but for a campaign against a leader that lives (thesis 4.2.3). */
    private void receiveHigherTerm(MemberKey from, Message message) {
        if (message instanceof Message.RequestVote question && !question.transfer() && role.hasLiveLeader()) {
            return;
        }
        becomeFollower(message.term(), isFromLeader(message) ? from : null, "a higher term at " + from);
        receiveInTerm(from, message);
    }

    /** Who lags behind is told the term; what it said is dropped. */
    private void answerLowerTerm(MemberKey from, Message message) {
        if (isFromLeader(message)) {
            send(from, new Message.HeartbeatReply(term(), 0));
        } else if (message instanceof Message.RequestVote) {
            send(from, new Message.VoteReply(term(), false));
        }
    }

    /** Answers at once and changes nothing, neither term nor vote nor timer (inv.R17). */
    private void preVote(MemberKey from, Message.PreVote question) {
        boolean granted = mayVote
                && question.term() > term()
                && !role.hasLiveLeader()
                && question.last().isAtLeastAsUpToDateAs(log.last());
        if (granted) {
            outbox.send(new Envelope(self, from, new Message.PreVoteReply(question.term(), true)), 0);
        } else {
            send(from, new Message.PreVoteReply(term(), false));
        }
    }

    private void requestVote(MemberKey from, Message.RequestVote question) {
        MemberKey before = durability.hardState().vote();
        boolean isFree = before == null ? leader == null : before.equals(from);
        if (mayVote && isFree && question.last().isAtLeastAsUpToDateAs(log.last())) {
            durability.voteFor(from);
            role.voted();
            sendVote(from, new Message.VoteReply(term(), true));
        } else {
            send(from, new Message.VoteReply(term(), false));
        }
    }

    /** All log writes up to this sequence number are on the disk. */
    public void persisted(long sequence) {
        durability.persisted(sequence);
        outbox.release();
        role.persisted();
    }

    /** The connection to a peer broke: if it leads, that may be worth asking the others about, soon. */
    public void peerLost(MemberId peer) {
        role.peerLost(peer);
    }

    /** Asks for commands to be appended to the log, in order. */
    public Proposal propose(List<Payload> payloads) {
        return role.propose(payloads);
    }

    /**
     * Asks up to where a linearizable read must have applied (thesis 6.4); answered by {@link RaftEffects#reads}, at the latest
     * after an election timeout.
     */
    public void read(long readId) {
        role.read(readId);
    }

    /**
     * Asks for a heartbeat round that begins after this call. On a leader, what was received before the call may count on its
     * leadership once {@link #confirmedRound} has reached the answer (rule.16). Rounds of a leadership that ended mean nothing.
     *
     * @return the round's number, or -1 if this member does not lead
     */
    public long beginRound() {
        if (role instanceof Leader leading) {
            leading.wantRound();
            return lastRound + 1;
        }
        return -1;
    }

    /** The highest heartbeat round that a quorum has answered in this leadership, or -1. */
    public long confirmedRound() {
        return role instanceof Leader leading ? leading.confirmedRound() : -1;
    }

    /** Campaigns now, by a pre-vote first, if this member votes and does not lead. */
    public void campaign(String reason) {
        if (role instanceof Leader) {
            return;
        }
        if (mayCampaign()) {
            leaveTerm(null);
            become(new PreCandidate(this), reason);
        } else if (!(role instanceof Following)) {
            becomeFollower(term(), null, "may not campaign now");
        }
    }

    /**
     * Hands leadership to a voter, once it has the whole log; proposals are refused meanwhile, for at most the transfer timeout.
     *
     * @return whether a transfer began: this member leads, and the target is another voter
     */
    public boolean transferLeadership(MemberKey target) {
        return role instanceof Leader leading && leading.transferTo(target);
    }

    /**
     * Whether the disk has room for more entries. Without it a leader takes no proposals, and this member does not take over from a leader
     * that hands over; it may be elected, if nobody else can be (fault.D11).
     */
    public void hasRoom(boolean nowHasRoom) {
        hasRoom = nowHasRoom;
    }

    /**
     * Begins a change to other members. Learners come and go in one step. Voters change through a joint configuration, which the
     * leader of the day leaves by itself; a member becomes a voter only after it has learned. The change is done when a
     * configuration like the target is committed, and may be lost with this leader before.
     *
     * @return whether a change began: this member leads and has committed in its term, no change is under way, and each new
     *     voter is a learner that has caught up
     */
    public boolean changeMembership(Configuration target) {
        return role instanceof Leader leading && leading.changeMembership(target);
    }

    /**
     * The state up to here is in a durable snapshot: the log in memory may forget what is below, but for the tail kept for members
     * that lag a little (fault.M7).
     */
    public void snapshotTaken(SnapshotMeta meta) {
        long through = Math.min(meta.last().index(), handedOutIndex) - config.retainedEntries();
        log.compactThrough(Math.min(through, durability.durableIndex()));
    }

    /** A piece of a stored snapshot was read, as asked by {@link RaftEffects.SnapshotTask.ReadChunk}. */
    public void chunkRead(MemberKey to, SnapshotMeta meta, long offset, Bytes piece) {
        if (role instanceof Leader leading) {
            leading.chunkRead(to, meta, offset, piece);
        }
    }

    /** There is no snapshot to read a piece of, or not any more. */
    public void chunkMissing(MemberKey to) {
        if (role instanceof Leader leading) {
            leading.chunkMissing(to);
        }
    }

    /** A received piece was written, as asked by {@link RaftEffects.SnapshotTask.WriteChunk}. */
    public void chunkWritten(long snapshotIndex, long nextOffset) {
        receipt.written(snapshotIndex, nextOffset);
    }

    /** The snapshot being received is damaged or cannot be written: it is asked for anew. */
    public void chunkRefused(long snapshotIndex) {
        receipt.refused(snapshotIndex);
    }

    /**
     * A received snapshot is whole, verified and forced: unless the log has overtaken it, state and log are to start there, by
     * {@link RaftEffects.SnapshotTask.Install}.
     *
     * @return whether it is: not while this member campaigns or leads, or installs an earlier one
     */
    public boolean snapshotReceived(SnapshotMeta meta) {
        receipt.done();
        boolean isNews = meta.last().index() > commitIndex && !log.contains(meta.last());
        if (!(role instanceof Following) || !isNews || durability.isInstalling()) {
            return false;
        }
        log.reset(meta);
        durability.installing(meta.last().index());
        commitIndex = meta.last().index();
        handedOutIndex = commitIndex;
        snapshotTask(new RaftEffects.SnapshotTask.Install(meta));
        installing = meta;
        followConfiguration();
        return true;
    }

    /** The snapshot is installed on the disk, and the log behind it: it may be acknowledged. */
    public void snapshotInstalled(long snapshotIndex) {
        SnapshotMeta meta = installing;
        if (meta == null || meta.last().index() != snapshotIndex) {
            return;
        }
        installing = null;
        durability.installed();
        outbox.release();
        if (role instanceof Following following && following.replica != null && !isSilent()) {
            following.replica.installed(meta);
        }
    }

    /**
     * Goes on under another key, which has voted for nobody and acknowledged nothing: what the old one promised is no longer this
     * member's to keep (fault.M5). The log stays what it is, like that of any member that lags.
     */
    public void renew(MemberKey key) {
        self = key;
        mayVote = true;
        outbox.dropHeld();
        receipt.done();
        becomeFollower(term(), null, "goes on as " + key);
    }

    /** Acts on deadlines that have passed; after the turn's inputs (rule.15). */
    public void tick() {
        role.tick();
    }

    /** When {@link #tick} has something to do, at the latest; {@link Long#MAX_VALUE} if only inputs can move this member. */
    public long nextDeadlineNanos() {
        return handedOutIndex < Math.min(commitIndex, durability.durableIndex()) ? nowNanos : role.deadlineNanos();
    }

    /** What must now happen. Work on snapshots comes before the writes of the same turn. */
    public RaftEffects drain() {
        role.flush();
        LogWrite write = durability.nextWrite(log, nowNanos);
        RaftEffects effects = new RaftEffects(
                outbox.drain(), write == null ? List.of() : List.of(write), handOut(), reads, snapshotTasks, events);
        reads = renewed(reads);
        snapshotTasks = renewed(snapshotTasks);
        events = renewed(events);
        return effects;
    }

    private static <T> List<T> renewed(List<T> handedOver) {
        return handedOver.isEmpty() ? handedOver : new ArrayList<>();
    }

    /**
     * What is committed, and on our own disk too (rule.20); in a turn no more than can be applied before the next heartbeat is due
     * (rule.21), as after a start, when all of the log is found to be committed at once.
     */
    private List<Entry> handOut() {
        long through = Math.min(commitIndex, durability.durableIndex());
        if (handedOutIndex >= through) {
            return List.of();
        }
        if (hasHandedOutEnough) {
            return List.of();
        }
        List<Entry> entries = log.slice(handedOutIndex + 1, through, HAND_OUT_BYTES_MAX);
        handedOutIndex += entries.size();
        hasHandedOutEnough = handedOutIndex < through;
        return entries;
    }

    // --- views ---

    /** The role. */
    public Role role() {
        return role.role();
    }

    /** The term this member is in, durable or not. */
    public long term() {
        return durability.hardState().term();
    }

    /** The term and vote, durable or not. */
    public HardState hardState() {
        return durability.hardState();
    }

    /** The leader of this term, if known; perhaps this member. */
    public @Nullable MemberKey leader() {
        return leader;
    }

    /** This member. */
    public MemberKey self() {
        return self;
    }

    /** The last index known to be committed. */
    public long commitIndex() {
        return commitIndex;
    }

    /** The last index handed out by {@link #drain}, or covered by the snapshot it started from. */
    public long handedOutIndex() {
        return handedOutIndex;
    }

    /** The end of the log. */
    public long lastIndex() {
        return log.lastIndex();
    }

    /** The end of the log's durable prefix. */
    public long durableIndex() {
        return durability.durableIndex();
    }

    /** The first index still in memory. */
    public long firstIndex() {
        return log.firstIndex();
    }

    /** The last entry not in memory any more. */
    public EntryId base() {
        return log.base();
    }

    /** The entry at an index between {@link #firstIndex} and {@link #lastIndex}. */
    public Entry entry(long index) {
        return log.entry(index);
    }

    /** The term of the entry at an index, or -1 if it is compacted away or beyond the end. */
    public long termAt(long index) {
        return log.term(index);
    }

    /** The configuration in force: the latest in the log, committed or not. */
    public Configuration configuration() {
        return configuration;
    }

    /** The configuration in force as of an entry: what a snapshot at it must say. */
    public Configuration configurationAt(long index) {
        return log.configurationAt(index);
    }

    /** The entry that holds the configuration in force. */
    public long configurationIndex() {
        return log.configurationIndex();
    }

    /** Whether this member leads and has committed in its own term: it knows all that was committed before. */
    public boolean hasCommittedInOwnTerm() {
        return role instanceof Leader leading && leading.isEstablished();
    }

    /** The ensemble's elapsed time: on a leader now, on others at the end of the log. */
    public long elapsedMillis() {
        return role instanceof Leader leading ? leading.elapsedMillis() : log.lastElapsedMillis();
    }

    /** Lets a leader's elapsed time be later from its next entry on, as if it had led for longer; on others nothing. */
    public void advanceElapsed(long millis) {
        if (role instanceof Leader leading) {
            leading.advanceElapsed(millis);
        }
    }

    /** Whether a leader was heard within the election timeout; on a leader, whether a quorum was. */
    public boolean hasLiveLeader() {
        return role.hasLiveLeader();
    }

    /** How far a leader knows its members to be; empty on others. */
    public List<PeerProgress> progress() {
        return role instanceof Leader leading ? leading.progress() : List.of();
    }

    /** How many reads wait for a quorum to confirm the leader; none on others. */
    public int pendingReads() {
        return role instanceof Leader leading ? leading.pendingReads() : 0;
    }

    /** When a leader last had signs of life from a quorum; on others, the present. */
    public long lastQuorumContactNanos() {
        return role instanceof Leader leading ? leading.lastQuorumContactNanos() : nowNanos;
    }

    // --- what the roles share ---

    RaftConfig config() {
        return config;
    }

    RaftLog log() {
        return log;
    }

    Durability durability() {
        return durability;
    }

    Receipt receipt() {
        return receipt;
    }

    Quorum quorum() {
        return quorum;
    }

    long nowNanos() {
        return nowNanos;
    }

    long wallMillis() {
        return wallMillis;
    }

    boolean hasRoom() {
        return hasRoom;
    }

    long randomElectionTimeoutNanos() {
        return config.electionTimeoutNanos() + randomNanos(config.electionTimeoutNanos());
    }

    long randomNanos(long bound) {
        return timeouts.nextLong(Math.max(1, bound));
    }

    long nextRound() {
        return ++lastRound;
    }

    long nextReadBatch() {
        return ++lastReadBatch;
    }

    /**
     * Whether this member may be elected: its disk can be trusted, and it votes, or did in the configuration before one that may not
     * be committed; after a start nobody knows of more than the snapshot. Without the latter a member whose log ends with its own removal, uncommitted, could be the only one whose log is
     * long enough, and nobody would campaign (thesis 4.2.2). It does not count itself then.
     */
    boolean isElector() {
        long before = Math.max(commitIndex, log.configurationIndex() - 1);
        return mayVote && (configuration.isVoter(self) || log.configurationAt(before).isVoter(self));
    }

    /** Whether its disk could not be trusted to keep what it acknowledged as a voter (fault.M5). */
    boolean isSilent() {
        return !mayVote && configuration.isVoter(self);
    }

    /** The disk has forgotten something: no vote, no campaign and no acknowledgement under this key any more (fault.D15). */
    void memoryLost(String reason) {
        if (mayVote) {
            mayVote = false;
            event(new RaftEvent.MemoryLost(reason));
            role.configurationChanged();
        }
    }

    /** An elector whose disk has answered of late: else it could never be elected, and only raise terms. */
    boolean mayCampaign() {
        return isElector()
                && !durability.isInstalling()
                && durability.oldestWriteNanos(nowNanos) <= config.writeDeadlineNanos();
    }

    void eachVoter(Consumer<MemberKey> action) {
        for (MemberKey member : configuration.everyone()) {
            if (configuration.isVoter(member) && !member.equals(self)) {
                action.accept(member);
            }
        }
    }

    /** Sends in this term, when the term is durable (inv.R8). */
    void send(MemberKey to, Message message) {
        outbox.send(new Envelope(self, to, message), durability.termVersion());
    }

    /** Sends what implies our vote, when the vote is durable (inv.R8, peer.B42). */
    void sendVote(MemberKey to, Message message) {
        outbox.send(new Envelope(self, to, message), durability.voteVersion());
    }

    void readServed(long readId, long index) {
        reads.add(new RaftEffects.ReadResult(readId, index));
    }

    void readFailed(long readId) {
        reads.add(new RaftEffects.ReadResult(readId, RaftEffects.ReadResult.FAILED));
    }

    void snapshotTask(RaftEffects.SnapshotTask task) {
        snapshotTasks.add(task);
    }

    void event(RaftEvent event) {
        events.add(event);
    }

    /** What peers may propose: commands only, for the rest of the log is Raft's own. */
    static List<Payload> commandsOf(List<Payload> payloads) {
        for (Payload payload : payloads) {
            if (!(payload instanceof CommandPayload)) {
                return payloads.stream().filter(CommandPayload.class::isInstance).toList();
            }
        }
        return payloads;
    }

    /** Everything up to an index is committed; a lower one is no news. */
    void commitTo(long index) {
        if (index <= commitIndex) {
            return;
        }
        if (index > log.lastIndex()) {
            throw new IllegalStateException(
                    "commit index " + Long.toHexString(index) + " is beyond the log, which ends at " + log.last());
        }
        boolean commitsConfiguration = log.configurationIndex() > commitIndex && log.configurationIndex() <= index;
        commitIndex = index;
        if (commitsConfiguration) {
            role.configurationChanged();
        }
    }

    void requireUncommitted(EntryId other) {
        if (other.index() <= commitIndex) {
            throw new IllegalStateException("a leader of term " + term() + " has " + other + ", but "
                    + new EntryId(other.index(), log.term(other.index())) + " is committed here, up to "
                    + Long.toHexString(commitIndex) + " (inv.R4)");
        }
    }

    /** Appends a leader's entries, which follow one that matched; what conflicts with them gives way (paper section 5.3). */
    void store(List<Entry> entries) {
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            if (entry.index() > log.lastIndex()) {
                log.append(entry);
            } else if (entry.index() > log.base().index() && log.term(entry.index()) != entry.term()) {
                truncateFrom(entry);
                log.append(entry);
            }
        }
        followConfiguration();
    }

    private void truncateFrom(Entry entry) {
        requireUncommitted(new EntryId(entry.index(), entry.term()));
        event(new RaftEvent.LogTruncated(entry.index(), log.lastIndex()));
        log.truncateFrom(entry.index());
        durability.truncateFrom(entry.index());
    }

    /** A configuration is in force as soon as it is in the log, and not any more when it is truncated (thesis 4.1). */
    void followConfiguration() {
        if (configuration == log.configuration()) {
            return;
        }
        configuration = log.configuration();
        quorum = new Quorum(configuration);
        event(new RaftEvent.ConfigurationChanged(configuration, log.configurationIndex()));
        role.configurationChanged();
    }

    // --- changes of role ---

    boolean isLed(Leader by) {
        return role == by;
    }

    void becomeFollower(long term, @Nullable MemberKey newLeader, String reason) {
        leaveTerm(newLeader);
        if (term > term()) {
            enterTerm(term);
        }
        become(Following.of(this, isElector(), newLeader == null ? null : new Replica(this, newLeader)), reason);
    }

    void becomeCandidate(boolean transfer, String reason) {
        leaveTerm(null);
        enterTerm(term() + 1);
        durability.voteFor(self);
        become(new Candidate(this, transfer), reason);
    }

    void becomeLeader() {
        leader = self;
        become(new Leader(this), "a quorum voted for it");
    }

    private void enterTerm(long term) {
        durability.enterTerm(term);
        outbox.dropHeld();
    }

    private void leaveTerm(@Nullable MemberKey newLeader) {
        role.abandon();
        leader = newLeader;
    }

    void become(RoleState next, String reason) {
        Transitions.check(role.role(), next.role());
        role = next;
        event(new RaftEvent.RoleChanged(next.role(), term(), leader, reason));
        next.begin();
    }
}
