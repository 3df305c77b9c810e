package io.coord.testkit.sim;

import io.coord.Bytes;
import io.coord.member.DiskTask;
import io.coord.member.Effects;
import io.coord.member.Input;
import io.coord.member.RecoveredMember;
import io.coord.raft.Configuration;
import io.coord.raft.Entry;
import io.coord.raft.EntryId;
import io.coord.raft.HardState;
import io.coord.raft.LogWrite;
import io.coord.raft.MemberKey;
import io.coord.raft.Message;
import io.coord.raft.SnapshotMeta;
import io.coord.state.StateRoot;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The light stand-in for a member's files: it promises exactly what a log of forced batches promises, and no more. What was asked for
 * while a force is under way makes up the next batch. A crash keeps all that was forced and, of what was not, some first part: the
 * term and vote before the entries, an entry before the next.
 *
 * <p>Snapshots are kept by reference; the bytes that go from member to member are only their handle, cut into pieces.
 */
final class SimLog implements SimStorage {

    private static final int HANDLE_BYTES = Long.BYTES;

    /** What a snapshot's handle stands for, in the whole world. */
    static final class Snapshots {
        private final List<StateRoot> roots = new ArrayList<>();
        private final TreeMap<Long, Long> handles = new TreeMap<>();

        /** Snapshots of one index have one handle, as they are the same bytes on every member (inv.D-e). */
        long keep(StateRoot root) {
            Long known = handles.get(root.index());
            if (known != null && of(known).digest() == root.digest()) {
                return known;
            }
            roots.add(root);
            handles.put(root.index(), (long) roots.size());
            return roots.size();
        }

        StateRoot of(long handle) {
            return roots.get((int) handle - 1);
        }
    }

    private record Stored(SnapshotMeta meta, long handle) {}

    private final VirtualTime time;
    private final Chance chance;
    private final FaultTable faults;
    private final Snapshots snapshots;
    private final Witness witness;
    private int pieceBytes;

    // What outlives a crash.
    private long clusterId;
    private long incarnation = MemberKey.FIRST_INCARNATION;
    private @Nullable Configuration initial;
    private HardState hardState = HardState.INITIAL;
    private final TreeMap<Long, Stored> stored = new TreeMap<>();
    /** Contiguous; the first has index {@code firstIndex}. */
    private final ArrayList<Entry> entries = new ArrayList<>();

    private long firstIndex = EntryId.ORIGIN.index() + 1;
    private boolean rotten;

    // What does not.
    private int run;
    private Consumer<Input> sink = input -> {};
    private List<Object> waiting = new ArrayList<>();
    private List<Object> beingForced = List.of();
    private boolean failed;
    private boolean failNext;
    private long stallUntilNanos;
    private long fullUntilNanos;
    private long roomBytes;
    private @Nullable Stored received;
    private long receivedBytes;
    private @Nullable Runnable whenWriting;
    private @Nullable Runnable whenReceiving;
    private Profile.Disk profile;

    SimLog(
            VirtualTime time,
            Chance chance,
            FaultTable faults,
            Profile.Disk profile,
            Snapshots snapshots,
            int pieceBytes,
            Witness witness) {
        this.time = time;
        this.chance = chance;
        this.faults = faults;
        this.profile = profile;
        this.snapshots = snapshots;
        this.witness = witness;
        cutPieces(pieceBytes);
    }

    // ---- faults

    @Override
    public void become(Profile.Disk disk) {
        profile = disk;
        fullUntilNanos = 0;
    }

    @Override
    public void cutPieces(int bytes) {
        pieceBytes = Math.max(HANDLE_BYTES, bytes);
    }

    @Override
    public boolean isEmpty() {
        return clusterId == 0;
    }

    @Override
    public void stall(long nanos) {
        stallUntilNanos = Math.max(stallUntilNanos, time.nowNanos() + nanos);
    }

    @Override
    public void failNextForce() {
        failNext = true;
    }

    /** Some more finds its place; what comes then waits. */
    @Override
    public void fillUp(long nanos) {
        faults.count(Fault.DISK_FULL);
        fullUntilNanos = time.nowNanos() + nanos;
        roomBytes = chance.below(16 << 10);
    }

    private boolean isFull() {
        return time.nowNanos() < fullUntilNanos;
    }

    @Override
    public void whenWriting(Runnable action) {
        whenWriting = action;
    }

    @Override
    public void whenReceiving(Runnable action) {
        whenReceiving = action;
    }

    @Override
    public void wipe() {
        clusterId = 0;
        incarnation = MemberKey.FIRST_INCARNATION;
        initial = null;
        hardState = HardState.INITIAL;
        stored.clear();
        entries.clear();
        firstIndex = EntryId.ORIGIN.index() + 1;
        rotten = false;
    }

    /** Of a member that has not formed yet, there is nothing that could rot. */
    @Override
    public boolean rot() {
        rotten |= clusterId != 0 && lastIndex() > EntryId.ORIGIN.index();
        return rotten;
    }

    @Override
    public boolean isDamaged() {
        return rotten;
    }

    /** Not within the member's turn: it happens right after. */
    private void happen(@Nullable Runnable action) {
        if (action != null) {
            time.after(1 + chance.below((int) Math.min(profile.forceNanos(), Integer.MAX_VALUE)), action);
        }
    }

    @Override
    public void crash() {
        run++;
        sink = input -> {};
        List<Object> unforced = new ArrayList<>(beingForced);
        unforced.addAll(waiting);
        loseSome(unforced);
        waiting = new ArrayList<>();
        beingForced = List.of();
        failed = false;
        failNext = false;
        stallUntilNanos = 0;
        received = null;
    }

    /** Keeps the first part of what was not forced: of all of it some requests, and of the one after those some entries. */
    private void loseSome(List<Object> unforced) {
        if (unforced.isEmpty()) {
            return;
        }
        faults.count(Fault.CRASH_IN_WRITE);
        int kept = chance.happens(0.4) ? 0 : chance.below(unforced.size() + 1);
        for (int i = 0; i < kept; i++) {
            become(unforced.get(i));
        }
        if (kept < unforced.size()) {
            faults.count(Fault.UNFORCED_LOST);
            tear(unforced.get(kept));
        }
    }

    private void tear(Object request) {
        if (request instanceof LogWrite write && !write.entries().isEmpty() && chance.happens(0.5)) {
            faults.count(Fault.TORN_BATCH);
            int kept = chance.below(write.entries().size());
            become(new LogWrite(write.sequence(), write.hardState(), write.entries().subList(0, kept)));
        }
    }

    // ---- opening

    @Override
    public RecoveredMember open(Consumer<Input> answers) {
        sink = answers;
        if (rotten) {
            faults.count(Fault.BIT_ROT);
            return new RecoveredMember(
                    clusterId, incarnation, initial, hardState, null, null, List.of(), null,
                    new RecoveredMember.Damage("The log of this member is damaged.", lastIndex()));
        }
        Stored base = stored.isEmpty() ? null : stored.lastEntry().getValue();
        long from = base == null ? EntryId.ORIGIN.index() + 1 : base.meta().last().index() + 1;
        List<Entry> behind = entries.isEmpty() || from > lastIndex()
                ? List.of()
                : List.copyOf(entries.subList((int) (from - firstIndex), entries.size()));
        return new RecoveredMember(
                clusterId,
                incarnation,
                initial,
                hardState,
                base == null ? null : base.meta(),
                base == null ? null : States.copyOf(snapshots.of(base.handle())),
                behind,
                null);
    }

    private long lastIndex() {
        return firstIndex + entries.size() - 1;
    }

    // ---- the log's lane

    @Override
    public void take(Effects effects) {
        for (DiskTask task : effects.tasks()) {
            if (task instanceof DiskTask.InstallSnapshot) {
                enqueue(task);
            }
        }
        for (LogWrite write : effects.writes()) {
            enqueue(write);
        }
        for (DiskTask task : effects.tasks()) {
            take(task);
        }
    }

    private void enqueue(Object request) {
        if (failed) {
            return;
        }
        waiting.add(request);
        if (beingForced.isEmpty()) {
            force();
        }
    }

    private void force() {
        beingForced = waiting;
        waiting = new ArrayList<>();
        long nanos = profile.forceNanos() + chance.exponential(profile.jitterNanos());
        if (chance.happens(profile.slow())) {
            faults.count(Fault.SLOW_FORCE);
            nanos += chance.exponential(profile.slowNanos());
        }
        forcedAt(time.nowNanos() + nanos);
        happen(whenWriting);
        whenWriting = null;
    }

    private void forcedAt(long nanos) {
        int of = run;
        time.at(Math.max(nanos, stallUntilNanos), () -> {
            if (of == run && time.nowNanos() < stallUntilNanos) {
                forcedAt(stallUntilNanos);
            } else if (of == run) {
                forced();
            }
        });
    }

    /** Whether there is room for what is to be forced. */
    private boolean fits() {
        if (!isFull()) {
            return true;
        }
        long wanted = 0;
        for (Object request : beingForced) {
            if (request instanceof LogWrite write) {
                wanted += write.entries().stream().mapToLong(Entry::sizeBytes).sum();
            }
        }
        boolean fits = wanted <= roomBytes;
        roomBytes -= fits ? wanted : 0;
        return fits;
    }

    private void forced() {
        if (!fits()) {
            forcedAt(fullUntilNanos);
            return;
        }
        List<Object> done = beingForced;
        beingForced = List.of();
        if (failNext) {
            failNext = false;
            failed = true;
            faults.count(Fault.FORCE_FAILED);
            waiting = new ArrayList<>();
            loseSome(done);
            sink.accept(new Input.StorageFailed("the force of the log failed with an I/O error; look after the disk"));
            return;
        }
        for (Object request : done) {
            become(request);
        }
        for (Object request : done) {
            tell(request);
            answer(request);
        }
        if (!waiting.isEmpty()) {
            force();
        }
    }

    /** The request is on the disk from now on. */
    private void become(Object request) {
        if (request instanceof LogWrite write) {
            if (write.hardState() != null) {
                hardState = write.hardState();
            }
            append(write.entries());
        } else if (request instanceof DiskTask.SaveIdentity identity) {
            clusterId = identity.clusterId();
            incarnation = identity.self().incarnation();
            initial = identity.initial();
        } else if (request instanceof DiskTask.InstallSnapshot install) {
            installed(install);
        }
    }

    private void append(List<Entry> added) {
        if (added.isEmpty()) {
            return;
        }
        long from = added.get(0).index();
        if (entries.isEmpty()) {
            firstIndex = from;
        }
        if (from < firstIndex || from > lastIndex() + 1) {
            throw new IllegalStateException("the log holds " + Long.toHexString(firstIndex) + " to "
                    + Long.toHexString(lastIndex()) + ", but " + Long.toHexString(from) + " is to be appended");
        }
        entries.subList((int) (from - firstIndex), entries.size()).clear();
        entries.addAll(added);
    }

    private void installed(DiskTask.InstallSnapshot install) {
        Stored whole = received;
        if (whole == null || whole.meta().last().index() != install.meta().last().index()) {
            throw new IllegalStateException("snapshot " + install.meta().last() + " was not received");
        }
        received = null;
        if (rotten) {
            stored.clear(); // they rotted with the log, and are set aside with it
            rotten = false;
        }
        stored.put(whole.meta().last().index(), whole);
        forgetOldSnapshots();
        long next = whole.meta().last().index() + 1;
        if (install.keepSuffix() && !entries.isEmpty() && next <= lastIndex() && next >= firstIndex) {
            entries.subList(0, (int) (next - firstIndex)).clear();
        } else {
            entries.clear();
        }
        firstIndex = next;
    }

    private void tell(Object request) {
        if (request instanceof LogWrite write) {
            witness.forced(write);
        } else if (request instanceof DiskTask.InstallSnapshot install) {
            witness.installed(install.meta(), install.keepSuffix());
        }
    }

    private void answer(Object request) {
        if (request instanceof LogWrite write) {
            sink.accept(new Input.Persisted(write.sequence()));
        } else if (request instanceof DiskTask.SaveIdentity) {
            sink.accept(new Input.IdentitySaved());
        } else if (request instanceof DiskTask.InstallSnapshot install) {
            sink.accept(new Input.SnapshotInstalled(install.meta().last().index()));
        }
    }

    // ---- the snapshots' lane

    private void take(DiskTask task) {
        if (task instanceof DiskTask.SaveIdentity) {
            enqueue(task);
        } else if (task instanceof DiskTask.SaveSnapshot save) {
            later(20, () -> saved(save));
        } else if (task instanceof DiskTask.ReadPiece read) {
            later(1, () -> read(read));
        } else if (task instanceof DiskTask.WritePiece write) {
            happen(whenReceiving);
            whenReceiving = null;
            later(1, () -> received(write.chunk()));
        } else if (task instanceof DiskTask.Compact compact) {
            compact(compact.throughIndex());
        } else if (task instanceof DiskTask.CheckRoom) {
            answerNow(new Input.Room(isFull() ? "the disk is full; make room there" : null));
        }
    }

    /** Not within the member's turn. */
    private void answerNow(Input answer) {
        int of = run;
        time.after(1, () -> {
            if (of == run) {
                sink.accept(answer);
            }
        });
    }

    private void later(long times, Runnable action) {
        int of = run;
        long nanos = times * (profile.forceNanos() + chance.exponential(profile.jitterNanos()));
        time.at(Math.max(time.nowNanos() + nanos, stallUntilNanos), () -> {
            if (of == run && !failed) {
                action.run();
            }
        });
    }

    private void saved(DiskTask.SaveSnapshot save) {
        if (isFull()) {
            sink.accept(new Input.SnapshotNotSaved("the disk is full; make room there"));
            return;
        }
        long handle = snapshots.keep(save.root());
        SnapshotMeta meta = save.meta();
        long sizeBytes = Math.max(HANDLE_BYTES, 64 + 8L * save.root().nodeCount());
        SnapshotMeta full = new SnapshotMeta(
                meta.last(), meta.wallMillis(), meta.elapsedMillis(), meta.configuration(), sizeBytes, handle);
        stored.put(meta.last().index(), new Stored(full, handle));
        forgetOldSnapshots();
        sink.accept(new Input.SnapshotSaved(full));
    }

    private void forgetOldSnapshots() {
        while (stored.size() > 2) {
            stored.pollFirstEntry();
        }
    }

    private void read(DiskTask.ReadPiece read) {
        Stored found = read.snapshotIndex() != 0
                ? stored.get(read.snapshotIndex())
                : stored.isEmpty() ? null : stored.lastEntry().getValue();
        if (found == null || read.offset() < 0 || read.offset() >= found.meta().sizeBytes()) {
            sink.accept(new Input.PieceMissing(read.to(), read.snapshotIndex()));
            return;
        }
        int length = (int) Math.min(pieceBytes, found.meta().sizeBytes() - read.offset());
        byte[] piece = new byte[length];
        for (int i = 0; i < length; i++) {
            piece[i] = byteAt(found.handle(), read.offset() + i);
        }
        sink.accept(new Input.PieceRead(read.to(), found.meta(), read.offset(), Bytes.wrap(piece)));
    }

    /** The content is the handle over and over. */
    private static byte byteAt(long handle, long offset) {
        return (byte) (handle >>> 8 * (offset % HANDLE_BYTES));
    }

    private void received(Message.SnapshotChunk chunk) {
        SnapshotMeta meta = chunk.meta();
        if (chunk.offset() == 0) {
            received = new Stored(meta, meta.digest());
            receivedBytes = 0;
        }
        Stored under = received;
        if (under == null || !under.meta().equals(meta)) {
            sink.accept(new Input.PieceRefused(meta.last().index()));
            return;
        }
        if (chunk.offset() == receivedBytes) {
            for (int i = 0; i < chunk.bytes().length(); i++) {
                if (chunk.bytes().at(i) != byteAt(under.handle(), receivedBytes + i)) {
                    throw new IllegalStateException("a piece of snapshot " + meta.last() + " is not what was stored");
                }
            }
            receivedBytes += chunk.bytes().length();
        }
        if (receivedBytes >= meta.sizeBytes()) {
            sink.accept(new Input.SnapshotReceived(meta, States.copyOf(snapshots.of(under.handle()))));
        } else {
            sink.accept(new Input.PieceWritten(meta.last().index(), receivedBytes));
        }
    }

    /** Keeps what the older of the two newest snapshots needs. */
    private void compact(long throughIndex) {
        if (stored.size() < 2 || entries.isEmpty()) {
            return;
        }
        long through = Math.min(throughIndex, stored.firstKey());
        if (through >= firstIndex) {
            int dropped = (int) Math.min(through - firstIndex + 1, entries.size());
            entries.subList(0, dropped).clear();
            firstIndex += dropped;
        }
    }
}
