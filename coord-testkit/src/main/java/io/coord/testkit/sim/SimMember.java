package io.coord.testkit.sim;

import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.member.Delivery;
import io.coord.member.Effects;
import io.coord.member.Input;
import io.coord.member.MemberCore;
import io.coord.member.MemberEvent;
import io.coord.member.MemberSetup;
import io.coord.member.MemberView;
import io.coord.member.PeerFrame;
import io.coord.member.RecoveredMember;
import io.coord.raft.MemberKey;
import io.coord.raft.RaftEvent;
import io.coord.runtime.Door;
import io.coord.runtime.SessionHome;
import io.coord.state.StateRoot;
import io.coord.testkit.check.Checks;
import io.coord.testkit.check.Violation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A member of the simulated world: the code of production, driven by virtual time, with a disk that outlives it. It does what the loop
 * of production does: a turn takes what has come, and then sends, writes and delivers what the core says.
 */
final class SimMember {

    private static final int INPUTS_A_TURN_MAX = 64;
    private static final int WORDS_MAX = 300;

    /** The member's view of the world around it. */
    interface Surroundings {
        void send(PeerFrame frame);

        /** Something happened that the world counts or acts upon. */
        void happened(SimMember member, MemberEvent event);

        /** A member made a turn, and stands like this. */
        void turned(MemberView after);

        /** How long after an input its turn comes. */
        long turnDelayNanos();
    }

    private final VirtualTime time;
    private final Trace trace;
    private final SimClock clock;
    private final SimStorage storage;
    private MemberSetup setup;
    private final Chance seeds;
    private final Checks checks;
    private final Surroundings surroundings;
    /** The sessions attached here. */
    private final TreeMap<Long, SessionDoor> doors = new TreeMap<>();

    private final MemberConfig config;

    private @Nullable MemberCore core;
    private @Nullable Home home;
    private @Nullable Door door;
    private @Nullable MemberView view;
    private @Nullable StateRoot root;
    private long indexBefore;
    private int run;
    private List<Input> inbox = new ArrayList<>();
    private boolean turnScheduled;
    private boolean turning;
    private long pausedUntilNanos;
    private long timerNanos = Long.MAX_VALUE;
    private long startedNanos;
    private long snapshots;

    SimMember(
            VirtualTime time,
            Trace trace,
            SimClock clock,
            SimStorage storage,
            MemberSetup setup,
            MemberConfig config,
            Chance seeds,
            Checks checks,
            Surroundings surroundings) {
        this.time = time;
        this.trace = trace;
        this.clock = clock;
        this.storage = storage;
        this.setup = setup;
        this.config = config;
        this.seeds = seeds;
        this.checks = checks;
        this.surroundings = surroundings;
    }

    MemberId id() {
        return setup.self();
    }

    /** What it is told when it starts next. */
    void become(MemberSetup told) {
        setup = told;
    }

    /** The members it was told of. */
    List<MemberId> told() {
        return setup.initial().everyone().stream().map(MemberKey::id).toList();
    }

    /** Its disk is lost; it does not run. */
    void wipe() {
        storage.wipe();
        checks.raft().wiped(id());
        trace.line(() -> "the disk of member " + id() + " is lost");
        trace.mix(0xD15C + id().value());
    }

    SimClock clock() {
        return clock;
    }

    SimStorage storage() {
        return storage;
    }

    boolean isUp() {
        return core != null;
    }

    boolean isPaused() {
        return time.nowNanos() < pausedUntilNanos;
    }

    /** Whether a step, drain or delivery of this member is under way. */
    boolean isTurning() {
        return turning;
    }

    /** How the member stands; null while it is down. */
    @Nullable MemberView view() {
        return core == null ? null : view;
    }

    /** The state handed out last; null while it is down. */
    @Nullable StateRoot root() {
        return core == null ? null : root;
    }

    /** The index of the state that was handed out before the last. */
    long indexBefore() {
        return indexBefore;
    }

    /** The member as in-process sessions see it, in this run; null while it is down. */
    @Nullable SessionHome home() {
        return core == null ? null : home;
    }

    int run() {
        return run;
    }

    long startedNanos() {
        return startedNanos;
    }

    /** How many snapshots of its own it has taken, in all its runs. */
    long snapshots() {
        return snapshots;
    }

    /** One run of the member, for sessions of the production's own kind. */
    private final class Home implements SessionHome {
        private final int of = run;
        private StateRoot shown;

        Home(StateRoot shown) {
            this.shown = shown;
        }

        @Override
        public MemberId member() {
            return id();
        }

        @Override
        public Submission submit(Input input) {
            return resubmit(input);
        }

        @Override
        public Submission resubmit(Input input) {
            if (of != run || core == null) {
                return Submission.CLOSED;
            }
            receive(input);
            return Submission.TAKEN;
        }

        @Override
        public StateRoot root() {
            return shown;
        }

        @Override
        public long nanoTime() {
            return clock.nanos();
        }
    }

    // ------------------------------------------------------------------------------------------------ life

    /** Starts the member, unless its disk cannot be read at present. */
    boolean start() {
        if (core != null) {
            throw new IllegalStateException("member " + id() + " runs already");
        }
        run++;
        startedNanos = time.nowNanos();
        try {
            begin(storage.open(sinkOf(run)));
            return true;
        } catch (IOException e) {
            trace.line(() -> "member " + id() + " does not start: " + e.getMessage());
            return false;
        }
    }

    private void begin(RecoveredMember recovered) {
        MemberSetup seeded = new MemberSetup(
                setup.self(), setup.ensemble(), setup.initial(), setup.raft(), setup.settings(),
                setup.minSessionTimeoutMillis(), setup.maxSessionTimeoutMillis(), setup.snapshotEntries(),
                setup.snapshotBytes(), setup.collectIntervalNanos(), setup.watchHistory(), setup.codec(), seeds.any());
        MemberCore started = new MemberCore(seeded, recovered, clock.nanos(), clock.wallMillis());
        core = started;
        Home newHome = new Home(started.root());
        home = newHome;
        door = new Door(newHome, config.maxSessions());
        scanLater(run);
        view = started.view();
        root = started.root();
        checks.raft().started(new MemberKey(id(), recovered.incarnation()), recovered, started.view());
        trace.line(() -> "member " + id() + " starts in term " + recovered.hardState().term() + " with "
                + recovered.entries().size() + " entries behind "
                + (recovered.base() == null ? "nothing" : recovered.base().last()));
        scheduleTurn();
    }

    private java.util.function.Consumer<Input> sinkOf(int of) {
        return input -> {
            if (of == run && core != null) {
                receive(input);
            }
        };
    }

    /** The machine stops, at this moment. */
    void crash() {
        if (core == null) {
            return;
        }
        trace.line(() -> "member " + id() + " crashes");
        trace.mix(0xDEAD + id().value());
        Door closed = door;
        List<Input> notTaken = inbox;
        core = null;
        home = null;
        door = null;
        run++;
        inbox = new ArrayList<>();
        turnScheduled = false;
        timerNanos = Long.MAX_VALUE;
        pausedUntilNanos = 0;
        doors.clear();
        checks.stopped(id());
        storage.crash();
        if (closed != null) {
            closed.ended(notTaken, "member " + id() + " has crashed");
        }
    }

    /** Callers are told in time what is known, whatever becomes of their requests. */
    private void scanLater(int of) {
        time.after(config.requestTimeout().toNanos() / 16, () -> {
            Door scanned = door;
            if (of == run && scanned != null) {
                if (!isPaused()) {
                    scanned.giveUpOlderThan(config.requestTimeout().toNanos(), () -> "member " + id() + " stands so: " + view)
                            .forEach(this::receive);
                }
                scanLater(of);
            }
        });
    }

    void pause(long nanos) {
        pausedUntilNanos = Math.max(pausedUntilNanos, time.nowNanos() + nanos);
    }

    void resume() {
        pausedUntilNanos = 0;
        if (core != null) {
            turnScheduled = false;
            scheduleTurn();
        }
    }

    // ------------------------------------------------------------------------------------------------ inputs

    void receive(Input input) {
        if (core == null) {
            return;
        }
        inbox.add(input);
        scheduleTurn();
    }

    private void scheduleTurn() {
        if (turnScheduled) {
            return;
        }
        turnScheduled = true;
        turnAt(time.nowNanos() + surroundings.turnDelayNanos());
    }

    private void turnAt(long nanos) {
        int of = run;
        time.at(Math.max(nanos, pausedUntilNanos), () -> {
            if (of == run && turnScheduled) {
                if (isPaused()) {
                    turnAt(pausedUntilNanos);
                } else {
                    turn();
                }
            }
        });
    }

    /** One timer at a time: it is set anew only when it rings too early. */
    private void armTimer() {
        MemberCore armed = this.core;
        if (armed == null || turnScheduled) {
            return;
        }
        long due = Math.max(time.nowNanos() + 1, clock.virtualOf(armed.nextDeadlineNanos()));
        if (due >= timerNanos) {
            return;
        }
        timerNanos = due;
        int of = run;
        time.at(due, () -> {
            if (of == run && timerNanos == due) {
                timerNanos = Long.MAX_VALUE;
                ring();
            }
        });
    }

    private void ring() {
        MemberCore ringing = this.core;
        if (ringing == null || turnScheduled) {
            return;
        }
        if (ringing.nextDeadlineNanos() - clock.nanos() > 0) {
            armTimer();
        } else {
            turnScheduled = true;
            turnAt(time.nowNanos());
        }
    }

    // ------------------------------------------------------------------------------------------------ turns

    private void turn() {
        MemberCore turned = this.core;
        MemberView before = this.view;
        Door inside = this.door;
        if (turned == null || before == null || inside == null) {
            return;
        }
        turnScheduled = false;
        List<Input> inputs = takeInputs();
        turning = true;
        long dueNanos = turned.nextDeadlineNanos();
        Effects effects;
        try {
            turned.turn(clock.nanos(), clock.wallMillis());
            for (Input input : inputs) {
                if (inside.admits(input)) {
                    turned.step(input);
                }
            }
            effects = turned.drain();
        } catch (RuntimeException e) {
            throw new Violation("P5", "member " + id() + " failed: " + e, e);
        } finally {
            turning = false;
        }
        MemberView after = turned.view();
        view = after;
        mix(inputs, effects, after);
        try {
            checks.turned(id(), clock.nanos(), dueNanos, turned.nextDeadlineNanos(), before, inputs, effects, after);
        } catch (Violation violation) {
            throw violation.located(turnInWords(before, inputs, effects));
        }
        surroundings.turned(after);
        follow(effects, inside);
        if (core == turned) {
            if (!inbox.isEmpty()) {
                scheduleTurn();
            }
            armTimer();
        }
    }

    private String turnInWords(MemberView before, List<Input> inputs, Effects effects) {
        StringBuilder text = new StringBuilder("\n  in a turn of member " + id() + "\n  that was " + before);
        inputs.forEach(input -> text.append("\n  took  ").append(shortened(input)));
        effects.messages().forEach(frame -> text.append("\n  sends ").append(shortened(frame)));
        effects.writes().forEach(write -> text.append("\n  writes ").append(shortened(write)));
        effects.tasks().forEach(task -> text.append("\n  wants ").append(shortened(task)));
        return text.toString();
    }

    private static String shortened(Object what) {
        String text = what.toString();
        return text.length() <= WORDS_MAX ? text : text.substring(0, WORDS_MAX) + " ...";
    }

    private List<Input> takeInputs() {
        List<Input> taken = inbox;
        if (taken.size() <= INPUTS_A_TURN_MAX) {
            inbox = new ArrayList<>();
            return taken;
        }
        inbox = new ArrayList<>(taken.subList(INPUTS_A_TURN_MAX, taken.size()));
        return taken.subList(0, INPUTS_A_TURN_MAX);
    }

    private void mix(List<Input> inputs, Effects effects, MemberView after) {
        trace.mix(time.nowNanos());
        trace.mix((long) id().value() << 48 ^ (long) inputs.size() << 32 ^ effects.messages().size() << 20
                ^ effects.writes().size() << 12 ^ effects.deliveries().size() << 4 ^ after.role().ordinal());
        trace.mix(after.term() << 40 ^ after.commitIndex() << 20 ^ after.lastIndex());
    }

    /** In the order of production: send, write, stage deliveries, hand out the root, release. */
    private void follow(Effects effects, Door inside) {
        for (PeerFrame frame : effects.messages()) {
            surroundings.send(frame);
        }
        if (!effects.writes().isEmpty() || !effects.tasks().isEmpty()) {
            storage.take(effects);
        }
        inside.stage(effects.deliveries());
        show(effects.root());
        int of = run;
        inside.release();
        for (MemberEvent event : effects.events()) {
            note(event);
            surroundings.happened(this, event);
        }
        for (Delivery delivery : effects.deliveries()) {
            if (of == run) {
                deliver(delivery);
            }
        }
    }

    private void show(@Nullable StateRoot shown) {
        if (shown != null) {
            indexBefore = root == null ? 0 : root.index();
            root = shown;
            if (home != null) {
                home.shown = shown;
            }
            trace.mix(shown.digest());
            checks.published(id(), shown);
        }
    }

    private void note(MemberEvent event) {
        snapshots += event instanceof MemberEvent.SnapshotSaved ? 1 : 0;
        if (trace.speaks()) {
            if (event instanceof MemberEvent.Consensus consensus && consensus.event() instanceof RaftEvent.RoleChanged changed) {
                trace.line(() -> "member " + id() + " " + changed.role() + " in term " + changed.term() + ", leader "
                        + changed.leader() + ": " + changed.reason());
            } else {
                trace.line(() -> "member " + id() + " " + event);
            }
        }
    }

    // ------------------------------------------------------------------------------------------------ sessions

    /** Attaches the owner of a session. */
    void attach(long session, SessionDoor door) {
        doors.put(session, door);
    }

    void detach(long session, SessionDoor door) {
        doors.remove(session, door);
    }

    private void deliver(Delivery delivery) {
        if (delivery instanceof Delivery.Answered<?> answered) {
            answer(answered);
        } else if (delivery instanceof Delivery.Refused refused) {
            if (refused.caller() instanceof SimCaller<?> caller) {
                caller.refused(refused.refused(), refused.zxid());
            }
        } else if (delivery instanceof Delivery.Failed failed) {
            if (failed.caller() instanceof SimCaller<?> caller) {
                caller.failed(failed.failure(), failed.reason());
            }
        } else if (delivery instanceof Delivery.Fired fired) {
            SessionDoor door = doors.get(fired.session());
            if (door != null) {
                door.fired(fired.event());
            }
        } else {
            deliverStanding(delivery);
        }
    }

    private void deliverStanding(Delivery delivery) {
        if (delivery instanceof Delivery.Renewed renewed) {
            SessionDoor door = doors.get(renewed.session());
            if (door != null) {
                door.renewed(renewed.validUntilNanos(), renewed.resumed());
            }
        } else if (delivery instanceof Delivery.Suspended suspended) {
            SessionDoor door = doors.get(suspended.session());
            if (door != null) {
                door.suspended(suspended.reason());
            }
        } else if (delivery instanceof Delivery.Ended ended) {
            SessionDoor door = doors.remove(ended.session());
            if (door != null) {
                door.ended(ended.expired(), ended.reason());
            }
        } else if (delivery instanceof Delivery.Moved moved) {
            SessionDoor door = doors.remove(moved.session());
            if (door != null) {
                door.moved();
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static <R> void answer(Delivery.Answered<R> answered) {
        if (answered.caller() instanceof SimCaller<R> caller) {
            caller.answered(answered.value(), answered.zxid());
        }
    }
}
