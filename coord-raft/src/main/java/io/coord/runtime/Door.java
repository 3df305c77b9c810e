package io.coord.runtime;

import io.coord.ErrorCode;
import io.coord.member.Caller;
import io.coord.member.Delivery;
import io.coord.member.Failure;
import io.coord.member.Input;
import io.coord.member.SessionGrant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Brings deliveries to the sessions of a member, those in this process and those of its front ends. Used by its loop only, or by what
 * stands in for a loop in a simulation: has no thread, and reads no clock but its home's.
 */
public final class Door {

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
            return stage.minimalCompletionStage();
        }

        void answer(boolean done) {
            try {
                callbacks.execute(() -> stage.complete(done));
            } catch (RejectedExecutionException closed) {
                stage.complete(done); // nobody else would tell
            }
        }
    }

    private final SessionHome home;
    private final int sessionsMax;
    private final Map<Long, Resident> sessions = new HashMap<>();
    /** Since when each session waits to be opened or attached. */
    private final Map<Resident.Waiting<SessionGrant>, Long> openings = new LinkedHashMap<>();
    /** Orders taken and not yet answered: some wait for the disk, or for an entry to be applied. */
    private final Set<OrderCaller> orders = new LinkedHashSet<>();

    private final Set<Resident> touched = new LinkedHashSet<>();
    private int answers;
    private SessionQueue.Gate gate = new SessionQueue.Gate();

    /** The door of this member, for so many sessions at most. */
    public Door(SessionHome home, int sessionsMax) {
        this.home = home;
        this.sessionsMax = sessionsMax;
    }

    /** Notes who waits; false if the member hosts as many sessions as it may, which is then staged as the answer. */
    public boolean admits(Input input) {
        if (input instanceof Input.Order order) {
            if (callerOf(order) instanceof OrderCaller caller) {
                orders.add(caller);
            }
            return true;
        }
        Caller<SessionGrant> caller = opener(input);
        if (caller == null) {
            return true;
        }
        if (sessions.size() + openings.size() >= sessionsMax) {
            stage(new Delivery.Failed(caller, Failure.UNAVAILABLE, ErrorCode.TOO_MANY_SESSIONS.message("member " + home.member()
                    + " hosts " + sessions.size() + " sessions, the limit (maxSessions). Close some, or ask another member.")));
            return false;
        }
        if (caller instanceof Resident.Waiting<SessionGrant> waiting) {
            openings.put(waiting, home.nanoTime());
        }
        return true;
    }

    private static @Nullable Caller<SessionGrant> opener(Input input) {
        if (input instanceof Input.Open open) {
            return open.caller();
        }
        return input instanceof Input.Resume resume ? resume.caller() : null;
    }

    /** Queues deliveries, in order, not to run before {@link #release()}. */
    public void stage(List<Delivery> deliveries) {
        deliveries.forEach(this::stage);
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
        if (caller instanceof Resident.Waiting<?> waiting) {
            Resident session = waiting.resident();
            touched.add(session);
            answers++;
            if (!openings.isEmpty()) {
                openings.remove(waiting);
            }
            if (delivery instanceof Delivery.Answered<?> answered && answered.value() instanceof SessionGrant grant) {
                sessions.put(grant.session(), session);
            }
            waiting.stage(delivery, gate);
        } else if (caller instanceof OrderCaller order) {
            orders.remove(order);
            order.answer(delivery instanceof Delivery.Answered<?> answered && Boolean.TRUE.equals(answered.value()));
        }
    }

    private void toSession(long id, Delivery delivery) {
        Resident session = sessions.get(id);
        if (session != null) {
            touched.add(session);
            session.stage(home, delivery, gate);
        }
    }

    /** A session's owner leaves; false if another one has come in its place. */
    boolean departs(Resident resident, long id) {
        return sessions.remove(id, resident);
    }

    /** Whether something waits for {@link #release()}. */
    public boolean hasStaged() {
        return !touched.isEmpty();
    }

    /** How many requests {@link #release()} will answer. */
    public int answersStaged() {
        return answers;
    }

    /** Lets run what is staged: the root that shows it is handed out. Says how many requests it answers. */
    public int release() {
        if (touched.isEmpty()) {
            return 0;
        }
        gate.open();
        gate = new SessionQueue.Gate();
        for (Resident session : touched) {
            session.opened(home);
        }
        touched.clear();
        int released = answers;
        answers = 0;
        return released;
    }

    /**
     * Tells those who have waited for longer than this; what they asked goes on, but for a session to be opened or attached.
     *
     * @return of those who waited for one, what the member is to be told
     */
    public List<Input.Withdraw> giveUpOlderThan(long ageNanos, Supplier<String> reason) {
        for (Resident session : sessions.values()) {
            session.giveUpOlderThan(ageNanos, reason);
        }
        long nowNanos = home.nanoTime();
        List<Input.Withdraw> givenUp = new ArrayList<>();
        openings.entrySet().removeIf(opening -> {
            boolean overdue = nowNanos - opening.getValue() > ageNanos;
            if (overdue) {
                givenUp.add(new Input.Withdraw(opening.getKey(), opening.getKey().giveUp(reason.get())));
            }
            return overdue;
        });
        return givenUp;
    }

    /**
     * The member is gone: every session here, or on its way here, learns it, and so does who gave an order that is not answered. What was
     * not taken any more counts as on its way.
     */
    public void ended(List<Input> notTaken, String reason) {
        notTaken.forEach(this::refuse);
        openings.keySet().forEach(opening -> opening.giveUp(reason));
        openings.clear();
        orders.forEach(order -> order.answer(false));
        orders.clear();
        for (Resident session : new ArrayList<>(sessions.values())) {
            session.homeLost(home, reason);
        }
        sessions.clear();
    }

    private void refuse(Input input) {
        if (input instanceof Input.Order order && callerOf(order) instanceof OrderCaller caller) {
            caller.answer(false);
        } else if (opener(input) instanceof Resident.Waiting<SessionGrant> waiting) {
            openings.put(waiting, 0L);
        }
    }

    private static Caller<Boolean> callerOf(Input.Order order) {
        if (order instanceof Input.Expire expire) {
            return expire.caller();
        }
        if (order instanceof Input.Transfer transfer) {
            return transfer.caller();
        }
        if (order instanceof Input.TakeSnapshot snapshot) {
            return snapshot.caller();
        }
        if (order instanceof Input.Configure configure) {
            return configure.caller();
        }
        return ((Input.Collect) order).caller();
    }
}
