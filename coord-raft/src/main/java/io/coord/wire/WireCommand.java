package io.coord.wire;

import io.coord.Bytes;
import io.coord.raft.CommandPayload;
import io.coord.state.Command;
import org.jspecify.annotations.Nullable;

/**
 * A command beside its bytes: made from either, it has the command at once, and the bytes when somebody has asked for them.
 *
 * <p>Two threads that ask first at the same time each encode, and get equal bytes. The field needs no barrier: what it refers to is
 * immutable, its contents in final fields.
 */
final class WireCommand implements CommandPayload {

    private final Command command;
    private final int sizeBytes;
    private @Nullable Bytes bytes;

    /** A command not yet encoded. */
    WireCommand(Command command) {
        this.command = command;
        this.sizeBytes = CommandSizes.estimate(command);
    }

    /** A command that came as bytes. */
    WireCommand(Command command, Bytes bytes) {
        this.command = command;
        this.sizeBytes = bytes.length();
        this.bytes = bytes;
    }

    Command command() {
        return command;
    }

    @Override
    public Bytes bytes() {
        // Read once: a second read of a plain field may see null again.
        Bytes known = bytes;
        if (known == null) {
            known = WireCommandCodec.encode(command);
            bytes = known;
        }
        return known;
    }

    @Override
    public int sizeBytes() {
        return sizeBytes;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof WireCommand that && command.equals(that.command);
    }

    @Override
    public int hashCode() {
        return command.hashCode();
    }

    @Override
    public String toString() {
        return command.toString();
    }
}
