package io.coord.ensemble.spi;

import io.coord.Bytes;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A member's durable memory: its identity, its term and vote, its log and its snapshots.
 *
 * <p>{@link #open} blocks and is called once, before anything else. Every other method returns at once and reports through its
 * callback, from a thread of the storage's own, or on the caller's, where that one writes itself ({@link #writeHere}); the callbacks of
 * {@link #write} come in the order of the calls. Nothing is reported before it is forced to the disk. After a failure is reported nothing
 * more is written, in this run (fault.D10): a failed force is never retried.
 */
public interface Storage extends AutoCloseable {

    /**
     * Takes the storage into use, exclusively, and reads what is there. A torn tail of the log, never reported as written, is
     * cut; any other damage is an error that names file and position, or shows in {@link Recovered#suspect()}.
     *
     * @throws IOException with what was found, where, and what to do
     */
    Recovered open() throws IOException;

    /**
     * Forces the identity: before anything else is written, and again only with another incarnation of the same member, when it has
     * rejoined (fault.M5). Then {@link Recovered#suspect()} of an earlier incarnation no longer counts.
     */
    void saveIdentity(Identity identity, Consumer<Done> done);

    /** Forces a batch: term and vote first, then the entries, which replace the log from the first one's index on. */
    void write(Batch batch, Consumer<Done> done);

    /**
     * The same, for a caller with nothing else to do, while writes are short: a storage may have the caller write, which takes less time
     * than to wake a thread of its own, and have that one wake the caller. Optional.
     *
     * @return what the caller runs, at once, on its own thread: writes, and reports; null if the storage does it itself
     */
    default @Nullable Runnable writeHere(Batch batch, Consumer<Done> done) {
        write(batch, done);
        return null;
    }

    /**
     * Writes a snapshot under a temporary name, forces it, and renames it. Runs on a thread of low priority, in pieces, so that
     * it does not hold up {@link #write}.
     */
    void saveSnapshot(SnapshotImage image, SnapshotWriter content, Consumer<SnapshotDone> done);

    /** Reads a piece of a stored snapshot; index 0 means the newest. */
    void readSnapshot(long index, long offset, int bytesMax, Consumer<Piece> done);

    /**
     * Adds a piece to the snapshot being received from a peer; offset 0 begins anew. With the last piece the whole is verified
     * and forced, but does not count as the newest snapshot before {@link #installSnapshot}.
     */
    void receiveSnapshot(SnapshotImage image, long offset, Bytes piece, Consumer<Received> done);

    /**
     * Makes the received snapshot the newest and lets the log start behind it: entries up to its index are dropped, later ones
     * kept only if they follow it ({@code keepSuffix}).
     */
    void installSnapshot(long index, boolean keepSuffix, Consumer<Done> done);

    /** Allows to delete log below an index; a storage keeps at least what the older of its two newest snapshots needs. */
    void compact(long throughIndex);

    /**
     * What it takes of the disk, for whoever looks after the member; nothing, for one without. Any thread may ask, and waits for a look at
     * the directory.
     *
     * @throws IOException if the disk does not say
     */
    default DiskUse diskUse() throws IOException {
        return new DiskUse(0, 0);
    }

    /**
     * Bytes on the disk.
     *
     * @param snapshotBytes in snapshots, those that are being written included
     * @param logBytes in the log, with the room it keeps ready
     */
    record DiskUse(long snapshotBytes, long logBytes) {}

    /**
     * Looks whether there is room for what is to come, and goes on with what was asked for and waits for room: where a disk is full, a
     * storage that can need not fail but may wait, as on a disk that is slow (fault.D11). Asked every second or so.
     *
     * @param answer told why there is not enough, with place and remedy; null if there is
     */
    default void room(Consumer<@Nullable String> answer) {
        answer.accept(null);
    }

    /** Ends use: finishes the writes that were asked for, gives snapshots up, joins its threads, releases files and lock. */
    @Override
    void close();

    /**
     * Whose storage it is.
     *
     * @param clusterId of the ensemble, not 0
     * @param member number of the member
     * @param incarnation of the member's disk
     * @param configuration whom the ensemble was formed of, encoded; opaque
     */
    record Identity(long clusterId, int member, long incarnation, Bytes configuration) {}

    /**
     * Term and vote.
     *
     * @param term the term
     * @param voteMember number of the member voted for, or 0
     * @param voteIncarnation its incarnation, or 0
     */
    record Vote(long term, int voteMember, long voteIncarnation) {

        // What a record has for this by itself is linked at its first use, which costs every start processor time.

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Vote that
                    && term == that.term
                    && voteMember == that.voteMember
                    && voteIncarnation == that.voteIncarnation;
        }

        @Override
        public int hashCode() {
            return (Long.hashCode(term) * 31 + voteMember) * 31 + Long.hashCode(voteIncarnation);
        }
    }

    /**
     * An entry as stored.
     *
     * @param index its position
     * @param term its term
     * @param wallMillis its logged wall clock
     * @param elapsedMillis its logged elapsed time
     * @param kind of its payload
     * @param payload opaque
     */
    record StoredEntry(long index, long term, long wallMillis, long elapsedMillis, byte kind, Bytes payload) {}

    /**
     * What is forced together.
     *
     * @param vote the new term and vote, or null if unchanged
     * @param entries contiguous, perhaps none
     */
    record Batch(@Nullable Vote vote, List<StoredEntry> entries) {}

    /**
     * What a snapshot stands for.
     *
     * @param index of its last entry
     * @param term of that entry
     * @param wallMillis of that entry
     * @param elapsedMillis of that entry
     * @param configuration in force there, encoded
     * @param sizeBytes of its content; 0 if not known yet
     * @param digest of its content; 0 if not known yet
     */
    record SnapshotImage(
            long index,
            long term,
            long wallMillis,
            long elapsedMillis,
            Bytes configuration,
            long sizeBytes,
            long digest) {}

    /** Writes a snapshot's content, record by record; called once on the storage's thread. */
    interface SnapshotWriter {
        /** Writes all records to the sink. */
        void writeTo(Sink sink) throws IOException;

        /** Takes records. */
        interface Sink {
            /** Takes one record. */
            void record(Bytes record) throws IOException;
        }
    }

    /**
     * What was found at {@link #open}.
     *
     * @param identity whose storage it is; null if it is new
     * @param vote term and vote; null if none was ever stored
     * @param snapshot the newest valid snapshot; null if there is none
     * @param snapshotRecords its records in order; empty if there is none
     * @param entries the log behind the snapshot; contiguous from the snapshot's index + 1 (or the log's base + 1)
     * @param suspect why this storage may have forgotten something it had reported as written; null if it has not
     * @param findings what was found out of order and put right, one sentence each, for the log: a torn tail that was cut, a damaged
     *     snapshot that was passed over
     * @param damage what is lost and must be had from a peer before the member takes part again; null if nothing is. If it is not
     *     null, identity and vote are whole, and neither snapshot nor entries are given
     */
    record Recovered(
            @Nullable Identity identity,
            @Nullable Vote vote,
            @Nullable SnapshotImage snapshot,
            Iterable<Bytes> snapshotRecords,
            List<StoredEntry> entries,
            @Nullable String suspect,
            List<String> findings,
            @Nullable Damage damage) {

        /** What was found in a storage that is whole. */
        public Recovered(
                @Nullable Identity identity,
                @Nullable Vote vote,
                @Nullable SnapshotImage snapshot,
                Iterable<Bytes> snapshotRecords,
                List<StoredEntry> entries,
                @Nullable String suspect,
                List<String> findings) {
            this(identity, vote, snapshot, snapshotRecords, entries, suspect, findings, null);
        }
    }

    /**
     * Damage that a snapshot from a peer makes good: {@link #receiveSnapshot}, then {@link #installSnapshot} without a suffix. Until
     * then the storage takes nothing else, and changes nothing.
     *
     * @param found what was found, where
     * @param atLeast the snapshot's lowest index: nothing that this storage reported as written lies above it
     */
    record Damage(String found, long atLeast) {}

    /** The result of a write: done, or failed for good. */
    sealed interface Done {
        /** It is on the disk. */
        record Forced() implements Done {
            /** The only value needed. */
            public static final Forced FORCED = new Forced();
        }

        /**
         * It may or may not be on the disk, and nothing will be written any more.
         *
         * @param cause what went wrong, with file and remedy in its message
         */
        record Failed(IOException cause) implements Done {}
    }

    /** The result of saving a snapshot. */
    sealed interface SnapshotDone {
        /**
         * It is on the disk.
         *
         * @param image with size and digest
         */
        record Saved(SnapshotImage image) implements SnapshotDone {}

        /**
         * It is not; the log goes on, and so may the member.
         *
         * @param cause what went wrong
         */
        record NotSaved(IOException cause) implements SnapshotDone {}
    }

    /** A piece of a stored snapshot. */
    sealed interface Piece {
        /**
         * The piece.
         *
         * @param image which snapshot, with its size
         * @param offset the piece's position
         * @param bytes the piece
         */
        record Bytes(SnapshotImage image, long offset, io.coord.Bytes bytes) implements Piece {}

        /**
         * There is none, and there will be none.
         *
         * @param reason no such snapshot, or it is damaged
         */
        record Missing(String reason) implements Piece {}

        /**
         * It cannot be read now, for want of memory, say; perhaps later.
         *
         * @param reason what went wrong
         */
        record Unreadable(String reason) implements Piece {}
    }

    /** How far a snapshot from a peer has come. */
    sealed interface Received {
        /**
         * More is wanted.
         *
         * @param nextOffset from here
         */
        record Partly(long nextOffset) implements Received {}

        /**
         * All of it is there, verified and forced.
         *
         * @param image which snapshot
         * @param records its records in order
         */
        record Whole(SnapshotImage image, Iterable<Bytes> records) implements Received {}

        /**
         * It is damaged, or cannot be written: begin anew.
         *
         * @param reason what was found
         */
        record Refused(String reason) implements Received {}
    }
}
