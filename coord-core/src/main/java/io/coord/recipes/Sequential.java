package io.coord.recipes;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The name of a sequential node in a queue: {@code <unique>_<number>}.
 *
 * <p>The number is a signed 32-bit count of the parent that wraps around (zk.SQ2), so two numbers are compared by their distance: right
 * as long as those in the queue at one time are less than 2^31 apart.
 *
 * @param name the whole name
 * @param number the count at its end
 */
record Sequential(String name, int number) implements Comparable<Sequential> {

    /** Between what the creator chose and what the parent counted. */
    static final char DELIMITER = '_';

    /** Reads a name; empty if it is none of a queue's. */
    static Optional<Sequential> of(String name) {
        int delimiter = name.lastIndexOf(DELIMITER);
        String digits = name.substring(delimiter + 1);
        if (delimiter < 1 || digits.length() < 10 || digits.charAt(0) == '+') {
            return Optional.empty();
        }
        try {
            return Optional.of(new Sequential(name, Integer.parseInt(digits)));
        } catch (NumberFormatException foreign) {
            return Optional.empty();
        }
    }

    /** The names of a queue in the order of their creation; foreign ones are left out. */
    static List<Sequential> sorted(List<String> names) {
        List<Sequential> queue = new ArrayList<>();
        names.forEach(name -> of(name).ifPresent(queue::add));
        queue.sort(null);
        return queue;
    }

    @Override
    public int compareTo(Sequential other) {
        int distance = Integer.compare(number - other.number, 0);
        return distance != 0 ? distance : name.compareTo(other.name);
    }
}
