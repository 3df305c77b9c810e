package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.coord.ConfigException;
import io.coord.netty.ClientKerberos;
import io.coord.netty.ZooKeeperServer;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.Request;
import io.coord.netty.jute.Response;
import io.coord.testkit.LocalEnsemble;
import io.coord.testkit.kerberos.Realm;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.PrivilegedExceptionAction;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.security.auth.Subject;
import javax.security.auth.kerberos.KerberosTicket;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSManager;
import org.ietf.jgss.MessageProp;
import org.ietf.jgss.Oid;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients with tickets of all sorts, such as a KDC makes and such as none would, token by token. The JVM has no Kerberos configuration, as that of a
 * host may have none; {@code SaslKerberosIT} has ZooKeeper's client and a KDC.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WireKerberosTest {

    private static final String SERVER = "zookeeper/localhost";
    private static final String NEIGHBOUR = "http/localhost";
    private static final String OTHER_HOST = "zookeeper/elsewhere";
    private static final int AUTH_FAILED = -115;

    @TempDir
    static Path directory;

    private static final Realm REALM = new Realm();
    private static ZooKeeperServer server;
    private static LocalEnsemble ensemble;

    @BeforeAll
    static void start() {
        Path keyTab = REALM.keyTab(directory.resolve("server.keytab"), NEIGHBOUR, OTHER_HOST, SERVER);
        server = ZooKeeperServer.listeningOn(0)
                .threads(1)
                .sasl(ClientKerberos.keyTab(SERVER + "@" + Realm.NAME, keyTab).rules("RULE:[1:$1](b.*) RULE:[2:$1](kafka)").withoutRealm())
                .sasl(user -> user.equals("ann") ? "secret of ann".toCharArray() : null)
                .saslSuperUser("boss");
        ensemble = LocalEnsemble.builder().members(1).frontEnd(member -> server).start();
        ensemble.leader();
    }

    @AfterAll
    static void stop() {
        ensemble.close();
    }

    private static KerberosTicket ticket(String client) {
        return REALM.ticket(client, SERVER, SERVER, Instant.now().plusSeconds(3_600));
    }

    private static WireProbe connected() throws IOException {
        return WireProbe.connected(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
    }

    private static WireProbe.Reply say(WireProbe probe, byte[] token) throws IOException {
        return probe.ask(OpCode.SASL, new Request.Sasl(Bytes.wrap(token)));
    }

    private static byte[] told(WireProbe.Reply reply) {
        Bytes token = ((Response.Token) reply.as(OpCode.SASL)).token();
        return token == null ? new byte[0] : token.toArray();
    }

    /** The client's end: who holds a ticket, and asks to be taken for somebody. */
    private record Client(GSSContext context, byte[] first) {

        static Client with(KerberosTicket ticket) throws Exception {
            Subject holder = new Subject(true, Set.of(ticket.getClient()), Set.of(), Set.of(ticket));
            PrivilegedExceptionAction<Client> begin = () -> {
                Oid kerberos = new Oid("1.2.840.113554.1.2.2");
                Oid principal = new Oid("1.2.840.113554.1.2.2.1");
                GSSManager manager = GSSManager.getInstance();
                GSSContext context = manager.createContext(
                        manager.createName(ticket.getServer().getName(), principal), kerberos, null, GSSContext.DEFAULT_LIFETIME);
                context.requestMutualAuth(true);
                context.requestInteg(true);
                return new Client(context, context.initSecContext(new byte[0], 0, 0));
            };
            return Subject.doAs(holder, begin);
        }

        /** All steps (RFC 4752), of which the last is answered by this. */
        WireProbe.Reply prove(WireProbe probe, String wanted) throws Exception {
            byte[] proof = told(say(probe, first));
            context.initSecContext(proof, 0, proof.length);
            byte[] offered = told(say(probe, new byte[0]));
            byte[] layers = context.unwrap(offered, 0, offered.length, new MessageProp(false));
            assertThat(layers).hasSize(4);
            assertThat(layers[0]).as("no protection of what follows is offered").isEqualTo((byte) 1);
            byte[] name = wanted.getBytes(StandardCharsets.UTF_8);
            byte[] chosen = new byte[4 + name.length];
            chosen[0] = 1;
            System.arraycopy(name, 0, chosen, 4, name.length);
            return say(probe, context.wrap(chosen, 0, chosen.length, new MessageProp(false)));
        }
    }

    private static Response.Identities whoAmI(WireProbe probe) throws IOException {
        return (Response.Identities) probe.ask(OpCode.WHO_AM_I, Request.Empty.EMPTY).as(OpCode.WHO_AM_I);
    }

    private static void isRefused(WireProbe probe, WireProbe.Reply reply) throws IOException {
        assertThat(reply.error()).isEqualTo(AUTH_FAILED);
        assertThat(reply.as(OpCode.SASL)).as("what ZooKeeper's client reads all the same").isEqualTo(new Response.Token(null));
        assertThat(probe.frameOrEnd()).isNull();
    }

    @Test
    @DisplayName("A7: who holds a ticket is its principal, by the name that rules give it")
    void aTicketProvesItsPrincipal() throws Exception {
        for (String wanted : new String[] {"", "bob@" + Realm.NAME}) {
            try (WireProbe probe = connected()) {
                assertThat(Client.with(ticket("bob")).prove(probe, wanted).error()).isZero();
                assertThat(whoAmI(probe).toString()).contains("sasl", "bob").doesNotContain("@");
            }
        }
        try (WireProbe probe = connected()) {
            assertThat(Client.with(ticket("kafka/a.b")).prove(probe, "").error()).isZero();
            assertThat(whoAmI(probe).toString()).contains("kafka/a.b").doesNotContain("@");
        }
        try (WireProbe probe = connected()) {
            assertThat(Client.with(ticket("zed")).prove(probe, "").error()).isZero();
            assertThat(whoAmI(probe).toString()).as("fits no rule").contains("zed@" + Realm.NAME);
        }
    }

    @Test
    @DisplayName("nobody is taken for somebody else, whatever ticket he holds")
    void anotherNameIsRefused() throws Exception {
        for (String wanted : new String[] {"boss", "boss@" + Realm.NAME, "bob", "bob@" + Realm.NAME + "\n"}) {
            try (WireProbe probe = connected()) {
                isRefused(probe, Client.with(ticket("bob")).prove(probe, wanted));
            }
        }
    }

    @Test
    @DisplayName("a principal that has no name here is nobody")
    void aPrincipalOfThreePartsIsRefused() throws Exception {
        try (WireProbe probe = connected()) {
            isRefused(probe, Client.with(ticket("a/b/c")).prove(probe, ""));
        }
    }

    @Test
    @DisplayName("a ticket that has ended, is another service's, is sealed by another's key, or was used before, proves nothing")
    void aWrongTicketIsRefused() throws Exception {
        Instant later = Instant.now().plusSeconds(3_600);
        KerberosTicket[] wrong = {
            REALM.ticket("bob", SERVER, SERVER, Instant.now().minusSeconds(3_600)),
            REALM.ticket("bob", NEIGHBOUR, NEIGHBOUR, later),
            REALM.ticket("bob", SERVER, NEIGHBOUR, later),
            REALM.ticket("bob", SERVER, "bob", later),
            REALM.ticket("bob", OTHER_HOST, OTHER_HOST, later)
        };
        for (KerberosTicket ticket : wrong) {
            try (WireProbe probe = connected()) {
                isRefused(probe, say(probe, Client.with(ticket).first()));
            }
        }
        byte[] overheard = Client.with(ticket("bob")).first();
        try (WireProbe probe = connected(); WireProbe replay = connected()) {
            assertThat(say(probe, overheard).error()).isZero();
            isRefused(replay, say(replay, overheard));
        }
    }

    @Test
    @DisplayName("nonsense proves nothing, at no step, and not even half an exchange lets anybody in")
    void nonsenseIsRefused() throws Exception {
        for (byte[] nonsense : new byte[][] {{1}, "nonsense".getBytes(StandardCharsets.UTF_8), {0x60, (byte) 0x84, 127, 127, 127, 127}, new byte[70_000]}) {
            try (WireProbe probe = connected()) {
                isRefused(probe, say(probe, nonsense));
            }
            try (WireProbe probe = connected()) {
                Client bob = Client.with(ticket("bob"));
                assertThat(say(probe, bob.first()).error()).isZero();
                assertThat(whoAmI(probe).toString()).as("half-way").doesNotContain("bob");
                isRefused(probe, say(probe, nonsense));
            }
        }
    }

    @Test
    @DisplayName("beside Kerberos there may be DIGEST-MD5: who begins with nothing means that")
    void aServerHasBoth() throws Exception {
        try (WireProbe probe = connected()) {
            assertThat(new String(told(say(probe, new byte[0])), StandardCharsets.UTF_8)).contains("realm=\"zk-sasl-md5\"");
        }
    }

    @Test
    @DisplayName("a key that is not there is told when the server is made, COORD-1073")
    void aKeyThatCannotBeUsed() throws Exception {
        Path keyTab = REALM.keyTab(directory.resolve("other.keytab"), NEIGHBOUR);
        Path nonsense = Files.writeString(directory.resolve("nonsense.keytab"), "nonsense");
        ZooKeeperServer port = ZooKeeperServer.listeningOn(0);
        String principal = SERVER + "@" + Realm.NAME;
        assertThatThrownBy(() -> port.sasl(ClientKerberos.keyTab(principal, keyTab)))
                .isInstanceOf(ConfigException.class).hasMessageStartingWith("COORD-1073").hasMessageContaining("has no key of " + principal);
        assertThatThrownBy(() -> port.sasl(ClientKerberos.keyTab(principal, nonsense))).hasMessageStartingWith("COORD-1073");
        assertThatThrownBy(() -> port.sasl(ClientKerberos.keyTab(principal, directory.resolve("none")))).hasMessageContaining("does not exist");
        assertThatThrownBy(() -> port.sasl(ClientKerberos.keyTab("zookeeper", keyTab))).hasMessageContaining("zookeeper/HOST@REALM");
        assertThatThrownBy(() -> ClientKerberos.keyTab(principal, keyTab).rules("RULE:[1:$7]")).hasMessageContaining("makes no sense");
    }

    @Test
    @DisplayName("new keys count once they are in the file, and the old ones as long as they are")
    void keysAreExchangedWhileItRuns() throws Exception {
        Path keyTab = REALM.keyTab(directory.resolve("exchanged.keytab"), SERVER);
        ZooKeeperServer door = ZooKeeperServer.listeningOn(0).threads(1).sasl(ClientKerberos.keyTab(SERVER + "@" + Realm.NAME, keyTab));
        try (LocalEnsemble one = LocalEnsemble.builder().members(1).frontEnd(member -> door).start()) {
            one.leader();
            InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), door.port());
            Realm next = new Realm();
            KerberosTicket later = next.ticket("bob", SERVER, SERVER, Instant.now().plusSeconds(3_600));
            try (WireProbe probe = WireProbe.connected(address)) {
                isRefused(probe, say(probe, Client.with(later).first()));
            }
            next.keyTab(keyTab, SERVER);
            Files.setLastModifiedTime(keyTab, FileTime.from(Instant.now().plusSeconds(2)));
            try (WireProbe probe = WireProbe.connected(address)) {
                assertThat(Client.with(later).prove(probe, "").error()).isZero();
                assertThat(whoAmI(probe).toString()).contains("bob@" + Realm.NAME);
            }
        }
    }
}
