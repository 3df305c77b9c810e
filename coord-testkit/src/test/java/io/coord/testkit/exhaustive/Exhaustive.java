package io.coord.testkit.exhaustive;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Breadth first through the states that three members can come to in two terms with two commands and one crash. Members cannot be copied,
 * so each state is come to by its steps from the beginning.
 */
public final class Exhaustive {

    private record Reached(int parent, int choice, int depth) {}

    private final Supplier<Trio> beginning;
    private final List<Reached> reached = new ArrayList<>(List.of(new Reached(-1, 0, 0)));
    private final Set<Long> seen = new HashSet<>();

    private Exhaustive(Supplier<Trio> beginning) {
        this.beginning = beginning;
        seen.add(beginning.get().fingerprint());
    }

    /** Searches so many states from where nobody leads; returns the depth reached. */
    public static int fromNothing(int states) {
        return new Exhaustive(Trio::new).search(states);
    }

    /** Searches so many states from where member 1 leads and a command is on its way; returns the depth reached. */
    public static int fromALeader(int states) {
        return new Exhaustive(Trio::led).search(states);
    }

    private Trio at(int state) {
        int[] choices = new int[reached.get(state).depth()];
        for (int i = state, at = choices.length - 1; at >= 0; i = reached.get(i).parent(), at--) {
            choices[at] = reached.get(i).choice();
        }
        Trio trio = beginning.get();
        for (int choice : choices) {
            trio.take(choice);
        }
        return trio;
    }

    private int search(int max) {
        for (int next = 0; next < reached.size() && reached.size() < max; next++) {
            Trio first = at(next);
            int choices = first.choices();
            for (int choice = 0; choice < choices; choice++) {
                Trio trio = choice == 0 ? first : at(next);
                if (trio.take(choice) && seen.add(trio.fingerprint())) {
                    reached.add(new Reached(next, choice, reached.get(next).depth() + 1));
                }
            }
        }
        return reached.get(reached.size() - 1).depth();
    }
}
