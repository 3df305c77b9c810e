package io.coord.netty.zkserver;

import io.coord.Bytes;
import io.coord.Identity;
import io.coord.netty.peer.PeerLog;
import java.util.List;
import javax.security.sasl.SaslException;
import javax.security.sasl.SaslServer;
import org.jspecify.annotations.Nullable;

/**
 * A client's proof of itself by SASL, step by step; another begins where one has ended. A step may compute for
 * milliseconds and read files, and so is nothing for an event loop; one thread at a time takes it.
 */
final class SaslExchange {

    /**
     * What a step came to.
     *
     * @param token what the client is told, null for nothing
     * @param proven whom it has proven to be, nobody unless it has
     * @param refusal why its proof was refused, null if it was not; nothing secret
     */
    record Step(@Nullable Bytes token, List<Identity> proven, @Nullable String refusal) {}

    /** The step of a client that is gone. */
    static final Step NOTHING = new Step(null, List.of(), null);

    private final SaslSetup setup;
    private @Nullable SaslServer server;

    SaslExchange(SaslSetup setup) {
        this.setup = setup;
    }

    /** Takes what the client said. */
    Step take(byte[] said) {
        try {
            SaslServer under = server;
            if (under == null) {
                under = setup.begin(said);
                server = under;
            }
            byte[] next = under.evaluateResponse(said);
            Bytes token = next == null ? null : Bytes.wrap(next);
            if (!under.isComplete()) {
                return new Step(token, List.of(), null);
            }
            List<Identity> proven = setup.proven(under.getAuthorizationID());
            end();
            return new Step(token, proven, null);
        } catch (SaslException | RuntimeException no) { // of the JDK's mechanisms some throw others at nonsense, too
            return new Step(null, List.of(), PeerLog.reasons(no));
        }
    }

    /** Forgets what was under way, keys included. */
    void end() {
        SaslServer under = server;
        server = null;
        if (under != null) {
            try {
                under.dispose();
            } catch (SaslException e) {
                // then it is left to the collector
            }
        }
    }
}
