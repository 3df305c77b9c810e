package io.coord.testkit.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What differed between the recording and the replay, each by path and field. */
final class Differences {

    private final List<String> found = new ArrayList<>();
    private long compared;

    /** Holds a value against the recorded one. */
    void compare(String where, String path, String field, @Nullable Object recorded, @Nullable Object ours) {
        compared++;
        if (!Objects.equals(recorded, ours)) {
            add(where, path, field, "recorded " + recorded + ", here " + ours);
        }
    }

    void add(String where, String path, String field, String what) {
        found.add(where + ": path " + path + ", field " + field + ": " + what);
    }

    /** How many values were held against each other. */
    long compared() {
        return compared;
    }

    List<String> found() {
        return found;
    }

    boolean isEmpty() {
        return found.isEmpty();
    }
}
