/**
 * Coord's vocabulary and its face to user code: a ZooKeeper-like tree of znodes with watches and sessions, replicated by Raft.
 *
 * <p>Glossary, one noun a thing:
 *
 * <ul>
 *   <li>A <em>member</em> runs: one of the odd-sized <em>ensemble</em>. A <em>learner</em> replicates and serves reads without a vote.
 *   <li>A <em>node</em> or <em>znode</em> is in the tree, named by a {@link io.coord.NodePath}; never a server.
 *   <li>The <em>log</em> holds <em>entries</em>, each with an <em>index</em> and a <em>term</em>. The <em>zxid</em> of a write is the index of its entry.
 *   <li>A <em>session</em> owns ephemeral nodes and watches, and lives as long as somebody keeps its lease.
 *   <li>An <em>operation</em> is what a session asks; its <em>outcome</em> is what applying it did; a <em>refusal</em> says why it did nothing.
 *   <li>A <em>watch</em> reports <em>events</em>.
 * </ul>
 */
@NullMarked
package io.coord;

import org.jspecify.annotations.NullMarked;
