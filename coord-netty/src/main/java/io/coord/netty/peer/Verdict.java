package io.coord.netty.peer;

import org.jspecify.annotations.Nullable;

/** What a member answers to another's {@link Hello}. The codes are part of the protocol: they keep their meaning. */
enum Verdict {
    /** Frames may follow. */
    ACCEPTED(0),
    /** No version of the protocol is spoken by both. */
    VERSION(1),
    /** One of them needs a feature that the other does not have. */
    FEATURE(2),
    /** Another member than the one asked for was reached. */
    WRONG_MEMBER(3),
    /** Whoever calls is no member of the ensemble, as far as is known here. */
    STRANGER(4),
    /** They belong to different ensembles. */
    CLUSTER(5),
    /** The caller speaks for a disk that was replaced. */
    INCARNATION(6),
    /** A member with the caller's number is connected already. */
    DUPLICATE(7),
    /** The caller's certificate is not that of the member it says it is. */
    CERTIFICATE(8);

    private final int code;

    Verdict(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    /** The verdict with this code, null if this release knows none. */
    static @Nullable Verdict of(int code) {
        for (Verdict verdict : values()) {
            if (verdict.code == code) {
                return verdict;
            }
        }
        return null;
    }
}
