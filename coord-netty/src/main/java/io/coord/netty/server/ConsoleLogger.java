package io.coord.netty.server;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.LocalDateTime;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/** Prints events: {@code 2026-11-29 05:54:58.705 INFO  server - member 1 serves}, and what was thrown below. */
final class ConsoleLogger extends LegacyAbstractLogger {

    private static final long serialVersionUID = 1L;

    private final transient PrintStream out;
    private final Level least;
    private final String shortName;

    ConsoleLogger(String name, Level least, PrintStream out) {
        this.name = name;
        this.least = least;
        this.out = out;
        this.shortName = name.substring(name.lastIndexOf('.') + 1);
    }

    private boolean says(Level level) {
        return level.toInt() >= least.toInt();
    }

    @Override
    public boolean isTraceEnabled() {
        return says(Level.TRACE);
    }

    @Override
    public boolean isDebugEnabled() {
        return says(Level.DEBUG);
    }

    @Override
    public boolean isInfoEnabled() {
        return says(Level.INFO);
    }

    @Override
    public boolean isWarnEnabled() {
        return says(Level.WARN);
    }

    @Override
    public boolean isErrorEnabled() {
        return says(Level.ERROR);
    }

    @Override
    protected @Nullable String getFullyQualifiedCallerName() {
        return null; // lines name no place in the source
    }

    @Override
    protected void handleNormalizedLoggingCall(
            Level level, @Nullable Marker marker, String pattern, Object @Nullable [] arguments, @Nullable Throwable thrown) {
        StringWriter text = new StringWriter();
        appendTime(text.getBuffer(), LocalDateTime.now());
        text.append(' ').append(level.name()).append(level.name().length() < 5 ? "  " : " ").append(shortName).append(" - ");
        text.append(MessageFormatter.basicArrayFormat(pattern, arguments)).append(System.lineSeparator());
        if (thrown != null) {
            thrown.printStackTrace(new PrintWriter(text, true));
        }
        out.print(text); // at once: lines of several threads do not mix
        out.flush();
    }

    /** By hand: the JDK's formatter of dates takes longer to load than all the rest of a log. */
    private static void appendTime(StringBuffer to, LocalDateTime time) {
        appendNumber(to, time.getYear(), 4);
        appendNumber(to.append('-'), time.getMonthValue(), 2);
        appendNumber(to.append('-'), time.getDayOfMonth(), 2);
        appendNumber(to.append(' '), time.getHour(), 2);
        appendNumber(to.append(':'), time.getMinute(), 2);
        appendNumber(to.append(':'), time.getSecond(), 2);
        appendNumber(to.append('.'), time.getNano() / 1_000_000, 3);
    }

    private static void appendNumber(StringBuffer to, int number, int digits) {
        String text = Integer.toString(number);
        for (int missing = digits - text.length(); missing > 0; missing--) {
            to.append('0');
        }
        to.append(text);
    }
}
