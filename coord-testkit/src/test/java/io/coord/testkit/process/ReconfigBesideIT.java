package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.MemberAddress;
import io.coord.MemberId;
import io.coord.netty.ZooKeeperServer;
import io.coord.testkit.LocalEnsemble;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.admin.ZooKeeperAdmin;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The same changes of members asked of three servers of Apache ZooKeeper and of three members, answer by answer. */
@Tag("soak")
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ReconfigBesideIT {

    private static final String SUPER = "super:lK75jTNcA+U9vtVEw5vB51mj/w4=";

    /** What is asked: who comes, who goes, or with whom besides the three of before the whole list is given. */
    private record Wish(@Nullable String joining, @Nullable String leaving, @Nullable String besides, long since) {

        static Wish joining(String lines) {
            return new Wish(lines, null, null, -1);
        }

        static Wish leaving(String ids) {
            return new Wish(null, ids, null, -1);
        }
    }

    private static final List<Wish> WISHES = List.of(
            Wish.joining("server.9=127.0.0.9:7100:7101:observer;127.0.0.90:2181"),
            Wish.joining("server.9=127.0.0.9:7100:7109:observer;2182"),
            Wish.joining("server.9=127.0.0.9:7100:7109:observer;0.0.0.0:2182,server.8=127.0.0.8:7100:7101:OBSERVER;localhost:2182"),
            Wish.joining("server.9=127.0.0.9:7200:7201:observer;2182\nserver.7=localhost:7200:7201:observer;2182"),
            new Wish("server.6=127.0.0.6:7100:7101:observer;2182", "7,8", null, -1),
            Wish.leaving("9"),
            Wish.leaving("9"),
            Wish.leaving("77"),
            new Wish("server.6=127.0.0.6:7100:7101:observer;2182", "6", null, -1),
            new Wish(null, null, "server.5=127.0.0.5:7100:7101:observer;127.0.0.50:2182", -1),
            new Wish(null, null, "server.5=10.0.0.5:7300:7101:observer;2182\nserver.4=10.0.0.4:7300:7101:observer;2182", -1),
            new Wish("server.9=127.0.0.9:7100:7101:observer;2182", null, null, 1),
            Wish.joining("server.9=127.0.0.9:7100;2182"),
            Wish.joining("server.9=127.0.0.9:7100:7101:observer"),
            Wish.joining("server.9=127.0.0.9:7100:7100:observer;2182"),
            Wish.joining("server.9=127.0.0.9:7100:7101:boss;2182"),
            Wish.joining("server.9=10.0.0.5:7300:7102:observer;2182"),
            Wish.joining("server.9=10.0.0.5:7302:7101:observer;2182"),
            Wish.joining("server.9=127.0.0.9:7100:7101:observer;2182;3"),
            Wish.joining("server.9=10.0.0.9:7302:7101:observer;10.0.0.5:7300"),
            Wish.leaving("4,5"));

    @TempDir
    private Path directory;

    private final Map<MemberId, ZooKeeperServer> doors = new ConcurrentHashMap<>();

    private static MemberAddress address(MemberId member) {
        return MemberAddress.parse("127.0.0.%s:7100:7101;127.0.0.%1$s:2181".formatted(member));
    }

    private ZooKeeperServer door(MemberId member) {
        ZooKeeperServer server = ZooKeeperServer.listeningOn(0).threads(1).reconfigEnabled().superDigest(SUPER);
        doors.put(member, server);
        return server;
    }

    @Test
    @DisplayName("zk.RC1 to RC3: lines as they were sent, observers that nobody has started, and refusals")
    void theSameAnswers() throws Exception {
        List<String> ours;
        try (LocalEnsemble ensemble = LocalEnsemble.builder().members(3).addresses(ReconfigBesideIT::address).frontEnd(this::door).start()) {
            ours = answers(new InetSocketAddress("127.0.0.1", doors.get(ensemble.leader()).port()));
        }
        try (ApacheEnsemble apache = new ApacheEnsemble(
                3, directory, List.of("reconfigEnabled=true"), List.of("zookeeper.DigestAuthenticationProvider.superDigest=" + SUPER))) {
            assertThat(ours).isEqualTo(answers(apache.clientAddress(1)));
        }
    }

    private static List<String> answers(InetSocketAddress server) throws Exception {
        List<String> answers = new ArrayList<>();
        try (ZooKeeperAdmin admin = admin(server.getHostString() + ":" + server.getPort())) {
            String founders = voters(new String(admin.getConfig(false, null), StandardCharsets.UTF_8));
            Stat stat = new Stat();
            admin.getConfig(false, stat);
            for (Wish wish : WISHES) {
                long before = stat.getMzxid();
                String answer = answer(admin, wish, founders);
                admin.getConfig(false, stat);
                answers.add(wish + "\n -> " + answer + (stat.getMzxid() > before ? " in a new version" : ""));
            }
        }
        return answers;
    }

    private static String answer(ZooKeeperAdmin admin, Wish wish, String founders) throws Exception {
        try {
            Stat stat = new Stat();
            String whole = wish.besides() == null ? null : founders + "\n" + wish.besides();
            byte[] config = admin.reconfigure(wish.joining(), wish.leaving(), whole, wish.since(), stat);
            String text = new String(config, StandardCharsets.UTF_8);
            assertThat(lines(new String(admin.getData(ZooDefs.CONFIG_NODE, false, null), StandardCharsets.UTF_8), "server.", "version="))
                    .as("the node after %s", wish).isEqualTo(lines(text, "server.", "version="));
            assertThat(text).endsWith("\nversion=" + Long.toHexString(stat.getMzxid()));
            assertThat(voters(text)).isEqualTo(founders);
            return lines(text, ":observer;");
        } catch (KeeperException e) {
            return e.code().toString();
        }
    }

    private static String voters(String config) {
        return lines(config, ":participant;");
    }

    /** Those with one of these parts, sorted: ZooKeeper has them in no order. */
    private static String lines(String config, String... parts) {
        return config.lines().filter(line -> Stream.of(parts).anyMatch(line::contains)).sorted().collect(Collectors.joining("\n"));
    }

    private static ZooKeeperAdmin admin(String connectString) throws Exception {
        ZKClientConfig plain = new ZKClientConfig();
        plain.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, "false");
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeperAdmin admin = new ZooKeeperAdmin(connectString, 30_000, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
            }
        }, plain);
        assertThat(connected.await(ServerProcess.PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        admin.addAuthInfo("digest", "super:secret".getBytes(StandardCharsets.UTF_8));
        return admin;
    }
}
