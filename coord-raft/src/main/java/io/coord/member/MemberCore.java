package io.coord.member;

import io.coord.ConfigException;
import io.coord.Ensemble;
import io.coord.ErrorCode;
import io.coord.MemberAddress;
import io.coord.MemberId;
import io.coord.raft.CommandPayload;
import io.coord.raft.ConfigPayload;
import io.coord.raft.Configuration;
import io.coord.raft.Entry;
import io.coord.raft.EntryId;
import io.coord.raft.Envelope;
import io.coord.raft.HardState;
import io.coord.raft.LogWrite;
import io.coord.raft.MemberKey;
import io.coord.raft.Message;
import io.coord.raft.PeerProgress;
import io.coord.raft.Proposal;
import io.coord.raft.Raft;
import io.coord.raft.RaftEffects;
import io.coord.raft.RaftEvent;
import io.coord.raft.Role;
import io.coord.raft.SnapshotMeta;
import io.coord.state.Applied;
import io.coord.state.Collectable;
import io.coord.state.Command;
import io.coord.state.CoordState;
import io.coord.state.Reconfiguration;
import io.coord.state.Reply;
import io.coord.state.StateRoot;
import io.coord.state.WatchTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A member of the ensemble: a function of its inputs. A turn is {@link #turn} with both clocks, any number of {@link #step}, and
 * {@link #drain}, which processes deadlines after the inputs (rule.15) and says what must now happen. Nothing else has an effect.
 *
 * <p>It puts together what the other rooms do: {@link Raft} orders entries, {@link CoordState} applies them, {@link SessionHost}
 * answers the sessions attached here, {@link SessionLeases} tells, on the leader, whose lease has lapsed.
 */
public final class MemberCore {

    /** The term of what a peer sends to one that heals: late, when that follows a leader again, it must not pass for that leader's word. */
    private static final long OF_NO_LEADER = 0;

    /** The root that was handed out last is not that of the state, though it may be of its index. */
    private static final long NOT_SHOWN = -1;

    private static final long FAR_NANOS = 3_600_000_000_000L;
    /** After how long a snapshot that cannot be read counts as lost: what hinders may pass. */
    private static final long UNREADABLE_NANOS = 10_000_000_000L;
    private static final long SERVING_READ = 0;
    /** A vacancy between two leaders is over after fewer election timeouts. */
    private static final int QUORUM_LOSS_ELECTIONS = 4;
    private static final int COLLECT_MAX = 1_000;
    private static final int REPORTS_REMEMBERED = 64;

    private final MemberSetup setup;
    private MemberKey self;
    private final Outbox outbox;
    private final SessionHost host;
    private final RecoveredMember recovered;
    private final SplittableRandom random;

    private long nowNanos;
    private long wallMillis;
    private long lastTurnNanos;

    private long clusterId;
    private @Nullable Formation formation;
    private @Nullable Raft raft;
    private @Nullable Healing healing;
    private final StateMarks marks = new StateMarks();
    private final Room room;
    private @Nullable List<MemberId> differingFrom;
    private long differingAt;
    /** What the member knew as committed when it began to heal: that does not go back (inv.R10). */
    private long committedBefore;
    private EntryId newestSnapshot = EntryId.ORIGIN;
    private final Map<MemberKey, PeerMessage.SnapshotRequest> snapshotsWanted = new LinkedHashMap<>();
    /** Since when no piece of a snapshot could be read, by its index. */
    private final Map<Long, Long> unreadableSinceNanos = new LinkedHashMap<>();
    private CoordState state;
    private Configuration initialConfiguration;
    private Configuration appliedConfiguration;
    private long appliedConfigurationIndex;
    private long rootIndex;
    private @Nullable String left;

    /** Whether a committed configuration is known that this member belongs to, or belonged to, under its present key. */
    private boolean admitted;
    /** An entry that names this member and perhaps was never committed; it counts only under the key that the log was found with. */
    private @Nullable EntryId namedBy;
    /** Why it may not go on under its present key, by which its disk has forgotten what it promised; null if it may. */
    private @Nullable String rejoins;
    /** The key it goes on under once that is on the disk. */
    private @Nullable MemberKey renewedKey;
    /** Why it leaves, at the next turn. */
    private @Nullable String removal;
    private @Nullable Membership membership;
    private long nextJoinNanos;
    private final Map<MemberId, String> joinsRefused = new LinkedHashMap<>();
    private final TreeSet<MemberId> discovered = new TreeSet<>();

    private boolean serving;
    /** When a leader that reaches a quorum was last seen to be there. */
    private long quorumSeenNanos;
    private boolean withoutQuorum;
    private long servingTarget = -1;
    private boolean servingAsked;
    private @Nullable MemberKey knownLeader;
    private long knownTerm;

    private @Nullable SessionLeases leases;
    /** While it leads: up to where its log may end sessions that their owners believe in. What comes behind is others' business. */
    private long lastEndIndex;
    private final Map<Long, List<Long>> reports = new LinkedHashMap<>();
    private final Map<Long, Long> reportedNanos = new LinkedHashMap<>();
    /** Reports acknowledged, by what must be applied before that counts. */
    private final Map<Long, Long> acknowledged = new LinkedHashMap<>();
    private final List<OwedAck> owedAcks = new ArrayList<>();
    private long reportSequence;
    private long nextReportNanos;

    private final List<PendingOrder> pendingOrders = new ArrayList<>();
    private final List<AwaitingOrder> awaitingOrders = new ArrayList<>();
    private long nextCollectNanos;

    private @Nullable CoordState receivedState;
    /** Pieces of snapshots written, and snapshots installed, that the disk has not answered yet. */
    private int transferTasks;
    private boolean snapshotting;
    /** The newest snapshot saved here, while the log that it makes superfluous is kept for others. */
    private @Nullable SnapshotMeta uncompacted;
    private Input.@Nullable TakeSnapshot snapshotOrder;
    private final SnapshotCadence cadence;

    /** An acknowledgement that waits for a quorum to confirm this leader. */
    private record OwedAck(MemberKey to, long sequence, long index, long round) {}

    /** An order that is carried out when an entry is applied. */
    private record PendingOrder(Caller<Boolean> caller, long index) {}

    /** An order about the state as of this index, which is to be applied before: it may be acknowledged by others already. */
    private record AwaitingOrder(Input.Order order, long index) {}

    private final Map<MemberId, Boolean> formedPeers = new LinkedHashMap<>();

    /** A member with its memory of before. */
    public MemberCore(MemberSetup setup, RecoveredMember recovered, long nowNanos, long wallMillis) {
        this.setup = setup;
        this.recovered = recovered;
        this.self = new MemberKey(setup.self(), recovered.incarnation());
        this.outbox = new Outbox(self);
        this.random = new SplittableRandom(setup.seed());
        this.clusterId = recovered.clusterId();
        this.initialConfiguration = recovered.initial() != null ? recovered.initial() : setup.initial();
        this.state = recovered.state() != null ? recovered.state() : initialState();
        this.appliedConfiguration = base().configuration();
        this.appliedConfigurationIndex = base().last().index();
        this.namedBy = namedBy();
        this.admitted = clusterId != 0 && (appliedConfiguration.contains(self) || wasInLog());
        this.rejoins = recovered.suspect();
        this.nextJoinNanos = nowNanos;
        state.stands(Ensembles.textOf(appliedConfiguration));
        this.rootIndex = state.appliedIndex();
        this.nowNanos = nowNanos;
        this.wallMillis = wallMillis;
        this.lastTurnNanos = nowNanos;
        this.nextReportNanos = nowNanos;
        this.quorumSeenNanos = nowNanos;
        this.room = new Room(nowNanos);
        this.cadence = new SnapshotCadence(setup.snapshotEntries(), setup.snapshotBytes());
        this.nextCollectNanos = nowNanos + setup.collectIntervalNanos();
        this.host = new SessionHost(
                setup, new HostSurroundings(), outbox, state, SERVING_READ + 1 + (random.nextLong() >>> 2), random.split());
        this.host.clock(nowNanos, wallMillis);
        locateWanted();
        if (recovered.damage() != null) {
            healFromDamage(recovered.damage());
        } else if (clusterId != 0) {
            newest(base());
            startRaft(recovered.hardState(), base(), recovered.entries());
        } else {
            startFormation();
        }
    }

    /**
     * Whether the log begins with a snapshot that was taken after this member drew its key, or names it in an entry that another change
     * of members follows, so that it is committed: then it was taken in, and to be missing from the ensemble means to have been removed
     * (fault.M3).
     */
    private boolean wasInLog() {
        List<Entry> changes = changesInLog();
        return Incarnations.at(base().last().index()) > Incarnations.drawnAt(self)
                || changes.stream().limit(Math.max(0, changes.size() - 1)).anyMatch(this::names);
    }

    /** The last change of members in the log, if it names this one: the leader may have gone before it was committed. */
    private @Nullable EntryId namedBy() {
        List<Entry> changes = changesInLog();
        Entry last = changes.isEmpty() ? null : changes.get(changes.size() - 1);
        return last != null && names(last) ? new EntryId(last.index(), last.term()) : null;
    }

    private List<Entry> changesInLog() {
        return recovered.entries().stream().filter(entry -> entry.payload() instanceof ConfigPayload).toList();
    }

    private boolean names(Entry change) {
        return ((ConfigPayload) change.payload()).configuration().contains(self);
    }

    private SnapshotMeta base() {
        return recovered.base() != null ? recovered.base() : SnapshotMeta.origin(initialConfiguration);
    }

    /** What the log began with: whom the ensemble was formed of, whatever the member is told today. */
    private CoordState initialState() {
        return new CoordState(ConfigNode.data(initialConfiguration, 0));
    }

    // ------------------------------------------------------------------------------------------------ forming

    private void startFormation() {
        List<MemberId> others = new ArrayList<>();
        for (MemberKey voter : setup.initial().voters()) {
            if (!voter.id().equals(setup.self())) {
                others.add(voter.id());
            }
        }
        boolean learner = setup.initial().learners().contains(self);
        formation = new Formation(setup.self(), setup.ensemble(), others, learner, random.nextLong(), nowNanos);
        follow(formation.next());
    }

    private void follow(Formation.Step step) {
        if (step instanceof Formation.Step.Adopt adopt) {
            MemberKey key = renewedKey == null ? self : renewedKey;
            outbox.task(new DiskTask.SaveIdentity(adopt.clusterId(), key, initialConfiguration));
        } else if (step instanceof Formation.Step.Refuse refuse) {
            leave(refuse.reason());
        }
    }

    private void identitySaved() {
        if (formation == null) {
            renewed();
            return;
        }
        if (formation.adopting() == 0) {
            return;
        }
        clusterId = formation.adopting();
        formation = null;
        if (renewedKey != null) {
            takeKey(renewedKey);
            state = initialState();
            appliedConfiguration = initialConfiguration;
            state.stands(Ensembles.textOf(appliedConfiguration));
            host.begins(state);
        }
        admitted = appliedConfiguration.contains(self);
        outbox.event(new MemberEvent.Formed(clusterId));
        startRaft(recovered.hardState(), base(), recovered.entries());
        sayHello(false);
        campaignIfFormedByAll();
    }

    /** The first voter to see that all have formed campaigns at once: there can be no leader to disturb. */
    private void campaignIfFormedByAll() {
        Raft raft = this.raft;
        if (raft == null || raft.term() != 0 || !isFirstVoter()) {
            return;
        }
        for (MemberKey voter : setup.initial().voters()) {
            if (!voter.equals(self) && !formedPeers.containsKey(voter.id())) {
                return;
            }
        }
        raft.campaign("the ensemble has just formed");
    }

    private boolean isFirstVoter() {
        List<MemberKey> voters = setup.initial().voters();
        return !voters.isEmpty() && voters.get(0).equals(self);
    }

    private void sayHello(boolean answerWanted) {
        TreeSet<MemberId> others = new TreeSet<>(discovered);
        setup.initial().everyone().forEach(member -> others.add(member.id()));
        others.remove(setup.self());
        others.forEach(member -> outbox.send(clusterId, member, hello(answerWanted)));
    }

    /** An ensemble that is there tells of its members: whoever was told of one finds the others, and among them the leader. */
    private void discover(PeerMessage.Hello hello) {
        if (hello.clusterId() == 0) {
            return;
        }
        try {
            Ensemble.parse(hello.ensemble()).addresses().forEach((member, address) -> {
                if (!member.equals(setup.self()) && discovered.add(member)) {
                    locate(member, address.toString());
                }
            });
        } catch (ConfigException unreadable) {
            // of a later version: those we were told of will have to do
        }
    }

    private PeerMessage.Hello hello(boolean answerWanted) {
        Raft raft = this.raft; // none while the member heals
        String known = isPristine() ? null : Ensembles.textOf(raft == null ? appliedConfiguration : raft.configuration());
        return new PeerMessage.Hello(known == null ? setup.ensemble() : known, clusterId, isPristine(), answerWanted);
    }

    private boolean isPristine() {
        Raft raft = this.raft;
        boolean isFounder = self.incarnation() == MemberKey.FIRST_INCARNATION; // not one that was welcomed, and is not taken in yet
        return healing == null && isFounder && (raft == null || raft.term() == 0 && raft.lastIndex() == EntryId.ORIGIN.index());
    }

    // ------------------------------------------------------------------------------------------------ coming and going

    /** An empty member meets an ensemble that it is not one of the first of: the leader may take it in, under a key of its own. */
    private void welcome(MemberKey to, @Nullable MemberKey known) {
        long highest = Math.max(known == null ? 0 : known.incarnation(), Incarnations.lowest(raft().commitIndex()));
        outbox.send(clusterId, to.id(), new PeerMessage.Welcome(highest, initialConfiguration.encoded()));
    }

    /**
     * Whether a key was drawn after the last change of members. So no key is taken in twice: whoever was taken in and removed before it
     * heard of either would find its removal in the log, and stop, though it had been taken in again behind it.
     */
    private boolean isDrawnSince(MemberKey key) {
        return Incarnations.drawnAt(key) >= Incarnations.at(raft().configurationIndex());
    }

    private void maybeWelcome(MemberKey from, PeerMessage.Hello hello) {
        Membership membership = this.membership;
        boolean joins = hello.clusterId() == 0 && hello.answerWanted() && (!isPristine() || !hello.ensemble().equals(setup.ensemble()));
        if (!joins || membership == null || !membership.isSettled()) {
            return;
        }
        if (membership.isAlive(from.id(), nowNanos)) {
            refuseJoin(from.id(), "a member with this number answers already; an empty one started besides. Give each process a number"
                    + " of its own");
        } else {
            MemberKey known = Ensembles.latest(raft().configuration(), from.id());
            welcome(from, known);
        }
    }

    /** Told once for each reason: whoever wants to join goes on asking. */
    private void refuseJoin(MemberId member, String reason) {
        if (!reason.equals(joinsRefused.put(member, reason))) {
            outbox.event(new MemberEvent.JoinRefused(member, reason));
        }
    }

    private void welcomed(PeerFrame frame, PeerMessage.Welcome welcome) {
        boolean isAsked = formation != null
                ? formation.joins() && formation.adopting() == 0 // what is on its way to the disk is who this member is
                : raft != null && frame.clusterId() == clusterId && (rejoins != null || isUnknown(welcome));
        if (renewedKey != null || !isAsked) {
            return;
        }
        long highest = Math.max(welcome.highestIncarnation(), formation != null ? 0 : self.incarnation());
        MemberKey key = new MemberKey(setup.self(), Incarnations.above(highest, random));
        renewedKey = key;
        if (formation != null) {
            initialConfiguration = Configuration.decode(welcome.initial());
            outbox.event(new MemberEvent.Rejoining(key, ErrorCode.MEMORY_LOST.message("the storage is empty, and cluster "
                    + Long.toHexString(frame.clusterId()) + " has a history")));
            follow(formation.welcomed(frame.clusterId()));
        } else {
            outbox.event(new MemberEvent.Rejoining(key, rejoins == null
                    ? "the members have changed since it drew its key"
                    : ErrorCode.MEMORY_LOST.message(rejoins)));
            outbox.task(new DiskTask.SaveIdentity(clusterId, key, initialConfiguration));
        }
    }

    /** Whether nobody has taken this member in, and its key is too low for that to come. */
    private boolean isUnknown(PeerMessage.Welcome welcome) {
        return !admitted && welcome.highestIncarnation() >= self.incarnation();
    }

    private void takeKey(MemberKey key) {
        renewedKey = null;
        self = key;
        outbox.renew(key);
        outbox.event(new MemberEvent.Renewed(key));
    }

    /** What the former key had promised is no longer ours to keep: this one has promised nothing. */
    private void renewed() {
        if (renewedKey != null) {
            takeKey(renewedKey);
            rejoins = null;
            admitted = false;
            namedBy = null;
            nextJoinNanos = nowNanos;
            if (raft != null) {
                raft.renew(self); // else it heals, and goes on under this key when it has
            }
        }
    }

    private void askToJoin() {
        nextJoinNanos = nowNanos + setup.raft().electionTimeoutNanos();
        boolean rejoin = rejoins != null;
        if (renewedKey != null || !rejoin && raft().hasLiveLeader()) {
            return;
        }
        String address = raft().configuration().addressOf(self)
                .or(() -> setup.initial().addressOf(MemberKey.first(setup.self())))
                .orElse("");
        PeerMessage.Join join = new PeerMessage.Join(address, rejoin, admitted, namedBy, appliedConfigurationIndex);
        TreeSet<MemberId> others = new TreeSet<>();
        raft().configuration().everyone().forEach(member -> others.add(member.id()));
        setup.initial().everyone().forEach(member -> others.add(member.id()));
        others.addAll(discovered);
        others.remove(setup.self());
        others.forEach(member -> outbox.send(clusterId, member, join));
    }

    private void joins(MemberKey from, PeerMessage.Join join) {
        Membership membership = this.membership;
        if (membership == null) {
            tellOfMembers(from, join);
            return;
        } else if (!membership.isSettled()) {
            return;
        }
        Configuration present = raft().configuration();
        MemberKey known = Ensembles.latest(present, from.id());
        if (present.contains(from) && !join.rejoins()) {
            return; // we speak to it anyway
        }
        locate(from.id(), join.address());
        if (join.rejoins()) {
            welcome(from, known);
        } else if (join.admitted() || wasTakenIn(from, join.namedBy())) {
            if (raft().commitIndex() >= join.configurationIndex()) { // which may be that of a snapshot behind the last change
                outbox.send(clusterId, from.id(), new PeerMessage.Removed(
                        raft().term(),
                        Math.max(raft().configurationIndex(), join.configurationIndex()),
                        known == null ? "the ensemble has gone on without it" : "another disk has taken its place"));
            }
        } else if (isDrawnSince(from) && (known == null || known.incarnation() < from.incarnation())) {
            membership.applies(from, join.address()).ifPresent(reason -> refuseJoin(from.id(), reason));
        } else {
            welcome(from, known);
        }
    }

    /**
     * Whether the entry that names somebody was committed. If it is compacted away here, it is taken for that, unless the members have not
     * changed since the key was drawn.
     */
    private boolean wasTakenIn(MemberKey from, @Nullable EntryId namedBy) {
        return namedBy != null
                && !isDrawnSince(from)
                && (namedBy.index() < raft().firstIndex() || raft().termAt(namedBy.index()) == namedBy.term());
    }

    /** Whoever asks a member that cannot take it in learns whom else to ask, and among them is the leader. */
    private void tellOfMembers(MemberKey from, PeerMessage.Join join) {
        if (join.rejoins() || !raft().configuration().contains(from)) {
            locate(from.id(), join.address());
            outbox.send(clusterId, from.id(), hello(false));
        }
    }

    /** Where somebody is reached who is in no configuration yet. */
    private void locate(MemberId member, String address) {
        if (!address.isEmpty()) {
            outbox.event(new MemberEvent.Located(member, address));
        }
    }

    private void removed(PeerMessage.Removed removed) {
        boolean isNews = (admitted || namedBy != null)
                && !raft().hasLiveLeader()
                && removed.term() >= raft().term()
                && removed.configurationIndex() >= appliedConfigurationIndex;
        if (isNews) {
            removal = removalReason(removed.reason());
        }
    }

    private String removalReason(String seen) {
        return ErrorCode.REMOVED.message("member " + setup.self() + " was removed from the ensemble: " + seen
                + ". Its data is of no use to the others; to let it join again, start it with an empty data directory.");
    }

    /** Who is wanted must be reached before it can be in the configuration. */
    private void locateWanted() {
        Reconfiguration pending = state.reconfiguration();
        if (pending != null) {
            Ensemble.parse(pending.wanted()).addresses().forEach((member, address) -> {
                if (Ensembles.latest(appliedConfiguration, member) == null) {
                    locate(member, address.toString());
                }
            });
        }
    }

    /** The configuration changed for good. */
    private void settled(Configuration now, long index) {
        boolean wasIn = appliedConfiguration.contains(self);
        appliedConfiguration = now;
        appliedConfigurationIndex = index;
        admitted |= now.contains(self);
        if (wasIn && !now.contains(self)) {
            removal = removalReason("its members are " + now.everyone() + " since " + Long.toHexString(index));
        }
    }

    private void receivedHello(MemberKey from, PeerMessage.Hello hello) {
        if (formation == null && hello.clusterId() == 0) {
            addressIn(hello.ensemble(), from.id()).ifPresent(address -> locate(from.id(), address));
            maybeWelcome(from, hello);
        }
        if (hello.answerWanted()) {
            outbox.send(clusterId, from.id(), hello(false));
        }
        Formation formation = this.formation;
        if (formation != null) {
            discover(hello);
            follow(formation.heard(from.id(), hello));
        } else if (hello.clusterId() == clusterId) {
            if (raft != null && (rejoins != null || !raft.hasLiveLeader())) {
                discover(hello);
            }
            formedPeers.put(from.id(), true);
            campaignIfFormedByAll();
        }
    }

    /** Whoever takes an empty member for one of its ensemble is asked who it is, before anything is founded. */
    private void spokenToWhileForming(Formation formation, PeerFrame frame) {
        MemberId from = frame.from().id();
        if (frame.clusterId() == 0) {
            return;
        }
        if (frame.message() instanceof PeerMessage.Join join) {
            locate(from, join.address());
        }
        if (claimed(formation, from, frame.clusterId())) {
            outbox.send(clusterId, from, hello(true));
        }
    }

    private boolean claimed(Formation formation, MemberId by, long cluster) {
        boolean isNews = formation.claimed(by, cluster);
        if (isNews && setup.initial().everyone().stream().noneMatch(member -> member.id().equals(by))) {
            outbox.event(new MemberEvent.Claimed(by, cluster));
        }
        return isNews;
    }

    private static Optional<String> addressIn(String ensemble, MemberId member) {
        try {
            return Ensemble.parse(ensemble).find(member).map(MemberAddress::toString);
        } catch (ConfigException unreadable) {
            return Optional.empty();
        }
    }

    private void startRaft(HardState hardState, SnapshotMeta base, List<Entry> entries) {
        raft = new Raft(
                setup.raft(),
                self,
                hardState,
                base,
                entries,
                random.nextLong(),
                nowNanos,
                rejoins == null);
        raft.clock(nowNanos, wallMillis);
        raft.hasRoom(room.shortage() == null);
    }

    // ------------------------------------------------------------------------------------------------ turns

    /**
     * Begins a turn.
     *
     * @param nowNanos a monotonic clock
     * @param wallMillis the wall clock, stamped on what a leader appends and used for nothing else
     */
    public void turn(long nowNanos, long wallMillis) {
        this.nowNanos = nowNanos;
        this.wallMillis = wallMillis;
        host.clock(nowNanos, wallMillis);
        if (raft != null) {
            raft.clock(nowNanos, wallMillis);
        }
        if (removal != null && left == null) {
            leave(removal);
        }
        long gap = nowNanos - lastTurnNanos;
        lastTurnNanos = nowNanos;
        if (gap > setup.raft().electionTimeoutNanos() && leases != null) {
            outbox.event(new MemberEvent.PauseDetected(gap / 1_000_000));
            leases.paused(gap, nowNanos);
        }
    }

    /** Takes an input. */
    public void step(Input input) {
        if (left != null) {
            refuseSinceLeft(input, left);
        } else if (input instanceof Input.Received received) {
            received(received.frame());
        } else if (input instanceof Input.Request request) {
            host.request(request);
        } else if (input instanceof Input.Persisted persisted) {
            if (healing == null) {
                raft().persisted(persisted.sequence()); // what came before a healing is nothing to the raft after it
            }
        } else if (input instanceof Input.Order order) {
            order(order);
        } else {
            stepRare(input);
        }
    }

    private void stepRare(Input input) {
        if (answersTransfer(input)) {
            transferTasks--;
        }
        if (input instanceof Input.PeerLost lost) {
            if (raft != null) {
                raft.peerLost(lost.peer());
            }
        } else if (input instanceof Input.Called called) {
            if (formation != null && called.clusterId() != 0) {
                claimed(formation, called.by(), called.clusterId());
            }
        } else if (input instanceof Input.IdentitySaved) {
            identitySaved();
        } else if (input instanceof Input.StorageFailed failed) {
            leave(failed.reason());
        } else if (input instanceof Input.Room answer) {
            roomTold(answer.shortage());
        } else if (input instanceof Input.SnapshotSaved saved) {
            snapshotSaved(saved);
        } else if (input instanceof Input.SnapshotNotSaved notSaved) {
            snapshotNotSaved(notSaved);
        } else if (healing != null) {
            stepHealing(healing, input);
        } else {
            stepSnapshotTransfer(input);
        }
    }

    private static boolean answersTransfer(Input input) {
        return input instanceof Input.PieceWritten
                || input instanceof Input.PieceRefused
                || input instanceof Input.SnapshotReceived
                || input instanceof Input.SnapshotInstalled;
    }

    private void transferTask(DiskTask task) {
        transferTasks++;
        outbox.task(task);
    }

    private void stepSnapshotTransfer(Input input) {
        if (input instanceof Input.PieceRead read) {
            pieceRead(read);
        } else if (input instanceof Input.PieceMissing missing) {
            pieceMissing(missing.to(), missing.snapshotIndex());
        } else if (input instanceof Input.PieceUnreadable unreadable) {
            pieceUnreadable(unreadable.to(), unreadable.snapshotIndex());
        } else if (input instanceof Input.PieceWritten written) {
            raft().chunkWritten(written.snapshotIndex(), written.nextOffset());
        } else if (input instanceof Input.PieceRefused refused) {
            raft().chunkRefused(refused.snapshotIndex());
        } else if (input instanceof Input.SnapshotReceived received) {
            if (raft().snapshotReceived(received.meta())) {
                receivedState = received.state();
            }
        } else if (input instanceof Input.SnapshotInstalled installed) {
            raft().snapshotInstalled(installed.index());
        }
    }

    private Raft raft() {
        if (raft == null) {
            throw new IllegalStateException("member " + setup.self() + " has not formed its ensemble yet");
        }
        return raft;
    }

    private void refuseSinceLeft(Input input, String reason) {
        if (input instanceof Input.Request request) {
            host.refuse(request, reason);
        } else if (input instanceof Input.Order order) {
            refuse(order);
        }
    }

    private void received(PeerFrame frame) {
        if (frame.message() instanceof PeerMessage.Hello hello) {
            receivedHello(frame.from(), hello);
            return;
        }
        if (frame.message() instanceof PeerMessage.Welcome welcome) {
            welcomed(frame, welcome);
            return;
        }
        boolean forMe = frame.clusterId() == clusterId
                && clusterId != 0
                && (frame.toIncarnation() == 0 || frame.toIncarnation() == self.incarnation());
        if (forMe && healing != null) {
            receivedWhileHealing(healing, frame);
        }
        if (formation != null) {
            spokenToWhileForming(formation, frame);
        }
        if (!forMe || raft == null) {
            return;
        }
        if (frame.message() instanceof PeerMessage.Consensus consensus) {
            raft.receive(new Envelope(frame.from(), self, consensus.message()));
        } else if (frame.message() instanceof PeerMessage.LeaseReport report) {
            leaseReported(frame.from(), report.sequence(), report.sessions());
        } else if (frame.message() instanceof PeerMessage.LeaseAck ack) {
            leaseAcknowledged(ack.sequence(), ack.index());
        } else if (frame.message() instanceof PeerMessage.Join join) {
            joins(frame.from(), join);
        } else if (frame.message() instanceof PeerMessage.Removed removed) {
            removed(removed);
        } else if (frame.message() instanceof PeerMessage.SnapshotRequest request) {
            snapshotWanted(frame.from(), request);
        } else if (frame.message() instanceof PeerMessage.StateMark mark) {
            marks.told(frame.from().id(), mark.index(), mark.digest());
            compareMarks(mark.index());
        }
    }

    /** Processes deadlines, and says what must now happen. */
    public Effects drain() {
        if (left == null) {
            settle();
        }
        StateRoot root = null;
        if (state.appliedIndex() != rootIndex) {
            rootIndex = state.appliedIndex();
            root = state.root();
        }
        return outbox.drain(root);
    }

    private void settle() {
        if (formation != null) {
            if (formation.helloDue(nowNanos)) {
                sayHello(true);
            }
            return;
        }
        if (room.isCheckDue(nowNanos)) {
            outbox.task(new DiskTask.CheckRoom());
        }
        if (differingFrom != null) {
            healFromDifference(differingFrom);
        }
        if (healing != null) {
            askForSnapshot(healing);
            return;
        }
        raft().tick();
        handOverWithoutRoom();
        absorbAll();
        tickQuorum();
        host.tick();
        tickLeases();
        tickCollect();
        tickMembership();
        takeSnapshotIfDue();
        absorbAll();
    }

    /**
     * Notices that there is no quorum, some elections after the last sign of one, and that it is back. Only a member that served before
     * does: what one that just started knows may be of long ago (rule.17).
     */
    private void tickQuorum() {
        if (raft().leader() != null && raft().hasLiveLeader()) {
            quorumSeenNanos = nowNanos;
            if (withoutQuorum) {
                withoutQuorum = false;
                outbox.event(new MemberEvent.QuorumBack());
                host.quorumBack();
            }
        } else if (serving && !withoutQuorum && nowNanos - quorumSeenNanos >= quorumLossNanos()) {
            withoutQuorum = true;
            outbox.event(new MemberEvent.QuorumLost((nowNanos - quorumSeenNanos) / 1_000_000));
            host.quorumLost();
        }
    }

    private void roomTold(@Nullable String shortage) {
        if (!room.told(shortage, nowNanos)) {
            return;
        }
        outbox.event(shortage == null ? new MemberEvent.RoomBack() : new MemberEvent.RoomShort(shortage));
        if (raft != null) {
            raft.hasRoom(shortage == null);
        }
    }

    /** A leader whose disk is full hands over, to one voter after another, until one takes it (fault.D11). */
    private void handOverWithoutRoom() {
        if (room.shortage() != null && raft().role() == Role.LEADER) {
            MemberKey successor = room.successor(successors(), nowNanos, setup.raft().transferTimeoutNanos());
            if (successor != null) {
                raft().transferLeadership(successor);
            }
        }
    }

    private List<PeerProgress> otherVoters() {
        return raft().progress().stream().filter(peer -> raft().configuration().voters().contains(peer.member())).toList();
    }

    /**
     * Who may take over: other voters that answer, the nearest to having the whole log first, of equals whoever was heard last. Behind them
     * those that were silent of late, as all are to a leader that was held up itself.
     */
    private List<MemberKey> successors() {
        return otherVoters().stream()
                .filter(peer -> nowNanos - peer.lastHeardNanos() < quorumLossNanos())
                .sorted(Comparator.<PeerProgress, Boolean>comparing(
                                peer -> nowNanos - peer.lastHeardNanos() < setup.raft().electionTimeoutNanos())
                        .thenComparingLong(PeerProgress::match)
                        .thenComparing(PeerProgress::lastHeardNanos, (one, other) -> Long.signum(one - other))
                        .reversed())
                .map(PeerProgress::member)
                .toList();
    }

    private long quorumLossNanos() {
        return QUORUM_LOSS_ELECTIONS * setup.raft().electionTimeoutNanos();
    }

    private void tickMembership() {
        if (nowNanos - nextJoinNanos >= 0) {
            askToJoin();
        }
        Membership membership = this.membership;
        if (membership != null) {
            Command command = membership.drive(state.reconfiguration(), nowNanos);
            if (command != null) {
                propose(command);
            }
        }
    }

    /** What is applied may lead to new proposals, and they to more effects: until nothing is left to say. */
    private void absorbAll() {
        for (RaftEffects effects = raft().drain(); !effects.isEmpty(); effects = raft().drain()) {
            absorb(effects);
        }
        noticeLeader();
        acknowledgeReports();
        renewAcknowledged();
    }

    /** The latest time to drain again. */
    public long nextDeadlineNanos() {
        if (left != null) {
            return nowNanos + FAR_NANOS;
        }
        if (formation != null) {
            return formation.nextHelloNanos();
        }
        boolean leads = healing == null && raft().role() == Role.LEADER;
        return earlier(nextDeadlineFormedNanos(), room.nextNanos(leads));
    }

    private long nextDeadlineFormedNanos() {
        if (differingFrom != null) {
            return nowNanos;
        }
        if (healing != null) {
            return mayHeal(healing) ? healing.nextDeadlineNanos() : nowNanos + FAR_NANOS;
        }
        long ofRaft = raft().nextDeadlineNanos(); // a learner has none; clocks may be negative, so that "never" cannot be compared
        long next = earlier(ofRaft == Long.MAX_VALUE ? nowNanos + FAR_NANOS : ofRaft, host.nextDeadlineNanos(FAR_NANOS));
        next = earlier(next, nextReportNanos);
        if (serving && !withoutQuorum) {
            next = earlier(next, quorumSeenNanos + quorumLossNanos());
        }
        next = earlier(next, removal == null ? nextJoinNanos : nowNanos);
        if (membership != null) {
            next = earlier(next, membership.nextNanos(state.reconfiguration(), nowNanos + FAR_NANOS));
        }
        if (leases != null) {
            next = earlier(next, leases.nextDeadlineNanos(nowNanos, FAR_NANOS));
            next = earlier(next, nextCollectNanos);
        }
        return next;
    }

    private static long earlier(long one, long other) {
        return one - other <= 0 ? one : other;
    }

    // ------------------------------------------------------------------------------------------------ raft's effects

    private void absorb(RaftEffects effects) {
        for (Envelope envelope : effects.messages()) {
            outbox.send(clusterId, envelope.to(), new PeerMessage.Consensus(envelope.message()));
        }
        for (LogWrite write : effects.writes()) {
            outbox.write(write);
        }
        for (RaftEvent event : effects.events()) {
            raftHappened(event);
        }
        for (RaftEffects.SnapshotTask task : effects.snapshots()) {
            snapshotTask(task);
        }
        for (Entry entry : effects.committed()) {
            apply(entry);
        }
        for (RaftEffects.ReadResult read : effects.reads()) {
            readConfirmed(read);
        }
        if (!effects.committed().isEmpty()) {
            host.appliedTo();
            serveIfReached();
            carryOutAwaiting();
        }
        noticeLeader();
    }

    private void raftHappened(RaftEvent event) {
        outbox.event(new MemberEvent.Consensus(event));
        if (event instanceof RaftEvent.RoleChanged changed && changed.role() != Role.LEADER) {
            leases = null;
            membership = null;
            room.leadsNoMore();
            owedAcks.clear();
            refusePendingOrders();
        } else if (event instanceof RaftEvent.MemoryLost lost) {
            rejoins = lost.reason();
            nextJoinNanos = nowNanos;
        }
    }

    private void noticeLeader() {
        Raft raft = raft();
        MemberKey leader = raft.leader();
        boolean changed = leader != null && (!leader.equals(knownLeader) || raft.term() != knownTerm);
        knownLeader = leader;
        knownTerm = raft.term();
        if (changed) {
            nextReportNanos = nowNanos;
            if (!serving) {
                askToServe();
            }
            host.leaderChanged();
        }
        if (raft.role() == Role.LEADER && leases == null && raft.hasCommittedInOwnTerm()) {
            lead();
        }
    }

    /** This leader knows now all that was committed before it: it watches over the leases from here on. */
    private void lead() {
        SessionLeases begun = new SessionLeases(nowNanos);
        state.root()
                .forEachSession(session ->
                        begun.begin(session.id(), session.attach(), session.timeoutMillis(), nowNanos));
        leases = begun;
        lastEndIndex = raft().lastIndex();
        membership = new Membership(raft(), self, setup.raft().electionTimeoutNanos(), nowNanos);
        nextCollectNanos = nowNanos + setup.collectIntervalNanos();
        if (state.root().settings().equals(io.coord.state.Settings.DEFAULT)
                && !setup.settings().equals(io.coord.state.Settings.DEFAULT)) {
            propose(new Command.Configure(setup.settings()));
        }
    }

    private Proposal propose(Command command) {
        return raft().propose(List.of(setup.codec().payload(command)));
    }

    // ------------------------------------------------------------------------------------------------ applying

    private void apply(Entry entry) {
        Applied applied;
        if (entry.payload() instanceof CommandPayload payload) {
            Reconfiguration before = state.reconfiguration();
            applied = state.apply(
                    entry.index(),
                    entry.term(),
                    entry.wallMillis(),
                    entry.elapsedMillis(),
                    setup.codec().take(payload));
            if (state.reconfiguration() != before) {
                locateWanted();
            }
        } else if (entry.payload() instanceof ConfigPayload config) {
            applied = configured(entry, config.configuration());
        } else {
            state.advance(entry.index(), entry.term(), entry.wallMillis(), entry.elapsedMillis());
            applied = Applied.NOTHING;
        }
        cadence.applied(entry.sizeBytes());
        host.changed(applied.changes());
        host.replied(applied);
        leaseApplied(applied.reply());
        carriedOut(entry.index());
        if (StateMarks.isMark(entry.index())) {
            mark(entry.index());
        }
    }

    /** The configuration node shows what a change led to; in between there are two sets of voters, which is nobody's wish. */
    private Applied configured(Entry entry, Configuration configuration) {
        settled(configuration, entry.index());
        String ensemble = Ensembles.textOf(configuration);
        if (configuration.isJoint()) {
            state.advance(entry.index(), entry.term(), entry.wallMillis(), entry.elapsedMillis());
            state.stands(ensemble);
            return Applied.NOTHING;
        }
        return state.configure(
                entry.index(),
                entry.term(),
                entry.wallMillis(),
                entry.elapsedMillis(),
                ensemble,
                ConfigNode.data(configuration, entry.index()));
    }

    private void leaseApplied(Reply reply) {
        if (reply instanceof Reply.Attached attached && attached.member().equals(setup.self())) {
            long soonNanos = host.isShortOfLease(attached.session()) ? 0 : reportEveryNanos(attached.timeoutMillis());
            nextReportNanos = earlier(nextReportNanos, nowNanos + soonNanos);
        }
        if (leases == null) {
            return;
        }
        if (reply instanceof Reply.Attached attached) {
            leases.begin(attached.session(), attached.attach(), attached.timeoutMillis(), nowNanos);
        } else if (reply instanceof Reply.Ended ended) {
            leases.end(ended.session());
        }
    }

    // ------------------------------------------------------------------------------------------------ serving

    private void askToServe() {
        if (!servingAsked) {
            servingAsked = true;
            raft().read(SERVING_READ);
        }
    }

    private void readConfirmed(RaftEffects.ReadResult read) {
        if (read.readId() != SERVING_READ) {
            host.readConfirmed(read.readId(), read.index());
            return;
        }
        servingAsked = false;
        if (read.index() >= 0) {
            servingTarget = read.index();
            serveIfReached();
        }
    }

    /** A member that just started serves nobody before it has caught up with what was committed when it asked (rule.17). */
    private void serveIfReached() {
        if (!serving && servingTarget >= 0 && state.appliedIndex() >= servingTarget) {
            serving = true;
            outbox.event(new MemberEvent.Serving(state.appliedIndex()));
            host.served();
        }
    }

    private final class HostSurroundings implements SessionHost.Surroundings {
        @Override
        public Proposal propose(CommandPayload payload) {
            return healing != null ? Proposal.NO_LEADER : raft().propose(List.of(payload));
        }

        @Override
        public void askReadIndex(long readId) {
            if (healing == null) {
                raft().read(readId); // while it heals, asked again once there is a leader
            }
        }

        @Override
        public boolean leads() {
            return healing == null && raft().role() == Role.LEADER;
        }

        @Override
        public boolean serving() {
            return serving;
        }

        @Override
        public boolean hasLeader() {
            return healing == null && raft().leader() != null && raft().hasLiveLeader();
        }

        @Override
        public long term() {
            return raft().term();
        }

        @Override
        public boolean withoutQuorum() {
            return withoutQuorum;
        }

        @Override
        public @Nullable String refusalOfWrites() {
            return leads() ? room.refusal() : null;
        }
    }

    // ------------------------------------------------------------------------------------------------ leases

    private void tickLeases() {
        if (nowNanos - nextReportNanos >= 0) {
            report();
            host.suspendOverdue();
            if (!serving && raft().leader() != null) {
                askToServe();
            }
        }
        if (leases != null) {
            for (SessionLeases.Lapsed lapsed : leases.lapsed(nowNanos)) {
                outbox.event(new MemberEvent.LeaseLapsed(lapsed.session(), lapsed.silentNanos() / 1_000_000));
                proposeEnd(lapsed.session(), lapsed.attach());
            }
        }
    }

    private Proposal proposeEnd(long session, long attach) {
        Proposal answer = propose(new Command.ExpireSession(session, attach, raft().term()));
        lastEndIndex = raft().lastIndex();
        return answer;
    }

    /** Tells the leader who is alive here; often enough that a few lost reports cost no session its lease. */
    private void report() {
        nextReportNanos = nowNanos + reportEveryNanos(host.shortestTimeoutMillis(8_000));
        MemberKey leader = raft().leader();
        if (leader == null || host.size() == 0) {
            return;
        }
        List<Long> alive = host.alive();
        if (alive.isEmpty()) {
            return;
        }
        long sequence = ++reportSequence;
        reports.put(sequence, alive);
        reportedNanos.put(sequence, nowNanos);
        forgetOldReports();
        if (leader.equals(self)) {
            leaseReported(self, sequence, alive);
        } else {
            outbox.send(clusterId, leader, new PeerMessage.LeaseReport(sequence, alive));
        }
    }

    private static long reportEveryNanos(int timeoutMillis) {
        return Math.min(1_000, Math.max(10, timeoutMillis / 8)) * 1_000_000L;
    }

    private void forgetOldReports() {
        reports.remove(reportSequence - REPORTS_REMEMBERED);
        reportedNanos.remove(reportSequence - REPORTS_REMEMBERED);
        acknowledged.remove(reportSequence - REPORTS_REMEMBERED);
    }

    private void leaseReported(MemberKey from, long sequence, List<Long> sessions) {
        if (leases == null) {
            return;
        }
        for (long session : sessions) {
            leases.touch(session, nowNanos);
        }
        owedAcks.add(new OwedAck(from, sequence, lastEndIndex, raft().beginRound()));
    }

    /** Acknowledges the reports after whose receipt a quorum has confirmed this leader (rule.16). */
    private void acknowledgeReports() {
        if (owedAcks.isEmpty()) {
            return;
        }
        long confirmed = raft().confirmedRound();
        List<OwedAck> due = new ArrayList<>();
        owedAcks.removeIf(ack -> ack.round() <= confirmed && due.add(ack));
        for (OwedAck ack : due) {
            if (ack.to().equals(self)) {
                leaseAcknowledged(ack.sequence(), ack.index());
            } else {
                outbox.send(clusterId, ack.to(), new PeerMessage.LeaseAck(ack.sequence(), ack.index()));
            }
        }
    }

    /** The leader vouches for the sessions that had not ended by then: which, this member knows once it has applied as much. */
    private void leaseAcknowledged(long sequence, long index) {
        if (reports.containsKey(sequence)) {
            acknowledged.put(sequence, index);
            renewAcknowledged();
        }
    }

    private void renewAcknowledged() {
        acknowledged.entrySet().removeIf(ack -> {
            boolean counts = state.appliedIndex() >= ack.getValue();
            if (counts) {
                renew(ack.getKey());
            }
            return counts;
        });
    }

    private void renew(long sequence) {
        List<Long> sessions = reports.remove(sequence);
        Long sentNanos = reportedNanos.remove(sequence);
        if (sessions != null && sentNanos != null) {
            host.renew(sessions, sentNanos);
        }
    }

    // ------------------------------------------------------------------------------------------------ collecting

    private void tickCollect() {
        if (leases != null && nowNanos - nextCollectNanos >= 0) {
            nextCollectNanos = nowNanos + setup.collectIntervalNanos();
            collect();
        }
    }

    private Proposal collect() {
        long term = raft().term();
        Proposal last = Proposal.APPENDED;
        for (Collectable due : state.collectables(raft().elapsedMillis(), COLLECT_MAX)) {
            last = propose(new Command.CollectNode(due.path(), due.czxid(), due.mzxid(), term));
        }
        return last;
    }

    // ------------------------------------------------------------------------------------------------ orders

    private void order(Input.Order order) {
        boolean looksAtState = order instanceof Input.Expire || order instanceof Input.Collect;
        if (raft == null || looksAtState && leases == null) {
            refuse(order);
        } else if (looksAtState && raft.lastIndex() > state.appliedIndex()) {
            awaitingOrders.add(new AwaitingOrder(order, raft.lastIndex()));
        } else {
            carryOut(order);
        }
    }

    private void carryOut(Input.Order order) {
        if (order instanceof Input.Expire expire) {
            expire(expire);
        } else if (order instanceof Input.Transfer transfer) {
            transfer(transfer);
        } else if (order instanceof Input.TakeSnapshot snapshot) {
            takeSnapshot(snapshot);
        } else if (order instanceof Input.Configure configure) {
            configure(configure);
        } else if (order instanceof Input.Collect collect) {
            raft().advanceElapsed(collect.pretendElapsedMillis());
            toldWhenApplied(collect.caller(), collect());
        }
    }

    private void carryOutAwaiting() {
        while (!awaitingOrders.isEmpty() && awaitingOrders.get(0).index() <= state.appliedIndex()) {
            carryOut(awaitingOrders.remove(0).order());
        }
    }

    private void told(Caller<Boolean> caller, boolean value) {
        outbox.deliver(new Delivery.Answered<>(caller, value, state.appliedIndex()));
    }

    private void refuse(Input.Order order) {
        if (order instanceof Input.Expire expire) {
            told(expire.caller(), false);
        } else if (order instanceof Input.Transfer transfer) {
            told(transfer.caller(), false);
        } else if (order instanceof Input.TakeSnapshot snapshot) {
            told(snapshot.caller(), false);
        } else if (order instanceof Input.Configure configure) {
            told(configure.caller(), false);
        } else if (order instanceof Input.Collect collect) {
            told(collect.caller(), false);
        }
    }

    private void expire(Input.Expire expire) {
        var session = state.root().session(expire.session());
        if (session.isEmpty()) {
            told(expire.caller(), true); // a session that is over already is what was asked for
        } else {
            long attach = session.get().attach();
            toldWhenApplied(expire.caller(), proposeEnd(expire.session(), attach));
        }
    }

    /** The caller hears of it when what was proposed last is applied; at once if it was not taken. */
    private void toldWhenApplied(Caller<Boolean> caller, Proposal proposal) {
        if (proposal == Proposal.APPENDED && raft().lastIndex() == state.appliedIndex()) {
            told(caller, true);
        } else if (proposal == Proposal.APPENDED) {
            pendingOrders.add(new PendingOrder(caller, raft().lastIndex()));
        } else {
            told(caller, false);
        }
    }

    private void transfer(Input.Transfer transfer) {
        List<MemberKey> eligible = transfer.target() == null
                ? successors()
                : otherVoters().stream().map(PeerProgress::member).filter(peer -> peer.id().equals(transfer.target())).toList();
        told(transfer.caller(), !eligible.isEmpty() && raft().transferLeadership(eligible.get(0)));
    }

    private void configure(Input.Configure configure) {
        if (leases == null) {
            told(configure.caller(), false);
        } else {
            toldWhenApplied(configure.caller(), propose(new Command.Configure(configure.settings())));
        }
    }

    private void carriedOut(long index) {
        if (!pendingOrders.isEmpty()) {
            pendingOrders.removeIf(order -> {
                boolean done = order.index() <= index;
                if (done) {
                    told(order.caller(), true);
                }
                return done;
            });
        }
    }

    private void refusePendingOrders() {
        pendingOrders.forEach(order -> told(order.caller(), false));
        pendingOrders.clear();
        awaitingOrders.forEach(awaiting -> refuse(awaiting.order()));
        awaitingOrders.clear();
    }

    // ------------------------------------------------------------------------------------------------ snapshots

    private void takeSnapshotIfDue() {
        compactIfNobodyWaits();
        if (cadence.isDue() && !holdsLogThrough(state.appliedIndex())) {
            beginSnapshot();
        }
    }

    /** Whether the log through an index is kept, though a snapshot may take its place, for a member that needs it. */
    private boolean holdsLogThrough(long index) {
        return room.shortage() == null && cadence.waitsForOthers() && bringsUpToDate(index);
    }

    /** Whether a member that answers needs a snapshot, or log that one here through an index would drop. */
    private boolean bringsUpToDate(long index) {
        Raft led = raft;
        if (led == null) {
            return false;
        }
        long dropped = index - setup.raft().retainedEntries();
        for (PeerProgress peer : led.progress()) {
            boolean isBehind = peer.state() == PeerProgress.State.SNAPSHOT || peer.match() < dropped;
            if (isBehind && nowNanos - peer.lastHeardNanos() < setup.raft().electionTimeoutNanos()) {
                return true;
            }
        }
        return false;
    }

    private void newest(SnapshotMeta meta) {
        newestSnapshot = meta.last();
        unreadableSinceNanos.clear();
        cadence.newest(meta.sizeBytes());
    }

    /** Begins a snapshot that is due or needed, unless one has failed shortly before. */
    private void beginSnapshot() {
        if (!cadence.rests(nowNanos)) {
            writeSnapshot();
        }
    }

    private boolean writeSnapshot() {
        if (snapshotting || receivedState != null || cadence.isNothingNew()) {
            return false;
        }
        snapshotting = true;
        compact();
        cadence.begun();
        StateRoot root = state.root();
        SnapshotMeta meta = new SnapshotMeta(
                new EntryId(root.index(), root.term()),
                root.wallMillis(),
                root.elapsedMillis(),
                appliedConfiguration,
                0,
                0);
        outbox.task(new DiskTask.SaveSnapshot(meta, root));
        return true;
    }

    private void takeSnapshot(Input.TakeSnapshot order) {
        if (snapshotOrder == null && writeSnapshot()) {
            snapshotOrder = order;
        } else {
            told(order.caller(), false);
        }
    }

    private void snapshotSaved(Input.SnapshotSaved saved) {
        endSnapshot(true);
        outbox.event(new MemberEvent.SnapshotSaved(saved.meta().last().index(), saved.meta().sizeBytes()));
        if (saved.meta().last().index() > newestSnapshot.index()) {
            newest(saved.meta());
        }
        if (healing != null) {
            return;
        }
        uncompacted = saved.meta();
        compactIfNobodyWaits();
    }

    /** Who was sent the snapshot before this one needs the log behind it next: it is dropped when the member has that. */
    private void compactIfNobodyWaits() {
        if (uncompacted != null && !holdsLogThrough(uncompacted.last().index())) {
            compact();
        }
    }

    private void compact() {
        if (uncompacted != null) {
            raft().snapshotTaken(uncompacted);
            outbox.task(new DiskTask.Compact(uncompacted.last().index()));
            uncompacted = null;
        }
    }

    private void snapshotNotSaved(Input.SnapshotNotSaved notSaved) {
        endSnapshot(false);
        cadence.failed(nowNanos);
        outbox.event(new MemberEvent.SnapshotFailed(notSaved.reason()));
    }

    private void endSnapshot(boolean saved) {
        snapshotting = false;
        tellSnapshotOrder(saved);
    }

    private void tellSnapshotOrder(boolean saved) {
        if (snapshotOrder != null) {
            told(snapshotOrder.caller(), saved);
            snapshotOrder = null;
        }
    }

    private void snapshotTask(RaftEffects.SnapshotTask task) {
        if (task instanceof RaftEffects.SnapshotTask.ReadChunk read) {
            outbox.task(new DiskTask.ReadPiece(read.to(), read.snapshotIndex(), read.offset()));
        } else if (task instanceof RaftEffects.SnapshotTask.WriteChunk write) {
            transferTask(new DiskTask.WritePiece(write.chunk()));
        } else if (task instanceof RaftEffects.SnapshotTask.Install install) {
            install(install.meta());
        }
    }

    private void install(SnapshotMeta meta) {
        CoordState received = receivedState;
        receivedState = null;
        if (received == null || received.appliedIndex() != meta.last().index()) {
            throw new IllegalStateException("snapshot " + meta.last() + " is to be installed, but the state received is "
                    + (received == null ? "missing" : "at " + Long.toHexString(received.appliedIndex())));
        }
        transferTask(new DiskTask.InstallSnapshot(meta, false));
        newest(meta);
        uncompacted = null;
        settled(meta.configuration(), meta.last().index());
        received.stands(Ensembles.textOf(meta.configuration()));
        host.installed(received);
        state = received;
        locateWanted();
        cadence.installed();
        outbox.event(new MemberEvent.SnapshotInstalled(meta.last().index()));
        host.appliedTo();
        serveIfReached();
    }

    // ------------------------------------------------------------------------------------------------ healing

    private void healFromDamage(RecoveredMember.Damage damage) {
        HardState kept = recovered.hardState();
        EntryId last = new EntryId(damage.atLeast(), kept.term());
        heal(damage.found(), last, kept, others(initialConfiguration, setup.initial()));
    }

    private List<MemberId> others(Configuration... configurations) {
        List<MemberId> others = new ArrayList<>();
        for (Configuration configuration : configurations) {
            for (MemberKey member : configuration.everyone()) {
                if (!member.id().equals(self.id()) && !others.contains(member.id())) {
                    others.add(member.id());
                }
            }
        }
        return others;
    }

    private void heal(String found, EntryId last, HardState hardState, List<MemberId> sources) {
        if (sources.isEmpty()) {
            leave(found + " There is no other member to heal from.");
            return;
        }
        healing = new Healing(found, last, hardState, sources, setup.raft().electionTimeoutNanos(), nowNanos);
        outbox.event(new MemberEvent.Healing(healing.words()));
    }

    /** What the state comes to here: told to all others, and held against what they have told. */
    private void mark(long index) {
        long digest = state.root().digest();
        marks.told(self.id(), index, digest);
        for (MemberId other : others(raft().configuration())) {
            outbox.send(clusterId, other, new PeerMessage.StateMark(index, digest));
        }
        compareMarks(index);
    }

    private void compareMarks(long index) {
        List<MemberId> voters = new ArrayList<>();
        raft().configuration().voters().forEach(voter -> voters.add(voter.id()));
        StateMarks.Verdict verdict = marks.verdict(self.id(), index, voters);
        if (verdict instanceof StateMarks.Verdict.Differs differs) {
            differingFrom = differs.majority();
            differingAt = index;
        } else if (verdict instanceof StateMarks.Verdict.NoMajority && left == null) {
            leave(ErrorCode.STATES_DIFFER.message("the states of the members differ at entry " + Long.toHexString(index)
                    + ", and no majority agrees on one: nobody can tell which is right. Restore the ensemble from a backup."));
        }
    }

    /** This member came apart from the others: it serves no more, and takes its state from one of the majority (rule.14). */
    private void healFromDifference(List<MemberId> majority) {
        String found = ErrorCode.STATES_DIFFER.message("the state of member " + setup.self() + " differs from that of the majority,"
                + " members " + majority + ", at entry " + Long.toHexString(differingAt) + ".");
        Raft ended = raft();
        keepHardState(ended);
        committedBefore = ended.commitIndex();
        differingFrom = null;
        marks.clear();
        endLeadership();
        tellSnapshotOrder(false);
        serving = false;
        withoutQuorum = false;
        servingTarget = -1;
        servingAsked = false;
        receivedState = null;
        uncompacted = null;
        raft = null;
        EntryId last = new EntryId(ended.lastIndex(), ended.termAt(ended.lastIndex()));
        heal(found, last, ended.hardState(), majority);
        if (healing != null) {
            host.memberHeals(found);
        }
    }

    /**
     * Term and vote are kept, so the disk must be told of them (inv.R8), and that the disk has forgotten something is not forgotten; all
     * else that was to be written or said is dropped.
     */
    private void keepHardState(Raft ended) {
        RaftEffects effects = ended.drain();
        for (LogWrite write : effects.writes()) {
            if (write.hardState() != null) {
                outbox.write(new LogWrite(write.sequence(), write.hardState(), List.of()));
            }
        }
        effects.events().stream().filter(RaftEvent.MemoryLost.class::isInstance).forEach(this::raftHappened);
    }

    private void endLeadership() {
        leases = null;
        membership = null;
        owedAcks.clear();
        reports.clear();
        reportedNanos.clear();
        acknowledged.clear();
        refusePendingOrders();
        knownLeader = null;
    }

    /** What the disk still does of before must be over: its answers must not pass for answers to this. */
    private boolean mayHeal(Healing healing) {
        return healing.hasAsked() || transferTasks == 0 && !snapshotting;
    }

    private void askForSnapshot(Healing healing) {
        MemberId asked = mayHeal(healing) ? healing.whomToAsk(nowNanos) : null;
        if (asked != null) {
            outbox.send(clusterId, asked, healing.request());
        }
    }

    private void receivedWhileHealing(Healing healing, PeerFrame frame) {
        if (frame.message() instanceof PeerMessage.Consensus consensus
                && consensus.message() instanceof Message.SnapshotChunk chunk
                && healing.takes(frame.from(), chunk, nowNanos)) {
            transferTask(new DiskTask.WritePiece(chunk));
        }
    }

    private void stepHealing(Healing healing, Input input) {
        if (input instanceof Input.PieceWritten written) {
            healing.written(written.snapshotIndex(), written.nextOffset(), nowNanos);
        } else if (input instanceof Input.PieceRefused refused) {
            healing.refused(refused.snapshotIndex());
        } else if (input instanceof Input.SnapshotReceived received) {
            if (healing.receivedAll(received.meta(), received.state())) {
                transferTask(new DiskTask.InstallSnapshot(received.meta(), false));
            }
        } else if (input instanceof Input.SnapshotInstalled installed) {
            CoordState healed = healing.installed(installed.index());
            SnapshotMeta meta = healing.meta();
            if (healed != null && meta != null) {
                healed(healing, meta, healed);
            }
        }
    }

    /** Back, like a member that starts with this snapshot. */
    private void healed(Healing ended, SnapshotMeta meta, CoordState healed) {
        healing = null;
        startRaft(ended.hardState(), meta, List.of());
        settled(meta.configuration(), meta.last().index());
        healed.stands(Ensembles.textOf(meta.configuration()));
        host.installed(healed);
        state = healed;
        rootIndex = NOT_SHOWN;
        cadence.installed();
        newest(meta);
        nextReportNanos = nowNanos;
        outbox.event(new MemberEvent.Healed(meta.last().index()));
    }

    /** A member that heals is given a snapshot, which is taken for it if there is none yet that will do; it asks until it is there. */
    private void snapshotWanted(MemberKey from, PeerMessage.SnapshotRequest wanted) {
        if (!wanted.isMetBy(new EntryId(state.appliedIndex(), state.root().term()))) {
            return;
        }
        if (!wanted.isMetBy(newestSnapshot)) {
            beginSnapshot();
            return;
        }
        snapshotsWanted.put(from, wanted);
        outbox.task(new DiskTask.ReadPiece(from, wanted.snapshotIndex(), wanted.offset()));
    }

    private void pieceRead(Input.PieceRead read) {
        unreadableSinceNanos.remove(read.meta().last().index());
        PeerMessage.SnapshotRequest wanted = snapshotsWanted.get(read.to());
        if (wanted != null && wanted.offset() == read.offset() && wanted.isMetBy(read.meta().last())) {
            snapshotsWanted.remove(read.to());
            outbox.send(clusterId, read.to(), new PeerMessage.Consensus(
                    new Message.SnapshotChunk(OF_NO_LEADER, read.meta(), read.offset(), read.piece())));
        }
        raft().chunkRead(read.to(), read.meta(), read.offset(), read.piece());
        if (cadence.isNewestLost()) {
            beginSnapshot(); // what was read is an older one, which may not reach the log
        }
    }

    /**
     * A newest snapshot that is missing has rotted, and counts no more: whoever needs one would ask for it for ever. While one is
     * being installed, it is not yet among those that can be read.
     */
    private void pieceMissing(MemberKey to, long snapshotIndex) {
        snapshotsWanted.remove(to);
        raft().chunkMissing(to);
        boolean isNewest = snapshotIndex == 0 || snapshotIndex == newestSnapshot.index();
        if (isNewest && transferTasks == 0) {
            if (uncompacted != null && uncompacted.last().equals(newestSnapshot)) {
                uncompacted = null; // it stands for that log no more, which the one before it needs
            }
            newestSnapshot = EntryId.ORIGIN;
            cadence.newestLost(nowNanos);
            beginSnapshot();
        }
    }

    /** Whoever wants the piece asks again, for the same one. */
    private void pieceUnreadable(MemberKey to, long snapshotIndex) {
        long index = snapshotIndex == 0 ? newestSnapshot.index() : snapshotIndex;
        Long sinceNanos = unreadableSinceNanos.putIfAbsent(index, nowNanos);
        if (sinceNanos != null && nowNanos - sinceNanos >= UNREADABLE_NANOS) {
            pieceMissing(to, snapshotIndex);
            return;
        }
        snapshotsWanted.remove(to);
        if (cadence.isNewestLost()) {
            beginSnapshot();
        }
    }

    // ------------------------------------------------------------------------------------------------ leaving

    private void leave(String reason) {
        left = reason;
        leases = null;
        membership = null;
        owedAcks.clear();
        endSnapshot(false);
        refusePendingOrders();
        host.memberLeft(reason);
        outbox.event(new MemberEvent.Left(reason));
    }

    // ------------------------------------------------------------------------------------------------ views

    /** The state to read from, as of the last entry applied. */
    public StateRoot root() {
        return state.root();
    }

    /** The paths that each session attached here watches: a copy, and so as costly as it is long. */
    public Map<Long, List<String>> watchedPaths() {
        return host.watchedPaths();
    }

    /** What the state came to at the latest marked indexes, by index. */
    public SortedMap<Long, Long> digests() {
        return marks.of(setup.self());
    }

    /** How the member stands. */
    public MemberView view() {
        Raft raft = this.raft;
        Healing healing = this.healing;
        if (healing != null) {
            long applied = state.appliedIndex();
            long committed = Math.max(applied, committedBefore);
            return new MemberView(
                    setup.self(), clusterId, Role.LEARNER, healing.term(), null, committed, applied, committed, committed,
                    appliedConfiguration, false, false, false, host.size(), host.localCount(), host.watched(), 0, left, healing.words(),
                    room.shortage());
        }
        if (raft == null) {
            long origin = EntryId.ORIGIN.index();
            return new MemberView(
                    setup.self(), clusterId, Role.FOLLOWER, 0, null, origin, origin, origin, origin, setup.initial(), false,
                    false, false, 0, 0, WatchTable.Counts.NONE, 0, left, null, null);
        }
        MemberKey leader = raft.leader();
        return new MemberView(
                setup.self(),
                clusterId,
                raft.role(),
                raft.term(),
                leader == null ? null : leader.id(),
                raft.commitIndex(),
                state.appliedIndex(),
                raft.lastIndex(),
                raft.durableIndex(),
                raft.configuration(),
                serving,
                leases != null,
                withoutQuorum,
                host.size(),
                host.localCount(),
                host.watched(),
                raft.pendingReads(),
                left,
                null,
                room.shortage());
    }

    /** The consensus part, for checks of its invariants; null while the ensemble forms. */
    public @Nullable Raft consensus() {
        return raft;
    }
}
