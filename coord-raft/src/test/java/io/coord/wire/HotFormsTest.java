package io.coord.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.Operation;
import io.coord.member.PeerFrame;
import io.coord.member.PeerMessage;
import io.coord.raft.Message;
import io.coord.state.Command;
import io.coord.wire.proto.CommandFormat;
import io.coord.wire.proto.PeerFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The hand-written forms of frequent messages against protobuf's, which are the format. */
class HotFormsTest {

    private static final int ROUNDS = 3_000;

    private final WireCommandCodec commands = new WireCommandCodec();
    private final Messages messages = new Messages(commands);
    private final HotFrames frames = new HotFrames(commands);

    private static Command hotCommand(Arbitrary arbitrary, SplittableRandom random) {
        return switch (random.nextInt(8)) {
            case 0 -> arbitrary.one(Command.OpenSession.class);
            case 1 -> arbitrary.one(Command.Attach.class);
            case 2 -> arbitrary.one(Command.CloseSession.class);
            case 3 -> arbitrary.one(Command.ExpireSession.class);
            default -> submit(arbitrary);
        };
    }

    private static Command submit(Arbitrary arbitrary) {
        Command.Submit any = arbitrary.one(Command.Submit.class);
        Operation.Write<?> step = arbitrary.one(Operation.Step.class);
        return new Command.Submit(any.session(), any.attach(), any.number(), any.ackedUpTo(), any.identities(), step);
    }

    private static PeerFrame hotFrame(Arbitrary arbitrary, SplittableRandom random) {
        PeerFrame any = arbitrary.one(PeerFrame.class);
        Message message = switch (random.nextInt(5)) {
            case 0 -> arbitrary.one(Message.Append.class);
            case 1 -> arbitrary.one(Message.Appended.class);
            case 2 -> arbitrary.one(Message.Propose.class);
            case 3 -> arbitrary.one(Message.Heartbeat.class);
            default -> arbitrary.one(Message.HeartbeatReply.class);
        };
        return new PeerFrame(any.clusterId(), any.from(), any.to(), any.toIncarnation(), new PeerMessage.Consensus(message));
    }

    @ParameterizedTest
    @MethodSource("listsAroundTheOpenOne")
    @DisplayName("an access control list that begins as the open one does is read to its end")
    void listsThatBeginLikeTheOpenOne(List<Acl> acl) {
        Command command = new Command.Submit(
                7, 1, 2, 1, List.of(), new Operation.Create("/a", Bytes.utf8("data"), CreateMode.PERSISTENT, acl, -1));
        byte[] bytes = general(command);

        assertThat(HotCommands.encoded(command, 0)).isEqualTo(bytes);
        assertThat(HotCommands.command(Bytes.of(bytes), 0)).isEqualTo(command).isEqualTo(generalCommand(bytes));
    }

    static Stream<List<Acl>> listsAroundTheOpenOne() {
        Acl open = Acl.OPEN.get(0);
        Acl other = new Acl(Acl.READ, new Identity("digest", "someone"));
        return Stream.of(
                List.of(), Acl.OPEN, List.of(open, other), List.of(other, open), List.of(open, open), Acl.READ_ONLY, List.of(other));
    }

    private static byte[] general(Command command) {
        return Fields.write(Commands.message(command), 0);
    }

    private static Command generalCommand(byte[] bytes) {
        return Commands.command(Fields.read(CommandFormat.Command.parser(), bytes, 0, "a command"));
    }

    private PeerFrame generalFrame(byte[] bytes) {
        return messages.frame(Fields.read(PeerFormat.Frame.parser(), bytes, 0, "a frame"));
    }

    private static byte[] hot(PeerFrame frame) {
        byte[] array = new byte[(int) HotFrames.size(frame)];
        HotFrames.write(frame, array, 0);
        return array;
    }

    @Test
    @DisplayName("commands: the same bytes as protobuf's, and the same command back")
    void commandsAlike() {
        Arbitrary arbitrary = new Arbitrary(1);
        SplittableRandom random = new SplittableRandom(1);
        for (int round = 0; round < ROUNDS; round++) {
            Command command = hotCommand(arbitrary, random);
            byte[] general = general(command);

            assertThat(HotCommands.encoded(command, 0)).as("%s", command).isEqualTo(general);
            Command read = HotCommands.command(Bytes.of(general), 0);
            assertThat(read == null ? generalCommand(general) : read).isEqualTo(command);
        }
    }

    @Test
    @DisplayName("frames: the same bytes as protobuf's, and the same frame back")
    void framesAlike() {
        Arbitrary arbitrary = new Arbitrary(2);
        SplittableRandom random = new SplittableRandom(2);
        for (int round = 0; round < ROUNDS; round++) {
            PeerFrame frame = hotFrame(arbitrary, random);
            byte[] general = Fields.write(messages.message(frame), 0);

            assertThat(hot(frame)).as("%s", frame).isEqualTo(general);
            PeerFrame read = frames.frame(Bytes.of(general), 0);
            assertThat(read == null ? generalFrame(general) : read).isEqualTo(frame);
        }
    }

    @Test
    @DisplayName("the usual ones are read by hand: a set, a create, a delete; an append of them, its answer, proposals, heartbeats")
    void theUsualOnes() {
        for (Class<?> kind : new Class<?>[] {Operation.SetData.class, Operation.Create.class, Operation.Delete.class, Operation.Check.class}) {
            Command command = new Command.Submit(-5, 1, 2, 0, Samples.MIXED.stream().map(acl -> acl.identity()).toList(), Samples.write(kind));
            assertThat(HotCommands.command(Bytes.of(general(command)), 0)).isEqualTo(command);
        }
        Samples.commands().forEach((name, command) -> {
            boolean isFrequent = command instanceof Command.OpenSession || command instanceof Command.Attach
                    || command instanceof Command.CloseSession || command instanceof Command.ExpireSession
                    || command instanceof Command.Submit submit && submit.operation() instanceof Operation.Step<?>;
            assertThat(HotCommands.encoded(command, 0) != null).as(name).isEqualTo(isFrequent);
        });
        Samples.messages(commands).forEach((name, message) -> {
            PeerFrame frame = new PeerFrame(-7, Samples.key(1), io.coord.MemberId.of(2), 1, message);
            boolean isHot = HotFrames.size(frame) >= 0;
            boolean isFrequent = name.matches("append(-probe|ed)?|propose|heartbeat(-reply|-match)?");
            assertThat(isHot).as(name).isEqualTo(isFrequent);
        });
    }

    @Test
    @DisplayName("fault.C9 fault.D19: of damaged bytes the hand-written reader says nothing, or what protobuf says")
    void damaged() {
        Arbitrary arbitrary = new Arbitrary(3);
        SplittableRandom random = new SplittableRandom(3);
        int read = 0;
        for (int round = 0; round < 4 * ROUNDS; round++) {
            byte[] command = damaged(general(hotCommand(arbitrary, random)), random);
            Command hotCommand = HotCommands.command(Bytes.of(command), 0);
            if (hotCommand != null) {
                assertThat(hotCommand).isEqualTo(generalCommand(command));
                read++;
            }
            byte[] frame = damaged(hot(hotFrame(arbitrary, random)), random);
            PeerFrame hotFrame = hotFrameOrNull(frame);
            if (hotFrame != null) {
                assertThat(hotFrame).isEqualTo(generalFrame(frame));
                read++;
            }
        }
        assertThat(read).as("damage that makes another valid message").isGreaterThan(ROUNDS / 3);
    }

    /** A command inside may be none: that is said the same way by both readers. */
    private PeerFrame hotFrameOrNull(byte[] frame) {
        try {
            return frames.frame(Bytes.of(frame), 0);
        } catch (IllegalArgumentException noCommand) {
            return null;
        }
    }

    private static byte[] damaged(byte[] bytes, SplittableRandom random) {
        byte[] damaged = bytes.clone();
        if (damaged.length == 0) {
            return damaged;
        }
        int at = random.nextInt(damaged.length);
        switch (random.nextInt(3)) {
            case 0 -> damaged[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> damaged[at] = (byte) random.nextInt();
            default -> damaged = java.util.Arrays.copyOf(damaged, at);
        }
        return damaged;
    }
}
