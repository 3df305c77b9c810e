package io.coord.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.RejectedException;
import io.coord.Session;
import io.coord.Stat;
import io.coord.testkit.CoordContract.Capability;
import io.coord.testkit.CoordContract.Door;
import io.coord.testkit.CoordContract.Setting;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the parts of the contract share: a door, its sessions, and words to say what is expected. */
interface Scene {

    /** The statements where Coord differs from ZooKeeper on purpose (zk section 2.20). */
    Set<String> DIFFERENCES =
            Set.of("X1", "X2", "X3", "X4", "X5", "X6", "X7", "X8", "X9", "X10", "X11", "X12", "X13");

    /** A path most tests use. */
    NodePath A = NodePath.of("/a");
    /** A child of {@link #A}. */
    NodePath A_B = NodePath.of("/a/b");
    /** Another child of {@link #A}. */
    NodePath A_C = NodePath.of("/a/c");
    /** A path beside {@link #A}. */
    NodePath B = NodePath.of("/b");

    /** The door of this test, opened at the first call with these settings on. */
    Door door(Setting... settings);

    /** The same, for a test that is skipped if the door lacks the capability. */
    Door doorThatCan(Capability capability, Setting... settings);

    /** The session that most of a test is about. */
    Session session();

    /** One more session. */
    Session another();

    /** Takes over a session opened at the door, to close it after the test. */
    Session keep(Session opened);

    /** Whether the ensemble differs from ZooKeeper here, as Coord does on purpose. */
    default boolean differs(String id) {
        return door().differences().contains(id);
    }

    /** An event queue for watches of this session. */
    default Events events(Session session) {
        return new Events(session);
    }

    /** The session, once its member shows everything committed by now. */
    default Session fresh(Session session) {
        session.sync(NodePath.ROOT);
        return session;
    }

    /** Creates an empty persistent node. */
    default Outcome.Created create(NodePath path) {
        return session().create(path, Bytes.EMPTY, CreateMode.PERSISTENT);
    }

    /** Creates an empty persistent node with this access control list. */
    default Outcome.Created create(NodePath path, Acl... acl) {
        return session().create(path, Bytes.EMPTY, CreateMode.PERSISTENT, List.of(acl));
    }

    /** A node's Stat, read by the test's first session. */
    default Stat stat(NodePath path) {
        return session().exists(path).orElseThrow(() -> new AssertionError("no node " + path));
    }

    /** Why the request was refused; empty if it was not. A refused transaction counts as refused. */
    static Optional<Refusal> refusal(Runnable request) {
        try {
            request.run();
            return Optional.empty();
        } catch (RejectedException e) {
            return Optional.of(e.refusal());
        }
    }

    /** Asserts that the request is refused with this. */
    static void assertRefused(Refusal expected, Runnable request) {
        assertThat(refusal(request)).contains(expected);
    }

    /** Asserts that the operation is refused with this. */
    static void assertRefused(Refusal expected, Session session, Operation<?> operation) {
        assertThat(refusal(() -> session.submit(operation))).as(operation.toString()).contains(expected);
    }

    /** A create of an empty open persistent node at any text. */
    static Operation.Create createAt(String path) {
        return createAt(path, CreateMode.PERSISTENT);
    }

    /** A create of an empty open node at any text. */
    static Operation.Create createAt(String path, CreateMode mode) {
        return createAt(path, mode, Acl.OPEN);
    }

    /** A create of an empty node at any text. */
    static Operation.Create createAt(String path, CreateMode mode, List<Acl> acl) {
        return new Operation.Create(path, Bytes.EMPTY, mode, acl, Operation.NO_TTL);
    }

    /** A create of an empty open node with a time to live. */
    static Operation.Create createTtl(NodePath path, CreateMode mode, long ttlMillis) {
        return new Operation.Create(path.value(), Bytes.EMPTY, mode, Acl.OPEN, ttlMillis);
    }

    /** Data. */
    static Bytes data(String text) {
        return Bytes.utf8(text);
    }

    /** Everything to anyone but these permissions. */
    static Acl anyoneBut(int permissions) {
        return Acl.of(Acl.ALL & ~permissions, "world", "anyone");
    }

    /** These permissions to anyone. */
    static Acl anyone(int permissions) {
        return Acl.of(permissions, "world", "anyone");
    }

    /** What a transaction of these steps did, granted or not. */
    static List<Outcome> multi(Session session, Operation.Step<?>... steps) {
        return session.submit(new Operation.Multi(List.of(steps))).results();
    }

    /** Why a step was refused; null if it was not. */
    static @Nullable Refusal refusalOf(Outcome outcome) {
        return outcome instanceof Outcome.Refused refused ? refused.refusal() : null;
    }
}
