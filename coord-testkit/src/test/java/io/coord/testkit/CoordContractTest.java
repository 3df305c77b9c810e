package io.coord.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The suite leaves no statement of the contract aside in silence. */
class CoordContractTest {

    /** How many statements each section of the contract has. */
    private static final Map<String, Integer> SECTIONS = new TreeMap<>(Map.ofEntries(
            Map.entry("W", 17), Map.entry("O", 11), Map.entry("P", 7), Map.entry("C", 15), Map.entry("SQ", 4),
            Map.entry("D", 7), Map.entry("ST", 7), Map.entry("A", 14), Map.entry("R", 6), Map.entry("M", 7),
            Map.entry("WT", 14), Map.entry("S", 13), Map.entry("CT", 4), Map.entry("Q", 4), Map.entry("RO", 3),
            Map.entry("RC", 3), Map.entry("L", 4), Map.entry("4L", 1), Map.entry("X", 13)));

    private static final Pattern ROW = Pattern.compile("\\| (?<section>[A-Z0-9]*[A-Z])(?<first>\\d+)(?: to [A-Z]+(?<last>\\d+))?"
            + "(?<part>, in part)? \\| \\S.* \\|");

    private static final TreeSet<String> PROVEN = new TreeSet<>();
    private static final TreeSet<String> LEFT_OUT = new TreeSet<>();
    private static final TreeSet<String> LEFT_OUT_IN_PART = new TreeSet<>();

    @BeforeAll
    static void collect() throws IOException {
        for (Method test : CoordContract.class.getMethods()) {
            Proves proves = test.getAnnotation(Proves.class);
            if (proves != null) {
                Arrays.stream(proves.value()).map(id -> id.substring("zk.".length())).forEach(PROVEN::add);
            }
        }
        List<String> lines = Files.readAllLines(Path.of("README.md"));
        int start = lines.indexOf("## CoordContract: what is not covered, and why");
        lines.subList(start, lines.size()).forEach(CoordContractTest::row);
    }

    private static void row(String line) {
        Matcher row = ROW.matcher(line);
        if (row.matches()) {
            int first = Integer.parseInt(row.group("first"));
            int last = row.group("last") == null ? first : Integer.parseInt(row.group("last"));
            for (int i = first; i <= last; i++) {
                (row.group("part") == null ? LEFT_OUT : LEFT_OUT_IN_PART).add(row.group("section") + i);
            }
        }
    }

    @Test
    void everyStatementIsProvenOrListedWithAReason() {
        TreeSet<String> all = new TreeSet<>();
        SECTIONS.forEach((section, count) -> {
            for (int i = 1; i <= count; i++) {
                all.add(section + i);
            }
        });
        TreeSet<String> known = new TreeSet<>(PROVEN);
        known.addAll(LEFT_OUT);
        assertThat(known).isEqualTo(all);
    }

    @Test
    void whatIsListedAsNotCoveredIsNotAndWhatIsListedInPartIsInPart() {
        assertThat(LEFT_OUT).doesNotContainAnyElementsOf(PROVEN);
        assertThat(PROVEN).containsAll(LEFT_OUT_IN_PART);
    }
}
