package io.coord.netty.zkfiles;

import io.coord.Acl;
import io.coord.NodePath;
import io.coord.netty.zkfiles.Transaction.TreeDigest;
import io.coord.netty.zkfiles.ZooKeeperFiles.Named;
import io.coord.netty.zkfiles.ZooKeeperTree.Node;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Reads one of ZooKeeper's snapshots: plain, gzip or Snappy; a header, sessions with timeouts, lists of permissions by number, nodes with
 * parents first, and a sum of all bytes. Since 3.6 a digest of the tree follows, and since 3.9 the zxid, each with a sum of its own.
 */
final class SnapshotReader {

    private static final int MAGIC = 'Z' << 24 | 'K' << 16 | 'S' << 8 | 'N';
    private static final int VERSION = 2;
    private static final long OPEN = -1;

    /**
     * What a snapshot held.
     *
     * @param tree nodes and sessions
     * @param digest of the tree and at which zxid, null if there is none; false of a tree that changed while it was written
     * @param digestZxid the zxid at which it was true
     */
    record Content(ZooKeeperTree tree, @Nullable TreeDigest digest, long digestZxid) {}

    private final JuteInput in;
    private final ZooKeeperTree tree = new ZooKeeperTree();
    private final Map<Long, List<Acl>> lists = new HashMap<>();

    private SnapshotReader(JuteInput in) {
        this.in = in;
    }

    /**
     * Reads a snapshot.
     *
     * @throws IOException if it is not whole; the message names file and offset
     */
    static Content read(Named file) throws IOException {
        try (InputStream stream = open(file.path())) {
            JuteInput in = new JuteInput(stream);
            try {
                return new SnapshotReader(in).content();
            } catch (JuteException | EOFException | ZipException e) {
                throw ZooKeeperFiles.damaged(file.path(), in.position(), String.valueOf(e.getMessage()));
            }
        } catch (JuteException | EOFException | ZipException e) {
            throw ZooKeeperFiles.damaged(file.path(), 0, String.valueOf(e.getMessage()));
        } catch (NoSuchFileException e) {
            throw new IOException(file + " has just been deleted; import from a copy, or from a server that is stopped", e);
        }
    }

    private static InputStream open(Path file) throws IOException {
        InputStream raw = Files.newInputStream(file);
        try {
            String name = file.getFileName().toString();
            return name.endsWith(".gz") ? new GZIPInputStream(raw) : name.endsWith(".snappy") ? new SnappyInput(raw) : raw;
        } catch (IOException e) {
            raw.close();
            throw e;
        }
    }

    private Content content() throws IOException {
        if (in.int32() != MAGIC) {
            throw new JuteException("no header of a snapshot");
        }
        int version = in.int32();
        if (version != VERSION) {
            throw new JuteException("format version " + version + "; ZooKeeper 3.5 to 3.9 write version " + VERSION);
        }
        in.int64(); // the database id, which is always -1
        for (int left = in.count(); left > 0; left--) {
            long id = in.int64();
            tree.openSession(id, in.int32());
        }
        readLists();
        readNodes();
        checkSum();
        return in.isAtEnd() ? new Content(tree, null, 0) : withDigest();
    }

    private void readLists() throws IOException {
        for (int left = in.count(); left > 0; left--) {
            long number = in.int64();
            lists.put(number, in.acl());
        }
    }

    private void readNodes() throws IOException {
        for (String path = in.text(); !path.equals("/"); path = in.text()) {
            Node node = new Node();
            node.data = in.buffer();
            long acl = in.int64();
            node.acl = acl == OPEN ? Acl.OPEN : lists.get(acl);
            node.czxid = in.int64();
            node.mzxid = in.int64();
            node.ctime = in.int64();
            node.mtime = in.int64();
            node.version = in.int32();
            node.cversion = in.int32();
            node.aversion = in.int32();
            node.owner = in.int64();
            node.pzxid = in.int64();
            String own = path.isEmpty() ? "/" : path;
            if (tree.nodes().containsKey(own) || !tree.add(own, node)) {
                throw new JuteException("node " + NodePath.printable(own) + " comes twice or before its parent");
            }
        }
        if (tree.nodes().isEmpty()) {
            throw new JuteException("a snapshot without a root");
        }
    }

    /** The sum of all bytes before it, and the text that ends what is summed. */
    private void checkSum() throws IOException {
        long found = in.sum();
        long said = in.int64();
        if (said != found) {
            throw new JuteException("the bytes before come to the sum " + Long.toHexString(found) + ", not " + Long.toHexString(said));
        }
        if (!in.text().equals("/")) {
            throw new JuteException("no end behind a sum");
        }
    }

    /** Either part behind the tree may have been switched off: a zxid alone has 8 bytes before its sum, a digest has 20. */
    private Content withDigest() throws IOException {
        long zxid = in.int64();
        long sumSoFar = in.sum();
        int version = in.int32();
        if (version == 0 && isSum(sumSoFar)) {
            return new Content(tree, null, 0);
        }
        long value = version < ZooKeeperTree.DIGEST_VERSION ? hex(in.text()) : in.int64();
        checkSum();
        if (!in.isAtEnd()) {
            in.int64(); // the zxid, which is in the name
            checkSum();
            if (!in.isAtEnd()) {
                throw new JuteException("bytes behind the end of a snapshot");
            }
        }
        return new Content(tree, zxid > 0 ? new TreeDigest(version, value) : null, zxid);
    }

    /** Goes on behind the upper half of a sum, which is 0, as digests' versions are not. */
    private boolean isSum(long sum) throws IOException {
        if ((in.int32() & 0xFFFF_FFFFL) != sum || !in.text().equals("/") || !in.isAtEnd()) {
            throw new JuteException("the bytes before do not come to their sum");
        }
        return true;
    }

    private static long hex(String digest) throws JuteException {
        try {
            return digest.isEmpty() ? 0 : Long.parseLong(digest, 16);
        } catch (NumberFormatException e) {
            throw new JuteException("a digest that is no number");
        }
    }
}
