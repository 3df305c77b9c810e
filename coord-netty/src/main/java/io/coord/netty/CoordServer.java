package io.coord.netty;

import io.coord.ConfigException;
import io.coord.ErrorCode;
import io.coord.MemberId;
import io.coord.MemberStatus;
import io.coord.ensemble.DataDirectory;
import io.coord.ensemble.Member;
import io.coord.netty.peer.EventLoops;
import io.coord.netty.server.Arguments;
import io.coord.netty.server.ConsoleLogs;
import io.coord.netty.server.ServerSettings;
import io.coord.netty.server.SettingsReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.security.auth.login.Configuration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member that runs by itself, as a process.
 *
 * <pre>{@code
 * java -jar coord-server.jar --id 1 --members 1=localhost:7101:2181,2=localhost:7102:2182,3=localhost:7103:2183 --data-dir /var/lib/coord
 * }</pre>
 *
 * <p>It stays in the foreground, logs to standard output and says in one line when it serves, and where. SIGTERM and SIGINT hand
 * leadership over and close it; it ends with 0 then, with 1 if it could not start or had to stop, and with 2 if what it was told makes no
 * sense. What it can be told is printed by {@code --help}.
 */
public final class CoordServer {

    private static final int STOPPED = 0;
    private static final int FAILED = 1;
    private static final int MISTAKEN = 2;

    private static final long FIRST_LOOKS_MILLIS = 20;
    private static final long LATER_LOOKS_MILLIS = 250;
    private static final long FIRST_WORD_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long LATER_WORDS_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long HANDOVER_MILLIS_MAX = 3_000;
    private static final long CLOSE_SECONDS_MAX = 30;

    /** Not a static one: what logs is chosen when the process begins. */
    private final Logger log = LoggerFactory.getLogger("io.coord.server");

    private final ServerSettings settings;
    private final Doors doors;
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile int exitCode = FAILED;

    private CoordServer(ServerSettings settings) {
        this.settings = settings;
        this.doors = new Doors(settings, logins(settings.door().sasl().section()));
    }

    /** Named to the JVM, as for ZooKeeper's server: a process of its own may read what a library must not. */
    private static JaasSection logins(String section) {
        String file = System.getProperty("java.security.auth.login.config");
        if (file == null) {
            return JaasSection.NONE;
        }
        try {
            return JaasSection.of(Configuration.getConfiguration(), section);
        } catch (SecurityException e) {
            throw new ConfigException("what the server was told", List.of(new ConfigException.Mistake(ErrorCode.UNREADABLE_FILE,
                    "cannot read " + file + ", which java.security.auth.login.config names: " + e.getMessage())));
        }
    }

    /** Runs a member until it is told to stop; ends the process. */
    public static void main(String[] words) {
        ConsoleLogs.choose();
        int code = run(List.of(words), System.out, System.err, CoordServer::stopWithTheProcess);
        System.exit(code);
    }

    /** How a server learns that it is to stop. */
    interface Stopping {
        void arrange(CoordServer server);
    }

    /** Runs a member, or the command that the first word names; returns the exit code. */
    static int run(List<String> words, PrintStream out, PrintStream err, Stopping stopping) {
        String verb = words.isEmpty() ? "" : words.get(0);
        switch (verb) {
            case "import":
                return ImportZooKeeper.run(words.subList(1, words.size()), out, err);
            case "export":
                return ExportZooKeeper.run(words.subList(1, words.size()), out, err);
            case "backup":
                return BackupCommand.run(words.subList(1, words.size()), out, err);
            case "inspect":
            case "restore":
                return DataDirectory.run(words, out, err);
            default:
                return serve(words, out, err, stopping);
        }
    }

    private static int serve(List<String> words, PrintStream out, PrintStream err, Stopping stopping) {
        Arguments arguments = Arguments.parse(words);
        if (arguments.isHelp()) {
            out.print(Arguments.USAGE);
            return STOPPED;
        }
        if (arguments.isVersion()) {
            String version = CoordServer.class.getPackage().getImplementationVersion();
            out.println("coord " + (version == null ? "of no version" : version));
            return STOPPED;
        }
        try {
            CoordServer server = new CoordServer(SettingsReader.read(arguments));
            stopping.arrange(server);
            return server.serve();
        } catch (ConfigException e) {
            err.println(e.getMessage());
            return MISTAKEN;
        }
    }

    /** Ends the process with 0 and not with the signal's number, when it was a signal that asked. */
    private static void stopWithTheProcess(CoordServer server) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(server.stop()), "coord-server-stop"));
    }

    // ------------------------------------------------------------------------------------------------ its life

    /** Asks the server to stop and waits until it has; returns the exit code. */
    int stop() {
        asked.countDown();
        try {
            return ended.await(CLOSE_SECONDS_MAX, TimeUnit.SECONDS) ? exitCode : FAILED;
        } catch (InterruptedException e) {
            return FAILED;
        }
    }

    private int serve() {
        try {
            exitCode = live();
        } catch (ConfigException e) {
            log.error("{}", e.getMessage());
        } catch (UncheckedIOException e) {
            log.error("{}", e.getCause().getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            boolean teaches = e.getMessage() != null && e.getMessage().startsWith("COORD-");
            log.error("member {} could not run: {}", settings.self(), e.getMessage(), teaches ? null : e);
        } finally {
            ended.countDown();
        }
        return exitCode;
    }

    private int live() throws InterruptedException {
        MemberId self = settings.self();
        settings.warnings().forEach(warning -> log.warn("{}", warning));
        doors.warnings().forEach(warning -> log.warn("{}", warning));
        try (Member member = doors.start()) {
            log.info("member {} of {} has started, by {}: {}", self, member.ensemble(), EventLoops.best(), doors);
            doors.requireOpenTo(member.ensemble());
            Differences.between(settings.ensemble(), member.ensemble()).forEach(difference -> log.warn("{}", difference));
            boolean wasAsked = awaitServing(member);
            if (!wasAsked) {
                awaitTheEnd(member);
            }
            if (hasLeft(member)) {
                log.error("member {} has to stop: {}", self, member.status().trouble().orElse("it takes no further part"));
                return FAILED;
            }
            log.info("member {} stops", self);
            handOver(member);
        }
        log.info("member {} has stopped", self);
        return STOPPED;
    }

    private void awaitTheEnd(Member member) throws InterruptedException {
        try (BackupDoor backups = openForBackups(member)) { // null, if there is none
            if (member.status().isServing()) {
                log.info("member {} serves: {}, data in {}", settings.self(), doors, settings.memberDirectory());
            }
            while (!hasLeft(member) && !asked.await(LATER_LOOKS_MILLIS, TimeUnit.MILLISECONDS)) {
                // Nothing has happened.
            }
        }
    }

    private @Nullable BackupDoor openForBackups(Member member) {
        try {
            return BackupDoor.open(member, settings.memberDirectory());
        } catch (IOException | UnsupportedOperationException e) {
            log.warn("there will be no backups by command: {} cannot be a socket: {}",
                    BackupDoor.socket(settings.memberDirectory()), e.getMessage());
            return null;
        }
    }

    /** Waits until the member serves, has left, or is to stop, and says now and then what is missing; returns whether it is to stop. */
    private boolean awaitServing(Member member) throws InterruptedException {
        long tellNanos = System.nanoTime() + FIRST_WORD_NANOS;
        while (!member.status().isServing() && !hasLeft(member)) {
            if (asked.await(FIRST_LOOKS_MILLIS, TimeUnit.MILLISECONDS)) {
                return true;
            }
            if (System.nanoTime() - tellNanos > 0) {
                log.info("member {} does not serve yet: {}", settings.self(), member.status().trouble().orElse("it is about to"));
                tellNanos = System.nanoTime() + LATER_WORDS_NANOS;
            }
        }
        return false;
    }

    private static boolean hasLeft(Member member) {
        return member.status().role() == MemberStatus.Role.LEFT;
    }

    /** Spares the others an election: they have their next leader before this one is gone. */
    private void handOver(Member member) throws InterruptedException {
        if (member.ensemble().voters().size() == 1 || !member.transferLeadership()) {
            return;
        }
        CountDownLatch never = new CountDownLatch(1);
        for (long waited = 0; waited < HANDOVER_MILLIS_MAX && member.status().role() == MemberStatus.Role.LEADER;) {
            never.await(FIRST_LOOKS_MILLIS, TimeUnit.MILLISECONDS);
            waited += FIRST_LOOKS_MILLIS;
        }
        if (member.status().role() != MemberStatus.Role.LEADER) {
            log.info("member {} has handed leadership over", settings.self());
        }
    }
}
