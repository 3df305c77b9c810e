package io.coord.state;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.ConfigException;
import io.coord.Identity;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The replicated state: a function of the log. What applying an entry does depends on the state, the entry and nothing else, so that
 * every member comes to the same (rule.9).
 *
 * <p>Changes happen in place until {@link #root()} hands out what there is as an immutable root; the next change copies what it
 * touches. Not for use by several threads; the roots are.
 */
public final class CoordState {

    static final String ZOOKEEPER_NODE = "/zookeeper";
    static final String QUOTA_NODE = "/zookeeper/quota";
    static final String CONFIG_NODE = "/zookeeper/config";
    /** Part of every tree and never deleted (zk.P5, zk.P6). */
    static final List<String> NODES_OF_EVERY_TREE = List.of("/", ZOOKEEPER_NODE, QUOTA_NODE, CONFIG_NODE);

    /** The version the configuration node always shows once it was set (zk.RC1). */
    static final int CONFIG_VERSION = -1;

    /** Index of the empty initial state; the first entry's is one more (zk.X11). */
    static final long ORIGIN_INDEX = 0x100000000L;

    private final NodeEditor nodes;
    private final SessionEditor sessions;
    private Settings settings;
    private @Nullable Reconfiguration reconfiguration;
    private @Nullable String ensemble;
    private long index;
    private long term;
    private long wallMillis;
    private long elapsedMillis;

    /**
     * The initial state: the nodes every tree has (zk.P6), no session.
     *
     * @param configNodeData the configuration node's data, the same on every member
     */
    public CoordState(Bytes configNodeData) {
        this.nodes = new NodeEditor();
        this.sessions = new SessionEditor();
        this.settings = Settings.DEFAULT;
        this.index = ORIGIN_INDEX;
        AccessList open = nodes.share(Acl.OPEN);
        nodes.plant(initial("/", Bytes.EMPTY, open, 0));
        nodes.insert(initial(ZOOKEEPER_NODE, Bytes.EMPTY, open, 0));
        nodes.insert(initial(QUOTA_NODE, Bytes.EMPTY, open, 0));
        int version = configNodeData.length() == 0 ? 0 : CONFIG_VERSION;
        nodes.insert(initial(CONFIG_NODE, configNodeData, nodes.share(Acl.READ_ONLY), version));
    }

    private static ZNode initial(String path, Bytes data, AccessList acl, int version) {
        return new ZNode(path, data, acl, null, null, 0, 0, 0, 0, version, 0);
    }

    CoordState(NodeEditor nodes, SessionEditor sessions, StateVisitor.Header header) {
        this.nodes = nodes;
        this.sessions = sessions;
        this.settings = header.settings();
        this.reconfiguration = header.reconfiguration();
        this.index = header.index();
        this.term = header.term();
        this.wallMillis = header.wallMillis();
        this.elapsedMillis = header.elapsedMillis();
    }

    /** Reads a snapshot back. */
    public static Restoring restoring() {
        return new Restoring();
    }

    /**
     * Applies a command. Whatever it asks, it does not throw: a refusal is an outcome like any other.
     *
     * @param index of its entry, above that of the last one
     * @param term of its entry
     * @param wallMillis its entry's wall clock: creation and modification times
     * @param elapsedMillis its entry's elapsed time: times to live
     */
    public Applied apply(long index, long term, long wallMillis, long elapsedMillis, Command command) {
        advance(index, term, wallMillis, elapsedMillis);
        if (command instanceof Command.Submit submit) {
            return submit(submit);
        }
        if (command instanceof Command.OpenSession open) {
            return new Applied(open(open), List.of());
        }
        if (command instanceof Command.Attach attach) {
            return new Applied(attach(attach), List.of());
        }
        if (command instanceof Command.CloseSession close) {
            return close(close);
        }
        if (command instanceof Command.ExpireSession expire) {
            return expire(expire);
        }
        if (command instanceof Command.CollectNode collect) {
            return collect(collect);
        }
        if (command instanceof Command.AbandonReconfiguration abandon) {
            return abandon(abandon);
        }
        if (command instanceof Command.SubmitLocal submit) {
            return submit(submit);
        }
        if (command instanceof Command.UpgradeSession upgrade) {
            return new Applied(upgrade(upgrade), List.of());
        }
        settings = ((Command.Configure) command).settings();
        return Applied.NOTHING;
    }

    /**
     * Tells the members that are in force: what the next change of members is judged against. They are no part of the state but of the
     * configuration that goes with it, in the log and in each snapshot.
     *
     * @param ensemble in canonical text, or null if some address is not known
     */
    public void stands(@Nullable String ensemble) {
        this.ensemble = ensemble;
    }

    /**
     * Applies an entry that sets the ensemble's configuration: the configuration node shows it, its watches fire, and the change of
     * members that led to it is settled.
     *
     * @param ensemble the members now, in canonical text, or null if some address is not known
     */
    public Applied configure(
            long index, long term, long wallMillis, long elapsedMillis, @Nullable String ensemble, Bytes configNodeData) {
        advance(index, term, wallMillis, elapsedMillis);
        this.ensemble = ensemble;
        List<Change> changes = new ArrayList<>(1);
        Outcome configured = judge(0, List.of(), changes).configure(configNodeData);
        boolean isWanted = reconfiguration != null && reconfiguration.wanted().equals(ensemble);
        return new Applied(isWanted ? settle(configured) : Reply.None.NONE, changes);
    }

    private Applied abandon(Command.AbandonReconfiguration abandon) {
        Reconfiguration pending = reconfiguration;
        if (pending == null || pending.index() != abandon.index() || abandon.term() != term) {
            return Applied.NOTHING;
        }
        return new Applied(settle(new Outcome.Refused(abandon.refusal(), CONFIG_NODE, abandon.reason())), List.of());
    }

    /** Whoever asked for the change of members under way gets this answer, unless its session is over. */
    private Reply settle(Outcome outcome) {
        Reconfiguration settled = Objects.requireNonNull(reconfiguration);
        reconfiguration = null;
        SessionEntry session = sessions.find(settled.session());
        if (session == null || !(session.outcome(settled.number()) instanceof Outcome.Reconfiguring)) {
            return Reply.None.NONE;
        }
        sessions.settle(session, settled.number(), outcome);
        return new Reply.Written(settled.session(), session.attach, settled.number(), outcome);
    }

    /** Applies an entry without effect. */
    public void advance(long index, long term, long wallMillis, long elapsedMillis) {
        if (index <= this.index) {
            throw new IllegalArgumentException("entry 0x" + Long.toHexString(index) + " cannot be applied after entry 0x"
                    + Long.toHexString(this.index));
        }
        this.index = index;
        this.term = term;
        this.wallMillis = wallMillis;
        this.elapsedMillis = elapsedMillis;
    }

    /** The change of members under way, or null. */
    public @Nullable Reconfiguration reconfiguration() {
        return reconfiguration;
    }

    /** The settings in force. */
    public Settings settings() {
        return settings;
    }

    /** Index of the last entry applied. */
    public long appliedIndex() {
        return index;
    }

    /** The state as it is now, for any thread and for good. Costs little; the changes after it pay for copies. */
    public StateRoot root() {
        return new StateRoot(index, term, wallMillis, elapsedMillis, settings, nodes.freeze(), sessions.freeze(), reconfiguration);
    }

    /**
     * The container and TTL nodes to propose for deletion. Costs what it finds, whatever the size of the tree.
     *
     * @param elapsedMillis the ensemble's elapsed time now
     * @param max most to find
     */
    public List<Collectable> collectables(long elapsedMillis, int max) {
        return nodes.peek().collectables(elapsedMillis, max, settings);
    }

    // ---- sessions

    private Reply open(Command.OpenSession open) {
        SessionEntry present = sessions.find(open.session());
        if (present != null) {
            boolean again = present.attach == 1
                    && present.nonce == open.nonce()
                    && present.member.equals(open.member())
                    && present.isPassword(open.passwordHash());
            return again ? attached(present) : new Reply.AttachRefused(open.session(), open.member(), open.nonce());
        }
        boolean isNew = open.session() != 0
                && (!sessions.hasMade(open.member()) || open.session() > sessions.highest(open.member()));
        if (!isNew) {
            return new Reply.AttachRefused(open.session(), open.member(), open.nonce());
        }
        return attached(sessions.open(
                open.session(), open.passwordHash(), open.timeoutMillis(), open.member(), open.nonce()));
    }

    private Reply upgrade(Command.UpgradeSession upgrade) {
        boolean isVoid = upgrade.term() != term || upgrade.session() == 0 || sessions.find(upgrade.session()) != null;
        return isVoid
                ? new Reply.AttachRefused(upgrade.session(), upgrade.member(), upgrade.nonce())
                : attached(sessions.open(
                        upgrade.session(), upgrade.passwordHash(), upgrade.timeoutMillis(), upgrade.member(), upgrade.nonce()));
    }

    private Reply attach(Command.Attach attach) {
        SessionEntry session = sessions.find(attach.session());
        if (session == null || !session.isPassword(attach.passwordHash())) {
            return new Reply.AttachRefused(attach.session(), attach.member(), attach.nonce());
        }
        boolean again = session.nonce == attach.nonce() && session.member.equals(attach.member());
        return attached(
                again ? session : sessions.attach(session, attach.timeoutMillis(), attach.member(), attach.nonce()));
    }

    private static Reply attached(SessionEntry session) {
        return new Reply.Attached(
                session.id, session.attach, session.member, session.timeoutMillis, session.nonce, session.lastNumber);
    }

    private Applied close(Command.CloseSession close) {
        SessionEntry session = sessions.find(close.session());
        Reply refused = refuse(session, close.session(), close.attach(), close.number());
        if (session == null || refused != null) {
            return refused == null ? Applied.NOTHING : new Applied(refused, List.of());
        }
        return close.number() <= session.lastNumber ? Applied.NOTHING : end(session, false);
    }

    private Applied expire(Command.ExpireSession expire) {
        SessionEntry session = sessions.find(expire.session());
        return session == null || session.attach != expire.attach() || expire.term() != term
                ? Applied.NOTHING
                : end(session, true);
    }

    private Applied end(SessionEntry session, boolean expired) {
        List<Change> changes = new ArrayList<>();
        judge(session.id, List.of(), changes).removeEphemerals(session);
        sessions.end(session);
        return new Applied(new Reply.Ended(session.id, session.attach, expired), changes);
    }

    /** Why a session's command has no effect: the session is over, attached anew, or the command came too early. */
    private static @Nullable Reply refuse(
            @Nullable SessionEntry session, long id, long attach, long number) {
        if (session == null) {
            return new Reply.Stale(id, attach, Refusal.SESSION_EXPIRED);
        }
        if (attach != session.attach) {
            return new Reply.Stale(id, attach, Refusal.SESSION_MOVED);
        }
        return number > session.lastNumber + 1 ? new Reply.Gap(id, attach, session.lastNumber) : null;
    }

    // ---- writes

    private Applied submit(Command.Submit submit) {
        SessionEntry session = sessions.find(submit.session());
        Reply refused = refuse(session, submit.session(), submit.attach(), submit.number());
        if (session == null || refused != null) {
            return refused == null ? Applied.NOTHING : new Applied(refused, List.of());
        }
        if (submit.number() <= session.lastNumber) {
            Outcome stored = session.outcome(submit.number());
            return stored == null || stored instanceof Outcome.Reconfiguring
                    ? Applied.NOTHING
                    : new Applied(written(submit, stored), List.of());
        }
        List<Change> changes = new ArrayList<>(1);
        Outcome outcome = submit.operation() instanceof Operation.Reconfigure wish
                ? reconfigure(submit, wish, changes)
                : judge(session.id, submit.identities(), changes).write(submit.operation());
        keep(submit, outcome);
        return outcome instanceof Outcome.Reconfiguring ? Applied.NOTHING : new Applied(written(submit, outcome), changes);
    }

    private Applied submit(Command.SubmitLocal submit) {
        List<Change> changes = new ArrayList<>(1);
        Outcome outcome = submit.operation() instanceof Operation.Reconfigure
                ? Refusals.noReconfiguration()
                : judge(0, submit.identities(), changes).write(submit.operation());
        return new Applied(new Reply.LocalWritten(submit.member(), submit.nonce(), outcome), changes);
    }

    /** Judged now, settled by a later entry. The order of the checks is ZooKeeper's (zk.RC2). */
    private Outcome reconfigure(Command.Submit submit, Operation.Reconfigure wish, List<Change> changes) {
        Judge judge = judge(submit.session(), submit.identities(), changes);
        String present = ensemble;
        if (present == null) {
            return Refusals.noReconfiguration();
        }
        if (reconfiguration != null) {
            return Refusals.reconfigurationInProgress(reconfiguration);
        }
        long configZxid = judge.configZxid();
        if (wish.configZxid() != Operation.Reconfigure.ANY_CONFIG && wish.configZxid() != configZxid) {
            return Refusals.otherConfiguration(configZxid, wish.configZxid());
        }
        Outcome.Refused refused = judge.refuseReconfigure();
        if (wish.members().length() > Members.TEXT_MAX) {
            return Refusals.tooLongAList(wish.members());
        }
        String wanted;
        try {
            wanted = Members.changed(present, wish);
        } catch (ConfigException mistaken) {
            boolean isOurRule = Members.hasNumberBeyond(wish.members()); // which comes behind permission
            return refused != null && isOurRule ? refused : Refusals.badMembers(mistaken.mistakes());
        }
        if (refused != null) {
            return refused;
        }
        if (wanted.equals(present)) {
            return judge.renewConfiguration();
        }
        reconfiguration = new Reconfiguration(index, wanted, submit.session(), submit.number());
        return new Outcome.Reconfiguring();
    }

    /** The session is looked up again: the write may have given it another entry. */
    private void keep(Command.Submit submit, Outcome outcome) {
        SessionEntry session = sessions.find(submit.session());
        if (session == null) {
            throw new IllegalStateException("a write ended its own session");
        }
        sessions.record(session, submit.ackedUpTo(), outcome);
    }

    private static Reply written(Command.Submit submit, Outcome outcome) {
        return new Reply.Written(submit.session(), submit.attach(), submit.number(), outcome);
    }

    private Applied collect(Command.CollectNode collect) {
        ZNode node = nodes.find(collect.path());
        if (node == null
                || collect.term() != term
                || node.czxid != collect.czxid()
                || node.mzxid != collect.mzxid()
                || !NodeTree.isDue(node, elapsedMillis, settings)) {
            return Applied.NOTHING;
        }
        List<Change> changes = new ArrayList<>(1);
        ZNode parent = nodes.findParent(node.path);
        if (parent != null) {
            judge(0, List.of(), changes).remove(node, parent);
        }
        return new Applied(Reply.None.NONE, changes);
    }

    private Judge judge(long session, List<Identity> identities, List<Change> changes) {
        return new Judge(
                nodes, sessions, settings, session, identities, new Moment(index, wallMillis, elapsedMillis), changes);
    }
}
