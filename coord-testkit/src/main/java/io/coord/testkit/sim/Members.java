package io.coord.testkit.sim;

import io.coord.Ensemble;
import io.coord.MemberAddress;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.member.Ensembles;
import io.coord.member.MemberView;
import io.coord.raft.Configuration;
import io.coord.raft.MemberKey;
import io.coord.raft.Role;
import io.coord.testkit.check.RaftInvariants;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Processes that come and go in a world whose members do, and the budget of lost disks: in every set of voters that anybody may take for
 * the one in force, or may be asked for, a majority keeps what it has (section 2.0 of the fault model).
 */
final class Members {

    private static final long MILLI = 1_000_000L;
    private static final long FORGOTTEN_NANOS = 30_000 * MILLI;

    private final SimWorld world;
    /** Whose disk was lost, until it goes on under another key. */
    private final TreeSet<MemberId> wiped = new TreeSet<>();
    private final TreeMap<MemberId, Long> joinedNanos = new TreeMap<>();
    private final TreeMap<MemberId, Integer> leftRuns = new TreeMap<>();
    private @Nullable SimClient operator;
    private @Nullable Consumer<SimMember> whenJoint;
    private @Nullable Chance chance;

    Members(SimWorld world) {
        this.world = world;
    }

    private RaftInvariants raft() {
        return world.checks().raft();
    }

    /** From whose wishes changes of members come. */
    void operatedBy(SimClient client) {
        operator = client;
    }

    /** The members by the configuration committed last. */
    Ensemble present() {
        return Ensembles.of(raft().configuration()).orElseThrow();
    }

    /** Whether a member has all that it promised, under the key that the ensemble knows. */
    boolean isWhole(MemberId id) {
        MemberKey key = raft().key(id);
        return !raft().isLost(key) && !isDamaged(id) && raft().configuration().contains(key);
    }

    boolean isDamaged(MemberId id) {
        return world.member(id).storage().isDamaged();
    }

    private boolean hasProcess(MemberId id) {
        return world.members().contains(world.member(id));
    }

    // ------------------------------------------------------------------------------------------------ coming

    /** Starts an empty member, if there is a seat: it joins by itself. */
    void join(Chance drawn) {
        List<MemberId> vacant = seatsWithoutProcess();
        if (!vacant.isEmpty()) {
            start(world.member(vacant.get(drawn.below(vacant.size()))));
        }
    }

    private List<MemberId> seatsWithoutProcess() {
        List<SimMember> vacant = new ArrayList<>(world.seats());
        vacant.removeAll(world.members());
        return vacant.stream().map(SimMember::id).toList();
    }

    /** Who could be in the list, and is neither there nor runs. */
    List<MemberId> vacant() {
        return seatsWithoutProcess().stream().filter(id -> !present().contains(id)).toList();
    }

    void start(SimMember seat) {
        start(seat, listWith(seat.id()));
    }

    /** Starts an empty member with this list. */
    void start(SimMember seat, Ensemble list) {
        world.faults().count(Fault.MEMBER_JOINED);
        seat.become(world.setup(seat.id(), list));
        joinedNanos.put(seat.id(), world.time().nowNanos());
        world.members().add(seat);
        world.startAsTold(seat);
    }

    /** What an operator tells a member that starts empty: the members of today, and itself. */
    private Ensemble listWith(MemberId id) {
        Ensemble present = present();
        if (present.contains(id)) {
            return present;
        }
        TreeMap<MemberId, MemberAddress> observers = new TreeMap<>(present.observers());
        observers.put(id, SimWorld.address(id));
        return new Ensemble(present.voters(), observers);
    }

    /**
     * An operator gives a member whose list names nobody of today the list that is in force by then; one that starts empty, too, or lets it have
     * that of when its disk was lost.
     */
    void starts(SimMember member) {
        if (world.profile().changes() && (knowsNobody(member) || member.storage().isEmpty() && chance().happens(0.5))) {
            member.become(world.setup(member.id(), listWith(member.id())));
        }
    }

    private boolean knowsNobody(SimMember member) {
        Ensemble present = present();
        return member.told().stream().noneMatch(id -> !id.equals(member.id()) && present.contains(id) && hasProcess(id))
                && !present.members().equals(new TreeSet<>(List.of(member.id())));
    }

    // ------------------------------------------------------------------------------------------------ going

    /** A member was told that it is removed; whoever runs it may start it once more before believing it. */
    void removed(SimMember member) {
        world.faults().count(Fault.MEMBER_REMOVED);
        Chance drawn = chance();
        int of = member.run();
        boolean again = leftRuns.merge(member.id(), 1, Integer::sum) < 3 && drawn.happens(0.4);
        world.time().after(drawn.exponential(500 * MILLI), () -> {
            if (of == member.run()) {
                world.crash(member);
                if (again) {
                    world.start(member);
                } else {
                    retire(member);
                }
            }
        });
    }

    private Chance chance() {
        Chance known = chance;
        if (known == null) {
            known = Chance.of(world.seed(), "members that go");
            chance = known;
        }
        return known;
    }

    private void retire(SimMember member) {
        world.crash(member);
        member.wipe();
        wiped.remove(member.id());
        leftRuns.remove(member.id());
        world.members().remove(member);
    }

    /** Processes of members that nobody knows and nobody waits for are stopped for good. */
    void tidy() {
        for (SimMember member : List.copyOf(world.members())) {
            MemberId id = member.id();
            boolean isKnown = raft().inPlay().stream()
                    .anyMatch(configuration -> configuration.everyone().stream().anyMatch(key -> key.id().equals(id)));
            boolean isOld = world.time().nowNanos() - joinedNanos.getOrDefault(id, 0L) > FORGOTTEN_NANOS;
            if (!isKnown && isOld && targets().stream().noneMatch(target -> target.contains(id))) {
                retire(member);
            }
        }
    }

    /** All that may run does: whoever belongs to the ensemble and has no process gets one. */
    void heal() {
        for (MemberId id : present().members()) {
            if (!hasProcess(id)) {
                start(world.member(id));
            }
        }
        for (SimMember member : world.members()) {
            if (!isWhole(member.id()) && knowsNobody(member)) {
                world.crash(member);
                world.start(member);
            }
        }
    }

    // ------------------------------------------------------------------------------------------------ disks

    /** The members that are asked for, by what the log or an unanswered request says. */
    List<Ensemble> targets() {
        List<Ensemble> targets = new ArrayList<>();
        Ensemble wanted = world.checks().wanted();
        if (wanted != null) {
            targets.add(wanted);
        }
        SimClient client = operator;
        Operation.Reconfigure wish = client == null ? null : client.wish();
        if (wish != null) {
            targets.add(Wishes.wanted(wish));
        }
        return targets;
    }

    /** Whether the ensemble can bear that one more disk forgets, whatever becomes of the changes under way. */
    boolean canBear(MemberId loser) {
        MemberKey key = raft().key(loser);
        for (Configuration configuration : raft().inPlay()) {
            if (!canBear(configuration.voters(), key) || !canBear(configuration.outgoing(), key)) {
                return false;
            }
        }
        for (Ensemble target : targets()) {
            if (target.voters().containsKey(loser) && !isBearable(target, loser)) {
                return false;
            }
        }
        return true;
    }

    private boolean canBear(List<MemberKey> voters, MemberKey loser) {
        int losses = 0;
        for (MemberKey voter : voters) {
            losses += voter.equals(loser) || raft().isLost(voter) || isDamaged(voter.id()) ? 1 : 0;
        }
        return !voters.contains(loser) || 2 * losses < voters.size();
    }

    /** Whether most of the voters wanted have all they promised. */
    boolean isBearable(Ensemble target, @Nullable MemberId loser) {
        int losses = 0;
        for (MemberId id : target.voters().keySet()) {
            losses += id.equals(loser) || !isWhole(id) ? 1 : 0;
        }
        return 2 * losses < target.voters().size();
    }

    /** The disk is lost; the member starts again on an empty one. */
    boolean wipe(SimMember member) {
        if (!canBear(member.id())) {
            return false;
        }
        world.faults().count(Fault.DISK_WIPED);
        world.crash(member);
        member.wipe();
        wiped.add(member.id());
        member.become(world.setup(member.id(), listWith(member.id())));
        joinedNanos.put(member.id(), world.time().nowNanos());
        return true;
    }

    /** The log is found damaged at the next start, for which the operator gives the member the list of today: whom else could it ask? */
    boolean rot(SimMember member) {
        if (!canBear(member.id()) || raft().isLost(raft().key(member.id()))) {
            return false;
        }
        world.crash(member);
        if (member.storage().rot()) {
            member.become(world.setup(member.id(), listWith(member.id())));
        }
        return true;
    }

    // ------------------------------------------------------------------------------------------------ looking on

    /** Does something to the leader that is next seen with two sets of voters in force. */
    void whenJoint(Consumer<SimMember> action) {
        whenJoint = action;
    }

    void turned(MemberView after) {
        Consumer<SimMember> action = whenJoint;
        if (action != null && after.role() == Role.LEADER && after.configuration().isJoint()) {
            whenJoint = null;
            world.time().after(1 + chance().exponential(2 * MILLI), () -> action.accept(world.member(after.self())));
        }
    }

    void crashes(SimMember member) {
        MemberView view = member.view();
        if (view != null && view.role() == Role.LEADER && view.configuration().isJoint()) {
            world.faults().count(Fault.CHANGE_INTERRUPTED);
        }
    }

    void renewed(SimMember member) {
        if (wiped.remove(member.id())) {
            world.faults().hit(Marker.RENEWED);
        }
    }

    /** Whether each member that the ensemble has, and has met, runs under the key the ensemble knows, and no change is under way. */
    boolean isSettled() {
        Configuration present = raft().configuration();
        if (present.isJoint() || !targets().isEmpty()) {
            return false;
        }
        int running = 0;
        for (MemberKey key : present.everyone()) {
            boolean isListedOnly = key.isAbsent() && !hasProcess(key.id()); // whom nobody has started: it is not waited for
            if (!isListedOnly && (!raft().key(key.id()).equals(key) || !isWhole(key.id()) || !hasProcess(key.id()))) {
                return false;
            }
            running += isListedOnly ? 0 : 1;
        }
        return world.members().size() == running;
    }

    /** What keeps it from being so, in words. */
    String describe() {
        StringBuilder text = new StringBuilder("\n  committed are voters " + raft().configuration().voters() + ", before "
                + raft().configuration().outgoing() + ", learners " + raft().configuration().learners() + "; wanted " + targets());
        world.members().forEach(member -> text.append("\n  member ").append(member.id()).append(" goes by ").append(raft().key(member.id()))
                .append(wiped.contains(member.id()) ? ", wiped" : "").append(isDamaged(member.id()) ? ", damaged" : ""));
        return text.toString();
    }
}
