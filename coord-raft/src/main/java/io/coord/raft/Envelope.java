package io.coord.raft;

/**
 * A message with its two ends. A message to another incarnation, or from one the receiver's configuration does not know, is
 * dropped (inv.R18), except where it comes from a leader.
 *
 * @param from the sender
 * @param to the receiver
 * @param message what it says
 */
public record Envelope(MemberKey from, MemberKey to, Message message) {}
