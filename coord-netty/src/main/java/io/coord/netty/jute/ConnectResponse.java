package io.coord.netty.jute;

import io.coord.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a {@link ConnectRequest}: a frame without a header (zk.W3).
 *
 * @param protocolVersion 0
 * @param timeoutMillis the session timeout granted; 0 if there is no session for the client (zk.W4)
 * @param session its id
 * @param password its password
 * @param readOnly whether the server has no quorum; null to clients that do not know the field
 */
public record ConnectResponse(
        int protocolVersion, int timeoutMillis, long session, @Nullable Bytes password, @Nullable Boolean readOnly) {

    /** Reads one. */
    public static ConnectResponse read(JuteReader in) {
        return new ConnectResponse(
                in.int32(), in.int32(), in.int64(), in.bytes(), in.remaining() > 0 ? in.bool() : null);
    }

    /** Writes it. */
    public void write(JuteWriter out) {
        out.int32(protocolVersion).int32(timeoutMillis).int64(session).bytes(password);
        if (readOnly != null) {
            out.bool(readOnly);
        }
    }
}
