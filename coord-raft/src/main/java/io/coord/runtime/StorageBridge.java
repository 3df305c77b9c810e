package io.coord.runtime;

import io.coord.Bytes;
import io.coord.MemberId;
import io.coord.ensemble.spi.Storage;
import io.coord.ensemble.spi.Storage.Done;
import io.coord.ensemble.spi.Storage.Piece;
import io.coord.ensemble.spi.Storage.Received;
import io.coord.ensemble.spi.Storage.SnapshotDone;
import io.coord.ensemble.spi.Storage.SnapshotImage;
import io.coord.ensemble.spi.Storage.StoredEntry;
import io.coord.member.DiskTask;
import io.coord.member.Effects;
import io.coord.member.Input;
import io.coord.member.RecoveredMember;
import io.coord.raft.Configuration;
import io.coord.raft.Entry;
import io.coord.raft.HardState;
import io.coord.raft.LogWrite;
import io.coord.raft.MemberKey;
import io.coord.raft.SnapshotMeta;
import io.coord.state.CoordState;
import io.coord.state.Restoring;
import io.coord.wire.EntryCodec;
import io.coord.wire.SnapshotCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Between a member and its {@link Storage}: hands disk work over, turns completions into inputs, and what was found at start into a
 * {@link RecoveredMember}. Has no thread; snapshots are encoded and decoded on the storage's own.
 */
public final class StorageBridge {

    /** One piece at a time is on its way to a member, and costs turns of two loops; a larger one is humongous to the collector of a small heap. */
    private static final int PIECE_BYTES = 256 << 10;

    private final Storage storage;
    private final EntryCodec codec;
    private final Consumer<Input> inbox;

    /**
     * A bridge to a storage that has been opened.
     *
     * @param inbox takes what is completed, from any thread
     */
    public StorageBridge(Storage storage, EntryCodec codec, Consumer<Input> inbox) {
        this.storage = storage;
        this.codec = codec;
        this.inbox = inbox;
    }

    /** What was found, as the member needs it. */
    public static RecoveredMember recovered(Storage.Recovered found, EntryCodec codec) {
        Storage.Identity identity = found.identity();
        SnapshotImage image = found.snapshot();
        List<Entry> entries = new ArrayList<>(found.entries().size());
        for (StoredEntry stored : found.entries()) {
            entries.add(codec.entry(stored));
        }
        Storage.Vote vote = found.vote();
        return new RecoveredMember(
                identity == null ? 0 : identity.clusterId(),
                identity == null ? MemberKey.FIRST_INCARNATION : identity.incarnation(),
                identity == null ? null : Configuration.decode(identity.configuration()),
                vote == null ? HardState.INITIAL : codec.hardState(vote),
                image == null ? null : codec.meta(image),
                image == null ? null : decode(found.snapshotRecords()),
                entries,
                found.suspect(),
                damage(found.damage()));
    }

    private static RecoveredMember.@Nullable Damage damage(Storage.@Nullable Damage found) {
        return found == null ? null : new RecoveredMember.Damage(found.found(), found.atLeast());
    }

    private static CoordState decode(Iterable<Bytes> records) {
        Restoring restoring = CoordState.restoring();
        new SnapshotCodec().read(records, restoring);
        return restoring.state();
    }

    /** Begins what a turn asks of the disk. A snapshot is installed first: what the turn writes goes behind it. */
    public void store(Effects effects) {
        for (DiskTask task : effects.tasks()) {
            if (task instanceof DiskTask.InstallSnapshot install) {
                install(install);
            }
        }
        for (LogWrite write : effects.writes()) {
            write(write);
        }
        for (DiskTask task : effects.tasks()) {
            begin(task);
        }
    }

    private void install(DiskTask.InstallSnapshot install) {
        long index = install.meta().last().index();
        storage.installSnapshot(
                index, install.keepSuffix(), done -> forced(done, new Input.SnapshotInstalled(index)));
    }

    private void write(LogWrite write) {
        storage.write(batch(write), done -> forced(done, new Input.Persisted(write.sequence())));
    }

    /** The same for a caller that may write itself: what it is to run for that, or null. */
    @Nullable Runnable storeHere(LogWrite write) {
        return storage.writeHere(batch(write), done -> forced(done, new Input.Persisted(write.sequence())));
    }

    private Storage.Batch batch(LogWrite write) {
        HardState hardState = write.hardState();
        List<StoredEntry> entries = new ArrayList<>(write.entries().size());
        for (Entry entry : write.entries()) {
            entries.add(codec.stored(entry));
        }
        return new Storage.Batch(hardState == null ? null : codec.vote(hardState), entries);
    }

    private void forced(Done done, Input input) {
        inbox.accept(done instanceof Done.Failed failed ? new Input.StorageFailed(reason(failed)) : input);
    }

    private static String reason(Done.Failed failed) {
        String text = failed.cause().getMessage();
        return text == null ? failed.cause().toString() : text;
    }

    /** Begins a task other than to install a snapshot. */
    private void begin(DiskTask task) {
        if (task instanceof DiskTask.SaveIdentity save) {
            MemberId member = save.self().id();
            storage.saveIdentity(
                    new Storage.Identity(
                            save.clusterId(), member.value(), save.self().incarnation(), save.initial().encoded()),
                    done -> forced(done, new Input.IdentitySaved()));
        } else if (task instanceof DiskTask.SaveSnapshot save) {
            storage.saveSnapshot(codec.image(save.meta()), new SnapshotCodec().writer(save.root()), this::saved);
        } else if (task instanceof DiskTask.ReadPiece read) {
            storage.readSnapshot(read.snapshotIndex(), read.offset(), PIECE_BYTES, piece -> read(read, piece));
        } else if (task instanceof DiskTask.WritePiece write) {
            SnapshotMeta meta = write.chunk().meta();
            storage.receiveSnapshot(
                    codec.image(meta),
                    write.chunk().offset(),
                    write.chunk().bytes(),
                    received -> received(meta, received));
        } else if (task instanceof DiskTask.Compact compact) {
            storage.compact(compact.throughIndex());
        } else if (task instanceof DiskTask.CheckRoom) {
            storage.room(shortage -> inbox.accept(new Input.Room(shortage)));
        }
    }

    private void saved(SnapshotDone done) {
        inbox.accept(
                done instanceof SnapshotDone.Saved saved
                        ? new Input.SnapshotSaved(codec.meta(saved.image()))
                        : new Input.SnapshotNotSaved(String.valueOf(((SnapshotDone.NotSaved) done).cause().getMessage())));
    }

    private void read(DiskTask.ReadPiece read, Piece piece) {
        if (piece instanceof Piece.Bytes bytes) {
            inbox.accept(new Input.PieceRead(read.to(), codec.meta(bytes.image()), bytes.offset(), bytes.bytes()));
        } else if (piece instanceof Piece.Missing) {
            inbox.accept(new Input.PieceMissing(read.to(), read.snapshotIndex()));
        } else {
            inbox.accept(new Input.PieceUnreadable(read.to(), read.snapshotIndex()));
        }
    }

    private void received(SnapshotMeta meta, Received received) {
        long index = meta.last().index();
        if (received instanceof Received.Partly partly) {
            inbox.accept(new Input.PieceWritten(index, partly.nextOffset()));
        } else if (received instanceof Received.Whole whole) {
            CoordState state = decodedOrNull(whole.records());
            inbox.accept(
                    state == null
                            ? new Input.PieceRefused(index)
                            : new Input.SnapshotReceived(codec.meta(whole.image()), state));
        } else {
            inbox.accept(new Input.PieceRefused(index));
        }
    }

    private static @Nullable CoordState decodedOrNull(Iterable<Bytes> records) {
        try {
            return decode(records);
        } catch (RuntimeException | Error unusable) {
            return null; // unreadable, damaged in a way its digests do not show, or without memory for it: anew, perhaps by another sender
        }
    }
}
