package io.coord.runtime;

import io.coord.Bytes;
import io.coord.ConfigException;
import io.coord.Ensemble;
import io.coord.ErrorCode;
import io.coord.MemberId;
import io.coord.ensemble.spi.Storage;
import io.coord.ensemble.spi.Storage.Done;
import io.coord.ensemble.spi.Storage.SnapshotDone;
import io.coord.ensemble.spi.Storage.SnapshotImage;
import io.coord.member.Ensembles;
import io.coord.member.Incarnations;
import io.coord.raft.MemberKey;
import io.coord.state.StateRoot;
import io.coord.storage.FileStorage;
import io.coord.wire.ProtobufFloor;
import io.coord.wire.SnapshotCodec;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Founds an ensemble on a state that is there already, imported or restored: writes for each member the storage it starts from.
 *
 * <p>The log of such an ensemble starts behind the state's own index and term, its base, for which the state stands as a snapshot
 * (rule.26). All members are given the same state, the same cluster id and the same ensemble; they then start like members that
 * have met before, and elect a leader. Choose the base with {@link #baseAbove}, so that no zxid is ever seen twice.
 */
public final class Founding {

    private static final int EPOCH_BITS = 32;
    private static final String UNFINISHED = ".unfinished";

    private Founding() {}

    /** An id for a new ensemble: random, never 0. All of its members are founded with the same one. */
    public static long newClusterId() {
        SecureRandom random = new SecureRandom();
        long id = 0;
        while (id == 0) {
            id = random.nextLong();
        }
        return id;
    }

    /**
     * The next multiple of 2^32 above an index: above anything that those who issued it can have issued since. Where members' keys would
     * come round before long, a later one.
     */
    public static long baseAbove(long highestIndex) {
        long base = Incarnations.beginning((highestIndex >>> EPOCH_BITS) + 1 << EPOCH_BITS);
        if (highestIndex < 0 || base < 0) {
            throw new IllegalArgumentException("there is no base above index 0x" + Long.toHexString(highestIndex));
        }
        return base;
    }

    /**
     * Writes a member's data directory, under a temporary name beside it until it is whole and forced: a crash leaves either no
     * directory or a good one.
     *
     * @param directory that is not there, or empty
     * @param member whose directory it is to be
     * @param ensemble whom the ensemble is formed of
     * @param clusterId of the new ensemble, the same for all of its members
     * @param state what the ensemble goes on from, at its base
     * @throws IOException if the directory is not empty or cannot be written; the message says what to do
     * @throws ConfigException if the protobuf-java that is loaded is too old; nothing was touched
     */
    public static void directory(Path directory, MemberId member, Ensemble ensemble, long clusterId, StateRoot state)
            throws IOException {
        ProtobufFloor.require();
        Path wanted = directory.toAbsolutePath().normalize();
        requireEmpty(wanted);
        Path unfinished = wanted.resolveSibling(wanted.getFileName() + UNFINISHED);
        deleteFlat(unfinished);
        boolean isDone = false;
        try {
            storage(FileStorage.at(unfinished), member, ensemble, clusterId, state);
            Files.deleteIfExists(wanted);
            Files.move(unfinished, wanted, StandardCopyOption.ATOMIC_MOVE);
            isDone = true;
        } finally {
            if (!isDone) {
                deleteFlat(unfinished);
            }
        }
        force(Objects.requireNonNull(wanted.getParent()));
    }

    /**
     * Writes what a member starts from into a storage that is empty, and closes it. Until this returns the storage is of no use,
     * and is to be wiped before another try.
     *
     * @param storage that nobody has opened yet
     * @param member whose storage it is to be
     * @param ensemble whom the ensemble is formed of
     * @param clusterId of the new ensemble, the same for all of its members
     * @param state what the ensemble goes on from, at its base
     * @throws IOException if the storage is not empty or cannot be written
     */
    public static void storage(Storage storage, MemberId member, Ensemble ensemble, long clusterId, StateRoot state)
            throws IOException {
        ensemble.address(member);
        if (clusterId == 0) {
            throw new IllegalArgumentException("cluster id 0 means no ensemble; say new by command, or take one from DataDirectory.newClusterId()");
        }
        try (storage) {
            Storage.Recovered found = storage.open();
            if (found.identity() != null) {
                throw new IOException(ErrorCode.FOREIGN_DATA_DIRECTORY.message("the storage holds the data of member "
                        + found.identity().member() + " already; nothing was changed. Choose an empty one."));
            }
            Bytes configuration = Ensembles.founding(ensemble).encoded();
            Storage.Identity identity = new Storage.Identity(clusterId, member.value(), MemberKey.FIRST_INCARNATION, configuration);
            await(done -> storage.saveIdentity(identity, done));
            Storage.Vote term = new Storage.Vote(state.term(), 0, 0);
            await(done -> storage.write(new Storage.Batch(term, List.of()), done));
            save(storage, image(state, configuration), state);
        }
    }

    private static SnapshotImage image(StateRoot state, Bytes configuration) {
        return new SnapshotImage(
                state.index(), state.term(), state.wallMillis(), state.elapsedMillis(), configuration, 0, 0);
    }

    private static void await(Consumer<Consumer<Done>> request) throws IOException {
        CompletableFuture<Done> done = new CompletableFuture<>();
        request.accept(done::complete);
        if (done.join() instanceof Done.Failed failed) {
            throw failed.cause();
        }
    }

    private static void save(Storage storage, SnapshotImage image, StateRoot state) throws IOException {
        CompletableFuture<SnapshotDone> done = new CompletableFuture<>();
        storage.saveSnapshot(image, new SnapshotCodec().writer(state), done::complete);
        if (done.join() instanceof SnapshotDone.NotSaved failed) {
            throw failed.cause();
        }
    }

    // ---- directories

    private static void requireEmpty(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.list(directory)) {
            if (files.findAny().isPresent()) {
                throw new IOException(ErrorCode.DATA_DIRECTORY_UNUSABLE.message("directory " + directory
                        + " is not empty; nothing was changed. Choose an empty directory, or one that is not there yet."));
            }
        }
    }

    private static void deleteFlat(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        }
    }

    private static void force(Path directory) throws IOException {
        if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }
}
