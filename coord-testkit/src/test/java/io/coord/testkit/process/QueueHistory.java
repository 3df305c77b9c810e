package io.coord.testkit.process;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/**
 * What clients put into a queue and took out at its head; each value is put once. Names are numbered by the ensemble in the order of the
 * queue.
 */
final class QueueHistory {

    private final Set<String> asked = new HashSet<>();
    private final List<Event> puts = new ArrayList<>();
    private final List<Event> takes = new ArrayList<>();
    /** How many removals were asked for whose answers are missing. */
    private final Map<String, Integer> unanswered = new HashMap<>();

    /** Something that was acknowledged. */
    private record Event(String value, long number, long beginNanos, long endNanos) {}

    synchronized void putting(String value) {
        asked.add(value);
    }

    synchronized void put(String value, long number, long beginNanos, long endNanos) {
        puts.add(new Event(value, number, beginNanos, endNanos));
    }

    /** Its removal was asked for. */
    synchronized void taking(String value) {
        unanswered.merge(value, 1, Integer::sum);
    }

    /** Its removal was refused: somebody else had taken it. */
    synchronized void tookNot(String value) {
        unanswered.merge(value, -1, Integer::sum);
    }

    /** It was seen at the head, and its removal was asked for at that beginning and acknowledged at that end. */
    synchronized void took(String value, long number, long beginNanos, long endNanos) {
        unanswered.merge(value, -1, Integer::sum);
        takes.add(new Event(value, number, beginNanos, endNanos));
    }

    /** What is wrong, where this is what somebody holds in the end, by number. */
    synchronized List<String> violations(String whose, Map<Long, String> left) {
        List<String> violations = new ArrayList<>();
        Map<String, Long> numbers = new HashMap<>();
        Set<String> over = new HashSet<>();
        puts.forEach(put -> noteNumber(numbers, put.value(), put.number(), violations));
        for (Event take : takes) {
            noteNumber(numbers, take.value(), take.number(), violations);
            if (!over.add(take.value())) {
                violations.add(take.value() + " was taken twice");
            }
        }
        left.forEach((number, value) -> {
            noteNumber(numbers, value, number, violations);
            if (over.contains(value)) {
                violations.add(whose + ": " + value + " is there, and was taken");
            }
        });
        for (Event put : puts) {
            if (!over.contains(put.value()) && unanswered.getOrDefault(put.value(), 0) == 0 && !left.containsValue(put.value())) {
                violations.add(whose + ": " + put.value() + " is lost, which was acknowledged and nobody took");
            }
        }
        numbers.keySet().stream().filter(value -> !asked.contains(value)).forEach(value -> violations.add("nobody put " + value));
        addDisorder("put", puts, violations);
        addDisorder("taken", takes, violations);
        return violations;
    }

    private static void noteNumber(Map<String, Long> numbers, String value, long number, List<String> violations) {
        Long other = numbers.putIfAbsent(value, number);
        if (other != null && other != number) {
            violations.add(value + " was put twice, as " + other + " and " + number);
        }
    }

    /** A later one that has a lower number: at the head it was there before. */
    private static void addDisorder(String what, List<Event> events, List<String> violations) {
        List<Event> byEnd = sorted(events, Event::endNanos);
        int ended = 0;
        Event highest = null;
        for (Event event : sorted(events, Event::beginNanos)) {
            for (; ended < byEnd.size() && byEnd.get(ended).endNanos() < event.beginNanos(); ended++) {
                if (highest == null || byEnd.get(ended).number() > highest.number()) {
                    highest = byEnd.get(ended);
                }
            }
            if (highest != null && event.number() < highest.number()) {
                violations.add(event + " was " + what + " behind " + highest);
            }
        }
    }

    private static List<Event> sorted(List<Event> events, ToLongFunction<Event> by) {
        List<Event> sorted = new ArrayList<>(events);
        sorted.sort(Comparator.comparingLong(by));
        return sorted;
    }
}
