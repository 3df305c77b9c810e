package io.coord.state;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Outcome.Refused;
import io.coord.Refusal;
import io.coord.Stat;
import io.coord.WatchEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Judges one write of a session and, if nothing speaks against it, does it. The order of checks is the contract's, since a client sees
 * the first that fails (zk sections 2.4 and 2.6). Every check comes before the first change, so that only a transaction ever has
 * something to undo.
 */
final class Judge {

    /** The longest time to live, 2^40 - 1 ms: what ZooKeeper has bits for. */
    static final long TTL_MILLIS_MAX = (1L << 40) - 1;

    private static final String VERSION = "version=";

    private final NodeEditor nodes;
    private final SessionEditor sessions;
    private final Settings settings;
    private final long session;
    private final List<Identity> identities;
    private final Moment now;
    private final List<Change> changes;
    /** Bytes of what scheme auth stood for so far. */
    private long expansion;
    /** What each list grants the writer, in a transaction: it may ask the same one many thousand times, and each may be long. */
    private @Nullable Map<AccessList, Integer> granted;

    Judge(
            NodeEditor nodes,
            SessionEditor sessions,
            Settings settings,
            long session,
            List<Identity> identities,
            Moment now,
            List<Change> changes) {
        this.nodes = nodes;
        this.sessions = sessions;
        this.settings = settings;
        this.session = session;
        this.identities = identities;
        this.now = now;
        this.changes = changes;
    }

    Outcome write(Operation.Write<?> write) {
        if (write instanceof Operation.Step<?> step) {
            return step(step);
        }
        if (write instanceof Operation.SetAcl set) {
            return setAcl(set);
        }
        return multi((Operation.Multi) write);
    }

    private Outcome step(Operation.Step<?> step) {
        if (step instanceof Operation.SetData set) {
            return setData(set);
        }
        if (step instanceof Operation.Create create) {
            return create(create);
        }
        if (step instanceof Operation.Delete delete) {
            return delete(delete);
        }
        return check((Operation.Check) step);
    }

    // ---- create

    private Outcome create(Operation.Create create) {
        Refused refused = refuseArguments(create);
        if (refused != null) {
            return refused;
        }
        ZNode parent = nodes.findParent(create.path());
        if (parent == null) {
            return Refusals.noParent(create.path()); // zk.C6
        }
        if (!allows(parent, Acl.CREATE)) {
            return Refusals.noAuth(create.path(), "the parent " + parent.path, Acl.CREATE, identities); // zk.C7
        }
        String path = create.mode().isSequential()
                ? create.path() + sequenceNumber(parent.creations())
                : create.path();
        refused = refusePlace(path, create.data(), parent);
        return refused == null ? created(path, create, parent) : refused;
    }

    /** zk.C2 to zk.C5. */
    private @Nullable Refused refuseArguments(Operation.Create create) {
        CreateMode mode = create.mode();
        long ttl = create.ttlMillis();
        if (mode.isTtl() && !settings.extendedTypes()) {
            return new Refused(
                    Refusal.UNIMPLEMENTED, create.path(), "TTL nodes are switched off; the setting is extendedTypes");
        }
        if (mode.isTtl() ? ttl <= 0 || ttl > TTL_MILLIS_MAX : ttl >= 0) {
            String fact = mode.isTtl() ? "out of range 1 to " + TTL_MILLIS_MAX : "not for mode " + mode.name();
            return new Refused(Refusal.BAD_ARGUMENTS, create.path(), "a time to live of " + ttl + " ms is " + fact);
        }
        if (mode.isEphemeral() && sessions.find(session) == null) {
            return Refusals.ephemeralOnLocalSession(create.path());
        }
        Refused refused = refuseWithoutParent(create.path());
        return refused == null ? refuseAcl(create.path(), create.acl()) : refused;
    }

    private @Nullable Refused refuseAcl(String path, List<Acl> acl) {
        if (acl == Acl.OPEN) {
            return null;
        }
        Optional<String> violation = Acls.violation(acl, identities);
        if (violation.isPresent()) {
            return Refusals.invalidAcl(path, violation.get());
        }
        expansion += Acls.expansion(acl, identities);
        return expansion > Acls.EXPANSION_MAX ? Refusals.tooMuchOfAuth(path, expansion) : null;
    }

    private static @Nullable Refused refuseWithoutParent(String path) {
        if (path.indexOf('/') >= 0 && path.indexOf('\0') < 0) {
            return null;
        }
        return Refusals.badPath(path, NodePath.violation(path).orElse("it names no parent"));
    }

    /** zk.C8 to zk.C11. */
    private @Nullable Refused refusePlace(String path, @Nullable Bytes data, ZNode parent) {
        Refused refused = refusePath(path);
        if (refused != null) {
            return refused;
        }
        if (nodes.find(path) != null) {
            return Refusals.nodeExists(path);
        }
        if (parent.isEphemeral()) {
            return Refusals.ephemeralParent(path);
        }
        return refuseQuota(path, 1, data == null ? 0 : data.length());
    }

    private Outcome created(String path, Operation.Create create, ZNode parent) {
        AccessList acl = nodes.share(Acls.expanded(create.acl(), identities));
        SessionEntry owner = create.mode().isEphemeral() ? sessions.find(session) : null;
        ZNode node = new ZNode(
                path,
                create.data(),
                acl,
                null,
                owner == null ? life(create) : owner.life(),
                now.zxid(),
                now.zxid(),
                now.wallMillis(),
                now.wallMillis(),
                0,
                0);
        nodes.create(node, parent);
        if (owner != null) {
            sessions.own(owner, path);
        }
        changes.add(new Change(WatchEvent.Type.CREATED, path, now.zxid(), acl.entries, parent.acl.entries));
        return new Outcome.Created(path, stat(node));
    }

    private @Nullable Life life(Operation.Create create) {
        if (create.mode() == CreateMode.CONTAINER) {
            return Life.container(now.elapsedMillis());
        }
        return create.mode().isTtl() ? Life.ttl(create.ttlMillis(), now.elapsedMillis()) : null;
    }

    /** Ten digits, or a sign and more once the count has wrapped (zk.SQ2), as {@code %010d} prints them. */
    static String sequenceNumber(int creations) {
        String digits = Long.toString(Math.abs((long) creations));
        String zeros = "0000000000".substring(Math.min(10, digits.length() + (creations < 0 ? 1 : 0)));
        return (creations < 0 ? "-" : "") + zeros + digits;
    }

    // ---- delete, setData, setAcl, check

    /** zk.D1. */
    private Outcome delete(Operation.Delete delete) {
        String path = delete.path();
        Refused refused = refuseWithoutParent(path);
        if (refused != null) {
            return refused;
        }
        if (CoordState.NODES_OF_EVERY_TREE.contains(path)) {
            return new Refused(Refusal.BAD_ARGUMENTS, path, "the node is part of every tree and cannot be deleted");
        }
        ZNode parent = nodes.findParent(path);
        if (parent == null) {
            return Refusals.noParentToDeleteFrom(path);
        }
        if (!allows(parent, Acl.DELETE)) {
            return Refusals.noAuth(path, "the parent " + parent.path, Acl.DELETE, identities);
        }
        ZNode node = nodes.find(path);
        if (node == null) {
            return Refusals.noNode(path);
        }
        if (differs(delete.version(), node.version)) {
            return Refusals.badVersion(path, "its version", node.version, delete.version());
        }
        if (node.childCount() > 0) {
            return Refusals.notEmpty(path, node.childCount());
        }
        remove(node, parent);
        return new Outcome.Deleted();
    }

    /** Deletes a childless node whatever else holds. */
    void remove(ZNode node, ZNode parent) {
        nodes.delete(node, parent, now.zxid());
        if (node.isEphemeral()) {
            sessions.disown(node.owner(), node.path);
        }
        noteDeleted(node, parent);
    }

    private void noteDeleted(ZNode node, ZNode parent) {
        changes.add(new Change(
                WatchEvent.Type.DELETED, node.path, now.zxid(), node.acl.entries, parent.acl.entries));
    }

    /** Deletes all nodes of a session that is about to end (zk.S6). */
    void removeEphemerals(SessionEntry ending) {
        ending.ephemerals.forEach(path -> {
            ZNode node = nodes.find(path);
            ZNode parent = nodes.findParent(path);
            if (node == null || parent == null) {
                throw new IllegalStateException(path + " is listed as an ephemeral node but is not in the tree");
            }
            nodes.delete(node, parent, now.zxid());
            noteDeleted(node, parent);
        });
    }

    /** zk.D2. */
    private Outcome setData(Operation.SetData set) {
        String path = set.path();
        ZNode node = nodes.find(path);
        if (node == null) {
            return refuseMissing(path);
        }
        if (!allows(node, Acl.WRITE)) {
            return Refusals.noAuth(path, "the node", Acl.WRITE, identities);
        }
        int length = set.data() == null ? 0 : set.data().length();
        Refused refused = refuseQuota(path, 0, length - node.dataLength);
        if (refused != null) {
            return refused;
        }
        if (differs(set.version(), node.version)) {
            return Refusals.badVersion(path, "its version", node.version, set.version());
        }
        Life life = node.life == null ? null : node.life.touched(now.elapsedMillis());
        return new Outcome.DataSet(stat(put(node, set.data(), life, next(node.version))));
    }

    private ZNode put(ZNode node, @Nullable Bytes data, @Nullable Life life, int version) {
        ZNode after = node.withData(data, life, version, now.zxid(), now.wallMillis());
        nodes.replaceData(node, after);
        changes.add(new Change(
                WatchEvent.Type.DATA_CHANGED, node.path, now.zxid(), node.acl.entries, List.of()));
        return after;
    }

    /** Sets the configuration node's data; its version stays -1 (zk.RC1). */
    Outcome.Reconfigured configure(Bytes data) {
        ZNode node = configNode();
        put(node, data, node.life, CoordState.CONFIG_VERSION);
        return configuration();
    }

    /** The same members once more are a new version of their list, of which those that watch it are told (zk.RC3). */
    Outcome.Reconfigured renewConfiguration() {
        Bytes data = configNode().data;
        String text = data == null ? "" : data.utf8();
        int version = text.lastIndexOf(VERSION);
        return version < 0
                ? configuration()
                : configure(Bytes.utf8(text.substring(0, version) + VERSION + Long.toHexString(now.zxid())));
    }

    private ZNode configNode() {
        ZNode node = nodes.find(CoordState.CONFIG_NODE);
        if (node == null) {
            throw new IllegalStateException(CoordState.CONFIG_NODE + " is missing, which nothing can delete");
        }
        return node;
    }

    /** The configuration in force, as its node shows it. */
    Outcome.Reconfigured configuration() {
        ZNode node = configNode();
        return new Outcome.Reconfigured(node.data == null ? Bytes.EMPTY : node.data, stat(node));
    }

    /** The version of the configuration in force. */
    long configZxid() {
        return configNode().mzxid;
    }

    /** zk.RC2. */
    @Nullable Refused refuseReconfigure() {
        return allows(configNode(), Acl.WRITE)
                ? null
                : Refusals.noAuth(CoordState.CONFIG_NODE, "the node", Acl.WRITE, identities);
    }

    /** zk.D3. */
    private Outcome setAcl(Operation.SetAcl set) {
        String path = set.path();
        Refused refused = refusePath(path);
        if (refused == null) {
            refused = refuseAcl(path, set.acl());
        }
        if (refused != null) {
            return refused;
        }
        ZNode node = nodes.find(path);
        if (node == null) {
            return Refusals.noNode(path);
        }
        if (!allows(node, Acl.ADMIN)) {
            return Refusals.noAuth(path, "the node", Acl.ADMIN, identities);
        }
        if (differs(set.version(), node.aversion)) {
            return Refusals.badVersion(path, "its ACL version", node.aversion, set.version());
        }
        ZNode after = node.withAcl(nodes.share(Acls.expanded(set.acl(), identities)), next(node.aversion));
        nodes.replace(node, after);
        return new Outcome.AclSet(stat(after));
    }

    /** zk.D4. */
    private Outcome check(Operation.Check check) {
        String path = check.path();
        ZNode node = nodes.find(path);
        if (node == null) {
            return refuseMissing(path);
        }
        if (!allows(node, Acl.READ)) {
            return Refusals.noAuth(path, "the node", Acl.READ, identities);
        }
        return differs(check.version(), node.version)
                ? Refusals.badVersion(path, "its version", node.version, check.version())
                : new Outcome.Checked();
    }

    // ---- multi

    /** zk section 2.10. */
    private Outcome multi(Operation.Multi multi) {
        List<Operation.Step<?>> steps = multi.steps();
        boolean mayUndo = steps.size() > 1;
        NodeTree nodesBefore = mayUndo ? nodes.freeze() : null;
        SessionTable sessionsBefore = mayUndo ? sessions.freeze() : null;
        int changesBefore = changes.size();
        granted = mayUndo ? new LinkedHashMap<>() : null;
        List<Outcome> results = new ArrayList<>(steps.size());
        for (Operation.Step<?> step : steps) {
            Outcome result = step(step);
            if (result instanceof Refused refused) {
                if (nodesBefore != null && sessionsBefore != null) {
                    nodes.restore(nodesBefore);
                    sessions.restore(sessionsBefore);
                }
                changes.subList(changesBefore, changes.size()).clear();
                return failed(steps, results.size(), refused);
            }
            results.add(result);
        }
        return new Outcome.Multi(results);
    }

    /** zk.M4. */
    private static Outcome failed(List<Operation.Step<?>> steps, int at, Refused refused) {
        String detail = "not evaluated, since step " + at + " was refused";
        List<Outcome> results = new ArrayList<>(steps.size());
        for (int i = 0; i < steps.size(); i++) {
            if (i < at) {
                results.add(new Outcome.RolledBack());
            } else if (i == at) {
                results.add(refused);
            } else {
                results.add(new Refused(Refusal.RUNTIME_INCONSISTENCY, steps.get(i).path(), detail));
            }
        }
        return new Outcome.Multi(results);
    }

    // ---- what the checks share

    private boolean allows(ZNode node, int permission) {
        return settings.skipAcl() || grants(node.acl, permission);
    }

    private boolean grants(AccessList acl, int permission) {
        return granted == null
                ? acl.allows(permission, identities)
                : (granted.computeIfAbsent(acl, asked -> Acls.granted(asked.entries, identities)) & permission) != 0;
    }

    /** Every node in the tree has a valid path, so only a missing one can have another fault (zk.P3). */
    private static Refused refuseMissing(String path) {
        Refused refused = refusePath(path);
        return refused == null ? Refusals.noNode(path) : refused;
    }

    private static @Nullable Refused refusePath(String path) {
        Optional<String> violation = NodePath.violation(path);
        return violation.isPresent() ? Refusals.badPath(path, violation.get()) : null;
    }

    /** zk.Q3. Whoever is above a limit may not change what it limits, not even downwards, as in ZooKeeper. */
    private @Nullable Refused refuseQuota(String path, int moreNodes, int moreBytes) {
        Quota quota = settings.enforceQuota() ? nodes.nearestQuota(path) : null;
        if (quota == null) {
            return null;
        }
        ZNode top = nodes.find(quota.path());
        long count = moreNodes + (top == null ? 0 : NodeTree.countOf(top));
        if (moreNodes != 0 && quota.countMax() >= 0 && count > quota.countMax()) {
            return Refusals.quota(path, quota, "nodes", count, quota.countMax());
        }
        long bytes = moreBytes + (top == null ? 0 : NodeTree.bytesOf(top));
        if (moreBytes != 0 && quota.bytesMax() >= 0 && bytes > quota.bytesMax()) {
            return Refusals.quota(path, quota, "bytes", bytes, quota.bytesMax());
        }
        return null;
    }

    /** zk.D5. */
    private static boolean differs(int expected, int found) {
        return expected != Operation.ANY_VERSION && expected != found;
    }

    /** Skips -1, which could not be guarded (zk.X12). */
    private static int next(int version) {
        int next = version + 1;
        return next == Operation.ANY_VERSION ? 0 : next;
    }

    /** The Stat of a node as it is now; what a stats node shows is not its own data (zk.Q4). */
    private Stat stat(ZNode node) {
        return node.showsUsage ? nodes.peek().shownStat(node) : node.stat();
    }
}
