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
 * <p>Payloads made here hold the decoded command until it is applied; their bytes are made by the thread that first asks (rule.29).
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
        return payload instanceof WireCommand wire ? wire.command() : decode(payload.bytes());
    }

    @Override
    public Command take(CommandPayload payload) {
        return payload instanceof WireCommand wire ? wire.take() : decode(payload.bytes());
    }

    /**
     * The payload that these bytes are, decoded here and now: for threads of peers and storage, before the inbox.
     *
     * @throws IllegalArgumentException if they are no command of a known version; the message says what was found
     */
    public CommandPayload decoded(Bytes bytes) {
        return new WireCommand(decode(bytes), bytes);
    }

    /** As {@link #decoded(Bytes)}, for a part of a larger message. */
    CommandPayload decoded(ByteString part) {
        return decoded(Bytes.wrap(part.toByteArray()));
    }

    static Bytes encode(Command command) {
        byte[] hot = HotCommands.encoded(command, 1);
        byte[] array = hot == null ? Fields.write(Commands.message(command), 1) : hot;
        array[0] = VERSION;
        return Bytes.wrap(array);
    }

    static Command decode(Bytes bytes) {
        if (bytes.length() == 0) {
            throw new IllegalArgumentException("a command of 0 bytes");
        }
        if (bytes.at(0) != VERSION) {
            throw new IllegalArgumentException("a command of format version " + Byte.toUnsignedInt(bytes.at(0))
                    + "; this release reads version " + VERSION);
        }
        Command hot = HotCommands.command(bytes, 1);
        return hot == null
                ? Commands.command(Fields.read(CommandFormat.Command.parser(), bytes.toArray(), 1, "a command"))
                : hot;
    }
}
