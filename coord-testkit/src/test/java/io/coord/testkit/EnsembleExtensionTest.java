package io.coord.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.coord.Session;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

@Timeout(60)
class EnsembleExtensionTest {

    private static LocalEnsemble left;

    static class Keeping {
        @Test
        void keeps(@Coord(members = 1) LocalEnsemble ensemble) {
            left = ensemble;
        }
    }

    static class Constructed {
        Constructed(@Coord(members = 1) LocalEnsemble ensemble) {}

        @Test
        void isNotReached() {}
    }

    private static TestExecutionSummary run(Class<?> tests, boolean closesAll) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(tests))
                .configurationParameter("junit.jupiter.extensions.store.close.autocloseable.enabled", Boolean.toString(closesAll))
                .build();
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, listener);
        return listener.getSummary();
    }

    /** Before 5.13 JUnit closed nothing but its own kind of resource, as it does where it is told so. */
    @Test
    void anEnsembleIsClosedAfterItsTestByAnyJUnit() {
        for (boolean closesAll : List.of(true, false)) {
            assertThat(run(Keeping.class, closesAll).getTestsSucceededCount()).isEqualTo(1);
            assertThatThrownBy(() -> {
                try (Session session = left.openSession()) {
                    session.sync(io.coord.NodePath.ROOT);
                }
            }).isInstanceOf(IllegalStateException.class).hasMessage("no member runs");
        }
    }

    /** JUnit asks in the name of the class there: each of its tests would get the same. */
    @Test
    void aConstructorGetsNone() {
        TestExecutionSummary summary = run(Constructed.class, true);

        assertThat(summary.getFailures()).singleElement().satisfies(failure ->
                assertThat(failure.getException()).hasMessageContaining("by a parameter of the test method"));
    }
}
