package io.coord.netty.server;

import io.coord.Ensemble;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.netty.peer.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a member that runs by itself was told, understood and found right.
 *
 * @param self the member
 * @param ensemble its ensemble
 * @param directory what it keeps everything under
 * @param memberDirectory the directory with the member's log and snapshots: that one, or one below it if it is laid out as ZooKeeper's
 * @param isJoinable whether other members can reach it: there are some, or clients may name some ({@code reconfigEnabled})
 * @param peerHost where it listens for the other members
 * @param peerTls what members prove themselves with to each other, if they do ({@code sslQuorum})
 * @param clientHost where it listens for clients
 * @param clientPort the port for clients, 0 for any; empty for none
 * @param detours where some of the other members are reached from here, if not at the ensemble's addresses
 * @param config its times and limits
 * @param door what its clients are held to
 * @param isInsecure whether others than this machine may reach it without encryption
 * @param warnings what was passed over or adjusted, to be told once
 */
public record ServerSettings(
        MemberId self,
        Ensemble ensemble,
        Path directory,
        Path memberDirectory,
        boolean isJoinable,
        String peerHost,
        Optional<TlsFiles> peerTls,
        String clientHost,
        OptionalInt clientPort,
        Map<MemberId, String> detours,
        MemberConfig config,
        Door door,
        boolean isInsecure,
        List<String> warnings) {

    /** Where it listens for the other members. */
    public int peerPort() {
        return ensemble.address(self).peerPort();
    }

    /**
     * What is said of users of SASL; ZooKeeper's names in parentheses.
     *
     * @param section the section of the JAAS configuration with the users, or with the server's Kerberos key ({@code sasl.serverconfig})
     * @param superUsers who of them are superusers ({@code superUser}, and {@code superUser.} with anything behind it)
     * @param passFor the user whose permissions all of them have ({@code letAnySaslUserDoX})
     * @param keepsFailed whether those stay who could not prove themselves ({@code allowSaslFailedClients})
     * @param names what those are called who prove themselves by Kerberos
     */
    public record Sasl(String section, Set<String> superUsers, Optional<String> passFor, boolean keepsFailed, Names names) {}

    /**
     * What a Kerberos principal is called; ZooKeeper's names in parentheses.
     *
     * @param isHostRemoved whether its host is left out ({@code kerberos.removeHostFromPrincipal})
     * @param isRealmRemoved whether its realm is ({@code kerberos.removeRealmFromPrincipal})
     * @param rules by which names are made ({@code security.auth_to_local})
     */
    public record Names(boolean isHostRemoved, boolean isRealmRemoved, Optional<String> rules) {}

    /**
     * What clients are held to, as far as it was said; ZooKeeper's names in parentheses.
     *
     * @param connectionsPerAddressMax connections from one address, 0 for any number ({@code maxClientCnxns})
     * @param connectionsMax connections in all, 0 for any number ({@code maxCnxns})
     * @param frameBytesMax the largest request ({@code jute.maxbuffer})
     * @param throttle how they are slowed down
     * @param words the four-letter words that are answered, {@code *} for all ({@code 4lw.commands.whitelist})
     * @param superDigest who is the superuser ({@code DigestAuthenticationProvider.superDigest}); a secret
     * @param digestAlgorithm by which hash digests are made ({@code DigestAuthenticationProvider.digestAlg})
     * @param isDigestTaken whether clients may come with digests ({@code DigestAuthenticationProvider.enabled})
     * @param isReadOnlyServed whether clients that ask for it are served reads while there is no quorum ({@code readonlymode.enabled})
     * @param isLocal whether sessions are the member's alone ({@code localSessionsEnabled})
     * @param isUpgradable whether they become the ensemble's at their first ephemeral node ({@code localSessionsUpgradingEnabled})
     * @param isReconfigEnabled whether clients may change the ensemble ({@code reconfigEnabled})
     * @param tls how clients come in encrypted, if they do
     * @param required schemes of which a client must have proven an identity before it may ask anything, none if it need not
     *     ({@code sessionRequireClientSASLAuth}, {@code enforce.auth.enabled} with {@code enforce.auth.schemes})
     * @param sasl what becomes of those who prove themselves by SASL
     * @param named schemes of which access control lists may name ids in any case ({@code authProvider.*})
     */
    public record Door(
            OptionalInt connectionsPerAddressMax,
            OptionalInt connectionsMax,
            OptionalInt frameBytesMax,
            OptionalInt handshakesMax,
            Throttling throttle,
            Optional<List<String>> words,
            Optional<String> superDigest,
            String digestAlgorithm,
            boolean isDigestTaken,
            boolean isReadOnlyServed,
            boolean isLocal,
            boolean isUpgradable,
            boolean isReconfigEnabled,
            Optional<Tls> tls,
            Set<String> required,
            Sasl sasl,
            Set<String> named) {

        /** Leaves the secret out. */
        @Override
        public String toString() {
            return "Door[connectionsPerAddressMax=" + connectionsPerAddressMax + ", connectionsMax=" + connectionsMax
                    + ", frameBytesMax=" + frameBytesMax + ", handshakesMax=" + handshakesMax + ", words=" + words + ", superDigest="
                    + (superDigest.isPresent() ? "***" : "none") + ", digestAlgorithm="
                    + digestAlgorithm + ", isDigestTaken=" + isDigestTaken + ", isReadOnlyServed=" + isReadOnlyServed
                    + ", isLocal=" + isLocal + ", isUpgradable=" + isUpgradable + ", isReconfigEnabled=" + isReconfigEnabled + ", tls=" + tls
                    + ", required=" + required + "]";
        }
    }

    /**
     * How clients are slowed down; ZooKeeper's names in parentheses. Zero is off.
     *
     * @param unansweredMax requests of all clients ({@code globalOutstandingLimit})
     * @param waitMax how long a request may wait for its turn ({@code throttled_op_wait_time})
     * @param connectBurst sessions asked for at once ({@code connection_throttle_tokens})
     * @param connectRefill how many more after each time ({@code connection_throttle_fill_count})
     * @param connectEvery that time ({@code connection_throttle_fill_time})
     * @param largeBytes what is larger is a large request ({@code largeRequestThreshold})
     * @param largeBytesMax large requests together ({@code largeRequestMaxBytes})
     */
    public record Throttling(
            int unansweredMax,
            Duration waitMax,
            int connectBurst,
            int connectRefill,
            Duration connectEvery,
            int largeBytes,
            int largeBytesMax) {}

    /**
     * TLS for clients; ZooKeeper's names in parentheses.
     *
     * @param keyStore with key and certificate ({@code ssl.keyStore.location})
     * @param password of the key store ({@code ssl.keyStore.password}, or the file {@code ssl.keyStore.passwordPath})
     * @param trustStore with the authorities of clients ({@code ssl.trustStore.location})
     * @param trustPassword of the trust store ({@code ssl.trustStore.password}, or the file {@code ssl.trustStore.passwordPath})
     * @param clientAuth none, want or need ({@code ssl.clientAuth})
     * @param port where clients come by TLS only ({@code secureClientPort})
     * @param host where that port listens ({@code secureClientPortAddress}, or all addresses where another port is at them, or the member's own host)
     * @param isAtClientPort whether they may at the client port, too ({@code client.portUnification})
     * @param superUser the subject of the superuser's certificate ({@code X509AuthenticationProvider.superUser})
     */
    public record Tls(
            Path keyStore,
            char[] password,
            Optional<Path> trustStore,
            char[] trustPassword,
            String clientAuth,
            OptionalInt port,
            String host,
            boolean isAtClientPort,
            Optional<String> superUser) {

        /** The files, never a password. */
        @Override
        public String toString() {
            return "Tls[keyStore=" + keyStore + ", trustStore=" + trustStore + ", clientAuth=" + clientAuth + ", port=" + port + "]";
        }
    }
}
