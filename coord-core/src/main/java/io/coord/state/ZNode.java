package io.coord.state;

import io.coord.Bytes;
import io.coord.Stat;
import io.coord.state.StateVisitor.Lifetime;
import org.jspecify.annotations.Nullable;

/**
 * A node of the tree. Immutable but for its family, which the present edit changes in place. Laid out for a million of them: what few
 * nodes have is behind one reference.
 */
final class ZNode {

    final String path;
    final @Nullable Bytes data;
    final AccessList acl;
    final @Nullable Family family;
    final @Nullable Life life;
    final long czxid;
    final long mzxid;
    final long ctime;
    final long mtime;
    final int version;
    final int aversion;
    /** Of all the above but the family; what this node adds to the state's digest. */
    final long digest;
    /** Length of the data, kept here so that a Stat needs no look at the data itself. */
    final int dataLength;
    /** Whether clients see a subtree's usage in place of the data (zk.Q4). */
    final boolean showsUsage;

    ZNode(
            String path,
            @Nullable Bytes data,
            AccessList acl,
            @Nullable Family family,
            @Nullable Life life,
            long czxid,
            long mzxid,
            long ctime,
            long mtime,
            int version,
            int aversion) {
        this.path = path;
        this.data = data;
        this.acl = acl;
        this.family = family;
        this.life = life;
        this.czxid = czxid;
        this.mzxid = mzxid;
        this.ctime = ctime;
        this.mtime = mtime;
        this.version = version;
        this.aversion = aversion;
        this.dataLength = data == null ? 0 : data.length();
        this.showsUsage = Quota.shownBy(path) != null;
        this.digest = Digest.node(this);
    }

    private ZNode(ZNode from, Family family) {
        this.path = from.path;
        this.data = from.data;
        this.acl = from.acl;
        this.family = family;
        this.life = from.life;
        this.czxid = from.czxid;
        this.mzxid = from.mzxid;
        this.ctime = from.ctime;
        this.mtime = from.mtime;
        this.version = from.version;
        this.aversion = from.aversion;
        this.digest = from.digest;
        this.dataLength = from.dataLength;
        this.showsUsage = from.showsUsage;
    }

    ZNode withFamily(Family changed) {
        return new ZNode(this, changed);
    }

    ZNode withData(@Nullable Bytes changed, @Nullable Life touched, int newVersion, long zxid, long wallMillis) {
        return new ZNode(path, changed, acl, family, touched, czxid, zxid, ctime, wallMillis, newVersion, aversion);
    }

    ZNode withAcl(AccessList changed, int newVersion) {
        return new ZNode(path, data, changed, family, life, czxid, mzxid, ctime, mtime, version, newVersion);
    }

    int childCount() {
        return family == null ? 0 : family.childCount;
    }

    int creations() {
        return family == null ? 0 : family.creations;
    }

    long pzxid() {
        return family == null ? czxid : family.pzxid;
    }

    int descendants() {
        return family == null ? 0 : family.descendants;
    }

    long bytesBelow() {
        return family == null ? 0 : family.bytesBelow;
    }

    /** The owning session, or 0 (zk.ST4). */
    long owner() {
        return life == null ? 0 : life.owner();
    }

    boolean isEphemeral() {
        return life != null && life.lifetime() == Lifetime.EPHEMERAL;
    }

    Lifetime lifetime() {
        return life == null ? Lifetime.PERSISTENT : life.lifetime();
    }

    /** Whether a child was ever created here; the count alone wraps. */
    boolean everHadChildren() {
        return creations() != 0 || pzxid() != czxid;
    }

    /** Creations and deletions of children as clients see them (zk.ST7). */
    int cversion() {
        return 2 * creations() - childCount();
    }

    Stat stat() {
        return stat(dataLength);
    }

    Stat stat(int shownLength) {
        Family below = family;
        return below == null
                ? new Stat(czxid, mzxid, ctime, mtime, version, 0, aversion, owner(), shownLength, 0, czxid)
                : new Stat(
                        czxid,
                        mzxid,
                        ctime,
                        mtime,
                        version,
                        cversion(),
                        aversion,
                        owner(),
                        shownLength,
                        below.childCount,
                        below.pzxid);
    }
}
