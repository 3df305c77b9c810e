package io.coord.wire;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.Stat;
import io.coord.member.PeerMessage;
import io.coord.raft.ConfigPayload;
import io.coord.raft.Configuration;
import io.coord.raft.Entry;
import io.coord.raft.EntryId;
import io.coord.raft.MemberKey;
import io.coord.raft.Message;
import io.coord.raft.Payload;
import io.coord.raft.SnapshotMeta;
import io.coord.state.Command;
import io.coord.state.Reconfiguration;
import io.coord.state.Settings;
import io.coord.state.StateVisitor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values chosen by hand, one or more of each kind: what the golden files pin. Never change one; add. */
final class Samples {

    static final long SESSION = 0x0100_1234_5678_9abcL;
    static final Bytes HASH = Bytes.utf8("0123456789abcdef0123456789abcdef");
    static final Identity DIGEST = new Identity("digest", "ann:x1y2");
    static final List<Acl> MIXED = List.of(new Acl(Acl.ALL, DIGEST), new Acl(Acl.READ, Identity.ANYONE));
    static final Stat STAT = new Stat(
            0x1_0000_0002L, 0x1_0000_0005L, 1_700_000_000_000L, 1_700_000_000_500L, 3, 4, 1, SESSION, 11, 2, 0x1_0000_0004L);
    static final Configuration CONFIGURATION = new Configuration(
            List.of(key(1), key(2), new MemberKey(MemberId.of(3), 2)),
            List.of(key(1)),
            List.of(key(4)),
            List.of(new Configuration.Address(key(1), "alpha:2888:2181")));
    static final SnapshotMeta META =
            new SnapshotMeta(new EntryId(0x1_0000_0100L, 4), 1_700_000_000_000L, 86_400_000, CONFIGURATION, 123_456, 0xfeed_beefL);

    private Samples() {}

    static MemberKey key(int member) {
        return MemberKey.first(MemberId.of(member));
    }

    static Map<String, Operation.Write<?>> writes() {
        Map<String, Operation.Write<?>> writes = new LinkedHashMap<>();
        Operation.Create create = new Operation.Create("/a/b", Bytes.utf8("hello"), CreateMode.PERSISTENT, Acl.OPEN, -1);
        Operation.Create sequential = new Operation.Create(
                "/locks/l-", null, CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL, MIXED, 60_000);
        Operation.Delete delete = new Operation.Delete("/a/b", -1);
        Operation.SetData set = new Operation.SetData("/a", Bytes.EMPTY, 7);
        Operation.Check check = new Operation.Check("/a", 0);
        writes.put("create", create);
        writes.put("create-null-ttl", sequential);
        writes.put("delete", delete);
        writes.put("set-empty", set);
        writes.put("set-null", new Operation.SetData("/\u65e5\u672c", null, Integer.MAX_VALUE));
        writes.put("check", check);
        writes.put("set-acl", new Operation.SetAcl("/a", MIXED, -1));
        writes.put("multi", new Operation.Multi(List.of(check, create, delete, set)));
        writes.put("multi-none", new Operation.Multi(List.of()));
        writes.put("reconfigure", new Operation.Reconfigure(
                "1=alpha:2888:2181,4=delta:2888:observer", false, List.of(MemberId.of(3)), 0x1_0000_0042L));
        writes.put("reconfigure-all", new Operation.Reconfigure("1=alpha:2888", true, List.of(), -1));
        return writes;
    }

    static Operation.Write<?> write(Class<?> kind) {
        return writes().values().stream().filter(kind::isInstance).findFirst().orElseThrow();
    }

    static Map<String, Command> commands() {
        Map<String, Command> commands = new LinkedHashMap<>();
        commands.put("open-session", new Command.OpenSession(SESSION, HASH, 30_000, MemberId.of(1), -42));
        commands.put("attach", new Command.Attach(SESSION, HASH, 4_000, MemberId.of(255), Long.MAX_VALUE));
        commands.put("close-session", new Command.CloseSession(SESSION, 3, 18));
        commands.put("expire-session", new Command.ExpireSession(SESSION, 3, 12));
        commands.put("collect-node", new Command.CollectNode("/c", 0x1_0000_0003L, 0x1_0000_0009L, 12));
        commands.put("configure", new Command.Configure(new Settings(true, false, true, 86_400_000)));
        writes().forEach((name, write) -> commands.put(
                "submit-" + name, new Command.Submit(SESSION, 2, 17, 16, List.of(Identity.ANYONE, DIGEST), write)));
        commands.put("abandon-reconfiguration", new Command.AbandonReconfiguration(
                0x1_0000_0043L, 12, Refusal.NEW_CONFIG_NO_QUORUM, "member 4 has not joined"));
        commands.put("submit-local", new Command.SubmitLocal(
                MemberId.of(3), -43, List.of(Identity.ANYONE, DIGEST), new Operation.Delete("/a", 3)));
        commands.put("upgrade-session", new Command.UpgradeSession(SESSION, HASH, 30_000, MemberId.of(1), -44, 12));
        return commands;
    }

    static Map<String, PeerMessage> messages(WireCommandCodec codec) {
        EntryId last = new EntryId(0x1_0000_0100L, 4);
        Payload command = codec.payload(commands().get("submit-create"));
        List<Entry> entries = List.of(
                new Entry(0x1_0000_0101L, 5, 1_700_000_000_000L, 86_400_000, Payload.NoOp.NO_OP),
                new Entry(0x1_0000_0102L, 5, 1_699_999_999_000L, 86_400_001, command),
                new Entry(0x1_0000_0103L, 5, -1, 86_400_002, ConfigPayload.of(CONFIGURATION)));
        Map<String, PeerMessage> messages = new LinkedHashMap<>();
        put(messages, "pre-vote", new Message.PreVote(6, last));
        put(messages, "pre-vote-reply", new Message.PreVoteReply(6, true));
        put(messages, "request-vote", new Message.RequestVote(6, last, true));
        put(messages, "vote-reply", new Message.VoteReply(6, false));
        put(messages, "append", new Message.Append(5, last, entries, 0x1_0000_00ffL));
        put(messages, "append-probe", new Message.Append(5, EntryId.ORIGIN, List.of(), 0x1_0000_0000L));
        put(messages, "appended", new Message.Appended(5, 0x1_0000_0103L));
        put(messages, "append-rejected", new Message.AppendRejected(5, 0x1_0000_0101L, last));
        put(messages, "heartbeat", new Message.Heartbeat(5, 0x1_0000_0100L, 77));
        put(messages, "heartbeat-reply", new Message.HeartbeatReply(5, 77));
        put(messages, "snapshot-chunk", new Message.SnapshotChunk(5, META, 65_536, Bytes.utf8("piece")));
        put(messages, "snapshot-reply", new Message.SnapshotReply(5, 0x1_0000_0100L, 131_072, true));
        put(messages, "timeout-now", new Message.TimeoutNow(5));
        put(messages, "read-request", new Message.ReadRequest(5, -9));
        put(messages, "read-reply", new Message.ReadReply(5, -9, 0x1_0000_0103L));
        put(messages, "propose", new Message.Propose(5, List.of(command)));
        messages.put("lease-report", new PeerMessage.LeaseReport(9, List.of(SESSION, -1L)));
        messages.put("lease-ack", new PeerMessage.LeaseAck(9, 0));
        messages.put("hello", new PeerMessage.Hello("1=alpha:2888,2=beta:2888,3=gamma:2888", 0, true, true));
        put(messages, "heartbeat-match", new Message.Heartbeat(5, 0x1_0000_0100L, 78, 0x1_0000_0103L));
        messages.put("welcome", new PeerMessage.Welcome(3, CONFIGURATION.encoded()));
        messages.put("join", new PeerMessage.Join("delta:2888:2181", true, true, null, 0x1_0000_0100L));
        messages.put("join of one in doubt", new PeerMessage.Join("delta:2888:2181", false, false, new EntryId(0x1_0000_0101L, 7), 0x1_0000_0100L));
        messages.put("removed", new PeerMessage.Removed(5, 0x1_0000_0103L, "no longer a member"));
        messages.put("snapshot-request", new PeerMessage.SnapshotRequest(0x1_0000_0100L, 0, 0x1_0000_0180L, 131_072));
        messages.put("snapshot-request-of-a-later-term", new PeerMessage.SnapshotRequest(0x1_0000_0100L, 7, 0, 0));
        messages.put("state-mark", new PeerMessage.StateMark(0x1_0000_0180L, -5));
        messages.put("lease-ack-index", new PeerMessage.LeaseAck(9, 0x1_0000_0103L));
        return messages;
    }

    private static void put(Map<String, PeerMessage> messages, String name, Message message) {
        messages.put(name, new PeerMessage.Consensus(message));
    }

    static List<Outcome> outcomes() {
        Outcome.Refused refused = new Outcome.Refused(Refusal.BAD_VERSION, "/a", "version 3, not 2");
        return List.of(
                new Outcome.Created("/locks/l-0000000007", STAT),
                new Outcome.Deleted(),
                new Outcome.DataSet(STAT),
                new Outcome.AclSet(STAT),
                new Outcome.Checked(),
                refused,
                new Outcome.Multi(List.of(new Outcome.RolledBack(), refused)));
    }

    /** Those of changes of members. */
    static List<Outcome> outcomesOfMembers() {
        return List.of(
                new Outcome.Reconfigured(Bytes.utf8("version=100000002"), STAT),
                new Outcome.Reconfigured(Bytes.EMPTY, STAT),
                new Outcome.Reconfiguring());
    }

    /** A state amid a change of members. */
    static void visitReconfiguring(StateVisitor visitor) {
        visitor.header(new StateVisitor.Header(
                0x1_0000_0100L,
                4,
                1_700_000_000_000L,
                86_400_000,
                Settings.DEFAULT,
                1,
                1,
                List.of(),
                new Reconfiguration(0x1_0000_00ffL, "1=alpha:2888,2=beta:2888,3=gamma:2888", SESSION, 20)));
        visitor.session(new StateVisitor.SessionImage(
                SESSION, HASH, 30_000, MemberId.of(2), 3, -42, 20, 17, outcomesOfMembers()));
        visitor.node(node("/", Bytes.EMPTY, Acl.OPEN, 0, StateVisitor.Lifetime.PERSISTENT, -1, 0));
        visitor.end(0x0123_4567_89ab_cdefL);
    }

    static void visit(StateVisitor visitor) {
        List<StateVisitor.NodeImage> nodes = nodes();
        visitor.header(new StateVisitor.Header(
                0x1_0000_0100L,
                4,
                1_700_000_000_000L,
                86_400_000,
                new Settings(true, true, false, 1_000),
                2,
                nodes.size(),
                List.of(new StateVisitor.HighestSession(MemberId.of(1), SESSION))));
        visitor.session(new StateVisitor.SessionImage(SESSION, HASH, 30_000, MemberId.of(2), 3, -42, 20, 13, outcomes()));
        visitor.session(new StateVisitor.SessionImage(SESSION + 1, Bytes.EMPTY, 4_000, MemberId.of(1), 1, 1, 0, 0, List.of()));
        nodes.forEach(visitor::node);
        visitor.end(0x0123_4567_89ab_cdefL);
    }

    private static List<StateVisitor.NodeImage> nodes() {
        return List.of(
                node("/", Bytes.EMPTY, Acl.OPEN, 0, StateVisitor.Lifetime.PERSISTENT, -1, 0),
                node("/a", null, MIXED, 0, StateVisitor.Lifetime.CONTAINER, -1, 5_000),
                node("/a/e", Bytes.utf8("mine"), Acl.OPEN, SESSION, StateVisitor.Lifetime.EPHEMERAL, -1, 0),
                node("/a/t\u00e9", Bytes.EMPTY, MIXED, 0, StateVisitor.Lifetime.TTL, 60_000, 7_000));
    }

    private static StateVisitor.NodeImage node(
            String path, @Nullable Bytes data, List<Acl> acl, long owner,
            StateVisitor.Lifetime lifetime, long ttlMillis, long touchedMillis) {
        return new StateVisitor.NodeImage(
                path, data, acl, 0x1_0000_0002L, 0x1_0000_0005L, 0x1_0000_0004L, 1_700_000_000_000L, 1_700_000_000_500L,
                3, 1, 9, owner, lifetime, ttlMillis, touchedMillis);
    }
}
