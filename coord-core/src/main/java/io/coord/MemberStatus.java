package io.coord;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a member stands, as it sees it itself: a value that costs no waiting, whatever the state of the ensemble.
 *
 * @param member the member
 * @param role what it is to the others
 * @param term its term; terms only grow, and each has at most one leader
 * @param leader the leader of that term, if it knows one
 * @param isServing whether it opens sessions: it has caught up since it started
 * @param clusterId of its ensemble; 0 while that forms
 * @param appliedIndex what its state shows, which is the zxid of its latest change
 * @param commitIndex what it knows to be decided
 * @param lastIndex the end of its log
 * @param sessions how many sessions are attached to it
 * @param peers the other members
 * @param trouble what keeps it from serving, with what to do; empty while it serves and knows a leader
 */
public record MemberStatus(
        MemberId member,
        Role role,
        long term,
        Optional<MemberId> leader,
        boolean isServing,
        long clusterId,
        long appliedIndex,
        long commitIndex,
        long lastIndex,
        int sessions,
        List<Peer> peers,
        Optional<String> trouble) {

    /** What a member is to the others. */
    public enum Role {
        /** Waits for the others, to form a new ensemble. */
        FORMING,
        /** Replicates and votes. */
        FOLLOWER,
        /** Asks to be elected. */
        CANDIDATE,
        /** Takes the writes. */
        LEADER,
        /** Replicates without a vote. */
        OBSERVER,
        /** Takes no further part. */
        LEFT
    }

    /**
     * Another member, as this one sees it.
     *
     * @param member which
     * @param address where it is reached
     * @param votes whether it votes
     * @param silent since when nothing was heard of it; empty if nothing ever was
     */
    public record Peer(MemberId member, MemberAddress address, boolean votes, Optional<Duration> silent) {}

    /** Keeps an immutable copy of the peers. */
    public MemberStatus {
        peers = List.copyOf(peers);
    }
}
