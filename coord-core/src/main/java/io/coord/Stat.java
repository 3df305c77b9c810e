package io.coord;

/**
 * The metadata of a znode, field by field as in ZooKeeper.
 *
 * @param czxid zxid of the write that created the node
 * @param mzxid zxid of the write that last set its data, or created it
 * @param ctime wall-clock milliseconds of the creation, read by the leader
 * @param mtime wall-clock milliseconds of the last setData, or of the creation
 * @param version number of setData since creation
 * @param cversion number of child creations and deletions
 * @param aversion number of setAcl since creation
 * @param ephemeralOwner id of the owning session, or 0 if the node is not ephemeral
 * @param dataLength length of the data in bytes, 0 for null
 * @param numChildren number of direct children
 * @param pzxid zxid of the last creation or deletion of a direct child, or of the node's own creation
 */
public record Stat(
        long czxid,
        long mzxid,
        long ctime,
        long mtime,
        int version,
        int cversion,
        int aversion,
        long ephemeralOwner,
        int dataLength,
        int numChildren,
        long pzxid) {

    /** Whether the node lives only as long as its owning session. */
    public boolean isEphemeral() {
        return ephemeralOwner != 0;
    }
}
