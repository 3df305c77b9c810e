package io.coord.state;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Stat;
import java.util.ArrayList;
import java.util.List;

/** A state and the sessions that write to it, told in few words. Each write is an entry of its own; the clocks stand unless moved. */
final class Scene {

    static final MemberId ONE = MemberId.of(1);
    static final MemberId TWO = MemberId.of(2);
    static final Bytes PASSWORD = Bytes.of(new byte[32]);
    static final Identity ALICE = Identity.digest("alice:secret");
    static final Identity BOB = Identity.digest("bob:hidden");
    static final Identity SUPER = new Identity("super", "");

    CoordState state;
    long term = 1;
    long wallMillis = 1_000_000;
    long elapsedMillis = 5_000;
    /** Everything changed so far. */
    final List<Change> changes = new ArrayList<>();

    Scene() {
        this(new CoordState(Bytes.EMPTY));
    }

    Scene(CoordState state) {
        this.state = state;
    }

    Reply apply(Command command) {
        Applied applied = state.apply(state.appliedIndex() + 1, term, wallMillis, elapsedMillis, command);
        changes.addAll(applied.changes());
        return applied.reply();
    }

    Client open(long id, Identity... identities) {
        Reply reply = apply(new Command.OpenSession(id, PASSWORD, 10_000, ONE, id + 7));
        if (!(reply instanceof Reply.Attached)) {
            throw new AssertionError("session " + id + " was not opened: " + reply);
        }
        return new Client(id, List.of(identities));
    }

    long zxid() {
        return state.appliedIndex();
    }

    Stat stat(String path) {
        return state.root().stat(path).orElseThrow(() -> new AssertionError("no node " + path));
    }

    boolean has(String path) {
        return state.root().stat(path).isPresent();
    }

    /** Writes a snapshot and reads it back; the result is another state of the same content. */
    CoordState restored() {
        return restored(state.root());
    }

    static CoordState restored(StateRoot root) {
        Restoring restoring = CoordState.restoring();
        root.visit(restoring);
        return restoring.state();
    }

    static Operation.Create create(String path, CreateMode mode) {
        return new Operation.Create(path, Bytes.EMPTY, mode, Acl.OPEN, Operation.NO_TTL);
    }

    static Operation.Create create(String path) {
        return create(path, CreateMode.PERSISTENT);
    }

    static Operation.Create create(String path, List<Acl> acl) {
        return new Operation.Create(path, Bytes.EMPTY, CreateMode.PERSISTENT, acl, Operation.NO_TTL);
    }

    static Operation.Create create(String path, String data) {
        return new Operation.Create(path, Bytes.utf8(data), CreateMode.PERSISTENT, Acl.OPEN, Operation.NO_TTL);
    }

    static Operation.Create ttl(String path, long ttlMillis) {
        return new Operation.Create(path, Bytes.EMPTY, CreateMode.PERSISTENT_WITH_TTL, Acl.OPEN, ttlMillis);
    }

    static Operation.SetData set(String path, String data) {
        return new Operation.SetData(path, Bytes.utf8(data), Operation.ANY_VERSION);
    }

    static Operation.SetData set(String path, String data, int version) {
        return new Operation.SetData(path, Bytes.utf8(data), version);
    }

    static Operation.SetAcl setAcl(String path, List<Acl> acl) {
        return new Operation.SetAcl(path, acl, Operation.ANY_VERSION);
    }

    static Operation.Delete delete(String path) {
        return new Operation.Delete(path, Operation.ANY_VERSION);
    }

    static Operation.Multi multi(Operation.Step<?>... steps) {
        return new Operation.Multi(List.of(steps));
    }

    /** One session. */
    final class Client {
        final long id;
        long attach = 1;
        long number;
        long ackedUpTo;
        List<Identity> identities;

        Client(long id, List<Identity> identities) {
            this.id = id;
            this.identities = identities;
        }

        /** Writes under the next number and acknowledges all before it. */
        Outcome write(Operation.Write<?> write) {
            ackedUpTo = number;
            Reply reply = submit(++number, write);
            if (reply instanceof Reply.Written written) {
                return written.outcome();
            }
            throw new AssertionError("write " + number + " was answered by " + reply);
        }

        Reply submit(long asNumber, Operation.Write<?> write) {
            return apply(new Command.Submit(id, attach, asNumber, ackedUpTo, identities, write));
        }

        String create(String path, CreateMode mode) {
            return ((Outcome.Created) write(Scene.create(path, mode))).path();
        }

        String create(String path) {
            return create(path, CreateMode.PERSISTENT);
        }

        Reply close() {
            return apply(new Command.CloseSession(id, attach, ++number));
        }

        Reader reader() {
            return new Reader(id, identities);
        }
    }
}
