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

/** A lease that lapses and is renewed before its member looks: a member that is paused finds the leader's word in its inbox. */
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
}
