package io.coord.netty.peer;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a member is connected to the others.
 *
 * @param host what the listening socket is bound to
 * @param port of the listening socket, 0 for the kernel's choice
 * @param insecure whether an address beyond this machine is right without TLS
 * @param tls what secures the connections, null for nothing
 * @param connectTimeout how long an attempt to connect may take
 * @param silenceMax after how long a connection without a sign of life is given up
 * @param bulkBytesPerSecond how fast snapshots are sent to each member
 */
public record PeerOptions(
        String host,
        int port,
        boolean insecure,
        @Nullable TlsFiles tls,
        Duration connectTimeout,
        Duration silenceMax,
        long bulkBytesPerSecond) {

    /** What holds unless said otherwise. */
    public static PeerOptions listeningOn(int port) {
        return new PeerOptions("127.0.0.1", port, false, null, Duration.ofSeconds(2), Duration.ofSeconds(2), 64L << 20);
    }

    /** With another address to listen on. */
    public PeerOptions withHost(String host) {
        return new PeerOptions(host, port, insecure, tls, connectTimeout, silenceMax, bulkBytesPerSecond);
    }

    /** Without objection to an address beyond this machine. */
    public PeerOptions withoutSecurity() {
        return new PeerOptions(host, port, true, tls, connectTimeout, silenceMax, bulkBytesPerSecond);
    }

    /** With TLS. */
    public PeerOptions withTls(TlsFiles tls) {
        return new PeerOptions(host, port, insecure, tls, connectTimeout, silenceMax, bulkBytesPerSecond);
    }

    /** With another time for an attempt to connect. */
    public PeerOptions withConnectTimeout(Duration connectTimeout) {
        return new PeerOptions(host, port, insecure, tls, connectTimeout, silenceMax, bulkBytesPerSecond);
    }

    /** With another limit on silence. */
    public PeerOptions withSilenceMax(Duration silenceMax) {
        return new PeerOptions(host, port, insecure, tls, connectTimeout, silenceMax, bulkBytesPerSecond);
    }

    /** With another speed of snapshots. */
    public PeerOptions withBulkBytesPerSecond(long bulkBytesPerSecond) {
        return new PeerOptions(host, port, insecure, tls, connectTimeout, silenceMax, bulkBytesPerSecond);
    }
}
