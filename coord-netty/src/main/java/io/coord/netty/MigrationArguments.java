package io.coord.netty;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The arguments of a command that runs once: {@code --name value} pairs and switches. */
final class MigrationArguments {

    private final Map<String, String> values = new TreeMap<>();

    /** Arguments that no command can run with; the message says which. */
    static final class Mistaken extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;

        Mistaken(String text) {
            super(text);
        }
    }

    MigrationArguments(Iterable<String> arguments, Set<String> named, Set<String> switches) {
        String open = null;
        for (String argument : arguments) {
            if (open != null) {
                values.put(open, argument);
                open = null;
            } else if (switches.contains(argument)) {
                values.put(argument, "");
            } else if (named.contains(argument)) {
                open = argument;
            } else {
                throw new Mistaken("there is no option " + argument);
            }
        }
        if (open != null) {
            throw new Mistaken(open + " has no value");
        }
    }

    String required(String name) {
        String value = values.get(name);
        if (value == null || value.isBlank()) {
            throw new Mistaken(name + " is missing");
        }
        return value;
    }

    @Nullable String optional(String name) {
        return values.get(name);
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    Path directory(String name) {
        return Path.of(required(name));
    }
}
