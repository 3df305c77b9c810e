package io.coord.netty.zkserver;

import io.coord.Acl;
import io.coord.CreateMode;
import io.coord.Operation;
import io.coord.netty.jute.MalformedRecordException;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.Request;
import java.util.ArrayList;
import java.util.List;

/** Writes and multis of the wire, as the tree takes them. */
final class Operations {

    /** What a flag that does not exist asks: refused in its turn with BADARGUMENTS, as the flag would be (zk.C1). */
    private static final Operation.Create NEVER =
            new Operation.Create("", null, CreateMode.PERSISTENT, Acl.OPEN, Operation.NO_TTL);

    private static final int HIGHEST_FLAG = 6;

    private Operations() {}

    static Operation.Create create(OpCode op, Request.Create create, AclSchemes schemes) {
        return create(op, create, schemes, Operation.NO_TTL);
    }

    static Operation.Create create(Request.CreateTtl timed, AclSchemes schemes) {
        Request.Create create = new Request.Create(timed.path(), timed.data(), timed.acl(), timed.flags());
        return create(OpCode.CREATE_TTL, create, schemes, timed.ttlMillis());
    }

    private static Operation.Create create(OpCode op, Request.Create create, AclSchemes schemes, long ttlMillis) {
        return !isKnown(create.flags())
                ? NEVER
                : new Operation.Create(create.path(), create.data(), mode(op, create.flags()), schemes.judged(create.acl()), ttlMillis);
    }

    /** That a node is a container follows the op alone; that it has a time to live, flag and op together (zk.C2, zk.C13). */
    private static CreateMode mode(OpCode op, int flags) {
        CreateMode mode = CreateMode.ofFlag(flags);
        if (op == OpCode.CREATE_CONTAINER) {
            return mode.isTtl() ? mode : CreateMode.CONTAINER;
        }
        return mode == CreateMode.CONTAINER ? CreateMode.PERSISTENT : mode;
    }

    static Operation.Delete delete(Request.Versioned delete) {
        return new Operation.Delete(delete.path(), delete.version());
    }

    static Operation.SetData setData(Request.SetData set) {
        return new Operation.SetData(set.path(), set.data(), set.version());
    }

    static Operation.SetAcl setAcl(Request.SetAcl set, AclSchemes schemes) {
        return new Operation.SetAcl(set.path(), schemes.judged(set.acl()), set.version());
    }

    /** A part of type createTTL whose flags name no time to live is a create to ZooKeeper, and is answered as one; its time counts for nothing. */
    static Request.Multi asRead(Request.Multi multi) {
        return multi.parts().stream().noneMatch(Operations::isUntimed)
                ? multi
                : new Request.Multi(multi.parts().stream().map(part -> isUntimed(part) ? untimed(part) : part).toList());
    }

    private static boolean isUntimed(Request.Multi.Part part) {
        return part.body() instanceof Request.CreateTtl timed && isKnown(timed.flags()) && !CreateMode.ofFlag(timed.flags()).isTtl();
    }

    private static Request.Multi.Part untimed(Request.Multi.Part part) {
        Request.CreateTtl timed = (Request.CreateTtl) part.body();
        return new Request.Multi.Part(OpCode.CREATE, new Request.Create(timed.path(), timed.data(), timed.acl(), timed.flags()));
    }

    private static boolean isKnown(int flags) {
        return flags >= 0 && flags <= HIGHEST_FLAG;
    }

    static Operation.Multi multi(Request.Multi multi, AclSchemes schemes) {
        List<Operation.Step<?>> steps = new ArrayList<>(multi.parts().size());
        multi.parts().forEach(part -> steps.add(step(part, schemes)));
        return new Operation.Multi(steps);
    }

    private static Operation.Step<?> step(Request.Multi.Part part, AclSchemes schemes) {
        Request body = part.body();
        if (body instanceof Request.Create create) {
            return createInMulti(part.op(), create, schemes);
        }
        if (body instanceof Request.CreateTtl timed) {
            return create(timed, schemes);
        }
        if (body instanceof Request.SetData set) {
            return setData(set);
        }
        Request.Versioned versioned = (Request.Versioned) body;
        return part.op() == OpCode.DELETE
                ? delete(versioned)
                : new Operation.Check(versioned.path(), versioned.version());
    }

    /** ZooKeeper reads the flags with the body: what cannot be is no body, and a container is one by its flag, too. */
    private static Operation.Create createInMulti(OpCode op, Request.Create create, AclSchemes schemes) {
        CreateMode mode = isKnown(create.flags()) ? CreateMode.ofFlag(create.flags()) : CreateMode.PERSISTENT_WITH_TTL;
        if (mode.isTtl()) {
            throw new MalformedRecordException("flags " + create.flags() + " in a part of type " + op.number());
        }
        return create(mode == CreateMode.CONTAINER ? OpCode.CREATE_CONTAINER : op, create, schemes, Operation.NO_TTL);
    }

    /** A change of members, of which ZooKeeper looks at the whole list first (zk.RC3). */
    static Operation.Reconfigure reconfigure(Request.Reconfig wish) {
        String all = wish.newMembers();
        MemberSpecs named = MemberSpecs.of(all != null ? all : wish.joining(), all == null ? wish.leaving() : null);
        return new Operation.Reconfigure(named.members(), all != null, named.leaving(), wish.currentConfig());
    }

    static Operation.MultiRead multiRead(Request.Multi multi) {
        List<Operation.WatchedRead<?>> reads = new ArrayList<>(multi.parts().size());
        for (Request.Multi.Part part : multi.parts()) {
            String path = ((Request.Watched) part.body()).path();
            reads.add(part.op() == OpCode.GET_DATA ? new Operation.GetData(path) : new Operation.GetChildren(path));
        }
        return new Operation.MultiRead(reads);
    }
}
