package io.coord.testkit.storage;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.ensemble.spi.Storage;
import io.coord.member.CommandCodec;
import io.coord.member.Effects;
import io.coord.member.Input;
import io.coord.member.MemberCore;
import io.coord.member.MemberEvent;
import io.coord.member.MemberSetup;
import io.coord.member.PeerFrame;
import io.coord.member.PeerMessage;
import io.coord.raft.CommandPayload;
import io.coord.raft.Configuration;
import io.coord.raft.MemberKey;
import io.coord.raft.Proposal;
import io.coord.raft.Raft;
import io.coord.raft.RaftConfig;
import io.coord.raft.Role;
import io.coord.runtime.StorageBridge;
import io.coord.state.Command;
import io.coord.state.Settings;
import io.coord.state.StateRoot;
import io.coord.storage.FileStorage;
import io.coord.storage.StorageOptions;
import io.coord.testkit.sim.SimDisk;
import io.coord.testkit.sim.SimLane;
import io.coord.wire.EntryCodec;
import io.coord.wire.PeerCodec;
import io.coord.wire.WireCommandCodec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Members of production with their storage on simulated disks, without threads and without mishaps but those a test makes: turns
 * come in order, a message arrives in the turn after, a disk answers at once. Fast enough to run a thousand of them.
 */
final class BenchEnsemble {

    static final StorageOptions OPTIONS = StorageOptions.DEFAULT.withSegmentBytes(8 << 10).withGroupBytesMax(64 << 10);

    private static final long TURN_NANOS = 10_000_000L;
    private static final long SESSION = 1;
    private static final RaftConfig RAFT = new RaftConfig(
            300_000_000L, 60_000_000L, 5_000_000_000L, 1_000_000_000L, 1 << 20, 64, 8 << 20, 64 << 20, 4);

    private final WireCommandCodec commands = new WireCommandCodec();
    private final PeerCodec peers = new PeerCodec(commands);
    private final Configuration configuration;
    private final TreeMap<MemberId, Seat> seats = new TreeMap<>();
    private final List<PeerFrame> onTheirWay = new ArrayList<>();
    private long nanos = 1_000_000_000L;
    private long seeds;
    private long numbered;

    /** A member's place. */
    final class Seat {
        final MemberId id;
        SimDisk disk;
        CommandCodec codec = commands;
        /** Whether nothing it sends arrives, nor anything sent to it. */
        boolean isCutOff;
        @Nullable MemberCore core;
        @Nullable StorageBridge bridge;
        @Nullable FileStorage storage;
        SimLane log = new SimLane();
        SimLane background = new SimLane();
        SimLane transfer = new SimLane();
        List<Input> inbox = new ArrayList<>();
        final List<MemberEvent> events = new ArrayList<>();

        Seat(MemberId id, SimDisk disk) {
            this.id = id;
            this.disk = disk;
        }

        boolean serves() {
            return core != null && core.view().serving() && core.view().left() == null;
        }

        MemberCore core() {
            if (core == null) {
                throw new AssertionError("member " + id + " is down");
            }
            return core;
        }
    }

    BenchEnsemble(int members) {
        this(disks(members));
    }

    /** Members on these disks, from member 1 on; none is started. */
    BenchEnsemble(List<SimDisk> disks) {
        List<MemberKey> voters = new ArrayList<>();
        for (int at = 0; at < disks.size(); at++) {
            MemberId id = MemberId.of(at + 1);
            voters.add(MemberKey.first(id));
            seats.put(id, new Seat(id, disks.get(at)));
        }
        configuration = new Configuration(voters, List.of(), List.of(), List.of());
    }

    private static List<SimDisk> disks(int count) {
        List<SimDisk> disks = new ArrayList<>();
        for (int at = 1; at <= count; at++) {
            disks.add(new SimDisk(at));
        }
        return disks;
    }

    Seat seat(int id) {
        return seats.get(MemberId.of(id));
    }

    BenchEnsemble startAll() throws IOException {
        for (Seat seat : seats.values()) {
            start(seat);
        }
        return this;
    }

    void start(Seat seat) throws IOException {
        seat.log = new SimLane();
        seat.background = new SimLane();
        seat.transfer = new SimLane();
        FileStorage files = FileStorage.on(seat.disk, OPTIONS, seat.log, seat.background, seat.transfer).of(seat.id);
        FileStorage storage = seats.size() == 1 ? files : files.healedByPeers();
        Storage.Recovered found = storage.open();
        EntryCodec entries = new EntryCodec(commands);
        seat.inbox = new ArrayList<>();
        List<Input> inbox = seat.inbox;
        seat.storage = storage;
        seat.bridge = new StorageBridge(storage, entries, inbox::add);
        seat.core = new MemberCore(setup(seat), StorageBridge.recovered(found, entries), nanos, nanos / 1_000_000);
    }

    private MemberSetup setup(Seat seat) {
        return new MemberSetup(
                seat.id, configuration.toString(), configuration, RAFT, Settings.DEFAULT, 4_000, 40_000, 1_000_000, 1L << 40,
                60_000_000_000L, 0, seat.codec, ++seeds);
    }

    /** The process is gone; its disk stays. */
    void kill(Seat seat) {
        seat.log.kill();
        seat.background.kill();
        seat.transfer.kill();
        seat.core = null;
        seat.disk.kill();
    }

    /** All that is on its way never arrives. */
    void loseMessages() {
        onTheirWay.clear();
    }

    /** The member stops in good order. */
    void stop(Seat seat) {
        if (seat.storage != null) {
            seat.storage.close();
        }
        kill(seat);
    }

    // ---- time

    /** Lets time pass until something is so; false if it never comes. */
    boolean until(BooleanSupplier isSo, int turnsMax) {
        for (int turn = 0; turn < turnsMax; turn++) {
            if (isSo.getAsBoolean()) {
                return true;
            }
            turn();
        }
        return isSo.getAsBoolean();
    }

    void turn() {
        nanos += TURN_NANOS;
        List<PeerFrame> arriving = List.copyOf(onTheirWay);
        onTheirWay.clear();
        for (PeerFrame frame : arriving) {
            if (seats.get(frame.to()).isCutOff || seats.get(frame.from().id()).isCutOff) {
                continue;
            }
            seats.get(frame.to()).inbox.add(new Input.Received(peers.decode(peers.encode(frame))));
        }
        for (Seat seat : seats.values()) {
            if (seat.core != null) {
                turn(seat, seat.core);
            }
        }
    }

    private void turn(Seat seat, MemberCore core) {
        List<Input> inputs = List.copyOf(seat.inbox);
        seat.inbox.clear();
        core.turn(nanos, nanos / 1_000_000);
        inputs.forEach(core::step);
        Effects effects = core.drain();
        onTheirWay.addAll(effects.messages());
        seat.events.addAll(effects.events());
        if (seat.bridge != null) {
            seat.bridge.store(effects);
        }
        seat.log.run();
        seat.background.run();
        seat.transfer.run();
        seat.log.run();
    }

    // ---- what is asked of it

    @Nullable Seat leader() {
        for (Seat seat : seats.values()) {
            if (seat.core != null && seat.core.view().role() == Role.LEADER && seat.core.view().established()) {
                return seat;
            }
        }
        return null;
    }

    /** Opens the session that writes. */
    void begin() {
        committed(new Command.OpenSession(SESSION, Bytes.utf8("hash"), 40_000, MemberId.of(1), 1));
    }

    /** Creates nodes, each as a write of its own, and waits until all are committed. */
    void create(int count, int bytes) {
        for (int at = 0; at < count; at++) {
            String path = "/n" + ++numbered;
            Operation.Create create = new Operation.Create(
                    path, SmallStorage.noise(bytes, at), CreateMode.PERSISTENT, Acl.OPEN, Operation.NO_TTL);
            committed(new Command.Submit(SESSION, 1, numbered, numbered - 1, List.of(), create));
        }
    }

    /** Goes on from what another run of the same ensemble has written. */
    void resumeAt(long number) {
        numbered = number;
    }

    long numbered() {
        return numbered;
    }

    private void committed(Command command) {
        if (!until(() -> leader() != null, 2_000)) {
            throw new AssertionError("no leader");
        }
        Raft raft = leader().core().consensus();
        if (raft.propose(List.of(commands.payload(command))) != Proposal.APPENDED) {
            throw new AssertionError("not appended");
        }
        long index = raft.lastIndex();
        if (!until(() -> leader() != null && leader().core().view().commitIndex() >= index, 2_000)) {
            throw new AssertionError("not committed: " + index);
        }
    }

    /** Whether members that run have applied the same, and come to the same. */
    boolean agree() {
        StateRoot first = null;
        for (Seat seat : seats.values()) {
            if (seat.core == null) {
                continue;
            }
            StateRoot root = seat.core.root();
            if (!seat.serves() || first != null && root.index() != first.index()) {
                return false;
            }
            if (first != null && root.digest() != first.digest()) {
                throw new AssertionError("member " + seat.id + " has come apart at " + root.index());
            }
            first = root;
        }
        return true;
    }

    /** All others tell a member that they came to another state, where they compared last. */
    void tellOfAnotherState(Seat told) {
        long mark = told.core().digests().lastKey();
        for (MemberKey voter : told.core().view().configuration().voters()) {
            if (!voter.id().equals(told.id)) {
                PeerMessage differs = new PeerMessage.StateMark(mark, 0xD1FF);
                told.inbox.add(new Input.Received(new PeerFrame(told.core().view().clusterId(), voter, told.id, 0, differs)));
            }
        }
    }

    /** A codec that misreads, once, as failing memory would: the data of the next node that is created. Each errs in its own way. */
    CommandCodec misreading() {
        long error = ++seeds;
        return new Misreading(create -> new Operation.Create(
                create.path(), Bytes.utf8("not what was written, but " + error), create.mode(), create.acl(), create.ttlMillis()));
    }

    private final class Misreading implements CommandCodec {
        private final UnaryOperator<Operation.Create> error;
        private boolean isDone;

        Misreading(UnaryOperator<Operation.Create> error) {
            this.error = error;
        }

        @Override
        public CommandPayload payload(Command command) {
            return commands.payload(command);
        }

        @Override
        public Command take(CommandPayload payload) {
            return command(payload);
        }

        @Override
        public Command command(CommandPayload payload) {
            Command command = commands.command(payload);
            if (isDone || !(command instanceof Command.Submit submit && submit.operation() instanceof Operation.Create create)) {
                return command;
            }
            isDone = true;
            return new Command.Submit(
                    submit.session(), submit.attach(), submit.number(), submit.ackedUpTo(), submit.identities(), error.apply(create));
        }
    }
}
