package io.coord.testkit;

import io.coord.Identity;
import io.coord.Session;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.Timeout;

/**
 * The client contract of ZooKeeper 3.9 as one suite, for every way to an ensemble: a member in this JVM, a follower, a wire, a
 * real ZooKeeper. A subclass provides the {@link Door}; each test carries the ids of the statements it proves.
 *
 * <pre>{@code
 * class MyFrontEndContractTest extends CoordContract {
 *   @Override
 *   protected Door open(Set<Setting> settings) { return new MyDoor(settings); }
 * }
 * }</pre>
 *
 * <p>A test that needs what a door cannot do is skipped, and its report says what the door lacks. Where Coord differs from
 * ZooKeeper on purpose, the test asks {@link Door#differences()} which of the two behaviours to demand.
 */
@DisplayNameGeneration(ClaimNames.class)
@Timeout(60)
public abstract class CoordContract
        implements PathContract,
                CreateContract,
                SequenceContract,
                WriteContract,
                StatContract,
                AclContract,
                ReadContract,
                MultiContract,
                WatchContract,
                SessionContract,
                LifetimeContract,
                QuotaContract,
                OrderContract {

    /** What an ensemble has switched on; everything is off by default, as in ZooKeeper. */
    public enum Setting {
        /** TTL nodes may be created (zk.C2). */
        EXTENDED_TYPES,
        /** Hard quotas refuse writes (zk.Q3). */
        ENFORCE_QUOTA,
        /** Permission checks always pass (zk.A2). */
        SKIP_ACL
    }

    /** What a door can do besides opening sessions. */
    public enum Capability {
        /** {@link Door#expire}. */
        EXPIRE,
        /** {@link Door#vanish}. */
        VANISH,
        /** {@link Door#whileAway}. */
        AWAY,
        /** {@link Door#collect}. */
        COLLECT,
        /** {@link Door#openSuper}. */
        SUPER
    }

    /**
     * A way to an ensemble whose tree is new: nothing but {@code /zookeeper} and what is in it. Each test has its own, one
     * after the other.
     */
    public interface Door extends AutoCloseable {

        /** Opens a session with its client's default identities. */
        Session open(Duration timeout);

        /** What this door can do besides. */
        Set<Capability> capabilities();

        /**
         * The ids of statements where the ensemble behind this door does as Coord does, unlike ZooKeeper; all of
         * {@link Scene#DIFFERENCES} by default.
         */
        default Set<String> differences() {
            return Scene.DIFFERENCES;
        }

        /** The shortest timeout the ensemble grants. */
        Duration timeoutMin();

        /** The longest timeout the ensemble grants. */
        Duration timeoutMax();

        /** The identity that every session of this door has from the start because of where it comes from (zk.A6). */
        default Optional<Identity> address() {
            return Optional.empty();
        }

        /** Has the ensemble expire the session now, at no wish of its client. */
        default void expire(Session session) {
            throw new UnsupportedOperationException("expire");
        }

        /** Cuts the session's client off for good, so that nobody renews the session. */
        default void vanish(Session session) {
            throw new UnsupportedOperationException("vanish");
        }

        /** Runs the action while the session's client is cut off, and returns when the session is connected again. */
        default void whileAway(Session session, Runnable action) {
            throw new UnsupportedOperationException("whileAway");
        }

        /** Lets this much time pass for containers and TTL nodes, has the ensemble collect them, and returns thereafter. */
        default void collect(Duration elapsed) {
            throw new UnsupportedOperationException("collect");
        }

        /** Opens a session with an identity of scheme {@code super} (zk.A2). */
        default Session openSuper(Duration timeout) {
            throw new UnsupportedOperationException("openSuper");
        }

        /**
         * Is called between what a test builds and what it then asserts of it. A door may restart the whole ensemble from
         * what is on disk here; open sessions must go on after it. Never called while a watch is set.
         */
        default void beforeReading() {}

        /** Takes the ensemble down, or readies it for the next test. The test's sessions may be closing at the time. */
        @Override
        void close() throws IOException;
    }

    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private final List<Session> sessions = new ArrayList<>();
    private @Nullable Door door;
    private @Nullable Session session;

    /** For subclasses. */
    protected CoordContract() {}

    /** Opens a door to an ensemble with a new tree, with these settings on and all others off. */
    protected abstract Door open(Set<Setting> settings) throws Exception;

    @Override
    public final Door door(Setting... settings) {
        Door opened = door;
        if (opened == null) {
            EnumSet<Setting> on = EnumSet.noneOf(Setting.class);
            on.addAll(List.of(settings));
            try {
                opened = open(on);
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException("the door did not open", e);
            }
            door = opened;
        }
        return opened;
    }

    @Override
    public final Door doorThatCan(Capability capability, Setting... settings) {
        Door opened = door(settings);
        Assumptions.assumeTrue(opened.capabilities().contains(capability), () -> "this door lacks " + capability);
        return opened;
    }

    @Override
    public final Session session() {
        Session first = session;
        if (first == null) {
            first = another();
            session = first;
        }
        return first;
    }

    @Override
    public final Session another() {
        return keep(door().open(TIMEOUT));
    }

    @Override
    public final Session keep(Session opened) {
        sessions.add(opened);
        return opened;
    }

    @AfterEach
    final void closeDoor() throws IOException {
        Door opened = door;
        if (opened == null) {
            return;
        }
        sessions.forEach(each -> each.async().close());
        opened.close();
    }
}
