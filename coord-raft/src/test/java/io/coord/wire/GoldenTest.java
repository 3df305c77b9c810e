package io.coord.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.member.PeerFrame;
import io.coord.member.PeerMessage;
import io.coord.raft.Message;
import io.coord.raft.Payload;
import io.coord.state.Command;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Version 1 of each format, byte by byte: what was written once is read for ever, and written the same way. */
@DisplayName("fault.D19: golden files")
class GoldenTest {

    private static final String COMMANDS = "commands-v1.txt";
    private static final String FRAMES = "frames-v1.txt";
    private static final String SNAPSHOT = "snapshot-v1.txt";
    private static final String SNAPSHOT_RECONFIGURING = "snapshot-v1-reconfiguring.txt";

    private final WireCommandCodec commands = new WireCommandCodec();
    private final PeerCodec peers = new PeerCodec(commands);

    @Test
    void commandsAreWrittenAsEver() {
        Map<String, Bytes> written = new LinkedHashMap<>();
        Samples.commands().forEach((name, command) -> written.put(name, commands.payload(command).bytes()));
        Golden.assertHolds(COMMANDS, written);
    }

    @Test
    void commandsWrittenOnceAreRead() {
        Map<String, Command> read = new LinkedHashMap<>();
        Golden.read(COMMANDS).forEach((name, bytes) -> read.put(name, commands.command(commands.decoded(bytes))));
        assertThat(read).isEqualTo(Samples.commands());
    }

    @Test
    void framesAreWrittenAsEver() {
        Map<String, Bytes> written = new LinkedHashMap<>();
        Samples.messages(commands).forEach((name, message) -> written.put(name, peers.encode(frame(message))));
        Golden.assertHolds(FRAMES, written);
    }

    @Test
    void framesWrittenOnceAreRead() {
        Map<String, PeerFrame> read = new LinkedHashMap<>();
        Golden.read(FRAMES).forEach((name, bytes) -> read.put(name, peers.decode(bytes)));
        Map<String, PeerFrame> expected = new LinkedHashMap<>();
        Samples.messages(commands).forEach((name, message) -> expected.put(name, frame(message)));
        assertThat(read).isEqualTo(expected);
    }

    @Test
    void aSnapshotIsWrittenAsEver() throws IOException {
        Map<String, Bytes> written = new LinkedHashMap<>();
        SnapshotCodec.write(Samples::visit, record -> written.put("record-" + (written.size() + 1), record));
        Golden.assertHolds(SNAPSHOT, written);
    }

    @Test
    void aSnapshotWrittenOnceIsRead() {
        Recording read = new Recording();
        new SnapshotCodec().read(Golden.read(SNAPSHOT).values(), read);
        Recording expected = new Recording();
        Samples.visit(expected);
        assertThat(read.told).isEqualTo(expected.told);
    }

    @Test
    void aSnapshotAmidAChangeOfMembersIsWrittenAsEver() throws IOException {
        Map<String, Bytes> written = new LinkedHashMap<>();
        SnapshotCodec.write(Samples::visitReconfiguring, record -> written.put("record-" + (written.size() + 1), record));
        Golden.assertHolds(SNAPSHOT_RECONFIGURING, written);

        Recording read = new Recording();
        new SnapshotCodec().read(Golden.read(SNAPSHOT_RECONFIGURING).values(), read);
        Recording expected = new Recording();
        Samples.visitReconfiguring(expected);
        assertThat(read.told).isEqualTo(expected.told);
    }

    @Test
    void everyKindIsAmongTheSamples() {
        List<Message> consensus = Samples.messages(commands).values().stream()
                .filter(PeerMessage.Consensus.class::isInstance)
                .map(message -> ((PeerMessage.Consensus) message).message())
                .toList();
        List<Payload> payloads = consensus.stream()
                .filter(Message.Append.class::isInstance)
                .flatMap(message -> ((Message.Append) message).entries().stream())
                .map(entry -> entry.payload())
                .toList();

        assertThat(kindsOf(Samples.commands().values())).containsAll(Arbitrary.leavesOf(Command.class));
        assertThat(kindsOf(Samples.writes().values())).containsAll(Arbitrary.leavesOf(Operation.Write.class));
        assertThat(kindsOf(consensus)).containsAll(Arbitrary.leavesOf(Message.class));
        assertThat(kindsOf(Samples.messages(commands).values())).containsAll(Arbitrary.leavesOf(PeerMessage.class));
        assertThat(payloads).extracting(Payload::kind).containsExactlyInAnyOrder((byte) 0, (byte) 1, (byte) 2);
        assertThat(kindsOf(allOutcomes())).containsAll(Arbitrary.leavesOf(Outcome.class));
    }

    private static List<Outcome> allOutcomes() {
        List<Outcome> all = new ArrayList<>(Samples.outcomes());
        all.addAll(Samples.outcomesOfMembers());
        Samples.outcomes().stream()
                .filter(Outcome.Multi.class::isInstance)
                .forEach(multi -> all.addAll(((Outcome.Multi) multi).results()));
        return all;
    }

    private static Set<Class<?>> kindsOf(Collection<?> values) {
        return values.stream().map(Object::getClass).collect(Collectors.toSet());
    }

    private static PeerFrame frame(PeerMessage message) {
        return new PeerFrame(0x0c00_0d1eL, Samples.key(1), MemberId.of(2), 1, message);
    }
}
