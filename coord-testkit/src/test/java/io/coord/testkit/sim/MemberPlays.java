package io.coord.testkit.sim;

import io.coord.Ensemble;
import io.coord.MemberAddress;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.Outcome;
import io.coord.member.Input;
import io.coord.member.PeerFrame;
import io.coord.member.PeerMessage;
import io.coord.member.SessionGrant;
import io.coord.raft.ConfigPayload;
import io.coord.raft.Configuration;
import io.coord.raft.MemberKey;
import io.coord.raft.Message;
import io.coord.testkit.sim.SimClient.Kind;
import io.coord.testkit.sim.Stage.Asked;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Short scripts in which members come, go and lose their disks. */
final class MemberPlays {

    private MemberPlays() {}

    static void addTo(Map<String, Runnable> all) {
        all.put("fault.M1 killed", MemberPlays::theLeaderDiesAtEachStepOfAChange);
        all.put("fault.M1 alone", MemberPlays::aLeaderStartsAgainWithItsOwnRemovalOnItsDiskAlone);
        all.put("fault.M3 down", MemberPlays::aMemberRemovedWhileItWasDownLearnsOfIt);
        all.put("fault.M4 list", MemberPlays::aNewcomerToldOfOneMemberFindsTheLeader);
        all.put("fault.M4 twice", MemberPlays::aMemberTakenInAndRemovedUnheardIsTakenInAgain);
        all.put("fault.M4 undone", MemberPlays::aMemberWhoseTakingInWasUndoneIsNotRemoved);
        all.put("fault.M4 newcomers", MemberPlays::aNewcomerMeetsAnotherFirst);
        all.put("fault.M4 absent", MemberPlays::anObserverIsListedBeforeItComes);
        all.put("fault.M5 wiped", MemberPlays::aWipedMemberDoesNotMakeUpAQuorum);
        all.put("fault.M5 list", () -> anEmptyMemberFoundsNothingBesideItsEnsemble(false));
        all.put("fault.M5 stranger", () -> anEmptyMemberFoundsNothingBesideItsEnsemble(true));
        all.put("fault.M5 observers", MemberPlays::anOldListDoesNotMakeVotersOfObservers);
        all.put("fault.M5 late", MemberPlays::whoIsLateToTheFoundingIsTakenIn);
        all.put("fault.M5 slow", MemberPlays::whoseDiskIsSlowAtTheFoundingKeepsItsKey);
        all.put("fault.M5 number", MemberPlays::aNumberUsedAgainIsHeardByWhoLags);
        all.put("fault.D6 asked", MemberPlays::aMemberThatHealsAnswersWhoLooksForTheEnsemble);
        all.put("fault.D6 late", MemberPlays::aLatePieceForAHealedMemberIsNoLeadersWord);
        all.put("fault.D6 term", MemberPlays::aHealedMemberForcesItsTermBeforeItSpeaks);
        all.put("inv.D-f leader", () -> aMemberToldThatItDiffersTakesTheMajoritysState(true));
        all.put("inv.D-f follower", () -> aMemberToldThatItDiffersTakesTheMajoritysState(false));
        all.put("inv.D-f sessions", MemberPlays::aSessionThatEndsWhileItsMemberHealsIsToldSo);
        all.put("rule.25 moved", MemberPlays::aChangeIsSettledBeforeItsOwnerAsksAgain);
        all.put("fault.D13 order", MemberPlays::anOrderSeesWhatWasAcknowledged);
    }

    private static MemberConfig compacting() {
        return Stage.CONFIG.withSnapshotEntries(40).withRetainedEntries(5);
    }

    /** One voter to three to five and back; at each change the leader stops as soon as two sets of voters are in force, or a little later. */
    private static void theLeaderDiesAtEachStepOfAChange() {
        for (int seed = 1; seed <= 3; seed++) {
            Stage stage = new Stage(1, 5, seed, compacting());
            stage.clients(4, Kind.MOVING, 100);
            stage.join(2, 3, 4, 5);
            List<List<Integer>> steps = List.of(
                    List.of(1, 2, 3), List.of(1, 2, 3, 4, 5), List.of(2, 3, 4), List.of(1, 2, 5), List.of(1));
            int delay = 0;
            for (List<Integer> voters : steps) {
                long nanos = ++delay * seed * Stage.MILLI / 3;
                stage.world.coming().whenJoint(leader -> stage.world.time().after(nanos, () -> {
                    stage.crash(leader);
                    stage.world.time().after(700 * Stage.MILLI, () -> stage.start(leader));
                }));
                List<Integer> observers = new ArrayList<>(List.of(1, 2, 3, 4, 5));
                observers.removeAll(voters);
                stage.become(voters, observers);
                stage.run(800);
            }
            stage.settle();
        }
    }

    /** Of two, it votes no more by its log, which is the longer one: the other cannot be elected without it (thesis 4.2.2). */
    private static void aLeaderStartsAgainWithItsOwnRemovalOnItsDiskAlone() {
        Stage stage = new Stage(1, 2, 1, Stage.CONFIG);
        stage.join(2);
        stage.become(List.of(2), List.of(1));
        SimMember leaves = stage.member(2);
        stage.until("L1", "member 2 leads", () -> stage.leads(leaves) && Stage.view(leaves).established());
        stage.world.network().lose(MemberPlays::isEndOfChange);
        stage.ask(stage.session(leaves), List.of(1), List.of());
        stage.until("L7", "its removal is on its disk", () -> {
            var view = Stage.view(leaves);
            return !view.configuration().isJoint()
                    && view.configuration().voters().get(0).id().value() == 1
                    && view.durableIndex() == view.lastIndex();
        });
        stage.crash(leaves);
        stage.world.network().lose(null);
        stage.run(1_000);
        stage.start(leaves);
        stage.until("L1", "somebody leads", () -> stage.world.leader().isPresent());
        stage.until("L7", "the change is carried out", () -> stage.world.checks().wanted() == null);
    }

    private static boolean isEndOfChange(PeerFrame frame) {
        return frame.message() instanceof PeerMessage.Consensus consensus
                && consensus.message() instanceof Message.Append append
                && append.entries().stream()
                        .anyMatch(entry -> entry.payload() instanceof ConfigPayload config && !config.configuration().isJoint());
    }

    /** It starts with the log of before, which names it, and has heard of nothing since. */
    private static void aMemberRemovedWhileItWasDownLearnsOfIt() {
        Stage stage = new Stage(1, 3, 1, Stage.CONFIG);
        stage.join(2, 3);
        stage.become(List.of(1, 2, 3), List.of());
        SimMember gone = stage.member(3);
        stage.run(200);
        stage.crash(gone);
        stage.become(List.of(1), List.of(2));
        stage.run(200);
        long before = stage.world.checks().raft().takenIn();
        stage.start(gone);
        stage.until("L7", "a removed member learns of it", () -> !gone.isUp() || Stage.view(gone).left() != null);
        stage.run(5_000);
        Stage.require("R12", stage.world.checks().raft().takenIn() == before, "a removed member has joined again by itself: "
                + stage.world.checks().raft().configuration());
    }

    /** And that one does not lead any more; it stops once on the way, and remembers nothing of whom it had met. */
    private static void aNewcomerToldOfOneMemberFindsTheLeader() {
        for (boolean stops : new boolean[] {false, true}) {
            Stage stage = new Stage(1, 3, 1, Stage.CONFIG);
            stage.join(2);
            stage.become(List.of(2), List.of(1));
            SimMember newcomer = stage.member(3);
            TreeMap<MemberId, MemberAddress> voters = new TreeMap<>(Map.of(MemberId.of(1), SimWorld.address(MemberId.of(1))));
            TreeMap<MemberId, MemberAddress> observers = new TreeMap<>(Map.of(MemberId.of(3), SimWorld.address(MemberId.of(3))));
            stage.world.network().lose(MemberPlays::isJoin);
            stage.world.coming().start(newcomer, new Ensemble(voters, observers));
            stage.until("L6", "a key", () -> Stage.view(newcomer).clusterId() != 0);
            if (stops) {
                stage.restart(newcomer);
            }
            stage.world.network().lose(null);
            stage.until("L6", "a member that was told of one who does not lead is taken in", () -> stage.world.coming().isSettled());
            stage.settle();
        }
    }

    /** Both were given the same list, and neither hears anybody else for a while: they are none of the founders. */
    private static void aNewcomerMeetsAnotherFirst() {
        Stage stage = new Stage(1, 3, 1, Stage.CONFIG);
        TreeMap<MemberId, MemberAddress> voters = new TreeMap<>(Map.of(MemberId.of(1), SimWorld.address(MemberId.of(1))));
        TreeMap<MemberId, MemberAddress> observers = new TreeMap<>();
        List.of(2, 3).forEach(id -> observers.put(MemberId.of(id), SimWorld.address(MemberId.of(id))));
        stage.world.network().lose(MemberPlays::isJoin);
        stage.world.coming().start(stage.member(2), new Ensemble(voters, observers));
        stage.until("L6", "a key", () -> Stage.view(stage.member(2)).clusterId() != 0);
        stage.cut(stage.member(1), stage.member(3));
        stage.world.coming().start(stage.member(3), new Ensemble(voters, observers));
        stage.run(1_000);
        stage.mend();
        stage.world.network().lose(null);
        stage.until("L6", "both are taken in", 10_000, () -> stage.world.coming().isSettled()
                && stage.world.coming().isWhole(MemberId.of(2))
                && stage.world.coming().isWhole(MemberId.of(3)));
        stage.settle();
    }

    /** In the list at once, under every leader; it gets no vote before it has come, and keeps its line when it does. */
    private static void anObserverIsListedBeforeItComes() {
        Stage stage = new Stage(1, 4, 1, compacting());
        stage.join(2, 3);
        stage.become(List.of(1, 2, 3), List.of(4));
        stage.clients(2, Kind.MOVING, 100);
        stage.run(1_000);
        stage.restart(stage.leader());
        stage.run(1_000);
        Asked<Outcome.Reconfigured> asked = stage.ask(stage.session(stage.leader()), List.of(1, 2, 4), List.of());
        stage.until("L7", "the change is answered", 10_000, asked::isOver);
        Stage.require("RC2", !asked.isGranted(), "a member that is not there has a vote");
        TreeMap<MemberId, MemberAddress> told = new TreeMap<>(Map.of(MemberId.of(4), MemberAddress.parse("m4:7100:2181")));
        stage.world.coming().start(stage.member(4), new Ensemble(stage.world.coming().present().voters(), told));
        stage.until("L6", "member 4 is taken in", () -> stage.world.coming().isWhole(MemberId.of(4)));
        Stage.require("RC3", stage.world.coming().present().address(MemberId.of(4)).equals(SimWorld.address(MemberId.of(4))),
                "its line has changed: " + stage.world.coming().present());
        stage.become(List.of(1, 2, 4), List.of());
        stage.settle();
    }

    private static boolean isJoin(PeerFrame frame) {
        return frame.message() instanceof PeerMessage.Join;
    }

    private static boolean isConsensusTo(PeerFrame frame, int member) {
        return frame.to().value() == member && frame.message() instanceof PeerMessage.Consensus;
    }

    /** What it asks for gets through, but not what the leader has to say: it goes on asking. */
    private static void aMemberTakenInAndRemovedUnheardIsTakenInAgain() {
        Stage stage = new Stage(1, 3, 1, Stage.CONFIG);
        stage.join(2);
        stage.world.network().lose(frame -> isConsensusTo(frame, 3));
        stage.world.coming().start(stage.member(3));
        stage.until("L6", "member 3 is taken in", () -> stage.world.coming().isWhole(MemberId.of(3)));
        stage.become(List.of(1), List.of(2));
        stage.until("L6", "member 3 is taken in again", () -> stage.world.coming().isWhole(MemberId.of(3)));
        stage.world.network().lose(null);
        stage.run(3_000);
        stage.until("L6", "all that belong to the ensemble run", 10_000, () -> stage.world.coming().isSettled());
        stage.settle();
    }

    /**
     * The leader's disk is stuck while it takes member 2 in: the entry is on the disk of member 2 alone when the leader stops, and member 2
     * starts again with a log that names it. It was not removed (raft#250): it is taken in, also after another was.
     */
    private static void aMemberWhoseTakingInWasUndoneIsNotRemoved() {
        for (boolean another : new boolean[] {false, true}) {
            Stage stage = new Stage(1, 3, 1, Stage.CONFIG);
            SimMember leader = stage.member(1);
            SimMember newcomer = stage.member(2);
            stage.world.coming().start(newcomer);
            stage.until("L6", "a key", () -> Stage.view(newcomer).clusterId() != 0);
            leader.storage().stall(1_000 * Stage.MILLI);
            stage.until("L6", "the newcomer has forced the entry that names it", () -> Stage.view(newcomer).configuration().learners().stream()
                    .anyMatch(key -> key.id().equals(newcomer.id()))
                    && Stage.view(newcomer).durableIndex() == Stage.view(newcomer).lastIndex());
            stage.crash(newcomer);
            stage.restart(leader);
            stage.until("L1", "a leader", () -> stage.leads(leader) && Stage.view(leader).established());
            Stage.require("R10", stage.world.checks().raft().takenIn() == 0, "the play is broken: the entry is committed");
            if (another) {
                stage.join(3);
            }
            stage.start(newcomer);
            stage.until("L6", "the newcomer is taken in", () -> newcomer.isUp()
                    && Stage.view(newcomer).serving()
                    && stage.world.coming().isWhole(newcomer.id()));
            stage.settle();
        }
    }

    /** KIP-853: of three, one lags, one is wiped; what the third and the wiped one had acknowledged must not be lost (peer.B55). */
    private static void aWipedMemberDoesNotMakeUpAQuorum() {
        for (int seed = 1; seed <= 3; seed++) {
            Stage stage = new Stage(3, 4, seed, Stage.CONFIG);
            SimMember leader = stage.leader();
            SimMember lags = stage.follower(0);
            SimMember wiped = stage.follower(1);
            stage.isolate(lags);
            Stage.Owner owner = stage.session(leader);
            Asked<Outcome.Created> created = owner.create("/a", io.coord.CreateMode.PERSISTENT);
            stage.until("L2", "a write", created::isGranted);
            stage.run(300);
            stage.world.coming().wipe(wiped);
            stage.crash(leader);
            stage.mend();
            stage.start(wiped);
            stage.run(2_000);
            Stage.require("R12", stage.world.leader().isEmpty(), "two of three lead, one of which has lost its disk");
            stage.start(leader);
            stage.until("L6", "the wiped member votes again", () -> stage.world.coming().isSettled());
            stage.settle();
            Stage.require("R19", Objects.requireNonNull(wiped.root()).stat("/a").isPresent(), "/a was acknowledged, and is lost");
        }
    }

    /**
     * Three of five lose their disks, and start again with a list of before the others came, which names them alone. The other two look for
     * them: as their peers, or as strangers whose connections are refused.
     */
    private static void anEmptyMemberFoundsNothingBesideItsEnsemble(boolean asStrangers) {
        Stage stage = new Stage(3, 5, 1, Stage.CONFIG);
        Ensemble before = stage.world.coming().present();
        stage.join(4, 5);
        stage.become(List.of(1, 2, 3, 4, 5), List.of());
        long cluster = Stage.view(stage.member(4)).clusterId();
        List<SimMember> lost = List.of(stage.member(1), stage.member(2), stage.member(3));
        for (SimMember member : lost) {
            stage.crash(member);
            member.wipe();
            member.become(stage.world.setup(member.id(), before));
        }
        if (asStrangers) {
            stage.world.network().lose(frame -> frame.from().id().value() > 3 && frame.to().value() <= 3);
        }
        for (SimMember member : lost) {
            stage.world.startAsTold(member);
            if (asStrangers) {
                member.receive(new Input.Called(MemberId.of(4), cluster));
            }
            stage.run(1_000);
        }
        stage.run(5_000);
        for (SimMember member : lost) {
            Stage.require("R12", Stage.view(member).clusterId() == 0, "member " + member.id() + " has founded an ensemble beside its own");
        }
        Stage.require("R12", stage.world.leader().isEmpty(), "a minority leads");
    }

    /**
     * One of three voters and both observers lose their disks while the other two are down. The voter starts again with a list of before, by
     * which the observers are its fellow voters: they are empty, too, but were told better (seed 1034099).
     */
    private static void anOldListDoesNotMakeVotersOfObservers() {
        Stage stage = new Stage(3, 5, 1, Stage.CONFIG);
        Ensemble before = stage.world.coming().present();
        stage.join(4, 5);
        stage.become(List.of(1, 4, 5), List.of(2, 3));
        stage.run(300);
        stage.crash(stage.member(4));
        stage.crash(stage.member(5));
        for (int id = 1; id <= 3; id++) {
            stage.world.coming().wipe(stage.member(id));
        }
        stage.member(1).become(stage.world.setup(MemberId.of(1), before));
        for (int id = 1; id <= 3; id++) {
            stage.world.startAsTold(stage.member(id));
        }
        stage.run(3_000);
        Stage.require("R12", Stage.view(stage.member(1)).clusterId() == 0, "member 1 has founded an ensemble of members that do not vote by their own lists");
        stage.start(stage.member(4));
        stage.start(stage.member(5));
        stage.until("L6", "all have their places again", () -> stage.world.coming().isSettled());
        stage.settle();
    }

    /** It is not heard until the other two have founded the ensemble and gone to work: for them it is one that has lost its disk. */
    private static void whoIsLateToTheFoundingIsTakenIn() {
        for (int seats : new int[] {3, 4}) { // without addresses, and with
            Stage stage = new Stage(3, seats, 1, Stage.CONFIG, frame -> frame.clusterId() != 0 && frame.to().value() == 3);
            Stage.Owner owner = stage.session(stage.leader());
            Asked<Outcome.Created> created = owner.create("/a", io.coord.CreateMode.PERSISTENT);
            stage.until("L2", "a write", created::isGranted);
            SimMember late = stage.member(3);
            Stage.require("L1", Stage.view(late).clusterId() == 0, "the play is broken: member 3 was one of the founders");
            stage.world.network().lose(null);
            stage.until("L6", "who came late has its vote", 10_000, () -> {
                Configuration now = stage.world.checks().raft().configuration();
                return Stage.view(late).serving() && !now.isJoint() && now.isVoter(stage.world.checks().raft().key(late.id()));
            });
            stage.crash(stage.others(late).stream().filter(stage::leads).findFirst().orElseThrow());
            stage.until("L2", "a write with its vote", stage.session(stage.leader()).create("/b", io.coord.CreateMode.PERSISTENT)::isGranted);
            stage.settle();
            Stage.require("R19", Objects.requireNonNull(late.root()).stat("/a").isPresent(), "/a was acknowledged, and is lost");
        }
    }

    /** Its identity is on the way to its disk while the others go to work, and take it for one that has lost its own. */
    private static void whoseDiskIsSlowAtTheFoundingKeepsItsKey() {
        Stage stage = new Stage(3, 3, 1, Stage.CONFIG, frame -> false);
        SimMember slow = stage.member(3);
        slow.storage().stall(3_000 * Stage.MILLI);
        stage.until("L6", "it is one of the founders", () -> Stage.view(slow).serving());
        Stage.require("R12", stage.world.checks().raft().key(slow.id()).incarnation() == MemberKey.FIRST_INCARNATION,
                "member 3 goes by another key than the one on its disk: " + stage.world.checks().raft().key(slow.id()));
        stage.restart(slow);
        stage.settle();
    }

    /** Number 3 is removed and given to another process, which then leads; an observer slept through it. */
    private static void aNumberUsedAgainIsHeardByWhoLags() {
        for (int seed = 1; seed <= 5; seed++) {
            Stage stage = new Stage(1, 4, seed, Stage.CONFIG);
            stage.join(2, 3, 4);
            stage.become(List.of(1, 2, 3), List.of(4));
            stage.run(200);
            stage.crash(stage.member(4));
            stage.become(List.of(1), List.of(2, 4));
            stage.until("L7", "the process of member 3 is gone", () -> !stage.world.members().contains(stage.member(3)));
            stage.join(3);
            stage.become(List.of(3), List.of(1, 2, 4));
            stage.start(stage.member(4));
            stage.until("L6", "who slept hears the leader", () -> stage.member(4).isUp() && Stage.view(stage.member(4)).serving());
            stage.settle();
        }
    }

    /** While it cannot heal, as all others are cut off, an empty member asks it for the ensemble. */
    private static void aMemberThatHealsAnswersWhoLooksForTheEnsemble() {
        Stage stage = new Stage(3, 4, 1, Stage.CONFIG);
        stage.clients(3, Kind.MOVING, 100);
        stage.run(500);
        SimMember damaged = stage.follower();
        stage.world.coming().rot(damaged);
        stage.others(damaged).forEach(other -> stage.cut(damaged, other));
        stage.start(damaged);
        stage.world.coming().start(stage.member(4));
        stage.run(1_000);
        Stage.require("D-b", Stage.view(damaged).healing() != null, "the play is broken: the member does not heal");
        stage.mend();
        stage.until("L6", "all belong to the ensemble", () -> stage.world.coming().isSettled());
        stage.settle();
    }

    /** A piece that a follower sent to a damaged member comes once more when that follows the leader again. */
    private static void aLatePieceForAHealedMemberIsNoLeadersWord() {
        Stage stage = new Stage(3, 4, 1, compacting());
        stage.clients(3, Kind.MOVING, 100);
        stage.run(1_000);
        SimMember leader = stage.leader();
        SimMember damaged = stage.follower(0);
        SimMember source = stage.follower(1);
        List<PeerFrame> pieces = new ArrayList<>();
        stage.world.network().lose(frame -> {
            boolean isPiece = frame.to().equals(damaged.id())
                    && frame.from().id().equals(source.id())
                    && frame.message() instanceof PeerMessage.Consensus consensus
                    && consensus.message() instanceof Message.SnapshotChunk;
            if (isPiece) {
                pieces.add(frame);
            }
            return false;
        });
        stage.world.coming().rot(damaged);
        stage.cut(damaged, leader);
        stage.start(damaged);
        stage.until("L6", "it is healed", () -> !stage.world.coming().isDamaged(damaged.id()) && Stage.view(damaged).healing() == null);
        Stage.require("L6", !pieces.isEmpty(), "the play is broken: no piece came from the follower");
        damaged.receive(new Input.Received(pieces.get(0)));
        stage.run(50);
        stage.mend();
        stage.run(500);
        damaged.receive(new Input.Received(pieces.get(0)));
        stage.run(500);
        Stage.require("R1", !stage.leads(source), "the play is broken: the source of the piece leads");
        stage.settle();
    }

    /** Its disk is in a term of long ago; the snapshot that heals it is of the present one. */
    private static void aHealedMemberForcesItsTermBeforeItSpeaks() {
        Stage stage = new Stage(3, 4, 1, compacting());
        stage.clients(3, Kind.MOVING, 100);
        stage.run(500);
        SimMember damaged = stage.follower();
        stage.world.coming().rot(damaged);
        for (int i = 0; i < 2; i++) {
            stage.restart(stage.leader());
            stage.run(1_000);
        }
        stage.others(damaged).forEach(member -> member.receive(new Input.TakeSnapshot(new Asked<>())));
        stage.run(300);
        stage.start(damaged);
        stage.run(1_000);
        stage.settle();
    }

    /**
     * All others have come to another state, they say, than this one at an entry behind it: it serves no more, keeps its promises, and is
     * back with theirs, while clients go on and its disk hangs (rule.14).
     */
    private static void aMemberToldThatItDiffersTakesTheMajoritysState(boolean leads) {
        for (int seed = 1; seed <= 3; seed++) {
            Stage stage = new Stage(3, 3, seed, compacting());
            stage.clients(3, Kind.MOVING, 100);
            stage.run(3_000);
            SimMember differs = leads ? stage.leader() : stage.follower();
            Stage.Owner owner = stage.session(differs);
            Asked<Outcome.Created> before = owner.create("/mine", io.coord.CreateMode.EPHEMERAL);
            differs.storage().stall(200 * Stage.MILLI);
            stage.until("L2", "it knows more as committed than its disk has", 150, () -> leads
                    || Stage.view(differs).commitIndex() > Stage.view(differs).appliedIndex());
            stage.world.tellOfAnotherState(differs);
            stage.until("D-f", "member " + differs.id() + " serves no more", 100, () -> Stage.view(differs).healing() != null);
            Stage.require("D-f", !Stage.view(differs).serving(), "a member that differs serves");
            Asked<Outcome.Created> meanwhile = owner.create("/meanwhile", io.coord.CreateMode.PERSISTENT);
            Stage.require("Z1", owner.suspended, "a session is connected to a member that heals");
            stage.until("L6", "it is healed", () -> Stage.view(differs).healing() == null && Stage.view(differs).serving());
            stage.until("L2", "its sessions go on", 1_000, () -> !owner.suspended && before.isGranted() && meanwhile.isGranted());
            stage.settle();
        }
    }

    /** One whose owner cannot come back to it before it has ended learns of that. */
    private static void aSessionThatEndsWhileItsMemberHealsIsToldSo() {
        Stage stage = new Stage(3);
        stage.clients(3, Kind.MOVING, 100);
        stage.run(3_000);
        SimMember differs = stage.follower();
        Stage.Owner owner = stage.session(differs);
        stage.world.tellOfAnotherState(differs);
        stage.until("D-f", "member " + differs.id() + " heals", 100, () -> Stage.view(differs).healing() != null);
        stage.isolate(differs);
        stage.run(3_000);
        Stage.require("Z7", !owner.over, "a session has ended that nobody can know to have ended");
        stage.mend();
        stage.until("Z7", "its owner learns that it has ended", () -> owner.over);
        stage.settle();
    }

    /** A change waits for a newcomer that is not heard; its owner goes to another member; it is settled; then the owner asks once more. */
    private static void aChangeIsSettledBeforeItsOwnerAsksAgain() {
        Stage stage = new Stage(3, 4, 1, Stage.CONFIG);
        stage.join(4);
        SimMember leader = stage.leader();
        SimMember next = stage.follower();
        Stage.Owner owner = stage.session(leader);
        List<Integer> voters = new ArrayList<>(List.of(1, 2, 3, 4));
        voters.remove((Integer) stage.others(next).stream().filter(member -> member != leader).findFirst().orElseThrow().id().value());
        stage.crash(stage.member(4));
        stage.run(700);
        stage.ask(owner, voters, List.of());
        stage.run(300);
        Stage.require("L7", stage.world.checks().wanted() != null, "the play is broken: no change is under way");
        Asked<SessionGrant> moved = new Asked<>();
        next.receive(new Input.Resume(moved, owner.session, 2_000, Stage.PASSWORD, Stage.IDENTITIES, true, 0));
        stage.until("L2", "the session goes on", moved::isGranted);
        stage.start(stage.member(4));
        stage.until("L7", "the change is settled", () -> stage.world.checks().wanted() == null);
        stage.run(300);
        Asked<Outcome.Reconfigured> again = new Asked<>();
        TreeMap<MemberId, MemberAddress> addresses = new TreeMap<>();
        voters.forEach(id -> addresses.put(MemberId.of(id), SimWorld.address(MemberId.of(id))));
        next.receive(new Input.Write<>(
                owner.session, again, io.coord.Operation.Reconfigure.to(Ensemble.of(addresses)), 0));
        stage.until("Z13", "the answer to the change", again::isOver);
        Stage.require("Z13", again.isGranted(), "a change that was carried out was refused: " + again.failure());
    }

    /** A leader whose disk lags applies what the others have acknowledged late; what it is told to do is about that, too. */
    private static void anOrderSeesWhatWasAcknowledged() {
        Stage stage = new Stage(3);
        SimMember leader = stage.leader();
        leader.storage().stall(200 * Stage.MILLI);
        Stage.Owner owner = stage.session(stage.follower());
        Asked<Boolean> expired = new Asked<>();
        leader.receive(new Input.Expire(expired, owner.session));
        stage.until("Z7", "the leader has done it", expired::isGranted);
        stage.until("Z7", "the session has ended", 500, () -> owner.over);

        Stage.Owner next = stage.session(stage.follower());
        Asked<Outcome.Created> container = next.create("/container", io.coord.CreateMode.CONTAINER);
        Asked<Outcome.Created> child = next.create("/container/child", io.coord.CreateMode.EPHEMERAL);
        stage.until("L2", "two nodes", () -> container.isGranted() && child.isGranted());
        leader.storage().stall(200 * Stage.MILLI);
        next.home.receive(new Input.Close(next.session, new Asked<>()));
        stage.until("L2", "the end of its session", () -> next.over);
        Asked<Boolean> collected = new Asked<>();
        leader.receive(new Input.Collect(collected, 0));
        stage.until("zk.CT2", "the leader has done it", collected::isGranted);
        Stage.require("zk.CT2", Objects.requireNonNull(leader.root()).stat("/container").isEmpty(), "a container without children is left");
        stage.settle();
    }
}
