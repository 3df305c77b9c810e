package io.coord.wire;

import io.coord.Bytes;
import io.coord.raft.CommandPayload;
import io.coord.state.Command;
import org.jspecify.annotations.Nullable;

/**
 * A command beside its bytes. Made from a command, it has the bytes when somebody has asked for them; made from bytes, it has the
 * command until somebody has taken it, and decodes it anew for whoever asks later.
 *
 * <p>Two threads that ask first at the same time each encode or decode, and get equal values. The fields need no barrier: what they
 * refer to is immutable, its contents in final fields.
 */
final class WireCommand implements CommandPayload {

    private @Nullable Command command;
    private final boolean cameAsBytes;
    private final int sizeBytes;
    private @Nullable Bytes bytes;

    /** A command not yet encoded. */
    WireCommand(Command command) {
        this.command = command;
        this.cameAsBytes = false;
        this.sizeBytes = CommandSizes.estimate(command);
    }

    /** A command that came as bytes. */
    WireCommand(Command command, Bytes bytes) {
        this.command = command;
        this.cameAsBytes = true;
        this.sizeBytes = bytes.length();
        this.bytes = bytes;
    }

    Command command() {
        // Read once: a second read of a plain field may see something else.
        Command known = command;
        return known == null ? WireCommandCodec.decode(bytes()) : known;
    }

    /** The command, which is not kept beside bytes that came from elsewhere. */
    Command take() {
        Command taken = command();
        if (cameAsBytes) {
            command = null;
        }
        return taken;
    }

    @Override
    public Bytes bytes() {
        // Read once: a second read of a plain field may see null again.
        Bytes known = bytes;
        if (known == null) {
            known = WireCommandCodec.encode(command());
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
        return other instanceof WireCommand that && command().equals(that.command());
    }

    @Override
    public int hashCode() {
        return command().hashCode();
    }

    @Override
    public String toString() {
        return command().toString();
    }
}
