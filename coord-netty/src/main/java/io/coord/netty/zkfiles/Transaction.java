package io.coord.netty.zkfiles;

import io.coord.Acl;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** One transaction of a log: whose, when, and what it does to a tree. */
final class Transaction {

    private static final int CREATE_SESSION = -10;
    private static final int CLOSE_SESSION = -11;
    private static final int ERROR = -1;
    private static final int CREATE = 1;
    private static final int DELETE = 2;
    private static final int SET_DATA = 5;
    private static final int SET_ACL = 7;
    private static final int CHECK = 13;
    private static final int MULTI = 14;
    private static final int CREATE_2 = 15;
    private static final int RECONFIG = 16;
    private static final int CREATE_CONTAINER = 19;
    private static final int DELETE_CONTAINER = 20;
    private static final int CREATE_TTL = 21;

    /** A digest behind a transaction: its version and its value. */
    private static final int DIGEST_BYTES = 12;

    /**
     * A digest of the whole tree after a transaction.
     *
     * @param version how it was formed
     * @param value the digest
     */
    record TreeDigest(int version, long value) {}

    /**
     * By which a transaction is known again.
     *
     * @param length its length in bytes
     * @param whole the sum of all of them
     * @param body the sum of all but a digest's, should there be one
     */
    record Print(int length, int whole, int body) {

        /** Whether it is of the same transaction: a copy may have lost the digest on its way, or come by one. */
        boolean isOfSame(Print other) {
            return equals(other)
                    || length == other.length + DIGEST_BYTES && body == other.whole
                    || other.length == length + DIGEST_BYTES && other.body == whole;
        }
    }

    private final byte[] bytes;
    private final JuteInput in;
    private final long session;
    private final long zxid;
    private final long time;
    private final int type;
    private @Nullable TreeDigest digest;

    /**
     * Reads what every transaction begins with.
     *
     * @throws IOException if that is not there
     */
    Transaction(byte[] bytes) throws IOException {
        this.bytes = bytes;
        this.in = new JuteInput(bytes);
        this.session = in.int64();
        in.int32(); // the client's own number of the request
        this.zxid = in.int64();
        this.time = in.int64();
        this.type = in.int32();
    }

    long zxid() {
        return zxid;
    }

    Print print() {
        CRC32 sum = new CRC32();
        sum.update(bytes, 0, Math.max(0, bytes.length - DIGEST_BYTES));
        int body = (int) sum.getValue();
        sum.update(bytes, Math.max(0, bytes.length - DIGEST_BYTES), Math.min(bytes.length, DIGEST_BYTES));
        return new Print(bytes.length, (int) sum.getValue(), body);
    }

    /** Whether it opens or closes a session. */
    boolean isOfSession() {
        return type == CREATE_SESSION || type == CLOSE_SESSION;
    }

    long time() {
        return time;
    }

    /** The digest it carries, once applied; null if it has none. */
    @Nullable TreeDigest digest() {
        return digest;
    }

    /** Does what it says to the tree, unless a snapshot is known to show it: then sessions only, which a snapshot may have missed. */
    void applyTo(ZooKeeperTree tree, boolean isShown) throws IOException {
        if (type == CREATE_SESSION) {
            tree.openSession(session, in.int32());
        } else if (type == CLOSE_SESSION) {
            List<String> named = closedNodes();
            if (isShown) {
                tree.forgetSession(session);
            } else {
                tree.closeSession(session, named, zxid);
            }
        } else if (type == MULTI) {
            multi(tree, isShown);
        } else {
            operation(type, in, isShown ? null : tree, true);
        }
        readDigest();
    }

    /**
     * The nodes that a closeSession names. Before 3.6, and where it was switched off, it names none, and nothing tells but what follows:
     * a digest's length, or nothing.
     */
    private List<String> closedNodes() throws IOException {
        int start = bytes.length - in.remaining();
        try {
            JuteInput list = new JuteInput(Arrays.copyOfRange(bytes, start, bytes.length));
            List<String> paths = new ArrayList<>();
            boolean arePaths = true;
            for (int left = list.count(); left > 0 && arePaths; left--) {
                String path = list.text();
                arePaths = path.startsWith("/");
                paths.add(path);
            }
            if (arePaths && (list.remaining() == 0 || list.remaining() == DIGEST_BYTES)) {
                while (in.remaining() > list.remaining()) {
                    in.octet();
                }
                return paths;
            }
        } catch (EOFException | JuteException isNoList) {
            // Judged by its length below.
        }
        return List.of();
    }

    private void multi(ZooKeeperTree tree, boolean isShown) throws IOException {
        record Part(int type, byte[] body) {}
        List<Part> parts = new ArrayList<>();
        boolean hasFailed = false;
        for (int left = in.count(); left > 0; left--) {
            int part = in.int32();
            byte[] body = in.buffer();
            parts.add(new Part(part, body == null ? new byte[0] : body));
            hasFailed |= part == ERROR;
        }
        if (hasFailed) {
            return;
        }
        for (Part part : parts) {
            operation(part.type(), new JuteInput(part.body()), isShown ? null : tree, false);
        }
    }

    private void operation(int kind, JuteInput from, @Nullable ZooKeeperTree tree, boolean mayEndEarly) throws IOException {
        switch (kind) {
            case CREATE, CREATE_2, CREATE_CONTAINER, CREATE_TTL -> create(kind, from, tree, mayEndEarly);
            case DELETE, DELETE_CONTAINER -> {
                String path = from.text();
                if (tree != null) {
                    tree.delete(path, zxid);
                }
            }
            case SET_DATA, RECONFIG -> {
                String path = from.text();
                byte[] data = from.buffer();
                int version = from.int32();
                if (tree != null) {
                    tree.setData(path, data, version, zxid, time);
                }
            }
            case SET_ACL -> {
                String path = from.text();
                List<Acl> acl = from.acl();
                int version = from.int32();
                if (tree != null) {
                    tree.setAcl(path, acl, version, zxid);
                }
            }
            case CHECK -> {
                from.text();
                from.int32();
            }
            case ERROR -> from.int32();
            default -> throw new JuteException("a transaction of type " + kind + ", which ZooKeeper 3.5 to 3.9 do not have");
        }
    }

    private void create(int kind, JuteInput from, @Nullable ZooKeeperTree tree, boolean mayEndEarly) throws IOException {
        String path = from.text();
        byte[] data = from.buffer();
        List<Acl> acl = from.acl();
        long owner = NodeKind.CONTAINER;
        if (kind == CREATE || kind == CREATE_2) {
            owner = from.flag() ? session : 0;
        }
        // The oldest form of create ends here.
        int creations = kind == CREATE && mayEndEarly && from.remaining() == 0 ? -1 : from.int32();
        if (kind == CREATE_TTL) {
            owner = NodeKind.ttl(from.int64());
        }
        if (tree != null) {
            tree.create(path, data, acl, owner, creations, zxid, time);
        }
    }

    private void readDigest() throws IOException {
        if (in.remaining() == 0) {
            return;
        }
        if (in.remaining() != DIGEST_BYTES) {
            throw new JuteException(in.remaining() + " bytes behind a transaction of type " + type);
        }
        int version = in.int32();
        digest = new TreeDigest(version, in.int64());
    }
}
