package io.coord;

/**
 * The stable codes that open messages people act on, such as {@code COORD-1002 ensemble of 4: ...}. A code keeps its
 * meaning for ever and is explained, with causes and remedies, in {@code coord-core/docs/errors.md}.
 */
public enum ErrorCode {
    /** Too few members can be reached to decide anything. */
    NO_QUORUM(1001),
    /** An even number of voters. */
    EVEN_ENSEMBLE(1002),
    /** A data directory belongs to another member or ensemble. */
    FOREIGN_DATA_DIRECTORY(1003),
    /** A port is in use. */
    PORT_IN_USE(1004),
    /** A znode's data is above {@code maxDataBytes}. */
    DATA_TOO_LARGE(1005),
    /** A blocking call on a thread that delivers answers. */
    BLOCKING_ON_CALLBACK(1006),
    /** A session expired. */
    SESSION_EXPIRED(1007),
    /** The host's protobuf-java is too old. */
    OLD_PROTOBUF(1008),
    /** A configuration key that does not exist. */
    UNKNOWN_KEY(1009),
    /** Closing takes long since a user's callback still runs. */
    SLOW_CLOSE(1010),

    /** An ensemble without a voter. */
    NO_VOTERS(1011),
    /** A member that is not written {@code id=host:peerPort[:clientPort][:observer]}. */
    MALFORMED_MEMBER(1012),
    /** A member's id is no number from 1 to 255. */
    BAD_MEMBER_ID(1013),
    /** A member's host is empty, or cannot be a host. */
    BAD_HOST(1014),
    /** A port is no number from 1 to 65535, or 0 where others must know it. */
    BAD_PORT(1015),
    /** Two members have one id. */
    DUPLICATE_MEMBER(1016),
    /** Two members, or two purposes of one, share a host and port. */
    DUPLICATE_ADDRESS(1017),
    /** More voters than are any use. */
    TOO_MANY_VOTERS(1018),
    /** A member that the ensemble does not name. */
    NOT_A_MEMBER(1019),

    /** A configured duration cannot be read. */
    BAD_DURATION(1020),
    /** A configured size cannot be read. */
    BAD_SIZE(1021),
    /** A configured number cannot be read. */
    BAD_NUMBER(1022),
    /** A configured switch is neither true nor false. */
    BAD_SWITCH(1023),
    /** A configured value is outside its range. */
    OUT_OF_RANGE(1024),
    /** Two configured values do not go together. */
    CONFLICTING_VALUES(1025),
    /** What a server was told on its command line cannot be understood, or is missing. */
    BAD_ARGUMENT(1026),
    /** A configuration file cannot be read. */
    UNREADABLE_FILE(1027),
    /** A setting that was to protect something cannot. */
    INSECURE(1028),

    /** A request is larger than a limit other than that of data. */
    REQUEST_TOO_LARGE(1030),
    /** Too much is unanswered, of one session or of all. */
    OVERLOADED(1031),
    /** A session has as many watches as it may. */
    TOO_MANY_WATCHES(1032),
    /** A member hosts as many sessions as it may. */
    TOO_MANY_SESSIONS(1033),

    /** Waiting for leadership in an election that was left. */
    ELECTION_LEFT(1040),
    /** A membership's name is taken by another session. */
    NAME_TAKEN(1041),
    /** A request for a lock was given up. */
    LOCK_REQUEST_CANCELLED(1042),

    /** A member was told other members than its peers were. */
    ENSEMBLES_DIFFER(1050),
    /** Members of different ensembles meet. */
    CLUSTERS_MIXED(1051),
    /** A member without a memory meets an ensemble that has one. */
    MEMORY_LOST(1052),
    /** An ensemble of several members without a transport between them. */
    NO_TRANSPORT(1053),
    /** The member asked is closed. */
    MEMBER_CLOSED(1054),
    /** The member asked does not serve sessions yet. */
    NOT_SERVING(1055),
    /** The members of a new ensemble have not met yet. */
    NOT_FORMED(1056),
    /** A member was removed from its ensemble. */
    REMOVED(1057),

    /** What was written to a data directory is not what it holds now. */
    DATA_DAMAGED(1060),
    /** Files of a data directory are gone. */
    DATA_MISSING(1061),
    /** A file was written by a newer version. */
    NEWER_FORMAT(1062),
    /** A directory holds other things than a member's data. */
    NOT_A_DATA_DIRECTORY(1063),
    /** A data directory is in use. */
    DATA_DIRECTORY_IN_USE(1064),
    /** A data directory cannot be read or written. */
    DATA_DIRECTORY_UNUSABLE(1065),
    /** A write or force failed: nothing more is written. */
    WRITE_FAILED(1066),
    /** A member's state is not that of the others. */
    STATES_DIFFER(1067),
    /** A disk is full. */
    NO_ROOM(1068),

    /** A peer port open to the network, without TLS. */
    INSECURE_ADDRESS(1070),
    /** A certificate, key or trust store that cannot be used. */
    TLS_UNUSABLE(1071),
    /** A member, or who says it is one, is not talked to. */
    PEER_REFUSED(1072),
    /** A server's Kerberos key cannot be used. */
    KEY_TABLE_UNUSABLE(1073),
    /** A client could not prove itself. */
    CLIENT_UNPROVEN(1074),

    /** A file of an Apache ZooKeeper server is not what its server wrote. */
    ZOOKEEPER_DATA_DAMAGED(1090),
    /** Files of an Apache ZooKeeper server are not where they were looked for. */
    ZOOKEEPER_DATA_MISSING(1091),
    /** Nodes of an Apache ZooKeeper server have names that no node can have. */
    ZOOKEEPER_NAMES_INVALID(1092);

    private final int number;

    ErrorCode(int number) {
        this.number = number;
    }

    /** The number, unique and never given again. */
    public int number() {
        return number;
    }

    /** The text with the code in front. */
    public String message(String text) {
        return this + " " + text;
    }

    /** The code as it is written: {@code COORD-1002}. */
    @Override
    public String toString() {
        return "COORD-" + number;
    }
}
