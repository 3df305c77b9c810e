package io.coord.testkit.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Ensemble;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Session;
import io.coord.ensemble.Member;
import io.coord.netty.NettyTransport;
import io.coord.storage.MemoryStorage;
import io.coord.testkit.LocalEnsemble;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What TCP costs: sets of 100 bytes over three members that keep nothing on disk, one after another and a thousand at a time, connected by
 * loopback and by calls within the JVM.
 *
 * <p>{@code mvn verify -pl coord-testkit -am -Dtest.groups=bench -Dtest.excludedGroups= -Dit.timeout='900 s' -Dit.test=TcpSpeedIT -Dtest=-
 * -Dsurefire.failIfNoSpecifiedTests=false}
 */
@Tag("bench")
class TcpSpeedIT {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final NodePath PATH = NodePath.of("/a");
    private static final Bytes DATA = Bytes.wrap(new byte[100]);
    private static final int ROUNDS = 3;
    private static final int ALONE = 3_000;
    private static final int TOGETHER = 60_000;
    private static final int OUTSTANDING = 1_000;

    @Test
    void loopbackAgainstMemory() throws Exception {
        for (int round = 1; round <= ROUNDS; round++) {
            try (LocalEnsemble memory = LocalEnsemble.of(3)) {
                measure("memory, leader  ", memory.openSession(memory.leader(), TIMEOUT));
                measure("memory, follower", memory.openSession(memory.anyFollower(), TIMEOUT));
            }
            overTcp();
        }
    }

    private static void overTcp() throws Exception {
        List<NettyTransport> transports = List.of(NettyTransport.listeningOn(0), NettyTransport.listeningOn(0), NettyTransport.listeningOn(0));
        Ensemble ensemble = Ensemble.parse("1=127.0.0.1:" + transports.get(0).port() + ",2=127.0.0.1:" + transports.get(1).port()
                + ",3=127.0.0.1:" + transports.get(2).port());
        List<Member> members = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                members.add(Member.builder(MemberId.of(i + 1), ensemble)
                        .storage(new MemoryStorage())
                        .transport(transports.get(i))
                        .start());
            }
            MemberId leader = Patience.await("a leader", () -> members.get(0).status().leader());
            measure("tcp, leader     ", members.get(leader.value() - 1).openSession(TIMEOUT));
            measure("tcp, follower   ", members.get(leader.value() % 3).openSession(TIMEOUT));
        } finally {
            members.forEach(Member::close);
        }
    }

    private static void measure(String what, Session session) throws Exception {
        if (session.exists(PATH).isEmpty()) {
            session.create(PATH, DATA, CreateMode.PERSISTENT);
        }
        long[] nanos = new long[ALONE];
        for (int i = 0; i < ALONE; i++) {
            long before = System.nanoTime();
            session.setData(PATH, DATA);
            nanos[i] = System.nanoTime() - before;
        }
        Arrays.sort(nanos);
        Semaphore room = new Semaphore(OUTSTANDING);
        long before = System.nanoTime();
        for (int i = 0; i < TOGETHER; i++) {
            room.acquire();
            session.async().submit(new Operation.SetData(PATH.value(), DATA, Operation.ANY_VERSION)).whenComplete((done, e) -> room.release());
        }
        room.acquire(OUTSTANDING);
        double perSecond = TOGETHER * 1e9 / (System.nanoTime() - before);
        assertThat(session.getData(PATH).stat().version()).isGreaterThanOrEqualTo(ALONE + TOGETHER);
        System.out.printf(Locale.ROOT, "%s: one at a time p50 %d us, p99 %d us; %d at a time %.0f/s%n",
                what, nanos[ALONE / 2] / 1_000, nanos[ALONE * 99 / 100] / 1_000, OUTSTANDING, perSecond);
        session.close();
    }
}
