package io.coord;

import java.util.List;

/**
 * What a write did, as judged when its log entry was applied: the same on every member.
 *
 * <p>Outcomes are kept in the replicated state until their session acknowledges them, so that a write proposed twice is applied
 * once and answered twice (rule.4).
 */
public sealed interface Outcome {

    /**
     * A node was created.
     *
     * @param path the full path, with the sequence number where there is one
     * @param stat the metadata right after creation
     */
    record Created(String path, Stat stat) implements Outcome {

        /** The path as a value. */
        public NodePath nodePath() {
            return NodePath.of(path);
        }
    }

    /** A node was deleted. */
    record Deleted() implements Outcome {}

    /**
     * Data was set.
     *
     * @param stat the metadata right after
     */
    record DataSet(Stat stat) implements Outcome {}

    /**
     * An access control list was set.
     *
     * @param stat the metadata right after
     */
    record AclSet(Stat stat) implements Outcome {}

    /** A version was as expected; nothing changed. */
    record Checked() implements Outcome {}

    /**
     * A transaction was committed, or refused as a whole. In a refused one the steps before the failing one carry
     * {@link RolledBack}, the failing one its {@link Refused}, later ones {@link Refusal#RUNTIME_INCONSISTENCY} (zk.M4).
     *
     * @param results one result a step, in order
     */
    record Multi(List<Outcome> results) implements Outcome {

        /** Keeps an immutable copy of the results. */
        public Multi {
            results = List.copyOf(results);
        }

        /** The position of the step that failed, or -1 if all were done. */
        public int failedStep() {
            for (int i = 0; i < results.size(); i++) {
                if (results.get(i) instanceof Refused) {
                    return i;
                }
            }
            return -1;
        }
    }

    /**
     * A change of members was judged to be in order and is under way; its own outcome takes this one's place when it is settled
     * (rule.25). No caller is ever told this.
     */
    record Reconfiguring() implements Outcome {}

    /**
     * The ensemble has the members asked for.
     *
     * @param data the configuration node's data: the members, for ZooKeeper's clients (zk.RC1)
     * @param stat the configuration node's metadata; its {@code mzxid} is the version of the configuration
     */
    record Reconfigured(Bytes data, Stat stat) implements Outcome {}

    /** The step would have succeeded, but a later one of its transaction did not: it has no effect. */
    record RolledBack() implements Outcome {}

    /**
     * The tree said no; nothing changed.
     *
     * @param refusal why
     * @param path the path concerned, empty if none is
     * @param detail the fact in words: versions seen, the rule broken; deterministic, as it is part of the replicated state
     */
    record Refused(Refusal refusal, String path, String detail) implements Outcome, ReadOutcome {}
}
