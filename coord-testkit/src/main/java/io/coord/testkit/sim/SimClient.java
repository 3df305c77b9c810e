package io.coord.testkit.sim;

import io.coord.Bytes;
import io.coord.Identity;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.ReadMode;
import io.coord.RejectedException;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import io.coord.WatchMode;
import io.coord.member.Failure;
import io.coord.member.Input;
import io.coord.member.SessionGrant;
import io.coord.state.Reader;
import io.coord.testkit.check.Ledger;
import io.coord.testkit.check.Violation;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An owner of sessions in the simulated world, one session after another. It asks at random, keeps an account of what it asked and was
 * told, and does what its kind does when its member is lost.
 */
final class SimClient implements SessionDoor {

    /** What becomes of a session whose member is lost. */
    enum Kind {
        /** It is left to expire, and another is opened: a session inside its member. */
        RESIDENT,
        /** It goes on at another member, with what is unanswered: a session of the test kit's ensembles. */
        MOVING,
        /** It goes on at another member; what was unanswered stays unknown: a connection over the wire, kept alive by touches. */
        TOUCHING
    }

    private static final long RESUME_PATIENCE_NANOS = 2_500_000_000L;
    private static final int UNANSWERED_MAX = 16;

    /** A request under way. */
    private final class Request {
        final Operation<?> operation;
        final Ledger.Call call;
        final ReadMode mode;
        final boolean watches;

        Request(Operation<?> operation, Ledger.Call call, ReadMode mode, boolean watches) {
            this.operation = operation;
            this.call = call;
            this.mode = mode;
            this.watches = watches;
        }

        boolean isWrite() {
            return operation instanceof Operation.Write<?>;
        }
    }

    /** A request as handed to one member under one attach; answers to earlier ones are nobody's business any more. */
    private final class Submission implements SimCaller<Object> {
        final Request request;
        final int of = epoch;

        Submission(Request request) {
            this.request = request;
        }

        @Override
        public void answered(Object value, long zxid) {
            if (of == epoch) {
                inOrder();
                if (request.isWrite()) {
                    answeredWrites++;
                    world.checks().ledger().written(request.call, (Outcome) value, zxid);
                } else {
                    world.checks().ledger().read(request.call, value, zxid);
                }
                note(() -> "is answered for " + request.operation + (request.watches ? ", watching," : "") + " at "
                        + Long.toHexString(zxid));
                workload.told(request.operation, value);
            }
        }

        @Override
        public void refused(Outcome.Refused refused, long zxid) {
            if (of == epoch) {
                inOrder();
                if (request.isWrite()) {
                    answeredWrites++;
                    world.checks().ledger().written(request.call, refused, zxid);
                } else {
                    world.checks().ledger().read(request.call, refused.refusal(), zxid);
                }
            }
        }

        private void inOrder() {
            Request first = unanswered.poll();
            if (first != request) {
                throw new Violation("Z2", "session 0x" + Long.toHexString(session) + " was answered for " + request.operation
                        + " before " + (first == null ? "it asked" : first.operation));
            }
        }

        @Override
        public void failed(Failure failure, String reason) {
            if (of == epoch) {
                fail(this, failure);
            }
        }
    }

    private final SimWorld world;
    private final VirtualTime time;
    private final Chance chance;
    private final Asking workload;
    private final Kind kind;
    private final int number;
    private final List<Identity> identities;
    private final long meanPauseNanos;

    private @Nullable SimMember home;
    private long session;
    private long attach;
    private Ledger.@Nullable Account account;
    private Bytes passwordHash = Bytes.EMPTY;
    private final ArrayDeque<Request> unanswered = new ArrayDeque<>();
    private long answeredWrites;
    /** Counts attaches and losses: whatever belongs to an earlier one is ignored. */
    private int epoch;

    private boolean attached;
    private boolean suspended;
    private long validUntilNanos;
    private boolean stopped;
    private long silentUntilNanos;
    private long timeoutMillis;

    SimClient(SimWorld world, Chance chance, Kind kind, int number, long meanPauseNanos) {
        this(world, chance, new Workload(chance, number), List.of(Identity.ANYONE, Workload.user(number)), kind, number, meanPauseNanos);
    }

    SimClient(
            SimWorld world,
            Chance chance,
            Asking asking,
            List<Identity> identities,
            Kind kind,
            int number,
            long meanPauseNanos) {
        this.world = world;
        this.time = world.time();
        this.chance = chance;
        this.workload = asking;
        this.kind = kind;
        this.number = number;
        this.identities = identities;
        this.meanPauseNanos = meanPauseNanos;
    }

    /** A change of members that was asked for and not answered, or null. */
    Operation.@Nullable Reconfigure wish() {
        for (Request request : unanswered) {
            if (request.operation instanceof Operation.Reconfigure wish) {
                return wish;
            }
        }
        return null;
    }

    /** Whether everything asked was answered. */
    boolean isAtRest() {
        return unanswered.isEmpty() && (attached || account == null);
    }

    @Override
    public String toString() {
        return "client " + number + " (" + kind + ", session 0x" + Long.toHexString(session) + " at "
                + (home == null ? "no member" : "member " + home.id()) + (attached ? "" : ", not attached") + ", "
                + unanswered.size() + " unanswered" + (unanswered.isEmpty() ? "" : " from " + unanswered.peek().operation) + ")";
    }

    void start() {
        lookForAHome();
        pause();
        if (kind == Kind.TOUCHING) {
            touchLater();
        }
    }

    /** No new requests from now on. */
    void stop() {
        stopped = true;
        silentUntilNanos = 0;
    }

    // ------------------------------------------------------------------------------------------------ sessions

    private void lookForAHome() {
        int of = ++epoch;
        attached = false;
        suspended = false;
        time.after(chance.exponential(50_000_000L), () -> {
            if (of == epoch) {
                settle();
            }
        });
    }

    private void settle() {
        SimMember candidate = world.anyMember(chance);
        int of = epoch;
        if (!candidate.isUp()) {
            lookForAHome();
            return;
        }
        home = candidate;
        if (account == null) {
            open(candidate);
        } else {
            resume(candidate);
        }
        time.after(RESUME_PATIENCE_NANOS, () -> {
            if (of == epoch && !attached) {
                lookForAHome();
            }
        });
    }

    private void open(SimMember member) {
        passwordHash = Bytes.utf8("password " + number + " " + epoch);
        member.receive(new Input.Open(
                new Grant(), world.profile().sessionTimeoutMillis(), passwordHash, identities, kind != Kind.TOUCHING));
    }

    private void resume(SimMember member) {
        world.faults().count(Fault.SESSION_MOVED);
        member.receive(new Input.Resume(
                new Grant(),
                session,
                world.profile().sessionTimeoutMillis(),
                passwordHash,
                identities,
                kind != Kind.TOUCHING,
                kind == Kind.MOVING ? answeredWrites : -1));
    }

    private final class Grant implements SimCaller<SessionGrant> {
        final int of = epoch;

        @Override
        public void answered(SessionGrant grant, long zxid) {
            if (of == epoch) {
                granted(grant, zxid);
            }
        }

        @Override
        public void refused(Outcome.Refused refused, long zxid) {
            throw new Violation("Z8", "opening a session was refused: " + refused);
        }

        @Override
        public void failed(Failure failure, String reason) {
            if (of == epoch) {
                if (failure == Failure.SESSION_ENDED && account == null) {
                    throw new Violation("Z8", "a new session was refused: " + reason);
                } else if (failure == Failure.SESSION_ENDED) {
                    over(true);
                }
                lookForAHome();
            }
        }
    }

    private void granted(SessionGrant grant, long zxid) {
        attached = true;
        session = grant.session();
        attach = grant.attach();
        timeoutMillis = grant.timeoutMillis();
        SimMember member = Objects.requireNonNull(home);
        note(() -> "is attached as number " + attach);
        member.attach(session, this);
        Ledger.Account known = account;
        if (known == null) {
            answeredWrites = 0;
            account = world.checks().ledger().granted(session, attach, zxid, identities);
        } else {
            world.faults().hit(Marker.ATTACHED_AGAIN);
            Ledger.Carried carried = kind == Kind.TOUCHING ? known.carried() : null;
            long since = known.seenZxid();
            world.checks().ledger().attached(known, attach, zxid);
            if (carried != null) {
                bringAlong(known, member, carried, since);
            }
        }
        for (Request request : List.copyOf(unanswered)) {
            submit(request);
        }
    }

    /** As a connection over the wire does: the watches of the connection before, and what was seen on it (zk.WT11). */
    private void bringAlong(Ledger.Account known, SimMember member, Ledger.Carried carried, long since) {
        world.checks().ledger().carries(known, carried, since);
        member.receive(new Input.SetWatches(
                session,
                new Standing() {
                    @Override
                    public void answered(Boolean value, long zxid) {
                        if (of == epoch) {
                            world.checks().ledger().watchesCarried(known, carried, since, zxid);
                        }
                    }

                    /** Its watches are not in force, and it parts from the member, as a connection over the wire does. */
                    @Override
                    public void failed(Failure failure, String reason) {
                        if (of == epoch && attached) {
                            leaveHome();
                        }
                    }
                },
                since,
                carried.data(),
                carried.exist(),
                carried.child(),
                carried.persistent(),
                carried.recursive(),
                true));
    }

    /** Waits for the answer to a request that concerns watches; without one there is nothing to be held to. */
    private abstract class Standing implements SimCaller<Boolean> {
        final int of = epoch;

        @Override
        public void refused(Outcome.Refused refused, long zxid) {
            throw new Violation("Z10", "a watch was refused: " + refused);
        }

        @Override
        public void failed(Failure failure, String reason) {}
    }

    /** The session is lost to its owner: it ended, or nobody goes on with it. */
    private void over(boolean expired) {
        Ledger.Account known = account;
        if (known != null && expired) {
            world.checks().ledger().ended(known, true);
        }
        account = null;
        unanswered.clear();
        workload.forget();
    }

    private void note(Supplier<String> what) {
        world.trace().line(() -> "  session 0x" + Long.toHexString(session) + " of client " + number + " at "
                + (home == null ? "no member" : "member " + home.id()) + " " + what.get());
    }

    private void leaveHome() {
        note(() -> "leaves");
        SimMember left = home;
        if (left != null) {
            left.detach(session, this);
        }
        if (kind == Kind.RESIDENT) {
            over(false);
        } else if (kind == Kind.TOUCHING) {
            unanswered.clear();
        }
        lookForAHome();
    }

    /** The member is gone, with all it had taken and not answered. */
    void lost(SimMember member) {
        if (home == member) {
            if (!unanswered.isEmpty()) {
                world.faults().count(Fault.REPLY_LOST);
            }
            leaveHome();
        }
    }

    /** The owner goes elsewhere by itself, and perhaps says so. */
    void wander() {
        SimMember left = home;
        if (kind == Kind.RESIDENT || !attached || left == null) {
            return;
        }
        if (!unanswered.isEmpty()) {
            world.faults().count(Fault.REPLY_LOST);
        }
        if (chance.happens(0.5)) {
            left.receive(new Input.Detach(session));
        }
        leaveHome();
    }

    /** The owner gives no sign of life for so long. */
    void fallSilent(long nanos) {
        silentUntilNanos = Math.max(silentUntilNanos, time.nowNanos() + nanos);
    }

    long session() {
        return attached ? session : 0;
    }

    // ---- what the member says about the session

    @Override
    public void fired(WatchEvent event) {
        Ledger.Account known = account;
        if (known != null && attached) {
            note(() -> "is told " + event);
            world.checks().ledger().fired(known, event);
        }
    }

    /** The home replaced its state by a snapshot. */
    void homeInstalled(SimMember member, long index) {
        Ledger.Account known = account;
        if (home == member && known != null) {
            world.checks().ledger().blurred(known, index);
        }
    }

    @Override
    public void renewed(long untilNanos, boolean resumed) {
        validUntilNanos = untilNanos;
        suspended &= !resumed;
    }

    @Override
    public void suspended(String reason) {
        suspended = true;
        int of = epoch;
        time.after(chance.exponential(3_000_000_000L), () -> {
            if (of == epoch && suspended && kind != Kind.RESIDENT) {
                wander();
            }
        });
    }

    @Override
    public void ended(boolean expired, String reason) {
        over(true);
        lookForAHome();
    }

    @Override
    public void moved() {
        leaveHome();
    }

    private void touchLater() {
        time.after(world.profile().sessionTimeoutMillis() * 1_000_000L / 4, () -> {
            SimMember member = home;
            if (attached && member != null && time.nowNanos() >= silentUntilNanos) {
                member.receive(new Input.Touch(List.of(session)));
            }
            touchLater();
        });
    }

    // ------------------------------------------------------------------------------------------------ requests

    private void pause() {
        time.after(chance.exponential(meanPauseNanos), () -> {
            if (!stopped) {
                ask();
                pause();
            }
        });
    }

    private void ask() {
        if (!attached || time.nowNanos() < silentUntilNanos) {
            return;
        }
        int burst = chance.happens(0.1) ? 1 + chance.below(4) : 1;
        for (int i = 0; i < burst && attached && unanswered.size() < UNANSWERED_MAX; i++) {
            askOnce();
        }
    }

    private void askOnce() {
        Ledger.Account known = Objects.requireNonNull(account);
        if (chance.happens(0.015)) {
            changeWatches(known);
            return;
        } else if (chance.happens(0.002)) {
            guessPassword();
            return;
        }
        Asking.Ask ask = workload.next();
        if (ask.operation() == null) {
            closeSession();
            return;
        }
        Operation<?> operation = ask.operation();
        Ledger ledger = world.checks().ledger();
        Ledger.Call call = operation instanceof Operation.Write<?> write
                ? ledger.writes(known, write)
                : ledger.reads(known, operation, ask.mode(), ask.watches());
        Request request = new Request(operation, call, ask.mode(), ask.watches());
        if (canReadHere(request)) {
            readHere(request);
        } else {
            unanswered.add(request);
            submit(request);
        }
    }

    /** Watches that stay come and go. */
    private void changeWatches(Ledger.Account known) {
        SimMember member = Objects.requireNonNull(home);
        String path = workload.watchable();
        if (chance.happens(0.6)) {
            WatchMode mode = chance.oneOf(WatchMode.values());
            member.receive(new Input.AddWatch(session, new Standing() {
                @Override
                public void answered(Boolean value, long zxid) {
                    if (of == epoch) {
                        note(() -> "watches " + path + " " + mode + " from " + Long.toHexString(zxid) + " on");
                        world.checks().ledger().watchAdded(known, path, mode, zxid);
                    }
                }
            }, path, mode));
        } else {
            WatchKind kindOf = chance.oneOf(WatchKind.values());
            member.receive(new Input.RemoveWatch(session, new Standing() {
                @Override
                public void answered(Boolean value, long zxid) {
                    if (of == epoch) {
                        note(() -> "watches " + path + " no more (" + kindOf + ") at " + Long.toHexString(zxid));
                        world.checks().ledger().watchRemoved(known, path, kindOf, value, zxid);
                    }
                }
            }, path, kindOf));
        }
    }

    /** Somebody else tries to take the session over with a password that is not its own (fault.C14, inv.Z8). */
    private void guessPassword() {
        world.faults().count(Fault.PASSWORD_GUESSED);
        long guessed = session;
        world.anyMember(chance).receive(new Input.Resume(
                new SimCaller<SessionGrant>() {
                    @Override
                    public void answered(SessionGrant grant, long zxid) {
                        throw new Violation("Z8", "session 0x" + Long.toHexString(guessed) + " was given away for a wrong password");
                    }

                    @Override
                    public void refused(Outcome.Refused refused, long zxid) {}

                    @Override
                    public void failed(Failure failure, String reason) {
                        if (failure == Failure.SESSION_ENDED) {
                            world.faults().hit(Marker.ATTACH_REFUSED);
                        }
                    }
                },
                guessed,
                world.profile().sessionTimeoutMillis(),
                Bytes.utf8("a guess"),
                identities,
                false,
                -1));
    }

    /** Reads without a watch pass the loop by while nothing is unanswered and the lease is good. */
    private boolean canReadHere(Request request) {
        SimMember member = Objects.requireNonNull(home);
        return request.operation instanceof Operation.Read<?>
                && request.mode == ReadMode.LOCAL
                && !request.watches
                && unanswered.isEmpty()
                && !suspended
                && validUntilNanos - member.clock().nanos() > 0
                && !member.isPaused();
    }

    private void readHere(Request request) {
        SimMember member = Objects.requireNonNull(home);
        var root = Objects.requireNonNull(member.root());
        try {
            Object value = root.read((Operation.Read<?>) request.operation, new Reader(session, identities));
            world.checks().ledger().read(request.call, value, root.index());
        } catch (RejectedException e) {
            world.checks().ledger().read(request.call, e.refusal(), root.index());
        }
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private void submit(Request request) {
        SimMember member = Objects.requireNonNull(home);
        SimCaller caller = new Submission(request);
        Operation<?> operation = request.operation;
        if (operation instanceof Operation.Write<?> write) {
            member.receive(new Input.Write(session, caller, write, kind == Kind.MOVING ? answeredWrites : -1));
        } else if (operation instanceof Operation.Sync sync) {
            member.receive(new Input.Sync(session, caller, sync));
        } else if (operation instanceof Operation.Read<?> read) {
            member.receive(new Input.Read(session, caller, read, request.mode, request.watches));
        }
    }

    private void closeSession() {
        SimMember member = Objects.requireNonNull(home);
        int of = epoch;
        member.receive(new Input.Close(session, new SimCaller<Boolean>() {
            @Override
            public void answered(Boolean value, long zxid) {}

            @Override
            public void refused(Outcome.Refused refused, long zxid) {}

            @Override
            public void failed(Failure failure, String reason) {
                if (of == epoch && failure != Failure.SESSION_ENDED) {
                    wander();
                }
            }
        }));
    }

    private void fail(Submission submission, Failure failure) {
        Request request = submission.request;
        if (failure == Failure.UNAVAILABLE && !request.isWrite()) {
            unanswered.remove(request);
        } else if (failure == Failure.SESSION_ENDED) {
            unanswered.remove(request);
        } else if (failure == Failure.REFUSED || failure == Failure.UNAVAILABLE && kind != Kind.MOVING) {
            unanswered.remove(request);
            world.checks().ledger().unavailable(request.call);
        } else if (kind != Kind.MOVING) {
            unanswered.remove(request);
        }
    }
}
