package io.coord.testkit.sim;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.ReadMode;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one client asks: a mix of everything, on few paths, so that clients meet. Each new datum is unique in its world. */
final class Workload implements Asking {

    private static final int PARENTS = 8;
    private static final int CHILDREN = 8;
    private static final int SEQUENTIALS_MAX = 3;
    private static final int USERS = 2;
    /** Below this parent not everybody may do everything. */
    private static final String GUARDED = "/k7";

    private final Chance chance;
    private final int client;
    private final ArrayDeque<String> sequentials = new ArrayDeque<>();
    private long made;

    Workload(Chance chance, int client) {
        this.chance = chance;
        this.client = client;
    }

    /** Whom a client acts as, besides everybody. */
    static Identity user(int client) {
        return new Identity("sasl", "user" + client % USERS);
    }

    /** A request was granted: sequential nodes are remembered, to be deleted again. */
    @Override
    public void told(Operation<?> operation, @Nullable Object value) {
        if (value instanceof Outcome.Created created
                && operation instanceof Operation.Create create
                && create.mode().isSequential()) {
            sequentials.add(created.path());
        }
    }

    /** Another session begins. */
    @Override
    public void forget() {
        while (sequentials.size() > SEQUENTIALS_MAX) {
            sequentials.poll();
        }
    }

    @Override
    public Ask next() {
        int dice = chance.below(1_000);
        if (dice < 580) {
            return new Ask(write(dice), ReadMode.LOCAL, false);
        } else if (dice < 820) {
            return new Ask(dice < 590 ? new Operation.GetAcl(GUARDED + "/c" + chance.below(CHILDREN)) : read(), ReadMode.LOCAL, false);
        } else if (dice < 900) {
            return new Ask(read(), ReadMode.LOCAL, true);
        } else if (dice < 960) {
            return new Ask(read(), ReadMode.LINEARIZABLE, false);
        } else if (dice < 995) {
            return new Ask(new Operation.Sync("/"), ReadMode.LOCAL, false);
        }
        return new Ask(null, ReadMode.LOCAL, false);
    }

    private Operation.Write<?> write(int dice) {
        if (sequentials.size() > SEQUENTIALS_MAX) {
            return new Operation.Delete(sequentials.remove(), Operation.ANY_VERSION);
        } else if (dice < 240) {
            return set();
        } else if (dice < 400) {
            return create();
        } else if (dice < 480) {
            return new Operation.Delete(anyPath(), chance.happens(0.3) ? chance.below(3) : Operation.ANY_VERSION);
        } else if (dice < 530) {
            return multi();
        } else if (dice < 542) {
            String path = GUARDED + (chance.happens(0.2) ? "" : "/c" + chance.below(CHILDREN));
            return new Operation.SetAcl(path, acl(path), chance.happens(0.2) ? chance.below(3) : Operation.ANY_VERSION);
        }
        CreateMode mode = chance.happens(0.5) ? CreateMode.PERSISTENT_SEQUENTIAL : CreateMode.EPHEMERAL_SEQUENTIAL;
        return new Operation.Create(parent() + "/s-", data(), mode, Acl.OPEN, Operation.NO_TTL);
    }

    private Operation.SetData set() {
        return new Operation.SetData(anyPath(), data(), chance.happens(0.2) ? chance.below(4) : Operation.ANY_VERSION);
    }

    private Operation.Create create() {
        if (chance.happens(0.25)) {
            CreateMode mode = chance.happens(0.2) ? CreateMode.CONTAINER : CreateMode.PERSISTENT;
            return new Operation.Create(parent(), data(), mode, Acl.OPEN, Operation.NO_TTL);
        }
        CreateMode mode = chance.happens(0.35) ? CreateMode.EPHEMERAL : CreateMode.PERSISTENT;
        String path = child();
        return new Operation.Create(path, data(), mode, acl(path), Operation.NO_TTL);
    }

    /** Everybody may do everything, but where some may not; somebody always may change that again. */
    private List<Acl> acl(String path) {
        if (!path.startsWith(GUARDED) || chance.happens(0.4)) {
            return Acl.OPEN;
        }
        Acl owner = new Acl(Acl.ALL, user(chance.below(USERS)));
        return chance.happens(0.5)
                ? List.of(owner)
                : List.of(new Acl(chance.oneOf(Acl.READ, Acl.READ | Acl.CREATE, Acl.WRITE | Acl.DELETE), Identity.ANYONE), owner);
    }

    /** A path to watch for good. */
    @Override
    public String watchable() {
        return chance.happens(0.1) ? "/" : chance.happens(0.7) ? parent() : child();
    }

    private Operation.Multi multi() {
        String path = child();
        Operation.Step<?> first = chance.happens(0.5)
                ? new Operation.Check(parent(), Operation.ANY_VERSION)
                : create();
        Operation.Step<?> second = chance.happens(0.5)
                ? new Operation.Delete(path, Operation.ANY_VERSION)
                : new Operation.Create(path, data(), CreateMode.PERSISTENT, Acl.OPEN, Operation.NO_TTL);
        return new Operation.Multi(List.of(first, second, set()));
    }

    private Operation.WatchedRead<?> read() {
        return switch (chance.below(3)) {
            case 0 -> new Operation.Exists(anyPath());
            case 1 -> new Operation.GetData(anyPath());
            default -> new Operation.GetChildren(parent());
        };
    }

    private String parent() {
        return "/k" + chance.below(PARENTS);
    }

    private String child() {
        return parent() + "/c" + chance.below(CHILDREN);
    }

    private String anyPath() {
        return chance.happens(0.2) ? parent() : child();
    }

    /** Tells the client and a number of its own, and is of some length. */
    private Bytes data() {
        made++;
        byte[] bytes = new byte[10 + (chance.happens(0.05) ? chance.below(2_000) : chance.below(40))];
        bytes[0] = (byte) client;
        for (int i = 1; i < 9; i++) {
            bytes[i] = (byte) (made >>> 8 * (i - 1));
        }
        return Bytes.wrap(bytes);
    }
}
