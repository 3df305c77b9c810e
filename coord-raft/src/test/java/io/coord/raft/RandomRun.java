package io.coord.raft;

import io.coord.raft.Cluster.Box;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A run in which chance decides what happens next: which message arrives, twice or never, which disk forces, who crashes, what is
 * asked. A second phase heals everything and expects the ensemble to come to one state.
 */
final class RandomRun {

    private final long seed;
    private final SplittableRandom random;
    final Cluster cluster;
    private final int voters;
    private final int members;
    // Swarm: each seed draws which faults there are, and how much of each.
    private final int dropPercent;
    private final int duplicatePercent;
    private final int reorderPercent;
    private final int crashPermille;
    private final int snapshotPermille;
    private final int cutPermille;
    private final int changePermille;
    private final int transferPermille;
    private final int forcePercent;
    private final int hastePercent;
    private int words;
    int proposals;
    int changes;

    RandomRun(long seed) {
        this.seed = seed;
        random = new SplittableRandom(seed * 7919 + 17);
        int[] sizes = {1, 3, 3, 3, 5};
        voters = sizes[random.nextInt(sizes.length)];
        boolean changes = random.nextInt(3) == 0;
        members = changes ? Math.max(4, voters + 2) : voters;
        List<MemberKey> keys = new ArrayList<>();
        for (int i = 1; i <= voters; i++) {
            keys.add(Cluster.key(i));
        }
        RaftConfig config = new RaftConfig(
                300 * Cluster.MILLI,
                60 * Cluster.MILLI,
                2_000 * Cluster.MILLI,
                1_000 * Cluster.MILLI,
                100 + random.nextInt(400),
                1 + random.nextInt(5),
                200 + random.nextInt(1_000),
                2_000 + random.nextInt(100_000),
                random.nextInt(6));
        cluster = new Cluster(seed, config, members, Configuration.ofVoters(keys));
        dropPercent = one(0, 0, 2, 10, 30);
        duplicatePercent = one(0, 0, 2, 20);
        reorderPercent = one(0, 0, 10, 60);
        crashPermille = one(0, 1, 4, 15);
        snapshotPermille = one(0, 5, 30);
        cutPermille = one(0, 0, 3, 10);
        changePermille = changes ? 20 : 0;
        transferPermille = one(0, 0, 5);
        forcePercent = one(5, 15, 30);
        hastePercent = one(1, 3, 8, 20);
    }

    private int one(int... choices) {
        return choices[random.nextInt(choices.length)];
    }

    void run(int steps) {
        try {
            for (int i = 0; i < steps; i++) {
                step();
            }
            heal();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
        }
    }

    private void step() {
        int dice = random.nextInt(1_000);
        if ((dice -= crashPermille) < 0) {
            crashOrRestart();
        } else if ((dice -= snapshotPermille) < 0) {
            anyUp(cluster::snapshot);
        } else if ((dice -= cutPermille) < 0) {
            cutOrHeal();
        } else if ((dice -= changePermille) < 0) {
            change();
        } else if ((dice -= transferPermille) < 0) {
            anyUp(number -> cluster.turn(
                    cluster.box(number), raft -> raft.transferLeadership(Cluster.key(1 + random.nextInt(members)))));
        } else if ((dice -= 2) < 0) {
            MemberKey lost = Cluster.key(1 + random.nextInt(members));
            anyUp(number -> cluster.turn(cluster.box(number), raft -> raft.peerLost(lost.id())));
        } else if ((dice -= 60) < 0) {
            anyUp(this::propose);
        } else if ((dice -= 20) < 0) {
            anyUp(cluster::read);
        } else if ((dice -= hastePercent * 10) < 0) {
            cluster.nowMillis += 1 + random.nextInt(60);
            cluster.wallMillis += random.nextInt(100) == 0 ? random.nextInt(-5_000, 5_000) : 10;
            cluster.tickAll();
        } else if ((dice -= forcePercent * 10) < 0) {
            anyUp(number -> {
                if (!cluster.box(number).disk.isIdle()) {
                    cluster.force(cluster.box(number));
                }
            });
        } else if ((dice -= 40) < 0 && cluster.hasSlowWork()) {
            cluster.workOnSnapshots();
        } else {
            message();
        }
    }

    private void message() {
        if (cluster.network.isEmpty()) {
            return;
        }
        int at = random.nextInt(100) < reorderPercent ? random.nextInt(cluster.network.size()) : 0;
        Envelope envelope = cluster.network.remove(at);
        int dice = random.nextInt(100);
        if (dice < dropPercent) {
            return;
        }
        if (dice < dropPercent + duplicatePercent) {
            cluster.network.add(random.nextInt(cluster.network.size() + 1), envelope);
        }
        if (!cluster.cutOff.contains(envelope.to()) && !cluster.cutOff.contains(envelope.from())) {
            cluster.deliver(envelope);
        }
    }

    private void anyUp(java.util.function.IntConsumer action) {
        int number = 1 + random.nextInt(members);
        if (cluster.box(number).raft != null) {
            action.accept(number);
        }
    }

    private void propose(int number) {
        proposals++;
        String[] batch = new String[1 + random.nextInt(4)];
        for (int i = 0; i < batch.length; i++) {
            batch[i] = "w" + ++words;
        }
        cluster.propose(number, batch);
    }

    private void crashOrRestart() {
        int number = 1 + random.nextInt(members);
        if (cluster.box(number).raft == null) {
            cluster.restart(number);
        } else {
            cluster.crash(number);
        }
    }

    private void cutOrHeal() {
        if (!cluster.cutOff.isEmpty() && random.nextBoolean()) {
            cluster.heal();
        } else {
            cluster.cutOff.add(Cluster.key(1 + random.nextInt(members)));
        }
    }

    /** Some other set of members: each in turn a voter, a learner, or neither. */
    private void change() {
        Box leader = cluster.leader();
        if (leader == null) {
            return;
        }
        List<MemberKey> wanted = new ArrayList<>();
        List<MemberKey> learning = new ArrayList<>();
        for (int i = 1; i <= members; i++) {
            int dice = random.nextInt(5);
            if (dice < 3) {
                wanted.add(Cluster.key(i));
            } else if (dice == 3) {
                learning.add(Cluster.key(i));
            }
        }
        Configuration now = leader.up().configuration();
        if (random.nextBoolean()) {
            wanted = new ArrayList<>(now.voters());
            learning.removeAll(wanted);
        }
        if (wanted.isEmpty()) {
            return;
        }
        Configuration target = new Configuration(wanted, List.of(), learning, List.of());
        cluster.turn(leader, raft -> {
            if (raft.changeMembership(target)) {
                changes++;
            }
        });
    }

    /** Everything works from here on: within bounded time there is a leader, and all come to one state. */
    private void heal() {
        cluster.heal();
        for (int i = 1; i <= members; i++) {
            if (cluster.box(i).raft == null) {
                cluster.restart(i);
            }
        }
        cluster.settle();
        cluster.pass(3_000);
        Box leader = cluster.leader();
        if (leader == null || !leader.up().hasCommittedInOwnTerm()) {
            throw new AssertionError("no leader 3 s after everything healed: " + states());
        }
        if (leader.up().configuration().isJoint()) {
            throw new AssertionError("the change is stuck half-way: " + states());
        }
        cluster.propose(number(leader), "last");
        cluster.settle();
        cluster.pass(1_000);
        for (MemberKey key : cluster.leader().up().configuration().everyone()) {
            Box box = cluster.boxes.get(key);
            if (!box.words().equals(leader.words()) || !box.words().contains("last")) {
                throw new AssertionError("member " + key + " has not caught up: " + states());
            }
        }
    }

    private static int number(Box box) {
        return box.key.id().value();
    }

    private String states() {
        StringBuilder all = new StringBuilder();
        for (Box box : cluster.boxes.values()) {
            Raft raft = box.up();
            all.append("\n  ").append(box.key).append(' ').append(raft.role()).append(" term ").append(raft.term())
                    .append(" leader ").append(raft.leader()).append(" commit ").append(raft.commitIndex())
                    .append(" last ").append(raft.lastIndex()).append(" durable ").append(raft.durableIndex())
                    .append(" base ").append(raft.base()).append(' ').append(raft.configuration())
                    .append(' ').append(raft.progress());
        }
        return all.toString();
    }
}
