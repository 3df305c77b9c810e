package io.coord.member;

import io.coord.MemberId;
import io.coord.raft.MemberKey;

/**
 * A message between members, with its ends. One of another cluster is dropped, a {@link PeerMessage.Hello} excepted (fault.N9).
 *
 * @param clusterId of the sender, or 0 while it has none
 * @param from the sender
 * @param to the receiver's number
 * @param toIncarnation the receiver's incarnation as the sender knows it, or 0 if it does not
 * @param message what it says
 */
public record PeerFrame(long clusterId, MemberKey from, MemberId to, long toIncarnation, PeerMessage message) {}
