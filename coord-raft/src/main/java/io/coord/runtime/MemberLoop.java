package io.coord.runtime;

import io.coord.ErrorCode;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.UnavailableException;
import io.coord.ensemble.spi.TurnTaker;
import io.coord.member.Effects;
import io.coord.member.Input;
import io.coord.member.MemberCore;
import io.coord.member.MemberEvent;
import io.coord.member.MemberView;
import io.coord.member.PeerFrame;
import io.coord.raft.Role;
import io.coord.state.StateRoot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Feeds a {@link MemberCore} the real world: inputs from the inbox, the real clocks; and has done what it asks for. One thread at a time
 * touches the core, the one that has the turn. That is the loop's own, or, while that one is not at it, whoever brings something and
 * can ({@link TurnTaker}): to a leader with little to do, whose thread would have to be woken first; and while the thread of a follower with
 * little to do writes to the disk, as the storage's own would have to be woken for it, and then the loop again.
 */
final class MemberLoop implements SessionHome {

    /** Carries out what the core asks for; no method blocks. */
    interface Hands {
        /** Sends messages. */
        void send(List<PeerFrame> messages);

        /** Begins to install a snapshot, then log writes, then other disk tasks, in order; their completion comes back as an input. */
        void store(Effects effects);

        /** The same for a single log write, by a loop that may write itself: what it is to run for that, or null. */
        @Nullable Runnable storeHere(Effects effects);

        /** Tells what happened. */
        void happened(MemberEvent event, MemberView view);

        /** Tells that requests were answered. */
        void answered(int requests);

        /** Tells how long a turn took. */
        void turned(int inputs, long nanos);

        /** What keeps requests from being answered, in words for whoever waits. */
        String standing();

        /** Tells that the loop has ended by a failure of its own: the member takes no further part, and nobody is to wait for it. */
        void crashed(Throwable failure, MemberView view);
    }

    /** What somebody wants to see of the core. */
    private static final class Look<T> {
        private final Function<MemberCore, T> at;
        private final CompletableFuture<T> seen = new CompletableFuture<>();

        Look(Function<MemberCore, T> at) {
            this.at = at;
        }

        void take(MemberCore core) {
            seen.complete(at.apply(core));
        }
    }

    private static final long SCAN_NANOS_MIN = 5_000_000L;
    /** With more in flight, threads that do one thing each do more of it at once. */
    private static final int FEW_IN_FLIGHT = 4;
    /** A write of the disk that takes longer is none that the loop should do itself. */
    private static final long SHORT_NANOS = 1_000_000L;
    /** After one that did, it leaves so many to the storage. */
    private static final int CAUTION = 64;
    private static final long STAND_IN_NANOS = 100_000_000L;

    private final MemberId id;
    private final MemberCore core;
    private final TimeSource time;
    private final Hands hands;
    private final Inbox inbox = new Inbox(this::lends);
    /** Held by whoever takes a turn: by the loop, always but while it sleeps or is at the disk. */
    private final ReentrantLock turnLock = new ReentrantLock();
    /** Who has promised to take the next turn, and has not begun. */
    private final AtomicReference<@Nullable Thread> lender = new AtomicReference<>();

    private final Runnable lentTurn = this::takeLentTurn;
    private final Door door;
    private final Thread thread;
    private final int unansweredMax;
    private final AtomicInteger unanswered = new AtomicInteger();
    /** Sessions that gave a sign of life since the last turn (rule.29). */
    private final Set<Long> alive = ConcurrentHashMap.newKeySet();

    private final Queue<Guest> departing = new ConcurrentLinkedQueue<>();
    private final Queue<Look<?>> looks = new ConcurrentLinkedQueue<>();
    /** Why nobody takes them any more. */
    private volatile @Nullable String looksEnd;

    private final long requestTimeoutNanos;
    /** What the turn has yet to take. */
    private Iterator<Input> arrivals = Collections.emptyIterator();

    private long nextScanNanos;
    private long sleepsUntilNanos;
    private @Nullable Throwable crash;
    /** What the loop's thread is to write itself, once it has no turn. */
    private @Nullable Effects unwritten;

    private int caution;
    private volatile @Nullable Thread standIn;

    private volatile StateRoot root;
    private volatile MemberView view;
    private volatile boolean aborted;

    /** A loop not yet running. */
    MemberLoop(MemberId id, MemberCore core, TimeSource time, Hands hands, MemberConfig config) {
        this.id = id;
        this.core = core;
        this.time = time;
        this.hands = hands;
        this.unansweredMax = config.maxOutstanding();
        this.requestTimeoutNanos = config.requestTimeout().toNanos();
        this.door = new Door(this, config.maxSessions());
        this.root = core.root();
        this.view = core.view();
        this.thread = new Thread(this::run, "coord-" + id + "-loop");
        this.thread.setDaemon(true);
    }

    /** Begins. */
    void start() {
        thread.start();
    }

    /** From its end on, nobody else has a turn. */
    private void run() {
        String end = "member " + id + " was closed";
        Throwable failure = null;
        turnLock.lock();
        try {
            perform(core.drain());
            nextScanNanos = time.nanos() + scanNanos();
            while (!inbox.isClosed()) {
                write();
                sleep();
                turn(inbox.take());
            }
            write();
            if (!aborted) {
                turn(inbox.take());
                write();
            }
        } catch (Throwable thrown) {
            failure = thrown;
            end = ErrorCode.MEMBER_CLOSED.message("member " + id + " has failed: " + failure
                    + ". This is a defect: report it with what the log says. Ask another member, and start this one again.");
            inbox.close();
            view = view.failed(end);
        }
        if (view.left() == null) {
            view = view.failed(ErrorCode.MEMBER_CLOSED.message(end + ". Ask another member, or start this one again."));
        }
        try {
            door.release();
            looksEnd = end;
            refuseLooks(end);
            door.ended(notTaken(), end);
        } finally {
            if (failure != null) {
                hands.crashed(failure, view);
            }
        }
    }

    /** What is behind the input that the loop failed at, and what was never looked at. */
    private List<Input> notTaken() {
        List<Input> left = new ArrayList<>();
        arrivals.forEachRemaining(left::add);
        left.addAll(inbox.requestsLeft());
        return left;
    }

    private void write() throws Throwable {
        Effects effects = unwritten;
        if (effects == null || !inbox.leave()) {
            storeUnwritten();
            return;
        }
        unwritten = null;
        Runnable write = hands.storeHere(effects);
        if (write != null) {
            watchOver();
            long begunNanos = time.nanos();
            turnLock.unlock();
            try {
                takeTurnsWhileAway();
                write.run();
            } finally {
                turnLock.lock();
            }
            caution = time.nanos() - begunNanos > SHORT_NANOS ? CAUTION : 0;
        }
        inbox.back();
        checkLent();
    }

    private void sleep() throws Throwable {
        long deadlineNanos = deadlineNanos();
        long nanos = deadlineNanos - time.nanos();
        if (nanos > 0 && inbox.isEmpty()) {
            sleepsUntilNanos = deadlineNanos;
            turnLock.unlock();
            inbox.awaitWithin(nanos);
            turnLock.lock();
            checkLent();
        }
    }

    private void checkLent() throws Throwable {
        if (crash != null) {
            throw crash;
        }
    }

    /** Whether the thread that has just brought something, while the loop's is not at it, takes the turn itself. */
    private boolean lends() {
        Thread here = Thread.currentThread();
        boolean isAway = inbox.isAway();
        if (!(here instanceof TurnTaker taker) || !isAway && !(leadsOthers(view) && hasFewInFlight(view))) {
            return false;
        }
        Thread promised = lender.get();
        if (promised == here) {
            return true;
        }
        // Another who has promised may be long in coming: then the loop is woken, or if it cannot be, this one promises as well.
        if (promised != null && !isAway || !lender.compareAndSet(promised, here)) {
            return false;
        }
        if (taker.takeTurn(lentTurn)) {
            return true;
        }
        lender.compareAndSet(here, null);
        return false;
    }

    private void takeLentTurn() {
        lender.set(null);
        if (!turnLock.tryLock()) {
            return; // whoever has the turn looks into the inbox once more
        }
        boolean isLoopNeeded = takeTurnLocked();
        takeTurnsWhileAway();
        if (isLoopNeeded || !inbox.isEmpty()) {
            LockSupport.unpark(thread); // which may be about to sleep for too long
        }
    }

    /**
     * What was brought while somebody had the turn, by threads that could not have it, is not left until the loop is back; of a member that
     * has failed, or is to be closed, it is.
     */
    private void takeTurnsWhileAway() {
        while (inbox.isAway() && !inbox.isEmpty() && !inbox.isClosed() && turnLock.tryLock()) {
            takeTurnLocked();
        }
    }

    /** Takes a turn in place of the loop, and gives it back; whether the loop must know of it. */
    private boolean takeTurnLocked() {
        try {
            if (crash != null) {
                return true;
            }
            turn(inbox.take());
            storeUnwritten();
            return deadlineNanos() - sleepsUntilNanos < 0;
        } catch (Throwable failure) {
            crash = failure;
            inbox.close();
            return true;
        } finally {
            turnLock.unlock();
        }
    }

    private void storeUnwritten() {
        Effects effects = unwritten;
        unwritten = null;
        if (effects != null) {
            hands.store(effects);
        }
    }

    /** Once the loop has been at the disk, somebody looks every now and then whether it still is, and then keeps time in its place. */
    private void watchOver() {
        if (standIn == null) {
            Thread made = new Thread(this::standIn, "coord-" + id + "-stand-in");
            made.setDaemon(true);
            standIn = made;
            made.start();
        }
    }

    private void standIn() {
        long restNanos = Math.min(STAND_IN_NANOS, scanNanos());
        while (!inbox.isClosed()) {
            LockSupport.parkNanos(this, restNanos);
            if (inbox.isAway() && turnLock.tryLock()) {
                takeTurnLocked();
            }
        }
    }

    private static boolean hasFewInFlight(MemberView view) {
        return view.lastIndex() - view.commitIndex() <= FEW_IN_FLIGHT;
    }

    private static boolean leadsOthers(MemberView view) {
        return view.role() == Role.LEADER && view.configuration().voters().size() > 1;
    }

    private long deadlineNanos() {
        long ofCore = core.nextDeadlineNanos();
        return ofCore - nextScanNanos <= 0 ? ofCore : nextScanNanos;
    }

    private long scanNanos() {
        return Math.max(SCAN_NANOS_MIN, requestTimeoutNanos / 16);
    }

    private void turn(List<Input> inputs) {
        arrivals = inputs.iterator();
        long wallMillis = time.wallMillis();
        long nowNanos = time.nanos();
        core.turn(nowNanos, wallMillis);
        takeSignsOfLife();
        while (arrivals.hasNext()) {
            Input input = arrivals.next();
            if (door.admits(input)) {
                core.step(input);
            }
        }
        takeDepartures();
        perform(core.drain());
        takeLooks();
        if (nowNanos - nextScanNanos >= 0) {
            nextScanNanos = nowNanos + scanNanos();
            door.giveUpOlderThan(requestTimeoutNanos, hands::standing).forEach(this::withdraw);
        }
        hands.turned(inputs.size(), time.nanos() - nowNanos);
    }

    private void takeSignsOfLife() {
        if (!alive.isEmpty()) {
            List<Long> sampled = new ArrayList<>(alive);
            sampled.forEach(alive::remove);
            core.step(new Input.Touch(sampled));
        }
    }

    private void takeDepartures() {
        for (Guest guest = departing.poll(); guest != null; guest = departing.poll()) {
            if (door.departs(guest, guest.id())) {
                core.step(new Input.Detach(guest.id()));
            }
        }
    }

    /** One that fails, and the loop with it, is still there to be refused. */
    private void takeLooks() {
        for (Look<?> look = looks.peek(); look != null; look = looks.peek()) {
            look.take(core);
            looks.remove();
        }
    }

    private void refuseLooks(String reason) {
        for (Look<?> look = looks.poll(); look != null; look = looks.poll()) {
            look.seen.completeExceptionally(new UnavailableException(reason));
        }
    }

    /** The order is what makes events precede what they report, and answers show what they promise (rule.1). */
    private void perform(Effects effects) {
        if (aborted || effects.isEmpty() && !door.hasStaged()) {
            return;
        }
        MemberView now = core.view();
        hands.send(effects.messages());
        if (isForLoop(effects, now)) {
            unwritten = effects;
        } else {
            hands.store(effects);
        }
        door.stage(effects.deliveries());
        StateRoot changed = effects.root();
        if (changed != null) {
            root = changed;
        }
        view = now;
        int answered = door.answersStaged();
        if (answered > 0) {
            unanswered.addAndGet(-answered); // first: whoever is answered may ask the next at once, and has room for it
            hands.answered(answered);
        }
        door.release();
        for (MemberEvent event : effects.events()) {
            hands.happened(event, now);
        }
    }

    /** Whether a write of the disk is all there is to do, so that the loop's thread may as well do it and wait. */
    private boolean isForLoop(Effects effects, MemberView now) {
        boolean couldBe = effects.writes().size() == 1
                && effects.tasks().isEmpty()
                && !leadsOthers(now)
                && hasFewInFlight(now)
                && inbox.isEmpty()
                && Thread.currentThread() == thread;
        if (couldBe && caution > 0) {
            caution--;
            return false;
        }
        return couldBe;
    }

    /** Notes a sign of life of a session that must give them. */
    void touch(long session) {
        alive.add(session);
    }

    /** A guest leaves; its session goes on without it, unless somebody else is attached to it by now. */
    void depart(Guest guest) {
        departing.add(guest);
        inbox.nudge();
    }

    /** Whoever asked to come in waits no longer; called after it has asked. */
    void withdraw(Input.Withdraw withdraw) {
        inbox.request(withdraw); // answered by what it withdraws, and so none of those that count
    }

    /**
     * Looks at the core between two turns, for whoever looks after the member; completes on the loop, and fails once that has ended.
     */
    <T> CompletionStage<T> look(Function<MemberCore, T> look) {
        Look<T> added = new Look<>(look);
        looks.add(added);
        inbox.nudge();
        String end = looksEnd;
        if (end != null) {
            refuseLooks(end); // it came too late for the loop's own last look
        }
        return added.seen;
    }

    /** Takes what a disk completed. */
    void completed(Input input) {
        inbox.completed(input);
    }

    /** Takes a peer's message, or drops it. */
    void received(Input input) {
        inbox.received(input);
    }

    /** Takes an order, unless it is over. */
    boolean order(Input.Order order) {
        return inbox.request(order);
    }

    @Override
    public Submission submit(Input input) {
        if (unanswered.get() >= unansweredMax) {
            return Submission.OVERLOADED;
        }
        return resubmit(input);
    }

    @Override
    public Submission resubmit(Input input) {
        unanswered.incrementAndGet();
        return inbox.request(input) ? Submission.TAKEN : Submission.CLOSED;
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
    MemberView view() {
        return view;
    }

    /** Whether the calling thread is in a turn of the loop, and must not wait for another. */
    boolean isLoopThread() {
        return Thread.currentThread() == thread || turnLock.isHeldByCurrentThread();
    }

    /** Ends after the inputs that are there, and joins the thread. Called from another thread. */
    void stop() {
        inbox.close();
        join();
    }

    /** Ends at once, as a crash would, leaving undone what was asked. */
    void abort() {
        aborted = true;
        inbox.close();
        join();
    }

    private void join() {
        if (!isLoopThread()) {
            join(thread);
            Thread standIn = this.standIn;
            if (standIn != null) {
                LockSupport.unpark(standIn);
                join(standIn);
            }
        }
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
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
