package io.coord.wire;

import io.coord.MemberId;
import io.coord.ensemble.spi.Storage;
import io.coord.raft.CommandPayload;
import io.coord.raft.ConfigPayload;
import io.coord.raft.Configuration;
import io.coord.raft.Entry;
import io.coord.raft.EntryId;
import io.coord.raft.HardState;
import io.coord.raft.MemberKey;
import io.coord.raft.Payload;
import io.coord.raft.SnapshotMeta;

/** Raft's values as a storage keeps them, and back. Has no state; any thread may use it. */
public final class EntryCodec {

    private final WireCommandCodec commands;

    /** A codec of entries whose commands are read by another. */
    public EntryCodec(WireCommandCodec commands) {
        this.commands = commands;
    }

    /** The entry as stored; encodes its command if nobody has yet. */
    public Storage.StoredEntry stored(Entry entry) {
        return new Storage.StoredEntry(
                entry.index(),
                entry.term(),
                entry.wallMillis(),
                entry.elapsedMillis(),
                entry.payload().kind(),
                entry.payload().bytes());
    }

    /**
     * The entry that was stored, its command decoded.
     *
     * @throws IllegalArgumentException if the payload is of an unknown kind or cannot be read; the message names the entry
     */
    public Entry entry(Storage.StoredEntry stored) {
        return new Entry(
                stored.index(), stored.term(), stored.wallMillis(), stored.elapsedMillis(), namedPayload(stored));
    }

    private Payload namedPayload(Storage.StoredEntry stored) {
        try {
            return payload(stored);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "entry " + new EntryId(stored.index(), stored.term()) + ": " + e.getMessage(), e);
        }
    }

    private Payload payload(Storage.StoredEntry stored) {
        return switch (stored.kind()) {
            case CommandPayload.KIND -> commands.decoded(stored.payload());
            case ConfigPayload.KIND -> ConfigPayload.decode(stored.payload());
            case Payload.NoOp.KIND -> noOp(stored);
            default -> throw new IllegalArgumentException("payload kind " + stored.kind()
                    + " is unknown; this release reads kinds 0 to 2");
        };
    }

    private static Payload noOp(Storage.StoredEntry stored) {
        if (stored.payload().length() != 0) {
            throw new IllegalArgumentException("a no-op with a payload of " + stored.payload().length() + " bytes");
        }
        return Payload.NoOp.NO_OP;
    }

    /** Term and vote as stored; nobody is member 0. */
    public Storage.Vote vote(HardState state) {
        MemberKey vote = state.vote();
        return vote == null
                ? new Storage.Vote(state.term(), 0, 0)
                : new Storage.Vote(state.term(), vote.id().value(), vote.incarnation());
    }

    /**
     * The term and vote that were stored.
     *
     * @throws IllegalArgumentException if the vote is for a member that cannot be
     */
    public HardState hardState(Storage.Vote vote) {
        if (vote.voteMember() == 0) {
            if (vote.voteIncarnation() != 0) {
                throw new IllegalArgumentException(
                        "a vote for nobody in incarnation " + vote.voteIncarnation() + ", in term " + vote.term());
            }
            return new HardState(vote.term(), null);
        }
        return new HardState(vote.term(), new MemberKey(MemberId.of(vote.voteMember()), vote.voteIncarnation()));
    }

    /** What a snapshot stands for, as stored. */
    public Storage.SnapshotImage image(SnapshotMeta meta) {
        return new Storage.SnapshotImage(
                meta.last().index(),
                meta.last().term(),
                meta.wallMillis(),
                meta.elapsedMillis(),
                meta.configuration().encoded(),
                meta.sizeBytes(),
                meta.digest());
    }

    /**
     * What a stored snapshot stands for.
     *
     * @throws IllegalArgumentException if its configuration cannot be read; the message names the snapshot
     */
    public SnapshotMeta meta(Storage.SnapshotImage image) {
        EntryId last = new EntryId(image.index(), image.term());
        try {
            return new SnapshotMeta(
                    last,
                    image.wallMillis(),
                    image.elapsedMillis(),
                    Configuration.decode(image.configuration()),
                    image.sizeBytes(),
                    image.digest());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("snapshot " + last + ": " + e.getMessage(), e);
        }
    }
}
