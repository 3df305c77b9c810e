package io.coord.testkit.demo;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Operation;
import io.coord.Refusal;
import java.util.List;
import java.util.Optional;

/**
 * Writes that the tree must refuse with a given code: played where the recording tells that a write was refused but not what it asked.
 * They name only nodes that every tree has, or that a transaction makes before it fails, so that they leave no trace.
 */
final class StandIns {

    private static final String SCRATCH = "/coord-demo-stand-in";

    private StandIns() {}

    /** What must succeed in place of an unknown step that did. */
    static Operation.Step<?> harmless() {
        return new Operation.Check("/zookeeper", Operation.ANY_VERSION);
    }

    /** Steps of which the last must be refused with the code, the others not; empty if we know none. */
    static Optional<List<Operation.Step<?>>> refusedWith(int code) {
        for (Refusal refusal : Refusal.values()) {
            if (refusal.code() == code) {
                return refusedWith(refusal);
            }
        }
        return Optional.empty();
    }

    private static Optional<List<Operation.Step<?>>> refusedWith(Refusal refusal) {
        return switch (refusal) {
            case NO_NODE -> Optional.of(List.of(new Operation.Delete(SCRATCH, Operation.ANY_VERSION)));
            case NODE_EXISTS -> Optional.of(List.of(create("/zookeeper", CreateMode.PERSISTENT, Acl.OPEN)));
            case BAD_VERSION -> Optional.of(List.of(new Operation.Check("/zookeeper", 1_000_000)));
            case NOT_EMPTY -> Optional.of(List.of(
                    create(SCRATCH, CreateMode.PERSISTENT, Acl.OPEN),
                    create(SCRATCH + "/child", CreateMode.PERSISTENT, Acl.OPEN),
                    new Operation.Delete(SCRATCH, Operation.ANY_VERSION)));
            case NO_CHILDREN_FOR_EPHEMERALS -> Optional.of(List.of(
                    create(SCRATCH, CreateMode.EPHEMERAL, Acl.OPEN),
                    create(SCRATCH + "/child", CreateMode.PERSISTENT, Acl.OPEN)));
            case INVALID_ACL -> Optional.of(List.of(create(SCRATCH, CreateMode.PERSISTENT, List.of())));
            case BAD_ARGUMENTS -> Optional.of(List.of(create(SCRATCH + "/", CreateMode.PERSISTENT, Acl.OPEN)));
            default -> Optional.empty();
        };
    }

    private static Operation.Create create(String path, CreateMode mode, List<Acl> acl) {
        return new Operation.Create(path, Bytes.EMPTY, mode, acl, Operation.NO_TTL);
    }
}
