package io.coord.testkit.sim;

import io.coord.CreateMode;
import io.coord.MemberConfig;
import io.coord.Outcome;
import io.coord.ReadMode;
import io.coord.Stat;
import io.coord.member.Failure;
import io.coord.member.Input;
import io.coord.member.PeerMessage;
import io.coord.member.SessionGrant;
import io.coord.raft.Message;
import io.coord.raft.Role;
import io.coord.testkit.sim.SimClient.Kind;
import io.coord.testkit.sim.Stage.Asked;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Bugs that others had, each as a short script in which the same misfortune comes (section 4 of the fault model). Each throws where an
 * invariant breaks; what is checked after every turn is not repeated here.
 */
public final class Plays {

    private static final Map<String, Runnable> ALL = all();

    private Plays() {}

    /** Their names: the id and, where there are several, a word. */
    public static List<String> names() {
        return List.copyOf(ALL.keySet());
    }

    /** Plays one. */
    public static void play(String name) {
        Runnable play = ALL.get(name);
        if (play == null) {
            throw new IllegalArgumentException("there is no play " + name);
        }
        play.run();
    }

    private static Map<String, Runnable> all() {
        Map<String, Runnable> all = new TreeMap<>();
        all.put("peer.B1", Plays::aLeaderDiesWithWhatNobodyElseHas);
        all.put("peer.B2", Plays::aLeaderStepsDownWithWhatNobodyElseHas);
        all.put("peer.B3", () -> aSnapshotIsCutShort(true));
        all.put("peer.B4", () -> aSnapshotIsCutShort(false));
        all.put("peer.B5 peer.B6", Plays::thePowerFailsRightAfterAnAnswer);
        all.put("peer.B7 peer.B13", Plays::aCrashInTheMidstOfATruncation);
        all.put("peer.B8", Plays::votesAndEntriesOnTheirWayToOneDisk);
        all.put("peer.B9", Plays::writesGoOnWhileASnapshotIsInstalled);
        all.put("peer.B10", Plays::aLeaderReturnsWithWritesOnTheirWay);
        all.put("peer.B11", Plays::aFollowerDiesBetweenAppendAndForce);
        all.put("peer.B14 peer.B57", Plays::eachForceFailsOnce);
        all.put("peer.B15", Plays::aLeaderWhoseDiskIsStuckResigns);
        all.put("peer.B20 peer.B21 peer.B22", Plays::ephemeralsEndWithTheirSessionOnEveryMember);
        all.put("peer.B23", Plays::aSessionWithAThousandEphemeralsCloses);
        all.put("peer.B25 peer.B31", Plays::watchesMoveWithTheirSession);
        all.put("peer.B26", Plays::answersComeInTheOrderOfRequests);
        all.put("peer.B29", Plays::theOnlyMemberAnswersBehindItsDisk);
        all.put("peer.B33", Plays::lateAnswersToAHeartbeatConfirmNoRead);
        all.put("peer.B35", Plays::aLeaderThatWakesUpEndsNoSession);
        all.put("peer.B36", Plays::tenFailoversCostNoSession);
        all.put("peer.B37", Plays::aSlowFollowerBehindACompactedLog);
        all.put("peer.B42 peer.B43", Plays::aVoteThatCouldNotBeForced);
        all.put("peer.B45", Plays::aLeaderHearsOfAHigherTermByAnyAnswer);
        all.put("peer.B47", Plays::theOnlyMemberStartsBehindItsSnapshot);
        all.put("peer.B48", Plays::aBusyMemberHoldsNobodyUp);
        all.put("peer.B52", Plays::anOldLeaderWithASnapshotOfItsOwn);
        all.put("peer.B56", Plays::moreUnansweredWritesThanAnyCacheWouldKeep);
        all.put("peer.B63 bridge", Plays::halvesJoinedByOneMemberComeToOneLeader);
        all.put("peer.B63 deaf", Plays::aLeaderThatHearsNobodyResigns);
        all.put("peer.B63 return", Plays::aMemberThatReturnsDisturbsNobody);
        all.put("peer.B65", Plays::aWriteWithoutAnAnswerIsCalledUnknown);
        all.put("fault.D11 leader", Plays::aLeaderWhoseDiskIsFullHandsOver);
        all.put("fault.D11 all", Plays::aLeaderThatNobodyCanFollowTakesNoWrites);
        all.put("fault.D11 again", Plays::aWriteThatWasAppliedIsNotRefusedForWantOfRoom);
        all.put("fault.M7 received", Plays::aSnapshotThatIsNotInstalledKeepsNobodyFromTheNext);
        all.put("inv.Z7 heal", Plays::aHealedMemberDoesNotReviveASessionThatHasEnded);
        all.put("inv.Z7 late", Plays::aSessionIsGoodForAsLongAsSinceItWasFirstAskedFor);
        all.put("inv.Z7 disk", Plays::aSlowDiskSuspendsNoSession);
        all.put("inv.Z12 back", Plays::watchesGoWithTheirSession);
        all.put("rule.15 ids", Plays::aNewSessionOvertakenByALaterOneIsOpened);
        all.put("inv.L2", Plays::aLostProposalIsMadeAgain);
        all.put("inv.L13", Plays::messagesPerWriteAreBounded);
        MemberPlays.addTo(all);
        SnapshotPlays.addTo(all);
        return all;
    }

    // ------------------------------------------------------------------------------------------------ logs and leaders

    private static void aLeaderDiesWithWhatNobodyElseHas() {
        Stage stage = new Stage(3);
        stage.clients(4, Kind.MOVING, 100);
        stage.run(500);
        SimMember leader = stage.leader();
        stage.isolate(leader);
        stage.run(100);
        stage.crash(leader);
        stage.until("L1", "another leader", () -> stage.world.leader().isPresent());
        stage.run(500);
        stage.mend();
        stage.start(leader);
        stage.run(500);
        stage.settle();
    }

    private static void aLeaderStepsDownWithWhatNobodyElseHas() {
        Stage stage = new Stage(3);
        SimMember leader = stage.leader();
        Stage.Owner owner = stage.session(leader);
        stage.isolate(leader);
        Asked<?> lost = owner.create("/lost", CreateMode.PERSISTENT);
        stage.clients(4, Kind.MOVING, 100);
        stage.until("L1", "another leader", () -> stage.others(leader).stream().anyMatch(stage::leads));
        stage.run(500);
        Stage.require("R7", !lost.isGranted(), "a write is granted that a quorum never had");
        stage.mend();
        stage.run(1_000);
        stage.settle();
    }

    /** Few entries make a snapshot, and few are kept behind it. */
    private static MemberConfig compacting() {
        return Stage.CONFIG.withSnapshotEntries(40).withRetainedEntries(5);
    }

    /** A member that was away gets a snapshot, and dies or is cut off as it comes; then the leader dies, too. */
    private static void aSnapshotIsCutShort(boolean dies) {
        Stage stage = new Stage(3, 2, compacting());
        stage.clients(4, Kind.MOVING, 200);
        SimMember behind = stage.follower();
        stage.crash(behind);
        stage.run(2_000);
        for (int i = 0; i < 3; i++) {
            behind.storage().whenReceiving(() -> {
                if (dies) {
                    stage.crash(behind);
                } else {
                    stage.isolate(behind);
                }
            });
            stage.start(behind);
            stage.run(400);
            stage.mend();
            stage.start(behind);
            stage.run(i == 1 ? 300 : 20);
            SimMember leader = stage.leader();
            stage.restart(leader);
            stage.run(600);
        }
        stage.settle();
    }

    /**
     * The last piece is on its way to the disk when its receiver is cut off, and the leader dies. The next leader's own snapshot is not
     * written yet: its log goes back far enough, and brings the receiver up to date.
     */
    private static void aSnapshotThatIsNotInstalledKeepsNobodyFromTheNext() {
        Stage stage = new Stage(3, 2, compacting());
        SimMember leader = stage.leader();
        SimMember behind = stage.follower(0);
        SimMember next = stage.follower(1);
        stage.clients(4, Kind.MOVING, 200);
        stage.isolate(behind);
        leader.storage().cutPieces(1 << 20);
        next.storage().become(new Profile.Disk(200 * Stage.MILLI, 1, 0, 0));
        stage.until("L13", "a snapshot of the leader's", () -> leader.snapshots() > 0);
        behind.storage().become(new Profile.Disk(900 * Stage.MILLI, 1, 0, 0));
        behind.storage().whenReceiving(() -> {
            stage.isolate(behind);
            stage.crash(leader);
        });
        stage.mend();
        stage.until("M7", "a snapshot comes", () -> !leader.isUp());
        stage.run(1_000);
        List.of(behind, next).forEach(member -> member.storage().become(new Profile.Disk(Stage.MILLI, 1, 0, 0)));
        stage.mend();
        stage.until("L13", "the receiver writes a snapshot of its own", () -> behind.snapshots() > 1);
        Stage.require("M7", stage.world.faults().of(Fault.SNAPSHOT_INSTALLED) == 0, "a snapshot was installed: the play is broken");
        stage.settle();
    }

    private static void thePowerFailsRightAfterAnAnswer() {
        Stage stage = new Stage(3);
        for (int i = 0; i < 8; i++) {
            Stage.Owner owner = stage.session(i % 2 == 0 ? stage.leader() : stage.follower());
            String path = "/p" + i;
            Asked<?> asked = owner.create(path, CreateMode.PERSISTENT);
            stage.until("L2", "the answer", asked::isGranted);
            stage.powerCut();
            stage.leader();
            stage.settle();
            for (SimMember member : stage.world.members()) {
                Stage.require("R19", java.util.Objects.requireNonNull(member.root()).stat(path).isPresent(),
                        path + " was acknowledged, and is lost on member " + member.id());
            }
        }
    }

    /** A follower has entries of a deposed leader's; it dies as those that replace them are on their way to its disk. */
    private static void aCrashInTheMidstOfATruncation() {
        for (int seed = 1; seed <= 4; seed++) {
            Stage stage = new Stage(5, seed, Stage.CONFIG);
            stage.clients(6, Kind.MOVING, 200);
            SimMember leader = stage.leader();
            SimMember friend = stage.follower();
            stage.run(200);
            stage.others(leader).stream().filter(other -> other != friend).forEach(other -> {
                stage.cut(leader, other);
                stage.cut(friend, other);
            });
            stage.until("L1", "another leader",
                    () -> stage.others(leader).stream().anyMatch(other -> other != friend && stage.leads(other)));
            stage.run(300);
            for (SimMember victim : List.of(leader, friend)) {
                victim.storage().whenWriting(() -> stage.crash(victim));
            }
            stage.mend();
            stage.run(400);
            stage.start(leader);
            stage.start(friend);
            stage.run(400);
            stage.settle();
        }
    }

    /** Elections with slow disks: terms, votes and entries of several turns wait for one force after another. */
    private static void votesAndEntriesOnTheirWayToOneDisk() {
        Stage stage = new Stage(5);
        stage.clients(6, Kind.MOVING, 200);
        for (int i = 0; i < 6; i++) {
            stage.world.members().forEach(member -> member.storage().stall(60 * Stage.MILLI));
            SimMember leader = stage.leader();
            stage.isolate(leader);
            stage.run(450);
            stage.world.members().forEach(member -> member.storage().stall(40 * Stage.MILLI));
            stage.mend();
            stage.run(450);
        }
        stage.settle();
    }

    private static void writesGoOnWhileASnapshotIsInstalled() {
        Stage stage = new Stage(3, 3, compacting());
        stage.clients(4, Kind.MOVING, 300);
        SimMember behind = stage.follower();
        stage.isolate(behind);
        stage.run(2_000);
        behind.storage().whenReceiving(() -> behind.storage().stall(400 * Stage.MILLI));
        stage.mend();
        stage.run(1_500);
        long installed = stage.world.faults().of(Fault.SNAPSHOT_INSTALLED);
        Stage.require("L6", installed > 0, "no snapshot was installed: the play is broken");
        stage.settle();
    }

    private static void aLeaderReturnsWithWritesOnTheirWay() {
        Stage stage = new Stage(3);
        stage.clients(4, Kind.MOVING, 200);
        for (int i = 0; i < 6; i++) {
            SimMember leader = stage.leader();
            leader.storage().stall(150 * Stage.MILLI);
            stage.run(30);
            SimMember next = stage.follower(i % 2);
            leader.receive(new Input.Transfer(new Asked<>(), next.id()));
            stage.run(120);
            next.receive(new Input.Transfer(new Asked<>(), leader.id()));
            stage.run(200);
        }
        stage.settle();
    }

    private static void aFollowerDiesBetweenAppendAndForce() {
        Stage stage = new Stage(3);
        stage.clients(4, Kind.MOVING, 200);
        for (int i = 0; i < 8; i++) {
            SimMember victim = stage.follower(i % 2);
            SimMember leader = stage.leader();
            victim.storage().whenWriting(() -> stage.crash(victim));
            stage.run(100);
            stage.crash(leader);
            stage.start(victim);
            stage.run(50);
            stage.start(leader);
            stage.run(500);
        }
        stage.settle();
    }

    private static void eachForceFailsOnce() {
        Stage stage = new Stage(3);
        stage.clients(4, Kind.MOVING, 100);
        for (int i = 0; i < 9; i++) {
            SimMember victim = stage.world.members().get(i % 3);
            int before = victim.run();
            victim.storage().failNextForce();
            stage.until("D-c", "member " + victim.id() + " leaves, and is started anew", () -> victim.run() != before);
            stage.leader();
        }
        stage.settle();
    }

    /** And the others go on without it, well before its disk answers. */
    private static void aLeaderWhoseDiskIsStuckResigns() {
        Stage stage = new Stage(3);
        SimMember leader = stage.leader();
        Stage.Owner owner = stage.session(leader);
        leader.storage().stall(20_000 * Stage.MILLI);
        owner.create("/a", CreateMode.PERSISTENT);
        stage.until("L5", "the leader resigns", 1_500 + 3 * 60, () -> !stage.leads(leader));
        stage.until("L1", "another leads", 5_000, () -> stage.others(leader).stream().anyMatch(stage::leads));
        Stage.Owner other = stage.session(stage.leader());
        stage.until("L2", "a write", 2_000, other.create("/b", CreateMode.PERSISTENT)::isGranted);
    }

    /** One after another: whoever has room leads, and nobody stops or loses anything for want of it. */
    private static void aLeaderWhoseDiskIsFullHandsOver() {
        Stage stage = new Stage(3);
        stage.clients(4, Kind.MOVING, 100);
        for (int i = 0; i < 3; i++) {
            SimMember full = stage.leader();
            full.storage().fillUp(6_000 * Stage.MILLI);
            stage.until("L5", "another leads, before the write deadline", 1_400, () -> stage.others(full).stream().anyMatch(stage::leads));
            stage.run(3_000);
            Stage.require("L5", Stage.view(full).shortage() != null && !stage.leads(full), "it has no room, and does not say so");
            SimMember next = stage.leader();
            stage.until("L2", "a write", 1_000, stage.session(next).create("/written" + i, CreateMode.PERSISTENT)::isGranted);
            stage.run(4_000);
            Stage.require("L5", Stage.view(full).shortage() == null && Stage.view(full).left() == null, "room is back, and is not noticed");
        }
        stage.settle();
    }

    private static void aLeaderThatNobodyCanFollowTakesNoWrites() {
        Stage stage = new Stage(3);
        List<Stage.Owner> owners = stage.world.members().stream().map(stage::session).toList();
        stage.world.members().forEach(member -> member.storage().fillUp(10_000 * Stage.MILLI));
        stage.run(4_000);
        SimMember leader = stage.leader();
        Stage.Owner owner = owners.stream().filter(known -> known.home == leader).findFirst().orElseThrow();
        Asked<?> refused = owner.create("/a", CreateMode.PERSISTENT);
        stage.until("L2", "the write is refused", 1_000, () -> refused.failure() == Failure.REFUSED);
        stage.until("L2", "a read", 1_000, owner.exists("/a", ReadMode.LINEARIZABLE)::isGranted);
        Asked<SessionGrant> another = new Asked<>();
        leader.receive(new Input.Open(another, 2_000, Stage.PASSWORD, Stage.IDENTITIES, true));
        stage.until("L2", "a session is refused", 1_000, () -> another.failure() == Failure.UNAVAILABLE);
        Stage.require("L5", stage.leads(leader) && refused.failure() == Failure.REFUSED, "it is not refused by a leader");
        stage.run(8_000);
        stage.until("L2", "a write", 2_000, stage.session(stage.leader()).create("/a", CreateMode.PERSISTENT)::isGranted);
        stage.settle();
    }

    /** Its answer is lost, and its session comes back to a leader that takes no writes now: what was applied keeps its number (rule.5). */
    private static void aWriteThatWasAppliedIsNotRefusedForWantOfRoom() {
        Stage stage = new Stage(1);
        SimMember leader = stage.leader();
        Stage.Owner owner = stage.session(leader);
        Stage.Owner other = stage.session(leader);
        Stage.Owner third = stage.session(leader);
        stage.until("L2", "a write", 1_000, owner.create("/a", CreateMode.PERSISTENT)::isGranted);
        Asked<SessionGrant> back = new Asked<>();
        leader.receive(new Input.Resume(back, owner.session, 10_000, Stage.PASSWORD, Stage.IDENTITIES, true, 0));
        stage.until("L2", "the session goes on", back::isGranted);
        leader.storage().fillUp(10_000 * Stage.MILLI);
        Asked<?> meanwhile = other.create("/full", CreateMode.PERSISTENT);
        stage.run(4_000);
        Asked<?> refused = third.create("/refused", CreateMode.PERSISTENT);
        stage.until("L2", "no writes are taken", 1_000, () -> refused.failure() == Failure.REFUSED);
        Asked<Outcome.Created> again = owner.create("/a", CreateMode.PERSISTENT);
        stage.until("L2", "there is room, and what waited is done", meanwhile::isGranted);
        stage.until("Z4", "what was asked again is answered", again::isOver);
        Stage.require("Z4", again.isGranted() && again.value().path().equals("/a"), "what was applied is not: " + again.failure());
        Asked<Outcome.Created> next = owner.create("/b", CreateMode.PERSISTENT);
        stage.until("L2", "the next write", 2_000, next::isGranted);
        Stage.require("Z4", next.value().path().equals("/b"), "the next write is answered for another: " + next.value());
        stage.settle();
    }

    // ------------------------------------------------------------------------------------------------ sessions

    private static void ephemeralsEndWithTheirSessionOnEveryMember() {
        Stage stage = new Stage(3, 4, compacting());
        stage.clients(4, Kind.MOVING, 100);
        for (int i = 0; i < 6; i++) {
            SimMember leader = stage.leader();
            Stage.Owner owner = stage.session(i % 2 == 0 ? leader : stage.follower());
            owner.create("/e" + i, CreateMode.EPHEMERAL);
            owner.write(new io.coord.Operation.Delete("/e" + i, -1));
            owner.create("/e" + i, CreateMode.EPHEMERAL);
            stage.run(i);
            if (i % 3 == 0) {
                stage.restart(leader);
            } else {
                owner.home.receive(new Input.Close(owner.session, new Asked<>()));
                owner.home.receive(new Input.TakeSnapshot(new Asked<>()));
            }
            stage.run(800);
        }
        stage.settle();
    }

    private static void aSessionWithAThousandEphemeralsCloses() {
        Stage stage = new Stage(3);
        Stage.Owner owner = stage.session(stage.follower());
        Asked<?> last = owner.create("/last", CreateMode.EPHEMERAL);
        for (int i = 0; i < 1_000; i++) {
            last = owner.create("/e-", CreateMode.EPHEMERAL_SEQUENTIAL);
        }
        stage.until("L2", "a thousand ephemerals", last::isGranted);
        Asked<Boolean> closed = new Asked<>();
        owner.home.receive(new Input.Close(owner.session, closed));
        stage.until("L2", "the end of the session", closed::isOver);
        stage.powerCut();
        stage.settle();
        for (SimMember member : stage.world.members()) {
            Stage.require("Z6", java.util.Objects.requireNonNull(member.root()).nodeCount() == 4, "ephemerals are left: " + member.root());
        }
    }

    private static void watchesMoveWithTheirSession() {
        Stage stage = new Stage(3, 5, compacting().withWatchHistory(60));
        stage.clients(6, Kind.TOUCHING, 300);
        for (int i = 0; i < 20; i++) {
            stage.run(250);
            stage.world.clients().forEach(SimClient::wander);
            if (i % 5 == 4) {
                stage.restart(stage.world.members().get(i % 3));
            }
        }
        stage.settle();
    }

    private static void answersComeInTheOrderOfRequests() {
        Stage stage = new Stage(3);
        stage.clients(2, Kind.MOVING, 200);
        stage.clients(2, Kind.RESIDENT, 200);
        stage.run(1_000);
        stage.settle();
    }

    private static void theOnlyMemberAnswersBehindItsDisk() {
        Stage stage = new Stage(1);
        SimMember only = stage.leader();
        Stage.Owner owner = stage.session(only);
        only.storage().stall(200 * Stage.MILLI);
        Asked<?> asked = owner.create("/a", CreateMode.PERSISTENT);
        stage.run(150);
        Stage.require("R8", !asked.isOver(), "a write is answered before it is forced");
        stage.until("L2", "the answer", asked::isGranted);
        stage.restart(only);
        stage.leader();
        Stage.require("R19", java.util.Objects.requireNonNull(only.root()).stat("/a").isPresent(), "/a was acknowledged, and is lost");
    }

    /** The answers to a leader's heartbeats are held back; they come when it has been deposed and somebody else has acknowledged more. */
    private static void lateAnswersToAHeartbeatConfirmNoRead() {
        Stage stage = new Stage(3);
        SimMember old = stage.leader();
        Stage.Owner reader = stage.session(old);
        stage.world.network().keep(frame -> frame.to().equals(old.id())
                && frame.message() instanceof PeerMessage.Consensus consensus
                && consensus.message() instanceof Message.HeartbeatReply);
        stage.run(200);
        stage.isolate(old);
        stage.until("L1", "another leader", () -> stage.others(old).stream().anyMatch(stage::leads));
        SimMember next = stage.others(old).stream().filter(stage::leads).findFirst().orElseThrow();
        Stage.Owner writer = stage.session(next);
        Asked<?> written = writer.create("/new", CreateMode.PERSISTENT);
        stage.until("L2", "a write at the new leader", written::isGranted);
        Asked<Optional<Stat>> read = reader.exists("/new", ReadMode.LINEARIZABLE);
        stage.run(5);
        stage.world.network().release();
        stage.run(20);
        Stage.require("R15", !read.isGranted() || read.value().isPresent(), "a deposed leader has answered a linearizable read");
        stage.settle();
    }

    private static void aLeaderThatWakesUpEndsNoSession() {
        for (int i = 0; i < 2; i++) {
            Stage stage = new Stage(3);
            SimMember leader = stage.leader();
            List<Stage.Owner> owners = new ArrayList<>();
            stage.others(leader).forEach(member -> owners.add(stage.session(member)));
            if (i == 0) {
                leader.pause(5_000 * Stage.MILLI);
            } else {
                leader.storage().stall(5_000 * Stage.MILLI);
            }
            stage.run(9_000);
            owners.forEach(owner -> Stage.require("Z7", !owner.over, "a session that was alive all the time was ended"));
            stage.settle();
        }
    }

    /** The leader's word on what a member reports when it is back comes before the log that tells it what has become of that. */
    private static void aHealedMemberDoesNotReviveASessionThatHasEnded() {
        Stage stage = new Stage(3);
        SimMember home = stage.follower();
        Stage.Owner owner = stage.session(home);
        stage.isolate(home);
        stage.until("Z7", "the session's end", () -> stage.others(home).stream()
                .allMatch(member -> Objects.requireNonNull(member.root()).session(owner.session).isEmpty()));
        home.storage().stall(1_000 * Stage.MILLI);
        stage.mend();
        stage.until("Z7", "its owner learns of it", () -> owner.over);
        stage.settle();
    }

    /** It asks again and again to have a session attached that is attached long since, which it learns late; then it is cut off. */
    private static void aSessionIsGoodForAsLongAsSinceItWasFirstAskedFor() {
        Stage stage = new Stage(3);
        SimMember home = stage.follower();
        Stage.Owner owner = stage.session(stage.leader());
        home.storage().stall(1_300 * Stage.MILLI);
        Asked<SessionGrant> moved = new Asked<>();
        home.receive(new Input.Resume(moved, owner.session, 2_000, Stage.PASSWORD, Stage.IDENTITIES, true, 0));
        stage.until("L2", "it is attached there", () -> owner.over);
        stage.world.network().lose(frame -> frame.from().id().equals(home.id())
                && frame.message() instanceof PeerMessage.Consensus consensus
                && consensus.message() instanceof Message.Propose);
        stage.until("L2", "its member learns of it", moved::isGranted);
        stage.isolate(home);
        stage.until("Z7", "its end", () -> Objects.requireNonNull(stage.leader().root()).session(owner.session).isEmpty());
        stage.settle();
    }

    /** A member whose disk hangs while others write knows of nothing new; as that ends nobody's session, its own go on. */
    private static void aSlowDiskSuspendsNoSession() {
        Stage stage = new Stage(3);
        SimMember home = stage.follower();
        Stage.Owner owner = stage.session(home);
        Stage.Owner other = stage.session(stage.leader());
        home.storage().stall(1_900 * Stage.MILLI);
        for (int i = 0; i < 18; i++) {
            Asked<Outcome.Created> written = other.create("/written-" + i, io.coord.CreateMode.PERSISTENT);
            stage.run(100);
            Stage.require("L2", written.isGranted(), "the others' disks are fast");
            Stage.require("Z7", !owner.suspended, "a session is suspended that nobody has ended");
        }
        stage.settle();
    }

    /** It watches everything, goes elsewhere and comes back without its watches: what it had asked for here is over. */
    private static void watchesGoWithTheirSession() {
        Stage stage = new Stage(3);
        SimMember home = stage.leader();
        SimMember elsewhere = stage.follower();
        Stage.Owner owner = stage.session(home);
        Asked<Boolean> watching = new Asked<>();
        home.receive(new Input.AddWatch(owner.session, watching, "/", io.coord.WatchMode.PERSISTENT_RECURSIVE));
        stage.until("L2", "a watch", watching::isGranted);
        for (SimMember next : List.of(elsewhere, home)) {
            Asked<SessionGrant> moved = new Asked<>();
            next.receive(new Input.Resume(moved, owner.session, 2_000, Stage.PASSWORD, Stage.IDENTITIES, true, 0));
            stage.until("L2", "it is attached to member " + next.id(), moved::isGranted);
        }
        home.attach(owner.session, owner);
        Asked<Outcome.Created> created = stage.session(elsewhere).create("/watched-no-more", io.coord.CreateMode.PERSISTENT);
        stage.until("L2", "a node", created::isGranted);
        stage.run(100);
        Stage.require("Z12", owner.told.isEmpty(), "it is told of what it does not watch: " + owner.told);
        stage.settle();
    }

    /** Every half session timeout the leader dies; whoever gives signs of life keeps its session (inv.L8). */
    private static void tenFailoversCostNoSession() {
        Stage stage = new Stage(5);
        SimMember home = stage.world.members().get(4);
        Stage.Owner owner = stage.session(home);
        for (int i = 0; i < 10; i++) {
            SimMember leader = stage.leader();
            if (leader == home) {
                leader.receive(new Input.Transfer(new Asked<>(), stage.follower().id()));
            } else {
                stage.restart(leader);
            }
            stage.run(1_000);
        }
        Stage.require("L8", !owner.over, "a session that was alive all the time was ended");
        Asked<?> asked = owner.create("/a", CreateMode.PERSISTENT);
        stage.until("L2", "a write", asked::isGranted);
    }

    private static void aSlowFollowerBehindACompactedLog() {
        Stage stage = new Stage(3, 6, compacting());
        stage.clients(4, Kind.MOVING, 300);
        SimMember slow = stage.follower();
        for (int i = 0; i < 4; i++) {
            stage.isolate(slow);
            stage.run(600);
            stage.mend();
            stage.run(100);
        }
        stage.settle();
    }

    /** Two of three cannot force their vote; nobody may lead by it, and all start anew. */
    private static void aVoteThatCouldNotBeForced() {
        Stage stage = new Stage(3);
        stage.clients(3, Kind.MOVING, 50);
        for (int i = 0; i < 5; i++) {
            SimMember leader = stage.leader();
            stage.others(leader).forEach(member -> {
                member.storage().stall(300 * Stage.MILLI);
                member.storage().failNextForce();
            });
            stage.crash(leader);
            stage.run(900);
            stage.start(leader);
            stage.run(900);
        }
        stage.settle();
    }

    /** One kind of answer after another is the only one that gets through to a leader whose peers are in a later term. */
    private static void aLeaderHearsOfAHigherTermByAnyAnswer() {
        List<Class<? extends Message>> kinds = List.of(Message.HeartbeatReply.class, Message.Appended.class, Message.AppendRejected.class);
        for (Class<? extends Message> kind : kinds) {
            Stage stage = new Stage(3);
            stage.clients(3, Kind.MOVING, 100);
            SimMember old = stage.leader();
            stage.isolate(old);
            stage.until("L1", "another leader", () -> stage.others(old).stream().anyMatch(stage::leads));
            stage.mend();
            stage.world.network().lose(frame -> frame.to().equals(old.id())
                    && frame.message() instanceof PeerMessage.Consensus consensus
                    && !kind.isInstance(consensus.message()));
            stage.until("R18", "a leader of an earlier term steps down", 1_000, () -> !stage.leads(old));
            stage.settle();
        }
    }

    private static void theOnlyMemberStartsBehindItsSnapshot() {
        Stage stage = new Stage(1, 7, compacting());
        stage.clients(2, Kind.MOVING, 200);
        SimMember only = stage.leader();
        for (int i = 0; i < 4; i++) {
            stage.run(700);
            stage.restart(only);
            stage.leader();
            Stage.Owner reader = stage.session(only);
            Asked<Optional<Stat>> read = reader.exists("/k0", ReadMode.LINEARIZABLE);
            stage.until("R15", "a linearizable read after a start", 5_000, read::isGranted);
        }
        stage.settle();
    }

    private static void aBusyMemberHoldsNobodyUp() {
        Stage stage = new Stage(3);
        SimMember busy = stage.follower();
        Stage.Owner owner = stage.session(stage.leader());
        long elections = stage.world.checks().raft().elections();
        for (int i = 0; i < 40; i++) {
            busy.pause(180 * Stage.MILLI);
            Asked<?> asked = owner.create("/b" + i, CreateMode.PERSISTENT);
            stage.until("L2", "a write beside a busy member", 100, asked::isGranted);
            stage.run(100);
        }
        Stage.require("L4", stage.world.checks().raft().elections() == elections, "a busy follower changed the leader");
    }

    private static void anOldLeaderWithASnapshotOfItsOwn() {
        Stage stage = new Stage(3, 8, compacting());
        stage.clients(4, Kind.MOVING, 300);
        stage.run(500);
        SimMember old = stage.leader();
        stage.isolate(old);
        old.receive(new Input.TakeSnapshot(new Asked<>()));
        stage.run(2_500);
        stage.restart(old);
        stage.mend();
        stage.run(500);
        stage.settle();
    }

    private static void moreUnansweredWritesThanAnyCacheWouldKeep() {
        Stage stage = new Stage(3);
        stage.clients(8, Kind.MOVING, 400);
        for (int i = 0; i < 8; i++) {
            stage.run(300);
            stage.restart(stage.world.members().get(i % 3));
        }
        stage.settle();
    }

    // ------------------------------------------------------------------------------------------------ links

    /** Cloudflare 2020, of three and of five members: terms stand still after a while, and writes go on (inv.L3). */
    private static void halvesJoinedByOneMemberComeToOneLeader() {
        for (int members : new int[] {3, 5}) {
            Stage stage = new Stage(members);
            int middle = members / 2;
            List<SimMember> all = stage.world.members();
            for (int i = 0; i < middle; i++) {
                for (int j = middle + 1; j < members; j++) {
                    stage.cut(all.get(i), all.get(j));
                }
            }
            stage.run(3_000);
            SimMember leader = stage.leader();
            long term = Stage.view(leader).term();
            Stage.Owner owner = stage.session(leader);
            stage.run(10_000);
            long now = all.stream().mapToLong(member -> Stage.view(member).term()).max().orElseThrow();
            Stage.require("L3", now - term <= 5, "terms went from " + term + " to " + now + " in ten quiet seconds");
            Asked<?> asked = owner.create("/a", CreateMode.PERSISTENT);
            stage.until("L3", "a write", 5_000, asked::isOver);
            stage.settle();
        }
    }

    /** It is heard, but hears nobody: it must not keep the others from electing somebody who does. */
    private static void aLeaderThatHearsNobodyResigns() {
        Stage stage = new Stage(3);
        SimMember deaf = stage.leader();
        stage.others(deaf).forEach(other -> stage.world.network().cut(other.id().value(), deaf.id().value()));
        stage.until("L5", "a leader that hears nobody resigns", 300 + 3 * 60, () -> !stage.leads(deaf));
        stage.until("L1", "another leads", 5_000, () -> stage.others(deaf).stream().anyMatch(stage::leads));
    }

    private static void aMemberThatReturnsDisturbsNobody() {
        Stage stage = new Stage(3);
        SimMember leader = stage.leader();
        SimMember away = stage.follower();
        long term = Stage.view(leader).term();
        stage.isolate(away);
        stage.run(5_000);
        stage.mend();
        stage.run(3_000);
        Stage.require("L4", stage.leads(leader) && Stage.view(leader).term() == term, "a member that returned changed the leader of term "
                + term + " to " + Stage.view(leader));
        Stage.require("L4", Stage.view(away).role() == Role.FOLLOWER, "the member that returned is " + Stage.view(away));
    }

    // ------------------------------------------------------------------------------------------------ outcomes

    private static void aWriteWithoutAnAnswerIsCalledUnknown() {
        Stage stage = new Stage(3);
        SimMember home = stage.follower();
        Stage.Owner owner = stage.session(home);
        stage.world.network().lose(frame -> frame.to().equals(home.id()));
        Asked<?> asked = owner.create("/a", CreateMode.PERSISTENT);
        stage.run(100);
        home.receive(new Input.Detach(owner.session));
        stage.until("L10", "what became of the write", 1_000, asked::isOver);
        Stage.require("R19", asked.failure() == Failure.OUTCOME_UNKNOWN, "a write that was proposed is called " + asked.failure());
        stage.world.network().lose(null);
        stage.run(1_000);
        Stage.require("R19", java.util.Objects.requireNonNull(home.root()).stat("/a").isPresent(), "the play is broken: nothing was written");
    }

    /** The proposal of the session with the lower id is lost, and comes behind that of a later one. */
    private static void aNewSessionOvertakenByALaterOneIsOpened() {
        Stage stage = new Stage(3);
        SimMember home = stage.follower();
        boolean[] once = {true};
        stage.world.network().lose(frame -> {
            boolean first = once[0]
                    && frame.from().id().equals(home.id())
                    && frame.message() instanceof PeerMessage.Consensus consensus
                    && consensus.message() instanceof Message.Propose;
            once[0] &= !first;
            return first;
        });
        Asked<io.coord.member.SessionGrant> first = open(home);
        stage.run(5);
        Asked<io.coord.member.SessionGrant> second = open(home);
        stage.until("Z8", "both sessions", 5_000, () -> first.isOver() && second.isOver());
        Stage.require("Z8", first.isGranted() && second.isGranted(), "a new session was refused: " + first.failure());
        Stage.require("Z8", first.value().session() != second.value().session(), "two sessions have one id");
    }

    private static Asked<io.coord.member.SessionGrant> open(SimMember home) {
        Asked<io.coord.member.SessionGrant> asked = new Asked<>();
        home.receive(new Input.Open(
                asked, 2_000, io.coord.Bytes.utf8("p"), List.of(io.coord.Identity.ANYONE), true));
        return asked;
    }

    /** And without any change of leader: the member that made it does. */
    private static void aLostProposalIsMadeAgain() {
        Stage stage = new Stage(3);
        SimMember home = stage.follower();
        Stage.Owner owner = stage.session(home);
        stage.world.network().lose(frame -> frame.from().id().equals(home.id())
                && frame.message() instanceof PeerMessage.Consensus consensus
                && consensus.message() instanceof Message.Propose);
        Asked<?> asked = owner.create("/a", CreateMode.PERSISTENT);
        stage.run(50);
        stage.world.network().lose(null);
        stage.until("L2", "a write whose first proposal was lost", 5_000, asked::isGranted);
    }

    private static void messagesPerWriteAreBounded() {
        Stage stage = new Stage(5);
        stage.run(1_000);
        long before = stage.world.network().carried();
        stage.run(2_000);
        long quiet = stage.world.network().carried() - before;
        stage.clients(5, Kind.RESIDENT, 200);
        stage.run(500);
        long writesBefore = stage.world.checks().ledger().acknowledgedWrites();
        before = stage.world.network().carried();
        stage.run(2_000);
        long writes = stage.world.checks().ledger().acknowledgedWrites() - writesBefore;
        long messages = stage.world.network().carried() - before - quiet;
        Stage.require("L13", writes > 100 && messages <= 20 * writes, messages + " messages for " + writes + " writes");
    }
}
