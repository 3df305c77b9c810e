package io.coord.wire;

import com.google.protobuf.Message;
import com.google.protobuf.RuntimeVersion;
import io.coord.ConfigException;
import io.coord.ErrorCode;
import io.coord.wire.proto.CommandFormat;
import java.security.CodeSource;
import java.util.List;

/** The protobuf-java that a host must bring at least: generated code does not load beside an older one. */
public final class ProtobufFloor {

    /** What this was compiled with, whatever is loaded: the compiler put the numbers here. */
    private static final String FLOOR = RuntimeVersion.MAJOR + "." + RuntimeVersion.MINOR + "." + RuntimeVersion.PATCH;

    private ProtobufFloor() {}

    /**
     * Loads generated code now, and not when the first command needs it, at which the member would fail.
     *
     * @throws ConfigException if that cannot be; the message says which protobuf-java was found, and what to do
     */
    public static void require() {
        try {
            CommandFormat.Command.getDefaultInstance();
        } catch (LinkageError failed) { // the refusal of generated code itself is the cause of one
            ConfigException tooOld = new ConfigException("the class path", List.of(new ConfigException.Mistake(
                    ErrorCode.OLD_PROTOBUF,
                    "protobuf-java from " + whereFrom() + " does not go with code generated for " + FLOOR + ": " + reason(failed)
                            + ". Pin protobuf-java at " + FLOOR + " or newer, or use coord-raft with classifier 'shaded'.")));
            tooOld.initCause(failed);
            throw tooOld;
        }
    }

    private static String reason(Throwable failed) {
        Throwable reason = failed;
        while (reason.getCause() != null && reason.getMessage() == null) {
            reason = reason.getCause();
        }
        return String.valueOf(reason.getMessage() == null ? reason : reason.getMessage()).replaceFirst("\\.$", "");
    }

    private static String whereFrom() {
        CodeSource source = Message.class.getProtectionDomain().getCodeSource();
        return source == null || source.getLocation() == null ? "an unknown place" : source.getLocation().toString();
    }
}
