package io.coord.testkit.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured, round by round, so that each ratio is of things measured side by side. */
final class Medians {

    private final Map<String, List<Double>> figures = new LinkedHashMap<>();

    void add(String what, double figure) {
        figures.computeIfAbsent(what, none -> new ArrayList<>()).add(figure);
    }

    double of(String what) {
        return median(figures.getOrDefault(what, List.of()));
    }

    /** The median of the rounds' ratios: what disturbs a round disturbs both sides of it. */
    double ratio(String what, String to) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < figures.get(what).size(); i++) {
            ratios.add(figures.get(what).get(i) / figures.get(to).get(i));
        }
        return median(ratios);
    }

    void print(String unit) {
        figures.forEach((what, each) -> System.out.printf(
                Locale.ROOT, "  %-46s %12.2f %s (%s)%n", what, median(each), unit, spread(each)));
    }

    /** Prints a ratio and whether it is as promised. */
    boolean printRatio(String what, String to, double atLeast, double atMost) {
        double ratio = ratio(what, to);
        boolean kept = ratio >= atLeast && ratio <= atMost;
        String promise = atLeast > 0 ? "at least " + atLeast : "at most " + atMost;
        System.out.printf(Locale.ROOT, "  %s / %s = %.3f, promised: %s%s%n", what, to, ratio, promise, kept ? "" : "   MISSED");
        return kept;
    }

    private static String spread(List<Double> figures) {
        return String.format(
                Locale.ROOT,
                "%d rounds, %.2f to %.2f",
                figures.size(),
                figures.stream().mapToDouble(each -> each).min().orElseThrow(),
                figures.stream().mapToDouble(each -> each).max().orElseThrow());
    }

    private static double median(List<Double> figures) {
        double[] sorted = figures.stream().mapToDouble(each -> each).sorted().toArray();
        return sorted[sorted.length / 2];
    }
}
