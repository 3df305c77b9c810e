package io.coord.member;

/**
 * What a session was granted when it was opened or attached.
 *
 * @param session its id
 * @param attach its attach number; 0 for a session of this member alone
 * @param timeoutMillis its timeout
 * @param zxid of the attach
 * @param isReadOnly whether it only reads, since the member has no quorum (zk.RO1)
 */
public record SessionGrant(long session, long attach, int timeoutMillis, long zxid, boolean isReadOnly) {}
