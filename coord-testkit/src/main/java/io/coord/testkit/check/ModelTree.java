package io.coord.testkit.check;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.ConfigException;
import io.coord.CreateMode;
import io.coord.Ensemble;
import io.coord.Identity;
import io.coord.MemberAddress;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.Stat;
import io.coord.WatchEvent;
import io.coord.raft.ConfigPayload;
import io.coord.raft.Configuration;
import io.coord.raft.Entry;
import io.coord.raft.MemberKey;
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
import java.util.TreeMap;
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

    /** A change of members that is asked for and not settled. */
    private record Change(long index, Ensemble wanted, ModelSession session, long number) {}

    static final String CONFIG = "/zookeeper/config";
    private static final Identity SUPER = new Identity("super", "");

    private final ModelNode config = new ModelNode(CONFIG, null);
    private @Nullable Ensemble present;
    private @Nullable Change change;
    private long membersChanged;

    ModelTree(Configuration initial) {
        config.exists = true;
        config.acl = Acl.READ_ONLY;
        config.data = configText(initial, 0);
        config.version = config.data.length() == 0 ? 0 : -1;
        nodes.put(CONFIG, config);
        config.keepVersion(LogTree.ORIGIN);
        present = ensembleOf(initial);
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
        } else if (command instanceof Command.AbandonReconfiguration abandon) {
            abandon(abandon, entry.term());
        } else if (entry.payload() instanceof ConfigPayload payload) {
            configured(payload.configuration());
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

    // ------------------------------------------------------------------------------------------------ members

    /** The members that are asked for, or null. */
    @Nullable Ensemble wanted() {
        return change == null ? null : change.wanted();
    }

    /** How many changes of members were carried out. */
    long membersChanged() {
        return membersChanged;
    }

    private Outcome reconfigure(ModelSession session, Operation.Reconfigure wish) {
        if (present == null) {
            return refused(Refusal.UNIMPLEMENTED);
        } else if (change != null) {
            return refused(Refusal.RECONFIG_IN_PROGRESS);
        } else if (wish.configZxid() != Operation.Reconfigure.ANY_CONFIG && wish.configZxid() != config.mzxid) {
            return refused(Refusal.BAD_VERSION);
        }
        Ensemble wanted;
        try {
            wanted = after(present, wish);
        } catch (ConfigException mistaken) {
            return refused(Refusal.BAD_ARGUMENTS);
        }
        if (!identities.contains(SUPER)) {
            return refused(Refusal.NO_AUTH);
        } else if (wanted.equals(present)) {
            String text = config.data == null ? "" : config.data.utf8();
            if (text.contains("version=")) {
                show(Bytes.utf8(text.replaceFirst("version=.*$", "version=" + Long.toHexString(index))));
            }
            return shown();
        }
        change = new Change(index, wanted, session, session.lastNumber);
        return new Outcome.Reconfiguring();
    }

    /** The members named replace all others, or are added, those that leave last (zk.RC3). */
    private static Ensemble after(Ensemble present, Operation.Reconfigure wish) {
        TreeMap<MemberId, MemberAddress> voters = new TreeMap<>();
        TreeMap<MemberId, MemberAddress> observers = new TreeMap<>();
        if (!wish.replacesAll()) {
            voters.putAll(present.voters());
            observers.putAll(present.observers());
        }
        for (String one : wish.members().isEmpty() ? new String[0] : wish.members().split(",")) {
            String member = one.strip();
            MemberId id = MemberId.of(Integer.parseInt(member.substring(0, member.indexOf('='))));
            boolean observes = member.contains(":observer");
            String address = member.substring(member.indexOf('=') + 1).replace(":observer", "");
            voters.remove(id);
            observers.remove(id);
            (observes ? observers : voters).put(id, MemberAddress.parse(address));
        }
        voters.keySet().removeAll(wish.leaving());
        observers.keySet().removeAll(wish.leaving());
        return new Ensemble(voters, observers);
    }

    private Outcome.Reconfigured shown() {
        return new Outcome.Reconfigured(java.util.Objects.requireNonNull(config.data), config.stat());
    }

    private void configured(Configuration now) {
        present = ensembleOf(now);
        if (now.isJoint()) {
            return;
        }
        show(configText(now, index));
        if (change != null && change.wanted().equals(present)) {
            membersChanged++;
            settle(change, shown());
        }
    }

    private void show(Bytes text) {
        touched.add(config);
        config.data = text;
        config.version = -1;
        config.mzxid = index;
        config.mtime = wallMillis;
        history.add(new Happening(new WatchEvent(WatchEvent.Type.DATA_CHANGED, CONFIG, index), config.acl));
    }

    private void abandon(Command.AbandonReconfiguration abandon, long term) {
        if (change != null && change.index() == abandon.index() && abandon.term() == term) {
            settle(change, refused(abandon.refusal()));
        }
    }

    /** The outcome that counts takes the place of the one that said that it would come. */
    private void settle(Change settled, Outcome outcome) {
        change = null;
        List<Effect> effects = settled.session().effects;
        for (int i = effects.size() - 1; i >= 0; i--) {
            Effect effect = effects.get(i);
            if (effect.number() == settled.number()) {
                effects.set(i, new Effect(effect.index(), effect.session(), effect.attach(), effect.number(), effect.operation(), outcome));
                return;
            }
        }
    }

    private static @Nullable Ensemble ensembleOf(Configuration configuration) {
        TreeMap<MemberId, MemberAddress> voters = new TreeMap<>();
        TreeMap<MemberId, MemberAddress> observers = new TreeMap<>();
        for (MemberKey key : configuration.learners()) {
            configuration.addressOf(key).ifPresent(text -> observers.put(key.id(), MemberAddress.parse(text)));
        }
        for (MemberKey key : configuration.voters()) {
            observers.remove(key.id());
            configuration.addressOf(key).ifPresent(text -> voters.put(key.id(), MemberAddress.parse(text)));
        }
        return voters.size() < configuration.voters().size() ? null : new Ensemble(voters, observers);
    }

    /**
     * What clients of ZooKeeper's protocol read there; the second of the three ports is there because ZooKeeper's clients want two
     * that differ, and the line of a member without a known port for clients ends before it (zk.RC1).
     */
    private static Bytes configText(Configuration configuration, long version) {
        Ensemble shown = ensembleOf(configuration);
        if (shown == null || configuration.addresses().size() < 2) {
            return Bytes.EMPTY;
        }
        StringBuilder text = new StringBuilder();
        for (MemberId id : new TreeSet<>(shown.addresses().keySet())) {
            MemberAddress address = shown.address(id);
            text.append("server.").append(id).append('=').append(address.host()).append(':').append(address.peerPort()).append(':')
                    .append(address.electionPort().orElse(address.peerPort() + 1)).append(shown.voters().containsKey(id) ? ":participant" : ":observer");
            if (address.clientPort().orElse(0) != 0) {
                text.append(';').append(address.clientHost().orElse(address.host())).append(':').append(address.clientPort().getAsInt());
            }
            text.append('\n');
        }
        return Bytes.utf8(text.append("version=").append(Long.toHexString(version)).toString());
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
        } else if (write instanceof Operation.Reconfigure wish) {
            return reconfigure(session, wish);
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
