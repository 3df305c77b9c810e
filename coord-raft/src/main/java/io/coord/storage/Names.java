package io.coord.storage;

import java.util.HexFormat;
import java.util.List;

/** The names of a directory's files. */
final class Names {

    static final String LOCK = "lock";
    static final String OWNER = "owner";
    static final String IDENTITY = "identity";
    static final String CONTROL = "control";
    static final String SPARE = "spare";
    static final String TEMPORARY = ".tmp";
    static final String RECEIVED = ".received";
    static final String DAMAGED = ".damaged";

    private static final String SEGMENT = "log-";
    private static final String SNAPSHOT = "snapshot-";
    private static final int HEX_DIGITS = 16;
    private static final HexFormat HEX = HexFormat.of();

    private Names() {}

    static String segment(long id) {
        return SEGMENT + HEX.toHexDigits(id);
    }

    static String snapshot(long index, long term) {
        return SNAPSHOT + HEX.toHexDigits(index) + "-" + HEX.toHexDigits(term);
    }

    static boolean isSegment(String name) {
        return name.startsWith(SEGMENT) && name.length() == SEGMENT.length() + HEX_DIGITS && isHex(name, SEGMENT.length());
    }

    static long segmentId(String name) {
        return HexFormat.fromHexDigitsToLong(name, SEGMENT.length(), name.length());
    }

    static boolean isSnapshot(String name) {
        int termAt = SNAPSHOT.length() + HEX_DIGITS + 1;
        return name.startsWith(SNAPSHOT)
                && name.length() == termAt + HEX_DIGITS
                && name.charAt(termAt - 1) == '-'
                && isHex(name, SNAPSHOT.length())
                && isHex(name, termAt);
    }

    static long snapshotIndex(String name) {
        return HexFormat.fromHexDigitsToLong(name, SNAPSHOT.length(), SNAPSHOT.length() + HEX_DIGITS);
    }

    static long snapshotTerm(String name) {
        return HexFormat.fromHexDigitsToLong(name, SNAPSHOT.length() + HEX_DIGITS + 1, name.length());
    }

    static boolean isUnfinished(String name) {
        return name.endsWith(TEMPORARY) || name.endsWith(RECEIVED);
    }

    /** A damaged file that was replaced, kept as evidence. */
    static boolean isQuarantined(String name) {
        return name.endsWith(DAMAGED);
    }

    /** The files in a directory that no member wrote; a file system's own and hidden ones do not count. */
    static List<String> strangers(List<String> names) {
        return names.stream().filter(name -> !isKnown(name)).toList();
    }

    private static boolean isKnown(String name) {
        return switch (name) {
            case LOCK, OWNER, IDENTITY, CONTROL, SPARE, "lost+found" -> true;
            default -> name.startsWith(".") || isSegment(name) || isSnapshot(name) || isUnfinished(name) || isQuarantined(name);
        };
    }

    private static boolean isHex(String name, int from) {
        for (int at = from; at < from + HEX_DIGITS; at++) {
            char digit = name.charAt(at);
            if (!(digit >= '0' && digit <= '9' || digit >= 'a' && digit <= 'f')) {
                return false;
            }
        }
        return true;
    }
}
