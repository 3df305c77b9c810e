package io.coord.netty.zkclient;

import io.coord.Acl;
import io.coord.AclStat;
import io.coord.Children;
import io.coord.CreateMode;
import io.coord.Node;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.ReadOutcome;
import io.coord.Refusal;
import io.coord.Stat;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.Request;
import io.coord.netty.jute.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Operations as requests of the wire, and replies as their answers, under a chroot. */
final class Translation {

    /** What the wire leaves out of getChildren in a multiRead (zk.R5). */
    private static final Stat NO_STAT = new Stat(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    private final ConnectString to;

    Translation(ConnectString to) {
        this.to = to;
    }

    /**
     * A request.
     *
     * @param op which
     * @param body its body
     */
    record Wired(OpCode op, Request body) {}

    /** An operation as a request. */
    Wired request(Operation<?> operation, boolean watch) {
        if (operation instanceof Operation.Step<?> step) {
            return step(step);
        } else if (operation instanceof Operation.SetAcl set) {
            return new Wired(OpCode.SET_ACL, new Request.SetAcl(to.rooted(set.path()), set.acl(), set.version()));
        } else if (operation instanceof Operation.Multi multi) {
            List<Request.Multi.Part> parts = new ArrayList<>(multi.steps().size());
            for (Operation.Step<?> step : multi.steps()) {
                Wired part = step(step);
                parts.add(new Request.Multi.Part(part.op, part.body));
            }
            return new Wired(OpCode.MULTI, new Request.Multi(parts));
        } else if (operation instanceof Operation.Sync sync) {
            return new Wired(OpCode.SYNC, new Request.OfPath(to.rooted(sync.path())));
        }
        return read((Operation.Read<?>) operation, watch);
    }

    private Wired step(Operation.Step<?> step) {
        if (step instanceof Operation.Create create) {
            return create(create);
        } else if (step instanceof Operation.Delete delete) {
            return new Wired(OpCode.DELETE, new Request.Versioned(to.rooted(delete.path()), delete.version()));
        } else if (step instanceof Operation.SetData set) {
            return new Wired(OpCode.SET_DATA, new Request.SetData(to.rooted(set.path()), set.data(), set.version()));
        } else if (step instanceof Operation.Check check) {
            return new Wired(OpCode.CHECK, new Request.Versioned(to.rooted(check.path()), check.version()));
        }
        throw new IllegalArgumentException("no step: " + step);
    }

    /** Only one kind of request has a field for the time to live: whatever names one is sent so, and judged there (zk.C2). */
    private Wired create(Operation.Create create) {
        String path = to.rooted(create.path());
        List<Acl> acl = create.acl();
        int flag = create.mode().flag();
        if (create.mode().isTtl() || create.ttlMillis() != Operation.NO_TTL) {
            return new Wired(OpCode.CREATE_TTL, new Request.CreateTtl(path, create.data(), acl, flag, create.ttlMillis()));
        }
        OpCode op = create.mode() == CreateMode.CONTAINER ? OpCode.CREATE_CONTAINER : OpCode.CREATE2;
        return new Wired(op, new Request.Create(path, create.data(), acl, flag));
    }

    private Wired read(Operation.Read<?> read, boolean watch) {
        if (read instanceof Operation.GetData get) {
            return watched(OpCode.GET_DATA, get.path(), watch);
        } else if (read instanceof Operation.Exists exists) {
            return watched(OpCode.EXISTS, exists.path(), watch);
        } else if (read instanceof Operation.GetChildren get) {
            return watched(OpCode.GET_CHILDREN2, get.path(), watch);
        } else if (read instanceof Operation.GetAcl get) {
            return new Wired(OpCode.GET_ACL, new Request.OfPath(to.rooted(get.path())));
        } else if (read instanceof Operation.GetAllChildrenNumber get) {
            return new Wired(OpCode.GET_ALL_CHILDREN_NUMBER, new Request.OfPath(to.rooted(get.path())));
        } else if (read instanceof Operation.GetEphemerals get) {
            return new Wired(OpCode.GET_EPHEMERALS, new Request.OfPath(prefix(get.prefix())));
        } else if (read instanceof Operation.MultiRead multi) {
            List<Request.Multi.Part> parts = new ArrayList<>(multi.reads().size());
            for (Operation.WatchedRead<?> part : multi.reads()) {
                OpCode op = part instanceof Operation.GetData ? OpCode.GET_DATA : OpCode.GET_CHILDREN;
                parts.add(new Request.Multi.Part(op, new Request.Watched(to.rooted(part.path()), false)));
            }
            return new Wired(OpCode.MULTI_READ, new Request.Multi(parts));
        }
        return new Wired(OpCode.WHO_AM_I, Request.Empty.EMPTY);
    }

    private String prefix(String prefix) {
        return prefix.isBlank() || prefix.equals("/") ? to.rooted("/") : to.rooted(prefix);
    }

    private Wired watched(OpCode op, String path, boolean watch) {
        return new Wired(op, new Request.Watched(to.rooted(path), watch));
    }

    // ---- answers

    /** What a reply without an error says to an operation. */
    Object answer(Operation<?> operation, Response response) {
        if (operation instanceof Operation.Multi multi) {
            return new Outcome.Multi(outcomes(multi, (Response.Multi) response));
        } else if (operation instanceof Operation.Write<?> write) {
            return outcome(write, response);
        } else if (operation instanceof Operation.Sync sync) {
            return sync.path();
        }
        return value((Operation.Read<?>) operation, response);
    }

    private Object outcome(Operation.Write<?> write, Response response) {
        if (response instanceof Response.PathAndStat created) {
            return new Outcome.Created(to.stripped(created.path()), created.stat());
        } else if (response instanceof Response.OfStat of) {
            return write instanceof Operation.SetAcl ? new Outcome.AclSet(of.stat()) : new Outcome.DataSet(of.stat());
        }
        return write instanceof Operation.Check ? new Outcome.Checked() : new Outcome.Deleted();
    }

    private List<Outcome> outcomes(Operation.Multi multi, Response.Multi response) {
        List<Outcome> outcomes = new ArrayList<>(response.results().size());
        for (Response.Multi.Result result : response.results()) {
            Operation.Step<?> step = multi.steps().get(outcomes.size());
            if (result instanceof Response.Multi.Granted granted) {
                outcomes.add((Outcome) outcome(step, granted.body()));
            } else {
                int error = ((Response.Multi.Refused) result).error();
                outcomes.add(error == 0 ? new Outcome.RolledBack() : refused(error, step.path()));
            }
        }
        return outcomes;
    }

    private Object value(Operation.Read<?> read, Response response) {
        if (response instanceof Response.Data data) {
            return new Node(data.data(), data.stat());
        } else if (response instanceof Response.OfStat of) {
            return Optional.of(of.stat());
        } else if (response instanceof Response.NamesAndStat names) {
            return new Children(names.names(), names.stat());
        } else if (response instanceof Response.OfAcl acl) {
            return new AclStat(acl.acl(), acl.stat());
        } else if (response instanceof Response.Number number) {
            return number.number();
        } else if (response instanceof Response.Names paths) {
            return paths.names().stream().map(to::stripped).toList();
        } else if (response instanceof Response.Identities identities) {
            return identities.identities();
        }
        return answers((Operation.MultiRead) read, (Response.Multi) response);
    }

    private static List<ReadOutcome> answers(Operation.MultiRead read, Response.Multi response) {
        List<ReadOutcome> answers = new ArrayList<>(response.results().size());
        for (Response.Multi.Result result : response.results()) {
            if (result instanceof Response.Multi.Granted granted) {
                answers.add(
                        granted.body() instanceof Response.Data data
                                ? new Node(data.data(), data.stat())
                                : new Children(((Response.Names) granted.body()).names(), NO_STAT));
            } else {
                String path = read.reads().get(answers.size()).path();
                answers.add(refused(((Response.Multi.Refused) result).error(), path));
            }
        }
        return answers;
    }

    /** Why the server said no. */
    static Outcome.Refused refused(int error, String path) {
        return new Outcome.Refused(Refusal.ofCode(error), path, "the server answered error " + error);
    }

    /** Whether an error is one that the tree, or the server's door, answers; others come from a server in trouble. */
    static boolean isRefusal(int error) {
        for (Refusal refusal : Refusal.values()) {
            if (refusal.code() == error) {
                return true;
            }
        }
        return false;
    }

    /** The path that an operation is about, as its caller wrote it. */
    static String pathOf(Operation<?> operation) {
        if (operation instanceof Operation.Step<?> step) {
            return step.path();
        } else if (operation instanceof Operation.SetAcl set) {
            return set.path();
        } else if (operation instanceof Operation.WatchedRead<?> read) {
            return read.path();
        } else if (operation instanceof Operation.GetAcl get) {
            return get.path();
        } else if (operation instanceof Operation.GetAllChildrenNumber get) {
            return get.path();
        }
        return "";
    }
}
