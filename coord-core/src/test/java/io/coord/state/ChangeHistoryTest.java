package io.coord.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.coord.Acl;
import io.coord.WatchEvent;
import io.coord.WatchEvent.Type;
import io.coord.WatchMode;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("the history of changes")
class ChangeHistoryTest {

    private static final long W = 7;
    private static final List<String> NONE = List.of();

    private final Scene scene = new Scene();
    private final Scene.Client client = scene.open(1);

    @Test
    @DisplayName("rule.28 a recursive watch is told each change it missed, with the change's own zxid, in order")
    void aRecursiveWatchIsToldEachChange() {
        client.create("/p");
        long seen = scene.zxid();
        client.create("/p/a");
        client.write(Scene.set("/p/a", "x"));
        client.write(Scene.delete("/p/a"));
        client.create("/q");

        assertThat(told(history(100), seen, NONE, List.of("/p"), false))
                .extracting(WatchEvent::type, WatchEvent::path)
                .containsExactly(
                        tuple(Type.CREATED, "/p/a"),
                        tuple(Type.DATA_CHANGED, "/p/a"),
                        tuple(Type.DELETED, "/p/a"));
        assertThat(told(history(100), seen, NONE, List.of("/p"), false))
                .extracting(WatchEvent::zxid)
                .isSorted()
                .allMatch(zxid -> zxid > seen);
    }

    @Test
    @DisplayName("rule.28 a persistent watch is told of its node and of its children's coming and going")
    void aPersistentWatchIsToldOfItsNode() {
        client.create("/p");
        long seen = scene.zxid();
        client.create("/p/a");
        client.create("/p/a/b");
        client.write(Scene.set("/p", "x"));

        assertThat(told(history(100), seen, List.of("/p"), NONE, false))
                .extracting(event -> event.type() + " " + event.path())
                .containsExactly("CHILDREN_CHANGED /p", "DATA_CHANGED /p");
    }

    @Test
    @DisplayName("rule.28 the list that is checked is the one that was in force when the change happened")
    void theListInForceIsChecked() {
        client.create("/p");
        long seen = scene.zxid();
        client.write(Scene.set("/p", "before"));
        List<Acl> closed = List.of(new Acl(Acl.ADMIN, Scene.ALICE));
        client.write(Scene.setAcl("/p", closed));
        client.write(Scene.set("/p", "after"));
        List<List<Acl>> lists = new ArrayList<>();

        setWatches(history(100), seen, NONE, List.of("/p"), false, (watcher, event, acl) -> lists.add(acl));

        assertThat(lists).first().isEqualTo(Acl.OPEN);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    @DisplayName("rule.28 where history does not reach, nodes that show a change are told of by its date, and the watched path itself")
    void whereHistoryEndsTheTreeIsTold(int capacity) {
        client.create("/p");
        client.create("/p/old");
        client.create("/p/parent");
        client.create("/p/parent/child");
        client.create("/p/seen");
        long seen = scene.zxid();
        client.write(Scene.set("/p/old", "x"));
        client.create("/p/new");
        client.write(Scene.delete("/p/parent/child"));
        for (int i = 0; i < 3; i++) {
            client.create("/elsewhere" + i);
        }

        assertThat(told(history(capacity), seen, NONE, List.of("/p"), false))
                .allMatch(event -> event.zxid() == -1)
                .extracting(event -> event.type() + " " + event.path())
                .containsExactly(
                        "DATA_CHANGED /p", "DATA_CHANGED /p/old", "CREATED /p/new", "DATA_CHANGED /p/parent");
    }

    @Test
    @DisplayName("rule.28 zk.WT6 where history does not reach, a persistent watch is told of its node and of children that came or went")
    void whereHistoryEndsAPersistentWatchIsToldOfChildren() {
        client.create("/quiet");
        client.create("/p");
        client.create("/quiet/seen");
        long seen = scene.zxid();
        client.create("/p/a");

        assertThat(told(history(0), seen, List.of("/p", "/quiet"), NONE, false))
                .extracting(event -> event.type() + " " + event.path())
                .containsExactly("DATA_CHANGED /quiet", "DATA_CHANGED /p", "CHILDREN_CHANGED /p");
    }

    @Test
    @DisplayName("rule.28 where history does not reach, a node made since is new, and may have had other children before")
    void aNodeMadeSinceIsNew() {
        client.create("/p");
        long seen = scene.zxid();
        client.create("/x");

        assertThat(told(history(0), seen - 1, List.of("/p"), NONE, false))
                .extracting(WatchEvent::type)
                .containsExactly(Type.CREATED, Type.CHILDREN_CHANGED);
        assertThat(told(history(0), seen, List.of("/p"), NONE, false))
                .extracting(WatchEvent::type)
                .containsExactly(Type.DATA_CHANGED);
    }

    @Test
    @DisplayName("rule.28 where history does not reach and the watched path is gone, that is told")
    void aWatchedPathThatIsGoneIsTold() {
        client.create("/p");
        long seen = scene.zxid();
        client.write(Scene.delete("/p"));

        assertThat(told(history(0), seen, List.of("/p"), List.of("/p"), false))
                .extracting(event -> event.type() + " " + event.path())
                .containsExactly("DELETED /p", "DELETED /p");
    }

    @Test
    @DisplayName("rule.28 a session that understands gaps is told of one for each path, and only where history does not reach")
    void aGapIsToldWhereHistoryEnds() {
        client.create("/p");
        long seen = scene.zxid();
        client.write(Scene.set("/p", "x"));

        assertThat(told(history(0), seen, List.of("/p"), List.of("/p", "/"), true))
                .extracting(event -> event.type() + " " + event.path())
                .containsExactly("GAP /p", "GAP /");
        assertThat(told(history(1), seen, List.of("/p"), NONE, true)).extracting(WatchEvent::type).containsExactly(Type.DATA_CHANGED);
    }

    @Test
    @DisplayName("a history starts again at the state that took the place of the one it told of")
    void aHistoryStartsAgain() {
        client.create("/p");
        client.create("/q");
        ChangeHistory history = history(100);
        assertThat(history.size()).isEqualTo(2);
        assertThat(history(1).size()).as("no more than it has room for").isEqualTo(1);

        history.restart(scene.zxid());

        assertThat(history.size()).isZero();
        assertThat(history.reaches(scene.zxid())).isTrue();
        assertThat(history.reaches(scene.zxid() - 1)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    @DisplayName("rule.28 what is told late is what would have been told in time, at whatever moment the watcher left")
    void whatIsToldLateIsWhatWouldHaveBeenToldInTime(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 60; i++) {
            randomWrite(random);
        }
        List<Change> all = List.copyOf(scene.changes);
        int capacity = 1 + random.nextInt(all.size());
        ChangeHistory history = history(capacity);
        List<String> persistent = List.of("/", "/a");
        List<String> recursive = List.of("/a/b", "/c");

        for (Change last : all) {
            long seen = last.zxid();
            assertThat(history.reaches(seen))
                    .as("at %x with %s changes", seen, capacity)
                    .isEqualTo(all.size() <= capacity || seen >= all.get(all.size() - capacity - 1).zxid());
            if (history.reaches(seen)) {
                assertThat(told(history, seen, persistent, recursive, false)).isEqualTo(inTime(all, seen, persistent, recursive));
            }
        }
    }

    private static List<WatchEvent> inTime(List<Change> all, long seen, List<String> persistent, List<String> recursive) {
        WatchTable table = new WatchTable();
        persistent.forEach(path -> table.add(W, path, WatchMode.PERSISTENT));
        recursive.forEach(path -> table.add(W, path, WatchMode.PERSISTENT_RECURSIVE));
        List<WatchEvent> events = new ArrayList<>();
        all.stream()
                .filter(change -> change.zxid() > seen)
                .forEach(change -> table.match(change, (watcher, event, acl) -> events.add(event)));
        return events;
    }

    private void randomWrite(SplittableRandom random) {
        List<String> paths = Stream.of("/a", "/a/b", "/a/b/d", "/c", "/c/e").toList();
        String path = paths.get(random.nextInt(paths.size()));
        switch (random.nextInt(3)) {
            case 0 -> client.write(Scene.create(path));
            case 1 -> client.write(Scene.delete(path));
            default -> client.write(Scene.set(path, "x"));
        }
    }

    private ChangeHistory history(int capacity) {
        ChangeHistory history = new ChangeHistory(capacity, 0);
        scene.changes.forEach(history::add);
        return history;
    }

    private List<WatchEvent> told(
            ChangeHistory history, long seen, List<String> persistent, List<String> recursive, boolean tellGaps) {
        List<WatchEvent> events = new ArrayList<>();
        setWatches(history, seen, persistent, recursive, tellGaps, (watcher, event, acl) -> events.add(event));
        return events;
    }

    private void setWatches(
            ChangeHistory history,
            long seen,
            List<String> persistent,
            List<String> recursive,
            boolean tellGaps,
            WatchTable.Sink sink) {
        WatchTable.Carried carried = new WatchTable.Carried(NONE, NONE, NONE, persistent, recursive);
        new WatchTable().setWatches(W, seen, carried, scene.state.root(), history, tellGaps, sink);
    }
}
