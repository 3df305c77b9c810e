package io.coord.runtime;

import io.coord.member.Caller;
import io.coord.member.Delivery;
import io.coord.member.SessionGrant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Brings deliveries to the in-process sessions of a member. Used by its loop only. */
public final class LocalDoor {

    /** Whoever gave an order; completed on the callback executor. */
    public static final class OrderCaller implements Caller<Boolean> {
        private final CompletableFuture<Boolean> stage = new CompletableFuture<>();
        private final Executor callbacks;

        /** For an order whose answer is told on this executor. */
        public OrderCaller(Executor callbacks) {
            this.callbacks = callbacks;
        }

        /** Completes with whether the order was carried out. */
        public CompletionStage<Boolean> stage() {
            return stage;
        }

        void answer(boolean done) {
            callbacks.execute(() -> stage.complete(done));
        }
    }

    private final SessionHome home;
    private final Map<Long, LocalSession> sessions = new HashMap<>();
    private final Set<LocalSession> touched = new LinkedHashSet<>();

    /** The door of this member. */
    public LocalDoor(SessionHome home) {
        this.home = home;
    }

    /** Queues deliveries, in order, not to run before {@link #release()}. */
    public void stage(List<Delivery> deliveries) {
        for (Delivery delivery : deliveries) {
            stage(delivery);
        }
    }

    private void stage(Delivery delivery) {
        if (delivery instanceof Delivery.Answered<?> answered) {
            toCaller(answered.caller(), delivery);
        } else if (delivery instanceof Delivery.Refused refused) {
            toCaller(refused.caller(), delivery);
        } else if (delivery instanceof Delivery.Failed failed) {
            toCaller(failed.caller(), delivery);
        } else if (delivery instanceof Delivery.Fired fired) {
            toSession(fired.session(), delivery);
        } else if (delivery instanceof Delivery.Renewed renewed) {
            toSession(renewed.session(), delivery);
        } else if (delivery instanceof Delivery.Suspended suspended) {
            toSession(suspended.session(), delivery);
        } else if (delivery instanceof Delivery.Ended ended) {
            toSession(ended.session(), delivery);
            sessions.remove(ended.session());
        } else if (delivery instanceof Delivery.Moved moved) {
            toSession(moved.session(), delivery);
            sessions.remove(moved.session());
        }
    }

    private void toCaller(Caller<?> caller, Delivery delivery) {
        if (caller instanceof LocalSession.Attempt<?> attempt) {
            LocalSession session = attempt.session();
            touched.add(session);
            if (delivery instanceof Delivery.Answered<?> answered && answered.value() instanceof SessionGrant grant) {
                sessions.put(grant.session(), session);
            }
            session.stage(attempt, delivery);
        } else if (caller instanceof OrderCaller order) {
            order.answer(delivery instanceof Delivery.Answered<?> answered && Boolean.TRUE.equals(answered.value()));
        }
    }

    private void toSession(long id, Delivery delivery) {
        LocalSession session = sessions.get(id);
        if (session != null) {
            touched.add(session);
            session.stage(home, delivery);
        }
    }

    /** Lets run what is staged: the root that shows it is handed out. */
    public void release() {
        touched.forEach(LocalSession::release);
        touched.clear();
    }

    /** The sessions attached here. */
    public List<LocalSession> sessions() {
        return new ArrayList<>(sessions.values());
    }
}
