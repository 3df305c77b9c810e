package io.coord.member;

/**
 * What a session was granted when it was opened or attached.
 *
 * @param session its id
 * @param attach its attach number
 * @param timeoutMillis its timeout
 * @param zxid of the attach
 */
public record SessionGrant(long session, long attach, int timeoutMillis, long zxid) {}
