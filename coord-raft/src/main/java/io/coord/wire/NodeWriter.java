package io.coord.wire;

import io.coord.Acl;
import io.coord.state.StateVisitor.NodeImage;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Nodes in the compact form of snapshots, version 1, described in {@code docs/formats.md}: each against the one before it in the same
 * record, whose path, times and zxids it mostly shares. A record starts from nothing, so that it is read by itself.
 */
final class NodeWriter {

    static final int LIFETIME_MASK = 0x03;
    static final int HAS_DATA = 0x04;
    static final int HAS_OWNER = 0x08;
    static final int HAS_TTL = 0x10;
    static final int HAS_TOUCHED = 0x20;
    static final int KNOWN_FLAGS = 0x3F;

    /** What a path may share with the one before: a bound on how much memory few bytes can ask for when read. */
    static final int SHARED_MAX = 255;

    private final RecordWriter out;
    private final Map<List<Acl>, Integer> acls = new HashMap<>();
    private byte[] previousPath = new byte[0];
    private List<Acl> previousAcl = List.of();
    private int previousAclNumber = -1;
    private long previousCzxid;
    private long previousCtime;

    NodeWriter(RecordWriter out) {
        this.out = out;
    }

    /** Begins a record: nothing before it is referred to. */
    void reset() {
        acls.clear();
        previousPath = new byte[0];
        previousAclNumber = -1;
        previousCzxid = 0;
        previousCtime = 0;
    }

    void write(NodeImage node) {
        out.octet(flags(node));
        path(node.path());
        if (node.data() != null) {
            out.bytes(node.data());
        }
        acl(node.acl());
        out.signed(node.czxid() - previousCzxid);
        out.signed(node.mzxid() - node.czxid());
        out.signed(node.pzxid() - node.czxid());
        out.signed(node.ctime() - previousCtime);
        out.signed(node.mtime() - node.ctime());
        out.signed(node.version());
        out.signed(node.aversion());
        out.signed(node.creations());
        rarities(node);
        previousCzxid = node.czxid();
        previousCtime = node.ctime();
    }

    private static int flags(NodeImage node) {
        return lifetime(node)
                | (node.data() != null ? HAS_DATA : 0)
                | (node.owner() != 0 ? HAS_OWNER : 0)
                | (node.ttlMillis() != -1 ? HAS_TTL : 0)
                | (node.touchedMillis() != 0 ? HAS_TOUCHED : 0);
    }

    /** A number of its own: the order of the enum's constants is no part of the format. */
    private static int lifetime(NodeImage node) {
        return switch (node.lifetime()) {
            case PERSISTENT -> 0;
            case EPHEMERAL -> 1;
            case CONTAINER -> 2;
            case TTL -> 3;
        };
    }

    private void path(String text) {
        byte[] path = Text.encode(text);
        int mismatch = Arrays.mismatch(previousPath, path);
        int shared = Math.min(mismatch < 0 ? path.length : mismatch, SHARED_MAX);
        out.octet(shared);
        out.bytes(path, shared, path.length - shared);
        previousPath = path;
    }

    private void acl(List<Acl> acl) {
        // Siblings mostly hold the same list: the very object, or an equal one.
        if (previousAclNumber >= 0 && acl.equals(previousAcl)) {
            out.unsigned(previousAclNumber);
            return;
        }
        Integer known = acls.putIfAbsent(acl, acls.size());
        previousAcl = acl;
        previousAclNumber = known == null ? acls.size() - 1 : known;
        out.unsigned(previousAclNumber);
        if (known == null) {
            newAcl(acl);
        }
    }

    private void newAcl(List<Acl> list) {
        out.unsigned(list.size());
        for (Acl acl : list) {
            out.signed(acl.permissions());
            out.text(acl.identity().scheme());
            out.text(acl.identity().id());
        }
    }

    private void rarities(NodeImage node) {
        if (node.owner() != 0) {
            out.fixed(node.owner());
        }
        if (node.ttlMillis() != -1) {
            out.signed(node.ttlMillis());
        }
        if (node.touchedMillis() != 0) {
            out.signed(node.touchedMillis());
        }
    }
}
