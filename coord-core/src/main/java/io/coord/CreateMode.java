package io.coord;

/** How long a created znode lives, and whether its name gets a sequence number. The flags are ZooKeeper's (zk.C1). */
public enum CreateMode {
    /** Lives until it is deleted. */
    PERSISTENT(0, false, false),
    /** Is deleted with the session that created it; may not have children. */
    EPHEMERAL(1, true, false),
    /** Persistent, its name followed by the parent's next ten-digit number. */
    PERSISTENT_SEQUENTIAL(2, false, true),
    /** Ephemeral, its name followed by the parent's next ten-digit number. */
    EPHEMERAL_SEQUENTIAL(3, true, true),
    /** Is deleted by the ensemble some time after its last child was. */
    CONTAINER(4, false, false),
    /** Is deleted by the ensemble when it has no children and was not set for its time to live. */
    PERSISTENT_WITH_TTL(5, false, false),
    /** As {@link #PERSISTENT_WITH_TTL}, its name followed by the parent's next ten-digit number. */
    PERSISTENT_SEQUENTIAL_WITH_TTL(6, false, true);

    private final int flag;
    private final boolean ephemeral;
    private final boolean sequential;

    CreateMode(int flag, boolean ephemeral, boolean sequential) {
        this.flag = flag;
        this.ephemeral = ephemeral;
        this.sequential = sequential;
    }

    /** ZooKeeper's number for the mode. */
    public int flag() {
        return flag;
    }

    /** Whether the node dies with its session. */
    public boolean isEphemeral() {
        return ephemeral;
    }

    /** Whether the name gets a sequence number. */
    public boolean isSequential() {
        return sequential;
    }

    /** Whether the node has a time to live. */
    public boolean isTtl() {
        return this == PERSISTENT_WITH_TTL || this == PERSISTENT_SEQUENTIAL_WITH_TTL;
    }

    /**
     * The mode with this number.
     *
     * @throws IllegalArgumentException if no mode has it
     */
    public static CreateMode ofFlag(int flag) {
        for (CreateMode mode : values()) {
            if (mode.flag == flag) {
                return mode;
            }
        }
        throw new IllegalArgumentException("no create mode has flag " + flag + "; flags are 0 to 6");
    }
}
