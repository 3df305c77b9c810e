package io.coord.member;

import io.coord.raft.Configuration;
import io.coord.raft.MemberKey;
import io.coord.raft.Message;
import io.coord.raft.SnapshotMeta;
import io.coord.state.StateRoot;

/** Work for the storage besides log writes. */
public sealed interface DiskTask {

    /**
     * Force the identity; answered by {@link Input.IdentitySaved}.
     *
     * @param clusterId of the ensemble
     * @param self this member and incarnation
     * @param initial whom the ensemble was formed of: what its log begins with
     */
    record SaveIdentity(long clusterId, MemberKey self, Configuration initial) implements DiskTask {}

    /**
     * Write a snapshot; answered by {@link Input.SnapshotSaved} or {@link Input.SnapshotNotSaved}.
     *
     * @param meta what it stands for
     * @param root the state, which nobody changes any more
     */
    record SaveSnapshot(SnapshotMeta meta, StateRoot root) implements DiskTask {}

    /**
     * Read a piece of a snapshot for a peer; answered by {@link Input.PieceRead}, {@link Input.PieceMissing} or
     * {@link Input.PieceUnreadable}.
     *
     * @param to the peer
     * @param snapshotIndex which snapshot, 0 for the newest
     * @param offset the piece's position
     */
    record ReadPiece(MemberKey to, long snapshotIndex, long offset) implements DiskTask {}

    /**
     * Write a received piece; answered by {@link Input.PieceWritten}, {@link Input.PieceRefused} or, with the last one,
     * {@link Input.SnapshotReceived}.
     *
     * @param chunk the piece
     */
    record WritePiece(Message.SnapshotChunk chunk) implements DiskTask {}

    /**
     * Let the log start at the received snapshot, after the log writes of earlier turns and ahead of those of the same;
     * answered by {@link Input.SnapshotInstalled}.
     *
     * @param meta which snapshot
     * @param keepSuffix whether entries behind it are kept
     */
    record InstallSnapshot(SnapshotMeta meta, boolean keepSuffix) implements DiskTask {}

    /** Look whether there is room; answered by {@link Input.Room}. */
    record CheckRoom() implements DiskTask {}

    /**
     * Allow to delete log up to an index.
     *
     * @param throughIndex the index
     */
    record Compact(long throughIndex) implements DiskTask {}
}
