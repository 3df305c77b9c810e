package io.coord.testkit.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.RejectedException.NodeExistsException;
import io.coord.Session;
import io.coord.WatchEvent;
import io.coord.WatchMode;
import io.coord.recipes.Membership;
import io.coord.recipes.Membership.View;
import io.coord.testkit.CoordContract.Capability;
import io.coord.testkit.recipes.Unlucky.Fate;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link Membership} claims. */
abstract class MembershipContract extends RecipesContract {

    private static final NodePath BROKERS = NodePath.of("/kafka/brokers");

    private static Membership join(Session session, String name) {
        return Membership.join(session, BROKERS, name, Bytes.utf8("of " + name));
    }

    @Test
    void membersSeeThemselvesEachOtherAndWhoComesAndGoes() {
        Session one = open();
        Membership a = join(one, "a");
        assertThat(a.members()).containsOnlyKeys("a").containsEntry("a", Bytes.utf8("of a"));
        assertThat(a.isMember()).isTrue();
        Heard<View> views = new Heard<>(one);
        a.onChange(views);
        assertThat(views.next()).isEqualTo(view("a", "a", "", ""));

        Membership b = join(open(), "b");
        assertThat(b.members()).containsOnlyKeys("a", "b");
        assertThat(views.next()).isEqualTo(view("a b", "b", "", ""));

        b.close();
        assertThat(b.isMember()).isFalse();
        assertThat(views.next()).isEqualTo(view("a", "", "b", ""));
        assertThat(a.members()).containsOnlyKeys("a");
    }

    private static View view(String members, String joined, String left, String updated) {
        TreeMap<String, Bytes> data = new TreeMap<>();
        names(members).forEach(name -> data.put(name, Bytes.utf8("of " + name)));
        return new View(data, names(joined), names(left), names(updated));
    }

    private static TreeSet<String> names(String spaced) {
        return new TreeSet<>(spaced.isEmpty() ? List.of() : List.of(spaced.split(" ")));
    }

    @Test
    void anObserverSeesAGroupThatDoesNotExistYetAndIsNotInIt() {
        Session one = open();
        Membership observer = Membership.observe(one, BROKERS);
        assertThat(observer.members()).isEmpty();
        assertThat(observer.isMember()).isFalse();
        assertThatThrownBy(() -> observer.update(Bytes.EMPTY))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("an observer of /kafka/brokers");
        Heard<View> views = new Heard<>(one);
        observer.onChange(views);
        assertThat(views.next().members()).isEmpty();
        join(open(), "b");
        assertThat(views.next()).isEqualTo(view("b", "b", "", ""));
    }

    /** A slash would make it the member of another group, whose node nobody creates: it would ask for that for ever. */
    @Test
    @SuppressWarnings("NullAway") // as those do who have no such check
    void aNameThatIsNoPathElementIsRefusedAtOnce() {
        Session one = open();
        for (String name : List.of("rack/a", "a/", "/a", "", ".", "..", "a\u0000b")) {
            assertThatThrownBy(() -> join(one, name)).as(name).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> Membership.joinAsync(one, BROKERS, name, Bytes.EMPTY)).as(name)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> join(one, "rack/a")).hasMessageContaining("rack/a").hasMessageContaining("one path element");
        assertThatThrownBy(() -> join(one, null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> Membership.joinAsync(one, BROKERS, null, Bytes.EMPTY)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> Membership.joinAsync(one, BROKERS, "a", null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> join(one, "a").updateAsync(null)).isInstanceOf(NullPointerException.class);
    }

    @Test
    void dataThatIsSetIsSeenAsAnUpdate() {
        Session one = open();
        Membership a = join(one, "a");
        Membership b = join(open(), "b");
        Heard<View> views = new Heard<>(one);
        b.onChange(views);
        views.next();
        a.update(Bytes.utf8("elsewhere"));
        View updated = views.next();
        assertThat(updated.updated()).containsExactly("a");
        assertThat(updated.joined()).isEmpty();
        assertThat(updated.members()).containsEntry("a", Bytes.utf8("elsewhere"));
    }

    @Test
    void aMemberWhoseSessionExpiresIsSeenToLeaveAndToComeAgain() {
        doorThatCan(Capability.EXPIRE);
        Session one = open();
        Session two = open();
        Membership a = join(one, "a");
        Membership b = join(two, "b");
        Heard<View> views = new Heard<>(one);
        a.onChange(views);
        View both = views.next();
        while (!both.members().containsKey("b")) {
            both = views.next(); // a's own mirror may learn of b a little later
        }

        door().expire(two);

        assertThat(views.next()).isEqualTo(view("a", "", "b", ""));
        join(open(), "b");
        assertThat(views.next()).isEqualTo(view("a b", "b", "", ""));
        Heard<String> over = new Heard<>(one);
        if (!two.state().isOver()) {
            two.onEvent(event -> over.accept(event.state().name()));
            while (!two.state().isOver()) {
                over.next();
            }
        }
        assertThat(b.isMember()).isFalse();
        b.close();
    }

    @Test
    void aTakenNameIsRefusedAndItsOwnerNamed() {
        Session one = open();
        Session two = open();
        join(one, "a");
        assertThatThrownBy(() -> join(two, "a"))
                .isInstanceOf(NodeExistsException.class)
                .hasMessageContaining("COORD-1041 the name is taken by session 0x" + Long.toHexString(one.id()));
        assertThatThrownBy(() -> join(one, "a"))
                .isInstanceOf(NodeExistsException.class)
                .hasMessageContaining("COORD-1041 the name is taken by this very session");
        one.create(BROKERS.child("c"), Bytes.EMPTY, CreateMode.PERSISTENT);
        assertThatThrownBy(() -> join(two, "c")).hasMessageContaining("taken by a node that is not ephemeral");
        assertThat(children(two, BROKERS)).containsExactly("a", "c");
        assertThat(two.getEphemerals()).isEmpty();
    }

    @Test
    void aMemberWhoseNodeSomebodyDeletesJoinsAgain() {
        Session one = open();
        Session two = open();
        Membership a = join(one, "a");
        a.update(Bytes.utf8("of a"));
        Heard<View> views = new Heard<>(two);
        Membership.observe(two, BROKERS).onChange(views);
        assertThat(views.next()).isEqualTo(view("a", "a", "", ""));
        two.delete(BROKERS.child("a"));
        assertThat(views.next()).isEqualTo(view("", "", "a", ""));
        assertThat(views.next()).isEqualTo(view("a", "a", "", ""));
        Heard<View> own = new Heard<>(one);
        a.onChange(own);
        own.next(view -> view.members().containsKey("a"));
        assertThat(a.isMember()).isTrue();
        a.close();
        assertThat(children(one, BROKERS)).isEmpty();
    }

    @Test
    void aMemberWhoseNodeIsDeletedBeforeItIsInItsOwnViewJoinsAgain() {
        Session session = open();
        create(session, BROKERS.parent(), "");
        create(session, BROKERS, "");
        NodePath node = BROKERS.child("a");
        session.exists(node, event -> session.async().delete(node)); // ahead of all that its creation's answer has it ask
        Membership a = join(session, "a");
        assertIsThere(session, a);
    }

    @Test
    void aMemberWhoseNodeIsDeletedAgainAsSoonAsItIsThereJoinsAgain() {
        Session session = open();
        Membership a = join(session, "a");
        NodePath node = BROKERS.child("a");
        AtomicInteger creations = new AtomicInteger();
        session.addWatch(node, WatchMode.PERSISTENT, event -> {
            if (event.type() == WatchEvent.Type.CREATED && creations.incrementAndGet() < 3) {
                session.async().delete(node); // ahead of its own look at what was created
            }
        });
        session.delete(node);
        assertIsThere(session, a);
        assertThat(creations).hasValue(3);
    }

    private static void assertIsThere(Session session, Membership a) {
        for (int i = 0; i < 12; i++) {
            session.sync(BROKERS); // each behind what an answer had it ask
        }
        assertThat(children(session, BROKERS)).containsExactly("a");
        assertThat(a.isMember()).isTrue();
        assertThat(a.members()).containsOnlyKeys("a");
        a.close();
        assertThat(children(session, BROKERS)).isEmpty();
    }

    @Test
    void aMemberThatLeavesDoesNotDeleteTheNodeOfWhoeverHasTheNameByThen() {
        Session session = open();
        Unlucky line = new Unlucky(session);
        Membership a = join(line.session(), "a");
        NodePath node = BROKERS.child("a");
        session.exists(node, event -> session.async().create(node, Bytes.EMPTY, CreateMode.EPHEMERAL));
        line.next(Operation.Delete.class, Fate.ANSWER_LOST);
        a.close();
        for (int i = 0; i < 4; i++) {
            session.sync(BROKERS); // each behind what an answer had it ask
        }
        assertThat(children(session, BROKERS)).containsExactly("a");
    }

    @ParameterizedTest
    @EnumSource(Fate.class)
    void aMemberWhoseDeletionFailsIsGoneAllTheSame(Fate fate) {
        Session session = open();
        Unlucky line = new Unlucky(session);
        Membership a = join(line.session(), "a");
        line.next(Operation.Delete.class, fate);
        a.close();
        for (int i = 0; i < 4; i++) {
            session.sync(BROKERS); // each behind what an answer had it ask
        }
        assertThat(children(session, BROKERS)).isEmpty();
    }

    @Test
    void aMemberWhoseNameIsTakenMeanwhileTakesItBackWhenItIsFree() {
        Session one = open();
        Session two = open();
        Membership a = join(one, "a");
        Heard<View> views = new Heard<>(one);
        a.onChange(views);
        views.next();
        NodePath node = BROKERS.child("a");
        two.transaction()
                .delete(node)
                .step(new Operation.Create(
                        node.value(), Bytes.utf8("of a"), CreateMode.EPHEMERAL, io.coord.Acl.OPEN, Operation.NO_TTL))
                .commit();
        View taken = views.next(view -> view.joined().contains("a"));
        assertThat(taken.members()).containsKey("a");
        assertThat(a.isMember()).isFalse();
        two.delete(node);
        views.next(view -> view.joined().contains("a"));
        assertThat(one.exists(node).orElseThrow().ephemeralOwner()).isEqualTo(one.id());
        assertThat(a.isMember()).isTrue();
    }

    @Test
    void whatHappenedWhileTheSessionWasAwayIsToldTogether() {
        doorThatCan(Capability.AWAY);
        Session one = open();
        Membership a = join(one, "a");
        Membership b = join(open(), "b");
        Membership c = join(open(), "c");
        Heard<View> views = new Heard<>(one);
        a.onChange(views);
        views.next();

        door().whileAway(one, () -> {
            assertThat(a.isMember()).isFalse();
            b.close();
            c.close();
            join(open(), "c");
            join(open(), "d");
        });

        TreeSet<String> joined = new TreeSet<>();
        TreeSet<String> left = new TreeSet<>();
        View last = views.next();
        for (; ; last = views.next()) {
            joined.addAll(last.joined());
            left.addAll(last.left());
            if (last.members().keySet().equals(names("a c d")) && left.equals(names("b c"))) {
                break;
            }
        }
        assertThat(joined).isEqualTo(names("c d"));
        assertThat(a.isMember()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(value = Fate.class, names = "REFUSED", mode = EnumSource.Mode.EXCLUDE)
    void aCreationWithAnUnknownOutcomeMakesAMember(Fate fate) {
        Session session = open();
        join(session, "x");
        Unlucky line = new Unlucky(session).next(Operation.Create.class, fate).next(Operation.Create.class, fate);
        Membership a = join(line.session(), "a");
        assertThat(a.members()).containsOnlyKeys("a", "x");
        assertThat(a.isMember()).isTrue();
        a.close();
        assertThat(children(session, BROKERS)).containsExactly("x");
    }

    @Test
    void whatComesAndGoesAddsUpToWhatIsThere() {
        long seed = 20_261_122;
        SplittableRandom random = new SplittableRandom(seed);
        Session one = open();
        Membership observer = Membership.observe(one, BROKERS);
        Heard<View> views = new Heard<>(one);
        observer.onChange(views);
        Session two = open();
        create(two, BROKERS.parent(), "");
        create(two, BROKERS, "");
        List<String> script = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            String name = "m" + random.nextInt(6);
            NodePath node = BROKERS.child(name);
            boolean there = two.exists(node).isPresent();
            int dice = random.nextInt(3);
            script.add(name + (there ? dice == 0 ? " set" : " delete" : " create"));
            if (!there) {
                two.async().create(node, Bytes.utf8("" + i), CreateMode.EPHEMERAL);
            } else if (dice == 0) {
                two.async().setData(node, Bytes.utf8("" + i));
            } else {
                two.async().delete(node);
            }
        }
        two.create(BROKERS.child("end"), Bytes.EMPTY, CreateMode.EPHEMERAL);

        TreeSet<String> sum = new TreeSet<>();
        TreeMap<String, Bytes> before = new TreeMap<>();
        View view;
        do {
            view = views.next();
            sum.removeAll(view.left());
            sum.addAll(view.joined());
            assertThat(sum).as("seed %s after %s", seed, script).isEqualTo(view.members().keySet());
            for (String name : view.members().keySet()) {
                boolean changed = view.joined().contains(name) || view.updated().contains(name);
                assertThat(changed || view.members().get(name).equals(before.get(name)))
                        .as("seed %s: %s changed untold", seed, name)
                        .isTrue();
            }
            before = new TreeMap<>(view.members());
        } while (!view.members().containsKey("end"));
        assertThat(view.members().keySet()).isEqualTo(new TreeSet<>(children(two, BROKERS)));
        for (String name : view.members().keySet()) {
            assertThat(view.members().get(name)).isEqualTo(two.getData(BROKERS.child(name)).data());
        }
    }
}
