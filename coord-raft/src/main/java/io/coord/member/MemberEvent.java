package io.coord.member;

import io.coord.MemberId;
import io.coord.raft.MemberKey;
import io.coord.raft.RaftEvent;

/** Something that happened to a member, worth a log line or a metric. */
public sealed interface MemberEvent {

    /**
     * Something happened to its Raft.
     *
     * @param event what
     */
    record Consensus(RaftEvent event) implements MemberEvent {}

    /**
     * The ensemble formed, as far as this member is concerned.
     *
     * @param clusterId its id
     */
    record Formed(long clusterId) implements MemberEvent {}

    /**
     * The member is empty, its list of members does not name another that takes it for one of its ensemble: it founds nothing.
     *
     * @param by which member
     * @param clusterId of which ensemble
     */
    record Claimed(MemberId by, long clusterId) implements MemberEvent {}

    /**
     * The member serves sessions from now on.
     *
     * @param appliedIndex what it has applied
     */
    record Serving(long appliedIndex) implements MemberEvent {}

    /**
     * No leader has reached a quorum for some elections: those who would only read are told so.
     *
     * @param silentMillis for how long
     */
    record QuorumLost(long silentMillis) implements MemberEvent {}

    /** There is a leader again. */
    record QuorumBack() implements MemberEvent {}

    /**
     * A session's lease lapsed on the leader.
     *
     * @param session the session
     * @param silentMillis for how long it gave no sign of life
     */
    record LeaseLapsed(long session, long silentMillis) implements MemberEvent {}

    /**
     * The member was not run for a while; leases were restarted.
     *
     * @param pausedMillis for how long
     */
    record PauseDetected(long pausedMillis) implements MemberEvent {}

    /**
     * A snapshot was saved.
     *
     * @param index its last index
     * @param sizeBytes its size
     */
    record SnapshotSaved(long index, long sizeBytes) implements MemberEvent {}

    /**
     * A snapshot could not be saved.
     *
     * @param reason what went wrong
     */
    record SnapshotFailed(String reason) implements MemberEvent {}

    /**
     * A snapshot from the leader replaced the state.
     *
     * @param index its last index
     */
    record SnapshotInstalled(long index) implements MemberEvent {}

    /**
     * A member is reached there: heard from itself, before it is in any configuration.
     *
     * @param member which
     * @param address in the words of {@code Ensemble}
     */
    record Located(MemberId member, String address) implements MemberEvent {}

    /**
     * The member has a new key, under which it asks to be taken in: its disk was empty, or may have forgotten what it had promised.
     *
     * @param key the key
     * @param reason what was seen
     */
    record Rejoining(MemberKey key, String reason) implements MemberEvent {}

    /**
     * The member goes on under another key, which is on its disk.
     *
     * @param key the key
     */
    record Renewed(MemberKey key) implements MemberEvent {}

    /**
     * This leader cannot take a member in.
     *
     * @param member which
     * @param reason what was seen and what to do
     */
    record JoinRefused(MemberId member, String reason) implements MemberEvent {}

    /**
     * The member lost part of its memory, or its state is not the others': it is silent until it has healed from a peer.
     *
     * @param found what is wrong
     */
    record Healing(String found) implements MemberEvent {}

    /**
     * The member has healed, and takes part again.
     *
     * @param index of the snapshot it goes on from
     */
    record Healed(long index) implements MemberEvent {}

    /**
     * The member's disk is full, or nearly: it hands leadership over, and leads only where nobody else can, without taking writes.
     *
     * @param shortage where, and what to do
     */
    record RoomShort(String shortage) implements MemberEvent {}

    /** There is room on the disk again. */
    record RoomBack() implements MemberEvent {}

    /**
     * The member takes no further part in the ensemble.
     *
     * @param reason what was found and what to do
     */
    record Left(String reason) implements MemberEvent {}
}
