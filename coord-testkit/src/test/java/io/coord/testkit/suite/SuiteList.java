package io.coord.testkit.suite;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which of ZooKeeper's test classes run, and why others do not; read from {@code zookeeper-suite.txt}, which says how it is written.
 *
 * @param run classes that run, below {@code org.apache.zookeeper}, in order, with the methods that do not, and why
 * @param share those of them that are quick enough for the bars
 * @param founded those of them that start the first servers of an ensemble before the last: ours forms when all have met (decision 012)
 *     unless it was founded, as a migration does
 * @param families why classes whose names begin so do not run
 */
record SuiteList(
        Map<String, Map<String, String>> run, List<String> share, List<String> founded, Map<String, String> families) {

    private static final String SHARE = "* ";
    private static final String FOUNDED = "+ ";

    static SuiteList read() throws IOException {
        SuiteList list = new SuiteList(new LinkedHashMap<>(), new ArrayList<>(), new ArrayList<>(), new TreeMap<>());
        try (BufferedReader in = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(SuiteList.class.getResourceAsStream("zookeeper-suite.txt")), StandardCharsets.UTF_8))) {
            Map<String, String> methods = Map.of();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                int colon = line.indexOf(": ");
                if (line.startsWith("    ")) {
                    methods.put(line.substring(0, colon).strip(), line.substring(colon + 2));
                } else if (colon > 0) {
                    list.families.put(line.substring(0, colon), line.substring(colon + 2));
                } else {
                    String name = line.startsWith(SHARE) || line.startsWith(FOUNDED) ? line.substring(SHARE.length()) : line;
                    if (line.startsWith(SHARE)) {
                        list.share.add(name);
                    } else if (line.startsWith(FOUNDED)) {
                        list.founded.add(name);
                    }
                    methods = new TreeMap<>();
                    list.run.put(name, methods);
                }
            }
        }
        return list;
    }

    /** Why a class does not run; null if it does, or if nobody has thought of it. */
    @Nullable String reason(String name) {
        if (run.containsKey(name)) {
            return null;
        }
        String most = null;
        for (String family : families.keySet()) {
            boolean is = family.endsWith("*") ? name.startsWith(family.substring(0, family.length() - 1)) : name.equals(family);
            most = is && (most == null || family.length() > most.length()) ? family : most;
        }
        return most == null ? null : families.get(most);
    }
}
