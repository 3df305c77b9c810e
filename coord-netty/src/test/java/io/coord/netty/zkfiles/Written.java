package io.coord.netty.zkfiles;

import io.coord.Acl;
import io.coord.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.Adler32;
import org.jspecify.annotations.Nullable;

/** Transactions, logs and snapshots, written as ZooKeeper writes them. */
final class Written {

    static final int CLOSE_SESSION = -11;
    static final int CREATE_SESSION = -10;
    static final int ERROR = -1;
    static final int CREATE = 1;
    static final int DELETE = 2;
    static final int SET_DATA = 5;
    static final int SET_ACL = 7;
    static final int CHECK = 13;
    static final int MULTI = 14;
    static final int CREATE_2 = 15;
    static final int CREATE_CONTAINER = 19;
    static final int CREATE_TTL = 21;

    /** Zeros that a log ends with. */
    static final int PREALLOCATED_BYTES = 512;

    /** Writes the body of something. */
    interface Body {
        /** Writes. */
        void to(JuteOutput out) throws IOException;
    }

    /**
     * A part of a multi, or a whole transaction's type and body.
     *
     * @param type number of the operation
     * @param body its body
     */
    record Part(int type, byte[] body) {}

    private Written() {}

    static byte[] bytes(Body body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        JuteOutput out = new JuteOutput(bytes);
        try {
            body.to(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static byte[] transaction(long session, long zxid, long time, Part part) {
        return transaction(session, zxid, time, part, null);
    }

    static byte[] transaction(long session, long zxid, long time, Part part, @Nullable Long digest) {
        return bytes(out -> {
            out.int64(session);
            out.int32(7);
            out.int64(zxid);
            out.int64(time);
            out.int32(part.type());
            raw(out, part.body());
            if (digest != null) {
                out.int32(ZooKeeperTree.DIGEST_VERSION);
                out.int64(digest);
            }
        });
    }

    private static void raw(JuteOutput out, byte[] bytes) throws IOException {
        for (byte each : bytes) {
            out.octet(each);
        }
    }

    static Part create(int type, String path, @Nullable Bytes data, List<Acl> acl, boolean isEphemeral, int creations) {
        return new Part(type, bytes(out -> {
            out.text(path);
            out.buffer(data);
            out.acl(acl);
            out.octet(isEphemeral ? 1 : 0);
            out.int32(creations);
        }));
    }

    static Part createContainer(String path, @Nullable Bytes data, List<Acl> acl, int creations) {
        return new Part(CREATE_CONTAINER, bytes(out -> {
            out.text(path);
            out.buffer(data);
            out.acl(acl);
            out.int32(creations);
        }));
    }

    static Part createTtl(String path, @Nullable Bytes data, List<Acl> acl, int creations, long ttl) {
        return new Part(CREATE_TTL, bytes(out -> {
            out.text(path);
            out.buffer(data);
            out.acl(acl);
            out.int32(creations);
            out.int64(ttl);
        }));
    }

    static Part delete(String path) {
        return new Part(DELETE, bytes(out -> out.text(path)));
    }

    static Part setData(String path, @Nullable Bytes data, int version) {
        return new Part(SET_DATA, bytes(out -> {
            out.text(path);
            out.buffer(data);
            out.int32(version);
        }));
    }

    static Part setAcl(String path, List<Acl> acl, int version) {
        return new Part(SET_ACL, bytes(out -> {
            out.text(path);
            out.acl(acl);
            out.int32(version);
        }));
    }

    static Part check(String path, int version) {
        return new Part(CHECK, bytes(out -> {
            out.text(path);
            out.int32(version);
        }));
    }

    static Part error(int code) {
        return new Part(ERROR, bytes(out -> out.int32(code)));
    }

    static Part createSession(int timeout) {
        return new Part(CREATE_SESSION, bytes(out -> out.int32(timeout)));
    }

    static Part closeSession(@Nullable List<String> paths) {
        return new Part(CLOSE_SESSION, paths == null ? new byte[0] : bytes(out -> {
            out.int32(paths.size());
            for (String path : paths) {
                out.text(path);
            }
        }));
    }

    static Part multi(List<Part> parts) {
        return new Part(MULTI, bytes(out -> {
            out.int32(parts.size());
            for (Part part : parts) {
                out.int32(part.type());
                out.buffer(Bytes.wrap(part.body()));
            }
        }));
    }

    /** A log, with space laid down behind it. */
    static byte[] log(List<byte[]> transactions) {
        return bytes(out -> {
            out.int32('Z' << 24 | 'K' << 16 | 'L' << 8 | 'G');
            out.int32(2);
            out.int64(0);
            for (byte[] transaction : transactions) {
                Adler32 sum = new Adler32();
                sum.update(transaction);
                out.int64(sum.getValue());
                out.buffer(Bytes.wrap(transaction));
                out.octet('B');
            }
            raw(out, new byte[PREALLOCATED_BYTES]);
        });
    }

    /** A snapshot of nodes in the given order, as ZooKeeper up to 3.5 writes it. */
    static byte[] snapshot(Map<Long, Integer> sessions, Map<String, ZooKeeperTree.Node> nodes, Map<List<Acl>, Long> lists) {
        return bytes(out -> {
            out.int32('Z' << 24 | 'K' << 16 | 'S' << 8 | 'N');
            out.int32(2);
            out.int64(-1);
            out.int32(sessions.size());
            for (Map.Entry<Long, Integer> session : sessions.entrySet()) {
                out.int64(session.getKey());
                out.int32(session.getValue());
            }
            out.int32(lists.size());
            for (Map.Entry<List<Acl>, Long> list : lists.entrySet()) {
                out.int64(list.getValue());
                out.acl(list.getKey());
            }
            for (Map.Entry<String, ZooKeeperTree.Node> entry : nodes.entrySet()) {
                ZooKeeperTree.Node node = entry.getValue();
                out.text(entry.getKey().equals("/") ? "" : entry.getKey());
                out.buffer(node.data == null ? null : Bytes.wrap(node.data));
                List<Acl> acl = node.acl == null ? List.of() : node.acl;
                out.int64(acl.equals(Acl.OPEN) ? -1 : lists.getOrDefault(acl, 4711L));
                out.int64(node.czxid);
                out.int64(node.mzxid);
                out.int64(node.ctime);
                out.int64(node.mtime);
                out.int32(node.version);
                out.int32(node.cversion);
                out.int32(node.aversion);
                out.int64(node.owner);
                out.int64(node.pzxid);
            }
            out.text("/");
            out.int64(out.sum());
            out.text("/");
        });
    }

    static Path write(Path directory, String name, byte[] content) throws IOException {
        Files.createDirectories(directory);
        return Files.write(directory.resolve(name), content);
    }
}
