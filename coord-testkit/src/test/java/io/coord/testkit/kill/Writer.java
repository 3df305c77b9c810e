package io.coord.testkit.kill;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.ReadMode;
import io.coord.Session;
import io.coord.testkit.LocalEnsemble;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.CompletionStage;

/**
 * A process to be killed: an ensemble of three with its files below a directory. Says which numbers it finds there, then writes the
 * following ones, many at a time, and says each that is acknowledged.
 */
final class Writer {

    static final String STARTING = "starting";
    static final String FOUND = "found ";
    static final String ACKNOWLEDGED = "acknowledged ";
    /** How many numbers one process writes if nobody kills it: it must not stay behind. */
    static final int WRITES_MAX = 20_000;

    private static final NodePath NUMBERS = NodePath.of("/numbers");
    private static final int OUTSTANDING = 64;

    private Writer() {}

    public static void main(String[] args) {
        PrintStream out = System.out;
        out.println(STARTING);
        try (LocalEnsemble ensemble = LocalEnsemble.builder()
                        .members(3)
                        .fileStorage(Path.of(args[0]))
                        .start();
                Session session = ensemble.openSession(Duration.ofSeconds(30))) {
            int next = found(session);
            out.println(FOUND + (next - 1));
            ArrayDeque<CompletionStage<Outcome.Created>> ahead = new ArrayDeque<>();
            int acknowledged = next;
            int end = next + WRITES_MAX;
            while (acknowledged < end) {
                while (next < end && ahead.size() < OUTSTANDING) {
                    ahead.add(session.async().create(NUMBERS.child("n" + next), text(next), CreateMode.PERSISTENT));
                    next++;
                }
                session.await(ahead.remove());
                out.println(ACKNOWLEDGED + acknowledged++);
            }
        }
    }

    /** One session wrote them in order, so there is no gap; each holds its own number. */
    private static int found(Session session) {
        if (session.submit(new Operation.Exists(NUMBERS.value()), ReadMode.LINEARIZABLE).isEmpty()) {
            session.create(NUMBERS, Bytes.EMPTY, CreateMode.PERSISTENT);
        }
        int count = session.getChildren(NUMBERS).size();
        for (int number = 0; number < count; number++) {
            if (!session.getData(NUMBERS.child("n" + number)).data().equals(text(number))) {
                throw new IllegalStateException("number " + number + " does not hold itself");
            }
        }
        return count;
    }

    private static Bytes text(int number) {
        return Bytes.utf8("the number " + number);
    }
}
