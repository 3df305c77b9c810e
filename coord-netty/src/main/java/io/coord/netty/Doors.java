package io.coord.netty;

import io.coord.ConfigException;
import io.coord.Ensemble;
import io.coord.ErrorCode;
import io.coord.MemberAddress;
import io.coord.ensemble.Member;
import io.coord.ensemble.spi.Transport;
import io.coord.netty.server.ServerSettings;
import io.coord.netty.zkserver.Limits;
import io.coord.netty.zkserver.Throttle;
import io.coord.netty.zkserver.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a server listens on: one port for the other members, if there are any, and one for clients, if they may come. */
final class Doors {

    private final ServerSettings settings;
    private final JaasSection logins;
    private final List<String> warnings = new ArrayList<>();
    private final @Nullable NettyTransport peers;
    private final @Nullable ZooKeeperServer clients;
    private final @Nullable ZooKeeperServer secureClients;

    /** @param logins how clients can prove themselves by SASL */
    Doors(ServerSettings settings, JaasSection logins) {
        this.settings = settings;
        this.logins = logins;
        this.peers = settings.isJoinable() ? peers(settings) : null;
        Optional<ServerSettings.Tls> tls = settings.door().tls();
        ClientTls byTls = tls.map(Doors::tls).orElse(null);
        this.clients = settings.clientPort().isPresent() ? plainClients(settings, byTls) : null;
        this.secureClients = byTls != null && tls.get().port().isPresent()
                ? countingWith(clients, clients(tls.get().port().getAsInt(), tls.get().host()).tls(byTls))
                : null;
    }

    private static ZooKeeperServer countingWith(@Nullable ZooKeeperServer first, ZooKeeperServer second) {
        return first == null ? second : second.countingWith(first);
    }

    private static ClientTls tls(ServerSettings.Tls tls) {
        ClientTls byTls = tls.trustStore().isPresent()
                ? ClientTls.keyStore(tls.keyStore(), tls.password(), tls.trustStore().get(), tls.trustPassword())
                : ClientTls.keyStore(tls.keyStore(), tls.password());
        byTls = byTls.clientAuth(ClientTls.ClientAuth.valueOf(tls.clientAuth().toUpperCase(Locale.ROOT)));
        return tls.superUser().isPresent() ? byTls.superUser(tls.superUser().get()) : byTls;
    }

    private static Throttle throttle(ServerSettings.Throttling said) {
        return new Throttle(
                said.unansweredMax(),
                said.waitMax(),
                said.connectBurst(),
                said.connectRefill(),
                said.connectEvery(),
                said.largeBytes(),
                said.largeBytesMax());
    }

    private ZooKeeperServer plainClients(ServerSettings settings, @Nullable ClientTls byTls) {
        ZooKeeperServer plain = clients(settings.clientPort().getAsInt(), settings.clientHost());
        plain = settings.isInsecure() ? plain.insecure() : plain;
        return byTls != null && settings.door().tls().get().isAtClientPort() ? plain.tls(byTls.plainTextToo()) : plain;
    }

    private static NettyTransport peers(ServerSettings settings) {
        NettyTransport peers = NettyTransport.listeningOn(settings.peerPort()).bindHost(settings.peerHost());
        if (settings.peerTls().isPresent()) {
            return peers.tls(PeerTls.of(settings.peerTls().get()));
        }
        return settings.isInsecure() ? peers.insecure() : peers;
    }

    private ZooKeeperServer clients(int port, String host) {
        ServerSettings.Door door = settings.door();
        ZooKeeperServer clients = ZooKeeperServer.listeningOn(port)
                .boundTo(host)
                .maxFrameBytes(door.frameBytesMax().orElse(Limits.DEFAULT.frameBytesMax()))
                .maxConnections(
                        door.connectionsPerAddressMax().orElse(Limits.DEFAULT.connectionsPerAddressMax()),
                        door.connectionsMax().orElse(Limits.DEFAULT.connectionsMax()))
                .maxHandshakes(door.handshakesMax().orElse(Limits.DEFAULT.handshakesMax()))
                .throttle(throttle(door.throttle()))
                .fourLetterWords(words(door));
        if (door.isReadOnlyServed()) {
            clients = clients.readOnlyMode();
        }
        if (door.isLocal()) {
            clients = clients.localSessions(door.isUpgradable());
        }
        if (door.isReconfigEnabled()) {
            clients = clients.reconfigEnabled();
        }
        clients = door.isDigestTaken() ? clients.digestAlgorithm(door.digestAlgorithm()) : clients.withoutDigest();
        if (door.superDigest().isPresent()) {
            clients = clients.superDigest(door.superDigest().get());
        }
        if (!door.required().isEmpty()) {
            clients = clients.requireAuthentication(door.required());
        }
        Map<String, String> users = logins.users();
        if (!users.isEmpty()) {
            clients = clients.sasl(user -> users.containsKey(user) ? users.get(user).toCharArray() : null);
        }
        if (logins.kerberos().isPresent()) {
            clients = clients.sasl(named(logins.kerberos().get(), door.sasl().names()));
        }
        if (!users.isEmpty() || logins.kerberos().isPresent()) {
            clients = withUsers(clients, door.sasl());
        } else if (door.required().equals(Set.of("sasl"))) {
            throw new ConfigException("what the server was told", List.of(new ConfigException.Mistake(ErrorCode.INSECURE,
                    "clients are to prove themselves by SASL, but there are no users: name a file with a section " + door.sasl().section()
                            + " by java -Djava.security.auth.login.config=FILE, with user_NAME=\"PASSWORD\" for each, or with a"
                            + " Krb5LoginModule and the server's keyTab and principal")));
        }
        return clients.alsoNaming(named(door));
    }

    private static ClientKerberos named(ClientKerberos kerberos, ServerSettings.Names names) {
        ClientKerberos named = names.isHostRemoved() ? kerberos.withoutHost() : kerberos;
        named = names.isRealmRemoved() ? named.withoutRealm() : named;
        return names.rules().isPresent() ? named.rules(names.rules().get()) : named;
    }

    private static ZooKeeperServer withUsers(ZooKeeperServer clients, ServerSettings.Sasl said) {
        ZooKeeperServer with = clients;
        for (String superUser : said.superUsers()) {
            with = with.saslSuperUser(superUser);
        }
        with = said.passFor().isPresent() ? with.saslUsersPassFor(said.passFor().get()) : with;
        return said.keepsFailed() ? with.keepSaslFailed() : with;
    }

    /** Whoever comes in by TLS at one port may be named at the other. */
    private static Set<String> named(ServerSettings.Door door) {
        Set<String> named = new TreeSet<>(door.named());
        if (door.tls().isPresent()) {
            named.add("x509");
        }
        return named;
    }

    /** As ZooKeeper has it: those that are named, and always those by which its scripts and its clients tell servers apart. */
    private Set<String> words(ServerSettings.Door door) {
        List<String> wanted = door.words().orElse(List.of());
        if (wanted.contains("*")) {
            return Words.ANSWERED;
        }
        TreeSet<String> others = new TreeSet<>(wanted);
        others.removeAll(Words.ANSWERED);
        if (!others.isEmpty()) {
            warnings.add("4lw.commands.whitelist names " + others + ", to which there is no answer here");
        }
        TreeSet<String> answered = new TreeSet<>(wanted);
        answered.retainAll(Words.ANSWERED);
        answered.add("srvr");
        if (door.isReadOnlyServed()) {
            answered.add("isro");
        }
        return answered;
    }

    /** What of the settings could not be had. */
    List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** Starts the member and opens the doors. */
    Member start() {
        Member.Builder member = Member.builder(settings.self(), settings.ensemble())
                .dataDirectory(settings.memberDirectory())
                .config(settings.config());
        if (peers != null) {
            Transport transport = settings.detours().isEmpty() ? peers : new DetouringTransport(peers, settings.detours());
            member.transport(transport);
        }
        if (clients != null) {
            member.frontEnd(clients);
        }
        if (secureClients != null) {
            member.frontEnd(secureClients);
        }
        return member.start();
    }

    /**
     * Refuses to go on without a port for the other members, where the ensemble has some.
     *
     * @param ensemble who belongs to it: more than the list of members says, where others have joined whom it named alone
     */
    void requireOpenTo(Ensemble ensemble) {
        if (peers == null && ensemble.members().size() > 1) {
            throw new ConfigException("what the server was told", List.of(new ConfigException.Mistake(ErrorCode.NO_TRANSPORT,
                    "the list names member " + settings.self() + " alone, and no port is open to others, but the ensemble has grown to"
                            + " members " + ensemble.members() + ": start it with --members '" + ensemble + "', or with reconfigEnabled=true")));
        }
    }

    /** Where the open doors are, with the ports that the kernel chose. */
    @Override
    public String toString() {
        String forClients = clients == null ? "no port for clients" : "clients at " + address(settings.clientHost(), clients.port());
        if (secureClients != null) {
            forClients += ", clients over TLS at " + address(settings.door().tls().get().host(), secureClients.port());
        }
        return forClients + (peers == null
                ? ""
                : ", members" + (settings.peerTls().isPresent() ? " over TLS" : "") + " at " + address(settings.peerHost(), peers.port()));
    }

    private static String address(String host, int port) {
        return MemberAddress.of(host, port).toString();
    }
}
