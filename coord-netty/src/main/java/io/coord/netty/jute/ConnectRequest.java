package io.coord.netty.jute;

import io.coord.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A connection's first frame (zk.W2).
 *
 * @param protocolVersion 0
 * @param lastZxidSeen what the client has seen elsewhere
 * @param timeoutMillis the session timeout wanted
 * @param session to resume, or 0 for a new one
 * @param password the session's
 * @param readOnly whether a server without a quorum will do; null from clients up to 3.3, which do not know the field
 */
public record ConnectRequest(
        int protocolVersion,
        long lastZxidSeen,
        int timeoutMillis,
        long session,
        @Nullable Bytes password,
        @Nullable Boolean readOnly) {

    /** Reads one. */
    public static ConnectRequest read(JuteReader in) {
        return new ConnectRequest(
                in.int32(), in.int64(), in.int32(), in.int64(), in.bytes(), in.remaining() > 0 ? in.bool() : null);
    }

    /** Writes it. */
    public void write(JuteWriter out) {
        out.int32(protocolVersion).int64(lastZxidSeen).int32(timeoutMillis).int64(session).bytes(password);
        if (readOnly != null) {
            out.bool(readOnly);
        }
    }
}
