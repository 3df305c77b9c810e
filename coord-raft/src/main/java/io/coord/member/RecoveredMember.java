package io.coord.member;

import io.coord.raft.Configuration;
import io.coord.raft.Entry;
import io.coord.raft.HardState;
import io.coord.raft.MemberKey;
import io.coord.raft.SnapshotMeta;
import io.coord.state.CoordState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a member remembers from before.
 *
 * @param clusterId of its ensemble, or 0 if it has none yet
 * @param incarnation of its disk
 * @param initial whom its ensemble was formed of, as forced then; null if it has not formed yet
 * @param hardState term and vote
 * @param base what its log starts behind, or null for the origin
 * @param state at the base, or null for the initial state
 * @param entries the log behind the base, all durable
 * @param suspect why it may have forgotten something it had promised; null if it has not: a suspect member does not vote
 * @param damage what must be had from a peer before it takes part again, or null; then there is neither base nor entry
 */
public record RecoveredMember(
        long clusterId,
        long incarnation,
        @Nullable Configuration initial,
        HardState hardState,
        @Nullable SnapshotMeta base,
        @Nullable CoordState state,
        List<Entry> entries,
        @Nullable String suspect,
        @Nullable Damage damage) {

    /**
     * What a member has lost.
     *
     * @param found what was found, where
     * @param atLeast the lowest index of a snapshot that makes it good
     */
    public record Damage(String found, long atLeast) {}

    /** What a member remembers that has lost nothing. */
    public RecoveredMember(
            long clusterId,
            long incarnation,
            @Nullable Configuration initial,
            HardState hardState,
            @Nullable SnapshotMeta base,
            @Nullable CoordState state,
            List<Entry> entries,
            @Nullable String suspect) {
        this(clusterId, incarnation, initial, hardState, base, state, entries, suspect, null);
    }

    /** A member that starts for the first time. */
    public static RecoveredMember fresh() {
        return new RecoveredMember(0, MemberKey.FIRST_INCARNATION, null, HardState.INITIAL, null, null, List.of(), null);
    }
}
