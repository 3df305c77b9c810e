package io.coord.testkit.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Ensemble;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.ensemble.Member;
import io.coord.recipes.ConfigCache;
import io.coord.recipes.DistributedLock;
import io.coord.recipes.LeaderElection;
import io.coord.recipes.Leadership;
import io.coord.recipes.Membership;
import io.coord.testkit.Coord;
import io.coord.testkit.LocalEnsemble;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every Java block of the README stands here, and is run. */
class ReadmeExamplesTest {

    @Test
    void theControllerMovesWhenItsBrokerDies(@Coord(members = 3) LocalEnsemble ensemble) throws Exception {
        NodePath path = NodePath.of("/controller");
        Session first = ensemble.openSession();
        Session second = ensemble.openSession();
        LeaderElection one = LeaderElection.join(first, path, Bytes.utf8("broker-1"));
        LeaderElection two = LeaderElection.join(second, path, Bytes.utf8("broker-2"));
        Leadership before = one.awaitLeadership();

        ensemble.kill(ensemble.leader());                  // a real election; sessions move to another member
        ensemble.expire(first);                            // the broker dies: its ephemeral nodes go

        assertThat(two.awaitLeadership().fencingToken()).isGreaterThan(before.fencingToken());
    }

    @Test
    void aMemberIsEmbedded(@TempDir Path dataDirectory) {
        Ensemble ensemble = Ensemble.parse("1=localhost:7100");

        try (Member member = Member.builder(MemberId.of(1), ensemble)
                .dataDirectory(dataDirectory.resolve("coord"))
                .start();
            Session session = member.openSession(Duration.ofSeconds(10));
            Membership brokers = Membership.join(
                session, NodePath.of("/brokers"), "broker-1", Bytes.utf8("broker-1:9092"))) {
          brokers.onChange(view -> System.out.println("the brokers are " + view.members().keySet()));
          session.create(NodePath.of("/config"), Bytes.utf8("v1"), CreateMode.PERSISTENT);
          assertThat(session.getData(NodePath.of("/config")).text()).isEqualTo("v1");
        }
    }

    @Test
    void anEnsembleSurvivesItsLeader() {
        try (LocalEnsemble ensemble = LocalEnsemble.of(3)) {
          Session session = ensemble.openSession();
          session.create(NodePath.of("/config"), Bytes.utf8("v1"), CreateMode.PERSISTENT);

          ensemble.kill(ensemble.leader());

          assertThat(session.getData(NodePath.of("/config")).text()).isEqualTo("v1");
        }
    }

    @Test
    void recipesReadWell(@Coord(members = 3) LocalEnsemble ensemble) throws Exception {
        Session session = ensemble.openSession();
        session.create(NodePath.of("/config"), Bytes.utf8("v1"), CreateMode.PERSISTENT);

        LeaderElection election = LeaderElection.join(session, NodePath.of("/controller"), Bytes.utf8("broker-1"));
        Leadership leadership = election.awaitLeadership();
        long token = leadership.fencingToken();              // grows from each leadership to the next

        DistributedLock lock = DistributedLock.at(session, NodePath.of("/locks/rebalance"));
        try (DistributedLock.Hold hold = lock.acquire()) {
          session.transaction()
              .check(NodePath.of("/config"), 0)              // all of it happens, or nothing
              .setData(NodePath.of("/config"), Bytes.utf8("v2"))
              .commit();
        }

        ConfigCache config = ConfigCache.node(session, NodePath.of("/config"));
        assertThat(config.node().orElseThrow().text()).isEqualTo("v2");
        assertThat(token).isPositive();
    }

    @Test
    void everyJavaBlockOfTheReadmeStandsHere() throws IOException {
        String here = withoutSpace(Files.readString(
                Path.of("src/test/java/io/coord/testkit/examples/ReadmeExamplesTest.java")));
        List<String> blocks = javaBlocks(Files.readString(Path.of("../README.md")));
        assertThat(blocks).hasSizeGreaterThanOrEqualTo(4);
        for (String block : blocks) {
            assertThat(here).as(block).contains(withoutSpace(block));
        }
    }

    private static List<String> javaBlocks(String readme) {
        List<String> blocks = new ArrayList<>();
        Matcher matcher = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(readme);
        while (matcher.find()) {
            blocks.add(matcher.group(1));
        }
        return blocks;
    }

    private static String withoutSpace(String text) {
        return text.replaceAll("\\s+", "");
    }
}
