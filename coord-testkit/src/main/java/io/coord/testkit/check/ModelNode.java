package io.coord.testkit.check;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Stat;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A path of the model's tree, with all it ever was. */
final class ModelNode {

    /** What the path was from an index on; a null Stat means that it was not there. */
    record Version(long zxid, @Nullable Stat stat, @Nullable Bytes data, List<Acl> acl) {}

    final String path;
    final @Nullable ModelNode parent;
    final List<Version> versions = new ArrayList<>();
    /** Every child there ever was. */
    final List<ModelNode> everChildren = new ArrayList<>();

    boolean exists;
    long czxid;
    long mzxid;
    long pzxid;
    long ctime;
    long mtime;
    int version;
    int aversion;
    int creations;
    long owner;
    boolean container;
    @Nullable Bytes data;
    List<Acl> acl = Acl.OPEN;
    TreeSet<String> children = new TreeSet<>();

    ModelNode(String path, @Nullable ModelNode parent) {
        this.path = path;
        this.parent = parent;
        if (parent != null) {
            parent.everChildren.add(this);
        }
    }

    String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    Stat stat() {
        int numChildren = children.size();
        int dataLength = data == null ? 0 : data.length();
        // Creations and deletions of children (zk.ST7).
        int cversion = 2 * creations - numChildren;
        return new Stat(
                czxid, mzxid, ctime, mtime, version, cversion, aversion, owner, dataLength, numChildren, pzxid);
    }

    /** Remembers what the path is from this index on. */
    void keepVersion(long zxid) {
        versions.add(new Version(zxid, exists ? stat() : null, exists ? data : null, acl));
    }

    /** What the path was at an index, or null if it was not there. */
    @Nullable Version at(long zxid) {
        int low = 0;
        int high = versions.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (versions.get(middle).zxid() <= zxid) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Version found = low == 0 ? null : versions.get(low - 1);
        return found == null || found.stat() == null ? null : found;
    }
}
