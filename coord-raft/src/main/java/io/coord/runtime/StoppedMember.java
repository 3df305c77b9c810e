package io.coord.runtime;

import io.coord.Bytes;
import io.coord.ConfigException;
import io.coord.ErrorCode;
import io.coord.ensemble.spi.Storage;
import io.coord.member.RecoveredMember;
import io.coord.raft.CommandPayload;
import io.coord.raft.ConfigPayload;
import io.coord.raft.Entry;
import io.coord.raft.EntryId;
import io.coord.state.CoordState;
import io.coord.state.StateRoot;
import io.coord.storage.FileStorage;
import io.coord.wire.EntryCodec;
import io.coord.wire.ProtobufFloor;
import io.coord.wire.WireCommandCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What the data directory of a member that does not run comes to: the state after the last entry of its log.
 *
 * <p>A member alone does not know what was committed. Every acknowledged write is in the log of a majority, so that of a majority's
 * logs the one that ends with the highest term, then index, holds them all; it may hold a few more, whose callers had no answer.
 *
 * @param member whose directory it is
 * @param clusterId of its ensemble
 * @param lastTerm term of the log's last entry
 * @param root the state after it
 * @param findings what was out of order in the directory, and put right as at any start
 */
public record StoppedMember(int member, long clusterId, long lastTerm, StateRoot root, List<String> findings) {

    /**
     * Reads a directory, which nobody else may have in use.
     *
     * @throws IOException if there is no member's data, or it is damaged or in use; the message says what to do
     * @throws ConfigException if the protobuf-java that is loaded is too old; nothing was opened
     */
    public static StoppedMember read(Path directory) throws IOException {
        ProtobufFloor.require();
        if (!Files.isDirectory(directory)) {
            throw new IOException(ErrorCode.DATA_DIRECTORY_UNUSABLE.message("there is no data directory " + directory
                    + ". Name the directory that a member wrote."));
        }
        WireCommandCodec commands = new WireCommandCodec();
        try (FileStorage storage = FileStorage.at(directory)) {
            Storage.Recovered found = storage.open();
            Storage.Identity identity = found.identity();
            if (identity == null) {
                throw new IOException(ErrorCode.NOT_A_DATA_DIRECTORY.message("directory " + directory
                        + " holds no member's data. Name the directory that a member wrote."));
            }
            RecoveredMember recovered = StorageBridge.recovered(found, new EntryCodec(commands));
            CoordState state = recovered.state() != null ? recovered.state() : new CoordState(Bytes.EMPTY);
            EntryId last = recovered.base() != null ? recovered.base().last() : EntryId.ORIGIN;
            for (Entry entry : recovered.entries()) {
                apply(state, entry, commands);
                last = new EntryId(entry.index(), entry.term());
            }
            return new StoppedMember(
                    identity.member(), identity.clusterId(), last.term(), state.root(), found.findings());
        }
    }

    private static void apply(CoordState state, Entry entry, WireCommandCodec commands) {
        if (entry.payload() instanceof CommandPayload payload) {
            state.apply(entry.index(), entry.term(), entry.wallMillis(), entry.elapsedMillis(), commands.command(payload));
        } else if (entry.payload() instanceof ConfigPayload) {
            state.configure(entry.index(), entry.term(), entry.wallMillis(), entry.elapsedMillis(), null, Bytes.EMPTY);
        } else {
            state.advance(entry.index(), entry.term(), entry.wallMillis(), entry.elapsedMillis());
        }
    }
}
