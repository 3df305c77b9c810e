package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.coord.Bytes;
import io.coord.MemberConfig;
import io.coord.ensemble.spi.FrontEnd;
import io.coord.ensemble.spi.SessionPort;
import io.coord.netty.ClientTls;
import io.coord.netty.ZooKeeperServer;
import io.coord.netty.jute.ConnectRequest;
import io.coord.netty.jute.JuteWriter;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.Request;
import io.coord.netty.jute.RequestHeader;
import io.coord.netty.jute.Xid;
import io.coord.testkit.LocalEnsemble;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.ClientInfo;
import org.apache.zookeeper.data.Id;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that come by TLS, ZooKeeper's own among them. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WireTlsTest {

    private static final char[] PASSWORD = "changeit".toCharArray();
    /** This machine, where all of 127.0.0.0/8 is; elsewhere it has to be told so. */
    private static final String ELSEWHERE = "127.0.0.2";

    @TempDir
    static Path directory;

    private static Path trusted;
    private ZooKeeperServer server;
    private LocalEnsemble ensemble;

    @BeforeAll
    static void sign() throws Exception {
        X509Bundle root = certificate("CN=authority").setIsCertificateAuthority(true).buildSelfSigned();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("root", root.getCertificate());
        trusted = write("trusted", store);
        for (String name : List.of("server", "client", "chief")) {
            write(name, certificate("CN=" + name + ",O=Coord").addSanIpAddress("127.0.0.1").buildIssuedBy(root).toKeyStore(PASSWORD));
        }
        X509Bundle other = certificate("CN=elsewhere").setIsCertificateAuthority(true).buildSelfSigned();
        write("stranger", certificate("CN=stranger").buildIssuedBy(other).toKeyStore(PASSWORD));
    }

    private static CertificateBuilder certificate(String subject) {
        return new CertificateBuilder()
                .ecp256()
                .subject(subject)
                .notBefore(Instant.now().minus(Duration.ofDays(1)))
                .notAfter(Instant.now().plus(Duration.ofDays(100)));
    }

    private static Path write(String name, KeyStore store) throws Exception {
        Path file = directory.resolve(name + ".p12");
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, PASSWORD);
        }
        return file;
    }

    private void start(UnaryOperator<ClientTls> options) {
        start(ZooKeeperServer.listeningOn(0)
                .tls(options.apply(ClientTls.keyStore(directory.resolve("server.p12"), PASSWORD, trusted, PASSWORD)))
                .fourLetterWords(Set.of("mntr", "ruok")));
    }

    private void start(ZooKeeperServer options) {
        server = options.threads(1);
        ensemble = LocalEnsemble.builder()
                .members(1)
                .config(MemberConfig.DEFAULT.withSessionTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofMinutes(1)))
                .frontEnd(member -> server)
                .start();
        ensemble.leader();
    }

    @AfterEach
    void stop() {
        ensemble.close();
    }

    private ZooKeeper client(String certificate) throws Exception {
        ZKClientConfig config = new ZKClientConfig();
        config.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, "false");
        config.setProperty(ZKClientConfig.SECURE_CLIENT, "true");
        config.setProperty(ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, "org.apache.zookeeper.ClientCnxnSocketNetty");
        config.setProperty("zookeeper.ssl.keyStore.location", directory.resolve(certificate + ".p12").toString());
        config.setProperty("zookeeper.ssl.keyStore.password", new String(PASSWORD));
        config.setProperty("zookeeper.ssl.trustStore.location", trusted.toString());
        config.setProperty("zookeeper.ssl.trustStore.password", new String(PASSWORD));
        return new ZooKeeper("127.0.0.1:" + server.port(), 20_000, event -> { }, config);
    }

    @Test
    @DisplayName("A7: over mutual TLS a client is whom its certificate names, and what it keeps to itself opens to the superuser's only")
    void theCertificateIsTheIdentity() throws Exception {
        start(tls -> tls.superUser("CN=chief,O=Coord"));
        try (ZooKeeper client = client("client")) {
            client.create("/own", new byte[200_000], ZooDefs.Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
            assertThat(client.getData("/own", false, null)).hasSize(200_000);
            assertThat(client.getACL("/own", null)).extracting(acl -> acl.getId().getScheme() + ":" + acl.getId().getId())
                    .containsExactly("x509:CN=client,O=Coord");
            assertThat(client.whoAmI()).extracting(ClientInfo::getAuthScheme).contains("x509", "ip");
            for (String id : List.of("kafka=1", "CN=a,", "CN=a+O", "a=b,CN=c")) {
                List<ACL> nobodys = Arrays.asList(new ACL(ZooDefs.Perms.ALL, new Id("x509", id)));
                assertThatThrownBy(() -> client.create("/nobodys", new byte[0], nobodys, CreateMode.PERSISTENT))
                        .as(id).isInstanceOf(KeeperException.InvalidACLException.class);
            }
            List<ACL> anothers = Arrays.asList(new ACL(ZooDefs.Perms.ALL, new Id("x509", "1.2.3=x,CN=a")));
            client.create("/another", null, anothers, CreateMode.PERSISTENT);
        }
        try (ZooKeeper server = client("server")) {
            assertThatThrownBy(() -> server.getData("/own", false, null)).isInstanceOf(KeeperException.NoAuthException.class);
        }
        try (ZooKeeper chief = client("chief")) {
            assertThat(chief.getData("/own", false, null)).hasSize(200_000);
            assertThat(chief.whoAmI()).extracting(client -> client.getAuthScheme() + ":" + client.getUser())
                    .contains("super:", "x509:CN=chief,O=Coord");
        }
    }

    @Test
    @DisplayName("security.5: who has no certificate of the authority's, or speaks no TLS, does not come in")
    void strangersStayOutside() throws Exception {
        start(tls -> tls);
        try (Socket stranger = TlsClients.connected(server.port(), directory.resolve("stranger.p12"), PASSWORD, trusted)) {
            assertThat(TlsClients.isShownOut(stranger)).isTrue();
        }
        try (WireProbe plain = new WireProbe(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()))) {
            plain.sendRaw(io.netty.buffer.Unpooled.copiedBuffer("ruok\n", java.nio.charset.StandardCharsets.US_ASCII));
            assertThat(plain.text()).doesNotContain("imok");
        }
    }

    @Test
    @DisplayName("security.5: TLS 1.2's second handshake ends the connection; TLS 1.3's new keys do not")
    void oneHandshake() throws Exception {
        start(tls -> tls);
        for (String protocol : List.of("TLSv1.2", "TLSv1.3")) {
            try (SSLSocket socket = (SSLSocket) TlsClients.context(directory.resolve("client.p12"), PASSWORD, trusted)
                    .getSocketFactory()
                    .createSocket(InetAddress.getLoopbackAddress(), server.port())) {
                socket.setEnabledProtocols(new String[] {protocol});
                socket.setSoTimeout(20_000);
                socket.startHandshake();
                greet(socket);
                if (protocol.equals("TLSv1.2")) {
                    assertThat(endsAtHandshake(socket)).isTrue();
                } else {
                    socket.startHandshake();
                    ping(socket);
                }
            }
        }
    }

    private static boolean endsAtHandshake(SSLSocket socket) throws IOException {
        try {
            socket.startHandshake();
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException open) {
            return false;
        } catch (IOException closed) {
            return true;
        }
    }

    private static void greet(Socket socket) throws IOException {
        send(socket, new ConnectRequest(0, 0, 10_000, 0, Bytes.wrap(new byte[16]), false)::write);
    }

    private static void ping(Socket socket) throws IOException {
        send(socket, new RequestHeader(Xid.PING, OpCode.PING.number())::write);
    }

    /** Sends a frame, and waits for the next. */
    private static void send(Socket socket, Consumer<JuteWriter> body) throws IOException {
        ByteBuf out = Unpooled.buffer();
        JuteWriter writer = new JuteWriter(out);
        int at = writer.beginFrame();
        body.accept(writer);
        writer.endFrame(at);
        socket.getOutputStream().write(ByteBufUtil.getBytes(out));
        DataInputStream in = new DataInputStream(socket.getInputStream());
        in.readFully(new byte[in.readInt()]);
    }

    @Test
    @DisplayName("security.15: where as many as may be are amid their TLS handshake, who is silent elsewhere keeps nobody out; it is counted")
    void handshakesAtOnce() throws Exception {
        assumeTrue(isOurs(ELSEWHERE), "skipped: this machine is not 127.0.0.2 as well");
        ClientTls tls = ClientTls.keyStore(directory.resolve("server.p12"), PASSWORD, trusted, PASSWORD);
        start(ZooKeeperServer.listeningOn(0).tls(tls).maxHandshakes(2).handshakeDeadline(Duration.ofMinutes(2)).fourLetterWords(Set.of("mntr")));
        try (Socket first = silent(); Socket second = silent();
                SSLSocket known = (SSLSocket) TlsClients.context(directory.resolve("client.p12"), PASSWORD, trusted)
                        .getSocketFactory()
                        .createSocket(InetAddress.getLoopbackAddress(), server.port())) {
            known.setSoTimeout(20_000);
            known.setEnabledProtocols(new String[] {"TLSv1.2"}); // in which the server has the last word
            known.startHandshake();
            assertThat(isAtEnd(first)).as("the first where most are silent").isTrue();
            try (Socket third = silent(); Socket fourth = silent()) {
                assertThat(isAtEnd(fourth)).as("who comes where most are silent").isTrue();
                for (Socket one : List.of(second, third)) {
                    one.setSoTimeout(1);
                    assertThatThrownBy(() -> one.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
                }
                known.getOutputStream().write("mntr".getBytes(StandardCharsets.US_ASCII));
                assertThat(new String(known.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                        .contains("zk_tls_handshake_exceeded\t2\n", "zk_outstanding_tls_handshake\t2\n", "zk_unsuccessful_handshake\t0\n");
            }
        }
    }

    private static boolean isOurs(String address) throws IOException {
        try (Socket socket = new Socket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
            return true;
        } catch (BindException foreign) {
            return false;
        }
    }

    /** Says nothing, from an address that nobody else has. */
    private Socket silent() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port(), InetAddress.getByName(ELSEWHERE), 0);
        socket.setSoTimeout(20_000); // a handshake is given longer
        return socket;
    }

    /** Whether the server ends it, after a word at most. */
    private static boolean isAtEnd(Socket socket) throws IOException {
        try {
            socket.getInputStream().readAllBytes();
            return true;
        } catch (SocketTimeoutException open) {
            return false;
        }
    }

    @Test
    @DisplayName("4L1, L3: two doors of a member count together what is the server's; whose connections they are is told by each")
    void twoDoors() throws Exception {
        ClientTls tls = ClientTls.keyStore(directory.resolve("server.p12"), PASSWORD, trusted, PASSWORD);
        ZooKeeperServer plain = ZooKeeperServer.listeningOn(0)
                .threads(1).fourLetterWords(Set.of("mntr", "cons", "srst")).connectRate(3, 1, Duration.ofHours(1));
        server = ZooKeeperServer.listeningOn(0).threads(1).tls(tls).connectRate(3, 1, Duration.ofHours(1)).countingWith(plain);
        FrontEnd both = new FrontEnd() {
            @Override
            public void open(SessionPort member) {
                server.open(member);
                plain.open(member);
            }

            @Override
            public void close() {
                plain.close();
                server.close();
            }
        };
        ensemble = LocalEnsemble.builder().members(1).frontEnd(member -> both).start();
        ensemble.leader();
        InetSocketAddress here = new InetSocketAddress(InetAddress.getLoopbackAddress(), plain.port());
        try (ZooKeeper client = client("client"); WireProbe probe = WireProbe.connected(here)) {
            client.exists("/", false);
            String monitored = ReadOnlyContract.ask(here, "mntr");
            assertThat(monitored).contains("zk_num_alive_connections\t3\n", "zk_connection_request_count\t2\n");
            assertThat(ReadOnlyContract.ask(here, "cons").lines().filter(line -> line.contains(",sid="))).hasSize(1);
            assertThat(probe.ask(OpCode.PING, Request.Empty.EMPTY).error()).isZero();
            try (WireProbe third = WireProbe.connected(here); WireProbe fourth = new WireProbe(here)) {
                assertThat(third.ask(OpCode.PING, Request.Empty.EMPTY).error()).isZero();
                fourth.send(new ConnectRequest(0, 0, 10_000, 0, Bytes.wrap(new byte[16]), false)::write);
                assertThat(fourth.frameOrEnd()).isNull();
            }
        }
    }

    @Test
    @DisplayName("port unification: at one port with TLS and without, told apart by the first byte")
    void bothAtOnePort() throws Exception {
        start(tls -> tls.clientAuth(ClientTls.ClientAuth.NONE).plainTextToo());
        try (ZooKeeper client = client("stranger");
                WireProbe plain = WireProbe.connected(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()))) {
            client.create("/both", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
            assertThat(plain.ask(OpCode.EXISTS, new Request.Watched("/both", false)).error()).isZero();
            assertThat(client.whoAmI()).extracting(ClientInfo::getAuthScheme).containsExactly("ip");
        }
    }

    @Test
    @DisplayName("L3: a connection that comes while no key can be had is closed, and takes nobody's place from then on")
    void noKey() throws Exception {
        AtomicBoolean isThere = new AtomicBoolean();
        SSLContext key = TlsClients.context(directory.resolve("server.p12"), PASSWORD, trusted);
        start(ZooKeeperServer.listeningOn(0).maxConnections(1, 0).tls(ClientTls.of(() -> {
            if (!isThere.get()) {
                throw new IllegalStateException("the key is being written");
            }
            return key;
        })));
        try (WireProbe first = new WireProbe(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()))) {
            assertThat(first.frameOrEnd()).isNull();
        }
        isThere.set(true);
        try (ZooKeeper second = client("client")) {
            assertThat(second.exists("/", false)).isNotNull();
        }
    }

    @Test
    @DisplayName("4L1: mntr counts TLS handshakes that fail, and none that are over as under way")
    void handshakesAreCounted() throws Exception {
        start(tls -> tls.clientAuth(ClientTls.ClientAuth.NONE).plainTextToo());
        InetSocketAddress here = new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
        try (WireProbe halting = new WireProbe(here)) {
            halting.sendRaw(io.netty.buffer.Unpooled.buffer().writeByte(0x16).writeBytes(new byte[40]));
            halting.text();
        }
        try (Socket good = TlsClients.connected(server.port(), directory.resolve("stranger.p12"), PASSWORD, trusted)) {
            assertThat(good.isConnected()).isTrue();
            assertThat(ReadOnlyContract.ask(here, "mntr")).contains("zk_outstanding_tls_handshake\t0\n", "zk_unsuccessful_handshake\t1\n");
        }
    }
}
