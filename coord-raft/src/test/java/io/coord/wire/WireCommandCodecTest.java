package io.coord.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.Message;
import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.member.PeerFrame;
import io.coord.member.PeerMessage;
import io.coord.raft.CommandPayload;
import io.coord.raft.MemberKey;
import io.coord.state.Command;
import io.coord.wire.proto.CommandFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class WireCommandCodecTest {

    private static final int CASES = 200;

    private final WireCommandCodec codec = new WireCommandCodec();

    static Stream<Class<?>> commands() {
        return Arbitrary.leavesOf(Command.class).stream();
    }

    static Stream<Class<?>> writes() {
        return Arbitrary.leavesOf(Operation.Write.class).stream();
    }

    // ---- round trips

    @ParameterizedTest
    @MethodSource("commands")
    void everyKindOfCommandComesBackEqual(Class<? extends Command> kind) {
        for (long seed = 0; seed < CASES; seed++) {
            Command command = new Arbitrary(seed).one(kind);
            assertThat(command(codec.payload(command).bytes())).as("seed %d", seed).isEqualTo(command);
        }
    }

    @ParameterizedTest
    @MethodSource("writes")
    void everyKindOfWriteComesBackEqual(Class<? extends Operation.Write<?>> kind) {
        for (long seed = 0; seed < CASES; seed++) {
            Command command = submit(new Arbitrary(seed).one(kind));
            assertThat(command(codec.payload(command).bytes())).as("seed %d", seed).isEqualTo(command);
        }
    }

    @Test
    void nullDataAndEmptyDataAreTwoThings() {
        Command none = submit(new Operation.SetData("/a", null, 0));
        Command empty = submit(new Operation.SetData("/a", Bytes.EMPTY, 0));

        assertThat(codec.payload(none).bytes()).isNotEqualTo(codec.payload(empty).bytes());
        assertThat(command(codec.payload(none).bytes())).isEqualTo(none);
        assertThat(command(codec.payload(empty).bytes())).isEqualTo(empty);
    }

    @ParameterizedTest
    @EnumSource(CreateMode.class)
    void theNumberOfACreateModeIsOneAboveItsFlag(CreateMode mode) {
        CommandFormat.CreateMode number = CommandFormat.CreateMode.forNumber(mode.flag() + 1);

        assertThat(number).as("the schema names every mode").isNotNull();
        assertThat(number.name()).isEqualTo(mode.name());
    }

    @Test
    void theUsualIdentityAndListComeBackAsTheSharedOnes() {
        Command.Submit read = (Command.Submit) command(codec.payload(
                        submit(new Operation.Create("/a", null, CreateMode.PERSISTENT, List.of(Acl.of(31, "world", "anyone")), -1)))
                .bytes());

        assertThat(((Operation.Create) read.operation()).acl()).isSameAs(Acl.OPEN);
        assertThat(read.identities().get(0)).isSameAs(Identity.ANYONE);
    }

    // ---- what a payload keeps

    @Test
    @DisplayName("rule.29: a payload has its command at once, from wherever it came")
    void aPayloadKeepsItsCommand() {
        Command command = submit(new Operation.Delete("/a", 3));
        CommandPayload proposed = codec.payload(command);
        CommandPayload received = codec.decoded(proposed.bytes());

        assertThat(codec.command(proposed)).isSameAs(command);
        assertThat(codec.command(received)).isSameAs(codec.command(received)).isEqualTo(command);
    }

    @Test
    void whatWasSentAsBytesIsTakenOnceAndThenIsBytes() {
        Command command = submit(new Operation.SetData("/a", Bytes.of(new byte[500]), 3));
        CommandPayload payload = codec.payload(command);
        MemberKey self = new MemberKey(MemberId.of(1), 1);
        PeerMessage.Consensus proposal = new PeerMessage.Consensus(new io.coord.raft.Message.Propose(1, List.of(payload)));
        new PeerCodec(codec).encode(new PeerFrame(7, self, MemberId.of(2), 1, proposal));

        assertThat(codec.take(payload)).isSameAs(command);
        assertThat(codec.take(payload)).isNotSameAs(command).isEqualTo(command);
        assertThat(codec.command(payload)).isEqualTo(command);
    }

    @Test
    void whatSeveralMembersOfOneProcessShareIsTakenByEachWithoutDecoding() {
        Command command = submit(new Operation.SetData("/a", Bytes.of(new byte[500]), 3));
        CommandPayload payload = codec.payload(command);
        payload.bytes(); // for a disk

        assertThat(codec.take(payload)).isSameAs(command);
        assertThat(codec.take(payload)).isSameAs(command);
    }

    @Test
    void aPayloadIsEncodedOnce() {
        CommandPayload payload = codec.payload(submit(new Operation.Delete("/a", 3)));

        assertThat(payload.bytes()).isSameAs(payload.bytes());
    }

    @Test
    void aReceivedPayloadPassesOnTheVeryBytesItCameIn() {
        Bytes bytes = codec.payload(submit(new Operation.Delete("/a", 3))).bytes();

        assertThat(codec.decoded(bytes).bytes()).isSameAs(bytes);
    }

    @Test
    void aPayloadMadeElsewhereIsDecodedFromItsBytes() {
        Command command = submit(new Operation.Delete("/a", 3));
        Bytes bytes = codec.payload(command).bytes();
        CommandPayload foreign = new CommandPayload() {
            @Override
            public Bytes bytes() {
                return bytes;
            }

            @Override
            public int sizeBytes() {
                return bytes.length();
            }
        };

        assertThat(codec.command(foreign)).isEqualTo(command);
    }

    @Test
    void theSizeOfAPayloadDoesNotDependOnWhetherItWasEncoded() {
        CommandPayload payload = codec.payload(submit(new Operation.SetData("/a", Bytes.of(new byte[500]), 3)));
        int before = payload.sizeBytes();
        payload.bytes();

        assertThat(payload.sizeBytes()).isEqualTo(before);
    }

    @ParameterizedTest
    @MethodSource("writes")
    void theSizeIsCloseForPlainText(Class<? extends Operation.Write<?>> kind) {
        Command command = submit(Samples.write(kind));
        CommandPayload payload = codec.payload(command);

        assertThat(payload.sizeBytes()).isBetween(payload.bytes().length() - 16, 2 * payload.bytes().length() + 64);
    }

    // ---- what is refused

    @Test
    void noBytesAreNoCommand() {
        refused(new byte[0], "a command of 0 bytes");
        refused(new byte[] {WireCommandCodec.VERSION}, "a command is missing");
    }

    @Test
    @DisplayName("fault.D19: another version is refused by its number")
    void anUnknownVersionIsRefused() {
        byte[] bytes = codec.payload(submit(new Operation.Delete("/a", 3))).bytes().toArray();
        for (int version = 0; version < 256; version++) {
            if (version != WireCommandCodec.VERSION) {
                bytes[0] = (byte) version;
                refused(bytes, "a command of format version " + version + "; this release reads version 1");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    @DisplayName("fault.D19: a field that a later version added is refused, wherever it is")
    void anUnknownFieldIsRefused(Class<? extends Command> kind) {
        int places = 0;
        for (long seed = 0; seed < 40; seed++) {
            CommandFormat.Command whole = Commands.message(new Arbitrary(seed).one(kind));
            for (Message tampered : Tampering.withUnknownField(whole, 77)) {
                refused(withVersion(tampered), "is unknown to format version 1");
                places++;
            }
        }
        assertThat(places).isGreaterThanOrEqualTo(2 * 40);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aMissingPartIsRefused(Class<? extends Command> kind) {
        for (long seed = 0; seed < 40; seed++) {
            CommandFormat.Command whole = Commands.message(new Arbitrary(seed).one(kind));
            for (Message tampered : Tampering.withoutOneMessage(whole)) {
                refused(withVersion(tampered), "missing");
            }
        }
    }

    @Test
    void aMemberModeOrStepThatCannotBeIsRefused() {
        CommandFormat.Operation.Create.Builder create = CommandFormat.Operation.Create.newBuilder();
        CommandFormat.Operation multi = CommandFormat.Operation.newBuilder()
                .setMulti(CommandFormat.Operation.Multi.getDefaultInstance())
                .build();

        refused(CommandFormat.Command.newBuilder()
                .setAttach(CommandFormat.Attach.newBuilder().setMember(256)), "member id 256 is out of range");
        refused(submit(CommandFormat.Operation.newBuilder().setCreate(create)), "create mode 0 is unknown");
        refused(submit(CommandFormat.Operation.newBuilder().setCreate(create.setModeValue(8))), "create mode 8 is unknown");
        refused(submit(CommandFormat.Operation.newBuilder()
                .setMulti(CommandFormat.Operation.Multi.newBuilder().addSteps(multi))), "MULTI is no step of a multi");
    }

    // ----

    private static Command submit(Operation.Write<?> operation) {
        return new Command.Submit(0x0100_0000_0000_0001L, 2, 17, 16, List.of(Identity.ANYONE), operation);
    }

    private static CommandFormat.Command.Builder submit(CommandFormat.Operation.Builder operation) {
        return CommandFormat.Command.newBuilder().setSubmit(CommandFormat.Submit.newBuilder().setOperation(operation));
    }

    private Command command(Bytes bytes) {
        return codec.command(codec.decoded(bytes));
    }

    private static byte[] withVersion(Message message) {
        byte[] bytes = Fields.write(message, 1);
        bytes[0] = WireCommandCodec.VERSION;
        return bytes;
    }

    private void refused(Message.Builder message, String why) {
        refused(withVersion(message.build()), why);
    }

    private void refused(byte[] bytes, String why) {
        assertThatIllegalArgumentException().isThrownBy(() -> codec.decoded(Bytes.of(bytes))).withMessageContaining(why);
    }
}
