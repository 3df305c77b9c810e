/**
 * The records of the other packages as bytes, and back: commands for the log, frames for peers, records for snapshots.
 *
 * <p>Three formats, each with its version, described in {@code docs/formats.md} and pinned by golden files. What comes in is refused
 * with {@link java.lang.IllegalArgumentException} unless all of it is understood: nothing unknown is skipped (fault.D19), nothing
 * damaged is read past (fault.N2), and no length is believed before its bytes are there (fault.C9).
 *
 * <p>Nothing here is called by the loop: threads of peers, clients and storage decode before the inbox and encode after the queue
 * (rule.29). Generated code stays in {@code io.coord.wire.proto} and shows in no signature that leaves this package.
 */
@NullMarked
package io.coord.wire;

import org.jspecify.annotations.NullMarked;
