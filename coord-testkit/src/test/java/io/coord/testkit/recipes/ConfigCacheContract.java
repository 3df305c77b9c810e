package io.coord.testkit.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.recipes.ConfigCache;
import io.coord.recipes.ConfigCache.Change;
import io.coord.testkit.CoordContract.Capability;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What {@link ConfigCache} claims. */
abstract class ConfigCacheContract extends RecipesContract {

    private static final NodePath CONFIG = NodePath.of("/config");
    private static final NodePath LIMIT = NodePath.of("/config/limit");

    @Test
    void oneNodeIsMirroredFromBeforeItExistsUntilAfterItIsGone() {
        Session session = open();
        Session other = open();
        ConfigCache cache = ConfigCache.node(session, CONFIG);
        assertThat(cache.node()).isEmpty();
        assertThat(cache.version()).isZero();
        Heard<Change> changes = new Heard<>(session);
        cache.onChange(changes);

        create(other, CONFIG, "one");
        assertThat(changes.next().after().orElseThrow().text()).isEqualTo("one");
        assertThat(cache.node().orElseThrow().text()).isEqualTo("one");
        create(other, LIMIT, "not mirrored");
        long zxid = other.setData(CONFIG, Bytes.utf8("two")).mzxid();
        Change set = changes.next();
        assertThat(set.before().orElseThrow().text()).isEqualTo("one");
        assertThat(set.after().orElseThrow().stat().version()).isEqualTo(1);
        assertThat(cache.version()).isEqualTo(zxid);
        assertThat(cache.find(LIMIT)).isEmpty();

        other.delete(LIMIT);
        other.delete(CONFIG);
        assertThat(changes.next().after()).isEmpty();
        assertThat(cache.node()).isEmpty();
        assertThat(cache.version()).isEqualTo(zxid);
    }

    @Test
    void aSubtreeIsThereWhenItIsOpenedAndFollowsTheTree() {
        Session session = open();
        create(session, CONFIG, "root");
        create(session, LIMIT, "10");
        create(session, CONFIG.child("deep"), "");
        create(session, CONFIG.child("deep/er"), "x");
        create(session, NodePath.of("/configuration"), "a neighbour");
        ConfigCache cache = ConfigCache.subtree(session, CONFIG);
        assertThat(cache.nodes().keySet())
                .extracting(NodePath::value)
                .containsExactly("/config", "/config/deep", "/config/deep/er", "/config/limit");
        assertThat(cache.find(LIMIT).orElseThrow().text()).isEqualTo("10");

        Heard<Change> changes = new Heard<>(session);
        cache.onChange(changes);
        for (int i = 0; i < 4; i++) {
            assertThat(changes.next().before()).as("as if it had just come").isEmpty();
        }
        session.setData(LIMIT, Bytes.utf8("11"));
        assertThat(changes.next()).satisfies(change -> {
            assertThat(change.path()).isEqualTo(LIMIT);
            assertThat(change.before().orElseThrow().text()).isEqualTo("10");
            assertThat(change.after().orElseThrow().text()).isEqualTo("11");
        });
        session.delete(CONFIG.child("deep/er"));
        assertThat(changes.next().path()).hasToString("/config/deep/er");
        assertThatThrownBy(() -> cache.nodes().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void whatIsDeletedAndCreatedAtOnceIsToldAsAnotherNode() {
        Session session = open();
        create(session, CONFIG, "one");
        ConfigCache cache = ConfigCache.node(session, CONFIG);
        Heard<Change> changes = new Heard<>(session);
        cache.onChange(changes);
        changes.next();
        Node first = cache.node().orElseThrow();
        session.transaction().delete(CONFIG).create(CONFIG, Bytes.utf8("one"), CreateMode.PERSISTENT).commit();
        Change change = changes.next(each -> each.after().isPresent());
        assertThat(change.after().orElseThrow().stat().czxid()).isGreaterThan(first.stat().czxid());
    }

    @Test
    void whatChangedWhileTheSessionWasAwayIsToldWhenItIsBack() {
        doorThatCan(Capability.AWAY);
        Session session = open();
        Session other = open();
        create(session, CONFIG, "");
        create(session, LIMIT, "10");
        create(session, CONFIG.child("gone"), "");
        create(session, CONFIG.child("again"), "same");
        ConfigCache cache = ConfigCache.subtree(session, CONFIG);
        Heard<Change> changes = new Heard<>(session);
        cache.onChange(changes);
        for (int i = 0; i < 4; i++) {
            changes.next();
        }
        door().whileAway(session, () -> {
            other.setData(LIMIT, Bytes.utf8("11"));
            other.delete(CONFIG.child("gone"));
            other.delete(CONFIG.child("again"));
            create(other, CONFIG.child("again"), "same");
            create(other, CONFIG.child("new"), "");
            assertThat(cache.find(LIMIT).orElseThrow().text()).isEqualTo("10");
        });
        TreeMap<String, Change> last = new TreeMap<>();
        while (!last.keySet().containsAll(List.of("again", "gone", "limit", "new"))) {
            Change change = changes.next();
            last.put(change.path().name(), change);
        }
        assertThat(last.get("limit").after().orElseThrow().text()).isEqualTo("11");
        assertThat(last.get("gone").after()).isEmpty();
        assertThat(last.get("new").before()).isEmpty();
        assertThat(last.get("again").after().orElseThrow().stat().czxid())
                .isEqualTo(other.getData(CONFIG.child("again")).stat().czxid());
        assertThat(cache.nodes().keySet()).extracting(NodePath::name).containsExactly("config", "again", "limit", "new");
    }

    @Test
    void aNodeThatMayNotBeReadIsNotThere() {
        Session session = open();
        create(session, CONFIG, "");
        session.create(LIMIT, Bytes.utf8("secret"), CreateMode.PERSISTENT,
                List.of(Acl.of(Acl.ALL & ~Acl.READ, "world", "anyone")));
        ConfigCache cache = ConfigCache.subtree(session, CONFIG);
        assertThat(cache.find(LIMIT)).isEmpty();
        Heard<Change> changes = new Heard<>(session);
        cache.onChange(changes);
        changes.next();
        session.setAcl(LIMIT, Acl.OPEN);
        session.setData(LIMIT, Bytes.utf8("open"));
        assertThat(changes.next().after().orElseThrow().text()).isEqualTo("open");
    }

    @Test
    void aClosedCacheTellsNothingAndKeepsWhatItHad() {
        Session session = open();
        create(session, CONFIG, "one");
        ConfigCache closed = ConfigCache.node(session, CONFIG);
        ConfigCache open = ConfigCache.node(session, CONFIG);
        Heard<Change> changes = new Heard<>(session);
        Heard<Change> others = new Heard<>(session);
        closed.onChange(changes);
        open.onChange(others);
        changes.next();
        others.next();
        closed.close();
        closed.close();
        session.setData(CONFIG, Bytes.utf8("two"));
        assertThat(others.next().after().orElseThrow().text()).isEqualTo("two");
        assertThat(changes.rest()).isEmpty();
        assertThat(closed.node().orElseThrow().text()).isEqualTo("one");
    }

    @Test
    void aListenerTakenBackHearsNothingMore() {
        Session session = open();
        create(session, CONFIG, "one");
        ConfigCache cache = ConfigCache.node(session, CONFIG);
        Heard<Change> changes = new Heard<>(session);
        Heard<Change> others = new Heard<>(session);
        var registration = cache.onChange(changes);
        cache.onChange(others);
        changes.next();
        others.next();
        registration.close();
        session.setData(CONFIG, Bytes.utf8("two"));
        others.next();
        assertThat(changes.rest()).isEmpty();
    }

    @Test
    void theMirrorEndsAsTheTreeAndNoNodeEverGoesBack() {
        for (long seed = 1; seed <= 8; seed++) {
            mirrorOfRandomChanges(seed);
        }
    }

    /** Opened while the tree changes, cut off while it changes, and compared when it rests. */
    private void mirrorOfRandomChanges(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        NodePath root = NodePath.of("/run-" + seed);
        Session session = open();
        Session writer = open();
        change(writer, root, random, 100);
        CompletionStage<ConfigCache> opening = ConfigCache.subtreeAsync(session, root);
        change(writer, root, random, 200);
        ConfigCache cache = session.await(opening);
        Heard<Change> changes = new Heard<>(session);
        cache.onChange(changes);
        change(writer, root, random, 150);
        if (door().capabilities().contains(Capability.AWAY)) {
            door().whileAway(session, () -> change(writer, root, random, 50));
        }
        change(writer, root, random, 100);
        NodePath end = root.child("end");
        writer.sync(root);
        if (writer.exists(root).isEmpty()) {
            create(writer, root, "root");
        }
        create(writer, end, "end");

        TreeMap<NodePath, Node> sum = new TreeMap<>();
        while (!sum.containsKey(end)) {
            add(changes.next(), sum, seed);
        }
        TreeMap<NodePath, Node> tree = new TreeMap<>();
        read(writer, root, tree);
        assertThat(texts(sum)).as("seed %s", seed).isEqualTo(texts(tree));
        assertThat(texts(cache.nodes())).as("seed %s", seed).isEqualTo(texts(tree));
        cache.close();
    }

    private final TreeSet<Long> deadLives = new TreeSet<>();

    private void add(Change change, TreeMap<NodePath, Node> sum, long seed) {
        Optional<Node> known = Optional.ofNullable(sum.remove(change.path()));
        change.after().ifPresent(node -> sum.put(change.path(), node));
        assertThat(change.before()).as("seed %s: %s", seed, change.path()).isEqualTo(known);
        known.filter(node -> lives(change.after(), node) != 0).ifPresent(node -> deadLives.add(node.stat().czxid()));
        change.after().ifPresent(node -> {
            assertThat(deadLives).as("seed %s: %s lives again", seed, change).doesNotContain(node.stat().czxid());
            known.ifPresent(before -> assertThat(node.stat().mzxid())
                    .as("seed %s: %s", seed, change)
                    .isGreaterThan(before.stat().mzxid()));
        });
    }

    private static long lives(Optional<Node> after, Node before) {
        return after.map(node -> node.stat().czxid()).orElse(0L) - before.stat().czxid();
    }

    private static TreeMap<String, String> texts(Map<NodePath, Node> nodes) {
        TreeMap<String, String> texts = new TreeMap<>();
        nodes.forEach((path, node) ->
                texts.put(path.value(), node.text() + " " + node.stat().czxid() + " " + node.stat().mzxid()));
        return texts;
    }

    private static void read(Session session, NodePath path, TreeMap<NodePath, Node> into) {
        into.put(path, session.getData(path));
        session.getChildren(path).forEach(name -> read(session, path.child(name), into));
    }

    /** Some changes at once, of a few paths, so that creations and deletions follow each other closely. */
    private static void change(Session session, NodePath root, SplittableRandom random, int times) {
        for (int i = 0; i < times; i++) {
            NodePath path = root;
            for (int depth = random.nextInt(3); depth > 0; depth--) {
                path = path.child("n" + random.nextInt(3));
            }
            switch (random.nextInt(5)) {
                case 0 -> session.async().delete(path);
                case 1, 2 -> session.async().setData(path, Bytes.utf8("set " + i));
                default -> session.async().create(path, Bytes.utf8("created " + i), CreateMode.PERSISTENT);
            }
        }
    }
}
