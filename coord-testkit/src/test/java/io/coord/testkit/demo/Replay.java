package io.coord.testkit.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.RejectedException;
import io.coord.Session;
import io.coord.SessionEndedException;
import io.coord.Stat;
import io.coord.testkit.demo.Recording.Transaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Plays a recording through sessions of the public API: each recorded session is one of ours, each transaction is answered before the
 * next is asked, and what each did is held against what was recorded, as it happens.
 */
final class Replay {

    /** What the replay needs of the ensemble. */
    interface Stage {
        /** Opens a session that acts with all rights at a member. */
        Session openWithAllRights(MemberId member, Duration timeout);

        /** Opens a session without any. */
        Session openPlain(MemberId member);

        /** Ends a session as if its owner had fallen silent. */
        void expire(Session session);
    }

    private static final int OK = 0;
    private static final int NOT_EVALUATED = Refusal.RUNTIME_INCONSISTENCY.code();

    private final Stage stage;
    private final List<MemberId> members;
    private final Differences differences;
    private final Zxids zxids = new Zxids();
    private final Map<String, Session> sessions = new LinkedHashMap<>();
    private final Map<String, MemberId> homes = new LinkedHashMap<>();
    /** Live ephemeral nodes as the recording has them: path to recorded session. */
    private final TreeMap<String, String> ephemerals = new TreeMap<>();

    private final Session observer;
    private int nextMember;
    private int standIns;
    private int played;

    Replay(Stage stage, List<MemberId> members, Differences differences) {
        this.stage = stage;
        this.members = members;
        this.differences = differences;
        this.observer = stage.openWithAllRights(members.get(0), Duration.ofSeconds(30));
    }

    /** Plays the transactions, in order. */
    void play(List<Transaction> transactions) {
        for (Transaction row : transactions) {
            zxids.row(row.zxid());
            play(row);
            played++;
        }
    }

    private void play(Transaction row) {
        switch (row.type()) {
            case "createSession" -> createSession(row);
            case "closeSession" -> closeSession(row);
            case "error" -> refusedAlone(row);
            case "multi" -> multi(row);
            default -> single(row);
        }
    }

    // ---- sessions

    private void createSession(Transaction row) {
        MemberId home = members.get(nextMember++ % members.size());
        Session session = stage.openWithAllRights(home, Duration.ofMillis(row.body().path("timeout").asLong()));
        sessions.put(row.session(), session);
        homes.put(row.session(), home);
        differences.compare(
                row.at(), "", "timeout", row.body().path("timeout").asLong(), session.timeout().toMillis());
    }

    private void closeSession(Transaction row) {
        Session session = sessions.get(row.session());
        if (session == null) {
            differences.add(row.at(), "", "session", "session " + row.session() + " was never opened");
            return;
        }
        if (row.cxid() == 0) {
            stage.expire(session);
        } else {
            session.close();
        }
        List<String> recorded = new ArrayList<>();
        row.body().path("paths").forEach(path -> recorded.add(path.asText()));
        List<String> owned = new ArrayList<>();
        ephemerals.forEach((path, owner) -> {
            if (owner.equals(row.session())) {
                owned.add(path);
            }
        });
        recorded.sort(null);
        differences.compare(row.at(), String.join(" ", recorded), "paths", recorded, owned);
        owned.forEach(ephemerals::remove);
        compareEphemerals(row);
    }

    /** The live ephemerals, each with its owner, as all members must show them now. */
    private void compareEphemerals(Transaction row) {
        observer.sync(NodePath.ROOT);
        TreeMap<String, String> here = new TreeMap<>();
        for (TreeWalk.Found found : TreeWalk.of(observer)) {
            if (found.stat().isEphemeral()) {
                here.put(found.path(), ownerName(found.stat().ephemeralOwner()));
            }
        }
        for (String path : union(ephemerals, here)) {
            differences.compare(row.at(), path, "ephemeralOwner", ephemerals.get(path), here.get(path));
        }
    }

    private static List<String> union(TreeMap<String, String> one, TreeMap<String, String> other) {
        TreeMap<String, String> all = new TreeMap<>(one);
        all.putAll(other);
        return List.copyOf(all.keySet());
    }

    /** The recording's name for one of our sessions. */
    String ownerName(long id) {
        if (id == 0) {
            return "0x0";
        }
        for (Map.Entry<String, Session> entry : sessions.entrySet()) {
            if (entry.getValue().id() == id) {
                return entry.getKey();
            }
        }
        return "unknown session 0x" + Long.toHexString(id);
    }

    private @Nullable Session sessionOf(Transaction row) {
        Session session = sessions.get(row.session());
        if (session == null) {
            differences.add(row.at(), "", "session", "session " + row.session() + " was never opened");
        }
        return session;
    }

    // ---- single writes

    private void single(Transaction row) {
        Session session = sessionOf(row);
        Operation.Write<?> write = write(row.type(), row.body());
        if (session == null) {
            return;
        }
        if (write == null) {
            differences.add(row.at(), row.body().path("path").asText(), "type", "type \"" + row.type() + "\" is not known");
            return;
        }
        try {
            check(row, row.body(), session.submit(write), true);
        } catch (RejectedException | SessionEndedException e) {
            differences.add(row.at(), row.body().path("path").asText(), "result", "recorded done, here " + e.getMessage());
        }
    }

    /** The request that the recorded transaction came from, or null if there is no such type. */
    private static Operation.@Nullable Write<?> write(String type, JsonNode body) {
        String path = body.path("path").asText();
        int expected = body.path("version").asInt() - 1;
        return switch (type) {
            case "create", "create2" -> create(
                    path, body, body.path("ephemeral").asBoolean() ? CreateMode.EPHEMERAL : CreateMode.PERSISTENT, Operation.NO_TTL);
            case "createContainer" -> create(path, body, CreateMode.CONTAINER, Operation.NO_TTL);
            case "createTTL" -> create(path, body, CreateMode.PERSISTENT_WITH_TTL, body.path("ttl").asLong());
            case "delete", "deleteContainer" -> new Operation.Delete(path, Operation.ANY_VERSION);
            case "setData" -> new Operation.SetData(path, Recording.data(body.path("data")), expected);
            case "setACL" -> new Operation.SetAcl(path, Recording.acl(body.path("acl")), expected);
            case "check" -> new Operation.Check(path, expected);
            default -> null;
        };
    }

    private static Operation.Create create(String path, JsonNode body, CreateMode mode, long ttlMillis) {
        return new Operation.Create(path, Recording.data(body.path("data")), mode, Recording.acl(body.path("acl")), ttlMillis);
    }

    /** Holds what a write did against what was recorded of it. */
    private void check(Transaction row, JsonNode body, Outcome outcome, boolean last) {
        String path = body.path("path").asText();
        if (outcome instanceof Outcome.Created created) {
            differences.compare(row.at(), path, "path", path, created.path());
            zxids.learn(row.zxid(), created.stat().czxid());
            if (body.path("ephemeral").asBoolean()) {
                ephemerals.put(path, row.session());
            }
            if (last) {
                checkParent(row, path, body.path("parentCVersion"));
            }
        } else if (outcome instanceof Outcome.DataSet set) {
            differences.compare(row.at(), path, "version", body.path("version").asInt(), set.stat().version());
            zxids.learn(row.zxid(), set.stat().mzxid());
        } else if (outcome instanceof Outcome.AclSet set) {
            differences.compare(row.at(), path, "aversion", body.path("version").asInt(), set.stat().aversion());
        } else if (outcome instanceof Outcome.Deleted) {
            ephemerals.remove(path);
        }
    }

    /** The recording counts creations under the parent; a Stat shows twice that less the children (zk.ST7). */
    private void checkParent(Transaction row, String path, JsonNode recorded) {
        if (recorded.isMissingNode()) {
            return;
        }
        NodePath parent = NodePath.of(path).parent();
        Session session = sessions.get(row.session());
        Optional<Stat> stat = session == null ? Optional.empty() : session.exists(parent);
        Integer creations = stat.map(found -> (found.cversion() + found.numChildren()) / 2).orElse(null);
        differences.compare(row.at(), path, "parentCVersion", recorded.asInt(), creations);
    }

    // ---- transactions

    private void multi(Transaction row) {
        Session session = sessionOf(row);
        if (session == null) {
            return;
        }
        List<JsonNode> ops = new ArrayList<>();
        row.body().path("ops").forEach(ops::add);
        List<Operation.Step<?>> steps = new ArrayList<>();
        int failing = failingStep(ops);
        int failingStep = -1;
        for (int i = 0; i < ops.size(); i++) {
            if (i == failing) {
                List<Operation.Step<?>> standIn = standIn(row, ops.get(i));
                steps.addAll(standIn);
                failingStep = steps.size() - 1;
            } else {
                steps.add(step(row, ops.get(i)));
            }
        }
        submit(row, session, ops, steps, failing, failingStep);
    }

    private static int failingStep(List<JsonNode> ops) {
        for (int i = 0; i < ops.size(); i++) {
            int code = ops.get(i).path("err").asInt();
            if (isError(ops.get(i)) && code != OK && code != NOT_EVALUATED) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isError(JsonNode op) {
        return op.path("type").asText().equals("error");
    }

    private Operation.Step<?> step(Transaction row, JsonNode op) {
        if (isError(op)) {
            return StandIns.harmless();
        }
        Operation.Write<?> write = write(op.path("type").asText(), op);
        if (write instanceof Operation.Step<?> step) {
            return step;
        }
        differences.add(row.at(), op.path("path").asText(), "type", "type " + op.path("type") + " is not known in a multi");
        return StandIns.harmless();
    }

    private List<Operation.Step<?>> standIn(Transaction row, JsonNode op) {
        standIns++;
        checkName(row, op);
        return StandIns.refusedWith(op.path("err").asInt()).orElseGet(() -> {
            differences.add(row.at(), "", "err", "no stand-in is known for code " + op.path("err"));
            return List.of(StandIns.harmless());
        });
    }

    /** A code and its name must be one: the only thing that tells whether the recorded code is right. */
    private void checkName(Transaction row, JsonNode op) {
        String expected = null;
        for (Refusal refusal : Refusal.values()) {
            if (refusal.code() == op.path("err").asInt()) {
                expected = refusal.name().replace("_", "");
            }
        }
        differences.compare(row.at(), op.path("path").asText(), "err", op.path("errName").asText(), expected);
    }

    private void submit(
            Transaction row,
            Session session,
            List<JsonNode> ops,
            List<Operation.Step<?>> steps,
            int failing,
            int failingStep) {
        Outcome.Multi multi;
        try {
            multi = session.submit(new Operation.Multi(steps));
        } catch (RejectedException | SessionEndedException e) {
            differences.add(row.at(), "", "result", "recorded a multi, here " + e.getMessage());
            return;
        }
        int failed = multi.failedStep();
        if (failed != failingStep) {
            String path = steps.get(Math.max(failed, 0)).path();
            Object here = failed < 0 ? "all done" : multi.results().get(failed);
            differences.add(row.at(), path, "result",
                    "recorded " + (failing < 0 ? "all done" : "step " + failing + " refused") + ", here " + here);
        } else if (failing >= 0) {
            Outcome.Refused refused = (Outcome.Refused) multi.results().get(failed);
            differences.compare(
                    row.at(), refused.path(), "err", ops.get(failing).path("err").asInt(), refused.refusal().code());
        } else {
            checkAll(row, ops, multi.results());
        }
    }

    private void checkAll(Transaction row, List<JsonNode> ops, List<Outcome> results) {
        differences.compare(row.at(), "", "ops", ops.size(), results.size());
        for (int i = 0; i < Math.min(ops.size(), results.size()); i++) {
            check(row, ops.get(i), results.get(i), isLastUnderItsParent(ops, i));
        }
    }

    private static boolean isLastUnderItsParent(List<JsonNode> ops, int position) {
        String parent = parentOf(ops.get(position));
        for (JsonNode later : ops.subList(position + 1, ops.size())) {
            if (parentOf(later).equals(parent) || later.path("path").asText().equals(parent)) {
                return false;
            }
        }
        return true;
    }

    private static String parentOf(JsonNode op) {
        String path = op.path("path").asText();
        return path.substring(0, Math.max(path.lastIndexOf('/'), 0));
    }

    // ---- writes that were refused

    private void refusedAlone(Transaction row) {
        standIns++;
        checkName(row, row.body());
        int code = row.body().path("err").asInt();
        differences.compare(row.at(), "", "err", code, refusalPlayed(row, code));
    }

    /** The code with which a stand-in was refused. */
    private int refusalPlayed(Transaction row, int code) {
        if (code == Refusal.NO_AUTH.code()) {
            try (Session plain = stage.openPlain(members.get(0))) {
                return codeOf(plain, List.of(new Operation.SetData("/zookeeper/config", Bytes.EMPTY, -1)));
            }
        }
        Session session = sessionOf(row);
        if (session == null) {
            return OK;
        }
        if (code == Refusal.SESSION_EXPIRED.code()) {
            return codeOf(session, List.of(StandIns.harmless()));
        }
        Optional<List<Operation.Step<?>>> standIn = StandIns.refusedWith(code);
        if (standIn.isEmpty()) {
            differences.add(row.at(), "", "err", "no stand-in is known for code " + code);
            return OK;
        }
        return codeOf(session, standIn.get());
    }

    private static int codeOf(Session session, List<Operation.Step<?>> steps) {
        try {
            if (steps.size() == 1 && !(steps.get(0) instanceof Operation.Check)) {
                session.submit(steps.get(0));
                return OK;
            }
            Outcome.Multi multi = session.submit(new Operation.Multi(steps));
            int failed = multi.failedStep();
            return failed < 0 ? OK : ((Outcome.Refused) multi.results().get(failed)).refusal().code();
        } catch (RejectedException refused) {
            return refused.refusal().code();
        } catch (SessionEndedException ended) {
            return Refusal.SESSION_EXPIRED.code();
        }
    }

    // ---- views

    Zxids zxids() {
        return zxids;
    }

    Session observer() {
        return observer;
    }

    /** How many refused operations, unknown to the log, were played by another that is refused alike. */
    int standIns() {
        return standIns;
    }

    int played() {
        return played;
    }

    int sessionCount() {
        return sessions.size();
    }

    /** How many sessions each member hosted. */
    Map<MemberId, Integer> spread() {
        Map<MemberId, Integer> spread = new TreeMap<>();
        homes.values().forEach(home -> spread.merge(home, 1, Integer::sum));
        return spread;
    }
}
