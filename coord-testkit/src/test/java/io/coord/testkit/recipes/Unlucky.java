package io.coord.testkit.recipes;

import io.coord.AsyncSession;
import io.coord.Operation;
import io.coord.OutcomeUnknownException;
import io.coord.Session;
import io.coord.UnavailableException;
import io.coord.session.Awaiter;
import io.coord.session.BlockingSession;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/**
 * A session on a bad line: everything is asked of a real session, but some answers are lost, or the requests are. It also counts what is
 * asked.
 */
final class Unlucky {

    /** What happens to a request. */
    enum Fate {
        /** It is done, and nobody is told. */
        ANSWER_LOST,
        /** It is not done, and nobody is told so. */
        REQUEST_LOST,
        /** It is not done, and that is told. */
        REFUSED
    }

    private record Mishap(Predicate<Operation<?>> which, Fate fate) {}

    private final Session waiting;
    private final AsyncSession real;
    private final List<Mishap> mishaps = new CopyOnWriteArrayList<>();
    private final List<Operation<?>> asked = new CopyOnWriteArrayList<>();

    Unlucky(Session session) {
        this.waiting = session;
        this.real = session.async();
    }

    /** Has the next request of this kind meet its fate; several are met in the order given. */
    Unlucky next(Class<? extends Operation<?>> kind, Fate fate) {
        mishaps.add(new Mishap(kind::isInstance, fate));
        return this;
    }

    /** What was asked so far. */
    List<Operation<?>> asked() {
        return new ArrayList<>(asked);
    }

    /** The session with the bad line. */
    Session session() {
        AsyncSession line = (AsyncSession) Proxy.newProxyInstance(
                AsyncSession.class.getClassLoader(), new Class<?>[] {AsyncSession.class}, (proxy, method, arguments) -> {
                    if (method.isDefault()) {
                        return java.lang.reflect.InvocationHandler.invokeDefault(proxy, method, arguments);
                    }
                    if (method.getName().equals("submit")) {
                        asked.add((Operation<?>) arguments[0]);
                        for (Mishap mishap : mishaps) {
                            if (mishap.which().test((Operation<?>) arguments[0]) && mishaps.remove(mishap)) {
                                return meet(mishap.fate(), (Operation<?>) arguments[0]);
                            }
                        }
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        return new BlockingSession(line, new SameWay());
    }

    /** Waits as the real session does: in a simulation, by running it. */
    private final class SameWay implements Awaiter {
        @Override
        public void requireMayWait() {
            waiting.await(CompletableFuture.completedStage(true));
        }

        @Override
        public <T> T await(CompletionStage<T> stage) throws InterruptedException {
            return waiting.awaitInterruptibly(stage);
        }

        @Override
        public <T> Optional<T> await(CompletionStage<T> stage, Duration atMost) throws InterruptedException {
            return waiting.awaitAtMost(stage, atMost);
        }
    }

    /** The failure comes where the answer would have come: in order, on the callback executor. */
    private CompletionStage<?> meet(Fate fate, Operation<?> operation) {
        CompletionStage<?> instead =
                fate == Fate.ANSWER_LOST ? real.submit(operation) : real.submit(new Operation.Exists("/"));
        return instead.handle((answer, thrown) -> fate == Fate.REFUSED
                        ? CompletableFuture.failedStage(new UnavailableException(operation + ": refused by the test"))
                        : CompletableFuture.failedStage(new OutcomeUnknownException(operation + ": lost by the test")))
                .thenCompose(failed -> failed);
    }
}
