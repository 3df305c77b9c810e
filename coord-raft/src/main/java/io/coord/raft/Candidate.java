package io.coord.raft;

/** A member that asks for votes (paper section 5.2). Its own counts when it is durable, as every other's does. */
final class Candidate extends RoleState {

    private final Ballot ballot;
    private final boolean transfer;
    private final long voteVersion;
    private long deadlineNanos;

    Candidate(Raft raft, boolean transfer) {
        super(raft);
        this.transfer = transfer;
        ballot = new Ballot(raft.quorum());
        voteVersion = raft.durability().voteVersion();
    }

    @Override
    Role role() {
        return Role.CANDIDATE;
    }

    @Override
    void begin() {
        rearm();
        Message.RequestVote question = new Message.RequestVote(raft.term(), raft.log().last(), transfer);
        raft.eachVoter(peer -> raft.sendVote(peer, question));
    }

    private void rearm() {
        deadlineNanos = raft.nowNanos() + raft.randomElectionTimeoutNanos();
    }

    @Override
    void persisted() {
        if (hasVotedDurably()) {
            count(raft.self(), true);
        }
    }

    private boolean hasVotedDurably() {
        return raft.durability().isDurable(voteVersion);
    }

    @Override
    void receive(MemberKey from, Message message) {
        if (message instanceof Message.VoteReply reply) {
            count(from, reply.granted());
        }
    }

    private void count(MemberKey voter, boolean granted) {
        switch (ballot.record(voter, granted)) {
            case WON -> raft.becomeLeader();
            case LOST -> raft.becomeFollower(raft.term(), null, "a quorum refused its vote");
            case PENDING -> {}
        }
    }

    @Override
    void tick() {
        if (raft.nowNanos() - deadlineNanos < 0) {
            return;
        }
        if (hasVotedDurably()) {
            raft.campaign("the election was not decided in time");
        } else {
            rearm(); // nobody was asked yet: another term would only wait for the same disk
        }
    }

    @Override
    long deadlineNanos() {
        return deadlineNanos;
    }
}
