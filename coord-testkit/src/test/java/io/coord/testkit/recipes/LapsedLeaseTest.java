package io.coord.testkit.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.SessionEvent;
import io.coord.SessionState;
import io.coord.recipes.DistributedLock;
import io.coord.recipes.DistributedLock.Hold;
import io.coord.testkit.SimulatedEnsemble;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Leases that lapse, and are renewed before their member looks, or are not: a member that was paused, or cut off, hears the leader's word. */
class LapsedLeaseTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(4);

    @Test
    @DisplayName("rule.16 a session that was suspended, however shortly, is told so, and then that it is connected")
    void whoeverSawThatTheLeaseLapsedHearsOfIt() {
        SimulatedEnsemble ensemble = SimulatedEnsemble.of(3).seed(1);
        MemberId home = ensemble.anyFollower();
        Session session = ensemble.openSession(home, TIMEOUT);
        Hold hold = session.await(DistributedLock.at(session, NodePath.of("/lock")).request().granted());
        List<String> told = new ArrayList<>();
        List<String> reasons = new ArrayList<>();
        session.async().onEvent(event -> {
            told.add(event.state().name());
            if (event instanceof SessionEvent.Suspended suspended) {
                reasons.add(suspended.reason());
            }
        });
        AtomicInteger losses = new AtomicInteger();
        hold.onLost(losses::incrementAndGet);
        for (int millis = 1_000; millis < 1_300; millis++) { // so that some pauses begin while an acknowledgement is on its way
            ensemble.advance(Duration.ofMillis(millis));
            ensemble.pause(home, Duration.ofMillis(2_600));
            ensemble.advance(Duration.ofMillis(2_599));
            boolean lapsed = session.state() == SessionState.SUSPENDED;
            ensemble.advance(Duration.ofSeconds(1));

            assertThat(session.state()).isEqualTo(SessionState.CONNECTED);
            assertThat(hold.isHeld()).isTrue();
            if (lapsed || !told.isEmpty()) {
                assertThat(told).as("after %s ms", millis).containsExactly("SUSPENDED", "CONNECTED");
                assertThat(losses).as("after %s ms", millis).hasValue(1);
            }
            told.clear();
            losses.set(0);
        }
        assertThat(reasons).anyMatch(reason -> reason.endsWith("renewed the lease when it had lapsed already"));
    }

    @Test
    @DisplayName("rule.16 whoever was cut off until its session ended holds nothing when it is back, beside whoever holds it now")
    void aHealedCutDoesNotMakeTwoHolders() {
        for (int seed = 1; seed <= 5; seed++) {
            SimulatedEnsemble ensemble = SimulatedEnsemble.of(3).seed(seed);
            MemberId home = ensemble.anyFollower();
            Session session = ensemble.openSession(home, TIMEOUT);
            Session other = ensemble.openSession(ensemble.leader(), TIMEOUT);
            Hold hold = session.await(DistributedLock.at(session, NodePath.of("/lock")).request().granted());
            var next = DistributedLock.at(other, NodePath.of("/lock")).request();
            List<String> told = new ArrayList<>();
            session.async().onEvent(event -> told.add(event.state().name()));
            ensemble.isolate(home);
            Hold held = other.await(next.granted());
            ensemble.heal();
            while (session.state() != SessionState.EXPIRED) {
                ensemble.advance(Duration.ofNanos(100_000));

                assertThat(hold.isHeld() && held.isHeld()).as("two hold it, seed %s", seed).isFalse();
            }
            ensemble.advance(Duration.ofSeconds(1));
            assertThat(told).containsExactly("SUSPENDED", "EXPIRED");
        }
    }
}
