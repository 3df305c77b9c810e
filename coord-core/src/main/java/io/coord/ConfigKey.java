package io.coord;

import io.coord.ConfigException.Mistake;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One key of {@link MemberConfig}: how its text is read and written, and which values it may have.
 *
 * @param name the key, as the record's component is named
 * @param kind what its values are
 * @param least the least value, of the kind's type; null for a switch
 * @param most the greatest value
 * @param standard the default
 * @param reason why that default, and why that range
 */
record ConfigKey(
        String name,
        Kind kind,
        @Nullable Object least,
        @Nullable Object most,
        Object standard,
        String reason) {

    /** What the values of a key are. */
    enum Kind {
        /** A {@link Duration}, written {@code 10s}. */
        DURATION(ErrorCode.BAD_DURATION, "a duration such as 300ms, 10s, 5m, 2h or 1d"),
        /** A {@link Long} of bytes, written {@code 64MB}. */
        SIZE(ErrorCode.BAD_SIZE, "a size such as 1048553, 512B, 64KB, 64MB or 1GB (1 KB is 1024 bytes)"),
        /** An {@link Integer}. */
        NUMBER(ErrorCode.BAD_NUMBER, "a whole number without unit, such as 10000"),
        /** A {@link Boolean}. */
        SWITCH(ErrorCode.BAD_SWITCH, "true or false");

        final ErrorCode code;
        final String expected;

        Kind(ErrorCode code, String expected) {
            this.code = code;
            this.expected = expected;
        }
    }

    private static final List<String> DURATION_UNITS = List.of("d", "h", "m", "s", "ms");
    private static final long[] DURATION_MILLIS = {86_400_000, 3_600_000, 60_000, 1_000, 1};
    private static final Duration MOST_MILLIS = Duration.ofMillis(Long.MAX_VALUE);
    private static final List<String> SIZE_UNITS = List.of("GB", "MB", "KB", "B");
    private static final long[] SIZE_BYTES = {1 << 30, 1 << 20, 1 << 10, 1};

    static ConfigKey duration(String name, Duration least, Duration most, Duration standard, String reason) {
        return new ConfigKey(name, Kind.DURATION, least, most, standard, reason);
    }

    static ConfigKey size(String name, long least, long most, long standard, String reason) {
        return new ConfigKey(name, Kind.SIZE, least, most, standard, reason);
    }

    static ConfigKey number(String name, int least, int most, int standard, String reason) {
        return new ConfigKey(name, Kind.NUMBER, least, most, standard, reason);
    }

    static ConfigKey toggle(String name, boolean standard, String reason) {
        return new ConfigKey(name, Kind.SWITCH, null, null, standard, reason);
    }

    /** Reads a value, or adds a mistake and returns empty. */
    Optional<Object> read(String text, List<Mistake> mistakes) {
        Object value = switch (kind) {
            case DURATION -> readDuration(text);
            case SIZE -> readScaled(text, SIZE_UNITS, SIZE_BYTES, "B");
            case NUMBER -> readNumber(text);
            case SWITCH -> text.equals("true") ? Boolean.TRUE : text.equals("false") ? Boolean.FALSE : null;
        };
        if (value == null) {
            mistakes.add(new Mistake(kind.code,
                    name + "=" + NodePath.printable(text) + " is not " + kind.expected + unitHint(text)));
            return Optional.empty();
        }
        return Optional.of(value);
    }

    private String unitHint(String text) {
        boolean bare = kind == Kind.DURATION && !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
        return bare ? ". It has no unit: write " + text + "ms or " + text + "s" : "";
    }

    private static @Nullable Duration readDuration(String text) {
        Long millis = text.equals("0") ? Long.valueOf(0) : readScaled(text, DURATION_UNITS, DURATION_MILLIS, "");
        return millis == null ? null : Duration.ofMillis(millis);
    }

    /** A whole number and a unit, in any case; the number alone if there is a unit for that. */
    private static @Nullable Long readScaled(String text, List<String> units, long[] factors, String implied) {
        int digits = 0;
        while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        String unit = text.substring(digits).strip();
        if (digits == 0 || unit.isEmpty() && implied.isEmpty()) {
            return null;
        }
        String sought = unit.isEmpty() ? implied : unit;
        for (int i = 0; i < factors.length; i++) {
            if (units.get(i).equalsIgnoreCase(sought)) {
                return product(text.substring(0, digits), factors[i]);
            }
        }
        return null;
    }

    private static @Nullable Long product(String digits, long factor) {
        try {
            return Math.multiplyExact(Long.parseLong(digits), factor);
        } catch (ArithmeticException | NumberFormatException e) {
            return null;
        }
    }

    private static @Nullable Integer readNumber(String text) {
        try {
            return Integer.valueOf(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** The value as {@link #read} reads it, in the largest unit that is exact. */
    String write(Object value) {
        return switch (kind) {
            case DURATION -> writeDuration((Duration) value);
            case SIZE -> writeScaled((Long) value, SIZE_UNITS, SIZE_BYTES);
            case NUMBER, SWITCH -> value.toString();
        };
    }

    private static String writeDuration(Duration value) {
        boolean canBeCounted = value.compareTo(MOST_MILLIS) <= 0 && value.compareTo(MOST_MILLIS.negated()) >= 0;
        return canBeCounted && isWholeMillis(value) ? writeScaled(value.toMillis(), DURATION_UNITS, DURATION_MILLIS) : value.toString();
    }

    private static boolean isWholeMillis(Duration value) {
        return value.toNanosPart() % 1_000_000 == 0;
    }

    private static String writeScaled(long value, List<String> units, long[] factors) {
        if (value != 0) {
            for (int i = 0; i < factors.length; i++) {
                if (value % factors[i] == 0) {
                    return value / factors[i] + units.get(i);
                }
            }
        }
        return "0" + units.get(units.size() - 1);
    }

    /** Adds a mistake if the value is outside the range. */
    void check(Object value, List<Mistake> mistakes) {
        if (least != null && compare(value, least) < 0) {
            mistakes.add(new Mistake(ErrorCode.OUT_OF_RANGE,
                    name + " " + write(value) + " is below " + write(least) + ". " + reason));
        } else if (most != null && compare(value, most) > 0) {
            mistakes.add(new Mistake(ErrorCode.OUT_OF_RANGE,
                    name + " " + write(value) + " is above " + write(most) + ". " + reason));
        } else if (value instanceof Duration duration && !isWholeMillis(duration)) {
            mistakes.add(new Mistake(ErrorCode.BAD_DURATION, name + " " + value + " is no whole number of milliseconds"));
        }
    }

    private int compare(Object value, Object bound) {
        return switch (kind) {
            case DURATION -> ((Duration) value).compareTo((Duration) bound);
            case SIZE -> ((Long) value).compareTo((Long) bound);
            case NUMBER -> ((Integer) value).compareTo((Integer) bound);
            case SWITCH -> 0;
        };
    }

    /** Which of these names was perhaps meant: the one fewest keystrokes away, if they are few. */
    static Optional<String> nearest(String written, Iterable<String> names) {
        String best = null;
        int bestDistance = Integer.MAX_VALUE;
        for (String name : names) {
            int distance = distance(written.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT));
            if (distance < bestDistance && distance <= Math.max(2, name.length() / 3)) {
                best = name;
                bestDistance = distance;
            }
        }
        return Optional.ofNullable(best);
    }

    /** Levenshtein's distance, a row at a time. */
    private static int distance(String a, String b) {
        if (a.length() > 100) {
            return Integer.MAX_VALUE;
        }
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
