package io.coord.testkit.process;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Ephemeral nodes, whose sessions owned them, and who saw them. That of a session that lives is there; that of one that was closed goes, and
 * stays away.
 */
final class SessionHistory {

    private final Map<String, Long> lasting = new HashMap<>();
    private final Set<String> passing = new HashSet<>();
    private final Map<String, Long> goneNanos = new HashMap<>();
    private final List<String> violations = new ArrayList<>();

    /** A node of a session that lives until the end was acknowledged. */
    synchronized void lasts(String name, long session) {
        lasting.put(name, session);
    }

    /** A node is asked for by a session that will be closed. */
    synchronized void passes(String name) {
        passing.add(name);
    }

    /** The session whose node was acknowledged asked for it, and was answered: it lived. */
    synchronized void sawItsOwn(String name, boolean isThere) {
        if (!isThere) {
            violations.add(name + " is gone, though its session was answered");
        }
    }

    /** A linearizable look at it. */
    synchronized void saw(String name, boolean isThere, long beginNanos, long endNanos) {
        if (!isThere && lasting.containsKey(name)) {
            violations.add(name + " is gone, though its session lives");
        } else if (!isThere) {
            goneNanos.merge(name, endNanos, Math::min);
        } else if (goneNanos.getOrDefault(name, Long.MAX_VALUE) < beginNanos) {
            violations.add(name + " was gone, and came back");
        }
    }

    /** Whether nothing is left but what shall be. */
    synchronized boolean isSettled(Set<String> names) {
        return lasting.keySet().containsAll(names);
    }

    /** What is wrong, where this is what somebody holds when all closed sessions must be over: names, and sessions that own them. */
    synchronized List<String> violations(String whose, Map<String, Long> owners) {
        List<String> wrong = new ArrayList<>(violations);
        lasting.forEach((name, session) -> {
            if (!session.equals(owners.get(name))) {
                wrong.add("%s: %s belongs to session %x, and is shown as that of %x".formatted(whose, name, session, owners.get(name)));
            }
        });
        owners.keySet().stream().filter(name -> !lasting.containsKey(name)).forEach(name -> wrong.add(whose + ": " + name
                + (passing.contains(name) ? " outlived its session" : " is nobody's")));
        return wrong;
    }
}
