package io.coord.runtime;

import io.coord.MemberId;
import io.coord.member.Effects;
import io.coord.member.Input;
import io.coord.member.MemberCore;
import io.coord.member.MemberEvent;
import io.coord.member.MemberView;
import io.coord.member.PeerFrame;
import io.coord.state.StateRoot;
import java.util.List;

/**
 * Feeds a {@link MemberCore} the real world: inputs from the inbox, the real clocks; and has done what it asks for. One thread, the only
 * one that touches the core; it waits for nothing but its inbox.
 */
public final class MemberLoop implements SessionHome {

    /** Carries out what the core asks for; no method blocks. */
    public interface Hands {
        /** Sends messages. */
        void send(List<PeerFrame> messages);

        /** Begins log writes, then other disk tasks, in order; their completion comes back as an input. */
        void store(Effects effects);

        /** Tells what happened. */
        void happened(MemberEvent event, MemberView view);

        /** Tells that the loop has ended by a failure of its own. */
        void crashed(Throwable failure);
    }

    private final MemberId id;
    private final MemberCore core;
    private final TimeSource time;
    private final Hands hands;
    private final Inbox inbox;
    private final LocalDoor door;
    private final Thread thread;

    private volatile StateRoot root;
    private volatile MemberView view;
    private volatile boolean aborted;

    /** A loop not yet running. */
    public MemberLoop(MemberId id, MemberCore core, TimeSource time, Hands hands, int requestsMax) {
        this.id = id;
        this.core = core;
        this.time = time;
        this.hands = hands;
        this.inbox = new Inbox(requestsMax);
        this.door = new LocalDoor(this);
        this.root = core.root();
        this.view = core.view();
        this.thread = new Thread(this::run, "coord-" + id + "-loop");
        this.thread.setDaemon(true);
    }

    /** Begins. */
    public void start() {
        thread.start();
    }

    private void run() {
        try {
            perform(core.drain());
            while (!inbox.isClosed()) {
                turn(inbox.takeWithin(core.nextDeadlineNanos() - time.nanos()));
            }
            if (!aborted) {
                turn(inbox.takeWithin(0));
            }
            ended("member " + id + " was closed");
        } catch (Throwable failure) {
            inbox.close();
            hands.crashed(failure);
            ended("member " + id + " has failed: " + failure);
        }
    }

    private void turn(List<Input> inputs) {
        long wallMillis = time.wallMillis();
        core.turn(time.nanos(), wallMillis);
        for (Input input : inputs) {
            core.step(input);
        }
        perform(core.drain());
    }

    /** The order is what makes events precede what they report, and answers show what they promise (rule.1). */
    private void perform(Effects effects) {
        if (aborted || effects.isEmpty()) {
            return;
        }
        hands.send(effects.messages());
        hands.store(effects);
        door.stage(effects.deliveries());
        StateRoot changed = effects.root();
        if (changed != null) {
            root = changed;
        }
        door.release();
        view = core.view();
        for (MemberEvent event : effects.events()) {
            hands.happened(event, view);
        }
    }

    private void ended(String reason) {
        for (LocalSession session : door.sessions()) {
            session.homeLost(this, reason);
        }
    }

    /** Takes what a disk completed. */
    public void completed(Input input) {
        inbox.completed(input);
    }

    /** Takes a peer's message, or drops it. */
    public void received(Input input) {
        inbox.received(input);
    }

    @Override
    public boolean submit(Input input) {
        return inbox.request(input);
    }

    @Override
    public MemberId member() {
        return id;
    }

    @Override
    public StateRoot root() {
        return root;
    }

    @Override
    public long nanoTime() {
        return time.nanos();
    }

    /** How the member stood after its last turn. */
    public MemberView view() {
        return view;
    }

    /** Whether the calling thread is the loop, which must not wait. */
    public boolean isLoopThread() {
        return Thread.currentThread() == thread;
    }

    /** Ends after the inputs that are there, and joins the thread. Called from another thread. */
    public void stop() {
        inbox.close();
        join();
    }

    /** Ends at once, as a crash would, leaving undone what was asked. */
    public void abort() {
        aborted = true;
        inbox.close();
        join();
    }

    private void join() {
        boolean interrupted = false;
        while (thread.isAlive() && !isLoopThread()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
