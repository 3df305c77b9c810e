package io.coord;

/** Why a request was refused, with ZooKeeper's error code (zk section 2.18). */
public enum Refusal {
    /** The operation was not evaluated since an earlier one of its multi failed. */
    RUNTIME_INCONSISTENCY(-2),
    /** The request cannot be decoded. */
    MARSHALLING_ERROR(-5),
    /** The operation is not offered, or not switched on. */
    UNIMPLEMENTED(-6),
    /** A path, flag, TTL or other argument is invalid. */
    BAD_ARGUMENTS(-8),
    /** No quorum of the new configuration is connected and in sync. */
    NEW_CONFIG_NO_QUORUM(-13),
    /** Another reconfiguration is under way. */
    RECONFIG_IN_PROGRESS(-14),
    /** The node, or the parent of the node to create, does not exist. */
    NO_NODE(-101),
    /** The session's identities lack the permission. */
    NO_AUTH(-102),
    /** The node's version is not the expected one. */
    BAD_VERSION(-103),
    /** An ephemeral node may not have children. */
    NO_CHILDREN_FOR_EPHEMERALS(-108),
    /** The node already exists. */
    NODE_EXISTS(-110),
    /** The node has children. */
    NOT_EMPTY(-111),
    /** The session has expired or was closed. */
    SESSION_EXPIRED(-112),
    /** The access control list is empty or malformed. */
    INVALID_ACL(-114),
    /** The credentials were not accepted. */
    AUTH_FAILED(-115),
    /** The session is attached elsewhere now. */
    SESSION_MOVED(-118),
    /** The member serves reads only. */
    NOT_READ_ONLY(-119),
    /** A local session cannot own ephemeral nodes. */
    EPHEMERAL_ON_LOCAL_SESSION(-120),
    /** No watch of that kind is set on the path. */
    NO_WATCHER(-121),
    /** Reconfiguration is switched off. */
    RECONFIG_DISABLED(-123),
    /** The connection must authenticate first. */
    SESSION_CLOSED_REQUIRE_SASL_AUTH(-124),
    /** The write would exceed a hard quota. */
    QUOTA_EXCEEDED(-125),
    /** The request waited too long and was not executed. */
    THROTTLED_OP(-127);

    private final int code;

    Refusal(int code) {
        this.code = code;
    }

    /** ZooKeeper's error code, a negative number. */
    public int code() {
        return code;
    }

    /**
     * The refusal with this code.
     *
     * @throws IllegalArgumentException if no refusal has it
     */
    public static Refusal ofCode(int code) {
        for (Refusal refusal : values()) {
            if (refusal.code == code) {
                return refusal;
            }
        }
        throw new IllegalArgumentException("no refusal has code " + code);
    }
}
