package io.coord.testkit.check;

import io.coord.Acl;
import io.coord.AclStat;
import io.coord.Children;
import io.coord.Identity;
import io.coord.Node;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.ReadMode;
import io.coord.Refusal;
import io.coord.Stat;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import io.coord.WatchMode;
import io.coord.state.SessionView;
import io.coord.state.StateRoot;
import io.coord.testkit.check.ModelNode.Version;
import io.coord.testkit.check.ModelTree.Effect;
import io.coord.testkit.check.ModelTree.Happening;
import io.coord.testkit.check.ModelTree.ModelSession;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What owners of sessions asked and were told, held against the model of the canonical log: acknowledged writes are there once, in the
 * order they were asked and in that of real time (inv.R19, inv.Z2, inv.Z5, inv.Z13), answers are what the tree was at the index they name
 * (inv.Z4) for whoever may see it (inv.Z14), nothing goes back in time for a session (inv.Z3) or for a linearizable read (inv.R15, inv.Z5),
 * no answer overtakes an event (inv.Z9), and events are exactly those that the session's watches wait for (inv.Z10, inv.Z11, inv.Z12).
 */
public final class Ledger {

    /** A request under way. */
    public static final class Call {
        private final Account account;
        private final Operation<?> operation;
        private final long attach;
        private final long floor;
        private final boolean watches;

        private Call(Account account, Operation<?> operation, long floor, boolean watches) {
            this.account = account;
            this.operation = operation;
            this.attach = account.attach;
            this.floor = floor;
            this.watches = watches;
        }
    }

    /** A session, as its owner sees it. */
    public static final class Account {
        private final long session;
        private final List<Identity> identities;
        private long attach;
        private int answered;
        private long lastZxid;
        private final Watches watches;

        private Account(long session, List<Identity> identities, List<Happening> history) {
            this.session = session;
            this.identities = identities;
            this.watches = new Watches("session 0x" + Long.toHexString(session), identities, history);
        }

        /** The index up to which the owner knows all, by answers and events. */
        public long seenZxid() {
            return watches.seen(lastZxid);
        }

        /** The watches that the owner would bring along to another member, or null if it has none. */
        public @Nullable Carried carried() {
            return watches.carried();
        }
    }

    /**
     * Watches brought along to another member.
     *
     * @param data set by reads of nodes that were there
     * @param exist set by exists of nodes that were not there
     * @param child set by reads of children
     * @param persistent those that stay
     * @param recursive those that stay and reach down
     */
    public record Carried(
            List<String> data, List<String> exist, List<String> child, List<String> persistent, List<String> recursive) {}

    private final ModelTree model;
    private final Set<Operation<?>> unavailable = new HashSet<>();
    /** The latest state that anybody has seen, by any answer. */
    private long seenZxid;
    private long acknowledgedWrites;

    Ledger(ModelTree model) {
        this.model = model;
    }

    /** How many writes were acknowledged, refused ones included. */
    public long acknowledgedWrites() {
        return acknowledgedWrites;
    }

    // ------------------------------------------------------------------------------------------------ sessions

    /** A session was granted. */
    public Account granted(long session, long attach, long zxid, List<Identity> identities) {
        Account account = new Account(session, identities, model.history());
        attached(account, attach, zxid);
        return account;
    }

    /** A session was attached again; watches of the older attach are gone. */
    public void attached(Account account, long attach, long zxid) {
        if (attach <= account.attach) {
            throw new Violation("Z8", name(account) + " was attached as number " + attach + " after " + account.attach);
        }
        account.attach = attach;
        account.watches.clear();
        seen(account, zxid, "its attach");
        ModelSession session = model.session(account.session);
        if (session == null || session.endedAt <= zxid) {
            throw new Violation("Z8", name(account) + " was attached, but the log "
                    + (session == null ? "never opened it" : "ended it at " + hex(session.endedAt)));
        }
    }

    /** The owner was told that the session is over. */
    public void ended(Account account, boolean expired) {
        ModelSession session = model.session(account.session);
        if (session == null || !session.isOver()) {
            throw new Violation("Z7", name(account) + " was told that it is over, but no log entry ends it");
        }
    }

    /** The session's watches were compared with a snapshot: what one-shot ones report is not exact any more, others tell of a gap. */
    public void blurred(Account account, long index) {
        account.watches.blur(index);
    }

    private static String name(Account account) {
        return "session 0x" + Long.toHexString(account.session);
    }

    private static String hex(long index) {
        return Long.toHexString(index);
    }

    // ------------------------------------------------------------------------------------------------ writes

    /** A write is handed over. */
    public Call writes(Account account, Operation.Write<?> operation) {
        return new Call(account, operation, seenZxid, false);
    }

    /** A write is answered. */
    public void written(Call call, Outcome outcome, long zxid) {
        Account account = call.account;
        acknowledgedWrites++;
        Effect effect = nextEffect(call);
        if (!effect.operation().equals(call.operation)) {
            throw new Violation("Z2", name(account) + " was answered for " + call.operation + ", but its write number "
                    + effect.number() + " in the log is " + effect.operation());
        }
        if (!ModelTree.agree(effect.outcome(), outcome)) {
            throw new Violation("Z4", name(account) + " was told " + outcome + " for " + call.operation + " at "
                    + hex(effect.index()) + ", but the tree says " + effect.outcome());
        }
        if (effect.index() <= call.floor) {
            throw new Violation("Z5", name(account) + " asked for " + call.operation + " when " + hex(call.floor)
                    + " had been seen, but it was applied at " + hex(effect.index()));
        }
        if (zxid < effect.index()) {
            throw new Violation("Z4", name(account) + " was answered from state " + hex(zxid) + ", before its write at "
                    + hex(effect.index()));
        }
        seen(account, zxid, call.operation);
    }

    /** The session's first effect not yet answered, of the call's attach or a later one. */
    private Effect nextEffect(Call call) {
        Account account = call.account;
        ModelSession session = model.session(account.session);
        List<Effect> effects = session == null ? List.of() : session.effects;
        while (account.answered < effects.size() && effects.get(account.answered).attach() < call.attach) {
            account.answered++;
        }
        if (account.answered >= effects.size()) {
            throw new Violation("R19", name(account) + " was answered for " + call.operation
                    + ", which is not in the log, or for the second time");
        }
        return effects.get(account.answered++);
    }

    /** A write was certainly not applied, the owner was told. */
    public void unavailable(Call call) {
        if (isTagged(call.operation)) {
            unavailable.add(call.operation);
            ModelSession session = model.session(call.account.session);
            for (Effect effect : session == null ? new ArrayList<Effect>() : session.effects) {
                judge(effect);
            }
        }
    }

    /** A write took effect. */
    void effect(Effect effect) {
        if (!unavailable.isEmpty()) {
            judge(effect);
        }
    }

    private void judge(Effect effect) {
        if (unavailable.contains(effect.operation())) {
            throw new Violation("R19", "session 0x" + Long.toHexString(effect.session()) + " was told that "
                    + effect.operation() + " was certainly not applied, but it was, at " + hex(effect.index()) + " (rule.7)");
        }
    }

    /** Whether no other request is equal to this one: the workload gives each create and set data of its own. */
    private static boolean isTagged(Operation<?> operation) {
        return operation instanceof Operation.SetData
                || operation instanceof Operation.Create
                || operation instanceof Operation.Multi multi && multi.steps().stream().anyMatch(Ledger::isTagged);
    }

    // ------------------------------------------------------------------------------------------------ reads

    /** A read is handed over. */
    public Call reads(Account account, Operation<?> operation, ReadMode mode, boolean watches) {
        long floor = mode == ReadMode.LINEARIZABLE || operation instanceof Operation.Sync ? seenZxid : 0;
        return new Call(account, operation, floor, watches);
    }

    /** A read or sync is answered. */
    public void read(Call call, @Nullable Object value, long zxid) {
        if (zxid < call.floor) {
            throw new Violation("R15", name(call.account) + " read " + call.operation + " from state " + hex(zxid)
                    + ", but " + hex(call.floor) + " had been seen before it asked");
        }
        seen(call.account, zxid, call.operation);
        if (call.operation instanceof Operation.Exists exists) {
            Version was = model.at(exists.path(), zxid);
            Object said = value instanceof Optional<?> found ? found.orElse(null) : value;
            compare(call, said, was != null && !mayRead(call, was, Acl.READ) ? Refusal.NO_AUTH : was == null ? null : was.stat(), zxid);
        } else if (call.operation instanceof Operation.GetData get) {
            data(call, get, value, zxid);
        } else if (call.operation instanceof Operation.GetChildren get) {
            children(call, get, value, zxid);
        } else if (call.operation instanceof Operation.GetAcl get) {
            acl(call, get, value, zxid);
        }
        if (call.watches) {
            watch(call, value, zxid);
        }
    }

    private static boolean mayRead(Call call, Version was, int permission) {
        return ModelTree.allows(was.acl(), permission, call.account.identities);
    }

    private static Refusal refusal(Call call, @Nullable Version was) {
        return was == null || mayRead(call, was, Acl.READ) ? Refusal.NO_NODE : Refusal.NO_AUTH;
    }

    private void data(Call call, Operation.GetData get, @Nullable Object value, long zxid) {
        Version was = model.at(get.path(), zxid);
        if (value instanceof Node node) {
            compare(call, node.stat(), was == null || !mayRead(call, was, Acl.READ) ? null : was.stat(), zxid);
            compare(call, node.data(), was == null ? null : was.data(), zxid);
        } else {
            compare(call, value, was == null || !mayRead(call, was, Acl.READ) ? refusal(call, was) : was.stat(), zxid);
        }
    }

    private void children(Call call, Operation.GetChildren get, @Nullable Object value, long zxid) {
        Version was = model.at(get.path(), zxid);
        if (value instanceof Children found) {
            compare(call, found.stat(), was == null || !mayRead(call, was, Acl.READ) ? null : was.stat(), zxid);
            compare(call, new TreeSet<>(found.names()), model.childrenAt(get.path(), zxid), zxid);
        } else {
            compare(call, value, was == null || !mayRead(call, was, Acl.READ) ? refusal(call, was) : was.stat(), zxid);
        }
    }

    private void acl(Call call, Operation.GetAcl get, @Nullable Object value, long zxid) {
        Version was = model.at(get.path(), zxid);
        boolean mayRead = was != null && mayRead(call, was, Acl.READ | Acl.ADMIN);
        Object right = was == null ? Refusal.NO_NODE : mayRead ? new AclStat(was.acl(), Objects.requireNonNull(was.stat())) : Refusal.NO_AUTH;
        compare(call, value, right, zxid);
    }

    private void compare(Call call, @Nullable Object said, @Nullable Object was, long zxid) {
        boolean equal = said == null ? was == null : said.equals(was);
        if (!equal) {
            throw new Violation(said == Refusal.NO_AUTH || was == Refusal.NO_AUTH ? "Z14" : "Z4", name(call.account) + " read " + call.operation + " at " + hex(zxid) + " as " + said
                    + ", but the tree says " + was);
        }
    }

    private void seen(Account account, long zxid, Object what) {
        if (zxid < account.lastZxid) {
            throw new Violation("Z3", name(account) + " saw " + hex(account.lastZxid) + " and was then answered from "
                    + hex(zxid) + " for " + what);
        }
        account.lastZxid = zxid;
        seenZxid = Math.max(seenZxid, zxid);
        account.watches.answered(zxid);
    }

    // ------------------------------------------------------------------------------------------------ watches

    private void watch(Call call, @Nullable Object value, long zxid) {
        Watches watches = call.account.watches;
        if (call.operation instanceof Operation.GetChildren get) {
            if (value instanceof Children) {
                watches.set(Watches.CHILD, get.path(), zxid);
            }
        } else if (call.operation instanceof Operation.WatchedRead<?> read && !(value instanceof Refusal)) {
            boolean absent = value instanceof Optional<?> found && found.isEmpty();
            watches.set(absent ? Watches.EXIST : Watches.DATA, read.path(), zxid);
        }
    }

    /** A watch that stays is in force, the owner was told. */
    public void watchAdded(Account account, String path, WatchMode mode, long zxid) {
        seen(account, zxid, "its watch of " + path);
        account.watches.set(mode == WatchMode.PERSISTENT ? Watches.PERSISTENT : Watches.RECURSIVE, path, zxid);
    }

    /** Watches were removed, the owner was told, or there were none. */
    public void watchRemoved(Account account, String path, WatchKind kind, boolean removed, long zxid) {
        seen(account, zxid, "the removal of a watch of " + path);
        account.watches.remove(path, kind, removed);
    }

    /** Watches are brought along by a session that moved. */
    public void carries(Account account, Carried carried, long sinceZxid) {
        account.watches.carry(carried, sinceZxid);
    }

    /** Watches brought along are in force, or what they missed was told. */
    public void watchesCarried(Account account, Carried carried, long sinceZxid, long zxid) {
        List<WatchEvent> missed = new ArrayList<>();
        for (String path : carried.data()) {
            Version now = model.at(path, zxid);
            if (now == null) {
                missed.add(new WatchEvent(WatchEvent.Type.DELETED, path, -1));
            } else if (Objects.requireNonNull(now.stat()).mzxid() > sinceZxid) {
                missed.add(new WatchEvent(WatchEvent.Type.DATA_CHANGED, path, -1));
            } else {
                account.watches.set(Watches.DATA, path, zxid);
            }
        }
        for (String path : carried.exist()) {
            if (model.at(path, zxid) != null) {
                missed.add(new WatchEvent(WatchEvent.Type.CREATED, path, -1));
            } else {
                account.watches.set(Watches.EXIST, path, zxid);
            }
        }
        for (String path : carried.child()) {
            Version now = model.at(path, zxid);
            if (now == null) {
                missed.add(new WatchEvent(WatchEvent.Type.DELETED, path, -1));
            } else if (Objects.requireNonNull(now.stat()).pzxid() > sinceZxid) {
                missed.add(new WatchEvent(WatchEvent.Type.CHILDREN_CHANGED, path, -1));
            } else {
                account.watches.set(Watches.CHILD, path, zxid);
            }
        }
        account.watches.caughtUp(missed);
        seen(account, zxid, "the watches it brought along");
    }

    /** A watch fired. */
    public void fired(Account account, WatchEvent event) {
        account.watches.fired(event);
    }

    // ------------------------------------------------------------------------------------------------ the end

    /** A member's tree and sessions are the model's at the same index (inv.T1, inv.T3, inv.T5, inv.Z6, inv.Z13). */
    public void same(StateRoot root) {
        long zxid = root.index();
        int count = 0;
        for (ModelNode node : model.nodes()) {
            Version was = node.at(zxid);
            count += was == null ? 0 : 1;
            Stat said = root.stat(node.path).orElse(null);
            boolean isRoot = node.path.equals("/");
            boolean isConfig = node.path.equals(ModelTree.CONFIG);
            if (!isRoot && !Objects.equals(said, was == null ? null : was.stat())) {
                throw new Violation("T1", node.path + " is " + said + " at " + hex(zxid) + ", but the log makes it "
                        + (was == null ? null : was.stat()));
            }
            if (was != null && !isRoot && !isConfig) {
                algebra(node, was, zxid);
            }
        }
        int others = 2;
        if (root.nodeCount() != count + others) {
            throw new Violation("T1", "there are " + root.nodeCount() + " nodes at " + hex(zxid) + ", but the log makes them "
                    + (count + others));
        }
        if (zxid == model.index()) {
            sameSessions(root);
        }
    }

    /** What must hold of any node whatever the log (inv.T3, inv.T5, inv.Z6): the model is held to it, and by it every member. */
    private void algebra(ModelNode node, Version was, long zxid) {
        Stat stat = Objects.requireNonNull(was.stat());
        boolean ordered = stat.czxid() <= stat.mzxid() && stat.mzxid() <= zxid && stat.czxid() <= stat.pzxid() && stat.pzxid() <= zxid;
        boolean counted = (stat.version() != 0 || stat.czxid() == stat.mzxid())
                && stat.dataLength() == (was.data() == null ? 0 : was.data().length());
        if (!ordered || !counted) {
            throw new Violation("T3", node.path + " cannot be " + stat + " at " + hex(zxid));
        }
        ModelNode parent = Objects.requireNonNull(node.parent);
        Version above = parent.at(zxid);
        if (above == null || Objects.requireNonNull(above.stat()).ephemeralOwner() != 0) {
            throw new Violation("T5", node.path + " is below " + (above == null ? "nothing" : above.stat()) + " at " + hex(zxid));
        }
        if (stat.ephemeralOwner() != 0) {
            ModelSession owner = model.session(stat.ephemeralOwner());
            if (owner == null || owner.endedAt <= zxid) {
                throw new Violation("Z6", node.path + " is at " + hex(zxid) + ", but its owner's session 0x"
                        + hex(stat.ephemeralOwner()) + " is over");
            }
        }
    }

    private void sameSessions(StateRoot root) {
        int alive = 0;
        for (ModelSession session : model.sessions()) {
            SessionView said = root.session(session.id).orElse(null);
            if (said == null ? !session.isOver() : session.isOver()) {
                throw new Violation("Z8", "session 0x" + hex(session.id) + " is " + (said == null ? "over" : "alive") + " at "
                        + hex(root.index()) + ", but the log says otherwise");
            }
            if (said != null) {
                alive++;
                if (said.attach() != session.attach || said.lastNumber() != session.lastNumber) {
                    throw new Violation("Z13", "session 0x" + hex(session.id) + " is " + said + " at " + hex(root.index())
                            + ", but the log says attach " + session.attach + ", number " + session.lastNumber);
                }
                if (said.hasEphemerals() == session.ephemerals.isEmpty()) {
                    throw new Violation("Z6", "session 0x" + hex(session.id) + " owns " + session.ephemerals + " by the log, but "
                            + said + " says otherwise at " + hex(root.index()));
                }
            }
        }
        if (alive != root.sessionCount()) {
            throw new Violation("Z8", root.sessionCount() + " sessions are alive at " + hex(root.index()) + ", but " + alive
                    + " by the log");
        }
    }
}
