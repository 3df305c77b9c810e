package io.coord.testkit.recipes;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.SessionState;
import io.coord.testkit.CoordContract.Capability;
import io.coord.testkit.CoordContract.Door;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;

/** What the parts of the recipes' contract share: a door and its sessions. A subclass provides the door. */
abstract class RecipesContract {

    private final List<Session> sessions = new ArrayList<>();
    private @Nullable Door door;

    /** Opens a door to an ensemble with a new tree. */
    abstract Door openDoor() throws Exception;

    final Door door() {
        Door opened = door;
        if (opened == null) {
            try {
                opened = openDoor();
            } catch (Exception e) {
                throw new IllegalStateException("the door did not open", e);
            }
            door = opened;
        }
        return opened;
    }

    final Door doorThatCan(Capability capability) {
        Assumptions.assumeTrue(door().capabilities().contains(capability), () -> "this door lacks " + capability);
        return door();
    }

    /** Whether a test may have threads of its own; a simulation must not. */
    boolean hasThreads() {
        return true;
    }

    final void needsThreads() {
        Assumptions.assumeTrue(hasThreads(), "this door is for one thread");
    }

    final Session open() {
        Session session = door().open(Duration.ofSeconds(20));
        sessions.add(session);
        return session;
    }

    /** Children of a path, as this session's member shows them once it has caught up. */
    static List<String> children(Session session, NodePath path) {
        session.sync(path);
        return session.getChildren(path).stream().sorted().toList();
    }

    static void create(Session session, NodePath path, String data) {
        session.create(path, Bytes.utf8(data), CreateMode.PERSISTENT);
    }

    @AfterEach
    final void closeDoor() throws Exception {
        Door opened = door;
        if (opened != null) {
            try (opened) {
                for (Session session : sessions) {
                    if (session.state() == SessionState.CONNECTED) {
                        session.close();
                    }
                }
            }
        }
    }
}
