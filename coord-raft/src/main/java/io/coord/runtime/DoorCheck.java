package io.coord.runtime;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.ErrorCode;
import io.coord.Identity;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.state.Acls;
import io.coord.wire.Text;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a door refuses by size, before a request gets a number; everything else is judged by the tree itself. All of a request counts
 * that would be in the log, at least as long as it is there: what comes in finds room in an entry and in a message between members. What an entry of
 * scheme {@code auth} stands for counts too, since every member stores it.
 */
final class DoorCheck {

    private static final int STEP_BYTES = 32;
    private static final int PATH_SHOWN_MAX = 100;
    private static final int IDENTITIES_MAX = 100;

    private final DoorLimits limits;

    DoorCheck(DoorLimits limits) {
        this.limits = limits;
    }

    /**
     * What is wrong with a request.
     *
     * @param identities whom it will be judged for: all that were asked for before it. An entry of scheme {@code auth} stands for them
     */
    Optional<Outcome.Refused> objection(Operation<?> operation, List<Identity> identities) {
        if (operation instanceof Operation.Create create) {
            return orTooLarge(create.path(), node(create.path(), create.data()), bytes(create, identities));
        }
        if (operation instanceof Operation.SetData set) {
            return orTooLarge(set.path(), node(set.path(), set.data()), bytes(set, identities));
        }
        if (operation instanceof Operation.SetAcl set) {
            long bytes = STEP_BYTES + bytes(set.path()) + bytes(set.acl(), identities);
            return orTooLarge(set.path(), node(set.path(), null), bytes);
        }
        if (operation instanceof Operation.Multi multi) {
            return multi(multi, identities);
        }
        if (operation instanceof Operation.Step<?> step) { // of a node that may be deeper than a new one
            return orTooLarge(step.path(), Optional.empty(), bytes(step, identities));
        }
        if (operation instanceof Operation.Reconfigure change) {
            long leaving = (long) STEP_BYTES * change.leaving().size();
            return orTooLarge("", Optional.empty(), STEP_BYTES + bytes(change.members()) + leaving);
        }
        return operation instanceof Operation.Read<?> read ? objection(read) : Optional.empty();
    }

    /** What is wrong with a read. */
    Optional<Outcome.Refused> objection(Operation.Read<?> read) {
        return read instanceof Operation.MultiRead reads ? count(reads.reads().size()) : Optional.empty();
    }

    /** What is wrong with acting as so many: each request carries them, and each check of a list asks them all. */
    Optional<Outcome.Refused> objection(List<Identity> identities) {
        if (identities.size() > IDENTITIES_MAX) {
            return refused("", ErrorCode.REQUEST_TOO_LARGE, "the session would have " + identities.size()
                    + " identities, the limit is " + IDENTITIES_MAX + ". Use several sessions.");
        }
        long bytes = 0;
        for (Identity identity : identities) {
            bytes += bytes(identity);
        }
        return bytes <= limits.requestBytesMax()
                ? Optional.empty()
                : refused("", ErrorCode.REQUEST_TOO_LARGE, "the identities of the session would have " + bytes
                        + " bytes, the limit is " + limits.requestBytesMax() + " (maxRequestBytes). Use several sessions.");
    }

    private Optional<Outcome.Refused> multi(Operation.Multi multi, List<Identity> identities) {
        Optional<Outcome.Refused> objection = count(multi.steps().size());
        long bytes = 0;
        for (Operation.Step<?> step : multi.steps()) {
            if (objection.isPresent()) {
                return objection;
            }
            objection = objection(step, identities);
            bytes += bytes(step, identities);
        }
        return orTooLarge("", objection, bytes);
    }

    private Optional<Outcome.Refused> count(int steps) {
        return steps <= limits.multiStepsMax()
                ? Optional.empty()
                : refused("", ErrorCode.REQUEST_TOO_LARGE, "the transaction has " + steps + " steps, the limit is "
                        + limits.multiStepsMax() + " (maxMultiSteps). Split it.");
    }

    private Optional<Outcome.Refused> node(String path, @Nullable Bytes data) {
        if (data != null && data.length() > limits.dataBytesMax()) {
            return refused(path, ErrorCode.DATA_TOO_LARGE, "the data is " + data.length() + " bytes, the limit is "
                    + limits.dataBytesMax()
                    + " (maxDataBytes). A tree is for metadata: store the data elsewhere and a reference here.");
        }
        if (path.length() > 2 * limits.pathDepthMax() && depth(path) > limits.pathDepthMax()) {
            return refused(path, ErrorCode.REQUEST_TOO_LARGE, "the path has " + depth(path) + " elements, the limit is "
                    + limits.pathDepthMax() + " (maxPathDepth). Use a flatter tree.");
        }
        return Optional.empty();
    }

    private Optional<Outcome.Refused> orTooLarge(String path, Optional<Outcome.Refused> objection, long bytes) {
        return objection.isPresent() || bytes <= limits.requestBytesMax()
                ? objection
                : refused(path, ErrorCode.REQUEST_TOO_LARGE, "the request has " + bytes + " bytes, the limit is "
                        + limits.requestBytesMax() + " (maxRequestBytes). Split it.");
    }

    private static long bytes(Operation.Step<?> step, List<Identity> identities) {
        long bytes = STEP_BYTES + bytes(step.path());
        if (step instanceof Operation.Create create) {
            return bytes + length(create.data()) + bytes(create.acl(), identities);
        }
        return step instanceof Operation.SetData set ? bytes + length(set.data()) : bytes;
    }

    private static long bytes(List<Acl> acl, List<Identity> identities) {
        long bytes = 0;
        long ofAuth = -1;
        for (Acl entry : acl) {
            bytes += bytes(entry.identity());
            if (entry.identity().scheme().equals(Identity.WRITER.scheme())) {
                ofAuth = ofAuth < 0 ? authenticatedBytes(identities) : ofAuth;
                bytes += ofAuth;
            }
        }
        return bytes;
    }

    private static long authenticatedBytes(List<Identity> identities) {
        long bytes = 0;
        for (Identity identity : identities) {
            bytes += Acls.isAuthenticated(identity) ? bytes(identity) : 0;
        }
        return bytes;
    }

    private static long bytes(Identity identity) {
        return STEP_BYTES + bytes(identity.scheme()) + bytes(identity.id());
    }

    private static long bytes(String text) {
        return Text.size(text);
    }

    private static int length(@Nullable Bytes data) {
        return data == null ? 0 : data.length();
    }

    private static long depth(String path) {
        return path.chars().filter(c -> c == '/').count();
    }

    private static Optional<Outcome.Refused> refused(String path, ErrorCode code, String detail) {
        String shown = path.length() <= PATH_SHOWN_MAX ? path : path.substring(0, PATH_SHOWN_MAX) + "...";
        return Optional.of(new Outcome.Refused(Refusal.BAD_ARGUMENTS, NodePath.printable(shown), code.message(detail)));
    }
}
