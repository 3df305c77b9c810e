package io.coord.state;

import io.coord.Acl;
import io.coord.AclStat;
import io.coord.Bytes;
import io.coord.Children;
import io.coord.MemberId;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome.Refused;
import io.coord.ReadOutcome;
import io.coord.RejectedException;
import io.coord.Stat;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The whole state as it was after one entry: tree, sessions, settings. Immutable, for any thread. */
public final class StateRoot {

    private final long index;
    private final long term;
    private final long wallMillis;
    private final long elapsedMillis;
    private final Settings settings;
    private final NodeTree nodes;
    private final SessionTable sessions;
    private final @Nullable Reconfiguration reconfiguration;

    StateRoot(
            long index,
            long term,
            long wallMillis,
            long elapsedMillis,
            Settings settings,
            NodeTree nodes,
            SessionTable sessions,
            @Nullable Reconfiguration reconfiguration) {
        this.index = index;
        this.term = term;
        this.wallMillis = wallMillis;
        this.elapsedMillis = elapsedMillis;
        this.settings = settings;
        this.nodes = nodes;
        this.sessions = sessions;
        this.reconfiguration = reconfiguration;
    }

    /** Index of the last entry in it: the zxid of what is read here. */
    public long index() {
        return index;
    }

    /** Term of that entry. */
    public long term() {
        return term;
    }

    /** Logged wall clock of that entry. */
    public long wallMillis() {
        return wallMillis;
    }

    /** Logged elapsed time of that entry. */
    public long elapsedMillis() {
        return elapsedMillis;
    }

    /** The settings in force. */
    public Settings settings() {
        return settings;
    }

    /** The change of members under way, or null. */
    public @Nullable Reconfiguration reconfiguration() {
        return reconfiguration;
    }

    /** Number of nodes, the root included. */
    public int nodeCount() {
        return nodes.count();
    }

    /** Bytes of data in all nodes. */
    public long dataBytes() {
        ZNode top = nodes.find("/");
        return top == null ? 0 : NodeTree.bytesOf(top);
    }

    /** Digest of all contents, equal on all members at equal indexes, whatever the order in which they came to be (rule.14). */
    public long digest() {
        return nodes.digest() + sessions.digest() + Digest.settings(settings) + Digest.reconfiguration(reconfiguration);
    }

    // ---- reads

    /**
     * Answers a read.
     *
     * @throws RejectedException if the tree says no
     */
    @SuppressWarnings("unchecked") // each kind of read is answered by what its type parameter says
    public <R> R read(Operation.Read<R> read, Reader reader) {
        return (R) answer(read, reader);
    }

    private Object answer(Operation.Read<?> read, Reader reader) {
        if (read instanceof Operation.GetData get) {
            return getData(get.path(), reader);
        }
        if (read instanceof Operation.Exists exists) {
            return exists(exists.path(), reader);
        }
        if (read instanceof Operation.GetChildren get) {
            return children(readable(get.path(), Acl.READ, reader));
        }
        if (read instanceof Operation.GetAcl get) {
            return getAcl(get.path(), reader);
        }
        if (read instanceof Operation.GetAllChildrenNumber get) {
            return readable(get.path(), Acl.READ, reader).descendants();
        }
        if (read instanceof Operation.GetEphemerals get) {
            return getEphemerals(get.prefix(), reader);
        }
        if (read instanceof Operation.MultiRead multi) {
            return multiRead(multi, reader);
        }
        return Acls.shown(reader.identities());
    }

    /**
     * Reads data and Stat.
     *
     * @throws RejectedException if the node is missing or not for this reader
     */
    public Node getData(String path, Reader reader) {
        ZNode node = nodes.find(path);
        return node != null && !node.showsUsage && allows(node, Acl.READ, reader)
                ? new Node(node.data, node.stat()) // nearly every read there is, and so kept short
                : data(readable(path, Acl.READ, reader));
    }

    /** zk.R1, zk.A10: READ is needed only where there is a node; zk.P4. */
    private Optional<Stat> exists(String path, Reader reader) {
        if (path.indexOf('\0') >= 0) {
            throw RejectedException.of(Refusals.badPath(path, NodePath.violation(path).orElse("it has a NUL")));
        }
        return nodes.find(path) == null
                ? Optional.empty()
                : Optional.of(nodes.shownStat(readable(path, Acl.READ, reader)));
    }

    private AclStat getAcl(String path, Reader reader) {
        ZNode node = readable(path, Acl.READ | Acl.ADMIN, reader);
        List<Acl> entries = node.acl.entries;
        return new AclStat(allows(node, Acl.ADMIN, reader) ? entries : Acls.masked(entries), nodes.shownStat(node));
    }

    /** zk.R4. */
    private List<String> getEphemerals(String prefix, Reader reader) {
        SessionEntry session = sessions.find(reader.session());
        if (session == null) {
            return List.of();
        }
        String from = prefix.isBlank() ? "/" : prefix;
        List<String> found = new ArrayList<>();
        Iterator<String> paths = session.ephemerals.from(from);
        while (paths.hasNext()) {
            String path = paths.next();
            if (!path.startsWith(from)) {
                break;
            }
            found.add(path);
        }
        return found;
    }

    /** zk.R5. */
    private List<ReadOutcome> multiRead(Operation.MultiRead multi, Reader reader) {
        List<ReadOutcome> answers = new ArrayList<>(multi.reads().size());
        long bytes = 0;
        for (Operation.WatchedRead<?> part : multi.reads()) {
            ReadOutcome answer = answerPart(part, reader);
            bytes += bytes(answer);
            if (bytes > Operation.MultiRead.BYTES_MAX) {
                throw RejectedException.of(Refusals.tooMuchToRead(part.path()));
            }
            answers.add(answer);
        }
        return answers;
    }

    private static long bytes(ReadOutcome answer) {
        if (answer instanceof Node node) {
            Bytes data = node.data();
            return data == null ? 0 : data.length();
        }
        long bytes = 0;
        if (answer instanceof Children children) {
            for (String name : children.names()) {
                bytes += Integer.BYTES + name.length();
            }
        }
        return bytes;
    }

    private ReadOutcome answerPart(Operation.WatchedRead<?> part, Reader reader) {
        ZNode node = nodes.find(part.path());
        if (node == null) {
            return Refusals.noNode(part.path());
        }
        if (!allows(node, Acl.READ, reader)) {
            return noAuth(part.path(), Acl.READ, reader);
        }
        return part instanceof Operation.GetData ? data(node) : children(node);
    }

    private Node data(ZNode node) {
        return new Node(nodes.shownData(node), nodes.shownStat(node));
    }

    private Children children(ZNode node) {
        return new Children(NodeTree.childNames(node), nodes.shownStat(node));
    }

    private ZNode readable(String path, int permission, Reader reader) {
        ZNode node = nodes.find(path);
        if (node == null) {
            throw RejectedException.of(Refusals.noNode(path));
        }
        if (!allows(node, permission, reader)) {
            throw RejectedException.of(noAuth(path, permission, reader));
        }
        return node;
    }

    private static Refused noAuth(String path, int permission, Reader reader) {
        return Refusals.noAuth(path, "the node", permission, reader.identities());
    }

    private boolean allows(ZNode node, int permission, Reader reader) {
        return settings.skipAcl() || node.acl.allows(permission, reader.identities());
    }

    // ---- what no permission guards: for the member itself

    /** The Stat of a node, whoever may read it; for arming watches. */
    public Optional<Stat> stat(String path) {
        ZNode node = nodes.find(path);
        return node == null ? Optional.empty() : Optional.of(nodes.shownStat(node));
    }

    /** The access control list of a node; empty, and so granting everything, if there is no node. */
    public List<Acl> acl(String path) {
        ZNode node = nodes.find(path);
        return node == null ? List.of() : node.acl.entries;
    }

    /** Calls with a node, if there is one, and with every node below it, a parent before its children. */
    void forEachInSubtree(String path, Consumer<ZNode> action) {
        nodes.inPathOrder(path, action);
    }

    @Nullable ZNode node(String path) {
        return nodes.find(path);
    }

    /** A session that is not over. */
    public Optional<SessionView> session(long id) {
        SessionEntry session = sessions.find(id);
        return session == null ? Optional.empty() : Optional.of(new SessionView(session));
    }

    /** Calls with every session, by id. */
    public void forEachSession(Consumer<SessionView> action) {
        sessions.sessions().forEach(session -> action.accept(new SessionView(session)));
    }

    /** Number of sessions that are not over. */
    public int sessionCount() {
        return sessions.count();
    }

    /** The highest session id a member ever made, if it made any. */
    public OptionalLong highestSession(MemberId member) {
        StateVisitor.HighestSession highest = sessions.highest().find(member);
        return highest == null ? OptionalLong.empty() : OptionalLong.of(highest.session());
    }

    // ---- snapshots

    /** Tells the visitor everything. */
    public void visit(StateVisitor visitor) {
        visitor.header(new StateVisitor.Header(
                index,
                term,
                wallMillis,
                elapsedMillis,
                settings,
                sessions.count(),
                nodes.count(),
                sessions.highestSessions(),
                reconfiguration));
        sessions.sessions().forEach(session -> visitor.session(image(session)));
        nodes.inPathOrder(node -> visitor.node(image(node)));
        visitor.end(digest());
    }

    private static StateVisitor.SessionImage image(SessionEntry session) {
        return new StateVisitor.SessionImage(
                session.id,
                session.passwordHash,
                session.timeoutMillis,
                session.member,
                session.attach,
                session.nonce,
                session.lastNumber,
                session.ackedUpTo(),
                session.outcomes());
    }

    private static StateVisitor.NodeImage image(ZNode node) {
        Life life = node.life;
        return new StateVisitor.NodeImage(
                node.path,
                node.data,
                node.acl.entries,
                node.czxid,
                node.mzxid,
                node.pzxid(),
                node.ctime,
                node.mtime,
                node.version,
                node.aversion,
                node.creations(),
                node.owner(),
                node.lifetime(),
                life == null ? Operation.NO_TTL : life.ttlMillis(),
                life == null ? 0 : life.touchedMillis());
    }

    @Override
    public String toString() {
        return "state at 0x" + Long.toHexString(index) + ": " + nodeCount() + " nodes, " + sessionCount() + " sessions";
    }
}
