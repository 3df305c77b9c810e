package io.coord.testkit;

import io.coord.testkit.sim.Chance;
import io.coord.testkit.sim.SimWorld;
import io.coord.testkit.sim.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs a simulated world as far as somebody waits for. One at a time: the world, or one of the actors, has the baton; an actor that
 * waits gives it back, and the seed chooses who gets it next (rule.30).
 */
final class Driver {

    /** How much virtual time anybody waits for anything. */
    static final long PATIENCE_NANOS = 600_000_000_000L;

    private final SimWorld world;
    private final VirtualTime time;
    private final Chance chance;
    private final List<Throwable> listenerFailures = new ArrayList<>();
    private boolean running;
    private @Nullable Troupe troupe;

    Driver(SimWorld world, Chance chance) {
        this.world = world;
        this.time = world.time();
        this.chance = chance;
    }

    /** Whether the world runs at this moment: the caller is a listener, a dependent, or deeper. */
    boolean isRunning() {
        return running;
    }

    void requireOutside(String what) {
        if (running) {
            throw new IllegalStateException(what + " within the simulation: a listener must not drive what drives it");
        }
    }

    /** A listener or dependent threw: whoever drives the simulation next is told. */
    void listenerFailed(Throwable failure) {
        listenerFailures.add(failure);
    }

    /** Runs until something is the case; fails when so much virtual time has passed without. */
    void runUntil(BooleanSupplier done, long patienceNanos, Supplier<String> what) throws InterruptedException {
        if (!wait(done, time.nowNanos() + patienceNanos)) {
            throw new IllegalStateException("waited " + patienceNanos / 1_000_000_000 + " s of virtual time in vain for "
                    + what.get() + "; seed " + world.seed() + world.describe());
        }
    }

    /** Runs until something is the case, or so much time has passed; tells whether it is. */
    boolean runAtMost(BooleanSupplier done, long nanos) throws InterruptedException {
        return wait(done, time.nowNanos() + nanos);
    }

    private boolean wait(BooleanSupplier done, long untilNanos) throws InterruptedException {
        Troupe playing = troupe;
        if (playing != null) {
            return playing.wait(done, untilNanos);
        }
        while (!done.getAsBoolean()) {
            if (time.nextNanos() > untilNanos) {
                time.runUntil(untilNanos);
                return done.getAsBoolean();
            }
            step();
        }
        return true;
    }

    private void step() {
        running = true;
        try {
            time.step();
        } finally {
            running = false;
        }
        if (!listenerFailures.isEmpty()) {
            Throwable failure = listenerFailures.remove(0);
            throw new IllegalStateException("a listener or dependent failed, with seed " + world.seed() + ": " + failure, failure);
        }
    }

    // ------------------------------------------------------------------------------------------------ actors

    /** Lets actors play until all have ended. */
    void play(List<SimulatedEnsemble.Actor> actors) throws Exception {
        if (troupe != null) {
            throw new IllegalStateException("actors cannot run actors");
        }
        Troupe playing = new Troupe(actors);
        troupe = playing;
        try {
            playing.play();
        } finally {
            try {
                playing.dismiss();
            } finally {
                troupe = null;
            }
        }
    }

    /** Ends an actor, since another has failed: no exception, for it would be caught by whoever tries again. */
    private static final class Dismissed extends Error {
        private static final long serialVersionUID = 1L;

        Dismissed() {
            super("another actor has failed");
        }
    }

    /** Someone with a thread, of which only the one that has the baton runs. */
    private static final class Player {
        final Semaphore baton = new Semaphore(0);
        final Thread thread;
        @Nullable BooleanSupplier waitsFor = () -> true;
        long untilNanos = Long.MAX_VALUE;
        boolean ended;
        @Nullable Throwable failure;

        Player(Runnable play, int number) {
            this.thread = new Thread(play, "coord-actor-" + number);
            this.thread.setDaemon(true);
        }
    }

    private final class Troupe {
        private final List<Player> players = new ArrayList<>();
        private final Semaphore directorsBaton = new Semaphore(0);
        private volatile boolean dismissed;

        Troupe(List<SimulatedEnsemble.Actor> actors) {
            for (int i = 0; i < actors.size(); i++) {
                SimulatedEnsemble.Actor actor = actors.get(i);
                int number = i;
                players.add(new Player(() -> perform(number, actor), i + 1));
            }
        }

        private void perform(int number, SimulatedEnsemble.Actor actor) {
            Player self = players.get(number);
            try {
                self.baton.acquire();
                if (!dismissed) {
                    actor.act();
                }
            } catch (Throwable failure) {
                self.failure = failure;
            }
            self.ended = true;
            directorsBaton.release();
        }

        void play() throws Exception {
            players.forEach(player -> player.thread.start());
            long deadline = time.nowNanos() + PATIENCE_NANOS;
            while (players.stream().anyMatch(player -> !player.ended)) {
                List<Player> ready = players.stream().filter(this::isReady).toList();
                if (!ready.isEmpty()) {
                    giveBatonTo(ready.get(chance.below(ready.size())));
                    deadline = time.nowNanos() + PATIENCE_NANOS;
                } else if (time.nowNanos() > deadline) {
                    throw new IllegalStateException("no actor could go on for " + PATIENCE_NANOS / 1_000_000_000
                            + " s of virtual time; seed " + world.seed() + world.describe());
                } else {
                    step();
                }
            }
        }

        private boolean isReady(Player player) {
            BooleanSupplier waitsFor = player.waitsFor;
            return !player.ended
                    && (time.nowNanos() >= player.untilNanos || waitsFor == null || waitsFor.getAsBoolean());
        }

        private void giveBatonTo(Player player) throws Exception {
            player.baton.release();
            directorsBaton.acquire();
            Throwable failure = player.failure;
            if (failure instanceof Exception exception) {
                throw exception;
            } else if (failure instanceof Error error) {
                throw error;
            }
        }

        boolean wait(BooleanSupplier done, long untilNanos) throws InterruptedException {
            Player self = players.stream()
                    .filter(player -> player.thread == Thread.currentThread())
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("only actors may wait while actors run"));
            requireStage();
            self.waitsFor = done;
            self.untilNanos = untilNanos;
            time.at(untilNanos, () -> {});
            directorsBaton.release();
            self.baton.acquire();
            requireStage();
            return done.getAsBoolean();
        }

        private void requireStage() {
            if (dismissed) {
                throw new Dismissed();
            }
        }

        /** After a failure the others are woken, to end. */
        void dismiss() throws InterruptedException {
            dismissed = true;
            for (Player player : players) {
                while (!player.ended) {
                    player.baton.release();
                    directorsBaton.acquire();
                }
                player.thread.join();
            }
        }
    }
}
