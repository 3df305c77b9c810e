package io.coord.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.coord.Bytes;
import io.coord.Identity;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.member.PeerFrame;
import io.coord.member.PeerMessage;
import io.coord.raft.CommandPayload;
import io.coord.raft.Entry;
import io.coord.raft.EntryId;
import io.coord.raft.MemberKey;
import io.coord.raft.Message;
import io.coord.raft.Payload;
import io.coord.state.Command;
import io.coord.wire.proto.PeerFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PeerCodecTest {

    private static final int CASES = 100;

    private final WireCommandCodec commands = new WireCommandCodec();
    private final PeerCodec codec = new PeerCodec(commands);

    static Stream<Class<?>> consensusMessages() {
        return Arbitrary.leavesOf(Message.class).stream();
    }

    static Stream<Class<?>> peerMessages() {
        return Arbitrary.leavesOf(PeerMessage.class).stream();
    }

    static Stream<Class<?>> payloads() {
        return Arbitrary.leavesOf(Payload.class).stream();
    }

    // ---- round trips

    @ParameterizedTest
    @MethodSource("consensusMessages")
    void everyMessageOfConsensusComesBackEqual(Class<? extends Message> kind) {
        for (long seed = 0; seed < CASES; seed++) {
            PeerFrame frame = frame(new PeerMessage.Consensus(new Arbitrary(seed).one(kind)));
            assertThat(codec.decode(codec.encode(frame))).as("seed %d", seed).isEqualTo(frame);
        }
    }

    @ParameterizedTest
    @MethodSource("peerMessages")
    void everyMessageOfPeersComesBackEqualWithItsEnds(Class<? extends PeerMessage> kind) {
        for (long seed = 0; seed < CASES; seed++) {
            Arbitrary arbitrary = new Arbitrary(seed);
            PeerFrame ends = arbitrary.one(PeerFrame.class);
            PeerFrame frame = new PeerFrame(
                    ends.clusterId(), ends.from(), ends.to(), ends.toIncarnation(), arbitrary.one(kind));
            assertThat(codec.decode(codec.encode(frame))).as("seed %d", seed).isEqualTo(frame);
        }
    }

    @ParameterizedTest
    @MethodSource("payloads")
    void everyKindOfPayloadComesBackEqualInAnEntryAndInAProposal(Class<? extends Payload> kind) {
        for (long seed = 0; seed < CASES; seed++) {
            Payload payload = new Arbitrary(seed).one(kind);
            PeerFrame append = frame(append(List.of(new Entry(0x1_0000_0001L, 3, -5, 7, payload))));
            PeerFrame propose = frame(new PeerMessage.Consensus(new Message.Propose(3, List.of(payload))));
            assertThat(codec.decode(codec.encode(append))).as("seed %d", seed).isEqualTo(append);
            assertThat(codec.decode(codec.encode(propose))).as("seed %d", seed).isEqualTo(propose);
        }
    }

    @Test
    @DisplayName("rule.29: entries arrive decoded, and with the bytes that the leader sent")
    void entriesArriveDecoded() {
        Command command = command(100);
        CommandPayload sent = commands.payload(command);
        PeerFrame frame = frame(append(List.of(new Entry(0x1_0000_0001L, 3, 5, 7, sent))));
        CommandPayload received = (CommandPayload) entriesOf(codec.decode(codec.encode(frame))).get(0).payload();

        assertThat(commands.command(received)).isSameAs(commands.command(received)).isEqualTo(command);
        assertThat(received.bytes()).isEqualTo(sent.bytes());
        assertThat(received.sizeBytes()).isEqualTo(sent.bytes().length());
    }

    @Test
    @DisplayName("an append copies each payload once: into the frame")
    void anAppendOfLargePayloadsAllocatesLittleMoreThanItsFrame() {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            entries.add(new Entry(0x1_0000_0001L + i, 3, 5, 7, commands.payload(command(4096))));
        }
        PeerFrame frame = frame(append(entries));
        int length = codec.encode(frame).length();
        long before = Allocations.byThisThread();
        codec.encode(frame);
        long allocated = Allocations.byThisThread() - before;

        assertThat(allocated).isBetween((long) length, length + length / 4L);
    }

    // ---- what is refused

    @Test
    @DisplayName("fault.N2: any flipped bit, and any cut, is found by the checksum")
    void damageIsFound() {
        Samples.messages(commands).forEach((name, message) -> {
            byte[] whole = codec.encode(frame(message)).toArray();
            for (int bit = 0; bit < 8 * whole.length; bit++) {
                byte[] flipped = whole.clone();
                flipped[bit / 8] ^= (byte) (1 << bit % 8);
                refused(flipped, bit < 8 ? "a frame of format version" : "is damaged: its checksum is");
            }
            for (int length = 0; length < whole.length; length++) {
                refused(Arrays.copyOf(whole, length), length <= 5 ? "is cut short" : "is damaged");
            }
        });
    }

    @Test
    @DisplayName("fault.D19: a field that a later version added is refused, wherever it is")
    void anUnknownFieldIsRefused() {
        forEachMessage(whole -> {
            for (com.google.protobuf.Message tampered : Tampering.withUnknownField(whole, 99)) {
                refused(seal(tampered), "field 99 of");
            }
        });
    }

    @Test
    void aRemarkOfALaterVersionIsPassedOver() {
        forEachMessage(whole -> {
            for (com.google.protobuf.Message tampered : Tampering.withUnknownField(whole, 1_000)) {
                assertThat(codec.decode(Bytes.of(seal(tampered)))).isEqualTo(codec.decode(Bytes.of(seal(whole))));
            }
        });
    }

    @Test
    void aMissingPartIsRefused() {
        forEachMessage(whole -> {
            for (com.google.protobuf.Message tampered : Tampering.withoutOneMessage(whole)) {
                refused(seal(tampered), "missing");
            }
        });
    }

    @Test
    void aFrameToNobodyOrToTooHighAMemberIsRefused() {
        PeerFormat.Frame.Builder frame = new Messages(commands).message(frame(new PeerMessage.LeaseAck(1, 0))).toBuilder();

        refused(seal(frame.setTo(0).build()), "member id 0 is out of range");
        refused(seal(frame.setTo(-1).build()), "member id -1 is out of range");
        refused(seal(frame.setTo(2).setFrom(PeerFormat.MemberKey.getDefaultInstance()).build()), "member id 0");
    }

    @Test
    void aFrameLargerThanAllowedIsNeitherWrittenNorRead() {
        PeerFrame frame = frame(append(entries(3)));
        int size = codec.encode(frame).length();
        PeerCodec exact = new PeerCodec(commands, size);
        PeerCodec narrow = new PeerCodec(commands, size - 1);

        assertThat(exact.decode(exact.encode(frame))).isEqualTo(frame);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> narrow.encode(frame))
                .withMessage("a frame of %d bytes; at most %d are allowed", size, size - 1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> narrow.decode(codec.encode(frame)))
                .withMessage("a frame of %d bytes; at most %d are allowed", size, size - 1);
    }

    // ----

    private interface Check {
        void on(PeerFormat.Frame message);
    }

    private void forEachMessage(Check check) {
        Messages messages = new Messages(commands);
        Samples.messages(commands).values().forEach(message -> check.on(messages.message(frame(message))));
    }

    private static byte[] seal(com.google.protobuf.Message message) {
        byte[] bytes = Fields.write(message, 5);
        return Sealed.frame(bytes);
    }

    private void refused(byte[] bytes, String why) {
        assertThatIllegalArgumentException().isThrownBy(() -> codec.decode(Bytes.of(bytes))).withMessageContaining(why);
    }

    private static List<Entry> entriesOf(PeerFrame frame) {
        return ((Message.Append) ((PeerMessage.Consensus) frame.message()).message()).entries();
    }

    private List<Entry> entries(int count) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entries.add(new Entry(0x1_0000_0001L + i, 3, 5, 7, commands.payload(command(100))));
        }
        return entries;
    }

    private static Command command(int dataBytes) {
        return new Command.Submit(
                Samples.SESSION, 1, 1, 0, List.of(Identity.ANYONE),
                new Operation.SetData("/a", Bytes.of(new byte[dataBytes]), 3));
    }

    private static PeerMessage append(List<Entry> entries) {
        return new PeerMessage.Consensus(new Message.Append(3, EntryId.ORIGIN, entries, 0x1_0000_0000L));
    }

    private static PeerFrame frame(PeerMessage message) {
        return new PeerFrame(-7, new MemberKey(MemberId.of(3), 2), MemberId.of(1), 1, message);
    }
}
