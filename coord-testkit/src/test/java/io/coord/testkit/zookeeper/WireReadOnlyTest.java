package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.netty.ZooKeeperServer;
import io.coord.netty.jute.ConnectRequest;
import io.coord.netty.jute.ConnectResponse;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.Request;
import io.coord.testkit.LocalEnsemble;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Reading without a quorum, at a member of ours. */
class WireReadOnlyTest extends ReadOnlyContract {

    private static final MemberId SURVIVOR = MemberId.of(2);
    private static final Bytes NO_PASSWORD = Bytes.wrap(new byte[16]);

    private static final class Members implements Servers {
        private final Map<MemberId, ZooKeeperServer> servers = new ConcurrentHashMap<>();
        private final Map<MemberId, Integer> ports = new ConcurrentHashMap<>();
        private final LocalEnsemble ensemble = LocalEnsemble.builder()
                .members(3)
                .config(MemberConfig.DEFAULT.withSessionTimeouts(Duration.ofMillis(500), Duration.ofSeconds(10), Duration.ofMinutes(1)))
                .frontEnd(this::server)
                .start();

        private ZooKeeperServer server(MemberId member) {
            ZooKeeperServer server = ZooKeeperServer.listeningOn(ports.getOrDefault(member, 0)).threads(1).readOnlyMode()
                    .fourLetterWords(Set.of("isro", "srvr", "dump"));
            servers.put(member, server);
            return server;
        }

        @Override
        public String connectString() {
            return servers.keySet().stream().map(member -> "127.0.0.1:" + at(member).getPort()).collect(Collectors.joining(","));
        }

        private InetSocketAddress at(MemberId member) {
            ports.putIfAbsent(member, servers.get(member).port());
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), ports.get(member));
        }

        @Override
        public InetSocketAddress survivor() {
            return at(SURVIVOR);
        }

        @Override
        public void loseQuorum() throws Exception {
            ensemble.kill(MemberId.of(1));
            ensemble.kill(MemberId.of(3));
            awaitReadOnly();
        }

        private void awaitReadOnly() throws Exception {
            awaitWord(survivor(), "isro", "ro");
        }

        @Override
        public void regainQuorum() {
            ensemble.restart(MemberId.of(1));
            ensemble.restart(MemberId.of(3));
        }

        @Override
        public void close() {
            ensemble.close();
        }
    }

    @Override
    protected Servers start() {
        return new Members();
    }

    private ConnectResponse greet(WireProbe probe, long session, Bytes password, int timeoutMillis) throws Exception {
        return probe.greet(new ConnectRequest(0, 0, timeoutMillis, session, password, true));
    }

    @Test
    @DisplayName("RO1, rule.19: a session that only reads is its member's alone: resumed there with its password, expired there, and nowhere in the log")
    void isItsMembersAlone() throws Exception {
        Members members = (Members) servers();
        awaitWord(members.survivor(), "isro", "rw");
        members.ensemble.isolate(SURVIVOR);
        members.awaitReadOnly();
        String before = ask(members.survivor(), "dump").lines().filter(line -> line.startsWith("Global")).findFirst().orElseThrow();
        ConnectResponse opened;
        try (WireProbe first = new WireProbe(members.survivor())) {
            opened = greet(first, 0, NO_PASSWORD, 1_000);
            assertThat(opened.readOnly()).isTrue();
            assertThat(opened.timeoutMillis()).isEqualTo(1_000);
            try (WireProbe second = new WireProbe(members.survivor())) {
                ConnectResponse again = greet(second, opened.session(), opened.password(), 2_000);
                assertThat(again.session()).isEqualTo(opened.session());
                assertThat(again.readOnly()).isTrue();
                assertThat(first.frameOrEnd()).as("taken over").isNull();
                assertThat(second.ask(OpCode.EXISTS, new Request.Watched("/", false)).error()).isZero();
            }
        }
        try (WireProbe other = new WireProbe(members.survivor())) {
            other.send(new ConnectRequest(0, 0, 1_000, opened.session(), NO_PASSWORD, true)::write);
            assertThat(other.frameOrEnd()).as("another password").isNull();
        }
        assertThat(ask(members.survivor(), "dump")).contains(before);
        ConnectResponse silent;
        try (WireProbe quiet = new WireProbe(members.survivor())) {
            silent = greet(quiet, 0, NO_PASSWORD, 500);
            assertThat(quiet.frameOrEnd()).as("closed once it has been silent for its timeout").isNull();
        }
        try (WireProbe late = new WireProbe(members.survivor())) {
            late.send(new ConnectRequest(0, 0, 500, silent.session(), silent.password(), true)::write);
            assertThat(late.frameOrEnd()).as("expired").isNull();
        }
        try (WireProbe staying = new WireProbe(members.survivor())) {
            greet(staying, 0, NO_PASSWORD, 30_000);
            members.ensemble.heal();
            assertThat(staying.frameOrEnd()).as("closed when the quorum is back").isNull();
        }
        Told told = new Told();
        client(survivor(), told, true);
        told.awaitState(KeeperState.SyncConnected);
        try (WireProbe late = new WireProbe(members.survivor())) {
            assertThat(greet(late, opened.session(), opened.password(), 2_000).session()).as("no session of the ensemble (W4)").isZero();
        }
    }
}
