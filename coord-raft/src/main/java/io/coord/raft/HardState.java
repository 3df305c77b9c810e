package io.coord.raft;

import org.jspecify.annotations.Nullable;

/**
 * What a member must never forget: the term it is in and whom it voted for in it (paper figure 2).
 *
 * @param term the term
 * @param vote whom it voted for, or null if for nobody yet
 */
public record HardState(long term, @Nullable MemberKey vote) {

    /** Of a member that never took part. */
    public static final HardState INITIAL = new HardState(0, null);
}
