package io.coord.testkit.sim;

import io.coord.Outcome;
import io.coord.member.Failure;
import io.coord.member.Input;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Brings mishaps about: each kind that a profile has comes at random times of its own, to random members, for random whiles. */
final class Nemesis {

    /** The kinds that come at times of their own; others are a matter of each message or force. */
    static final List<Fault> KINDS = List.of(
            Fault.CRASH_IN_WRITE,
            Fault.FORCE_FAILED,
            Fault.DISK_FULL,
            Fault.STUCK_FORCE,
            Fault.KILL_ONE,
            Fault.KILL_LEADER,
            Fault.KILL_MAJORITY,
            Fault.KILL_ALL,
            Fault.PAUSE,
            Fault.LONG_PAUSE_OF_LEADER,
            Fault.WALL_CLOCK_JUMP,
            Fault.MONOTONIC_JUMP,
            Fault.CRASH_LOOP,
            Fault.PARTITION,
            Fault.LEADER_ISOLATED,
            Fault.ONE_WAY,
            Fault.BRIDGE,
            Fault.RING,
            Fault.FLAPPING_LINK,
            Fault.SWIZZLE_CLOG,
            Fault.CORRUPT_FRAME,
            Fault.TRANSFER_CUT,
            Fault.LEADERSHIP_TRANSFER,
            Fault.SESSION_EXPIRED,
            Fault.REPLY_LOST);

    /** Those of worlds in which members come and go. */
    static final List<Fault> KINDS_OF_CHANGES =
            List.of(Fault.CHANGE_INTERRUPTED, Fault.MEMBER_JOINED, Fault.DISK_WIPED, Fault.BIT_ROT);

    private static final long MILLI = 1_000_000L;
    private static final long SECOND = 1_000 * MILLI;
    private static final long TEN_YEARS_MILLIS = 10L * 365 * 24 * 3_600 * 1_000;

    private static final SimCaller<Boolean> NOBODY = new SimCaller<>() {
        @Override
        public void answered(Boolean value, long zxid) {}

        @Override
        public void refused(Outcome.Refused refused, long zxid) {}

        @Override
        public void failed(Failure failure, String reason) {}
    };

    private final SimWorld world;
    private final VirtualTime time;
    private final Chance chance;
    private final FaultTable faults;
    private boolean stopped;

    Nemesis(SimWorld world, Chance chance) {
        this.world = world;
        this.time = world.time();
        this.chance = chance;
        this.faults = world.faults();
    }

    /** Strikes from now on, each kind so often. */
    void start(Map<Fault, Double> meanSecondsBetween) {
        for (Map.Entry<Fault, Double> kind : meanSecondsBetween.entrySet()) {
            strikeLater(kind.getKey(), (long) (kind.getValue() * SECOND));
        }
    }

    void stop() {
        stopped = true;
    }

    private void strikeLater(Fault fault, long meanNanos) {
        time.after(chance.exponential(meanNanos), () -> {
            if (!stopped) {
                strike(fault);
                strikeLater(fault, meanNanos);
            }
        });
    }

    private void strike(Fault fault) {
        switch (fault) {
            case CRASH_IN_WRITE -> crashInWrite();
            case FORCE_FAILED -> anyone().storage().failNextForce();
            case DISK_FULL -> anyone().storage().fillUp(aWhile());
            case STUCK_FORCE -> stuckForce();
            case KILL_ONE -> kill(fault, List.of(anyone()));
            case KILL_LEADER -> world.leader().ifPresent(leader -> kill(fault, List.of(leader)));
            case KILL_MAJORITY -> kill(fault, some(world.members().size() / 2 + 1));
            case KILL_ALL -> kill(fault, world.members());
            case PAUSE -> pause(fault, anyone(), chance.logUniform(20 * MILLI, 10 * SECOND));
            case LONG_PAUSE_OF_LEADER -> longPause();
            case WALL_CLOCK_JUMP -> wallClockJump();
            case MONOTONIC_JUMP -> monotonicJump();
            case CRASH_LOOP -> crashLoop(anyone(), 2 + chance.below(5));
            default -> strikeNetworkOrSession(fault);
        }
    }

    private void strikeNetworkOrSession(Fault fault) {
        switch (fault) {
            case PARTITION -> partition(some(1 + chance.below(world.members().size() / 2 + 1)));
            case LEADER_ISOLATED -> world.leader().ifPresent(this::isolate);
            case ONE_WAY -> oneWay();
            case BRIDGE -> bridge();
            case RING -> ring();
            case SWIZZLE_CLOG -> swizzle();
            case CORRUPT_FRAME -> world.network().corruptNext(1 + chance.below(4));
            case FLAPPING_LINK -> flap(anyone(), anyone(), 4 + chance.below(20));
            case TRANSFER_CUT -> transferCut();
            case LEADERSHIP_TRANSFER -> transfer();
            case SESSION_EXPIRED -> expire();
            case REPLY_LOST -> world.anyClient(chance).ifPresent(SimClient::wander);
            default -> strikeMembers(fault);
        }
    }

    private void strikeMembers(Fault fault) {
        switch (fault) {
            case CHANGE_INTERRUPTED -> interruptChange();
            case MEMBER_JOINED -> {
                world.coming().tidy();
                world.coming().join(chance);
            }
            case DISK_WIPED -> loseMemory(world.coming()::wipe);
            case BIT_ROT -> loseMemory(world.coming()::rot);
            case STATE_DIFFERS -> tellOfAnotherState();
            default -> throw new IllegalStateException(fault + " does not come at a time of its own");
        }
    }

    private SimMember anyone() {
        return world.anyMember(chance);
    }

    private List<SimMember> some(int count) {
        List<SimMember> left = new ArrayList<>(world.members());
        List<SimMember> some = new ArrayList<>();
        while (some.size() < count && !left.isEmpty()) {
            some.add(left.remove(chance.below(left.size())));
        }
        return some;
    }

    private long aWhile() {
        return chance.logUniform(50 * MILLI, 8 * SECOND);
    }

    // ------------------------------------------------------------------------------------------------ processes

    private void kill(Fault fault, List<SimMember> victims) {
        faults.count(fault);
        boolean together = chance.happens(0.3);
        long downNanos = aWhile();
        for (SimMember victim : victims) {
            world.crash(victim);
            startLater(victim, together ? downNanos : aWhile());
        }
    }

    private void startLater(SimMember member, long nanos) {
        time.after(nanos, () -> {
            if (!member.isUp()) {
                world.start(member);
            }
        });
    }

    /** Waits for a moment at which something is on its way to a disk. */
    private void crashInWrite() {
        SimMember victim = anyone();
        victim.storage().whenWriting(() -> {
            if (!stopped) {
                world.crash(victim);
                startLater(victim, aWhile());
            }
        });
    }

    private void crashLoop(SimMember member, int times) {
        if (stopped || times == 0) {
            return;
        }
        faults.count(Fault.CRASH_LOOP);
        world.crash(member);
        time.after(chance.logUniform(MILLI, 200 * MILLI), () -> {
            if (!member.isUp()) {
                world.start(member);
            }
            time.after(chance.logUniform(MILLI, 400 * MILLI), () -> crashLoop(member, times - 1));
        });
    }

    private void pause(Fault fault, SimMember member, long nanos) {
        faults.count(fault);
        member.pause(nanos);
    }

    private void longPause() {
        long sessionNanos = world.profile().sessionTimeoutMillis() * MILLI;
        world.leader().ifPresent(
                leader -> pause(Fault.LONG_PAUSE_OF_LEADER, leader, sessionNanos + chance.exponential(sessionNanos)));
    }

    // ------------------------------------------------------------------------------------------------ clocks and disks

    private void wallClockJump() {
        faults.count(Fault.WALL_CLOCK_JUMP);
        long millis = chance.happens(0.3) ? chance.between(1, TEN_YEARS_MILLIS) : chance.logUniform(1, 100_000);
        anyone().clock().jumpWall(chance.happens(0.5) ? millis : -millis);
    }

    private void monotonicJump() {
        faults.count(Fault.MONOTONIC_JUMP);
        anyone().clock().jump(chance.logUniform(50 * MILLI, 60 * SECOND));
        world.checks().clockJumped();
    }

    private void stuckForce() {
        faults.count(Fault.STUCK_FORCE);
        SimMember victim = chance.happens(0.6) ? world.leader().orElseGet(this::anyone) : anyone();
        long beyond = chance.happens(0.3) ? world.profile().sessionTimeoutMillis() * MILLI : 0;
        victim.storage().stall(world.profile().raft().writeDeadlineNanos() + beyond + chance.exponential(2 * SECOND));
    }

    // ------------------------------------------------------------------------------------------------ links

    /** Cuts links for a while. */
    private void cut(List<int[]> links, long nanos) {
        links.forEach(link -> world.network().cut(link[0], link[1]));
        int of = world.healings();
        time.after(nanos, () -> {
            if (of == world.healings()) {
                links.forEach(link -> world.network().mend(link[0], link[1]));
            }
        });
    }

    private static void bothWays(List<int[]> links, SimMember one, SimMember other) {
        int a = one.id().value();
        int b = other.id().value();
        links.add(new int[] {a, b});
        links.add(new int[] {b, a});
    }

    private void partition(List<SimMember> side) {
        faults.count(Fault.PARTITION);
        cut(between(side), aWhile());
    }

    private void isolate(SimMember leader) {
        faults.count(Fault.LEADER_ISOLATED);
        cut(between(List.of(leader)), aWhile());
    }

    private List<int[]> between(List<SimMember> side) {
        List<int[]> links = new ArrayList<>();
        for (SimMember one : side) {
            for (SimMember other : world.members()) {
                if (!side.contains(other)) {
                    bothWays(links, one, other);
                }
            }
        }
        return links;
    }

    /** Someone hears nobody, or is heard by nobody, or some links carry one way. */
    private void oneWay() {
        faults.count(Fault.ONE_WAY);
        SimMember victim = chance.happens(0.5) ? world.leader().orElseGet(this::anyone) : anyone();
        boolean deaf = chance.happens(0.5);
        boolean wholly = chance.happens(0.6);
        List<int[]> links = new ArrayList<>();
        for (SimMember other : world.members()) {
            if (other != victim && (wholly || chance.happens(0.5))) {
                int one = victim.id().value();
                int two = other.id().value();
                links.add(deaf ? new int[] {two, one} : new int[] {one, two});
            }
        }
        cut(links, aWhile());
    }

    /** Two halves that see each other only through one member. */
    private void bridge() {
        faults.count(Fault.BRIDGE);
        List<SimMember> shuffled = some(world.members().size());
        List<int[]> links = new ArrayList<>();
        int middle = shuffled.size() / 2;
        for (int i = 0; i < middle; i++) {
            for (int j = middle + 1; j < shuffled.size(); j++) {
                bothWays(links, shuffled.get(i), shuffled.get(j));
            }
        }
        cut(links, aWhile());
    }

    /** Every member sees two others and no more; of three, one link is missing. */
    private void ring() {
        faults.count(Fault.RING);
        List<SimMember> ring = some(world.members().size());
        List<int[]> links = new ArrayList<>();
        for (int i = 0; i < ring.size(); i++) {
            for (int j = i + 1; j < ring.size(); j++) {
                boolean neighbours = j == i + 1 || i == 0 && j == ring.size() - 1 && ring.size() > 3;
                if (!neighbours) {
                    bothWays(links, ring.get(i), ring.get(j));
                }
            }
        }
        cut(links, aWhile());
    }

    /** Somebody's links stop one by one, in both directions each on its own, and are released in another order. */
    private void swizzle() {
        faults.count(Fault.SWIZZLE_CLOG);
        List<SimMember> some = some(1 + chance.below(world.members().size()));
        long stepNanos = chance.logUniform(5 * MILLI, 500 * MILLI);
        for (SimMember one : some) {
            for (SimMember other : world.members()) {
                if (one != other) {
                    List<int[]> link = List.of(new int[] {one.id().value(), other.id().value()});
                    long fromNanos = chance.exponential(stepNanos);
                    time.after(fromNanos, () -> {
                        if (!stopped) {
                            cut(link, aWhile());
                        }
                    });
                }
            }
        }
    }

    /** A link that comes and goes with a period about the election timeout. */
    private void flap(SimMember one, SimMember other, int times) {
        if (stopped || times == 0 || one == other) {
            return;
        }
        faults.count(Fault.FLAPPING_LINK);
        List<int[]> links = new ArrayList<>();
        bothWays(links, one, other);
        long election = world.profile().raft().electionTimeoutNanos();
        cut(links, chance.exponential(election));
        time.after(2 * chance.exponential(election), () -> flap(one, other, times - 1));
    }

    // ------------------------------------------------------------------------------------------------ snapshots, leadership, sessions

    /** The next member to receive a snapshot stops meanwhile, or is cut off. */
    private void transferCut() {
        boolean crashes = chance.happens(0.5);
        for (SimMember member : world.members()) {
            member.storage().whenReceiving(() -> cutShort(member, crashes));
        }
    }

    private void cutShort(SimMember receiver, boolean crashes) {
        if (stopped) {
            return;
        }
        faults.count(Fault.TRANSFER_CUT);
        if (crashes) {
            world.crash(receiver);
            startLater(receiver, aWhile());
        } else {
            cut(between(List.of(receiver)), aWhile());
        }
    }

    private void transfer() {
        world.leader().ifPresent(leader -> {
            faults.count(Fault.LEADERSHIP_TRANSFER);
            leader.receive(new Input.Transfer(NOBODY, chance.happens(0.5) ? anyone().id() : null));
        });
    }

    private void loseMemory(Predicate<SimMember> loss) {
        SimMember victim = anyone();
        if (loss.test(victim)) {
            startLater(victim, aWhile());
        }
    }

    /** Somebody who will notice at once has a state that is not the others', as long as more than half have neither that nor another trouble. */
    private void tellOfAnotherState() {
        SimMember victim = anyone();
        long troubled = world.members().stream()
                .filter(member -> member != victim && (member.view() == null || member.view().healing() != null))
                .count();
        if (!victim.isPaused() && 2 * (troubled + 1) < world.members().size() && world.tellOfAnotherState(victim)) {
            faults.count(Fault.STATE_DIFFERS);
        }
    }

    /** The leader is seen with two sets of voters in force, and right then stops, or is cut off. */
    private void interruptChange() {
        boolean crashes = chance.happens(0.5);
        world.coming().whenJoint(leader -> {
            if (stopped) {
                return;
            } else if (crashes) {
                world.crash(leader);
                startLater(leader, aWhile());
            } else {
                faults.count(Fault.CHANGE_INTERRUPTED);
                cut(between(List.of(leader)), aWhile());
            }
        });
    }

    private void expire() {
        world.anyClient(chance).ifPresent(this::expire);
    }

    private void expire(SimClient client) {
        if (chance.happens(0.5)) {
            client.fallSilent(world.profile().sessionTimeoutMillis() * MILLI * 3 / 2);
        } else if (client.session() != 0) {
            faults.count(Fault.SESSION_EXPIRED);
            world.leader().ifPresent(leader -> leader.receive(new Input.Expire(NOBODY, client.session())));
        }
    }
}
