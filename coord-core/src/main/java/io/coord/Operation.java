package io.coord;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request to the tree: the one vocabulary of every front door.
 *
 * <p>Paths are plain text here, since a request from the wire may carry any, and the tree itself refuses what is wrong with
 * {@link Refusal#BAD_ARGUMENTS}. User code calls the methods of {@link Session}, which take {@link NodePath}.
 *
 * <p>A constructor that is given null where null is not said to be allowed throws {@link NullPointerException}: further on it would
 * be found by a member, and not by whoever gave it.
 *
 * @param <R> what a granted request answers
 */
public sealed interface Operation<R> {

    /** The expected version that matches every version (zk.D5). */
    int ANY_VERSION = -1;

    /** The time to live of a node that has none. */
    long NO_TTL = -1;

    /**
     * A request that goes through the log.
     *
     * @param <R> the kind of outcome when granted
     */
    sealed interface Write<R extends Outcome> extends Operation<R> {
        /** The outcome's type when the write is granted; a {@link Outcome.Refused} is never one. */
        Class<R> outcomeType();
    }

    /**
     * A write that may be a step of a transaction.
     *
     * @param <R> the kind of outcome when granted
     */
    sealed interface Step<R extends Outcome> extends Write<R> {
        /** The path the step is about. */
        String path();
    }

    /**
     * A request answered from a member's own state.
     *
     * @param <R> what is read
     */
    sealed interface Read<R> extends Operation<R> {}

    /**
     * A read that can leave a one-shot watch behind.
     *
     * @param <R> what is read
     */
    sealed interface WatchedRead<R> extends Read<R> {
        /** The path read. */
        String path();
    }

    /**
     * Creates a node (zk section 2.4).
     *
     * @param path the path; the prefix of it where the mode is sequential
     * @param data the data, null if the node shall hold null
     * @param mode how long it lives
     * @param acl who may do what
     * @param ttlMillis the time to live for the TTL modes, else {@link #NO_TTL}
     */
    record Create(String path, @Nullable Bytes data, CreateMode mode, List<Acl> acl, long ttlMillis)
            implements Step<Outcome.Created> {
        /** Keeps an immutable copy of the ACL. */
        public Create {
            Objects.requireNonNull(path, "path");
            Objects.requireNonNull(mode, "mode");
            acl = List.copyOf(acl);
        }

        @Override
        public Class<Outcome.Created> outcomeType() {
            return Outcome.Created.class;
        }
    }

    /**
     * Deletes a node without children.
     *
     * @param path the node
     * @param version its expected data version, or {@link #ANY_VERSION}
     */
    record Delete(String path, int version) implements Step<Outcome.Deleted> {
        /** Refuses a path that is null. */
        public Delete {
            Objects.requireNonNull(path, "path");
        }

        @Override
        public Class<Outcome.Deleted> outcomeType() {
            return Outcome.Deleted.class;
        }
    }

    /**
     * Sets a node's data.
     *
     * @param path the node
     * @param data the new data, null for null
     * @param version the expected data version, or {@link #ANY_VERSION}
     */
    record SetData(String path, @Nullable Bytes data, int version) implements Step<Outcome.DataSet> {
        /** Refuses a path that is null. */
        public SetData {
            Objects.requireNonNull(path, "path");
        }

        @Override
        public Class<Outcome.DataSet> outcomeType() {
            return Outcome.DataSet.class;
        }
    }

    /**
     * Fails the transaction unless the node has the expected data version; leaves no trace (zk.M7).
     *
     * @param path the node
     * @param version the expected data version, or {@link #ANY_VERSION} for mere existence
     */
    record Check(String path, int version) implements Step<Outcome.Checked> {
        /** Refuses a path that is null. */
        public Check {
            Objects.requireNonNull(path, "path");
        }

        @Override
        public Class<Outcome.Checked> outcomeType() {
            return Outcome.Checked.class;
        }
    }

    /**
     * Replaces a node's access control list.
     *
     * @param path the node
     * @param acl the new entries
     * @param version the expected ACL version, or {@link #ANY_VERSION}
     */
    record SetAcl(String path, List<Acl> acl, int version) implements Write<Outcome.AclSet> {
        /** Keeps an immutable copy of the ACL. */
        public SetAcl {
            Objects.requireNonNull(path, "path");
            acl = List.copyOf(acl);
        }

        @Override
        public Class<Outcome.AclSet> outcomeType() {
            return Outcome.AclSet.class;
        }
    }

    /**
     * Does all steps or none, as one write with one zxid (zk section 2.10).
     *
     * @param steps the steps, in order
     */
    record Multi(List<Step<?>> steps) implements Write<Outcome.Multi> {
        /** Keeps an immutable copy of the steps. */
        public Multi {
            steps = List.copyOf(steps);
        }

        @Override
        public Class<Outcome.Multi> outcomeType() {
            return Outcome.Multi.class;
        }
    }

    /**
     * Changes who belongs to the ensemble: judged when its entry is applied (WRITE on {@code /zookeeper/config}, zk.RC2), then carried out
     * by the leader of the day, and answered when the new configuration is committed (rule.25). One change is under way at a time.
     *
     * <p>Members are written as {@link Ensemble#parse(String)} reads them. Who is to vote must have joined: a member that is
     * started with a list that names an existing one joins by itself, as an observer. An observer may be named before it is started.
     *
     * @param members those that come, or change their role or address; with {@code replacesAll} the whole new ensemble
     * @param replacesAll whether members that are not named leave
     * @param leaving those that leave besides
     * @param configZxid the zxid of the configuration expected to be in force, which is {@code mzxid} of the configuration node, or -1
     *     for any
     */
    record Reconfigure(String members, boolean replacesAll, List<MemberId> leaving, long configZxid)
            implements Write<Outcome.Reconfigured> {

        /** The expected configuration that matches every configuration. */
        public static final long ANY_CONFIG = -1;

        /** Keeps an immutable copy of the ids. */
        public Reconfigure {
            Objects.requireNonNull(members, "members");
            leaving = List.copyOf(leaving);
        }

        /** To this ensemble, whatever is in force. */
        public static Reconfigure to(Ensemble ensemble) {
            return new Reconfigure(ensemble.toString(), true, List.of(), ANY_CONFIG);
        }

        @Override
        public Class<Outcome.Reconfigured> outcomeType() {
            return Outcome.Reconfigured.class;
        }
    }

    /**
     * Answers once this member has applied everything that was committed when the request began; verified by a quorum, unlike
     * ZooKeeper's (zk.X5). Needs no existing path and no permission.
     *
     * @param path returned as given
     */
    record Sync(String path) implements Operation<String> {
        /** Refuses a path that is null. */
        public Sync {
            Objects.requireNonNull(path, "path");
        }
    }

    /**
     * Reads data and Stat.
     *
     * @param path the node
     */
    record GetData(String path) implements WatchedRead<Node> {
        /** Refuses a path that is null. */
        public GetData {
            Objects.requireNonNull(path, "path");
        }
    }

    /**
     * Reads the Stat of a node that may be absent; its watch is set either way (zk.R1).
     *
     * @param path the node
     */
    record Exists(String path) implements WatchedRead<Optional<Stat>> {
        /** Refuses a path that is null. */
        public Exists {
            Objects.requireNonNull(path, "path");
        }
    }

    /**
     * Lists the direct children.
     *
     * @param path the parent
     */
    record GetChildren(String path) implements WatchedRead<Children> {
        /** Refuses a path that is null. */
        public GetChildren {
            Objects.requireNonNull(path, "path");
        }
    }

    /**
     * Reads the access control list.
     *
     * @param path the node
     */
    record GetAcl(String path) implements Read<AclStat> {
        /** Refuses a path that is null. */
        public GetAcl {
            Objects.requireNonNull(path, "path");
        }
    }

    /**
     * Counts all descendants, the node itself excluded (zk.R3). Costs the same for any number.
     *
     * @param path the node
     */
    record GetAllChildrenNumber(String path) implements Read<Integer> {
        /** Refuses a path that is null. */
        public GetAllChildrenNumber {
            Objects.requireNonNull(path, "path");
        }
    }

    /**
     * Lists the paths of the session's own ephemeral nodes whose text starts with the prefix (zk.R4).
     *
     * @param prefix a prefix of the path's text; empty or {@code /} for all
     */
    record GetEphemerals(String prefix) implements Read<List<String>> {
        /** Refuses a prefix that is null. */
        public GetEphemerals {
            Objects.requireNonNull(prefix, "prefix");
        }
    }

    /**
     * Reads several nodes at one moment; each part has its own answer (zk.R5). Only {@link GetData} and {@link GetChildren}. Refused
     * altogether with {@code BAD_ARGUMENTS} if their data and names are more than {@link #BYTES_MAX}: read less at once.
     *
     * @param reads the parts, in order
     */
    record MultiRead(List<WatchedRead<?>> reads) implements Read<List<ReadOutcome>> {

        /** What the parts may come to together: bytes of data, and characters of names with four more for each. */
        public static final long BYTES_MAX = 16 << 20;

        /** Keeps an immutable copy and refuses an {@link Exists}. */
        public MultiRead {
            reads = List.copyOf(reads);
            for (WatchedRead<?> read : reads) {
                if (read instanceof Exists) {
                    throw new IllegalArgumentException(
                            "multiRead takes getData and getChildren only, not exists of " + read.path());
                }
            }
        }
    }

    /** Tells the identities the session acts with (zk.A13). */
    record WhoAmI() implements Read<List<Identity>> {}
}
