package io.coord.netty.zkserver;

import io.coord.AclStat;
import io.coord.Children;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.Node;
import io.coord.Outcome;
import io.coord.ReadOutcome;
import io.coord.Refusal;
import io.coord.Stat;
import io.coord.netty.jute.JuteWriter;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.ReplyHeader;
import io.coord.netty.jute.Request;
import io.coord.netty.jute.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a granted answer is written, header and body (zk.W15).
 *
 * @param <R> the kind of answer
 */
@FunctionalInterface
interface ReplyForm<R> {

    /** Writes it. */
    void write(JuteWriter out, int xid, long zxid, R value);

    ReplyForm<Object> NOTHING = (out, xid, zxid, value) -> granted(out, xid, zxid, Response.Nothing.NOTHING);
    ReplyForm<Boolean> PROVEN = (out, xid, zxid, value) -> granted(out, xid, 0, Response.Nothing.NOTHING);
    ReplyForm<Node> DATA =
            (out, xid, zxid, node) -> granted(out, xid, zxid, new Response.Data(node.data(), node.stat()));
    ReplyForm<Optional<Stat>> EXISTS = (out, xid, zxid, stat) -> {
        if (stat.isPresent()) {
            granted(out, xid, zxid, new Response.OfStat(stat.get()));
        } else {
            refused(out, xid, zxid, Refusal.NO_NODE.code());
        }
    };
    ReplyForm<Children> NAMES =
            (out, xid, zxid, children) -> granted(out, xid, zxid, new Response.Names(children.names()));
    ReplyForm<Children> NAMES_AND_STAT = (out, xid, zxid, children) ->
            granted(out, xid, zxid, new Response.NamesAndStat(children.names(), children.stat()));
    ReplyForm<AclStat> ACL =
            (out, xid, zxid, acl) -> granted(out, xid, zxid, new Response.OfAcl(acl.acl(), acl.stat()));
    ReplyForm<Integer> NUMBER = (out, xid, zxid, number) -> granted(out, xid, zxid, new Response.Number(number));
    ReplyForm<List<String>> PATHS = (out, xid, zxid, paths) -> granted(out, xid, zxid, new Response.Names(paths));
    ReplyForm<List<Identity>> IDENTITIES =
            (out, xid, zxid, identities) -> granted(out, xid, zxid, new Response.Identities(identities));
    ReplyForm<Outcome.Created> PATH =
            (out, xid, zxid, created) -> granted(out, xid, zxid, new Response.Path(created.path()));
    ReplyForm<Outcome.Created> PATH_AND_STAT = (out, xid, zxid, created) ->
            granted(out, xid, zxid, new Response.PathAndStat(created.path(), created.stat()));
    ReplyForm<Outcome.DataSet> DATA_SET = (out, xid, zxid, set) -> granted(out, xid, zxid, new Response.OfStat(set.stat()));
    ReplyForm<Outcome.AclSet> ACL_SET = (out, xid, zxid, set) -> granted(out, xid, zxid, new Response.OfStat(set.stat()));
    ReplyForm<Outcome.Reconfigured> RECONFIGURED =
            (out, xid, zxid, now) -> granted(out, xid, zxid, new Response.Data(now.data(), now.stat()));
    ReplyForm<Boolean> WATCH_ADDED = (out, xid, zxid, done) -> granted(out, xid, zxid, new Response.Number(0));
    /** Whether there were any. */
    ReplyForm<Boolean> WATCHES = (out, xid, zxid, any) -> {
        if (any) {
            granted(out, xid, zxid, Response.Nothing.NOTHING);
        } else {
            refused(out, xid, zxid, Refusal.NO_WATCHER.code());
        }
    };
    ReplyForm<List<ReadOutcome>> READS = (out, xid, zxid, answers) -> {
        List<Response.Multi.Result> results = new ArrayList<>(answers.size());
        answers.forEach(answer -> results.add(result(answer)));
        granted(out, xid, zxid, new Response.Multi(results));
    };

    private static Response.Multi.Result result(ReadOutcome answer) {
        if (answer instanceof Node node) {
            return new Response.Multi.Granted(OpCode.GET_DATA, new Response.Data(node.data(), node.stat()));
        }
        return answer instanceof Children children
                ? new Response.Multi.Granted(OpCode.GET_CHILDREN, new Response.Names(children.names()))
                : new Response.Multi.Refused(((Outcome.Refused) answer).refusal().code());
    }

    /** A multi's answer: without an error of its own, whatever became of its parts (zk.M3, zk.M4). */
    static ReplyForm<Outcome.Multi> multi(List<Request.Multi.Part> parts) {
        return (out, xid, zxid, multi) -> {
            List<Response.Multi.Result> results = new ArrayList<>(parts.size());
            boolean failed = multi.failedStep() >= 0;
            for (int i = 0; i < parts.size(); i++) {
                Outcome outcome = multi.results().get(i);
                results.add(failed ? undone(outcome) : done(parts.get(i), outcome));
            }
            granted(out, xid, zxid, new Response.Multi(results));
        };
    }

    private static Response.Multi.Result undone(Outcome outcome) {
        return new Response.Multi.Refused(outcome instanceof Outcome.Refused refused ? refused.refusal().code() : 0);
    }

    private static Response.Multi.Result done(Request.Multi.Part part, Outcome outcome) {
        OpCode op = part.op();
        if (outcome instanceof Outcome.Created created) {
            boolean plain = part.body() instanceof Request.Create create && create.flags() != CreateMode.CONTAINER.flag();
            return op == OpCode.CREATE && plain
                    ? new Response.Multi.Granted(op, new Response.Path(created.path()))
                    : new Response.Multi.Granted(OpCode.CREATE2, new Response.PathAndStat(created.path(), created.stat()));
        }
        return new Response.Multi.Granted(
                op, outcome instanceof Outcome.DataSet set ? new Response.OfStat(set.stat()) : Response.Nothing.NOTHING);
    }

    private static void granted(JuteWriter out, int xid, long zxid, Response body) {
        new ReplyHeader(xid, zxid, 0).write(out);
        body.write(out);
    }

    /** Writes a step of a SASL exchange, which has no zxid. */
    static void token(JuteWriter out, int xid, Response.Token token) {
        granted(out, xid, 0, token);
    }

    /** Writes a reply that is an error: no body (zk.W7). */
    static void refused(JuteWriter out, int xid, long zxid, int error) {
        new ReplyHeader(xid, zxid, error).write(out);
    }
}
