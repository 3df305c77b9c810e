package io.coord.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Identity;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.member.PeerFrame;
import io.coord.member.PeerMessage;
import io.coord.raft.Entry;
import io.coord.raft.EntryId;
import io.coord.raft.Message;
import io.coord.state.Command;
import io.coord.state.Settings;
import io.coord.state.StateVisitor;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What the formats may cost: processor time, the best of several rounds, since the question is the code and not the machine's other
 * guests.
 */
@Tag("bars")
class WireBarsTest {

    /** How many times its promise a set may take: other guests slow even processor time down, by what they leave of caches and clock rates. */
    private static final int GUARD_OF_A_SET = 2;

    private static final int ROUNDS = 12;
    private static final int NODES = 1_000_000;

    private final WireCommandCodec commands = new WireCommandCodec();
    private final PeerCodec peers = new PeerCodec(commands);
    private final SnapshotCodec snapshots = new SnapshotCodec();

    @Test
    @DisplayName("a set of 1 KiB is encoded and decoded within 1 us; twice that is asserted")
    void aSetOfOneKibibyte() {
        Command command = setOfOneKibibyte();
        Bytes bytes = commands.payload(command).bytes();
        double encodeNanos = best(200_000, () -> commands.payload(command).bytes());
        double decodeNanos = best(200_000, () -> commands.decoded(bytes));

        report("set of 1 KiB: encode %.0f ns, decode %.0f ns", encodeNanos, decodeNanos);
        assertThat(encodeNanos + decodeNanos).isLessThan(GUARD_OF_A_SET * 1_000);
    }

    @Test
    @DisplayName("an append of 100 such entries is encoded within 50 us, and decoded, commands included, within 200 us")
    void anAppendOfAHundred() {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            entries.add(new Entry(0x1_0000_0001L + i, 3, 1_700_000_000_000L, 7, commands.payload(setOfOneKibibyte())));
        }
        PeerFrame frame = new PeerFrame(1, Samples.key(1), MemberId.of(2), 1,
                new PeerMessage.Consensus(new Message.Append(3, EntryId.ORIGIN, entries, 0x1_0000_0000L)));
        Bytes bytes = peers.encode(frame);
        double encodeNanos = best(2_000, () -> peers.encode(frame));
        double decodeNanos = best(2_000, () -> peers.decode(bytes));

        report("append of 100: %d bytes, encode %.1f us, decode %.1f us", bytes.length(), encodeNanos / 1e3, decodeNanos / 1e3);
        assertThat(encodeNanos).isLessThan(50_000);
        assertThat(decodeNanos).isLessThan(200_000);
    }

    @Test
    @DisplayName("a million nodes are written within 1 s, and read within 1 s")
    void aMillionNodes() throws IOException {
        List<StateVisitor.NodeImage> nodes = nodes();
        long writeNanos = Long.MAX_VALUE;
        long readNanos = Long.MAX_VALUE;
        for (int round = 0; round < 3; round++) {
            List<Bytes> records = new ArrayList<>();
            long start = cpuNanos();
            SnapshotCodec.write(visitor -> visit(nodes, visitor), records::add);
            writeNanos = Math.min(writeNanos, cpuNanos() - start);
            Count count = new Count();
            start = cpuNanos();
            snapshots.read(records, count);
            readNanos = Math.min(readNanos, cpuNanos() - start);
            assertThat(count.nodes).isEqualTo(NODES);
            report("a million nodes: %d records, %d bytes, write %d ms, read %d ms", records.size(),
                    records.stream().mapToLong(Bytes::length).sum(), writeNanos / 1_000_000, readNanos / 1_000_000);
        }
        assertThat(writeNanos).isLessThan(1_000_000_000L);
        assertThat(readNanos).isLessThan(1_000_000_000L);
    }

    // ----

    private static Command setOfOneKibibyte() {
        byte[] data = new byte[1024];
        new SplittableRandom(1).nextBytes(data);
        return new Command.Submit(Samples.SESSION, 3, 123_456, 123_450,
                List.of(Identity.ANYONE, new Identity("ip", "10.0.0.17")),
                new Operation.SetData("/brokers/topics/orders/partitions/17/state", Bytes.wrap(data), -1));
    }

    private static List<StateVisitor.NodeImage> nodes() {
        SplittableRandom random = new SplittableRandom(1);
        byte[] data = new byte[100];
        random.nextBytes(data);
        Bytes shared = Bytes.wrap(data);
        List<StateVisitor.NodeImage> nodes = new ArrayList<>(NODES);
        for (int i = 0; i < NODES; i++) {
            boolean ephemeral = i % 3 == 0;
            nodes.add(new StateVisitor.NodeImage(
                    "/services/group-" + i / 1000 + "/member-" + (1_000_000_000 + i), shared, Acl.OPEN,
                    0x1_0000_0000L + i, 0x1_0000_0000L + 2L * i, 0x1_0000_0000L + i,
                    1_700_000_000_000L + i, 1_700_000_000_005L + i, i % 7, 0, 0,
                    ephemeral ? Samples.SESSION : 0,
                    ephemeral ? StateVisitor.Lifetime.EPHEMERAL : StateVisitor.Lifetime.PERSISTENT, -1, 0));
        }
        return nodes;
    }

    private static void visit(List<StateVisitor.NodeImage> nodes, StateVisitor visitor) {
        visitor.header(new StateVisitor.Header(1, 1, 1, 1, Settings.DEFAULT, 0, NODES, List.of()));
        nodes.forEach(visitor::node);
        visitor.end(7);
    }

    private interface Work {
        Object once();
    }

    private double best(int repetitions, Work work) {
        long best = Long.MAX_VALUE;
        long sink = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long start = cpuNanos();
            for (int i = 0; i < repetitions; i++) {
                sink += System.identityHashCode(work) + (work.once() == null ? 1 : 0);
            }
            best = Math.min(best, cpuNanos() - start);
        }
        assertThat(sink).isNotZero();
        return (double) best / repetitions;
    }

    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static void report(String format, Object... figures) {
        System.out.println(String.format(Locale.ROOT, format, figures));
    }

    /** Keeps nothing but a number. */
    private static final class Count implements StateVisitor {
        private long nodes;

        @Override
        public void header(Header header) {}

        @Override
        public void session(SessionImage session) {}

        @Override
        public void node(NodeImage node) {
            nodes++;
        }

        @Override
        public void end(long digest) {}
    }
}
