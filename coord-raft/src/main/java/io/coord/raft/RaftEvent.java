package io.coord.raft;

import org.jspecify.annotations.Nullable;

/** Something that happened to a member's Raft, worth a log line, a metric or an invariant's look. */
public sealed interface RaftEvent {

    /**
     * The role, term or known leader changed.
     *
     * @param role the role now
     * @param term the term now
     * @param leader the leader known now, or null
     * @param reason why, in words
     */
    record RoleChanged(Role role, long term, @Nullable MemberKey leader, String reason) implements RaftEvent {}

    /**
     * The leader committed the first entry of its own term: it knows all that was committed before (thesis 6.4).
     *
     * @param term its term
     * @param index the entry
     */
    record LeadershipEstablished(long term, long index) implements RaftEvent {}

    /**
     * The configuration in force changed.
     *
     * @param configuration the new one
     * @param index the entry that holds it
     */
    record ConfigurationChanged(Configuration configuration, long index) implements RaftEvent {}

    /**
     * The disk has lost something it had reported as forced: under its present key this member neither votes nor acknowledges any
     * more (fault.D15).
     *
     * @param reason what was seen
     */
    record MemoryLost(String reason) implements RaftEvent {}

    /**
     * Entries that were never committed gave way to the leader's.
     *
     * @param fromIndex the first replaced index
     * @param toIndex the last replaced index
     */
    record LogTruncated(long fromIndex, long toIndex) implements RaftEvent {}

    /**
     * The leader's wall clock is behind the last entry by more than entries hide, and from now on they follow it (rule.11).
     *
     * @param millis how far behind
     */
    record ClockSetBack(long millis) implements RaftEvent {}
}
