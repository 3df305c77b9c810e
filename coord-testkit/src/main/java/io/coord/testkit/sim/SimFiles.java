package io.coord.testkit.sim;

import io.coord.MemberId;
import io.coord.ensemble.spi.Storage;
import io.coord.member.DiskTask;
import io.coord.member.Effects;
import io.coord.member.Input;
import io.coord.member.RecoveredMember;
import io.coord.raft.LogWrite;
import io.coord.runtime.StorageBridge;
import io.coord.storage.FileStorage;
import io.coord.storage.StorageOptions;
import io.coord.testkit.check.Violation;
import io.coord.wire.EntryCodec;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A member's files: the storage of production, codecs and all, on a {@link SimDisk}, its lanes run by virtual time. A crash is a
 * power cut, which leaves of each unforced sector what chance says, or a kill, which leaves all that was written.
 */
final class SimFiles implements SimStorage {

    private final VirtualTime time;
    private final Chance chance;
    private final FaultTable faults;
    private final MemberId member;
    private final EntryCodec codec;
    private final Witness witness;
    private final Runnable onPowerCut;
    private SimDisk disk;
    private final StorageOptions options;

    private Profile.Disk profile;
    private int run;
    private @Nullable StorageBridge bridge;
    private final ArrayDeque<Object> asked = new ArrayDeque<>();
    private Consumer<Input> sink = input -> {};
    private List<SimLane> lanes = List.of();
    private long stallUntilNanos;
    private boolean mayBeDamaged;
    private boolean hasIdentity;
    private @Nullable Runnable whenWriting;
    private @Nullable Runnable whenReceiving;

    SimFiles(
            VirtualTime time,
            Chance chance,
            FaultTable faults,
            Profile.Disk profile,
            MemberId member,
            EntryCodec codec,
            Witness witness,
            Runnable onPowerCut) {
        this.time = time;
        this.chance = chance;
        this.faults = faults;
        this.profile = profile;
        this.member = member;
        this.codec = codec;
        this.witness = witness;
        this.onPowerCut = onPowerCut;
        this.disk = new SimDisk(chance.any());
        this.options = StorageOptions.DEFAULT
                .withSegmentBytes(512 * (int) chance.logUniform(16, 256))
                .withGroupBytesMax((int) chance.logUniform(512, 64 << 10));
        if (chance.happens(0.5)) {
            disk.shortWrites(30, SimDisk.SECTOR_BYTES);
        }
    }

    // ---- faults

    @Override
    public void become(Profile.Disk calmer) {
        profile = calmer;
        disk.capacity(Long.MAX_VALUE);
        disk.shortWrites(0, SimDisk.SECTOR_BYTES);
    }

    @Override
    public void stall(long nanos) {
        stallUntilNanos = Math.max(stallUntilNanos, time.nowNanos() + nanos);
    }

    @Override
    public void failNextForce() {
        disk.failForce(1);
        faults.count(Fault.FORCE_FAILED);
    }

    @Override
    public void fillUp(long nanos) {
        faults.count(Fault.DISK_FULL);
        disk.capacity(disk.bytesUsed() + chance.below(16 << 10));
        time.after(nanos, () -> disk.capacity(Long.MAX_VALUE));
    }

    /** The power goes within one of the next calls. */
    @Override
    public void whenWriting(Runnable action) {
        whenWriting = () -> {
            faults.count(Fault.CRASH_IN_WRITE);
            disk.cutAtCall(1 + chance.below(6));
        };
    }

    @Override
    public void wipe() {
        disk = new SimDisk(chance.any());
        asked.clear();
        hasIdentity = false;
    }

    @Override
    public boolean isEmpty() {
        return !hasIdentity;
    }

    /** The size of a piece is production's. */
    @Override
    public void cutPieces(int bytes) {}

    /** Flipped bits of real files are a matter of other tests, which know what each field is. */
    @Override
    public boolean rot() {
        return false;
    }

    @Override
    public boolean isDamaged() {
        return false;
    }

    @Override
    public void whenReceiving(Runnable action) {
        whenReceiving = action;
    }

    @Override
    public void crash() {
        run++;
        sink = input -> {};
        bridge = null;
        stallUntilNanos = 0;
        lanes.forEach(SimLane::kill);
        if (disk.isOff() || chance.happens(0.6)) {
            disk.crash();
        } else {
            disk.kill();
        }
    }

    // ---- opening

    @Override
    public RecoveredMember open(Consumer<Input> answers) throws IOException {
        int of = run;
        SimLane log = lane(of, 1);
        SimLane background = lane(of, 20);
        SimLane transfer = lane(of, 2);
        lanes = List.of(log, background, transfer);
        sink = answers;
        FileStorage storage = FileStorage.on(disk, options, log, background, transfer).of(member).healedByPeers();
        Storage.Recovered found;
        try {
            found = storage.open();
        } catch (IOException e) {
            if (isWeather(e)) {
                crash();
                throw e;
            }
            throw new Violation("D-b", "the storage of member " + member + " does not open: " + e, e);
        }
        if (found.damage() != null && !mayBeDamaged) {
            throw new Violation("D-b", "the storage of member " + member + " takes itself for damaged: " + found.damage());
        }
        if (found.suspect() != null) {
            throw new Violation("D-b", "the storage of member " + member + " takes itself for suspect: " + found.suspect());
        }
        RecoveredMember recovered = StorageBridge.recovered(found, codec);
        hasIdentity = recovered.clusterId() != 0;
        countLosses(recovered);
        asked.clear();
        bridge = new StorageBridge(storage, codec, this::completed);
        return recovered;
    }

    private boolean isWeather(IOException e) {
        String text = String.valueOf(e.getMessage());
        return disk.isOff() || text.contains("Input/output error") || text.contains("No space left on device");
    }

    private void countLosses(RecoveredMember recovered) {
        long last = -1;
        long first = Long.MAX_VALUE;
        for (Object request : asked) {
            if (request instanceof LogWrite write && !write.entries().isEmpty()) {
                last = write.entries().get(write.entries().size() - 1).index();
                first = Math.min(first, write.entries().get(0).index());
            }
        }
        int count = recovered.entries().size();
        long found = count == 0 ? 0 : recovered.entries().get(count - 1).index();
        if (found < last) {
            faults.count(Fault.UNFORCED_LOST);
            if (found >= first) {
                faults.count(Fault.TORN_BATCH);
            }
        }
    }

    /** Tasks of one lane follow each other in time; whatever one does to the disk happens at one moment. */
    private SimLane lane(int of, long times) {
        long[] freeNanos = {0};
        return new SimLane(runOne -> {
            long nanos = times * (profile.forceNanos() + chance.exponential(profile.jitterNanos())) / 2;
            if (chance.happens(profile.slow() / 2)) {
                faults.count(Fault.SLOW_FORCE);
                nanos += chance.exponential(profile.slowNanos());
            }
            freeNanos[0] = Math.max(freeNanos[0], time.nowNanos()) + nanos;
            perform(of, runOne, freeNanos[0]);
        });
    }

    private void perform(int of, Runnable task, long atNanos) {
        time.at(Math.max(atNanos, stallUntilNanos), () -> {
            if (of != run) {
                return;
            }
            if (time.nowNanos() < stallUntilNanos) {
                perform(of, task, stallUntilNanos);
                return;
            }
            task.run();
            if (disk.isOff()) {
                onPowerCut.run();
            }
        });
    }

    // ---- work

    @Override
    public void take(Effects effects) {
        StorageBridge work = bridge;
        if (work == null) {
            return;
        }
        for (DiskTask task : effects.tasks()) {
            if (task instanceof DiskTask.InstallSnapshot) {
                asked.add(task);
            } else if (task instanceof DiskTask.WritePiece) {
                happen(whenReceiving);
                whenReceiving = null;
            }
        }
        asked.addAll(effects.writes());
        if (!effects.writes().isEmpty()) {
            happen(whenWriting);
            whenWriting = null;
        }
        work.store(effects);
    }

    private void happen(@Nullable Runnable action) {
        if (action != null) {
            time.after(1, action);
        }
    }

    /** A machine without power tells nobody anything. */
    private void completed(Input input) {
        if (disk.isOff()) {
            return;
        }
        hasIdentity |= input instanceof Input.IdentitySaved;
        if (input instanceof Input.Persisted && asked.poll() instanceof LogWrite write) {
            witness.forced(write);
        } else if (input instanceof Input.SnapshotInstalled
                && asked.poll() instanceof DiskTask.InstallSnapshot install) {
            witness.installed(install.meta(), install.keepSuffix());
        }
        sink.accept(input);
    }
}
