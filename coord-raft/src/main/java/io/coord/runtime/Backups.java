package io.coord.runtime;

import io.coord.Bytes;
import io.coord.ConfigException;
import io.coord.Ensemble;
import io.coord.MemberId;
import io.coord.Refusal;
import io.coord.ensemble.spi.Storage.SnapshotImage;
import io.coord.member.ConfigNode;
import io.coord.member.Ensembles;
import io.coord.raft.Configuration;
import io.coord.state.Command;
import io.coord.state.CoordState;
import io.coord.state.Reconfiguration;
import io.coord.state.StateRoot;
import io.coord.storage.SnapshotArchive;
import io.coord.wire.ProtobufFloor;
import io.coord.wire.SnapshotCodec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes a state to a file, and founds an ensemble on it again. */
public final class Backups {

    /** Nobody issues more than this between a backup and its restoration; where fewer are left in an epoch, it is passed over. */
    private static final long ISSUED_SINCE_MAX = 1L << 31;

    private static final long EPOCH_MASK = 0xFFFF_FFFFL;

    private Backups() {}

    /** Writes a state to a file; its index is returned. Costs a write and force of all of it on the caller's thread. */
    public static long write(StateRoot state, Path file) throws IOException {
        ProtobufFloor.require();
        SnapshotImage image = new SnapshotImage(
                state.index(), state.term(), state.wallMillis(), state.elapsedMillis(), Bytes.EMPTY, 0, 0);
        return SnapshotArchive.write(file, image, new SnapshotCodec().writer(state)).index();
    }

    /**
     * Writes a member's data directory from a backup. Its log starts at a base above every zxid that the ensemble of the backup can have
     * issued, before the backup and after it; sessions are ended, and their ephemeral nodes with them (rule.26);
     * a change of members under way is abandoned, as it was of other members.
     *
     * @return the zxid that the restored state shows
     * @throws ConfigException if the protobuf-java that is loaded is too old; nothing was touched
     */
    public static long restore(Path file, Path directory, MemberId member, Ensemble ensemble, long clusterId) throws IOException {
        ProtobufFloor.require();
        SnapshotArchive.Content content = SnapshotArchive.read(file);
        StateRoot restored = restored(content, ensemble);
        Founding.directory(directory, member, ensemble, clusterId, restored);
        return restored.index();
    }

    private static StateRoot restored(SnapshotArchive.Content content, Ensemble ensemble) throws IOException {
        CoordState state;
        try {
            state = new SnapshotCodec().restore(content.records());
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new IOException("the backup holds no state: " + e.getMessage(), e);
        }
        StateRoot before = state.root();
        long index = Founding.baseAbove(baseOf(before.index()));
        long term = before.term() + 1;
        Configuration configuration = Ensembles.founding(ensemble);
        state.configure(
                index, term, before.wallMillis(), before.elapsedMillis(), ensemble.toString(), ConfigNode.data(configuration, index));
        List<Command> ends = new ArrayList<>();
        Reconfiguration pending = state.reconfiguration();
        if (pending != null) {
            ends.add(new Command.AbandonReconfiguration(
                    pending.index(), term, Refusal.NEW_CONFIG_NO_QUORUM, "the ensemble was restored from a backup"));
        }
        before.forEachSession(session -> ends.add(new Command.ExpireSession(session.id(), session.attach(), term)));
        for (Command end : ends) {
            state.apply(++index, term, before.wallMillis(), before.elapsedMillis(), end);
        }
        return state.root();
    }

    private static long baseOf(long index) {
        return (index & EPOCH_MASK) > ISSUED_SINCE_MAX ? index + ISSUED_SINCE_MAX : index;
    }
}
