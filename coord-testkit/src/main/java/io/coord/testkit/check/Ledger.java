package io.coord.testkit.check;

import io.coord.Children;
import io.coord.Node;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.ReadMode;
import io.coord.Refusal;
import io.coord.Stat;
import io.coord.WatchEvent;
import io.coord.state.StateRoot;
import io.coord.testkit.check.ModelNode.Version;
import io.coord.testkit.check.ModelTree.Effect;
import io.coord.testkit.check.ModelTree.ModelSession;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What owners of sessions asked and were told, held against the model of the canonical log: acknowledged writes are there once, in the
 * order they were asked (inv.R19, inv.Z2, inv.Z13), answers are what the tree was at the index they name (inv.Z4), nothing goes back in
 * time for a session (inv.Z3) or for a linearizable read (inv.R15), and no answer overtakes an event (inv.Z9, inv.Z10).
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

    private enum Watched {
        DATA,
        CHILDREN
    }

    /** A one-shot watch. */
    private record Watch(Watched kind, String path) {}

    /** A session, as its owner sees it. */
    public static final class Account {
        private final long session;
        private long attach;
        private int answered;
        private long lastZxid;
        private long lastEventZxid;
        /** By watch, the index at which it was set last. */
        private final Map<Watch, Long> watches = new LinkedHashMap<>();
        /** Watches that were compared with a snapshot: they may report what they saw of it. */
        private final Set<Watch> blurred = new HashSet<>();

        private Account(long session) {
            this.session = session;
        }
    }

    private final ModelTree model;
    private final Set<Operation<?>> unavailable = new HashSet<>();
    private long acknowledgedZxid;
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
    public Account granted(long session, long attach, long zxid) {
        Account account = new Account(session);
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
        account.blurred.clear();
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

    /** The session's watches may have been compared with a snapshot: what they report is not exact any more. */
    public void blurred(Account account) {
        account.blurred.addAll(account.watches.keySet());
        account.watches.clear();
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
        return new Call(account, operation, acknowledgedZxid, false);
    }

    /** A write is answered. */
    public void written(Call call, Outcome outcome, long zxid) {
        Account account = call.account;
        acknowledgedWrites++;
        acknowledgedZxid = Math.max(acknowledgedZxid, zxid);
        Effect effect = nextEffect(call);
        if (!effect.operation().equals(call.operation)) {
            throw new Violation("Z2", name(account) + " was answered for " + call.operation + ", but its write number "
                    + effect.number() + " in the log is " + effect.operation());
        }
        if (!ModelTree.agree(effect.outcome(), outcome)) {
            throw new Violation("Z4", name(account) + " was told " + outcome + " for " + call.operation + " at "
                    + hex(effect.index()) + ", but the tree says " + effect.outcome());
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
        long floor = mode == ReadMode.LINEARIZABLE ? acknowledgedZxid : 0;
        return new Call(account, operation, floor, watches);
    }

    /** A read or sync is answered. */
    public void read(Call call, @Nullable Object value, long zxid) {
        if (zxid < call.floor) {
            throw new Violation("R15", name(call.account) + " read " + call.operation + " from state " + hex(zxid)
                    + ", but " + hex(call.floor) + " had been acknowledged before it asked");
        }
        seen(call.account, zxid, call.operation);
        if (call.operation instanceof Operation.Exists exists) {
            Stat said = value instanceof Optional<?> found ? (Stat) found.orElse(null) : null;
            Version was = model.at(exists.path(), zxid);
            compare(call, said, was == null ? null : was.stat(), zxid);
        } else if (call.operation instanceof Operation.GetData get) {
            data(call, get, value, zxid);
        } else if (call.operation instanceof Operation.GetChildren get) {
            children(call, get, value, zxid);
        }
        if (call.watches) {
            watch(call, value, zxid);
        }
    }

    private void data(Call call, Operation.GetData get, @Nullable Object value, long zxid) {
        Version was = model.at(get.path(), zxid);
        if (value instanceof Node node) {
            compare(call, node.stat(), was == null ? null : was.stat(), zxid);
            compare(call, node.data(), was == null ? null : was.data(), zxid);
        } else {
            compare(call, value, was == null ? Refusal.NO_NODE : was.stat(), zxid);
        }
    }

    private void children(Call call, Operation.GetChildren get, @Nullable Object value, long zxid) {
        Version was = model.at(get.path(), zxid);
        if (value instanceof Children found) {
            compare(call, found.stat(), was == null ? null : was.stat(), zxid);
            compare(call, new TreeSet<>(found.names()), model.childrenAt(get.path(), zxid), zxid);
        } else {
            compare(call, value, was == null ? Refusal.NO_NODE : was.stat(), zxid);
        }
    }

    private void compare(Call call, @Nullable Object said, @Nullable Object was, long zxid) {
        boolean equal = said == null ? was == null : said.equals(was);
        if (!equal) {
            throw new Violation("Z4", name(call.account) + " read " + call.operation + " at " + hex(zxid) + " as " + said
                    + ", but the tree says " + was);
        }
    }

    private void seen(Account account, long zxid, Object what) {
        if (zxid < account.lastZxid) {
            throw new Violation("Z3", name(account) + " saw " + hex(account.lastZxid) + " and was then answered from "
                    + hex(zxid) + " for " + what);
        }
        account.lastZxid = zxid;
        if (!account.watches.isEmpty()) {
            noEventIsMissing(account, zxid);
        }
    }

    // ------------------------------------------------------------------------------------------------ watches

    private void watch(Call call, @Nullable Object value, long zxid) {
        if (call.operation instanceof Operation.GetChildren get) {
            if (value instanceof Children) {
                set(call.account, new Watch(Watched.CHILDREN, get.path()), zxid);
            }
        } else if (call.operation instanceof Operation.WatchedRead<?> read && !(value instanceof Refusal)) {
            set(call.account, new Watch(Watched.DATA, read.path()), zxid);
        }
    }

    private static void set(Account account, Watch watch, long zxid) {
        account.watches.putIfAbsent(watch, zxid);
        account.blurred.remove(watch);
    }

    private @Nullable WatchEvent due(Watch watch, long setAt) {
        ModelNode node = model.node(watch.path());
        if (node == null) {
            return null;
        }
        return ModelNode.firstBehind(watch.kind() == Watched.DATA ? node.changes : node.childChanges, setAt);
    }

    private void noEventIsMissing(Account account, long zxid) {
        account.watches.forEach((watch, setAt) -> {
            WatchEvent due = due(watch, setAt);
            if (due != null && due.zxid() <= zxid) {
                throw new Violation("Z9", name(account) + " was answered from " + hex(zxid) + " before the event " + due
                        + " of a watch set at " + hex(setAt));
            }
        });
    }

    private static boolean hears(Watched kind, WatchEvent event) {
        return event.type() == WatchEvent.Type.DELETED
                || (event.type() == WatchEvent.Type.CHILDREN_CHANGED) == (kind == Watched.CHILDREN);
    }

    /** A watch fired. */
    public void fired(Account account, WatchEvent event) {
        if (event.zxid() < account.lastEventZxid) {
            throw new Violation("Z10", name(account) + " was told " + event + " after an event of "
                    + hex(account.lastEventZxid));
        }
        account.lastEventZxid = event.zxid();
        boolean expected = false;
        for (Watched kind : Watched.values()) {
            Watch watch = new Watch(kind, event.path());
            Long setAt = account.watches.get(watch);
            if (setAt != null && event.equals(due(watch, setAt))) {
                account.watches.remove(watch);
                expected = true;
            }
            expected |= hears(kind, event) && account.blurred.remove(watch);
        }
        if (!expected) {
            throw new Violation("Z10", name(account) + " was told " + event + ", which none of its watches waits for: "
                    + account.watches);
        }
    }

    // ------------------------------------------------------------------------------------------------ the end

    /** A member's whole tree is the model's (inv.T1, inv.Z6). */
    public void same(StateRoot root) {
        long zxid = root.index();
        int count = 0;
        for (ModelNode node : model.nodes()) {
            Version was = node.at(zxid);
            count += was == null ? 0 : 1;
            Stat said = root.stat(node.path).orElse(null);
            boolean isRoot = node.path.equals("/");
            if (!isRoot && !Objects.equals(said, was == null ? null : was.stat())) {
                throw new Violation("T1", node.path + " is " + said + " at " + hex(zxid) + ", but the log makes it "
                        + (was == null ? null : was.stat()));
            }
        }
        int others = 3;
        if (root.nodeCount() != count + others) {
            throw new Violation("T1", "there are " + root.nodeCount() + " nodes at " + hex(zxid) + ", but the log makes them "
                    + (count + others));
        }
    }
}
