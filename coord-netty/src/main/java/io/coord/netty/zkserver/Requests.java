package io.coord.netty.zkserver;

import io.coord.Bytes;
import io.coord.Identity;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.RejectedException;
import io.coord.WatchKind;
import io.coord.WatchMode;
import io.coord.ensemble.spi.SessionPort;
import io.coord.netty.jute.JuteReader;
import io.coord.netty.jute.JuteWriter;
import io.coord.netty.jute.MalformedRecordException;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.ReplyHeader;
import io.coord.netty.jute.Request;
import io.coord.netty.jute.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a connection's requests ask of the member. Most are handed to it and answered later; a read without a watch is answered at once
 * when nothing is asked before it (rule.3); and what is refused here waits until all before it is answered.
 */
final class Requests {

    private static final long NO_ZXID = -1;
    /** What whoever only reads may not ask (zk.RO2). */
    private static final Set<OpCode> BEYOND_READING = Set.of(
            OpCode.CREATE, OpCode.CREATE2, OpCode.CREATE_CONTAINER, OpCode.CREATE_TTL, OpCode.DELETE, OpCode.SET_DATA, OpCode.SET_ACL,
            OpCode.SYNC, OpCode.MULTI, OpCode.CHECK, OpCode.RECONFIG);

    private final Connection connection;

    /** What is taken however long it has waited: what keeps a session, ends it, or says whose it is. */
    private static final Set<OpCode> NEVER_THROTTLED = Set.of(OpCode.PING, OpCode.CLOSE_SESSION, OpCode.AUTH, OpCode.SASL);

    Requests(Connection connection) {
        this.connection = connection;
    }

    /** Takes a request; false if its turn has not come. */
    boolean take(int xid, int type, JuteReader body, int bytes) {
        OpCode op = OpCode.of(type);
        if (op == null) {
            return refuseAndClose(xid, NO_ZXID, Refusal.UNIMPLEMENTED);
        }
        if (op != OpCode.AUTH && op != OpCode.SASL && !connection.home().isAdmitted(connection.identities())) {
            return refuseAndClose(xid, 0, Refusal.SESSION_CLOSED_REQUIRE_SASL_AUTH);
        }
        if (connection.hasWaitedTooLong() && !NEVER_THROTTLED.contains(op)) {
            return throttle(xid);
        }
        if (connection.isReadOnly() && BEYOND_READING.contains(op)) {
            return refuse(xid, Refusal.NOT_READ_ONLY);
        }
        try {
            return take(op, xid, body, bytes);
        } catch (MalformedRecordException malformed) {
            return op == OpCode.AUTH
                    ? refuseAndClose(xid, 0, Refusal.AUTH_FAILED)
                    : refuse(xid, Refusal.MARSHALLING_ERROR);
        }
    }

    private boolean take(OpCode op, int xid, JuteReader body, int bytes) {
        return switch (op) {
            case EXISTS, GET_DATA, GET_CHILDREN, GET_CHILDREN2 ->
                    watched(op, xid, bytes, (Request.Watched) op.readRequest(body));
            case GET_ACL -> read(xid, bytes, new Operation.GetAcl(path(op, body)), ReplyForm.ACL);
            case GET_ALL_CHILDREN_NUMBER ->
                    read(xid, bytes, new Operation.GetAllChildrenNumber(path(op, body)), ReplyForm.NUMBER);
            case GET_EPHEMERALS -> {
                String prefix = ((Request.OfPath) op.readRequest(body)).path();
                yield read(xid, bytes, new Operation.GetEphemerals(prefix == null ? "" : prefix), ReplyForm.PATHS);
            }
            case WHO_AM_I -> read(xid, bytes, new Operation.WhoAmI(), ReplyForm.IDENTITIES);
            case MULTI_READ -> read(
                    xid, bytes, Operations.multiRead((Request.Multi) op.readRequest(body)), ReplyForm.READS);
            case PING -> pong(xid);
            case CREATE, CREATE2, CREATE_CONTAINER, CREATE_TTL, DELETE, SET_DATA, SET_ACL, MULTI ->
                    write(op, xid, bytes, op.readRequest(body));
            case SYNC -> sync(xid, bytes, ((Request.OfPath) op.readRequest(body)).path());
            case ADD_WATCH, CHECK_WATCHES, REMOVE_WATCHES ->
                    watches(op, xid, bytes, (Request.OfWatches) op.readRequest(body));
            case SET_WATCHES, SET_WATCHES2 -> setWatches(xid, bytes, (Request.SetWatches) op.readRequest(body));
            case AUTH -> connection.isIdle() // another proof may be under way, to which this one adds
                    && auth(xid, bytes, (Request.Auth) op.readRequest(body));
            case SASL -> connection.isIdle() && sasl(xid, bytes, (Request.Sasl) op.readRequest(body));
            case RECONFIG -> reconfigure(xid, bytes, (Request.Reconfig) op.readRequest(body));
            case CLOSE_SESSION -> close(xid, bytes);
            case CHECK, DELETE_CONTAINER, CREATE_SESSION -> refuseAndClose(xid, NO_ZXID, Refusal.UNIMPLEMENTED);
        };
    }

    private static String path(OpCode op, JuteReader body) {
        String path = ((Request.OfPath) op.readRequest(body)).path();
        if (path == null) {
            throw new MalformedRecordException("the path is null");
        }
        return path;
    }

    // ------------------------------------------------------------------------------------------------ reads

    private boolean watched(OpCode op, int xid, int bytes, Request.Watched request) {
        String path = request.path();
        boolean watch = request.watch();
        return switch (op) {
            case EXISTS -> watched(xid, bytes, new Operation.Exists(path), watch, ReplyForm.EXISTS);
            case GET_DATA -> watched(xid, bytes, new Operation.GetData(path), watch, ReplyForm.DATA);
            case GET_CHILDREN -> watched(xid, bytes, new Operation.GetChildren(path), watch, ReplyForm.NAMES);
            default -> watched(xid, bytes, new Operation.GetChildren(path), watch, ReplyForm.NAMES_AND_STAT);
        };
    }

    private <R> boolean watched(
            int xid, int bytes, Operation.WatchedRead<R> read, boolean watch, ReplyForm<? super R> form) {
        if (!watch) {
            return read(xid, bytes, read, form);
        }
        Asked<R> asked = connection.asked(xid, bytes, form);
        return connection.asked(asked, connection.attachment().submit(read, asked));
    }

    private <R> boolean read(int xid, int bytes, Operation.Read<R> read, ReplyForm<? super R> form) {
        if (!connection.isIdle()) {
            Asked<R> asked = connection.asked(xid, bytes, form);
            return connection.asked(asked, connection.attachment().submit((Operation<R>) read, asked));
        }
        SessionPort.View view = connection.view();
        if (view == null) {
            return false;
        }
        answer(view, xid, read, form);
        return true;
    }

    private <R> void answer(SessionPort.View view, int xid, Operation.Read<R> read, ReplyForm<? super R> form) {
        try {
            R value = view.read(read);
            JuteWriter out = connection.beginReply();
            form.write(out, xid, view.zxid(), value);
            connection.endReply(out);
            connection.answered(0, view.zxid());
        } catch (RejectedException no) {
            reply(xid, view.zxid(), no.refusal().code());
        }
    }

    // ------------------------------------------------------------------------------------------------ writes

    private boolean write(OpCode op, int xid, int bytes, Request request) {
        AclSchemes schemes = connection.home().aclSchemes();
        if (request instanceof Request.Create create) {
            ReplyForm<Outcome.Created> form = op == OpCode.CREATE ? ReplyForm.PATH : ReplyForm.PATH_AND_STAT;
            return submit(xid, bytes, Operations.create(op, create, schemes), form);
        }
        if (request instanceof Request.CreateTtl timed) {
            return submit(xid, bytes, Operations.create(timed, schemes), ReplyForm.PATH_AND_STAT);
        }
        if (request instanceof Request.Versioned delete) {
            return submit(xid, bytes, Operations.delete(delete), ReplyForm.NOTHING);
        }
        if (request instanceof Request.SetData set) {
            return submit(xid, bytes, Operations.setData(set), ReplyForm.DATA_SET);
        }
        if (request instanceof Request.SetAcl set) {
            return submit(xid, bytes, Operations.setAcl(set, schemes), ReplyForm.ACL_SET);
        }
        Request.Multi multi = Operations.asRead((Request.Multi) request);
        return submit(xid, bytes, Operations.multi(multi, schemes), ReplyForm.multi(multi.parts()));
    }

    private <R> boolean submit(int xid, int bytes, Operation<R> operation, ReplyForm<? super R> form) {
        Asked<R> asked = connection.askedToWrite(xid, bytes, form);
        return connection.asked(asked, connection.attachment().submit(operation, asked));
    }

    private boolean sync(int xid, int bytes, @Nullable String path) {
        ReplyForm<String> form = (out, to, zxid, same) -> {
            new ReplyHeader(to, zxid, 0).write(out);
            out.string(path);
        };
        Asked<String> asked = connection.asked(xid, bytes, form);
        return connection.asked(asked, connection.attachment().submit(new Operation.Sync(path == null ? "" : path), asked));
    }

    private boolean reconfigure(int xid, int bytes, Request.Reconfig wish) {
        return connection.home().isReconfigurable()
                ? submit(xid, bytes, Operations.reconfigure(wish), ReplyForm.RECONFIGURED)
                : refuse(xid, Refusal.RECONFIG_DISABLED);
    }

    // ------------------------------------------------------------------------------------------------ watches

    private boolean watches(OpCode op, int xid, int bytes, Request.OfWatches request) {
        SessionPort.Attachment member = connection.attachment();
        String path = request.path();
        if (op == OpCode.ADD_WATCH) {
            Optional<WatchMode> mode = mode(request.kind());
            if (mode.isEmpty()) {
                return refuse(xid, Refusal.MARSHALLING_ERROR);
            }
            Asked<Boolean> asked = connection.asked(xid, bytes, ReplyForm.WATCH_ADDED);
            return connection.asked(asked, member.addWatch(path, mode.get(), asked));
        }
        Optional<WatchKind> kind = kind(request.kind());
        if (kind.isEmpty()) {
            return refuse(xid, Refusal.MARSHALLING_ERROR);
        }
        Asked<Boolean> asked = connection.asked(xid, bytes, ReplyForm.WATCHES);
        return connection.asked(
                asked,
                op == OpCode.CHECK_WATCHES
                        ? member.checkWatches(path, kind.get(), asked)
                        : member.removeWatches(path, kind.get(), asked));
    }

    private static Optional<WatchMode> mode(int code) {
        for (WatchMode mode : WatchMode.values()) {
            if (mode.code() == code) {
                return Optional.of(mode);
            }
        }
        return Optional.empty();
    }

    private static Optional<WatchKind> kind(int code) {
        for (WatchKind kind : WatchKind.values()) {
            if (kind.code() == code) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }

    private boolean setWatches(int xid, int bytes, Request.SetWatches set) {
        Request.SetWatches.Lasting lasting = set.lasting();
        SessionPort.Carried carried = new SessionPort.Carried(
                set.sinceZxid(),
                set.data(),
                set.exist(),
                set.child(),
                lasting == null ? List.of() : lasting.persistent(),
                lasting == null ? List.of() : lasting.recursive());
        Asked<Boolean> asked = connection.asked(xid, bytes, ReplyForm.NOTHING);
        return connection.asked(asked, connection.attachment().setWatches(carried, asked));
    }

    // ------------------------------------------------------------------------------------------------ the session

    private boolean pong(int xid) {
        SessionPort.View view = connection.view();
        if (view == null) {
            return false;
        }
        reply(xid, view.zxid(), 0);
        return true;
    }

    private boolean sasl(int xid, int bytes, Request.Sasl step) {
        if (connection.view() == null) {
            return false;
        }
        SaslSetup setup = connection.home().sasl();
        if (setup == null) {
            return answerStep(xid, null); // which a client of ZooKeeper takes for the failure that it is
        }
        Bytes told = step.token();
        connection.prove(setup, told == null ? new byte[0] : told.toArray(), taken -> answerStep(xid, bytes, setup, taken));
        return true;
    }

    private void answerStep(int xid, int bytes, SaslSetup setup, SaslExchange.Step taken) {
        if (taken.refusal() != null) {
            refuseProof(xid, setup, taken.refusal());
        } else if (taken.proven().isEmpty()) {
            answerStep(xid, taken.token());
        } else {
            Response.Token token = new Response.Token(taken.token());
            identify(xid, bytes, taken.proven(), (out, to, zxid, done) -> ReplyForm.token(out, to, token), (out, to) -> {
                ReplyForm.refused(out, to, 0, Refusal.AUTH_FAILED.code());
                new Response.Token(null).write(out); // as in refuseProof
            });
        }
    }

    private boolean answerStep(int xid, @Nullable Bytes token) {
        JuteWriter out = connection.beginReply();
        ReplyForm.token(out, xid, new Response.Token(token));
        connection.endReply(out);
        connection.answered(0, 0);
        return true;
    }

    private boolean auth(int xid, int bytes, Request.Auth auth) {
        AuthenticationScheme scheme = connection.home().scheme(auth.scheme());
        Bytes credentials = auth.credentials();
        List<Identity> proven = scheme == null
                ? List.of()
                : scheme.prove(credentials == null ? Bytes.EMPTY : credentials, connection.address());
        if (proven.isEmpty()) {
            boolean isRefused = refuseAndClose(xid, 0, Refusal.AUTH_FAILED);
            if (isRefused) {
                connection.home().tally().unproven.incrementAndGet();
            }
            return isRefused;
        }
        return identify(
                xid, bytes, proven, ReplyForm.PROVEN, (out, to) -> ReplyForm.refused(out, to, 0, Refusal.AUTH_FAILED.code()));
    }

    private boolean identify(int xid, int bytes, List<Identity> proven, ReplyForm<Boolean> form, Proof.Refusing refusing) {
        List<Identity> all = new ArrayList<>(connection.identities());
        proven.stream().filter(identity -> !all.contains(identity)).forEach(all::add);
        List<Identity> then = List.copyOf(all);
        Proof asked = connection.askedToProve(xid, bytes, form, refusing, then);
        return connection.asked(asked, connection.attachment().identify(then, asked));
    }

    private boolean close(int xid, int bytes) {
        Asked<Boolean> asked = connection.askedToWrite(xid, bytes, ReplyForm.NOTHING);
        boolean taken = connection.asked(asked, connection.attachment().close(asked));
        connection.takeNoMore();
        return taken;
    }

    // ------------------------------------------------------------------------------------------------ refusals

    private void reply(int xid, long zxid, int error) {
        JuteWriter out = connection.beginReply();
        ReplyForm.refused(out, xid, zxid, error);
        connection.endReply(out);
        connection.answered(0, zxid);
    }

    /** Refuses in its turn. */
    private boolean refuse(int xid, Refusal refusal) {
        SessionPort.View view = connection.isIdle() ? connection.view() : null;
        if (view == null) {
            return false;
        }
        reply(xid, view.zxid(), refusal.code());
        return true;
    }

    private boolean throttle(int xid) {
        boolean isRefused = refuse(xid, Refusal.THROTTLED_OP);
        if (isRefused) {
            connection.home().tally().throttled.incrementAndGet();
        }
        return isRefused;
    }

    /** Refuses a step of SASL. ZooKeeper's client reads a token whatever the header says, and gives up when that is none. */
    private void refuseProof(int xid, SaslSetup setup, String why) {
        connection.home().proofRefused(connection.address(), why);
        boolean isRequired = connection.home().requires("sasl");
        if (setup.keepsFailed() && !isRequired) {
            answerStep(xid, null);
            return;
        }
        Refusal refusal = isRequired ? Refusal.SESSION_CLOSED_REQUIRE_SASL_AUTH : Refusal.AUTH_FAILED;
        JuteWriter out = connection.beginReply();
        ReplyForm.refused(out, xid, 0, refusal.code());
        new Response.Token(null).write(out);
        connection.endReply(out);
        connection.answered(0, 0);
        connection.leave("its proof was refused with " + refusal);
    }

    /** Refuses in its turn, and parts from the client. */
    private boolean refuseAndClose(int xid, long zxid, Refusal refusal) {
        if (!connection.isIdle() || connection.view() == null) {
            return false;
        }
        reply(xid, zxid, refusal.code());
        connection.leave("a request was refused with " + refusal);
        return true;
    }
}
