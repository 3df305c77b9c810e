package io.coord.session;

import static io.coord.WatchEvent.Type.CHILDREN_CHANGED;
import static io.coord.WatchEvent.Type.CREATED;
import static io.coord.WatchEvent.Type.DATA_CHANGED;
import static io.coord.WatchEvent.Type.DELETED;
import static io.coord.WatchEvent.Type.GAP;
import static io.coord.session.ListenerTable.Kind.CHILD;
import static io.coord.session.ListenerTable.Kind.DATA;
import static io.coord.session.ListenerTable.Kind.EXIST;
import static io.coord.session.ListenerTable.Kind.PERSISTENT;
import static io.coord.session.ListenerTable.Kind.RECURSIVE;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Operation;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import io.coord.WatchMode;
import io.coord.session.ListenerTable.Kind;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ListenerTableTest {

    private final ListenerTable table = new ListenerTable();
    private final Consumer<WatchEvent> ann = named("ann");
    private final Consumer<WatchEvent> bob = named("bob");

    private static Consumer<WatchEvent> named(String name) {
        return new Consumer<>() {
            @Override
            public void accept(WatchEvent event) {
                throw new AssertionError("the table calls nobody");
            }

            @Override
            public String toString() {
                return name;
            }
        };
    }

    private List<Consumer<? super WatchEvent>> hear(WatchEvent.Type type, String path) {
        return table.hearersOf(new WatchEvent(type, path, 7));
    }

    /** Event by kind: who hears it at /p, and whether it is consumed. */
    static Stream<Arguments> dispatch() {
        return Stream.of(
                Arguments.of(CREATED, List.of(DATA, EXIST, PERSISTENT, RECURSIVE)),
                Arguments.of(DATA_CHANGED, List.of(DATA, EXIST, PERSISTENT, RECURSIVE)),
                Arguments.of(DELETED, List.of(DATA, EXIST, CHILD, PERSISTENT, RECURSIVE)),
                Arguments.of(CHILDREN_CHANGED, List.of(CHILD, PERSISTENT)),
                Arguments.of(GAP, List.of(PERSISTENT, RECURSIVE)));
    }

    @ParameterizedTest
    @MethodSource("dispatch")
    @DisplayName("zk.WT1-WT7 each event is heard by these kinds of its path, and by no other kind")
    void dispatchByKind(WatchEvent.Type type, List<Kind> hearing) {
        for (Kind kind : Kind.values()) {
            ListenerTable only = new ListenerTable();
            only.add("/p", kind, ann);
            boolean heard = !only.hearersOf(new WatchEvent(type, "/p", 1)).isEmpty();
            assertThat(heard).as("%s at %s", type, kind).isEqualTo(hearing.contains(kind));
            boolean stays = !heard || kind == PERSISTENT || kind == RECURSIVE;
            assertThat(only.size()).as("%s at %s: left", type, kind).isEqualTo(stays ? 1 : 0);
        }
    }

    @Test
    @DisplayName("zk.WT4 a one-shot listener hears one event, however many reads set the watch")
    void oneShot() {
        table.add("/p", DATA, ann);
        table.add("/p", DATA, ann);
        assertThat(hear(DATA_CHANGED, "/p")).containsExactly(ann);
        assertThat(hear(DATA_CHANGED, "/p")).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("dispatch")
    @DisplayName("inv.Z11 what is made up is heard by the one-shot listeners that it triggers, and by no lasting one")
    void madeUpForOneShots(WatchEvent.Type type, List<Kind> hearing) {
        for (Kind kind : Kind.values()) {
            ListenerTable only = new ListenerTable();
            only.add("/p", kind, ann);
            boolean lasts = kind == PERSISTENT || kind == RECURSIVE;
            boolean heard = !only.oneShotHearersOf(new WatchEvent(type, "/p", -1)).isEmpty();
            assertThat(heard).as("%s at %s", type, kind).isEqualTo(hearing.contains(kind) && !lasts);
            assertThat(only.size()).as("%s at %s: left", type, kind).isEqualTo(heard ? 0 : 1);
        }
    }

    @Test
    @DisplayName("zk.WT3 a deletion consumes data and child watches at once and calls their common listener once")
    void deletionIsHeardOnce() {
        table.add("/p", DATA, ann);
        table.add("/p", CHILD, ann);
        table.add("/p", CHILD, bob);
        assertThat(hear(DELETED, "/p")).containsExactly(ann, bob);
        assertThat(table.size()).isZero();
    }

    @Test
    @DisplayName("zk.WT14 a listener is called once for an event that concerns it for several reasons")
    void listenersAreNotDoubled() {
        table.add("/p", DATA, ann);
        table.add("/p", PERSISTENT, ann);
        table.add("/p", RECURSIVE, ann);
        table.add("/", RECURSIVE, ann);
        assertThat(hear(DATA_CHANGED, "/p")).containsExactly(ann);
        assertThat(hear(DATA_CHANGED, "/p")).containsExactly(ann);
    }

    @Test
    @DisplayName("zk.WT7 a recursive listener hears node and descendants, not neighbours whose names begin alike")
    void recursionFollowsElements() {
        table.add("/a", RECURSIVE, ann);
        assertThat(hear(CREATED, "/a")).containsExactly(ann);
        assertThat(hear(CREATED, "/a/b/c")).containsExactly(ann);
        assertThat(hear(CREATED, "/ab")).isEmpty();
        assertThat(hear(CREATED, "/")).isEmpty();
    }

    @Test
    @DisplayName("zk.WT7 a recursive listener at the root hears everything but CHILDREN_CHANGED")
    void recursionFromTheRoot() {
        table.add("/", RECURSIVE, ann);
        assertThat(hear(DELETED, "/x/y")).containsExactly(ann);
        assertThat(hear(DATA_CHANGED, "/")).containsExactly(ann);
        assertThat(hear(CHILDREN_CHANGED, "/x")).isEmpty();
    }

    @Test
    @DisplayName("zk.WT6 a persistent listener hears its own path only, again and again")
    void persistentStays() {
        table.add("/p", PERSISTENT, ann);
        assertThat(hear(DELETED, "/p")).containsExactly(ann);
        assertThat(hear(CREATED, "/p")).containsExactly(ann);
        assertThat(hear(CREATED, "/p/child")).isEmpty();
    }

    @Test
    void aGapIsHeardByTheWatchItNamesAndNotByAncestors() {
        table.add("/", RECURSIVE, ann);
        table.add("/p", RECURSIVE, bob);
        assertThat(hear(GAP, "/p")).containsExactly(bob);
    }

    @Test
    void listenersAreCalledInTheOrderOfOneShotsFirstThenOfRegistration() {
        table.add("/p", PERSISTENT, bob);
        table.add("/p", DATA, ann);
        assertThat(hear(DATA_CHANGED, "/p")).containsExactly(ann, bob);
    }

    @ParameterizedTest
    @EnumSource(WatchKind.class)
    @DisplayName("zk.WT10 zk.WT8 a removal takes the kinds it means and keeps the others")
    void removalByKind(WatchKind removed) {
        for (Kind kind : Kind.values()) {
            table.add("/p", kind, ann);
        }
        assertThat(table.has("/p", removed)).isTrue();
        assertThat(table.removeAll("/p", removed)).isTrue();
        assertThat(Stream.of(Kind.values()).filter(kind -> table.paths(kind).isEmpty()).toList())
                .isEqualTo(switch (removed) {
                    case CHILDREN -> List.of(CHILD);
                    case DATA -> List.of(DATA, EXIST);
                    case ANY -> List.of(Kind.values());
                    case PERSISTENT -> List.of(PERSISTENT);
                    case PERSISTENT_RECURSIVE -> List.of(RECURSIVE);
                });
        assertThat(table.has("/p", removed)).isFalse();
        assertThat(table.removeAll("/p", removed)).isFalse();
    }

    @Test
    void theLastRegistrationOfALastingListenerEndsTheWatchAndNotTheFirst() {
        table.add("/p", RECURSIVE, ann);
        table.add("/p", RECURSIVE, ann);
        table.add("/p", RECURSIVE, bob);
        assertThat(table.remove("/p", WatchMode.PERSISTENT_RECURSIVE, ann)).isFalse();
        assertThat(hear(CREATED, "/p")).containsExactly(ann, bob);
        assertThat(table.remove("/p", WatchMode.PERSISTENT_RECURSIVE, ann)).isFalse();
        assertThat(hear(CREATED, "/p")).containsExactly(bob);
        assertThat(table.remove("/p", WatchMode.PERSISTENT_RECURSIVE, bob)).isTrue();
        assertThat(table.remove("/p", WatchMode.PERSISTENT_RECURSIVE, bob)).isFalse();
    }

    @Test
    @DisplayName("zk.R1 getData and getChildren of a missing node leave nothing, exists always does")
    void whatReadsLeave() {
        assertThat(Kind.leftBy(new Operation.GetData("/p"), true)).contains(DATA);
        assertThat(Kind.leftBy(new Operation.GetData("/p"), false)).isEmpty();
        assertThat(Kind.leftBy(new Operation.GetChildren("/p"), true)).contains(CHILD);
        assertThat(Kind.leftBy(new Operation.GetChildren("/p"), false)).isEmpty();
        assertThat(Kind.leftBy(new Operation.Exists("/p"), true)).contains(DATA);
        assertThat(Kind.leftBy(new Operation.Exists("/p"), false)).contains(EXIST);
    }

    @Test
    @DisplayName("zk.WT14 at the end everybody is told once and nobody is left")
    void theEnd() {
        table.add("/p", DATA, ann);
        table.add("/q", RECURSIVE, bob);
        table.add("/q", CHILD, ann);
        assertThat(table.everybody()).containsExactlyInAnyOrder(ann, bob);
        table.clear();
        assertThat(table.everybody()).isEmpty();
        assertThat(table.paths(RECURSIVE)).isEmpty();
    }
}
