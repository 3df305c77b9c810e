package io.coord.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.google.protobuf.Message;
import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.state.Command;
import io.coord.state.CoordState;
import io.coord.state.Settings;
import io.coord.state.StateRoot;
import io.coord.state.StateVisitor;
import io.coord.wire.proto.SnapshotFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SnapshotCodecTest {

    private final SnapshotCodec codec = new SnapshotCodec();

    // ---- round trips

    @Test
    void headerSessionsNodesAndEndComeBackEqual() {
        for (long seed = 0; seed < 50; seed++) {
            Recording state = Recording.arbitrary(seed, (int) seed % 4, (int) seed % 7);
            assertThat(read(records(state::visit))).as("seed %d", seed).isEqualTo(state.told);
        }
    }

    @Test
    void aStateOfManyRecordsComesBackEqual() {
        Recording state = Recording.arbitrary(5, 900, 3_000);
        List<Bytes> records = records(state::visit);

        assertThat(records).hasSizeGreaterThan(4);
        assertThat(read(records)).isEqualTo(state.told);
    }

    @ParameterizedTest
    @EnumSource(StateVisitor.Lifetime.class)
    void everyLifetimeComesBack(StateVisitor.Lifetime lifetime) {
        Recording state = new Recording();
        state.header(header(0, 1));
        state.node(new StateVisitor.NodeImage(
                "/a", null, Acl.OPEN, 1, 2, 3, 4, 5, 6, 7, 8, 9, lifetime, 10, 11));
        state.end(0);

        assertThat(read(records(state::visit))).isEqualTo(state.told);
    }

    @Test
    void nullDataAndEmptyDataAreTwoThings() {
        Recording state = new Recording();
        state.header(header(0, 2));
        state.node(node("/a", null));
        state.node(node("/b", Bytes.EMPTY));
        state.end(0);

        assertThat(read(records(state::visit))).isEqualTo(state.told);
    }

    @Test
    void equalAccessControlListsOfAWholeSnapshotBecomeOneObject() {
        Recording state = new Recording();
        int nodes = 4_000;
        state.header(header(0, nodes));
        for (int i = 0; i < nodes; i++) {
            List<Acl> own = i % 2 == 0 ? List.copyOf(Samples.MIXED) : List.of(Acl.of(Acl.ALL, "world", "anyone"));
            state.node(new StateVisitor.NodeImage("/" + i, Bytes.of(new byte[60]), own, 1, 1, 1, 1, 1, 0, 0, 0, 0,
                    StateVisitor.Lifetime.PERSISTENT, -1, 0));
        }
        state.end(0);
        List<Bytes> records = records(state::visit);
        List<Object> told = read(records);

        assertThat(records).hasSizeGreaterThan(4);
        assertThat(aclOf(told, nodes - 1)).isSameAs(Acl.OPEN);
        assertThat(aclOf(told, nodes - 2)).isSameAs(aclOf(told, 0)).isEqualTo(Samples.MIXED);
    }

    // ---- of a real state

    @Test
    void aRestoredStateHasTheDigestOfTheOneThatWasWritten() throws IOException {
        CoordState state = new CoordState(Bytes.EMPTY);
        script().forEach(step -> step.accept(state));
        CoordState restored = codec.restore(records(state.root()));

        assertThat(restored.root().digest()).isEqualTo(state.root().digest());
        assertThat(restored.appliedIndex()).isEqualTo(state.appliedIndex());
    }

    @Test
    @DisplayName("equal states have equal snapshots, byte for byte, however they came about")
    void aStateThatWasRestoredHalfWayHasTheSameSnapshotInTheEnd() throws IOException {
        List<Consumer<CoordState>> script = script();
        CoordState straight = new CoordState(Bytes.EMPTY);
        script.forEach(step -> step.accept(straight));

        for (int at = 0; at <= script.size(); at++) {
            CoordState first = new CoordState(Bytes.EMPTY);
            script.subList(0, at).forEach(step -> step.accept(first));
            CoordState second = codec.restore(records(first.root()));
            script.subList(at, script.size()).forEach(step -> step.accept(second));
            assertThat(records(second.root())).as("restored after %d steps", at).isEqualTo(records(straight.root()));
        }
    }

    @Test
    void aSnapshotOfARootDoesNotSeeWhatComesLater() throws IOException {
        CoordState state = new CoordState(Bytes.EMPTY);
        List<Consumer<CoordState>> script = script();
        script.subList(0, 8).forEach(step -> step.accept(state));
        StateRoot root = state.root();
        List<Bytes> before = records(root);
        script.subList(8, script.size()).forEach(step -> step.accept(state));

        assertThat(records(root)).isEqualTo(before);
        assertThat(records(state.root())).isNotEqualTo(before);
    }

    // ---- how it is cut into records

    @Test
    void smallNodesShareARecordAndALargeOneHasItsOwnSize() {
        Recording state = new Recording();
        state.header(header(0, 10_001));
        for (int i = 0; i < 10_000; i++) {
            state.node(node("/node-" + i, Bytes.of(new byte[100])));
        }
        state.node(node("/z", Bytes.of(new byte[1 << 20])));
        state.end(0);
        List<Bytes> records = records(state::visit);

        assertThat(records).hasSizeBetween(18, 30);
        assertThat(records.subList(1, records.size() - 2))
                .allSatisfy(record -> assertThat(record.length()).isBetween(64 << 10, (64 << 10) + 256));
        assertThat(records.get(records.size() - 2).length()).isGreaterThan(1 << 20);
    }

    // ---- what is refused

    @Test
    @DisplayName("fault.D9: a missing, doubled or misplaced record is found")
    void recordsOutOfOrderAreRefused() {
        List<Bytes> records = records(Recording.arbitrary(11, 600, 2_500)::visit);
        assertThat(records).hasSizeGreaterThan(4);
        for (int i = 0; i < records.size(); i++) {
            refused(without(records, i), i == records.size() - 1 ? "is cut short after" : "is damaged or out of place");
            refused(doubled(records, i), "is damaged or out of place");
            if (i > 0) {
                refused(swapped(records, i), "is damaged or out of place");
            }
            if (i > 0) {
                refused(records.subList(0, i), "the snapshot is cut short after " + i + " records");
            }
        }
        refused(List.of(), "the snapshot is cut short after 0 records, the last of kind NONE");
    }

    @Test
    @DisplayName("fault.D9: a flipped bit is found and its record named")
    void damageIsFound() {
        List<Bytes> records = records(Samples::visit);
        for (int i = 0; i < records.size(); i++) {
            byte[] whole = records.get(i).toArray();
            for (int bit = 0; bit < 8 * whole.length; bit++) {
                byte[] flipped = whole.clone();
                flipped[bit / 8] ^= (byte) (1 << bit % 8);
                List<Bytes> damaged = new ArrayList<>(records);
                damaged.set(i, Bytes.wrap(flipped));
                refused(damaged, "record " + (i + 1) + " of the snapshot: the record is damaged");
            }
        }
    }

    @Test
    void aRecordOfAnotherSnapshotIsRefused() {
        List<Bytes> one = records(Recording.arbitrary(1, 0, 5)::visit);
        List<Bytes> other = records(Recording.arbitrary(2, 0, 5)::visit);

        refused(List.of(one.get(0), other.get(1), other.get(2)), "out of place");
    }

    @Test
    void recordsInAnOrderThatCannotBeAreRefusedEvenWithChecksumsThatFit() {
        List<Bytes> records = records(Samples::visit);
        assertThat(records).hasSize(4);
        List<Bytes> backwards = new ArrayList<>(records);
        Collections.swap(backwards, 1, 2);

        refused(Sealed.records(backwards), "a record of kind SESSIONS after one of kind NODES");
        refused(Sealed.records(records.subList(1, 4)), "a record of kind SESSIONS after one of kind NONE");
        refused(Sealed.records(doubled(records, 0)), "a record of kind HEADER after one of kind HEADER");
        refused(Sealed.records(doubled(records, 3)), "a record of kind END after one of kind END");
        refused(Sealed.records(doubled(records, 1)), "more sessions than the header said");
        refused(Sealed.records(doubled(records, 2)), "more nodes than the header said");
        refused(Sealed.records(without(records, 1)), "ends with 2 sessions and 0 nodes fewer than its header said");
        refused(Sealed.records(without(records, 2)), "ends with 0 sessions and 4 nodes fewer than its header said");
    }

    @Test
    @DisplayName("fault.D19: another version or kind of record is refused by its number")
    void anUnknownVersionOrKindIsRefused() {
        List<Bytes> records = records(Samples::visit);

        refused(changed(records, 0, 5, 2), "the snapshot has format version 2; this release reads version 1");
        refused(changed(records, 1, 0, 5), "a record of kind 5, which is unknown to format version 1");
        refused(changed(records, 2, 5, 0x40), "a node with flags 1000000; format version 1 knows the lower six");
    }

    @Test
    void anUnknownFieldIsRefused() {
        Recording state = new Recording();
        Samples.visit(state);
        StateVisitor.Header header = (StateVisitor.Header) state.told.get(0);
        for (Message tampered : Tampering.withUnknownField(SnapshotImages.header(header), 100)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SnapshotImages.header((SnapshotFormat.Header) tampered))
                    .withMessageContaining("field 100 of");
        }
        StateVisitor.SessionImage session = (StateVisitor.SessionImage) state.told.get(1);
        for (Message tampered : Tampering.withUnknownField(SnapshotImages.session(session), 100)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SnapshotImages.session((SnapshotFormat.Session) tampered))
                    .withMessageContaining("field 100 of");
        }
    }

    @Test
    void whatTheStateObjectsToIsNamedByItsRecord() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.restore(records(Samples::visit)))
                .withMessageStartingWith("record ")
                .withMessageContaining("the snapshot is broken");
    }

    @Test
    void aFailingSinkFailsTheSnapshotWithItsOwnException() {
        IOException full = new IOException("no space left");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> codec.writer(new CoordState(Bytes.EMPTY).root()).writeTo(record -> {
                    throw full;
                }))
                .isSameAs(full);
    }

    @Test
    void aStateThatContradictsItsHeaderIsNotWritten() {
        assertThatIllegalStateException()
                .isThrownBy(() -> records(visitor -> {
                    visitor.header(header(0, 2));
                    visitor.node(node("/", null));
                    visitor.end(0);
                }))
                .withMessage("the state ended with 0 sessions and 1 nodes fewer than its header said");
        assertThatIllegalStateException()
                .isThrownBy(() -> records(visitor -> visitor.node(node("/", null))))
                .withMessage("the state gave NODES after NONE");
    }

    // ----

    /** What exercises each thing that a state holds. */
    private static List<Consumer<CoordState>> script() {
        List<Command> commands = new ArrayList<>();
        long session = 0x0100_0000_0000_0001L;
        commands.add(new Command.OpenSession(session, Samples.HASH, 10_000, MemberId.of(1), 7));
        commands.add(new Command.Configure(new Settings(true, true, false, 5)));
        commands.add(new Command.OpenSession(session + 1, Samples.HASH, 20_000, MemberId.of(2), 8));
        List<Operation.Write<?>> writes = List.of(
                new Operation.Create("/a", Bytes.utf8("x"), CreateMode.PERSISTENT, Acl.OPEN, -1),
                new Operation.Create("/a/n", null, CreateMode.PERSISTENT, List.of(new Acl(31, Samples.DIGEST)), -1),
                new Operation.Create("/a/e-", Bytes.EMPTY, CreateMode.EPHEMERAL_SEQUENTIAL, Acl.OPEN, -1),
                new Operation.Create("/c", Bytes.EMPTY, CreateMode.CONTAINER, Acl.OPEN, -1),
                new Operation.Create("/t", Bytes.EMPTY, CreateMode.PERSISTENT_WITH_TTL, Acl.OPEN, 60_000),
                new Operation.SetData("/a", Bytes.utf8("y"), 0),
                new Operation.SetData("/a", Bytes.utf8("z"), 0),
                new Operation.Delete("/nowhere", -1),
                new Operation.Multi(List.of(new Operation.Check("/a", 1), new Operation.Delete("/a/nothing", -1))),
                new Operation.Create("/zookeeper/quota/a", Bytes.EMPTY, CreateMode.PERSISTENT, Acl.OPEN, -1));
        long number = 1;
        for (Operation.Write<?> write : writes) {
            commands.add(new Command.Submit(
                    session, 1, number, number / 3, List.of(Identity.ANYONE, Samples.DIGEST), write));
            number++;
        }
        commands.add(new Command.CloseSession(session + 1, 1, 1));
        List<Consumer<CoordState>> steps = new ArrayList<>();
        for (int i = 0; i < commands.size(); i++) {
            long at = i;
            steps.add(state -> state.apply(
                    0x1_0000_0001L + at, 1, 1_700_000_000_000L + at, 10 * at, commands.get((int) at)));
        }
        return steps;
    }

    private static List<Bytes> records(Consumer<StateVisitor> state) {
        List<Bytes> records = new ArrayList<>();
        try {
            SnapshotCodec.write(state, records::add);
        } catch (IOException e) {
            throw new AssertionError("a list cannot fail", e);
        }
        return records;
    }

    private List<Bytes> records(StateRoot root) throws IOException {
        List<Bytes> records = new ArrayList<>();
        codec.writer(root).writeTo(records::add);
        return records;
    }

    private List<Object> read(List<Bytes> records) {
        Recording recording = new Recording();
        codec.read(records, recording);
        return recording.told;
    }

    private void refused(List<Bytes> records, String why) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.read(records, new Recording()))
                .withMessageContaining(why);
    }

    private static List<Bytes> without(List<Bytes> records, int at) {
        List<Bytes> changed = new ArrayList<>(records);
        changed.remove(at);
        return changed;
    }

    private static List<Bytes> doubled(List<Bytes> records, int at) {
        List<Bytes> changed = new ArrayList<>(records);
        changed.add(at, records.get(at));
        return changed;
    }

    private static List<Bytes> swapped(List<Bytes> records, int at) {
        List<Bytes> changed = new ArrayList<>(records);
        Collections.swap(changed, at - 1, at);
        return changed;
    }

    private static List<Bytes> changed(List<Bytes> records, int record, int at, int octet) {
        byte[] bytes = records.get(record).toArray();
        bytes[at] = (byte) octet;
        List<Bytes> changed = new ArrayList<>(records);
        changed.set(record, Bytes.wrap(bytes));
        return Sealed.records(changed);
    }

    private static List<Acl> aclOf(List<Object> told, int node) {
        return ((StateVisitor.NodeImage) told.get(1 + node)).acl();
    }

    private static StateVisitor.Header header(long sessions, long nodes) {
        return new StateVisitor.Header(1, 1, 1, 1, Settings.DEFAULT, sessions, nodes, List.of());
    }

    private static StateVisitor.NodeImage node(String path, @Nullable Bytes data) {
        return new StateVisitor.NodeImage(
                path, data, Acl.OPEN, 1, 1, 1, 1, 1, 0, 0, 0, 0, StateVisitor.Lifetime.PERSISTENT, -1, 0);
    }
}
