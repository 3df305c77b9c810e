package io.coord.testkit.bench;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.state.Command;
import io.coord.state.CoordState;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.server.DataTree;

/**
 * Heap per node with 100 B of data: the replicated state with 200,000 nodes against Apache ZooKeeper's {@code DataTree} with the same ones,
 * both as replication leaves them: strings and data that nobody else holds.
 */
final class HeapBench {

    private static final int NODES = 200_000;
    private static final int DATA_BYTES = 100;
    private static final int ROUNDS = 5;
    private static final long SESSION = 1;

    private HeapBench() {}

    private interface Tree {
        void create(String path, byte[] data) throws Exception;
    }

    private static Object coord(int parents) throws Exception {
        CoordState state = new CoordState(Bytes.EMPTY);
        state.apply(state.appliedIndex() + 1, 1, 0, 0, new Command.OpenSession(SESSION, Bytes.EMPTY, 30_000, MemberId.of(1), 1));
        long[] number = {0};
        fill(parents, (path, data) -> {
            number[0]++;
            Operation.Create create =
                    new Operation.Create(path, Bytes.wrap(data), CreateMode.PERSISTENT, Acl.OPEN, Operation.NO_TTL);
            state.apply(state.appliedIndex() + 1, 1, number[0], 0, new Command.Submit(
                    SESSION, 1, number[0], number[0] - 1, List.of(), create));
        });
        require(state.root().nodeCount() >= NODES);
        return state;
    }

    private static Object zookeeper(int parents) throws Exception {
        DataTree tree = new DataTree();
        long[] zxid = {0};
        fill(parents, (path, data) -> tree.createNode(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, 0, -1, ++zxid[0], zxid[0]));
        require(tree.getNodeCount() >= NODES);
        return tree;
    }

    private static void fill(int parents, Tree tree) throws Exception {
        for (int parent = 0; parent < parents; parent++) {
            tree.create("/service-" + parent, new byte[DATA_BYTES]);
            for (int child = 0; child < NODES / parents; child++) {
                tree.create("/service-" + parent + "/instance-" + child, new byte[DATA_BYTES]);
            }
        }
    }

    private static void require(boolean is) {
        if (!is) {
            throw new AssertionError("the tree is not as it was meant to be");
        }
    }

    private interface Build {
        Object tree(int parents) throws Exception;
    }

    private static double bytesPerNode(Build build, int parents) throws Exception {
        long before = usedBytes();
        Object tree = build.tree(parents);
        long after = usedBytes();
        java.lang.ref.Reference.reachabilityFence(tree);
        return (double) (after - before) / NODES;
    }

    private static long usedBytes() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    public static void main(String[] args) throws Exception {
        System.out.println("heap per node, 200,000 nodes with 100 B of data");
        boolean kept = true;
        for (int parents : new int[] {1, 200, 20_000}) {
            Medians medians = new Medians();
            for (int round = -1; round < ROUNDS; round++) {
                double theirs = bytesPerNode(HeapBench::zookeeper, parents);
                double ours = bytesPerNode(HeapBench::coord, parents);
                if (round >= 0) {
                    medians.add("ZooKeeper, " + parents + " parents", theirs);
                    medians.add("Coord, " + parents + " parents", ours);
                }
            }
            medians.print("B");
            kept &= medians.printRatio("Coord, " + parents + " parents", "ZooKeeper, " + parents + " parents", 0, 1);
        }
        if (!kept) {
            System.exit(1);
        }
    }
}
