package io.coord.raft;

import io.coord.Bytes;

/**
 * A new configuration of the ensemble; in force for Raft as soon as it is in a member's log (thesis 4.1).
 *
 * @param configuration who votes and who learns from here on
 * @param bytes its encoded form
 */
public record ConfigPayload(Configuration configuration, Bytes bytes) implements Payload {

    /** This payload's kind. */
    public static final byte KIND = 2;

    /** Encodes the configuration. */
    public static ConfigPayload of(Configuration configuration) {
        return new ConfigPayload(configuration, configuration.encoded());
    }

    /** Decodes a configuration. */
    public static ConfigPayload decode(Bytes bytes) {
        return new ConfigPayload(Configuration.decode(bytes), bytes);
    }

    @Override
    public byte kind() {
        return KIND;
    }

    @Override
    public int sizeBytes() {
        return bytes.length();
    }
}
