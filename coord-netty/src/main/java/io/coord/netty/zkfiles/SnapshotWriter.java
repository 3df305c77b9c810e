package io.coord.netty.zkfiles;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.ErrorCode;
import io.coord.netty.zkfiles.ZooKeeperTree.Node;
import io.coord.state.StateRoot;
import io.coord.state.StateVisitor;
import io.coord.state.StateVisitor.NodeImage;
import io.coord.state.StateVisitor.SessionImage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes a state as a snapshot that ZooKeeper 3.5 to 3.9 starts from: nodes with their Stat fields, sessions with their timeouts, the
 * digest that 3.6 and newer check.
 */
public final class SnapshotWriter {

    private static final int MAGIC = 'Z' << 24 | 'K' << 16 | 'S' << 8 | 'N';
    private static final int VERSION = 2;
    private static final long OPEN = -1;
    private static final String CONFIG = "/zookeeper/config";

    private final StateRoot root;
    private final JuteOutput out;
    private final Map<List<Acl>, Long> lists = new HashMap<>();
    private long digest;

    private SnapshotWriter(StateRoot root, OutputStream target) {
        this.root = root;
        this.out = new JuteOutput(target);
    }

    /**
     * Writes the snapshot into {@code version-2} below a directory, and forces it; nothing is left there if that fails.
     *
     * @param directory what {@code zoo.cfg} is to call dataDir: not there yet, or empty
     * @return the file
     */
    public static Path write(StateRoot root, Path directory) throws IOException {
        requireEmpty(directory);
        Path below = directory.resolve(ZooKeeperFiles.BELOW);
        Files.createDirectories(below, ownersAlone(directory, "rwx------"));
        Path file = below.resolve(ZooKeeperFiles.SNAPSHOT + Long.toHexString(root.index()));
        Path unfinished = below.resolve("unfinished");
        boolean isDone = false;
        try {
            try (FileChannel channel =
                    FileChannel.open(unfinished, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownersAlone(directory, "rw-------"))) {
                new SnapshotWriter(root, Channels.newOutputStream(channel)).write();
                channel.force(true);
            }
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
            isDone = true;
            return file;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            if (!isDone) {
                Files.deleteIfExists(unfinished);
                Files.deleteIfExists(below);
            }
        }
    }

    /** What is made here nobody but its owner reads: passwords' hashes and all data are in it. Where there are no such permissions, none. */
    private static FileAttribute<?>[] ownersAlone(Path directory, String permissions) {
        return directory.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))}
                : new FileAttribute<?>[0];
    }

    private static void requireEmpty(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.list(directory)) {
                if (files.findAny().isPresent()) {
                    throw new IOException(ErrorCode.DATA_DIRECTORY_UNUSABLE.message("directory " + directory
                            + " is not empty; nothing was changed. Choose an empty directory, or one that is not there yet."));
                }
            }
        }
    }

    private void write() throws IOException {
        out.int32(MAGIC);
        out.int32(VERSION);
        out.int64(-1);
        out.int32(root.sessionCount());
        root.visit(new Part() {
            @Override
            public void session(SessionImage session) {
                put(session);
            }

            @Override
            public void node(NodeImage node) {
                number(node.acl());
            }
        });
        putLists();
        root.visit(new Part() {
            @Override
            public void node(NodeImage node) {
                put(node);
            }
        });
        out.text("/");
        seal();
        out.int64(root.index());
        out.int32(ZooKeeperTree.DIGEST_VERSION);
        out.int64(digest);
        seal();
        out.int64(root.index());
        seal();
        out.flush();
    }

    /** Visits only what it is interested in. */
    private abstract static class Part implements StateVisitor {
        @Override
        public void header(Header header) {}

        @Override
        public void session(SessionImage session) {}

        @Override
        public void end(long stateDigest) {}
    }

    private void number(List<Acl> acl) {
        if (!acl.equals(Acl.OPEN)) {
            lists.putIfAbsent(acl, lists.size() + 1L);
        }
    }

    private void put(SessionImage session) {
        try {
            out.int64(session.id());
            out.int32(session.timeoutMillis());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void putLists() throws IOException {
        out.int32(lists.size());
        for (Map.Entry<List<Acl>, Long> entry : lists.entrySet()) {
            out.int64(entry.getValue());
            out.acl(entry.getKey());
        }
    }

    private void put(NodeImage node) {
        try {
            boolean isRoot = node.path().equals("/");
            boolean isConfig = node.path().equals(CONFIG); // ZooKeeper's servers write their own there
            Bytes data = isConfig ? Bytes.EMPTY : node.data();
            int version = isConfig ? 0 : node.version();
            long owner = owner(node);
            out.text(isRoot ? "" : node.path());
            out.buffer(data);
            out.int64(lists.getOrDefault(node.acl(), OPEN));
            out.int64(node.czxid());
            out.int64(node.mzxid());
            out.int64(node.ctime());
            out.int64(node.mtime());
            out.int32(version);
            out.int32(node.creations());
            out.int32(node.aversion());
            out.int64(owner);
            out.int64(node.pzxid());
            digest += ZooKeeperTree.digest(node.path(), asStored(node, data, version, owner));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Node asStored(NodeImage node, @Nullable Bytes data, int version, long owner) {
        Node stored = new Node();
        stored.data = data == null ? null : data.toArray();
        stored.czxid = node.czxid();
        stored.mzxid = node.mzxid();
        stored.pzxid = node.pzxid();
        stored.ctime = node.ctime();
        stored.mtime = node.mtime();
        stored.version = version;
        stored.cversion = node.creations();
        stored.aversion = node.aversion();
        stored.owner = owner;
        return stored;
    }

    private static long owner(NodeImage node) {
        return switch (node.lifetime()) {
            case PERSISTENT -> 0;
            case EPHEMERAL -> node.owner();
            case CONTAINER -> NodeKind.CONTAINER;
            case TTL -> NodeKind.ttl(node.ttlMillis());
        };
    }

    private void seal() throws IOException {
        out.int64(out.sum());
        out.text("/");
    }
}
