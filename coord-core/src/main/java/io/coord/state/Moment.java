package io.coord.state;

/**
 * The entry being applied, as far as outcomes depend on it.
 *
 * @param zxid its index
 * @param wallMillis its logged wall clock, for people
 * @param elapsedMillis its logged elapsed time, for times to live (rule.11)
 */
record Moment(long zxid, long wallMillis, long elapsedMillis) {}
