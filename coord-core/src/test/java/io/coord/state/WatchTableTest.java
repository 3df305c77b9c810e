package io.coord.state;

import static io.coord.state.Scene.ALICE;
import static io.coord.state.Scene.create;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.CreateMode;
import io.coord.WatchEvent;
import io.coord.WatchEvent.Type;
import io.coord.WatchKind;
import io.coord.WatchMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("watches")
class WatchTableTest {

    private static final long W = 7;
    private static final long OTHER = 3;
    private static final List<String> NONE = List.of();

    private final Scene scene = new Scene();
    private final Scene.Client client = scene.open(1);
    private final WatchTable table = new WatchTable();
    private final List<String> events = new ArrayList<>();
    private final List<List<Acl>> acls = new ArrayList<>();
    private int matched;

    // ---- one-shot watches

    @Test
    @DisplayName("zk.WT1 a creation tells data watches on the node, then child watches on the parent")
    void aCreationTellsTheNodesThenTheParentsWatches() {
        client.create("/p");
        table.addData(W, "/p/c");
        table.addChild(W, "/p");
        table.addChild(W, "/p/c");
        table.addData(W, "/p");

        assertThat(eventsOf(create("/p/c"))).containsExactly("7 CREATED /p/c", "7 CHILDREN_CHANGED /p");
    }

    @Test
    @DisplayName("zk.WT1 the parent of a top-level node is /")
    void theParentOfATopLevelNodeIsTheRoot() {
        table.addChild(W, "/");

        assertThat(eventsOf(create("/a"))).containsExactly("7 CHILDREN_CHANGED /");
    }

    @Test
    @DisplayName("zk.WT2 setData tells data watches, even if the bytes are equal; setACL tells nobody")
    void setDataTellsDataWatches() {
        client.create("/a");
        table.addData(W, "/a");
        table.addChild(W, "/a");
        table.addChild(W, "/");

        assertThat(eventsOf(Scene.setAcl("/a", Acl.OPEN))).isEmpty();
        assertThat(eventsOf(Scene.set("/a", ""))).containsExactly("7 DATA_CHANGED /a");
    }

    @Test
    @DisplayName("zk.WT3 a deletion is told once to a watcher with both watches, then to the parent's")
    void aDeletionIsToldOnce() {
        client.create("/p");
        client.create("/p/c");
        table.addData(W, "/p/c");
        table.addChild(W, "/p/c");
        table.addChild(OTHER, "/p/c");
        table.addChild(OTHER, "/p");

        assertThat(eventsOf(Scene.delete("/p/c")))
                .containsExactly("3 DELETED /p/c", "7 DELETED /p/c", "3 CHILDREN_CHANGED /p");
        assertThat(table.count()).isZero();
    }

    @Test
    @DisplayName("zk.WT4 inv.Z10 a standard watch fires once, however many reads set it")
    void aStandardWatchFiresOnce() {
        client.create("/a");
        table.addData(W, "/a");
        table.addData(W, "/a");

        assertThat(eventsOf(Scene.set("/a", "1"))).containsExactly("7 DATA_CHANGED /a");
        assertThat(eventsOf(Scene.set("/a", "2"))).isEmpty();
        assertThat(table.count()).isZero();
    }

    @Test
    @DisplayName("zk.WT5 an event carries the path of the changed node and the zxid of the change")
    void anEventCarriesPathAndZxid() {
        table.addData(W, "/a");
        client.create("/a");
        List<WatchEvent> seen = new ArrayList<>();
        scene.changes.forEach(change -> table.match(change, (watcher, event, acl) -> seen.add(event)));

        assertThat(seen).containsExactly(new WatchEvent(Type.CREATED, "/a", scene.zxid()));
    }

    // ---- watches that stay

    @Test
    @DisplayName("zk.WT6 a persistent watch stays and tells of the node and its direct children")
    void aPersistentWatchStays() {
        table.add(W, "/p", WatchMode.PERSISTENT);

        assertThat(eventsOf(create("/p"))).containsExactly("7 CREATED /p");
        assertThat(eventsOf(Scene.set("/p", "1"))).containsExactly("7 DATA_CHANGED /p");
        assertThat(eventsOf(create("/p/c"))).containsExactly("7 CHILDREN_CHANGED /p");
        assertThat(eventsOf(create("/p/c/d"))).isEmpty();
        assertThat(eventsOf(Scene.set("/p/c", "1"))).isEmpty();
        assertThat(eventsOf(Scene.delete("/p/c/d"))).isEmpty();
        assertThat(eventsOf(Scene.delete("/p/c"))).containsExactly("7 CHILDREN_CHANGED /p");
        assertThat(eventsOf(Scene.delete("/p"))).containsExactly("7 DELETED /p");
        assertThat(eventsOf(create("/p"))).containsExactly("7 CREATED /p");
    }

    @Test
    @DisplayName("zk.WT7 inv.Z11 a recursive watch tells of every descendant and never of changed children")
    void aRecursiveWatchTellsOfEveryDescendant() {
        table.add(W, "/p", WatchMode.PERSISTENT_RECURSIVE);

        assertThat(eventsOf(create("/p"))).containsExactly("7 CREATED /p");
        assertThat(eventsOf(create("/p/c"))).containsExactly("7 CREATED /p/c");
        assertThat(eventsOf(create("/p/c/d"))).containsExactly("7 CREATED /p/c/d");
        assertThat(eventsOf(Scene.set("/p/c/d", "1"))).containsExactly("7 DATA_CHANGED /p/c/d");
        assertThat(eventsOf(create("/px"))).as("a neighbour by name only").isEmpty();
        assertThat(eventsOf(create("/p-x"))).as("a neighbour that sorts between").isEmpty();
        assertThat(eventsOf(Scene.delete("/p/c/d"))).containsExactly("7 DELETED /p/c/d");
        table.add(OTHER, "/", WatchMode.PERSISTENT_RECURSIVE);
        assertThat(eventsOf(Scene.set("/p", "1"))).containsExactly("3 DATA_CHANGED /p", "7 DATA_CHANGED /p");
        assertThat(eventsOf(Scene.set("/", "1"))).containsExactly("3 DATA_CHANGED /");
    }

    @Test
    @DisplayName("zk.WT4 a watcher gets one event for a change and path, whatever its watches")
    void aWatcherGetsOneEventForAChangeAndPath() {
        client.create("/p");
        table.addData(W, "/p/c");
        table.add(W, "/p/c", WatchMode.PERSISTENT);
        table.add(W, "/p/c", WatchMode.PERSISTENT_RECURSIVE);
        table.add(W, "/p", WatchMode.PERSISTENT_RECURSIVE);
        table.add(W, "/", WatchMode.PERSISTENT_RECURSIVE);
        table.add(W, "/p", WatchMode.PERSISTENT);
        table.addChild(W, "/p");

        assertThat(eventsOf(create("/p/c"))).containsExactly("7 CREATED /p/c", "7 CHILDREN_CHANGED /p");
    }

    @Test
    @DisplayName("zk.WT8 the modes coexist on one path, and removing one keeps the others")
    void removingOneKindKeepsTheOthers() {
        client.create("/a");
        table.addData(W, "/a");
        table.addChild(W, "/a");
        table.add(W, "/a", WatchMode.PERSISTENT);
        table.add(W, "/a", WatchMode.PERSISTENT_RECURSIVE);
        assertThat(table.count()).isEqualTo(4);

        assertThat(table.remove(W, "/a", WatchKind.PERSISTENT_RECURSIVE)).isTrue();
        assertThat(eventsOf(create("/a/b"))).containsExactly("7 CHILDREN_CHANGED /a");
        assertThat(table.remove(W, "/a", WatchKind.PERSISTENT)).isTrue();
        assertThat(table.has(W, "/a", WatchKind.DATA)).isTrue();
        assertThat(eventsOf(Scene.set("/a", "1"))).containsExactly("7 DATA_CHANGED /a");
        assertThat(table.count()).isZero();
    }

    @ParameterizedTest
    @EnumSource(WatchKind.class)
    @DisplayName("zk.WT10 removing what is not there says so")
    void removingWhatIsNotThereSaysSo(WatchKind kind) {
        table.add(OTHER, "/a", WatchMode.PERSISTENT);

        assertThat(table.has(W, "/a", kind)).isFalse();
        assertThat(table.remove(W, "/a", kind)).isFalse();
        assertThat(table.remove(W, "/b", kind)).isFalse();
        assertThat(table.count()).isEqualTo(1);
    }

    @Test
    @DisplayName("zk.WT10 kind ANY removes all")
    void kindAnyRemovesAll() {
        table.addChild(W, "/a");
        table.add(W, "/a", WatchMode.PERSISTENT_RECURSIVE);

        assertThat(table.remove(W, "/a", WatchKind.ANY)).isTrue();
        assertThat(table.count()).isZero();
        assertThat(table.pathCount(W)).isZero();
        assertThat(eventsOf(create("/a"))).isEmpty();
    }

    @Test
    @DisplayName("zk.WT8 a recursive watch that one gives up stays another's, set once or twice")
    void aRecursiveWatchStaysAnothers() {
        client.create("/p");
        table.add(W, "/p", WatchMode.PERSISTENT_RECURSIVE);
        table.add(W, "/p", WatchMode.PERSISTENT_RECURSIVE);
        table.add(OTHER, "/p", WatchMode.PERSISTENT);
        table.add(OTHER, "/p", WatchMode.PERSISTENT_RECURSIVE);

        table.remove(OTHER, "/p", WatchKind.PERSISTENT);
        assertThat(eventsOf(create("/p/1"))).containsExactly("3 CREATED /p/1", "7 CREATED /p/1");
        table.remove(OTHER, "/p", WatchKind.PERSISTENT_RECURSIVE);
        assertThat(eventsOf(create("/p/2"))).containsExactly("7 CREATED /p/2");
        table.remove(W, "/p", WatchKind.PERSISTENT_RECURSIVE);
        assertThat(eventsOf(create("/p/3"))).isEmpty();
    }

    @Test
    @DisplayName("inv.Z12 nothing is left of a watcher that is dropped")
    void nothingIsLeftOfAWatcherThatIsDropped() {
        table.addData(W, "/a");
        table.add(W, "/", WatchMode.PERSISTENT_RECURSIVE);
        table.add(W, "/b", WatchMode.PERSISTENT);
        table.addData(OTHER, "/a");
        table.addData(W, "/fired");
        assertThat(table.pathCount(W)).isEqualTo(4);
        assertThat(eventsOf(create("/fired"))).containsExactly("7 CREATED /fired");
        assertThat(table.pathCount(W)).isEqualTo(3);

        table.drop(W);

        assertThat(table.pathCount(W)).isZero();
        assertThat(eventsOf(create("/a"))).containsExactly("3 CREATED /a");
        assertThat(table.count()).isZero();
    }

    @Test
    @DisplayName("zk.4L1 the table counts watches, paths and watchers, and lists each watcher's paths as they came")
    void theTableTellsHowMuchIsWatched() {
        assertThat(table.counts()).isEqualTo(WatchTable.Counts.NONE);
        table.addData(W, "/b");
        table.addChild(W, "/b");
        table.addData(W, "/a");
        table.addData(OTHER, "/b");

        assertThat(table.counts()).isEqualTo(new WatchTable.Counts(4, 2, 2));
        assertThat(table.paths()).isEqualTo(Map.of(W, List.of("/b", "/a"), OTHER, List.of("/b")));
        table.drop(W);
        assertThat(table.counts()).isEqualTo(new WatchTable.Counts(1, 1, 1));
        table.drop(OTHER);
        assertThat(table.counts()).isEqualTo(WatchTable.Counts.NONE);
        assertThat(table.paths()).isEmpty();
    }

    @Test
    @DisplayName("zk.WT9 the list to check is the node's own, and the parent's for changed children")
    void theListToCheckIsThatOfTheNodeConcerned() {
        Scene.Client alice = scene.open(2, ALICE);
        alice.write(create("/p", Acl.CREATOR_ALL));
        table.add(W, "/p", WatchMode.PERSISTENT);
        table.add(OTHER, "/", WatchMode.PERSISTENT_RECURSIVE);
        List<Acl> alices = List.of(new Acl(Acl.ALL, ALICE));

        fire(alice, create("/p/c"));
        assertThat(events).containsExactly("3 CREATED /p/c", "7 CHILDREN_CHANGED /p");
        assertThat(acls).containsExactly(Acl.OPEN, alices);
        fire(alice, Scene.setAcl("/p/c", alices));
        fire(alice, Scene.delete("/p/c"));
        assertThat(acls).as("the deleted node's last").containsExactly(alices, alices);
        fire(alice, Scene.set("/p", "x"));
        assertThat(acls).containsExactly(alices, alices);
    }

    @Test
    @DisplayName("zk.WT13 a session's end tells the watches of each ephemeral")
    void aSessionsEndTellsTheWatchesOfEachEphemeral() {
        Scene.Client dying = scene.open(2);
        dying.create("/a", CreateMode.EPHEMERAL);
        dying.create("/b", CreateMode.EPHEMERAL);
        table.addData(W, "/a");
        table.addData(W, "/b");
        table.addChild(W, "/");
        skip();

        dying.close();
        match();

        assertThat(events).containsExactlyInAnyOrder("7 DELETED /a", "7 DELETED /b", "7 CHILDREN_CHANGED /");
    }

    // ---- missed history

    @Test
    @DisplayName("zk.WT11 setWatches of data watches: gone, changed, or armed")
    void setWatchesOfDataWatches() {
        client.create("/changed");
        client.create("/same");
        long seen = scene.zxid();
        client.write(Scene.set("/changed", "x"));
        skip();

        setWatches(seen, new WatchTable.Carried(List.of("/gone", "/same", "/changed"), NONE, NONE, NONE, NONE));

        assertThat(events).containsExactly("7 DELETED /gone", "7 DATA_CHANGED /changed");
        assertThat(eventsOf(Scene.multi(Scene.set("/same", "x"), Scene.set("/changed", "y"))))
                .containsExactly("7 DATA_CHANGED /same");
    }

    @Test
    @DisplayName("zk.WT11 setWatches of exist watches: there, or armed")
    void setWatchesOfExistWatches() {
        client.create("/there");
        skip();

        setWatches(scene.zxid(), new WatchTable.Carried(NONE, List.of("/there", "/not"), NONE, NONE, NONE));

        assertThat(events).containsExactly("7 CREATED /there");
        assertThat(eventsOf(create("/not"))).containsExactly("7 CREATED /not");
    }

    @Test
    @DisplayName("zk.WT11 setWatches of child watches: gone, changed, or armed")
    void setWatchesOfChildWatches() {
        client.create("/changed");
        client.create("/same");
        long seen = scene.zxid();
        client.create("/changed/c");
        skip();

        setWatches(seen, new WatchTable.Carried(NONE, NONE, List.of("/gone", "/same", "/changed"), NONE, NONE));

        assertThat(events).containsExactly("7 DELETED /gone", "7 CHILDREN_CHANGED /changed");
        assertThat(acls).as("skip zk.WT9").containsOnly(List.of());
        assertThat(eventsOf(Scene.multi(create("/same/x"), create("/changed/x"))))
                .containsExactly("7 CHILDREN_CHANGED /same");
    }

    @Test
    @DisplayName("zk.WT11 setWatches arms the watches that stay")
    void setWatchesArmsTheWatchesThatStay() {
        client.create("/a");
        skip();

        setWatches(scene.zxid(), new WatchTable.Carried(NONE, NONE, NONE, List.of("/a"), List.of("/")));

        assertThat(events).isEmpty();
        assertThat(table.has(W, "/a", WatchKind.PERSISTENT)).isTrue();
        assertThat(table.has(W, "/", WatchKind.PERSISTENT_RECURSIVE)).isTrue();
    }

    @Test
    @DisplayName("zk.WT11 made-up events carry zxid -1")
    void madeUpEventsCarryNoZxid() {
        List<WatchEvent> seen = new ArrayList<>();
        table.setWatches(
                W,
                5,
                new WatchTable.Carried(List.of("/gone"), NONE, NONE, NONE, NONE),
                scene.state.root(),
                history(0),
                false,
                (watcher, event, acl) -> seen.add(event));

        assertThat(seen).containsExactly(new WatchEvent(Type.DELETED, "/gone", -1));
    }

    @Test
    @DisplayName("rule.17 after an install one-shot watches fire by the difference of two states, those that stay get a gap")
    void afterAnInstallMissedHistoryIsMadeUp() {
        for (String path : List.of("/same", "/changed", "/gone", "/reborn", "/parent", "/kept")) {
            client.create(path);
        }
        client.create("/kept/x");
        table.addData(W, "/same");
        table.addChild(W, "/same");
        table.addData(W, "/changed");
        table.addChild(W, "/changed");
        table.addData(W, "/gone");
        table.addChild(W, "/gone");
        table.addData(W, "/reborn");
        table.addData(W, "/new");
        table.addData(W, "/never");
        table.addChild(W, "/parent");
        table.addData(W, "/parent");
        table.addChild(W, "/kept");
        table.addData(W, "/kept/x");
        table.add(OTHER, "/same", WatchMode.PERSISTENT);
        table.add(W, "/", WatchMode.PERSISTENT_RECURSIVE);
        StateRoot old = scene.state.root();
        client.write(Scene.set("/changed", "x"));
        client.write(Scene.delete("/gone"));
        client.write(Scene.delete("/reborn"));
        client.create("/reborn");
        client.create("/new");
        client.create("/parent/c");
        client.create("/last");
        scene.state = scene.restored();
        skip();

        table.rearm(old, scene.state.root(), this::note);

        assertThat(events).containsExactly(
                "7 DATA_CHANGED /changed",
                "7 DATA_CHANGED /reborn",
                "7 CREATED /new",
                "7 CHILDREN_CHANGED /parent",
                "3 GAP /same",
                "7 DELETED /gone",
                "7 GAP /");
        events.clear();
        table.rearm(scene.state.root(), scene.state.root(), this::note);
        assertThat(events).as("nothing was missed").isEmpty();
        table.remove(W, "/", WatchKind.ANY);
        assertThat(eventsOf(Scene.multi(Scene.set("/changed", "y"), create("/gone"), Scene.set("/new", "x"), create("/parent/d"))))
                .as("fired watches are gone")
                .isEmpty();
        assertThat(eventsOf(Scene.multi(create("/never"), Scene.set("/same", "x"), create("/same/x"), Scene.set("/parent", ""))))
                .as("the others are armed")
                .containsExactly(
                        "7 CREATED /never",
                        "3 DATA_CHANGED /same",
                        "7 DATA_CHANGED /same",
                        "3 CHILDREN_CHANGED /same",
                        "7 CHILDREN_CHANGED /same",
                        "7 DATA_CHANGED /parent");
        assertThat(eventsOf(Scene.delete("/kept/x"))).containsExactly("7 DELETED /kept/x", "7 CHILDREN_CHANGED /kept");
    }

    @Test
    @DisplayName("rule.17 whoever watched a state that was not the ensemble's is told of the gap, though the right one goes no further")
    void aStateReplacedAtItsOwnIndexIsAGap() {
        Scene right = new Scene();
        right.open(1);
        Scene.Client other = right.open(2);
        scene.open(9).create("/a");
        other.create("/b");
        table.add(W, "/", WatchMode.PERSISTENT_RECURSIVE);
        table.addData(W, "/b");
        skip();
        assertThat(right.state.appliedIndex()).isEqualTo(scene.state.appliedIndex());

        table.rearm(scene.state.root(), right.state.root(), this::note);

        assertThat(events).containsExactlyInAnyOrder("7 GAP /", "7 CREATED /b");
    }

    @Test
    @DisplayName("zk.WT9 events after an install name the list that guards the node, the last one if it is gone")
    void eventsAfterAnInstallNameTheListToCheck() {
        Scene.Client alice = scene.open(2, ALICE);
        alice.write(create("/gone", Acl.CREATOR_ALL));
        alice.write(create("/there", Acl.CREATOR_ALL));
        table.addData(W, "/gone");
        table.addData(W, "/there");
        StateRoot old = scene.state.root();
        alice.write(Scene.delete("/gone"));
        alice.write(Scene.set("/there", "x"));

        table.rearm(old, scene.state.root(), this::note);

        assertThat(acls).hasSize(2).containsOnly(List.of(new Acl(Acl.ALL, ALICE)));
    }

    // ---- the table itself

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void theWatchersOfAPathAreWhatASortedMapHolds(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Watchers watchers = new Watchers();
        TreeMap<Long, Integer> model = new TreeMap<>();
        for (int i = 0; i < 5_000; i++) {
            long id = random.nextInt(200) * (random.nextBoolean() ? 1L : 1L << 40);
            int kinds = 1 << random.nextInt(4);
            if (random.nextInt(3) > 0) {
                watchers.add(id, (byte) kinds);
                model.merge(id, kinds, (a, b) -> a | b);
            } else {
                watchers.remove(id, kinds | 1);
                model.computeIfPresent(id, (key, had) -> (had & ~(kinds | 1)) == 0 ? null : had & ~(kinds | 1));
            }
            assertThat((int) watchers.kinds(id)).as("seed %d step %d", seed, i).isEqualTo(model.getOrDefault(id, 0));
            assertThat(watchers.isEmpty()).as("seed %d step %d", seed, i).isEqualTo(model.isEmpty());
        }
        for (int wanted = 1; wanted < 16; wanted++) {
            int kinds = wanted;
            long[] expected = model.entrySet().stream()
                    .filter(entry -> (entry.getValue() & kinds) != 0)
                    .mapToLong(Map.Entry::getKey)
                    .toArray();
            assertThat(watchers.having(kinds)).as("seed %d kinds %d", seed, kinds).containsExactly(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void fewWatchersComeAndGoWithoutATrace(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Watchers watchers = new Watchers();
        TreeMap<Long, Integer> model = new TreeMap<>();
        for (int i = 0; i < 500; i++) {
            long id = random.nextInt(3);
            int kinds = random.nextBoolean() ? Watchers.RECURSIVE : Watchers.DATA;
            int had = model.getOrDefault(id, 0);
            if (random.nextBoolean()) {
                watchers.add(id, (byte) kinds);
                model.put(id, had | kinds);
            } else {
                watchers.remove(id, kinds);
                model.put(id, had & ~kinds);
            }
            assertThat(watchers.isEmpty())
                    .as("seed %d step %d", seed, i)
                    .isEqualTo(model.values().stream().allMatch(each -> each == 0));
            assertThat(watchers.hasRecursive())
                    .as("seed %d step %d", seed, i)
                    .isEqualTo(model.values().stream().anyMatch(each -> (each & Watchers.RECURSIVE) != 0));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void theNearestTopIsTheOneThatAskingEachAncestorFinds(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 2_000; round++) {
            TreeSet<String> tops = new TreeSet<>();
            for (int i = random.nextInt(12); i > 0; i--) {
                tops.add(random.nextInt(20) == 0 ? List.of("/", "", "!", "a", "/a/").get(random.nextInt(5)) : path(random));
            }
            String path = path(random);
            String expected = null;
            for (String up = path; expected == null; up = Paths.parentOf(up)) {
                expected = tops.contains(up) ? up : null;
                if (up.equals("/")) {
                    break;
                }
            }
            assertThat(Paths.nearestTop(path, tops::floor)).as("seed %d: %s of %s", seed, path, tops).isEqualTo(expected);
        }
    }

    private static String path(SplittableRandom random) {
        StringBuilder path = new StringBuilder();
        for (int i = random.nextInt(1, 6); i > 0; i--) {
            path.append('/').append(List.of("a", "b", "a-", "ab", "!", "a0").get(random.nextInt(6)));
        }
        return path.toString();
    }

    // ---- words

    private List<String> eventsOf(io.coord.Operation.Write<?> write) {
        fire(client, write);
        return List.copyOf(events);
    }

    /** Lets a session write and matches what that changed, forgetting what was seen before. */
    private void fire(Scene.Client writer, io.coord.Operation.Write<?> write) {
        events.clear();
        acls.clear();
        skip();
        writer.write(write);
        match();
    }

    private void skip() {
        matched = scene.changes.size();
    }

    private void match() {
        for (; matched < scene.changes.size(); matched++) {
            table.match(scene.changes.get(matched), this::note);
        }
    }

    private void setWatches(long relativeZxid, WatchTable.Carried carried) {
        table.setWatches(W, relativeZxid, carried, scene.state.root(), history(1_000), false, this::note);
    }

    private ChangeHistory history(int capacity) {
        ChangeHistory history = new ChangeHistory(capacity, 0);
        scene.changes.forEach(history::add);
        return history;
    }

    private void note(long watcher, WatchEvent event, List<Acl> acl) {
        events.add(watcher + " " + event.type() + " " + event.path());
        acls.add(acl);
    }
}
