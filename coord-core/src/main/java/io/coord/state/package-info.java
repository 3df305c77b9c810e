/**
 * The replicated state as a pure function of the log: the tree of znodes, sessions, quotas; and this member's watch table.
 *
 * <p>Nothing here reads a clock, draws a random number, starts a thread, takes a lock, does I/O or logs.
 */
@NullMarked
package io.coord.state;

import org.jspecify.annotations.NullMarked;
