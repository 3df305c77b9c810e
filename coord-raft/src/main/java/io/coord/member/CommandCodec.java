package io.coord.member;

import io.coord.raft.CommandPayload;
import io.coord.state.Command;

/** Turns commands into log payloads and back. */
public interface CommandCodec {

    /** A payload for the command; keeps it decoded beside the bytes, which are made when somebody asks for them (rule.29). */
    CommandPayload payload(Command command);

    /** The command of a payload; free for one that still has it. */
    Command command(CommandPayload payload);

    /**
     * The command of a payload, for whoever applies it. A payload that came as bytes keeps only them from here on: applied entries stay
     * in the log for a long time, and would hold every value twice.
     */
    Command take(CommandPayload payload);
}
