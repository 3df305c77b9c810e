package io.coord.netty.server;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * Where a server's log goes unless it is told otherwise: to standard output, a line for each event. A general back end takes as long to
 * read its configuration as a server of some thousand nodes takes to start.
 */
public final class ConsoleLogs implements SLF4JServiceProvider {

    /** How much is said: the name of a level, INFO unless given. */
    public static final String LEVEL = "coord.log";

    private static final String PROVIDER = "slf4j.provider";
    private static final String OTHER_CONFIGURATION = "logback.configurationFile";
    private static final String QUIET_CHOICE = "slf4j.internal.verbosity";
    private static final Level DEFAULT = Level.INFO;

    private final Map<String, Logger> loggers = new ConcurrentHashMap<>();
    private final IMarkerFactory markers = new BasicMarkerFactory();
    private final MDCAdapter contexts = new NOPMDCAdapter();
    private final Level least = level(System.getProperty(LEVEL));

    /** For SLF4J. */
    public ConsoleLogs() {}

    /** Chooses this back end for the process, unless another one has been chosen or configured. To be called before anything logs. */
    public static void choose() {
        if (System.getProperty(PROVIDER) == null && System.getProperty(OTHER_CONFIGURATION) == null) {
            System.setProperty(PROVIDER, ConsoleLogs.class.getName());
            System.setProperty(QUIET_CHOICE, Level.WARN.name());
        }
    }

    private static Level level(String name) {
        try {
            return name == null ? DEFAULT : Level.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException unknown) {
            return DEFAULT;
        }
    }

    @Override
    public ILoggerFactory getLoggerFactory() {
        return name -> loggers.computeIfAbsent(name, own -> new ConsoleLogger(own, levelOf(own), System.out));
    }

    /** Netty tells at DEBUG and INFO what concerns nobody here. */
    private Level levelOf(String name) {
        boolean isNetty = name.startsWith("io.netty.");
        return isNetty && least.toInt() < Level.WARN.toInt() ? Level.WARN : least;
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
        return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
        return contexts;
    }

    @Override
    public String getRequestedApiVersion() {
        return "2.0";
    }

    @Override
    public void initialize() {
        // Everything is there.
    }
}
