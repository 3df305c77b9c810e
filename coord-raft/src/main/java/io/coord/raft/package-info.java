/**
 * Raft as a pure function of its inputs: election, replication, membership, reads. To it a command is bytes.
 *
 * <p>References: Ongaro and Ousterhout, <em>In Search of an Understandable Consensus Algorithm</em> (2014); Ongaro,
 * <em>Consensus: Bridging Theory and Practice</em> (2014), called "thesis" in comments.
 */
@NullMarked
package io.coord.raft;

import org.jspecify.annotations.NullMarked;
