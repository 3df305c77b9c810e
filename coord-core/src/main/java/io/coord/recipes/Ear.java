package io.coord.recipes;

import io.coord.AsyncSession;
import io.coord.Registration;
import io.coord.SessionEvent;
import io.coord.SessionState;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A recipe's ear on its session: hears its events, and keeps the steps that have to be taken again when it is connected. On the
 * callback executor only.
 */
final class Ear {

    private final AsyncSession session;
    private final Deque<Runnable> steps = new ArrayDeque<>();
    private final Consumer<? super SessionEvent> owner;
    private Optional<Registration> registration = Optional.empty();

    Ear(AsyncSession session, Consumer<? super SessionEvent> owner) {
        this.session = session;
        this.owner = owner;
    }

    /** Begins to hear. */
    void open() {
        registration = Optional.of(session.onEvent(event -> {
            owner.accept(event);
            if (event instanceof SessionEvent.Connected) {
                takeSteps();
            }
        }));
    }

    private void takeSteps() {
        for (int left = steps.size(); left > 0; left--) {
            steps.remove().run();
        }
    }

    /**
     * Takes a step again that could not be done: when the session is connected, or, if it is, behind what the queue holds now; by then
     * answers have made room for what was refused for lack of it.
     */
    void again(Runnable step) {
        if (session.state() == SessionState.CONNECTED) {
            session.callbackExecutor().execute(step);
        } else {
            steps.add(step);
        }
    }

    void close() {
        steps.clear();
        registration.ifPresent(Registration::close);
    }
}
