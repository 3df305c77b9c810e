package io.coord.wire;

import com.google.protobuf.ByteString;
import io.coord.Bytes;
import io.coord.member.CommandCodec;
import io.coord.raft.CommandPayload;
import io.coord.state.Command;
import io.coord.wire.proto.CommandFormat;

/**
 * Commands in their format, version 1: one byte with the version, then a protobuf message. Has no state; any thread may use it.
 *
 * <p>Payloads made here always hold the decoded command; their bytes are made by the thread that first asks (rule.29).
 */
public final class WireCommandCodec implements CommandCodec {

    /** The version written, and the only one read. */
    static final byte VERSION = 1;

    @Override
    public CommandPayload payload(Command command) {
        return new WireCommand(command);
    }

    @Override
    public Command command(CommandPayload payload) {
        return payload instanceof WireCommand wire ? wire.command() : decode(payload.bytes().toArray());
    }

    /**
     * The payload that these bytes are, decoded here and now: for threads of peers and storage, before the inbox.
     *
     * @throws IllegalArgumentException if they are no command of a known version; the message says what was found
     */
    public CommandPayload decoded(Bytes bytes) {
        return new WireCommand(decode(bytes.toArray()), bytes);
    }

    /** As {@link #decoded(Bytes)}, for a part of a larger message. */
    CommandPayload decoded(ByteString part) {
        byte[] array = part.toByteArray();
        return new WireCommand(decode(array), Bytes.wrap(array));
    }

    static Bytes encode(Command command) {
        byte[] array = Fields.write(Commands.message(command), 1);
        array[0] = VERSION;
        return Bytes.wrap(array);
    }

    private static Command decode(byte[] array) {
        if (array.length == 0) {
            throw new IllegalArgumentException("a command of 0 bytes");
        }
        if (array[0] != VERSION) {
            throw new IllegalArgumentException("a command of format version " + Byte.toUnsignedInt(array[0])
                    + "; this release reads version " + VERSION);
        }
        return Commands.command(Fields.read(CommandFormat.Command.parser(), array, 1, "a command"));
    }
}
