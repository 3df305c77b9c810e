package io.coord.runtime;

import io.coord.Bytes;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a door refuses by size, before a request gets a number; everything else is judged by the tree itself. */
final class DoorCheck {

    private DoorCheck() {}

    static Optional<Outcome.Refused> objection(Operation.Write<?> write, DoorLimits limits) {
        if (write instanceof Operation.Create create) {
            return step(create.path(), create.data(), limits);
        }
        if (write instanceof Operation.SetData set) {
            return step(set.path(), set.data(), limits);
        }
        if (write instanceof Operation.Multi multi) {
            return multi(multi, limits);
        }
        return Optional.empty();
    }

    private static Optional<Outcome.Refused> multi(Operation.Multi multi, DoorLimits limits) {
        if (multi.steps().size() > limits.multiStepsMax()) {
            return refused("", "COORD-1022 the transaction has " + multi.steps().size() + " steps, the limit is "
                    + limits.multiStepsMax() + " (multiStepsMax). Split it.");
        }
        for (Operation.Step<?> step : multi.steps()) {
            Optional<Outcome.Refused> objection = objection(step, limits);
            if (objection.isPresent()) {
                return objection;
            }
        }
        return Optional.empty();
    }

    private static Optional<Outcome.Refused> step(String path, @Nullable Bytes data, DoorLimits limits) {
        if (data != null && data.length() > limits.dataBytesMax()) {
            return refused(path, "COORD-1005 the data is " + data.length() + " bytes, the limit is " + limits.dataBytesMax()
                    + " (maxDataBytes). A tree is for metadata: store the data elsewhere and a reference here.");
        }
        if (path.length() > limits.pathLengthMax()) {
            return refused(path.substring(0, 100) + "...", "COORD-1023 the path has " + path.length()
                    + " characters, the limit is " + limits.pathLengthMax() + " (maxPathLength). Use shorter names.");
        }
        if (path.length() > 2 * limits.pathDepthMax() && depth(path) > limits.pathDepthMax()) {
            return refused(path.substring(0, 100) + "...", "COORD-1024 the path has " + depth(path)
                    + " elements, the limit is " + limits.pathDepthMax() + " (maxPathDepth). Use a flatter tree.");
        }
        return Optional.empty();
    }

    private static long depth(String path) {
        return path.chars().filter(c -> c == '/').count();
    }

    private static Optional<Outcome.Refused> refused(String path, String detail) {
        return Optional.of(new Outcome.Refused(Refusal.BAD_ARGUMENTS, NodePath.printable(path), detail));
    }
}
