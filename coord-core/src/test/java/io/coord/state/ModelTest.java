package io.coord.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.Node;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.RejectedException;
import io.coord.Stat;
import io.coord.state.StateVisitor.Lifetime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The state against a naive model of the contract: one sorted map of paths, everything else found by looking through it. */
@DisplayName("random histories")
class ModelTest {

    private static final List<Identity> PEOPLE = List.of(Scene.ALICE, Scene.BOB);
    private static final List<List<Acl>> ACLS = List.of(
            Acl.OPEN,
            Acl.OPEN,
            Acl.OPEN,
            Acl.READ_ONLY,
            Acl.CREATOR_ALL,
            List.of(new Acl(Acl.ALL, Scene.ALICE), new Acl(Acl.READ | Acl.CREATE, Identity.ANYONE)),
            List.of(Acl.of(Acl.ALL, "bad", "x")));

    private static final class Item {
        Bytes data;
        List<Acl> acl;
        long czxid;
        long mzxid;
        long pzxid;
        long ctime;
        long mtime;
        int version;
        int aversion;
        int creations;
        int deletions;
        long owner;
        Lifetime lifetime = Lifetime.PERSISTENT;
        long ttl;
        long touched;

        Item copy() {
            Item item = new Item();
            item.data = data;
            item.acl = acl;
            item.czxid = czxid;
            item.mzxid = mzxid;
            item.pzxid = pzxid;
            item.ctime = ctime;
            item.mtime = mtime;
            item.version = version;
            item.aversion = aversion;
            item.creations = creations;
            item.deletions = deletions;
            item.owner = owner;
            item.lifetime = lifetime;
            item.ttl = ttl;
            item.touched = touched;
            return item;
        }
    }

    /** A session in the model: what was answered under each number. */
    private static final class Caller {
        final long id;
        final List<Identity> identities;
        long number;
        long ackedUpTo;
        final Map<Long, Object> answers = new LinkedHashMap<>();

        Caller(long id, List<Identity> identities) {
            this.id = id;
            this.identities = identities;
        }
    }

    private TreeMap<String, Item> tree = new TreeMap<>();
    private long zxid;
    private long wall = 1_000;
    private long elapsed = 100;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    @DisplayName("inv.T1 inv.T3 inv.Z4 every answer and every Stat is what a naive reading of the contract says")
    void everyAnswerIsTheModels(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Scene scene = new Scene();
        scene.apply(new Command.Configure(Settings.DEFAULT.withExtendedTypes(true)));
        for (String path : List.of("/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config")) {
            Item item = new Item();
            item.data = Bytes.EMPTY;
            item.acl = path.endsWith("config") ? Acl.READ_ONLY : Acl.OPEN;
            tree.put(path, item);
        }
        tree.get("/").deletions = -1;
        tree.get("/zookeeper").deletions = -2;
        Map<Long, Caller> callers = new LinkedHashMap<>();
        long nextSession = 1;
        CoordState twin = scene.restored();
        for (int step = 0; step < 3_000; step++) {
            String where = "seed " + seed + " step " + step;
            scene.wallMillis = wall += random.nextInt(3);
            scene.elapsedMillis = elapsed += random.nextInt(3);
            if (callers.size() < 3) {
                Caller caller = new Caller(nextSession++, PEOPLE.subList(0, random.nextInt(3)));
                scene.open(caller.id);
                callers.put(caller.id, caller);
            }
            Caller caller = List.copyOf(callers.values()).get(random.nextInt(callers.size()));
            zxid = scene.zxid() + 1;
            int dice = random.nextInt(1_000);
            if (dice < 10) {
                scene.apply(new Command.ExpireSession(caller.id, 1, scene.term));
                callers.remove(caller.id);
                endInModel(caller.id);
            } else if (dice < 100) {
                collect(scene, where);
            } else if (dice < 130) {
                scene.state = scene.restored();
            } else if (dice < 150) {
                scene.state.root();
            } else {
                Operation.Write<?> write = randomWrite(random, 0);
                boolean again = random.nextInt(10) == 0 && caller.number > caller.ackedUpTo;
                long number = again ? caller.number : ++caller.number;
                caller.ackedUpTo = again ? caller.ackedUpTo : random.nextLong(caller.ackedUpTo, number);
                Object expected = again ? caller.answers.get(number) : inModel(write, caller);
                caller.answers.put(number, expected);
                Reply reply = scene.apply(new Command.Submit(
                        caller.id, 1, number, caller.ackedUpTo, caller.identities, write));
                assertThat(essence(((Reply.Written) reply).outcome())).as("%s %s", where, write).isEqualTo(expected);
            }
            if (step % 50 == 0) {
                compareAll(scene, callers, where);
            }
        }
        compareAll(scene, callers, "seed " + seed + " at the end");
        assertThat(scene.restored().root().digest()).as("seed %d", seed).isEqualTo(scene.state.root().digest());
        assertThat(twin.root().nodeCount()).isEqualTo(4);
    }

    // ---- requests

    private static Operation.Write<?> randomWrite(SplittableRandom random, int depth) {
        int dice = random.nextInt(depth == 0 ? 100 : 80);
        if (dice < 80) {
            return randomStep(random, dice);
        }
        if (dice < 88) {
            return new Operation.SetAcl(randomPath(random), ACLS.get(random.nextInt(ACLS.size())), randomVersion(random));
        }
        List<Operation.Step<?>> steps = new ArrayList<>();
        for (int i = random.nextInt(5); i >= 0; i--) {
            steps.add(randomStep(random, random.nextInt(80)));
        }
        return new Operation.Multi(steps);
    }

    private static Operation.Step<?> randomStep(SplittableRandom random, int dice) {
        if (dice < 40) {
            CreateMode mode = CreateMode.values()[random.nextInt(7)];
            long ttl = mode.isTtl() ? random.nextInt(40) : random.nextInt(20) == 0 ? 5 : -1;
            return new Operation.Create(
                    randomPath(random), randomData(random), mode, ACLS.get(random.nextInt(ACLS.size())), ttl);
        }
        if (dice < 60) {
            return new Operation.Delete(randomPath(random), randomVersion(random));
        }
        return dice < 75
                ? new Operation.SetData(randomPath(random), randomData(random), randomVersion(random))
                : new Operation.Check(randomPath(random), randomVersion(random));
    }

    private static String randomPath(SplittableRandom random) {
        if (random.nextInt(50) == 0) {
            return List.of("/", "", "a", "/a/", "//", "/zookeeper", "/a/../b", "/a\0").get(random.nextInt(8));
        }
        StringBuilder path = new StringBuilder();
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            path.append('/').append((char) ('a' + random.nextInt(3)));
        }
        return path.toString();
    }

    private static Bytes randomData(SplittableRandom random) {
        return random.nextInt(5) == 0 ? null : Bytes.of(new byte[random.nextInt(20)]);
    }

    private static int randomVersion(SplittableRandom random) {
        return random.nextInt(3) > 0 ? -1 : random.nextInt(-2, 3);
    }

    // ---- the model's judgement

    /** What can be told of an outcome without its wording. */
    private static Object essence(Outcome outcome) {
        if (outcome instanceof Outcome.Refused refused) {
            return refused.refusal();
        }
        return outcome instanceof Outcome.Multi multi ? multi.results().stream().map(ModelTest::essence).toList() : outcome;
    }

    private Object inModel(Operation.Write<?> write, Caller caller) {
        if (!(write instanceof Operation.Multi multi)) {
            return single(write, caller);
        }
        TreeMap<String, Item> before = new TreeMap<>();
        tree.forEach((path, item) -> before.put(path, item.copy()));
        List<Object> results = new ArrayList<>();
        for (Operation.Step<?> step : multi.steps()) {
            results.add(single(step, caller));
            if (results.get(results.size() - 1) instanceof Refusal) {
                tree = before;
                results.replaceAll(result -> result instanceof Refusal ? result : new Outcome.RolledBack());
                while (results.size() < multi.steps().size()) {
                    results.add(Refusal.RUNTIME_INCONSISTENCY);
                }
                return results;
            }
        }
        return results;
    }

    private Object single(Operation.Write<?> write, Caller caller) {
        if (write instanceof Operation.Create create) {
            return create(create, caller);
        }
        if (write instanceof Operation.Delete delete) {
            return delete(delete, caller);
        }
        String path = write instanceof Operation.SetAcl set ? set.path() : ((Operation.Step<?>) write).path();
        if (!isPath(path)) {
            return Refusal.BAD_ARGUMENTS;
        }
        if (write instanceof Operation.SetAcl set && !isAcl(set.acl(), caller)) {
            return Refusal.INVALID_ACL;
        }
        Item item = tree.get(path);
        if (item == null) {
            return Refusal.NO_NODE;
        }
        if (write instanceof Operation.SetAcl set) {
            if (!may(item, Acl.ADMIN, caller)) {
                return Refusal.NO_AUTH;
            }
            if (set.version() != -1 && set.version() != item.aversion) {
                return Refusal.BAD_VERSION;
            }
            item.acl = stored(set.acl(), caller);
            item.aversion++;
            return new Outcome.AclSet(stat(path));
        }
        boolean isSet = write instanceof Operation.SetData;
        int version = write instanceof Operation.SetData set ? set.version() : ((Operation.Check) write).version();
        if (!may(item, isSet ? Acl.WRITE : Acl.READ, caller)) {
            return Refusal.NO_AUTH;
        }
        if (version != -1 && version != item.version) {
            return Refusal.BAD_VERSION;
        }
        if (!(write instanceof Operation.SetData set)) {
            return new Outcome.Checked();
        }
        item.data = set.data();
        item.version++;
        item.mzxid = zxid;
        item.mtime = wall;
        item.touched = elapsed;
        return new Outcome.DataSet(stat(path));
    }

    private Object create(Operation.Create create, Caller caller) {
        boolean isTtl = create.mode().isTtl();
        if (isTtl ? create.ttlMillis() <= 0 : create.ttlMillis() >= 0) {
            return Refusal.BAD_ARGUMENTS;
        }
        if (!create.path().contains("/") || create.path().contains("\0")) {
            return Refusal.BAD_ARGUMENTS;
        }
        if (!isAcl(create.acl(), caller)) {
            return Refusal.INVALID_ACL;
        }
        String parentPath = parent(create.path());
        Item parent = tree.get(parentPath);
        if (parent == null) {
            return Refusal.NO_NODE;
        }
        if (!may(parent, Acl.CREATE, caller)) {
            return Refusal.NO_AUTH;
        }
        String path = create.path()
                + (create.mode().isSequential() ? String.format("%010d", parent.creations) : "");
        if (!isPath(path)) {
            return Refusal.BAD_ARGUMENTS;
        }
        if (tree.containsKey(path)) {
            return Refusal.NODE_EXISTS;
        }
        if (parent.lifetime == Lifetime.EPHEMERAL) {
            return Refusal.NO_CHILDREN_FOR_EPHEMERALS;
        }
        Item item = new Item();
        item.data = create.data();
        item.acl = stored(create.acl(), caller);
        item.czxid = item.mzxid = item.pzxid = zxid;
        item.ctime = item.mtime = wall;
        item.touched = elapsed;
        item.ttl = create.ttlMillis();
        item.owner = create.mode().isEphemeral() ? caller.id : 0;
        item.lifetime = create.mode().isEphemeral() ? Lifetime.EPHEMERAL
                : isTtl ? Lifetime.TTL : create.mode() == CreateMode.CONTAINER ? Lifetime.CONTAINER : Lifetime.PERSISTENT;
        tree.put(path, item);
        parent.creations++;
        parent.pzxid = zxid;
        return new Outcome.Created(path, stat(path));
    }

    private Object delete(Operation.Delete delete, Caller caller) {
        String path = delete.path();
        if (!path.contains("/") || path.contains("\0") || path.equals("/") || path.equals("/zookeeper")) {
            return Refusal.BAD_ARGUMENTS;
        }
        Item parent = tree.get(parent(path));
        if (parent == null) {
            return Refusal.NO_NODE;
        }
        if (!may(parent, Acl.DELETE, caller)) {
            return Refusal.NO_AUTH;
        }
        Item item = tree.get(path);
        if (item == null) {
            return Refusal.NO_NODE;
        }
        if (delete.version() != -1 && delete.version() != item.version) {
            return Refusal.BAD_VERSION;
        }
        if (!children(path).isEmpty()) {
            return Refusal.NOT_EMPTY;
        }
        removeFromModel(path);
        return new Outcome.Deleted();
    }

    private void removeFromModel(String path) {
        tree.remove(path);
        Item parent = tree.get(parent(path));
        parent.deletions++;
        parent.pzxid = zxid;
    }

    private void endInModel(long session) {
        for (String path : List.copyOf(tree.keySet())) {
            if (tree.get(path).owner == session) {
                removeFromModel(path);
            }
        }
    }

    private void collect(Scene scene, String where) {
        TreeSet<String> expected = new TreeSet<>();
        tree.forEach((path, item) -> {
            boolean isEmpty = children(path).isEmpty();
            if (isEmpty && item.lifetime == Lifetime.TTL && elapsed - item.touched > item.ttl
                    || isEmpty && item.lifetime == Lifetime.CONTAINER && item.creations > 0) {
                expected.add(path);
            }
        });
        List<Collectable> found = scene.state.collectables(elapsed, 1_000);
        assertThat(found).as(where).extracting(Collectable::path).containsExactlyInAnyOrderElementsOf(expected);
        if (!found.isEmpty()) {
            Collectable first = found.get(0);
            scene.apply(new Command.CollectNode(first.path(), first.czxid(), first.mzxid(), scene.term));
            removeFromModel(first.path());
        }
    }

    private static boolean may(Item item, int permission, Caller caller) {
        return item.acl.stream()
                .anyMatch(acl -> (acl.permissions() & permission) != 0
                        && (acl.identity().equals(Identity.ANYONE) || caller.identities.contains(acl.identity())));
    }

    private static boolean isAcl(List<Acl> acl, Caller caller) {
        return acl.stream()
                .noneMatch(entry -> entry.identity().scheme().equals("bad")
                        || entry.identity().scheme().equals("auth") && caller.identities.isEmpty());
    }

    private static List<Acl> stored(List<Acl> acl, Caller caller) {
        return acl == Acl.CREATOR_ALL
                ? caller.identities.stream().map(identity -> new Acl(Acl.ALL, identity)).toList()
                : acl;
    }

    private static boolean isPath(String path) {
        return path.equals("/") || path.matches("(/[a-c0-9.\\-z][a-z0-9]*)+") && !path.contains("..");
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash == 0 ? "/" : path.substring(0, Math.max(0, slash));
    }

    private List<String> children(String path) {
        String prefix = path.equals("/") ? "/" : path + "/";
        return tree.keySet().stream()
                .filter(other -> other.length() > prefix.length()
                        && other.startsWith(prefix)
                        && other.indexOf('/', prefix.length()) < 0)
                .map(other -> other.substring(prefix.length()))
                .toList();
    }

    private Stat stat(String path) {
        Item item = tree.get(path);
        return new Stat(
                item.czxid,
                item.mzxid,
                item.ctime,
                item.mtime,
                item.version,
                item.creations + item.deletions,
                item.aversion,
                item.owner,
                item.data == null ? 0 : item.data.length(),
                children(path).size(),
                item.pzxid);
    }

    // ---- the whole

    private void compareAll(Scene scene, Map<Long, Caller> callers, String where) {
        StateRoot root = scene.state.root();
        Reader god = new Reader(0, List.of(Scene.SUPER));
        assertThat(root.nodeCount()).as(where).isEqualTo(tree.size());
        tree.forEach((path, item) -> {
            String at = where + " " + path;
            Node node = root.getData(path, god);
            assertThat(node.stat()).as(at).isEqualTo(stat(path));
            assertThat(node.data()).as(at).isEqualTo(item.data);
            assertThat(root.acl(path)).as(at).isEqualTo(item.acl);
            assertThat(root.read(new Operation.GetChildren(path), god).names())
                    .as(at)
                    .containsExactlyInAnyOrderElementsOf(children(path));
            String below = path.equals("/") ? "/" : path + "/";
            assertThat(root.read(new Operation.GetAllChildrenNumber(path), god))
                    .as(at)
                    .isEqualTo((int) tree.keySet().stream().filter(o -> o.length() > 1 && o.startsWith(below)).count());
            long bytes = tree.entrySet().stream()
                    .filter(other -> other.getKey().equals(path) || other.getKey().startsWith(below))
                    .mapToLong(other -> other.getValue().data == null ? 0 : other.getValue().data.length())
                    .sum();
            assertThat(NodeTree.bytesOf(root.node(path))).as(at).isEqualTo(bytes);
            for (Caller caller : callers.values()) {
                assertThat(isReadable(root, path, caller)).as(at).isEqualTo(may(item, Acl.READ, caller));
            }
        });
        for (Caller caller : callers.values()) {
            List<String> owned = tree.entrySet().stream()
                    .filter(entry -> entry.getValue().owner == caller.id)
                    .map(Map.Entry::getKey)
                    .toList();
            assertThat(root.read(new Operation.GetEphemerals(""), new Reader(caller.id, List.of())))
                    .as("%s session %d", where, caller.id)
                    .containsExactlyElementsOf(owned);
        }
    }

    private static boolean isReadable(StateRoot root, String path, Caller caller) {
        try {
            root.getData(path, new Reader(caller.id, caller.identities));
            return true;
        } catch (RejectedException e) {
            assertThat(e.refusal()).isEqualTo(Refusal.NO_AUTH);
            return false;
        }
    }
}
