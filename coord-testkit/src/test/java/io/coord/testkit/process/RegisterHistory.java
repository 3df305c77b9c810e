package io.coord.testkit.process;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What clients did to one node, and whether an order of it all explains what they saw. Each acknowledged write and each read tells the
 * version it made or saw, which is its place in that order: so it is linearizable exactly if versions are told once, each with one value,
 * and never go back against real time. A write without an answer may have had any version, or none.
 */
final class RegisterHistory {

    private static final long NEVER = Long.MAX_VALUE;

    private final String path;
    private final List<Event> events = new ArrayList<>();
    private final Map<String, Long> unanswered = new HashMap<>();

    /** Something that was answered. */
    private record Event(boolean isWrite, int version, String value, long beginNanos, long endNanos) {
        @Override
        public String toString() {
            return (isWrite ? "write" : "read") + " of version " + version + " = " + value + " [" + beginNanos + ", " + endNanos + "]";
        }
    }

    RegisterHistory(String path) {
        this.path = path;
    }

    /** A write was acknowledged; values are written once. */
    synchronized void wrote(String value, int version, long beginNanos, long endNanos) {
        events.add(new Event(true, version, value, beginNanos, endNanos));
    }

    /** A write was asked for, and its answer never came. */
    synchronized void mayHaveWritten(String value, long beginNanos) {
        unanswered.put(value, beginNanos);
    }

    /** A linearizable read was answered. */
    synchronized void read(String value, int version, long beginNanos, long endNanos) {
        events.add(new Event(false, version, value, beginNanos, endNanos));
    }

    synchronized long acknowledged() {
        return events.stream().filter(Event::isWrite).count();
    }

    /** What no order explains; empty if all is well. */
    synchronized List<String> violations() {
        List<String> violations = new ArrayList<>();
        Map<Integer, Event> byVersion = new HashMap<>();
        for (Event event : events) {
            Event other = byVersion.putIfAbsent(event.version(), event);
            if (other == null) {
                continue;
            }
            if (!other.value().equals(event.value())) {
                violations.add(path + ": one version, two values: " + other + " and " + event);
            } else if (other.isWrite() && event.isWrite()) {
                violations.add(path + ": one version, two writes: " + other + " and " + event);
            } else if (event.isWrite()) {
                byVersion.put(event.version(), event);
            }
        }
        addUnwritten(byVersion, violations);
        addBackwards(violations);
        return violations;
    }

    /** Values that were read and nobody wrote, or nobody had yet. */
    private void addUnwritten(Map<Integer, Event> byVersion, List<String> violations) {
        Map<String, Integer> writtenAs = new HashMap<>();
        events.stream().filter(Event::isWrite).forEach(event -> writtenAs.put(event.value(), event.version()));
        for (Event event : events) {
            if (event.isWrite() || event.version() == 0) {
                continue;
            }
            Integer version = writtenAs.get(event.value());
            boolean isAcknowledged = version != null && version == event.version();
            boolean isPerhaps = unanswered.getOrDefault(event.value(), NEVER) < event.endNanos();
            if (!isAcknowledged && !isPerhaps) {
                violations.add(path + ": nobody wrote it so: " + event);
            }
        }
    }

    /** A later one that shows less: a lost write, or a stale read. */
    private void addBackwards(List<String> violations) {
        List<Event> byEnd = new ArrayList<>(events);
        byEnd.sort(Comparator.comparingLong(Event::endNanos));
        List<Event> byBegin = new ArrayList<>(events);
        byBegin.sort(Comparator.comparingLong(Event::beginNanos));
        int ended = 0;
        Event highest = null;
        for (Event event : byBegin) {
            while (ended < byEnd.size() && byEnd.get(ended).endNanos() < event.beginNanos()) {
                Event before = byEnd.get(ended++);
                if (highest == null || before.version() > highest.version()) {
                    highest = before;
                }
            }
            if (highest != null
                    && (event.version() < highest.version() || event.isWrite() && event.version() == highest.version())) {
                violations.add(path + ": " + event + " began after the end of " + highest);
            }
        }
    }
}
