package io.coord.wire;

/** What a snapshot's record holds, in the order of a snapshot. */
enum RecordKind {
    /** Nothing: before the first record. */
    NONE(0),
    /** The version and what the state is besides its sessions and nodes; one. */
    HEADER(1),
    /** Some sessions. */
    SESSIONS(2),
    /** Some nodes. */
    NODES(3),
    /** The digest; one, and nothing after it. */
    END(4);

    private final int number;

    RecordKind(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    /** Whether a record of this kind may come after one of that kind. */
    boolean mayFollow(RecordKind previous) {
        return switch (this) {
            case NONE -> false;
            case HEADER -> previous == NONE;
            case SESSIONS -> previous == HEADER || previous == SESSIONS;
            case NODES -> previous == HEADER || previous == SESSIONS || previous == NODES;
            case END -> previous == HEADER || previous == SESSIONS || previous == NODES;
        };
    }

    /**
     * The kind with this number.
     *
     * @throws IllegalArgumentException if format version 1 has none
     */
    static RecordKind of(int number) {
        return switch (number) {
            case 1 -> HEADER;
            case 2 -> SESSIONS;
            case 3 -> NODES;
            case 4 -> END;
            default -> throw new IllegalArgumentException("a record of kind " + number
                    + ", which is unknown to format version 1");
        };
    }
}
