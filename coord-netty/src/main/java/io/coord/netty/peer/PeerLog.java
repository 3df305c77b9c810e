package io.coord.netty.peer;

import io.coord.MemberId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Tells the log what keeps members apart, or clients out, each thing once in a while: somebody who knocks every second is not worth a line each time
 * (fault.N9). Any thread may use it.
 */
public final class PeerLog {

    private static final long INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long DAY_NANOS = TimeUnit.DAYS.toNanos(1);
    private static final int SUBJECTS_MAX = 256;
    private static final int CHARS_MAX = 400;

    private final Logger logger;
    private final LongSupplier nanoTime;
    private final Map<String, Long> toldNanos = new LinkedHashMap<>();
    private final Map<String, Long> dailyNanos = new LinkedHashMap<>();
    private volatile String member = "?";

    /** A log that has told nothing yet. */
    public PeerLog(Logger logger, LongSupplier nanoTime) {
        this.logger = logger;
        this.nanoTime = nanoTime;
    }

    /** Names the member that opens each line. */
    public void of(MemberId self) {
        member = self.toString();
    }

    /** Tells an operator, unless the same subject was told within the last minute. */
    public void warn(String subject, String text) {
        if (isNews(subject)) {
            logger.warn("{} - {}", member, printable(text));
        }
    }

    /** The same of a text that is made only if it is told. */
    public void warn(String subject, Supplier<String> text) {
        if (isNews(subject)) {
            logger.warn("{} - {}", member, printable(text.get()));
        }
    }

    /** Tells what will pass, unless the same subject was told within the last minute. */
    void info(String subject, String text) {
        if (isNews(subject)) {
            logger.info("{} - {}", member, printable(text));
        }
    }

    /** Tells an operator, unless the same subject was told within the last day. */
    void daily(String subject, String text) {
        long now = nanoTime.getAsLong();
        boolean due;
        synchronized (this) {
            Long then = dailyNanos.get(subject);
            due = then == null || now - then >= DAY_NANOS;
            if (due) {
                dailyNanos.put(subject, now);
            }
        }
        if (due) {
            logger.warn("{} - {}", member, printable(text));
        }
    }

    /** Tells what only a developer looks at. */
    void debug(String text, @Nullable Throwable cause) {
        if (logger.isDebugEnabled()) {
            logger.debug("{} - {}", member, printable(text), cause);
        }
    }

    /** The subject is over: when it comes up again, it is news. */
    synchronized void forget(String subject) {
        toldNanos.remove(subject);
    }

    private synchronized boolean isNews(String subject) {
        long now = nanoTime.getAsLong();
        toldNanos.values().removeIf(then -> now - then >= INTERVAL_NANOS);
        return toldNanos.size() < SUBJECTS_MAX && toldNanos.putIfAbsent(subject, now) == null;
    }

    /** What others sent may be in it. */
    private static String printable(String text) {
        StringBuilder printable = new StringBuilder();
        for (int i = 0; i < Math.min(text.length(), CHARS_MAX); i++) {
            char c = text.charAt(i);
            printable.append(c < ' ' || c == '\u007f' ? '?' : c);
        }
        return text.length() > CHARS_MAX ? printable + "..." : printable.toString();
    }

    /** Why, in a line: the words of the innermost cause. */
    static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return words(cause);
    }

    /** Why, in a line: the words of what failed, and of all that was behind it. */
    public static String reasons(Throwable failure) {
        StringBuilder reasons = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String said = words(cause);
            if (reasons.indexOf(said) < 0) {
                reasons.append(reasons.isEmpty() ? "" : ": ").append(said);
            }
        }
        return reasons.toString();
    }

    private static String words(Throwable cause) {
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }
}
