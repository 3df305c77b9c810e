package io.coord.member;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** When a leader holds a session for over (rule.15, fault.P4): silence counts while the leader could have heard, and never before it is due. */
class SessionLeasesTest {

    private static final long SECOND = 1_000_000_000L;
    private static final long SESSION = 7;

    private final SessionLeases leases = new SessionLeases(0);

    SessionLeasesTest() {
        leases.begin(SESSION, 1, 10_000, 0);
    }

    @Test
    void aPauseGivesTheFullTimeoutAgain() {
        leases.paused(60 * SECOND, 69 * SECOND);

        assertThat(leases.lapsed(79 * SECOND - 1)).isEmpty();
        assertThat(leases.lapsed(79 * SECOND)).hasSize(1);
    }

    @Test
    void aSilentSessionEndsAlthoughTheLeaderPausesAgainAndAgain() {
        long end = 0;
        for (long now = SECOND; end == 0 && now < 120 * SECOND; now += SECOND) {
            leases.paused(SECOND / 2, now); // half of each second
            end = leases.lapsed(now).isEmpty() ? 0 : now;
        }

        // A second, the full timeout from the first pause, and the other half of the time for it to pass in.
        assertThat(end).isEqualTo(21 * SECOND);
    }

    @Test
    void aSessionThatIsHeardOfOutlivesEveryPause() {
        for (long now = SECOND; now < 120 * SECOND; now += SECOND) {
            leases.paused(SECOND / 2, now);
            leases.touch(SESSION, now);

            assertThat(leases.lapsed(now)).isEmpty();
        }
        leases.paused(9 * SECOND, 128 * SECOND);

        assertThat(leases.lapsed(138 * SECOND - 1)).isEmpty();
    }
}
