package io.coord.state;

import static io.coord.state.Scene.create;
import static io.coord.state.Scene.ttl;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.CreateMode;
import io.coord.Stat;
import io.coord.WatchEvent.Type;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("containers and TTL nodes")
class CollectTest {

    private static final int MANY = 1_000;

    private final Scene scene = new Scene();
    private final Scene.Client client = scene.open(1);

    @BeforeEach
    void extendedTypes() {
        scene.apply(new Command.Configure(Settings.DEFAULT.withExtendedTypes(true)));
    }

    @Test
    @DisplayName("zk.CT2 zk.X13 a container is a candidate once it had children and has none")
    void aContainerIsACandidateOnceItsLastChildIsGone() {
        client.create("/c", CreateMode.CONTAINER);
        assertThat(candidatesAfter(Long.MAX_VALUE / 2)).as("never used").isEmpty();
        client.create("/c/1");
        assertThat(candidatesAfter(0)).isEmpty();
        client.create("/c/2");
        client.write(Scene.delete("/c/1"));
        assertThat(candidatesAfter(0)).isEmpty();
        client.write(Scene.delete("/c/2"));
        assertThat(candidatesAfter(0)).containsExactly("/c");
        client.create("/c/3");
        assertThat(candidatesAfter(0)).isEmpty();
    }

    @Test
    @DisplayName("zk.CT2 a never used container is a candidate where the settings say so")
    void aNeverUsedContainerIsACandidateWhereTheSettingsSaySo() {
        client.create("/c", CreateMode.CONTAINER);
        scene.apply(new Command.Configure(new Settings(true, false, false, 300)));

        assertThat(candidatesAfter(300)).isEmpty();
        assertThat(candidatesAfter(301)).containsExactly("/c");
        client.create("/c/1");
        assertThat(candidatesAfter(301)).isEmpty();
    }

    @Test
    @DisplayName("zk.CT3 a TTL node is a candidate when it is childless and unset for longer than its time")
    void aTtlNodeIsACandidateAfterItsTime() {
        client.write(ttl("/t", 100));
        assertThat(candidatesAfter(100)).isEmpty();
        assertThat(candidatesAfter(101)).containsExactly("/t");

        scene.elapsedMillis += 60;
        client.write(Scene.set("/t", "x"));
        assertThat(candidatesAfter(100)).as("set anew").isEmpty();
        assertThat(candidatesAfter(101)).containsExactly("/t");
    }

    @Test
    @DisplayName("zk.CT3 children keep a TTL node but do not refresh it")
    void childrenKeepATtlNodeButDoNotRefreshIt() {
        client.write(ttl("/t", 100));
        client.create("/t/1");
        assertThat(candidatesAfter(500)).isEmpty();
        scene.elapsedMillis += 500;
        client.write(Scene.delete("/t/1"));

        assertThat(candidatesAfter(0)).containsExactly("/t");
    }

    @Test
    @DisplayName("rule.11 the wall clock has no part in it")
    void theWallClockHasNoPartInIt() {
        client.write(ttl("/t", 100));
        scene.wallMillis += 1_000_000;
        client.create("/x");

        assertThat(candidatesAfter(100)).isEmpty();
    }

    @Test
    void candidatesComeByDateAndNoMoreThanAskedFor() {
        for (int i = 0; i < 10; i++) {
            client.write(ttl("/t" + i, 100 - i));
        }
        scene.elapsedMillis += 1_000;

        assertThat(scene.state.collectables(scene.elapsedMillis, 3)).extracting(Collectable::path)
                .containsExactly("/t9", "/t8", "/t7");
        assertThat(scene.state.collectables(scene.elapsedMillis, MANY)).hasSize(10);
    }

    @Test
    @DisplayName("zk.CT2 no candidate waits behind one that is not due yet")
    void noCandidateWaitsBehindOneThatIsNotDue() {
        scene.apply(new Command.Configure(new Settings(true, false, false, 300)));
        client.write(ttl("/a-ttl", 100));
        client.create("/unused", CreateMode.CONTAINER);
        scene.elapsedMillis += 50;
        client.create("/later-unused", CreateMode.CONTAINER);
        scene.elapsedMillis += 50;
        client.create("/used", CreateMode.CONTAINER);
        client.create("/used/1");
        client.write(Scene.delete("/used/1"));

        assertThat(candidatesAfter(0)).containsExactly("/used");
        assertThat(candidatesAfter(201)).containsExactly("/used", "/a-ttl", "/unused");
    }

    @Test
    @DisplayName("zk.CT1 a collection deletes like any delete")
    void aCollectionDeletesLikeAnyDelete() {
        client.create("/p");
        client.write(ttl("/p/t", 100));
        scene.elapsedMillis += 101;
        Collectable due = scene.state.collectables(scene.elapsedMillis, MANY).get(0);
        scene.changes.clear();

        Reply reply = collect(due, scene.term);

        assertThat(reply).isEqualTo(Reply.None.NONE);
        assertThat(scene.has("/p/t")).isFalse();
        assertThat(scene.stat("/p").pzxid()).isEqualTo(scene.zxid());
        assertThat(scene.changes).singleElement().satisfies(change -> {
            assertThat(change.type()).isEqualTo(Type.DELETED);
            assertThat(change.path()).isEqualTo("/p/t");
        });
    }

    @Test
    @DisplayName("rule.12 a collection is void in another term")
    void aCollectionIsVoidInAnotherTerm() {
        client.write(ttl("/t", 1));
        scene.elapsedMillis += 10;
        Collectable due = scene.state.collectables(scene.elapsedMillis, MANY).get(0);

        collect(due, scene.term - 1);
        assertThat(scene.has("/t")).isTrue();
        scene.term++;
        collect(due, scene.term - 1);
        assertThat(scene.has("/t")).isTrue();
        collect(due, scene.term);
        assertThat(scene.has("/t")).isFalse();
    }

    @Test
    @DisplayName("rule.12 a collection is void for a node set, used or created anew since")
    void aCollectionIsVoidForANodeThatChanged() {
        client.write(ttl("/t", 1));
        client.create("/c", CreateMode.CONTAINER);
        client.create("/c/1");
        client.write(Scene.delete("/c/1"));
        client.write(ttl("/again", 1));
        scene.elapsedMillis += 10;
        List<Collectable> due = scene.state.collectables(scene.elapsedMillis, MANY);
        assertThat(due).hasSize(3);

        client.write(Scene.set("/t", "x"));
        client.create("/c/2");
        client.write(Scene.delete("/again"));
        client.write(create("/again"));
        scene.elapsedMillis += 10;
        scene.changes.clear();
        due.forEach(each -> collect(each, scene.term));

        assertThat(scene.changes).isEmpty();
        assertThat(List.of("/t", "/c", "/again")).allMatch(scene::has);
    }

    @Test
    @DisplayName("rule.12 a collection is void before its time, and of any other node")
    void aCollectionIsVoidBeforeItsTime() {
        client.write(ttl("/t", 100));
        client.create("/p");
        client.create("/e", CreateMode.EPHEMERAL);
        client.create("/unused", CreateMode.CONTAINER);
        scene.elapsedMillis += 100;
        for (String path : List.of("/t", "/p", "/e", "/unused")) {
            Stat stat = scene.stat(path);
            collect(new Collectable(path, stat.czxid(), stat.mzxid()), scene.term);
            assertThat(scene.has(path)).as(path).isTrue();
        }
        collect(new Collectable("/zookeeper/quota", 0, 0), scene.term);
        collect(new Collectable("rubbish", 0, 0), scene.term);
        assertThat(scene.has("/zookeeper/quota")).isTrue();
    }

    @Test
    @DisplayName("zk.CT4 clients may delete them under the normal rules, and then they are no candidates")
    void clientsMayDeleteThem() {
        client.write(ttl("/t", 1));
        client.create("/c", CreateMode.CONTAINER);
        client.create("/c/1");
        client.write(Scene.delete("/c/1"));
        client.write(Scene.delete("/t"));
        client.write(Scene.delete("/c"));

        assertThat(candidatesAfter(1_000)).isEmpty();
    }

    @Test
    void candidatesSurviveASnapshot() {
        client.write(ttl("/t", 100));
        client.create("/c", CreateMode.CONTAINER);
        client.create("/c/1");
        client.write(Scene.delete("/c/1"));
        client.create("/unused", CreateMode.CONTAINER);
        client.write(ttl("/parent", 5));
        client.create("/parent/x");
        scene.apply(new Command.Configure(new Settings(true, false, false, 300)));
        scene.state = scene.restored();

        assertThat(candidatesAfter(0)).containsExactly("/c");
        assertThat(candidatesAfter(101)).containsExactly("/c", "/t");
        assertThat(candidatesAfter(301)).containsExactly("/c", "/t", "/unused");
    }

    @Test
    void theLongestTimeToLiveDoesNotWrap() {
        scene.elapsedMillis = Long.MAX_VALUE - 10;
        client.write(ttl("/t", Judge.TTL_MILLIS_MAX));

        assertThat(scene.state.collectables(Long.MAX_VALUE, MANY)).isEmpty();
    }

    private List<String> candidatesAfter(long millis) {
        return scene.state.collectables(scene.elapsedMillis + millis, MANY).stream().map(Collectable::path).toList();
    }

    private Reply collect(Collectable due, long term) {
        return scene.apply(new Command.CollectNode(due.path(), due.czxid(), due.mzxid(), term));
    }
}
