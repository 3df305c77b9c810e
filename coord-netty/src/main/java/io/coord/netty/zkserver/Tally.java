package io.coord.netty.zkserver;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** What happens seldom at a port, counted for those who look after it. */
final class Tally {
    /** Sessions asked for. */
    final AtomicLong asked = new AtomicLong();
    /** Connections closed as they came, or as they asked for a session, since there were too many. */
    final AtomicLong refused = new AtomicLong();
    /** Connections that did not ask for a session in time. */
    final AtomicLong late = new AtomicLong();
    /** Proofs that proved nothing. */
    final AtomicLong unproven = new AtomicLong();
    /** Connections that ended. */
    final AtomicLong ended = new AtomicLong();
    /** Requests refused since large ones took too much already. */
    final AtomicLong tooLarge = new AtomicLong();
    /** TLS handshakes that were not begun, or given up, since too many were under way. */
    final AtomicLong handshakesRefused = new AtomicLong();
    /** TLS handshakes that failed, except those given up since too many were under way. */
    final AtomicLong handshakesFailed = new AtomicLong();
    /** Requests that had waited for too long. */
    final AtomicLong throttled = new AtomicLong();

    /** Begins anew. */
    void reset() {
        for (AtomicLong count : List.of(
                asked, refused, late, unproven, ended, tooLarge, handshakesRefused, handshakesFailed, throttled)) {
            count.set(0);
        }
    }
}
