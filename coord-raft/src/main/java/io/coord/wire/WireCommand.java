package io.coord.wire;

import io.coord.Bytes;
import io.coord.raft.CommandPayload;
import io.coord.state.Command;
import org.jspecify.annotations.Nullable;

/**
 * A command beside its bytes. Made from a command, it has the bytes when somebody has asked for them; made from bytes, or sent as
 * bytes, it has the command until somebody has taken it, and decodes it anew for whoever asks later. What was neither may be in the
 * logs of several members of this process, each of which takes the command.
 *
 * <p>Two threads that ask first at the same time each encode or decode, and get equal values. Who finds the command gone finds the
 * bytes: they are there before it goes, and both fields are volatile.
 */
final class WireCommand implements CommandPayload {

    private volatile @Nullable Command command;
    private final int sizeBytes;
    private volatile @Nullable Bytes bytes;
    /** Whether those who have the command have it from its bytes; written behind them. */
    private boolean goesAsBytes;

    /** A command not yet encoded. */
    WireCommand(Command command) {
        this.command = command;
        this.sizeBytes = CommandSizes.estimate(command);
    }

    /** A command that came as bytes. */
    WireCommand(Command command, Bytes bytes) {
        this.command = command;
        this.goesAsBytes = true;
        this.sizeBytes = bytes.length();
        this.bytes = bytes;
    }

    Command command() {
        Command known = command;
        return known == null ? WireCommandCodec.decode(bytes()) : known;
    }

    /** The command, which is not kept beside bytes that came from elsewhere, or went there. */
    Command take() {
        Command taken = command();
        if (goesAsBytes && bytes != null) {
            command = null;
        }
        return taken;
    }

    @Override
    public Bytes bytes() {
        Bytes known = bytes;
        if (known == null) {
            known = WireCommandCodec.encode(command());
            bytes = known;
        }
        return known;
    }

    /** The bytes, for another process. */
    Bytes bytesToSend() {
        Bytes sent = bytes();
        goesAsBytes = true;
        return sent;
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
