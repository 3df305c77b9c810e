package io.coord.testkit.check;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.Stat;
import io.coord.WatchEvent;
import io.coord.raft.Entry;
import io.coord.state.Command;
import io.coord.testkit.check.ModelNode.Version;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The executable specification: ZooKeeper's tree and sessions in plain maps, applied to the canonical log once and for all. What
 * members answer must be what this says at the index they say (inv.Z4). It keeps every past version of every path.
 *
 * <p>It models what the workload does: access control lists of plain names, no quotas, no time to live.
 */
final class ModelTree {

    /** A write that took effect, with what it did. */
    record Effect(long index, long session, long attach, long number, Operation.Write<?> operation, Outcome outcome) {}

    /** A change that watches may wait for, and who may hear of it. */
    record Happening(WatchEvent event, List<Acl> acl) {}

    /** A session as the log tells it. */
    static final class ModelSession {
        final long id;
        final Bytes passwordHash;
        final List<Effect> effects = new ArrayList<>();
        final Set<String> ephemerals = new TreeSet<>();
        long attach = 1;
        long nonce;
        long lastNumber;
        long endedAt = Long.MAX_VALUE;

        ModelSession(long id, Bytes passwordHash, long nonce) {
            this.id = id;
            this.passwordHash = passwordHash;
            this.nonce = nonce;
        }

        boolean isOver() {
            return endedAt != Long.MAX_VALUE;
        }
    }

    private final Map<String, ModelNode> nodes = new HashMap<>();
    private final Map<Long, ModelSession> sessions = new LinkedHashMap<>();
    private final Map<MemberId, Long> highest = new HashMap<>();
    /** Everything that any watch could ever report, in order. */
    private final List<Happening> history = new ArrayList<>();

    private final ModelNode root = new ModelNode("/", null);
    private long index = LogTree.ORIGIN;
    private long repetitions;

    // Of the entry being applied.
    private long wallMillis;
    private List<Identity> identities = List.of();
    private final LinkedHashSet<ModelNode> touched = new LinkedHashSet<>();
    private final ArrayDeque<Runnable> undo = new ArrayDeque<>();

    ModelTree() {
        root.exists = true;
        root.children.add("zookeeper");
        nodes.put("/", root);
        root.keepVersion(LogTree.ORIGIN);
    }

    long index() {
        return index;
    }

    /** How many writes came out of turn, most of them for the second time, and had no effect. */
    long repetitions() {
        return repetitions;
    }

    @Nullable ModelSession session(long id) {
        return sessions.get(id);
    }

    @Nullable ModelNode node(String path) {
        return nodes.get(path);
    }

    Iterable<ModelSession> sessions() {
        return sessions.values();
    }

    List<Happening> history() {
        return history;
    }

    Iterable<ModelNode> nodes() {
        return nodes.values();
    }

    // ------------------------------------------------------------------------------------------------ commands

    /** Applies the next entry. */
    @Nullable Effect apply(Entry entry, @Nullable Command command) {
        if (entry.index() != index + 1) {
            throw new IllegalStateException("the model is at " + Long.toHexString(index));
        }
        index = entry.index();
        wallMillis = entry.wallMillis();
        Effect effect = null;
        if (command instanceof Command.Submit submit) {
            effect = submit(submit);
        } else if (command instanceof Command.OpenSession open) {
            open(open);
        } else if (command instanceof Command.Attach attach) {
            attach(attach);
        } else if (command instanceof Command.CloseSession close) {
            close(close);
        } else if (command instanceof Command.ExpireSession expire) {
            expire(expire, entry.term());
        } else if (command instanceof Command.CollectNode collect) {
            collect(collect, entry.term());
        } else if (command instanceof Command.SubmitLocal || command instanceof Command.UpgradeSession) {
            throw new IllegalStateException("the model knows no local sessions: " + command);
        }
        keepVersions();
        return effect;
    }

    private void keepVersions() {
        for (ModelNode node : touched) {
            node.keepVersion(index);
        }
        touched.clear();
        undo.clear();
    }

    /** A member's session ids only grow, so that an ended one never comes back (rule.15). */
    private void open(Command.OpenSession open) {
        if (open.session() > highest.getOrDefault(open.member(), Long.MIN_VALUE)) {
            highest.put(open.member(), open.session());
            sessions.put(open.session(), new ModelSession(open.session(), open.passwordHash(), open.nonce()));
        }
    }

    private void attach(Command.Attach attach) {
        ModelSession session = sessions.get(attach.session());
        if (session != null
                && !session.isOver()
                && session.passwordHash.equals(attach.passwordHash())
                && session.nonce != attach.nonce()) {
            session.attach++;
            session.nonce = attach.nonce();
        }
    }

    /** Contiguous numbers under the current attach, or no effect (rules 4 to 6). */
    private @Nullable ModelSession next(long id, long attach, long number) {
        ModelSession session = sessions.get(id);
        boolean next = session != null
                && !session.isOver()
                && session.attach == attach
                && session.lastNumber + 1 == number;
        return next ? session : null;
    }

    private @Nullable Effect submit(Command.Submit submit) {
        ModelSession session = next(submit.session(), submit.attach(), submit.number());
        if (session == null) {
            repetitions++;
            return null;
        }
        session.lastNumber++;
        identities = submit.identities();
        Outcome outcome = perform(session, submit.operation());
        Effect effect =
                new Effect(index, session.id, submit.attach(), submit.number(), submit.operation(), outcome);
        session.effects.add(effect);
        return effect;
    }

    private void close(Command.CloseSession close) {
        ModelSession session = next(close.session(), close.attach(), close.number());
        if (session != null) {
            end(session);
        }
    }

    private void expire(Command.ExpireSession expire, long term) {
        ModelSession session = sessions.get(expire.session());
        if (session != null && !session.isOver() && session.attach == expire.attach() && expire.term() == term) {
            end(session);
        }
    }

    private void end(ModelSession session) {
        session.endedAt = index;
        for (String path : List.copyOf(session.ephemerals)) {
            remove(nodes.get(path));
        }
    }

    private void collect(Command.CollectNode collect, long term) {
        ModelNode node = nodes.get(collect.path());
        if (node != null
                && node.exists
                && node.container
                && collect.term() == term
                && node.czxid == collect.czxid()
                && node.mzxid == collect.mzxid()
                && node.children.isEmpty()
                && node.creations > 0) {
            remove(node);
        }
    }

    // ------------------------------------------------------------------------------------------------ writes

    private Outcome perform(ModelSession session, Operation.Write<?> write) {
        if (write instanceof Operation.Multi multi) {
            return multi(session, multi);
        }
        if (write instanceof Operation.Create create) {
            return create(session, create);
        } else if (write instanceof Operation.Delete delete) {
            return delete(delete);
        } else if (write instanceof Operation.SetData set) {
            return set(set);
        } else if (write instanceof Operation.Check check) {
            return check(check);
        }
        if (write instanceof Operation.SetAcl set) {
            return setAcl(set);
        }
        throw new IllegalStateException("the model has no " + write);
    }

    private Outcome multi(ModelSession session, Operation.Multi multi) {
        List<Outcome> results = new ArrayList<>();
        for (Operation.Step<?> step : multi.steps()) {
            Outcome result = perform(session, step);
            results.add(result);
            if (result instanceof Outcome.Refused) {
                rollBack();
                return failed(multi, results);
            }
        }
        return new Outcome.Multi(results);
    }

    private void rollBack() {
        while (!undo.isEmpty()) {
            undo.pop().run();
        }
        touched.clear();
    }

    private static Outcome failed(Operation.Multi multi, List<Outcome> results) {
        int failedAt = results.size() - 1;
        for (int i = 0; i < failedAt; i++) {
            results.set(i, new Outcome.RolledBack());
        }
        while (results.size() < multi.steps().size()) {
            results.add(refused(Refusal.RUNTIME_INCONSISTENCY));
        }
        return new Outcome.Multi(results);
    }

    private static Outcome.Refused refused(Refusal refusal) {
        return new Outcome.Refused(refusal, "", "");
    }

    private @Nullable ModelNode existing(String path) {
        ModelNode node = nodes.get(path);
        return node != null && node.exists ? node : null;
    }

    private static String parentOf(String path) {
        int slash = path.lastIndexOf('/');
        return slash <= 0 ? "/" : path.substring(0, slash);
    }

    private Outcome create(ModelSession session, Operation.Create create) {
        ModelNode parent = existing(parentOf(create.path()));
        if (parent == null) {
            return refused(Refusal.NO_NODE);
        }
        if (!allows(parent.acl, Acl.CREATE, identities)) {
            return refused(Refusal.NO_AUTH);
        }
        String path = create.mode().isSequential()
                ? create.path() + String.format(Locale.ROOT, "%010d", parent.creations)
                : create.path();
        if (existing(path) != null) {
            return refused(Refusal.NODE_EXISTS);
        }
        if (parent.owner != 0) {
            return refused(Refusal.NO_CHILDREN_FOR_EPHEMERALS);
        }
        ModelNode node = nodes.get(path);
        if (node == null) {
            node = new ModelNode(path, parent);
            nodes.put(path, node);
        }
        bear(node, session, create);
        adopt(parent, node);
        return new Outcome.Created(path, node.stat());
    }

    private void bear(ModelNode node, ModelSession session, Operation.Create create) {
        save(node);
        node.exists = true;
        node.czxid = index;
        node.mzxid = index;
        node.pzxid = index;
        node.ctime = wallMillis;
        node.mtime = wallMillis;
        node.version = 0;
        node.aversion = 0;
        node.creations = 0;
        node.children = new TreeSet<>();
        node.data = create.data();
        node.acl = create.acl();
        node.container = create.mode() == CreateMode.CONTAINER;
        node.owner = create.mode().isEphemeral() ? session.id : 0;
        if (node.owner != 0) {
            session.ephemerals.add(node.path);
            undo.push(() -> session.ephemerals.remove(node.path));
        }
        note(WatchEvent.Type.CREATED, node);
    }

    private void adopt(ModelNode parent, ModelNode node) {
        save(parent);
        parent.creations++;
        parent.pzxid = index;
        parent.children.add(node.name());
        undo.push(() -> parent.children.remove(node.name()));
        note(WatchEvent.Type.CHILDREN_CHANGED, parent);
    }

    private Outcome delete(Operation.Delete delete) {
        ModelNode parent = existing(parentOf(delete.path()));
        if (parent != null && !allows(parent.acl, Acl.DELETE, identities)) {
            return refused(Refusal.NO_AUTH);
        }
        ModelNode node = existing(delete.path());
        if (node == null) {
            return refused(Refusal.NO_NODE);
        }
        if (isOther(delete.version(), node.version)) {
            return refused(Refusal.BAD_VERSION);
        }
        if (!node.children.isEmpty()) {
            return refused(Refusal.NOT_EMPTY);
        }
        remove(node);
        return new Outcome.Deleted();
    }

    private void remove(ModelNode node) {
        save(node);
        node.exists = false;
        ModelSession owner = node.owner == 0 ? null : sessions.get(node.owner);
        if (owner != null) {
            owner.ephemerals.remove(node.path);
            undo.push(() -> owner.ephemerals.add(node.path));
        }
        note(WatchEvent.Type.DELETED, node);
        ModelNode parent = node.parent;
        if (parent != null) {
            save(parent);
            parent.pzxid = index;
            parent.children.remove(node.name());
            undo.push(() -> parent.children.add(node.name()));
            note(WatchEvent.Type.CHILDREN_CHANGED, parent);
        }
    }

    private Outcome set(Operation.SetData set) {
        ModelNode node = existing(set.path());
        if (node == null) {
            return refused(Refusal.NO_NODE);
        }
        if (!allows(node.acl, Acl.WRITE, identities)) {
            return refused(Refusal.NO_AUTH);
        }
        if (isOther(set.version(), node.version)) {
            return refused(Refusal.BAD_VERSION);
        }
        save(node);
        node.data = set.data();
        node.version++;
        node.mzxid = index;
        node.mtime = wallMillis;
        note(WatchEvent.Type.DATA_CHANGED, node);
        return new Outcome.DataSet(node.stat());
    }

    private Outcome setAcl(Operation.SetAcl set) {
        ModelNode node = existing(set.path());
        if (node == null) {
            return refused(Refusal.NO_NODE);
        }
        if (!allows(node.acl, Acl.ADMIN, identities)) {
            return refused(Refusal.NO_AUTH);
        }
        if (isOther(set.version(), node.aversion)) {
            return refused(Refusal.BAD_VERSION);
        }
        save(node);
        node.acl = set.acl();
        node.aversion++;
        return new Outcome.AclSet(node.stat());
    }

    private Outcome check(Operation.Check check) {
        ModelNode node = existing(check.path());
        if (node == null) {
            return refused(Refusal.NO_NODE);
        }
        if (!allows(node.acl, Acl.READ, identities)) {
            return refused(Refusal.NO_AUTH);
        }
        return isOther(check.version(), node.version) ? refused(Refusal.BAD_VERSION) : new Outcome.Checked();
    }

    private static boolean isOther(int expected, int version) {
        return expected != Operation.ANY_VERSION && expected != version;
    }

    /** Any entry that names the reader, or everybody, and has the permission. */
    static boolean allows(List<Acl> acl, int permission, List<Identity> identities) {
        for (Acl entry : acl) {
            boolean named = entry.identity().equals(Identity.ANYONE) || identities.contains(entry.identity());
            if (named && (entry.permissions() & permission) != 0) {
                return true;
            }
        }
        return false;
    }

    private void note(WatchEvent.Type type, ModelNode node) {
        history.add(new Happening(new WatchEvent(type, node.path, index), node.acl));
        undo.push(() -> history.remove(history.size() - 1));
    }

    /** Keeps what the fields are, for a transaction that may fail. */
    private void save(ModelNode node) {
        touched.add(node);
        boolean exists = node.exists;
        long czxid = node.czxid;
        long mzxid = node.mzxid;
        long pzxid = node.pzxid;
        long ctime = node.ctime;
        long mtime = node.mtime;
        int version = node.version;
        int aversion = node.aversion;
        int creations = node.creations;
        long owner = node.owner;
        boolean container = node.container;
        Bytes data = node.data;
        List<Acl> acl = node.acl;
        TreeSet<String> children = node.children;
        undo.push(() -> {
            node.exists = exists;
            node.czxid = czxid;
            node.mzxid = mzxid;
            node.pzxid = pzxid;
            node.ctime = ctime;
            node.mtime = mtime;
            node.version = version;
            node.aversion = aversion;
            node.creations = creations;
            node.owner = owner;
            node.container = container;
            node.data = data;
            node.acl = acl;
            node.children = children;
        });
    }

    // ------------------------------------------------------------------------------------------------ the past

    /** What a path was at an index, or null if it was not there. */
    @Nullable Version at(String path, long zxid) {
        ModelNode node = nodes.get(path);
        return node == null ? null : node.at(zxid);
    }

    /** The names of a node's children at an index. */
    TreeSet<String> childrenAt(String path, long zxid) {
        TreeSet<String> names = new TreeSet<>();
        ModelNode node = nodes.get(path);
        if (node != null) {
            for (ModelNode child : node.everChildren) {
                if (child.at(zxid) != null) {
                    names.add(child.name());
                }
            }
        }
        return names;
    }

    /** Whether two outcomes say the same; words do not count. */
    static boolean agree(Outcome one, Outcome other) {
        if (one instanceof Outcome.Refused a && other instanceof Outcome.Refused b) {
            return a.refusal() == b.refusal();
        }
        if (one instanceof Outcome.Multi a && other instanceof Outcome.Multi b) {
            boolean agree = a.results().size() == b.results().size();
            for (int i = 0; agree && i < a.results().size(); i++) {
                agree = agree(a.results().get(i), b.results().get(i));
            }
            return agree;
        }
        return one.equals(other);
    }
}
