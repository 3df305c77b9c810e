package io.coord.member;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.Ensemble;
import io.coord.MemberId;
import io.coord.raft.CommandPayload;
import io.coord.raft.MemberKey;
import io.coord.raft.Proposal;
import io.coord.raft.RaftConfig;
import io.coord.state.CoordState;
import io.coord.state.Settings;
import io.coord.wire.WireCommandCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Requests to open or attach a session, while there is nobody to propose them to. */
class OpeningsTest {

    private static final long SECOND = 1_000_000_000L;
    private static final MemberId ONE = MemberId.of(1);
    private static final Bytes PASSWORD = Bytes.wrap(new byte[32]);
    private static final Bytes OTHER_PASSWORD = Bytes.utf8("another password of 32 bytes !!!");

    /** Whoever asks. */
    private static final class Client implements Caller<SessionGrant> {}

    /** A member that takes proposals or does not, and notes how many. */
    private static final class Around implements SessionHost.Surroundings {
        private Proposal answer = Proposal.NO_LEADER;
        private int proposed;

        @Override
        public Proposal propose(CommandPayload payload) {
            proposed++;
            return answer;
        }

        @Override
        public void askReadIndex(long readId) {}

        @Override
        public boolean leads() {
            return false;
        }

        @Override
        public boolean serving() {
            return true;
        }

        @Override
        public boolean hasLeader() {
            return answer == Proposal.FORWARDED;
        }

        @Override
        public long term() {
            return 1;
        }

        @Override
        public boolean withoutQuorum() {
            return false;
        }

        @Override
        public @Nullable String refusalOfWrites() {
            return null;
        }

        int proposedSince() {
            int since = proposed;
            proposed = 0;
            return since;
        }
    }

    private final Around around = new Around();
    private final Outbox outbox = new Outbox(new MemberKey(ONE, 1));
    private final SessionHost host = host();

    private SessionHost host() {
        Ensemble alone = Ensemble.parse("1=localhost:7100");
        MemberSetup setup = new MemberSetup(
                ONE, alone.toString(), Ensembles.founding(alone), RaftConfig.DEFAULT, new Settings(false, false, false, 0),
                500, 60_000, 100_000, 1 << 20, SECOND, 0, new WireCommandCodec(), 1);
        return new SessionHost(setup, around, outbox, new CoordState(Bytes.EMPTY), 1, new SplittableRandom(1));
    }

    private Client open() {
        Client client = new Client();
        host.request(new Input.Open(client, 10_000, PASSWORD, List.of(), false));
        return client;
    }

    private Client resume(long session, Bytes password) {
        Client client = new Client();
        host.request(new Input.Resume(client, session, 10_000, password, List.of(), false, -1));
        return client;
    }

    private void leaderIsThere() {
        around.proposedSince();
        around.answer = Proposal.FORWARDED;
        host.leaderChanged();
    }

    private List<Caller<?>> failed() {
        List<Caller<?>> failed = new ArrayList<>();
        for (Delivery delivery : outbox.drain(null).deliveries()) {
            failed.add(((Delivery.Failed) delivery).caller());
        }
        return failed;
    }

    @Test
    @DisplayName("what nobody waits for any more is not proposed when there is a leader again, and its request is answered")
    void whatIsWithdrawnIsNotProposed() {
        List<Caller<?>> gone = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            Client client = i % 2 == 0 ? open() : resume(i, PASSWORD);
            host.request(new Input.Withdraw(client, true));
            gone.add(client);
        }
        open();
        leaderIsThere();

        assertThat(around.proposedSince()).isEqualTo(1);
        assertThat(failed()).isEqualTo(gone);
    }

    @Test
    @DisplayName("what was taken by a leader that may have dropped it is not proposed again either, once its client has gone")
    void whatWasTakenIsWithdrawnWithItsClient() {
        around.answer = Proposal.FORWARDED;
        List<Caller<?>> gone = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            Client client = i % 2 == 0 ? open() : resume(i, PASSWORD);
            host.request(new Input.Withdraw(client, true));
            gone.add(client);
        }
        leaderIsThere();

        assertThat(around.proposedSince()).isZero();
        assertThat(proposedWithin(0, 10)).isZero();
        assertThat(failed()).isEqualTo(gone);
    }

    @Test
    @DisplayName("what was taken, and whose late answer is of use, is proposed until it is answered; of many such the last")
    void whatIsOfUseLateIsKept() {
        around.answer = Proposal.FORWARDED;
        List<Caller<?>> dropped = new ArrayList<>();
        for (int i = 0; i < Openings.GIVEN_UP_MAX + 10; i++) {
            Client client = open();
            host.request(new Input.Withdraw(client, false));
            if (i < 10) {
                dropped.add(client);
            }
        }
        leaderIsThere();

        assertThat(around.proposedSince()).isEqualTo(Openings.GIVEN_UP_MAX);
        assertThat(failed()).isEqualTo(dropped);
    }

    @Test
    @DisplayName("of the attempts of one owner to attach its session only the last is proposed; without the password nobody takes its place")
    void theLastAttemptToAttachIsProposed() {
        Client first = resume(7, PASSWORD);
        resume(7, OTHER_PASSWORD);
        resume(8, PASSWORD);
        resume(7, PASSWORD);
        leaderIsThere();

        assertThat(around.proposedSince()).isEqualTo(3);
        assertThat(failed()).containsExactly(first);
    }

    @Test
    @DisplayName("what is not answered is proposed again ever more seldom, and at once when there is another leader")
    void repetitionsBecomeSeldom() {
        open();
        int proposed = proposedWithin(0, 60);

        assertThat(proposed).isBetween(10, 20);
        leaderIsThere();
        assertThat(around.proposedSince()).isEqualTo(1);
        assertThat(proposedWithin(60, 62)).isBetween(1, 3);
    }

    private int proposedWithin(long fromSeconds, long toSeconds) {
        around.proposedSince();
        for (long now = fromSeconds * SECOND; now < toSeconds * SECOND; now += SECOND / 20) {
            host.clock(now, 0);
            host.tick();
        }
        return around.proposedSince();
    }
}
