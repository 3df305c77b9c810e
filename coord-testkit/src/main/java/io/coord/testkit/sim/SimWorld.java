package io.coord.testkit.sim;

import io.coord.Ensemble;
import io.coord.ErrorCode;
import io.coord.MemberAddress;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.member.Ensembles;
import io.coord.member.Input;
import io.coord.member.MemberEvent;
import io.coord.member.MemberSetup;
import io.coord.member.MemberView;
import io.coord.member.PeerFrame;
import io.coord.member.PeerMessage;
import io.coord.raft.Configuration;
import io.coord.raft.EntryId;
import io.coord.raft.MemberKey;
import io.coord.raft.RaftEvent;
import io.coord.raft.Role;
import io.coord.runtime.SessionHome;
import io.coord.state.Settings;
import io.coord.testkit.check.Checks;
import io.coord.wire.EntryCodec;
import io.coord.wire.WireCommandCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Members, their disks, the network between them and what is checked of them, on one virtual time. */
public final class SimWorld {

    private static final long EPOCH_MILLIS = 1_700_000_000_000L;
    private static final String REMOVED = ErrorCode.REMOVED.toString();
    private static final long PEER_LOST_MEAN_NANOS = 2_000_000L;
    private static final long STATE_MARK_EVERY = 128;
    private static final long ANOTHER_DIGEST = 0xD1FFL;

    private final long seed;
    private final Profile profile;
    private final VirtualTime time = new VirtualTime();
    private final FaultTable faults = new FaultTable();
    private final Trace trace;
    private final WireCommandCodec commands;
    private final Checks checks;
    private final SimNetwork network;
    private final Chance turns;
    private final Chance breaks;
    /** Whoever there may ever be, by number. */
    private final List<SimMember> seats = new ArrayList<>();
    /** Whose process is somewhere, running or not. */
    private final List<SimMember> members = new ArrayList<>();
    private final Members coming;
    private final List<SimClient> clients = new ArrayList<>();
    private int healings;
    private double starvation;

    /**
     * A world in which nothing has happened yet; its members do not run.
     *
     * @param answers whether answers are held against a model of the tree, which knows what the simulated clients ask and no more
     * @param lines told of each transition, or null
     */
    public SimWorld(long seed, Profile profile, boolean answers, @Nullable Consumer<String> lines) {
        this.seed = seed;
        this.profile = profile;
        this.starvation = profile.starvation();
        this.trace = new Trace(time, lines);
        this.turns = Chance.of(seed, "turns");
        this.breaks = Chance.of(seed, "breaks");
        List<MemberId> ids = new ArrayList<>();
        for (int i = 1; i <= profile.seats(); i++) {
            ids.add(MemberId.of(i));
        }
        List<MemberId> founders = ids.subList(0, profile.members());
        this.coming = new Members(this);
        this.commands = Codecs.commands();
        this.checks = new Checks(
                ids,
                initial(founders),
                commands,
                answers,
                profile.raft().electionTimeoutNanos(),
                id -> member(id).clock().nanos());
        this.network = new SimNetwork(
                time, Chance.of(seed, "network"), faults, profile, Codecs.throughTheWire(commands), new Links());
        SimLog.Snapshots snapshots = new SimLog.Snapshots();
        ids.forEach(id -> seats.add(newMember(id, founders, snapshots)));
        members.addAll(seats.subList(0, profile.members()));
    }

    private SimMember newMember(MemberId id, List<MemberId> ids, SimLog.Snapshots snapshots) {
        Chance chance = Chance.of(seed, "member " + id);
        long drift = profile.driftDivisor() == 0 ? 0 : chance.between(profile.driftDivisor(), 4 * profile.driftDivisor());
        SimClock clock = new SimClock(
                time,
                chance.between(-1_000_000_000_000L, 1_000_000_000_000L),
                EPOCH_MILLIS + chance.between(-50, 50),
                chance.happens(0.5) ? drift : -drift);
        Chance disk = Chance.of(seed, "disk " + id);
        SimStorage storage = profile.realFiles()
                ? new SimFiles(
                        time,
                        disk,
                        faults,
                        profile.disk(),
                        id,
                        new EntryCodec(commands),
                        new DiskWitness(id),
                        () -> powerIsCut(id))
                : new SimLog(
                        time,
                        disk,
                        faults,
                        profile.disk(),
                        snapshots,
                        (int) chance.logUniform(64, 4_096),
                        new DiskWitness(id));
        return new SimMember(
                time,
                trace,
                clock,
                storage,
                setup(id, ids),
                profile.config(),
                Chance.of(seed, "seeds " + id),
                checks,
                new Around());
    }

    /** Members that come and go have addresses; for others, none is part of any configuration. */
    private Configuration initial(List<MemberId> founders) {
        return profile.changes()
                ? Ensembles.founding(ensemble(founders))
                : Configuration.ofVoters(founders.stream().map(MemberKey::first).toList());
    }

    static MemberAddress address(MemberId id) {
        boolean isAsZooKeepers = id.value() % 2 == 0;
        return MemberAddress.parse("m" + id + (isAsZooKeepers ? ":7100:3888;c" + id + ":2181" : ":7100:2181"));
    }

    private static Ensemble ensemble(List<MemberId> voters) {
        TreeMap<MemberId, MemberAddress> addresses = new TreeMap<>();
        voters.forEach(id -> addresses.put(id, address(id)));
        return Ensemble.of(addresses);
    }

    private MemberSetup setup(MemberId id, List<MemberId> founders) {
        StringBuilder ensemble = new StringBuilder();
        for (MemberId each : founders) {
            ensemble.append(ensemble.length() == 0 ? "" : ", ").append(each).append("=sim:").append(each);
        }
        return setup(id, profile.changes() ? ensemble(founders).toString() : ensemble.toString(), initial(founders));
    }

    /** As told to a member that starts on an empty disk while there is an ensemble. */
    MemberSetup setup(MemberId id, Ensemble present) {
        return setup(id, present.toString(), Ensembles.founding(present));
    }

    private MemberSetup setup(MemberId id, String ensemble, Configuration initial) {
        MemberConfig config = profile.config();
        return new MemberSetup(
                id,
                ensemble,
                initial,
                profile.raft(),
                new Settings(
                        config.extendedTypes(),
                        config.enforceQuota(),
                        config.skipAcl(),
                        config.maxNeverUsedContainer().toMillis()),
                (int) config.minSessionTimeout().toMillis(),
                (int) config.maxSessionTimeout().toMillis(),
                profile.snapshotEntries(),
                config.snapshotBytes(),
                config.containerCheckInterval().toNanos(),
                config.watchHistory(),
                commands,
                0);
    }

    private void powerIsCut(MemberId id) {
        SimMember victim = member(id);
        crash(victim);
        startLater(victim);
    }

    private void startLater(SimMember member) {
        time.after(breaks.exponential(500_000_000L), () -> {
            if (!member.isUp()) {
                start(member);
            }
        });
    }

    /** Tells the checks what a disk keeps. */
    private final class DiskWitness implements SimStorage.Witness {
        private final MemberId id;

        DiskWitness(MemberId id) {
            this.id = id;
        }

        @Override
        public void forced(io.coord.raft.LogWrite write) {
            checks.raft().forced(id, write);
        }

        @Override
        public void installed(io.coord.raft.SnapshotMeta meta, boolean keepSuffix) {
            checks.raft().installed(id, meta, keepSuffix);
        }
    }

    private final class Around implements SimMember.Surroundings {
        @Override
        public void send(PeerFrame frame) {
            network.send(frame);
        }

        @Override
        public void happened(SimMember member, MemberEvent event) {
            SimWorld.this.happened(member, event);
        }

        @Override
        public void turned(MemberView after) {
            coming.turned(after);
            if (after.commitIndex() > after.durableIndex()) {
                faults.hit(Marker.WAITED_FOR_DISK);
            }
        }

        @Override
        public long turnDelayNanos() {
            if (turns.happens(starvation)) {
                faults.count(Fault.STARVED);
                faults.hit(Marker.SLOW_TURN);
                return turns.exponential(100_000_000L);
            }
            return 1_000 + turns.below(20_000);
        }
    }

    private final class Links implements SimNetwork.Receiver {
        @Override
        public void arrived(PeerFrame frame) {
            member(frame.to()).receive(new Input.Received(frame));
        }

        @Override
        public void refused(PeerFrame frame) {
            MemberId from = frame.from().id();
            time.after(breaks.exponential(PEER_LOST_MEAN_NANOS), () -> {
                member(frame.to()).receive(new Input.PeerLost(from));
                member(from).receive(new Input.PeerLost(frame.to()));
            });
        }
    }

    private void happened(SimMember member, MemberEvent event) {
        mark(event);
        if (event instanceof MemberEvent.Renewed) {
            coming.renewed(member);
        }
        if (event instanceof MemberEvent.SnapshotInstalled installed) {
            faults.count(Fault.SNAPSHOT_INSTALLED);
            clients.forEach(client -> client.homeInstalled(member, installed.index()));
        } else if (event instanceof MemberEvent.Healed healed) {
            healed(member, healed.index());
        } else if (event instanceof MemberEvent.LeaseLapsed) {
            faults.count(Fault.SESSION_EXPIRED);
        } else if (event instanceof MemberEvent.Left left && left.reason().contains(REMOVED)) {
            coming.removed(member);
        } else if (event instanceof MemberEvent.Left) {
            restartAfterLeaving(member);
        }
    }

    /** Its state was in fact the ensemble's: there is a gap for its sessions only if it was behind. */
    private void healed(SimMember member, long index) {
        if (index > member.indexBefore()) {
            clients.forEach(client -> client.homeInstalled(member, index));
        }
    }

    private void mark(MemberEvent event) {
        if (event instanceof MemberEvent.SnapshotInstalled) {
            faults.hit(Marker.SNAPSHOT_TAKEN_OVER);
        } else if (event instanceof MemberEvent.LeaseLapsed) {
            faults.hit(Marker.LEASE_ENDED);
        } else if (event instanceof MemberEvent.Left left) {
            faults.hit(left.reason().contains(REMOVED) ? Marker.REMOVAL_LEARNT : Marker.LEFT);
        } else if (event instanceof MemberEvent.Healed) {
            faults.hit(Marker.HEALED);
        } else if (event instanceof MemberEvent.RoomShort) {
            faults.hit(Marker.ROOM_MISSED);
        } else if (event instanceof MemberEvent.PauseDetected) {
            faults.hit(Marker.PAUSE_NOTICED);
        } else if (event instanceof MemberEvent.Consensus consensus
                && consensus.event() instanceof RaftEvent.RoleChanged changed) {
            switch (changed.reason()) {
                case "its disk has not answered within the write deadline" -> faults.hit(Marker.DEADLINE_MISSED);
                case "no quorum heard within the election timeout" -> faults.hit(Marker.QUORUM_LOST);
                case "a quorum would not elect it" -> faults.hit(Marker.PRE_VOTE_LOST);
                case "heard no leader" -> faults.hit(Marker.LEADER_MISSED);
                case "the leader handed over" -> faults.hit(Marker.HANDED_OVER);
                default -> {}
            }
        }
    }

    /** Whoever embeds the member looks at it after a while, and starts it again. */
    private void restartAfterLeaving(SimMember member) {
        int of = member.run();
        time.after(breaks.exponential(500_000_000L), () -> {
            if (of == member.run()) {
                crash(member);
                start(member);
            }
        });
    }

    // ------------------------------------------------------------------------------------------------ parts

    /** The world's seed. */
    public long seed() {
        return seed;
    }

    /** What the world is like. */
    public Profile profile() {
        return profile;
    }

    /** The world's time. */
    public VirtualTime time() {
        return time;
    }

    /** What happened so far, in one number. */
    public Trace trace() {
        return trace;
    }

    /** The mishaps so far. */
    public FaultTable faults() {
        return faults;
    }

    /** What is checked. */
    public Checks checks() {
        return checks;
    }

    SimNetwork network() {
        return network;
    }

    List<SimMember> members() {
        return members;
    }

    SimMember member(MemberId id) {
        return seats.get(id.value() - 1);
    }

    List<SimMember> seats() {
        return seats;
    }

    /** Who comes and who goes. */
    Members coming() {
        return coming;
    }

    SimMember anyMember(Chance chance) {
        return members.get(chance.below(members.size()));
    }

    List<SimClient> clients() {
        return clients;
    }

    Optional<SimClient> anyClient(Chance chance) {
        return clients.isEmpty() ? Optional.empty() : Optional.of(clients.get(chance.below(clients.size())));
    }

    void add(SimClient client) {
        clients.add(client);
    }

    /** The member that leads, by its own view, in the highest term. */
    Optional<SimMember> leader() {
        SimMember leader = null;
        long term = -1;
        for (SimMember member : members) {
            MemberView view = member.view();
            if (view != null && view.role() == Role.LEADER && view.term() > term) {
                leader = member;
                term = view.term();
            }
        }
        return Optional.ofNullable(leader);
    }

    // ------------------------------------------------------------------------------------------------ life and death

    /** Starts a member; one whose disk cannot be read is started again later, as an operator would. */
    void start(SimMember member) {
        if (!members.contains(member)) {
            return; // it has gone for good
        }
        coming.starts(member);
        startAsTold(member);
    }

    /** Starts a member with the list that it was given last, whatever became of the ensemble since. */
    void startAsTold(SimMember member) {
        if (member.start()) {
            faults.hit(Marker.RESTARTED);
        } else {
            faults.hit(Marker.LEFT);
            startLater(member);
        }
    }

    void startAll() {
        for (SimMember member : members) {
            if (!member.isUp()) {
                start(member);
            }
        }
    }

    /** Stops a member; its peers may notice by their broken connections, its sessions' owners do. */
    void crash(SimMember member) {
        if (!member.isUp()) {
            return;
        }
        coming.crashes(member);
        member.crash();
        for (SimMember peer : members) {
            boolean notices = peer != member && breaks.happens(0.7)
                    && !network.isCut(member.id().value(), peer.id().value());
            if (notices) {
                time.after(breaks.exponential(PEER_LOST_MEAN_NANOS), () -> peer.receive(new Input.PeerLost(member.id())));
            }
        }
        for (SimClient client : clients) {
            client.lost(member);
        }
    }

    /** Lets messages, forces and turns fare from now on as a profile says. */
    void become(Profile fares) {
        network.become(fares.network());
        starvation = fares.starvation();
        members.forEach(member -> member.storage().become(fares.disk()));
    }

    /**
     * All other voters tell a member that they came to another state than it did, where it compared last.
     *
     * @return whether there is anything to be told
     */
    boolean tellOfAnotherState(SimMember told) {
        MemberView view = told.view();
        long mark = view == null ? 0 : view.appliedIndex() / STATE_MARK_EVERY * STATE_MARK_EVERY;
        if (view == null || view.healing() != null || mark <= EntryId.ORIGIN.index()) {
            return false;
        }
        for (MemberKey voter : view.configuration().voters()) {
            if (!voter.id().equals(told.id())) {
                PeerMessage differs = new PeerMessage.StateMark(mark, ANOTHER_DIGEST);
                told.receive(new Input.Received(new PeerFrame(view.clusterId(), voter, told.id(), 0, differs)));
            }
        }
        return true;
    }

    /** Ends every mishap: links carry, disks force, whoever was down or paused runs. */
    void heal() {
        healings++;
        network.mendAll();
        Profile calm = Profile.calm(profile.members());
        network.become(calm.network());
        starvation = 0;
        for (SimMember member : members) {
            member.storage().become(calm.disk());
            member.resume();
        }
        startAll();
    }

    /** Counts heals: a partition of before must not be ended twice. */
    int healings() {
        return healings;
    }

    // ------------------------------------------------------------------------------------------------ by number, for others

    /** The members' numbers. */
    public List<MemberId> ids() {
        return members.stream().map(SimMember::id).toList();
    }

    /** How a member stands, or empty while it is down. */
    public Optional<MemberView> view(MemberId id) {
        return Optional.ofNullable(member(id).view());
    }

    /** The member, as sessions of its see it, or empty while it is down. */
    public Optional<SessionHome> home(MemberId id) {
        return Optional.ofNullable(member(id).home());
    }

    /** Whether a turn of some member is under way. */
    public boolean isTurning() {
        return members.stream().anyMatch(SimMember::isTurning);
    }

    /** Starts the members that are down. */
    public void startDown() {
        startAll();
    }

    /** Starts a member. */
    public void start(MemberId id) {
        start(member(id));
    }

    /** Stops a member as the power does. */
    public void crash(MemberId id) {
        crash(member(id));
    }

    /** Does not run a member for so long. */
    public void pause(MemberId id, long nanos) {
        member(id).pause(nanos);
    }

    /** Lets a member's wall clock jump. */
    public void jumpWallClock(MemberId id, long millis) {
        member(id).clock().jumpWall(millis);
    }

    /** Cuts a link in one direction. */
    public void cut(MemberId from, MemberId to) {
        network.cut(from.value(), to.value());
    }

    /** Whether what one sends reaches the other. */
    public boolean carries(MemberId from, MemberId to) {
        return !network.isCut(from.value(), to.value());
    }

    /** Mends all links. */
    public void mend() {
        network.mendAll();
    }

    /** Gives a member an order. */
    public void order(MemberId id, Input.Order order) {
        member(id).receive(order);
    }

    /** Every member in a line each, for messages. */
    public String describe() {
        StringBuilder text = new StringBuilder();
        for (SimMember member : members) {
            text.append("\n  member ").append(member.id()).append(": ")
                    .append(member.view() == null ? "down" : member.view());
        }
        for (SimClient client : clients) {
            text.append("\n  ").append(client);
        }
        return text.toString();
    }
}
