package io.coord.member;

import io.coord.MemberId;
import io.coord.raft.Configuration;
import io.coord.raft.Role;
import io.coord.state.WatchTable;
import org.jspecify.annotations.Nullable;

/**
 * How a member stands: a value, for status and tests.
 *
 * @param self the member
 * @param clusterId of its ensemble, or 0 while it forms
 * @param role its role
 * @param term its term
 * @param leader the leader it knows, or null
 * @param commitIndex committed, as far as it knows
 * @param appliedIndex applied
 * @param lastIndex the end of its log
 * @param durableIndex the end of its log on disk
 * @param configuration in force
 * @param serving whether it serves sessions
 * @param established whether, as leader, it has committed in its own term
 * @param withoutQuorum whether it has had no leader that reaches a quorum for so long that it tells those who would only read
 * @param hostedSessions sessions attached to it
 * @param localSessions sessions that are this member's alone, attached or not
 * @param watches what those sessions watch
 * @param pendingReads linearizable reads that wait for a quorum to confirm it, if it leads
 * @param left why it takes no further part, or null
 * @param healing what it heals from, silent until that is done, or null
 * @param shortage why its disk has no room for more, or null
 */
public record MemberView(
        MemberId self,
        long clusterId,
        Role role,
        long term,
        @Nullable MemberId leader,
        long commitIndex,
        long appliedIndex,
        long lastIndex,
        long durableIndex,
        Configuration configuration,
        boolean serving,
        boolean established,
        boolean withoutQuorum,
        int hostedSessions,
        int localSessions,
        WatchTable.Counts watches,
        int pendingReads,
        @Nullable String left,
        @Nullable String healing,
        @Nullable String shortage) {

    /** The same of a member that was stopped by a failure of its own. */
    public MemberView failed(String reason) {
        return new MemberView(
                self, clusterId, Role.FOLLOWER, term, null, commitIndex, appliedIndex, lastIndex, durableIndex, configuration,
                false, false, false, 0, 0, WatchTable.Counts.NONE, 0, reason, null, null);
    }
}
