package io.coord.wire;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.state.Command;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The commands of which there are thousands a second, written to bytes and read from them without messages of protobuf between, which
 * cost several times as much, first of all in a young JVM. The bytes are those of {@link Commands}, which has the last word: what is
 * not written here, and bytes of any unusual form, go its way.
 */
final class HotCommands {

    private static final int OPEN_SESSION = 1;
    private static final int ATTACH = 2;
    private static final int SUBMIT = 3;
    private static final int CLOSE_SESSION = 4;
    private static final int EXPIRE_SESSION = 5;

    private static final int CREATE = 1;
    private static final int DELETE = 2;
    private static final int SET_DATA = 3;
    private static final int CHECK = 4;

    /** The field that nearly every create has: it is recognized rather than read. */
    private static final Bytes OPEN_ACL = fieldOf(Acl.OPEN.get(0));

    private HotCommands() {}

    // --- to bytes ---

    /** The command as bytes, so many left free before; or null if this class does not write it. */
    static byte @Nullable [] encoded(Command command, int bytesBefore) {
        if (command instanceof Command.Submit submit) {
            return submit.operation() instanceof Operation.Step<?> step ? encoded(submit, step, bytesBefore) : null;
        } else if (command instanceof Command.OpenSession open) {
            return coming(OPEN_SESSION, open.session(), open.passwordHash(), open.timeoutMillis(), open.member(), open.nonce(), bytesBefore);
        } else if (command instanceof Command.Attach attach) {
            return coming(ATTACH, attach.session(), attach.passwordHash(), attach.timeoutMillis(), attach.member(), attach.nonce(), bytesBefore);
        } else if (command instanceof Command.CloseSession close) {
            return going(CLOSE_SESSION, close.session(), close.attach(), close.number(), bytesBefore);
        } else if (command instanceof Command.ExpireSession expire) {
            return going(EXPIRE_SESSION, expire.session(), expire.attach(), expire.term(), bytesBefore);
        }
        return null;
    }

    private static byte[] coming(
            int kind, long session, Bytes passwordHash, int timeoutMillis, MemberId member, long nonce, int bytesBefore) {
        int size = FieldWriter.fixed64Size(1, session)
                + (passwordHash.length() == 0 ? 0 : FieldWriter.lengthSize(2, passwordHash.length()))
                + FieldWriter.sint64Size(3, timeoutMillis)
                + FieldWriter.uint32Size(4, member.value())
                + FieldWriter.fixed64Size(5, nonce);
        byte[] array = new byte[bytesBefore + FieldWriter.lengthSize(kind, size)];
        FieldWriter out = new FieldWriter(array, bytesBefore);
        out.begin(kind, size);
        out.fixed64(1, session);
        if (passwordHash.length() != 0) {
            out.bytes(2, passwordHash);
        }
        out.sint64(3, timeoutMillis);
        out.uint32(4, member.value());
        out.fixed64(5, nonce);
        out.end();
        return array;
    }

    private static byte[] going(int kind, long session, long attach, long numberOrTerm, int bytesBefore) {
        int size = FieldWriter.fixed64Size(1, session) + FieldWriter.sint64Size(2, attach) + FieldWriter.sint64Size(3, numberOrTerm);
        byte[] array = new byte[bytesBefore + FieldWriter.lengthSize(kind, size)];
        FieldWriter out = new FieldWriter(array, bytesBefore);
        out.begin(kind, size);
        out.fixed64(1, session);
        out.sint64(2, attach);
        out.sint64(3, numberOrTerm);
        out.end();
        return array;
    }

    private static byte[] encoded(Command.Submit submit, Operation.Step<?> step, int bytesBefore) {
        int stepSize = stepSize(step);
        int operationSize = FieldWriter.lengthSize(kind(step), stepSize);
        int submitSize = FieldWriter.fixed64Size(1, submit.session())
                + FieldWriter.sint64Size(2, submit.attach())
                + FieldWriter.sint64Size(3, submit.number())
                + FieldWriter.sint64Size(4, submit.ackedUpTo())
                + FieldWriter.lengthSize(6, operationSize);
        for (Identity identity : submit.identities()) {
            submitSize += FieldWriter.lengthSize(5, identitySize(identity));
        }
        byte[] array = new byte[bytesBefore + FieldWriter.lengthSize(SUBMIT, submitSize)];
        FieldWriter out = new FieldWriter(array, bytesBefore);
        out.begin(SUBMIT, submitSize);
        out.fixed64(1, submit.session());
        out.sint64(2, submit.attach());
        out.sint64(3, submit.number());
        out.sint64(4, submit.ackedUpTo());
        for (Identity identity : submit.identities()) {
            put(out, 5, identity);
        }
        out.begin(6, operationSize);
        out.begin(kind(step), stepSize);
        put(out, step);
        out.end();
        return array;
    }

    private static int kind(Operation.Step<?> step) {
        if (step instanceof Operation.SetData) {
            return SET_DATA;
        }
        return step instanceof Operation.Create ? CREATE : step instanceof Operation.Delete ? DELETE : CHECK;
    }

    private static int stepSize(Operation.Step<?> step) {
        int size = FieldWriter.textSize(1, step.path());
        if (step instanceof Operation.SetData set) {
            return size + dataSize(set.data()) + FieldWriter.sint64Size(3, set.version());
        }
        if (step instanceof Operation.Create create) {
            for (Acl acl : create.acl()) {
                size += FieldWriter.lengthSize(4, aclSize(acl));
            }
            return size + dataSize(create.data())
                    + FieldWriter.uint32Size(3, create.mode().flag() + 1)
                    + FieldWriter.sint64Size(5, create.ttlMillis());
        }
        return size + FieldWriter.sint64Size(2, version(step));
    }

    private static void put(FieldWriter out, Operation.Step<?> step) {
        out.text(1, step.path());
        if (step instanceof Operation.SetData set) {
            putData(out, set.data());
            out.sint64(3, set.version());
        } else if (step instanceof Operation.Create create) {
            putData(out, create.data());
            out.uint32(3, create.mode().flag() + 1);
            for (Acl acl : create.acl()) {
                put(out, acl);
            }
            out.sint64(5, create.ttlMillis());
        } else {
            out.sint64(2, version(step));
        }
    }

    private static void put(FieldWriter out, Acl acl) {
        out.begin(4, aclSize(acl));
        out.sint64(1, acl.permissions());
        put(out, 2, acl.identity());
    }

    private static Bytes fieldOf(Acl acl) {
        byte[] field = new byte[FieldWriter.lengthSize(4, aclSize(acl))];
        put(new FieldWriter(field, 0), acl);
        return Bytes.wrap(field);
    }

    private static int version(Operation.Step<?> step) {
        return step instanceof Operation.Delete delete ? delete.version() : ((Operation.Check) step).version();
    }

    private static int dataSize(@Nullable Bytes data) {
        return data == null ? 0 : FieldWriter.lengthSize(2, data.length());
    }

    private static void putData(FieldWriter out, @Nullable Bytes data) {
        if (data != null) {
            out.bytes(2, data);
        }
    }

    private static int aclSize(Acl acl) {
        return FieldWriter.sint64Size(1, acl.permissions()) + FieldWriter.lengthSize(2, identitySize(acl.identity()));
    }

    private static int identitySize(Identity identity) {
        return FieldWriter.textSize(1, identity.scheme()) + FieldWriter.textSize(2, identity.id());
    }

    private static void put(FieldWriter out, int field, Identity identity) {
        out.begin(field, identitySize(identity));
        out.text(1, identity.scheme());
        out.text(2, identity.id());
    }

    // --- from bytes ---

    /** The command in bytes behind a position; or null if this class does not read it. */
    static @Nullable Command command(Bytes bytes, int from) {
        FieldReader in = new FieldReader(bytes, from);
        try {
            Command command = command(in);
            return in.isContent() ? command : null;
        } catch (IllegalArgumentException impossibleValue) {
            return null;
        }
    }

    private static @Nullable Command command(FieldReader in) {
        if (in.next(SUBMIT << 3 | 2)) {
            return submit(in);
        }
        boolean opens = in.next(OPEN_SESSION << 3 | 2);
        if (opens || in.next(ATTACH << 3 | 2)) {
            return coming(in, opens);
        }
        boolean closes = in.next(CLOSE_SESSION << 3 | 2);
        return closes || in.next(EXPIRE_SESSION << 3 | 2) ? going(in, closes) : null;
    }

    private static @Nullable Command coming(FieldReader in, boolean opens) {
        int outer = in.enter();
        long session = in.fixed64(0x09);
        Bytes passwordHash = in.next(0x12) ? in.bytes() : Bytes.EMPTY;
        int timeoutMillis = in.sint32(0x18);
        int member = in.uint32(0x20);
        long nonce = in.fixed64(0x29);
        in.leave(outer);
        if (in.isSurprised()) {
            return null;
        }
        return opens
                ? new Command.OpenSession(session, passwordHash, timeoutMillis, MemberId.of(member), nonce)
                : new Command.Attach(session, passwordHash, timeoutMillis, MemberId.of(member), nonce);
    }

    private static Command going(FieldReader in, boolean closes) {
        int outer = in.enter();
        long session = in.fixed64(0x09);
        long attach = in.sint64(0x10);
        long numberOrTerm = in.sint64(0x18);
        in.leave(outer);
        return closes
                ? new Command.CloseSession(session, attach, numberOrTerm)
                : new Command.ExpireSession(session, attach, numberOrTerm);
    }

    private static @Nullable Command submit(FieldReader in) {
        int outer = in.enter();
        long session = in.fixed64(0x09);
        long attach = in.sint64(0x10);
        long number = in.sint64(0x18);
        long ackedUpTo = in.sint64(0x20);
        List<Identity> identities = new ArrayList<>(2);
        while (in.next(0x2A)) {
            identities.add(identity(in));
        }
        Operation.Write<?> operation = in.next(0x32) ? operation(in) : null;
        in.leave(outer);
        return operation == null || in.isSurprised()
                ? null
                : new Command.Submit(session, attach, number, ackedUpTo, identities, operation);
    }

    private static Operation.@Nullable Write<?> operation(FieldReader in) {
        int outer = in.enter();
        Operation.Write<?> operation = null;
        if (in.next(SET_DATA << 3 | 2)) {
            operation = setData(in);
        } else if (in.next(CREATE << 3 | 2)) {
            operation = create(in);
        } else if (in.next(DELETE << 3 | 2)) {
            int inner = in.enter();
            operation = new Operation.Delete(in.text(0x0A), in.sint32(0x10));
            in.leave(inner);
        } else if (in.next(CHECK << 3 | 2)) {
            int inner = in.enter();
            operation = new Operation.Check(in.text(0x0A), in.sint32(0x10));
            in.leave(inner);
        }
        in.leave(outer);
        return operation;
    }

    private static Operation.Write<?> setData(FieldReader in) {
        int outer = in.enter();
        String path = in.text(0x0A);
        Bytes data = in.next(0x12) ? in.bytes() : null;
        int version = in.sint32(0x18);
        in.leave(outer);
        return new Operation.SetData(path, data, version);
    }

    private static Operation.@Nullable Write<?> create(FieldReader in) {
        int outer = in.enter();
        String path = in.text(0x0A);
        Bytes data = in.next(0x12) ? in.bytes() : null;
        int mode = in.uint32(0x18);
        List<Acl> acl = acl(in);
        long ttlMillis = in.sint64(0x28);
        in.leave(outer);
        return in.isSurprised() || mode < 1 || mode > CreateMode.values().length
                ? null
                : new Operation.Create(path, data, CreateMode.ofFlag(mode - 1), acl, ttlMillis);
    }

    private static List<Acl> acl(FieldReader in) {
        boolean isOpen = in.next(OPEN_ACL);
        if (isOpen && !in.isNext(0x22)) {
            return Acl.OPEN;
        }
        List<Acl> acl = new ArrayList<>(isOpen ? Acl.OPEN : List.of());
        while (in.next(0x22)) {
            int inner = in.enter();
            int permissions = in.sint32(0x08);
            if (in.next(0x12)) {
                acl.add(new Acl(permissions, identity(in)));
            } else {
                in.surprise();
            }
            in.leave(inner);
        }
        return acl;
    }

    private static Identity identity(FieldReader in) {
        int outer = in.enter();
        Identity identity = new Identity(in.text(0x0A), in.text(0x12));
        in.leave(outer);
        return identity.equals(Identity.ANYONE) ? Identity.ANYONE : identity;
    }
}
