/**
 * A member's durable memory: a segmented log, snapshots, and the small files that say whose they are and what was voted.
 *
 * <h2>Files of a directory, format version 1</h2>
 *
 * <pre>
 * lock, owner            held, and named, by the process that has the directory in use (fault.D16)
 * identity               cluster, member, incarnation, log id: two copies (fault.D15)
 * control                term, vote, the newest segment there must be: two copies, each forced before the next (fault.D8)
 * log-SEGMENT            header, then groups; SEGMENT counts up from 1
 * snapshot-INDEX-TERM    header, then chunks of content, each with its digest
 * spare                  zeros, forced: the next segment, ready before it is needed; on a full disk, what a start needs (fault.D11)
 * *.tmp, *.received      unfinished; deleted when the directory is opened
 * *.damaged              replaced by a peer's snapshot; evidence, until two snapshots stand for it (fault.D6)
 * </pre>
 *
 * <h2>A group is one write and one force</h2>
 *
 * <p>Whatever is queued when the log's lane looks is gathered into one group: one write, one force, then the callbacks. Term and
 * vote rarely change and have a file of their own, written first, so that a group in the common case costs one force, and so that
 * a rotten byte in the last group can never take a vote with it. Groups go into space filled with zeros and forced beforehand, so
 * that a force has no metadata to carry.
 *
 * <pre>
 * +--- sector 0 ----------------------------+--- sector 1 ---+-- ...
 * | head | checks of sectors 1..n | records |  records       |
 * +-----------------------------------------+----------------+-- ...
 *   head:   check of sector 0, segment, log id, own offset, number, first index, term and chain before it, durable mark
 *   record: identity (own check: index, term, times, kind, length, check of payload, chain), then payload
 * </pre>
 *
 * <p>Sectors of 512 bytes arrive on the disk whole or not at all, in any order (fault.D2). A sector that never arrived still shows
 * the zeros laid down before; a rotten one shows something else. With a check for each sector the two cannot be confused: a group
 * that misses sectors is torn, was never reported, and is cut, if no later group proves that it had been forced (its number and
 * offset are the durable mark). Anything else is damage: named, never cut (fault.D6, fault.D7).
 *
 * <p>A segment ends with a seal, forced after all of its groups. Only the newest may lack one, after a crash; its groups are then
 * copied to a fresh segment and forced before they are trusted, because what a cache shows after a failed force is no proof of
 * what the disk holds (fault.D10).
 */
@NullMarked
package io.coord.storage;

import org.jspecify.annotations.NullMarked;
