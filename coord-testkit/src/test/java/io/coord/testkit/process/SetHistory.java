package io.coord.testkit.process;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What clients added to a set and took out of it; each name is used once. */
final class SetHistory {

    private final Map<String, Fate> fates = new HashMap<>();

    /** What is known of a name. */
    private enum Fate { PERHAPS_ADDED, ADDED, PERHAPS_REMOVED, REMOVED }

    synchronized void adding(String name) {
        fates.put(name, Fate.PERHAPS_ADDED);
    }

    synchronized void added(String name) {
        fates.put(name, Fate.ADDED);
    }

    synchronized void removing(String name) {
        fates.put(name, Fate.PERHAPS_REMOVED);
    }

    synchronized void removed(String name) {
        fates.put(name, Fate.REMOVED);
    }

    /** What is wrong with the set as somebody holds it. */
    synchronized List<String> violations(String whose, Set<String> names) {
        List<String> violations = new ArrayList<>();
        fates.forEach((name, fate) -> {
            if (fate == Fate.ADDED && !names.contains(name)) {
                violations.add(whose + ": " + name + " is lost, which was acknowledged");
            } else if (fate == Fate.REMOVED && names.contains(name)) {
                violations.add(whose + ": " + name + " is there, whose removal was acknowledged");
            }
        });
        names.stream().filter(name -> !fates.containsKey(name)).forEach(name -> violations.add(whose + ": nobody added " + name));
        return violations;
    }
}
