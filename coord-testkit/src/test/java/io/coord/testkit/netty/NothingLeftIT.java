package io.coord.testkit.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.UnixOperatingSystemMXBean;
import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Ensemble;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Session;
import io.coord.ensemble.Member;
import io.coord.netty.ClientTls;
import io.coord.netty.NettyTransport;
import io.coord.netty.ZooKeeperClient;
import io.coord.netty.ZooKeeperServer;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest leaves nothing behind, however often it comes: no thread, no socket, no file descriptor, no buffer. A thousand times each, with
 * Netty looking at every buffer:
 * {@code mvn -Psoak verify -pl coord-testkit -am -Dtest=- -Dit.test=NothingLeftIT -Dsurefire.failIfNoSpecifiedTests=false
 * -Dfailsafe.failIfNoSpecifiedTests=false}.
 */
class NothingLeftIT {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** Numbers of their own: the threads of other tests in this JVM are told from these by name. */
    private static final int FIRST = 201;

    private static final int GUEST = 203;
    private static final int WARM_UP = 5;
    private static final int TOLERANCE = 15;
    /** Far below the time that a dial is given here, and above what a busy machine takes. */
    private static final Duration CLOSE_MAX = Duration.ofSeconds(40);

    @TempDir
    Path directory;

    @Test
    void aMemberThatWasOpenedAndClosedTwentyTimes() throws Exception {
        openAndClose(20);
    }

    @Test
    @Tag("soak")
    @Timeout(3600)
    void aMemberThatWasOpenedAndClosedAThousandTimes() throws Exception {
        openAndClose(1_000);
    }

    @Test
    void aMemberThatIsClosedWithClientsConnected() throws Exception {
        repeat(10, this::closeWithClients);
    }

    @Test
    @Tag("soak")
    @Timeout(3600)
    void aMemberThatIsClosedWithClientsConnectedAThousandTimes() throws Exception {
        repeat(1_000, this::closeWithClients);
    }

    @Test
    void aMemberThatIsClosedWithClientsOfTls() throws Exception {
        repeat(5, closeWithClientsOfTls());
    }

    @Test
    @Tag("soak")
    @Timeout(3600)
    void aMemberThatIsClosedWithClientsOfTlsAThousandTimes() throws Exception {
        repeat(1_000, closeWithClientsOfTls());
    }

    @Test
    void aMemberThatIsClosedWhileItDialsWhoDoesNotAnswer() throws Exception {
        try (Unreachable others = new Unreachable()) {
            repeat(10, round -> closeWhileDialling(others, round));
        }
    }

    @Test
    @Tag("soak")
    @Timeout(3600)
    void aMemberThatIsClosedWhileItDialsWhoDoesNotAnswerAThousandTimes() throws Exception {
        try (Unreachable others = new Unreachable()) {
            repeat(1_000, round -> closeWhileDialling(others, round));
        }
    }

    @Test
    void aMemberWhoseStartFails() throws Exception {
        repeat(10, this::failToStart);
    }

    @Test
    @Tag("soak")
    @Timeout(3600)
    void aMemberWhoseStartFailsAThousandTimes() throws Exception {
        repeat(1_000, this::failToStart);
    }

    @Test
    void aClientThatIsClosedWhileItDialsAServerThatDoesNotAnswer() throws Exception {
        try (Unreachable server = new Unreachable()) {
            repeat(10, round -> giveUpDialling(server));
        }
    }

    private interface Round {
        void run(int number) throws Exception;
    }

    /** The same, again and again: afterwards all is as it was. */
    private static void repeat(int times, Round round) throws Exception {
        LeakWatch watch = new LeakWatch();
        for (int i = 0; i < WARM_UP; i++) {
            round.run(i);
        }
        long descriptors = descriptors();
        for (int i = 0; i < times; i++) {
            round.run(WARM_UP + i);
            awaitNoThread("coord-(" + GUEST + "-|peers|client)");
        }
        Patience.until("descriptors to be closed", () -> descriptors() <= descriptors + TOLERANCE / 2);
        for (int i = 0; i < 3; i++) {
            watch.collect();
        }
        assertThat(watch.leaks()).isEmpty();
    }

    /** Clients of every kind: one with a session, proven by SASL, and a request on its way, one that says nothing, one amid its first frame. */
    private void closeWithClients(int round) throws Exception {
        ZooKeeperServer door = ZooKeeperServer.listeningOn(0).sasl(user -> "secret".toCharArray());
        Member member = Member.builder(MemberId.of(GUEST), Ensemble.parse(GUEST + "=127.0.0.1:1"))
                .dataDirectory(directory.resolve("clients-" + round % WARM_UP))
                .frontEnd(door)
                .start();
        try (Socket silent = new Socket(InetAddress.getLoopbackAddress(), door.port());
                Socket hesitant = new Socket(InetAddress.getLoopbackAddress(), door.port())) {
            hesitant.getOutputStream().write(new byte[] {0, 0, 0, 44, 0, 0});
            AsyncSession session = ZooKeeperClient.to("127.0.0.1:" + door.port())
                    .withSasl("guest", "secret".toCharArray())
                    .openAsync()
                    .toCompletableFuture()
                    .get(30, TimeUnit.SECONDS);
            CompletionStage<?> asked = session.submit(
                    new Operation.Create("/guest-", Bytes.utf8("here"), CreateMode.EPHEMERAL_SEQUENTIAL, List.of(), 0));
            member.close();
            assertThat(silent.getInputStream().read()).isEqualTo(-1);
            assertThat(hesitant.getInputStream().read()).isEqualTo(-1);
            asked.toCompletableFuture().handle((done, lost) -> done).get(30, TimeUnit.SECONDS);
            session.closeAsync().toCompletableFuture().get(30, TimeUnit.SECONDS);
        } finally {
            member.close();
        }
        awaitNoThread("coord-client");
    }

    private Round closeWithClientsOfTls() throws Exception {
        char[] password = "not-for-logs".toCharArray();
        X509Bundle certificate = new CertificateBuilder()
                .ecp256()
                .subject("CN=server")
                .addSanIpAddress("127.0.0.1")
                .notAfter(Instant.now().plus(Duration.ofDays(100)))
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        Path keys = directory.resolve("server.p12");
        try (OutputStream out = Files.newOutputStream(keys)) {
            certificate.toKeyStore(password).store(out, password);
        }
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", certificate.getCertificate());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext client = SSLContext.getInstance("TLS");
        client.init(null, trust.getTrustManagers(), null);
        return round -> closeWithClientsOfTls(ClientTls.keyStore(keys, password).clientAuth(ClientTls.ClientAuth.NONE), client, round);
    }

    /** One with a session, one that says nothing behind its handshake, one amid its first frame, one amid its handshake. */
    private void closeWithClientsOfTls(ClientTls tls, SSLContext client, int round) throws Exception {
        ZooKeeperServer door = ZooKeeperServer.listeningOn(0).tls(tls);
        Member member = Member.builder(MemberId.of(GUEST), Ensemble.parse(GUEST + "=127.0.0.1:1"))
                .dataDirectory(directory.resolve("tls-" + round % WARM_UP))
                .frontEnd(door)
                .start();
        try (Socket guest = shaken(client, door);
                Socket silent = shaken(client, door);
                Socket hesitant = shaken(client, door);
                Socket amid = new Socket(InetAddress.getLoopbackAddress(), door.port())) {
            guest.getOutputStream().write(ByteBuffer.allocate(49).putInt(45).putInt(0).putLong(0).putInt(10_000).putLong(0).putInt(16).array());
            assertThat(guest.getInputStream().readNBytes(41)).hasSize(41);
            hesitant.getOutputStream().write(new byte[] {0, 0, 0, 44, 0, 0});
            amid.getOutputStream().write(new byte[] {22, 3, 1, 2, 0, 1});
            member.close();
            for (Socket socket : List.of(guest, silent, hesitant, amid)) {
                awaitEnd(socket);
            }
        } finally {
            member.close();
        }
    }

    private static Socket shaken(SSLContext client, ZooKeeperServer door) throws IOException {
        SSLSocket socket = (SSLSocket) client.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), door.port());
        socket.startHandshake();
        return socket;
    }

    /** Behind a farewell or without one; the test's time limit is for whoever is not parted from. */
    private static void awaitEnd(Socket socket) {
        try {
            socket.getInputStream().readAllBytes();
        } catch (IOException e) {
            // it ended so
        }
    }

    private void closeWhileDialling(Unreachable others, int round) {
        Ensemble ensemble = Ensemble.parse(GUEST + "=127.0.0.1:1,204=127.0.0.1:" + others.port() + ",205=localhost:" + others.port());
        Member member = Member.builder(MemberId.of(GUEST), ensemble)
                .dataDirectory(directory.resolve("dialling-" + round % WARM_UP))
                .transport(NettyTransport.listeningOn(0).connectTimeout(Duration.ofMinutes(10)))
                .frontEnd(ZooKeeperServer.listeningOn(0))
                .start();
        long begin = System.nanoTime();
        member.close();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(CLOSE_MAX);
    }

    /** Its door cannot be opened, when all else is already. */
    private void failToStart(int round) throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Member.Builder member = Member.builder(MemberId.of(GUEST), Ensemble.parse(GUEST + "=127.0.0.1:1,204=127.0.0.1:2,205=127.0.0.1:3"))
                    .dataDirectory(directory.resolve("failing-" + round % WARM_UP))
                    .transport(NettyTransport.listeningOn(round % 2 == 0 ? 0 : taken.getLocalPort()))
                    .frontEnd(ZooKeeperServer.listeningOn(0))
                    .frontEnd(ZooKeeperServer.listeningOn(taken.getLocalPort()));
            assertThatThrownBy(member::start).hasMessageContaining("COORD-1004");
        }
    }

    private static void giveUpDialling(Unreachable server) throws Exception {
        CompletionStage<AsyncSession> opening = ZooKeeperClient.to("127.0.0.1:" + server.port())
                .withRequestTimeout(Duration.ofMillis(20))
                .openAsync();
        assertThatThrownBy(() -> opening.toCompletableFuture().get(30, TimeUnit.SECONDS)).hasMessageContaining("opened a session");
        awaitNoThread("coord-client");
    }

    /** A port whose queue of connections is full: whoever dials it waits. */
    private static final class Unreachable implements AutoCloseable {
        private final ServerSocket server;
        private final List<SocketChannel> queue = new ArrayList<>();

        Unreachable() throws IOException {
            server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            for (int i = 0; i < 8; i++) {
                SocketChannel waiting = SocketChannel.open();
                waiting.configureBlocking(false);
                waiting.connect(server.getLocalSocketAddress());
                queue.add(waiting);
            }
        }

        int port() {
            return server.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            for (SocketChannel waiting : queue) {
                waiting.close();
            }
            server.close();
        }
    }

    /** Two members stay, and a third comes and goes. */
    private void openAndClose(int times) throws Exception {
        LeakWatch watch = new LeakWatch();
        try (TcpEnsemble ensemble = new TcpEnsemble(FIRST, 3, directory, transport -> transport).start()) {
            ensemble.leader();
            ensemble.stop(GUEST);
            for (int i = 0; i < WARM_UP; i++) {
                comeAndGo(ensemble);
            }
            long descriptors = descriptors();
            for (int i = 0; i < times; i++) {
                comeAndGo(ensemble);
                awaitNoThread("coord-" + GUEST + "-");
            }
            // The two that stay may be amid a call, through proxies, and the JVM opens jars: but one a time would be more.
            Patience.until("descriptors to be closed", () -> descriptors() <= descriptors + TOLERANCE);
        }
        awaitNoThread("coord-20[123]-");
        for (int i = 0; i < 3; i++) {
            watch.collect();
        }
        assertThat(watch.leaks()).isEmpty();
    }

    private static void comeAndGo(TcpEnsemble ensemble) {
        Member guest = ensemble.start(GUEST);
        try (Session session = guest.openSession(TIMEOUT)) {
            session.create(NodePath.of("/guest-"), Bytes.utf8("here"), CreateMode.EPHEMERAL_SEQUENTIAL);
        }
        ensemble.stop(GUEST);
    }

    /** They have nothing more to do when their owner is closed, but may yet have to be run for their last step. */
    private static void awaitNoThread(String prefix) {
        Patience.until("the threads of " + prefix + " to end", () -> threads(prefix).isEmpty());
    }

    private static List<String> threads(String prefix) {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.matches(prefix + ".*"))
                .toList();
    }

    private static long descriptors() {
        return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getOpenFileDescriptorCount();
    }
}
