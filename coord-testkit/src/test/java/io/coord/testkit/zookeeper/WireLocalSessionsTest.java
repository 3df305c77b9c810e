package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.netty.ZooKeeperServer;
import io.coord.netty.jute.ConnectRequest;
import io.coord.netty.jute.ConnectResponse;
import io.coord.netty.jute.JuteReader;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.Request;
import io.coord.testkit.LocalEnsemble;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Local sessions of members of ours. */
class WireLocalSessionsTest extends LocalSessionsContract {

    private static final class Members implements Servers {
        private final Map<MemberId, ZooKeeperServer> servers = new ConcurrentHashMap<>();
        private final boolean upgrading;
        private final LocalEnsemble ensemble;

        Members(boolean upgrading) {
            this.upgrading = upgrading;
            this.ensemble = LocalEnsemble.builder()
                    .members(3)
                    .config(MemberConfig.DEFAULT.withSessionTimeouts(
                            Duration.ofMillis(500), Duration.ofSeconds(10), Duration.ofMinutes(1)))
                    .frontEnd(this::server)
                    .start();
        }

        private ZooKeeperServer server(MemberId member) {
            ZooKeeperServer server = ZooKeeperServer.listeningOn(0).threads(1).localSessions(upgrading).readOnlyMode()
                    .fourLetterWords(Set.of("isro", "srvr", "mntr"));
            servers.put(member, server);
            return server;
        }

        @Override
        public InetSocketAddress at(int id) {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), servers.get(MemberId.of(id)).port());
        }

        @Override
        public void close() {
            ensemble.close();
        }
    }

    @Override
    protected Servers start(boolean upgrading) {
        return new Members(upgrading);
    }

    @Test
    @DisplayName("S11, rule.8: when another member comes to lead it is parted from, and resumed where it was; it expires there too")
    void outlivesALeaderWhereItIs() throws Exception {
        Members members = (Members) begin(true);
        MemberId follower = members.ensemble.anyFollower();
        ConnectResponse opened;
        try (WireProbe probe = new WireProbe(members.at(follower.value()))) {
            opened = resume(probe, 0, Bytes.wrap(new byte[16]));
            assertThat(ReadOnlyContract.ask(members.at(follower.value()), "mntr")).contains("zk_local_sessions\t1\n", "zk_global_sessions\t0\n");
            members.ensemble.moveLeader();
            assertThat(probe.frameOrEnd()).as("parted from").isNull();
        }
        ReadOnlyContract.awaitWord(members.at(follower.value()), "isro", "rw");
        members.ensemble.leader();
        try (WireProbe probe = new WireProbe(members.at(follower.value()))) {
            ConnectResponse again = resume(probe, opened.session(), opened.password());
            assertThat(again.session()).isEqualTo(opened.session());
            assertThat(probe.ask(OpCode.CREATE, new Request.Create("/e", null, Acl.OPEN, 1)).error()).isZero();
            assertThat(ReadOnlyContract.ask(members.at(follower.value()), "mntr")).contains("zk_local_sessions\t0\n", "zk_global_sessions\t1\n");
        }
        ConnectResponse silent;
        try (WireProbe quiet = new WireProbe(members.at(follower.value()))) {
            silent = quiet.greet(new ConnectRequest(0, 0, 500, 0, Bytes.wrap(new byte[16]), false));
            assertThat(quiet.frameOrEnd()).as("silent for its timeout").isNull();
        }
        try (WireProbe late = new WireProbe(members.at(follower.value()))) {
            assertThat(resume(late, silent.session(), silent.password()).session()).as("expired").isZero();
        }
    }

    @Test
    @DisplayName("S11, RO1: whoever comes just when the quorum is lost gets no session that writes, of the old leader as of a follower")
    void needsAQuorumToBegin() throws Exception {
        Members members = (Members) begin(false);
        for (MemberId alone : new MemberId[] {members.ensemble.anyFollower(), members.ensemble.leader()}) {
            InetSocketAddress there = members.at(alone.value());
            members.ensemble.isolate(alone);
            try (WireProbe early = new WireProbe(there)) {
                early.send(new ConnectRequest(0, 0, 10_000, 0, Bytes.wrap(new byte[16]), true)::write);
                assertThat(early.frameOrEnd()).as("kept waiting, then parted from").isNull();
            }
            ReadOnlyContract.awaitWord(there, "isro", "ro");
            try (WireProbe late = new WireProbe(there)) {
                assertThat(late.greet(new ConnectRequest(0, 0, 10_000, 0, Bytes.wrap(new byte[16]), true)).readOnly()).isTrue();
            }
            members.ensemble.heal();
            ReadOnlyContract.awaitWord(there, "isro", "rw");
        }
    }

    @Test
    @DisplayName("peer.B28, inv.Z6: closed right behind its first ephemeral node, which makes it a session of the ensemble, it leaves no node behind")
    void leavesNothingBehindWhenClosedAsItIsUpgraded() throws Exception {
        Servers all = begin(true);
        int created = 0;
        for (int i = 0; i < 30; i++) {
            String path = "/e" + i;
            InetSocketAddress where = all.at(1 + i % 3);
            try (WireProbe probe = new WireProbe(where)) {
                resume(probe, 0, Bytes.wrap(new byte[16]));
                probe.send(OpCode.CREATE, new Request.Create(path, null, Acl.OPEN, 1));
                probe.send(OpCode.CLOSE_SESSION, Request.Empty.EMPTY);
                while (probe.frameOrEnd() != null) {
                    created++;
                }
            }
            try (WireProbe other = new WireProbe(where)) {
                resume(other, 0, Bytes.wrap(new byte[16]));
                assertThat(other.ask(OpCode.EXISTS, new Request.Watched(path, false)).error()).as(path).isEqualTo(-101);
            }
        }
        assertThat(created).as("answers").isEqualTo(2 * 30);
    }

    @Test
    @DisplayName("S11: whoever comes back while the session is being made one of the ensemble is not told that it has expired")
    void comesBackAsItIsUpgraded() throws Exception {
        Members members = (Members) begin(true);
        MemberId leader = members.ensemble.leader();
        List<MemberId> others = members.ensemble.members().stream().filter(id -> !id.equals(leader)).toList();
        InetSocketAddress there = members.at(leader.value());
        for (int i = 0; i < 5; i++) {
            try (WireProbe first = new WireProbe(there); WireProbe second = new WireProbe(there)) {
                ConnectResponse opened = resume(first, 0, Bytes.wrap(new byte[16]));
                others.forEach(members.ensemble::pause);
                first.send(OpCode.CREATE, new Request.Create("/e" + i, null, Acl.OPEN, 1));
                first.ask(OpCode.PING, Request.Empty.EMPTY); // answered as soon as what was sent before is asked of the member
                second.send(new ConnectRequest(0, 0, 10_000, opened.session(), opened.password(), false)::write);
                ReadOnlyContract.ask(there, "srvr");
                others.forEach(members.ensemble::resume);

                assertThat(ConnectResponse.read(new JuteReader(second.frame())).session()).isEqualTo(opened.session());
            }
        }
    }
}
