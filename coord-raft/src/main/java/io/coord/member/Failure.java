package io.coord.member;

/** Why a request got no answer from the tree. */
public enum Failure {
    /** Certainly not applied. */
    UNAVAILABLE,
    /** Certainly not applied, and to ask another member would not help now. */
    REFUSED,
    /** Perhaps applied. */
    OUTCOME_UNKNOWN,
    /** The session is over. */
    SESSION_ENDED,
    /** The session is attached to another member now; ask there. */
    SESSION_MOVED
}
