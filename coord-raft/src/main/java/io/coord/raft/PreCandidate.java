package io.coord.raft;

/** A member that asks whether it could win an election, before it spends a term on it (thesis 9.6). Nothing of it is durable. */
final class PreCandidate extends RoleState {

    private final Ballot ballot;
    private long deadlineNanos;

    PreCandidate(Raft raft) {
        super(raft);
        ballot = new Ballot(raft.quorum());
    }

    @Override
    Role role() {
        return Role.PRE_CANDIDATE;
    }

    @Override
    void begin() {
        deadlineNanos = raft.nowNanos() + raft.randomElectionTimeoutNanos();
        Message.PreVote question = new Message.PreVote(raft.term() + 1, raft.log().last());
        raft.eachVoter(peer -> raft.send(peer, question));
        count(raft.self(), true);
    }

    @Override
    void receive(MemberKey from, Message message) {
        if (message instanceof Message.PreVoteReply reply && (!reply.granted() || reply.term() == raft.term() + 1)) {
            count(from, reply.granted());
        }
    }

    private void count(MemberKey voter, boolean granted) {
        switch (ballot.record(voter, granted)) {
            case WON -> raft.becomeCandidate(false, "a quorum would elect it");
            case LOST -> raft.becomeFollower(raft.term(), null, "a quorum would not elect it");
            case PENDING -> {}
        }
    }

    @Override
    void tick() {
        if (raft.nowNanos() - deadlineNanos >= 0) {
            raft.campaign("no answer from a quorum");
        }
    }

    @Override
    long deadlineNanos() {
        return deadlineNanos;
    }
}
