package io.coord.member;

import io.coord.MemberId;
import io.coord.raft.Configuration;
import io.coord.raft.RaftConfig;
import io.coord.state.Settings;

/**
 * What a member is told when it starts.
 *
 * @param self its number
 * @param ensemble the initial members in canonical text: all must be told the same (rule.24)
 * @param initial the initial configuration, first incarnations
 * @param raft Raft's times and limits
 * @param settings proposed as shared settings when the ensemble forms
 * @param minSessionTimeoutMillis shorter timeouts are raised to this (zk.S1)
 * @param maxSessionTimeoutMillis longer ones lowered to this
 * @param snapshotEntries a snapshot is taken after so many entries
 * @param snapshotBytes or after so many bytes of entries, if sooner
 * @param collectIntervalNanos how often the leader looks for containers and TTL nodes to delete (zk.CT1)
 * @param watchHistory the latest changes to remember for persistent watches whose owner was away (rule.28)
 * @param watchesMax watched paths of one session, above which its door parts from it
 * @param codec of commands
 * @param seed of all its random choices in this run
 */
public record MemberSetup(
        MemberId self,
        String ensemble,
        Configuration initial,
        RaftConfig raft,
        Settings settings,
        int minSessionTimeoutMillis,
        int maxSessionTimeoutMillis,
        long snapshotEntries,
        long snapshotBytes,
        long collectIntervalNanos,
        int watchHistory,
        int watchesMax,
        CommandCodec codec,
        long seed) {

    /** With any number of watches. */
    public MemberSetup(
            MemberId self,
            String ensemble,
            Configuration initial,
            RaftConfig raft,
            Settings settings,
            int minSessionTimeoutMillis,
            int maxSessionTimeoutMillis,
            long snapshotEntries,
            long snapshotBytes,
            long collectIntervalNanos,
            int watchHistory,
            CommandCodec codec,
            long seed) {
        this(
                self, ensemble, initial, raft, settings, minSessionTimeoutMillis, maxSessionTimeoutMillis, snapshotEntries,
                snapshotBytes, collectIntervalNanos, watchHistory, Integer.MAX_VALUE, codec, seed);
    }
}
