package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.netty.ZooKeeperServer;
import io.coord.netty.jute.ConnectRequest;
import io.coord.netty.jute.ConnectResponse;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.Request;
import io.coord.testkit.LocalEnsemble;
import io.coord.testkit.bench.WireCrowd;
import io.netty.buffer.Unpooled;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients in numbers, and such as mean no good: a server survives them within its limits, and serves another client meanwhile. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class WireCrowdsTest {

    private static final ConnectRequest GREETING = new ConnectRequest(0, 0, 30_000, 0, Bytes.wrap(new byte[16]), false);

    private ZooKeeperServer server;
    private LocalEnsemble ensemble;

    private void start(UnaryOperator<ZooKeeperServer> options) {
        ensemble = LocalEnsemble.builder()
                .members(1)
                .config(MemberConfig.DEFAULT.withSessionTimeouts(Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ofMinutes(1)))
                .frontEnd(member -> server = options.apply(ZooKeeperServer.listeningOn(0).threads(1).maxConnections(0, 0)))
                .start();
        assertThat(ensemble.leader()).isEqualTo(MemberId.of(1));
    }

    @AfterEach
    void stop() {
        ensemble.close();
    }

    private InetSocketAddress door() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
    }

    private static void serves(WireProbe client) throws IOException {
        assertThat(client.ask(OpCode.PING, Request.Empty.EMPTY).error()).isZero();
    }

    @Test
    @DisplayName("slow loris: 200 who say a byte now and then are parted from at the deadline, however busy they seem")
    void slowLoris() throws Exception {
        slowLoris(200);
    }

    @Test
    @Tag("soak")
    @DisplayName("slow loris: 5,000 who say a byte now and then are parted from at the deadline, however busy they seem")
    void slowLorisOfThousands() throws Exception {
        slowLoris(5_000);
    }

    private void slowLoris(int count) throws Exception {
        start(door -> door.handshakeDeadline(Duration.ofSeconds(1)));
        try (WireProbe client = new WireProbe(door())) {
            client.greet(GREETING);
            List<WireProbe> slow = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                slow.add(new WireProbe(door()));
            }
            long begun = System.nanoTime();
            byte[] length = {0, 0, 3, (byte) 0xe8};
            for (int said = 0; !slow.isEmpty(); said++) {
                byte[] oneMore = {said < length.length ? length[said] : 0};
                slow.removeIf(probe -> !says(probe, oneMore));
                serves(client);
            }
            System.out.printf("slow loris: %,d gone after %,d ms%n", count, (System.nanoTime() - begun) / 1_000_000);
        }
    }

    /** Whether a probe could say so, and is not told that the connection is over. */
    private static boolean says(WireProbe probe, byte[] bytes) {
        try {
            probe.sendRaw(Unpooled.wrappedBuffer(bytes));
            if (!probe.isAtEnd()) {
                return true;
            }
        } catch (IOException closed) {
            // as it should be
        }
        try {
            probe.close();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return false;
    }

    @Test
    @DisplayName("half-open: a client that is gone without a word costs its session's timeout, not more, and nobody else anything")
    void halfOpen() throws Exception {
        start(door -> door);
        try (WireProbe client = new WireProbe(door()); WireProbe silent = new WireProbe(door())) {
            client.greet(GREETING);
            ConnectResponse granted = silent.greet(new ConnectRequest(0, 0, 1_000, 0, Bytes.wrap(new byte[16]), false));
            assertThat(granted.timeoutMillis()).isEqualTo(1_000);
            silent.ask(OpCode.CREATE, new Request.Create("/silent", Bytes.EMPTY, Acl.OPEN, 1));
            client.ask(OpCode.EXISTS, new Request.Watched("/silent", true));
            // Not a byte more, and the socket stays open, as of a machine that lost its power.
            assertThat(client.next().header().xid()).as("the event that its node is gone").isEqualTo(-1);
            assertThat(silent.frameOrEnd()).as("and the connection with it").isNull();
            serves(client);
        }
    }

    @Test
    @DisplayName("1,000 connects at once are all served")
    void connects() throws Exception {
        connects(1_000);
    }

    @Test
    @Tag("soak")
    @DisplayName("10,000 connects, from a process of their own, are all served, and all sessions live")
    void connectsOfThousands() throws Exception {
        start(door -> door);
        Process crowd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m",
                        "-cp", System.getProperty("java.class.path"), WireCrowd.class.getName(), "127.0.0.1:" + server.port(), "10000")
                .redirectErrorStream(true)
                .start();
        try (WireProbe client = new WireProbe(door()); BufferedReader out = crowd.inputReader(StandardCharsets.US_ASCII)) {
            client.greet(GREETING);
            String line = out.readLine();
            System.out.println("10,000 connects: " + line);
            assertThat(line).startsWith("opened in ");
            serves(client);
            assertThat(crowd.waitFor()).isZero();
        } finally {
            crowd.destroyForcibly();
        }
    }

    private void connects(int count) throws Exception {
        start(door -> door);
        long begun = System.nanoTime();
        List<WireProbe> all = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                WireProbe probe = new WireProbe(door());
                all.add(probe);
                probe.send(GREETING::write);
            }
            for (WireProbe probe : all) {
                assertThat(probe.frame().getInt(4)).as("the timeout granted").isEqualTo(30_000);
            }
            long connected = System.nanoTime();
            for (WireProbe probe : all) {
                probe.send(OpCode.PING, Request.Empty.EMPTY);
            }
            for (WireProbe probe : all) {
                assertThat(probe.next().error()).isZero();
            }
            System.out.printf("%,d connects: %,d ms, a ping of all of them %,d ms%n", count, (connected - begun) / 1_000_000,
                    (System.nanoTime() - connected) / 1_000_000);
        } finally {
            for (WireProbe probe : all) {
                probe.close();
            }
        }
    }

    @Test
    @DisplayName("a setWatches of 100,000 paths, 2 MB in one frame, is taken where the frame may be that large, and ends the connection where it may not")
    void setWatches() throws Exception {
        start(door -> door.maxFrameBytes(4 << 20));
        List<String> paths = IntStream.range(0, 100_000).mapToObj(i -> "/watched/" + i).toList();
        Request.SetWatches watches = new Request.SetWatches(Long.MAX_VALUE, List.of(), paths, List.of(), null);
        try (WireProbe client = new WireProbe(door()); WireProbe watching = new WireProbe(door())) {
            client.greet(GREETING);
            watching.greet(GREETING);
            long begun = System.nanoTime();
            watching.send(OpCode.SET_WATCHES, watches);
            serves(client);
            assertThat(watching.next().error()).isZero();
            System.out.printf("a setWatches of 100,000 paths: %,d ms%n", (System.nanoTime() - begun) / 1_000_000);
            client.ask(OpCode.CREATE, new Request.Create("/watched", Bytes.EMPTY, Acl.OPEN, 0));
            client.ask(OpCode.CREATE, new Request.Create("/watched/99999", Bytes.EMPTY, Acl.OPEN, 0));
            assertThat(watching.next().header().xid()).as("the event").isEqualTo(-1);
        }
        ensemble.close();
        start(door -> door);
        try (WireProbe watching = new WireProbe(door()); WireProbe client = new WireProbe(door())) {
            client.greet(GREETING);
            watching.greet(GREETING);
            assertThat(watching.endsAt(OpCode.SET_WATCHES, watches)).isTrue();
            serves(client);
        }
    }
}
