package io.coord.state;

/**
 * A change of members that is wanted and not yet settled: part of the replicated state, so that the leader of any later term drives it
 * on, or abandons it (rule.25).
 *
 * @param index of the entry that asked for it
 * @param wanted the ensemble it leads to, in canonical text
 * @param session whose write it is
 * @param number of that write
 */
public record Reconfiguration(long index, String wanted, long session, long number) {}
