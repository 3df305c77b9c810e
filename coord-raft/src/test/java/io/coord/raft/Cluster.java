package io.coord.raft;

import io.coord.Bytes;
import io.coord.MemberId;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An ensemble under a test's hand: the network is a list of messages, disks force when told, time moves when told. After every step
 * {@link Invariants} looks.
 */
final class Cluster {

    static final long MILLI = 1_000_000;

    /** One member: its disk lives on when it crashes. */
    static final class Box {
        final MemberKey key;
        final Disk disk;
        @Nullable Raft raft;
        boolean mayVote = true;
        boolean stuckDisk;
        final List<Entry> applied = new ArrayList<>();
        final List<RaftEvent> events = new ArrayList<>();
        final TreeMap<Long, Long> readsServed = new TreeMap<>();
        final TreeSet<Long> readsFailed = new TreeSet<>();
        Disk.@Nullable Snapshot incoming;

        Box(MemberKey key, SnapshotMeta base) {
            this.key = key;
            disk = new Disk(base);
        }

        Raft up() {
            if (raft == null) {
                throw new AssertionError("member " + key + " is down");
            }
            return raft;
        }

        List<String> words() {
            List<String> words = new ArrayList<>();
            for (Entry entry : applied) {
                if (entry.payload() instanceof Text text) {
                    words.add(text.word());
                }
            }
            return words;
        }
    }

    final SplittableRandom random;
    final RaftConfig config;
    final SnapshotMeta origin;
    final Invariants invariants;
    final TreeMap<MemberKey, Box> boxes = new TreeMap<>();
    final ArrayList<Envelope> network = new ArrayList<>();
    /** Messages that are lost when they are sent. */
    Predicate<Envelope> lost = envelope -> false;
    /** Messages that are kept back when they are sent, for the test to deliver. */
    Predicate<Envelope> kept = envelope -> false;

    final ArrayList<Envelope> keptBack = new ArrayList<>();
    final TreeSet<MemberKey> cutOff = new TreeSet<>();
    long nowMillis = 1_000;
    long wallMillis = 1_000_000;
    long sent;

    Cluster(long seed, RaftConfig config, int members, Configuration initial) {
        random = new SplittableRandom(seed);
        this.config = config;
        origin = SnapshotMeta.origin(initial);
        invariants = new Invariants(this);
        for (int i = 1; i <= members; i++) {
            Box box = new Box(key(i), origin);
            boxes.put(box.key, box);
            start(i);
        }
    }

    /** Voters only, all started, nobody elected yet. */
    static Cluster of(int voters) {
        return of(voters, SMALL);
    }

    static Cluster of(int voters, RaftConfig config) {
        List<MemberKey> keys = new ArrayList<>();
        for (int i = 1; i <= voters; i++) {
            keys.add(key(i));
        }
        return new Cluster(1, config, voters, Configuration.ofVoters(keys));
    }

    /** Small limits, so that they are reached. */
    static final RaftConfig SMALL = new RaftConfig(
            300 * MILLI, 60 * MILLI, 2_000 * MILLI, 1_000 * MILLI, 400, 4, 1_000, 100_000, 3);

    static MemberKey key(int number) {
        return MemberKey.first(MemberId.of(number));
    }

    Box box(int number) {
        Box box = boxes.get(key(number));
        if (box == null) {
            throw new AssertionError("no member " + number);
        }
        return box;
    }

    Raft raft(int number) {
        return box(number).up();
    }

    // --- members ---

    void start(int number) {
        Box box = box(number);
        Disk.Snapshot newest = box.disk.newest();
        SnapshotMeta base = newest == null ? box.disk.base : newest.meta();
        box.applied.clear();
        if (newest != null) {
            box.applied.addAll(newest.applied());
        }
        List<Entry> behind = new ArrayList<>();
        for (Entry entry : box.disk.entries) {
            if (entry.index() > base.last().index()) {
                behind.add(entry);
            }
        }
        box.raft = new Raft(
                config, box.key, box.disk.hardState, base, behind, random.nextLong(), nowMillis * MILLI, box.mayVote);
        invariants.started(box);
        drain(box);
    }

    void add(int number) {
        add(number, origin);
    }

    void add(int number, SnapshotMeta base) {
        Box box = new Box(key(number), base);
        boxes.put(box.key, box);
        start(number);
    }

    void crash(int number) {
        Box box = box(number);
        box.up();
        box.raft = null;
        box.incoming = null;
        box.disk.crash(random);
    }

    void restart(int number) {
        start(number);
    }

    /** Starts a member anew with a log of entries of these terms, all durable, as if from before. */
    void preload(int number, long term, long... entryTerms) {
        Box box = box(number);
        box.disk.entries.clear();
        box.disk.hardState = new HardState(term, null);
        long index = box.disk.base.last().index();
        for (long entryTerm : entryTerms) {
            index++;
            box.disk.entries.add(new Entry(index, entryTerm, 0, 0, new Text("t" + entryTerm + "i" + (index & 0xff))));
        }
        start(number);
    }

    /** The terms of a member's log in memory. */
    List<Long> terms(int number) {
        List<Long> terms = new ArrayList<>();
        Raft raft = raft(number);
        for (long index = raft.firstIndex(); index <= raft.lastIndex(); index++) {
            terms.add(raft.entry(index).term());
        }
        return terms;
    }

    /** The index of the n-th entry there ever was. */
    static long nth(int n) {
        return EntryId.ORIGIN.index() + n;
    }

    // --- turns ---

    /** One turn of a member: an input, its deadlines, and what follows. */
    void turn(Box box, java.util.function.Consumer<Raft> input) {
        Raft raft = box.up();
        raft.clock(nowMillis * MILLI, wallMillis);
        input.accept(raft);
        raft.tick();
        drain(box);
    }

    private void drain(Box box) {
        Raft raft = box.up();
        RaftEffects effects = raft.drain();
        box.events.addAll(effects.events());
        for (RaftEffects.SnapshotTask task : effects.snapshots()) {
            snapshotTask(box, task);
        }
        for (LogWrite write : effects.writes()) {
            invariants.written(box, write);
            box.disk.write(write);
        }
        invariants.handedOut(box, effects.committed());
        box.applied.addAll(effects.committed());
        for (RaftEffects.ReadResult read : effects.reads()) {
            if (read.index() == RaftEffects.ReadResult.FAILED) {
                box.readsFailed.add(read.readId());
            } else {
                invariants.readServed(box, read);
                box.readsServed.put(read.readId(), read.index());
            }
        }
        for (Envelope envelope : effects.messages()) {
            invariants.sent(box, envelope);
            sent++;
            post(envelope);
        }
        invariants.check();
    }

    void post(Envelope envelope) {
        if (lost.test(envelope) || cutOff.contains(envelope.from()) || cutOff.contains(envelope.to())) {
            return;
        }
        if (kept.test(envelope)) {
            keptBack.add(envelope);
        } else {
            network.add(envelope);
        }
    }

    private void snapshotTask(Box box, RaftEffects.SnapshotTask task) {
        if (task instanceof RaftEffects.SnapshotTask.Install install) {
            Disk.Snapshot incoming = box.incoming;
            if (incoming == null || !incoming.meta().equals(install.meta())) {
                throw new AssertionError("what is installed was not received: " + install);
            }
            box.applied.clear();
            box.applied.addAll(incoming.applied());
            invariants.installed(box, install.meta());
            box.disk.install(incoming);
        } else {
            slowWork.add(new SlowWork(box.key, box.up(), task));
        }
    }

    private record SlowWork(MemberKey member, Raft run, RaftEffects.SnapshotTask task) {}

    private final ArrayList<SlowWork> slowWork = new ArrayList<>();

    boolean hasSlowWork() {
        return !slowWork.isEmpty();
    }

    /** Does one piece of work on snapshots. */
    void workOnSnapshots() {
        SlowWork work = slowWork.remove(0);
        Box box = boxes.get(work.member());
        if (box == null || box.raft != work.run()) {
            return;
        }
        if (work.task() instanceof RaftEffects.SnapshotTask.ReadChunk read) {
            readChunk(box, read);
        } else if (work.task() instanceof RaftEffects.SnapshotTask.WriteChunk write) {
            writeChunk(box, write.chunk());
        }
    }

    private void readChunk(Box box, RaftEffects.SnapshotTask.ReadChunk read) {
        Disk.Snapshot snapshot =
                read.snapshotIndex() == 0 ? box.disk.newest() : box.disk.snapshots.get(read.snapshotIndex());
        if (snapshot == null) {
            turn(box, raft -> raft.chunkMissing(read.to()));
            return;
        }
        byte[] whole = snapshot.bytes().toArray();
        int from = (int) read.offset();
        int to = Math.min(whole.length, from + Disk.Snapshot.PIECE_BYTES);
        Bytes piece = Bytes.of(java.util.Arrays.copyOfRange(whole, from, to));
        turn(box, raft -> raft.chunkRead(read.to(), snapshot.meta(), from, piece));
    }

    private void writeChunk(Box box, Message.SnapshotChunk chunk) {
        if (!box.disk.add(chunk)) {
            turn(box, raft -> raft.chunkWritten(
                    chunk.meta().last().index(), chunk.offset() + chunk.bytes().length()));
            return;
        }
        box.incoming = new Disk.Snapshot(chunk.meta(), invariants.canonicalThrough(chunk.meta().last()));
        turn(box, raft -> raft.snapshotReceived(chunk.meta()));
    }

    void force(Box box) {
        turn(box, box.disk::force);
    }

    /** Delivers a message now, if its receiver is up. */
    void deliver(Envelope envelope) {
        Box to = boxes.get(envelope.to());
        if (to != null && to.raft != null) {
            invariants.delivered(envelope);
            turn(to, raft -> raft.receive(envelope));
        }
    }

    /** Delivers, forces and works on snapshots until nothing is left to do. */
    void settle() {
        for (int steps = 0; settleOne(); steps++) {
            if (steps > 100_000) {
                throw new AssertionError("the ensemble does not come to rest: " + network);
            }
        }
    }

    private boolean settleOne() {
        if (!network.isEmpty()) {
            deliver(network.remove(0));
            return true;
        }
        for (Box box : boxes.values()) {
            if (box.raft != null && !box.stuckDisk && !box.disk.isIdle()) {
                force(box);
                return true;
            }
        }
        if (hasSlowWork()) {
            workOnSnapshots();
            return true;
        }
        return false;
    }

    /** Time passes in small steps; in each everything settles. */
    void pass(long millis) {
        for (long until = nowMillis + millis; nowMillis < until; ) {
            nowMillis += 5;
            wallMillis += 5;
            tickAll();
            settle();
        }
    }

    void tickAll() {
        for (Box box : new ArrayList<>(boxes.values())) {
            if (box.raft != null && nowMillis * MILLI >= box.up().nextDeadlineNanos()) {
                turn(box, raft -> {});
            }
        }
    }

    // --- what tests do ---

    /** Lets a member campaign and the ensemble settle; it must lead afterwards. */
    void elect(int number) {
        turn(box(number), raft -> raft.campaign("the test says so"));
        settle();
        if (raft(number).role() != Role.LEADER) {
            throw new AssertionError("member " + number + " is " + raft(number).role() + " in term " + raft(number).term());
        }
    }

    /** Time long enough for every election timeout to pass with nobody speaking, so that nobody is sticky to an old leader. */
    void forgetLeaders() {
        nowMillis += 301;
    }

    Proposal propose(int number, String... words) {
        Proposal[] result = new Proposal[1];
        List<Payload> payloads = new ArrayList<>();
        for (String word : words) {
            payloads.add(new Text(word));
        }
        turn(box(number), raft -> result[0] = raft.propose(payloads));
        return result[0];
    }

    private long nextRead;

    long read(int number) {
        long id = ++nextRead;
        invariants.readAsked(box(number), id);
        turn(box(number), raft -> raft.read(id));
        return id;
    }

    void snapshot(int number) {
        Box box = box(number);
        if (box.applied.isEmpty() || box.disk.isInstalling()) {
            return;
        }
        Entry last = box.applied.get(box.applied.size() - 1);
        EntryId id = new EntryId(last.index(), last.term());
        Disk.Snapshot taken = Disk.Snapshot.of(id, box.up().configurationAt(last.index()), box.applied);
        box.disk.save(taken);
        turn(box, raft -> raft.snapshotTaken(taken.meta()));
    }

    void cutOff(int... numbers) {
        for (int number : numbers) {
            cutOff.add(key(number));
        }
        for (Iterator<Envelope> all = network.iterator(); all.hasNext(); ) {
            Envelope next = all.next();
            if (cutOff.contains(next.from()) || cutOff.contains(next.to())) {
                all.remove();
            }
        }
    }

    void heal() {
        cutOff.clear();
        lost = envelope -> false;
        kept = envelope -> false;
    }

    /** Delivers what was kept back, in its order, and settles. */
    void release() {
        List<Envelope> released = new ArrayList<>(keptBack);
        keptBack.clear();
        released.forEach(this::deliver);
        settle();
    }

    @Nullable Box leader() {
        Box found = null;
        for (Box box : boxes.values()) {
            if (box.raft != null && box.up().role() == Role.LEADER && !cutOff.contains(box.key)) {
                if (found == null || box.up().term() > found.up().term()) {
                    found = box;
                }
            }
        }
        return found;
    }

    static boolean isTo(Envelope envelope, int number) {
        return envelope.to().equals(key(number));
    }

    static boolean isFrom(Envelope envelope, int number) {
        return envelope.from().equals(key(number));
    }
}
