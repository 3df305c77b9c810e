package io.coord;

import org.jspecify.annotations.Nullable;

/**
 * The tree said no: nothing changed, and the same request gets the same answer until the tree differs.
 *
 * <p>The nested subtypes are those that callers tell apart; every other refusal is a plain {@code RejectedException}, told by
 * {@link #refusal()}.
 */
public non-sealed class RejectedException extends CoordException {

    private static final long serialVersionUID = 1L;

    private final Outcome.Refused refused;
    private final int failedStep;

    RejectedException(Outcome.Refused refused, int failedStep, @Nullable Throwable cause) {
        super(message(refused, failedStep), cause);
        this.refused = refused;
        this.failedStep = failedStep;
    }

    private static String message(Outcome.Refused refused, int failedStep) {
        String where = refused.path().isEmpty() ? "" : " " + NodePath.printable(refused.path());
        String step = failedStep < 0 ? "" : " (step " + failedStep + " of the transaction)";
        return refused.refusal() + where + step + ": " + NodePath.printable(refused.detail());
    }

    /** The exception for this refusal. */
    public static RejectedException of(Outcome.Refused refused) {
        return of(refused, -1, null);
    }

    /** The exception for a transaction refused because of this step. */
    public static RejectedException ofStep(Outcome.Refused refused, int failedStep) {
        return of(refused, failedStep, null);
    }

    private static RejectedException of(Outcome.Refused refused, int step, @Nullable Throwable cause) {
        return switch (refused.refusal()) {
            case NO_NODE -> new NoNodeException(refused, step, cause);
            case NODE_EXISTS -> new NodeExistsException(refused, step, cause);
            case BAD_VERSION -> new BadVersionException(refused, step, cause);
            case NOT_EMPTY -> new NotEmptyException(refused, step, cause);
            case NO_AUTH -> new NoAuthException(refused, step, cause);
            case INVALID_ACL -> new InvalidAclException(refused, step, cause);
            case BAD_ARGUMENTS -> new BadArgumentsException(refused, step, cause);
            case NO_CHILDREN_FOR_EPHEMERALS -> new NoChildrenForEphemeralsException(refused, step, cause);
            case QUOTA_EXCEEDED -> new QuotaExceededException(refused, step, cause);
            default -> new RejectedException(refused, step, cause);
        };
    }

    /** Why the request was refused. */
    public Refusal refusal() {
        return refused.refusal();
    }

    /** The path concerned; empty if none is. */
    public String path() {
        return refused.path();
    }

    /** The outcome behind the exception. */
    public Outcome.Refused refused() {
        return refused;
    }

    /** The step of a transaction that failed, counted from 0, or -1 if the request was no transaction. */
    public int failedStep() {
        return failedStep;
    }

    @Override
    public RejectedException rethrown() {
        return of(refused, failedStep, this);
    }

    /** The node, or the parent of the node to create, does not exist. */
    public static final class NoNodeException extends RejectedException {
        private static final long serialVersionUID = 1L;

        NoNodeException(Outcome.Refused refused, int step, @Nullable Throwable cause) {
            super(refused, step, cause);
        }
    }

    /** The node already exists. */
    public static final class NodeExistsException extends RejectedException {
        private static final long serialVersionUID = 1L;

        NodeExistsException(Outcome.Refused refused, int step, @Nullable Throwable cause) {
            super(refused, step, cause);
        }
    }

    /** The node's version is not the expected one; read it and decide again. */
    public static final class BadVersionException extends RejectedException {
        private static final long serialVersionUID = 1L;

        BadVersionException(Outcome.Refused refused, int step, @Nullable Throwable cause) {
            super(refused, step, cause);
        }
    }

    /** The node has children; delete them first. */
    public static final class NotEmptyException extends RejectedException {
        private static final long serialVersionUID = 1L;

        NotEmptyException(Outcome.Refused refused, int step, @Nullable Throwable cause) {
            super(refused, step, cause);
        }
    }

    /** The session's identities lack the permission. */
    public static final class NoAuthException extends RejectedException {
        private static final long serialVersionUID = 1L;

        NoAuthException(Outcome.Refused refused, int step, @Nullable Throwable cause) {
            super(refused, step, cause);
        }
    }

    /** The access control list is empty or malformed. */
    public static final class InvalidAclException extends RejectedException {
        private static final long serialVersionUID = 1L;

        InvalidAclException(Outcome.Refused refused, int step, @Nullable Throwable cause) {
            super(refused, step, cause);
        }
    }

    /** A path, time to live or other argument is invalid. */
    public static final class BadArgumentsException extends RejectedException {
        private static final long serialVersionUID = 1L;

        BadArgumentsException(Outcome.Refused refused, int step, @Nullable Throwable cause) {
            super(refused, step, cause);
        }
    }

    /** The parent is ephemeral and may not have children. */
    public static final class NoChildrenForEphemeralsException extends RejectedException {
        private static final long serialVersionUID = 1L;

        NoChildrenForEphemeralsException(Outcome.Refused refused, int step, @Nullable Throwable cause) {
            super(refused, step, cause);
        }
    }

    /** The write would exceed a hard quota. */
    public static final class QuotaExceededException extends RejectedException {
        private static final long serialVersionUID = 1L;

        QuotaExceededException(Outcome.Refused refused, int step, @Nullable Throwable cause) {
            super(refused, step, cause);
        }
    }
}
