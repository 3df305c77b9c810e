package io.coord.testkit.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A server's process: what it is started with, what it says, and its end. Killed at the latest when this JVM ends. */
final class ServerProcess implements AutoCloseable {

    static final long PATIENCE_SECONDS = 90;

    private static final long STACKS_NANOS = 2_000_000_000L;
    private static final Pattern SERVES = Pattern.compile("serves: clients at \\S*?:(\\d+)");

    private final List<String> command;
    private final Path directory;
    private final Path log;
    private @Nullable Process process;
    private @Nullable Thread listener;
    private @Nullable Thread lastWill;
    private CompletableFuture<Integer> serving = new CompletableFuture<>();
    private final StringBuilder said = new StringBuilder();

    /**
     * A process that does not run yet.
     *
     * @param directory where it is started
     * @param log what it says is appended to
     */
    ServerProcess(List<String> command, Path directory, Path log) {
        this.command = List.copyOf(command);
        this.directory = directory;
        this.log = log;
    }

    /** Starts it; returns at once. */
    synchronized void start() {
        if (isAlive()) {
            throw new IllegalStateException("it runs already: " + command);
        }
        try {
            Files.createDirectories(directory);
            Files.createDirectories(log.getParent());
            CompletableFuture<Integer> soon = new CompletableFuture<>();
            synchronized (said) {
                said.setLength(0);
            }
            Process started = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
            Thread will = new Thread(started::destroyForcibly);
            Runtime.getRuntime().addShutdownHook(will);
            Thread ear = new Thread(() -> listen(started, soon), "server-" + log.getFileName());
            ear.setDaemon(true);
            ear.start();
            process = started;
            listener = ear;
            lastWill = will;
            serving = soon;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void listen(Process started, CompletableFuture<Integer> soon) {
        try (BufferedReader in = started.inputReader(StandardCharsets.UTF_8);
                Writer out = Files.newBufferedWriter(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            String line;
            while ((line = in.readLine()) != null) {
                out.write(line + "\n");
                out.flush();
                synchronized (said) {
                    said.append(line).append('\n');
                    said.notifyAll();
                }
                Matcher serves = SERVES.matcher(line);
                if (serves.find()) {
                    soon.complete(Integer.parseInt(serves.group(1)));
                }
            }
        } catch (IOException e) {
            // its end was closed under the reader: it was killed
        } finally {
            soon.completeExceptionally(new IllegalStateException("it ended before it served"));
        }
    }

    /** Waits until it serves; returns its client port. */
    int awaitServing() throws InterruptedException {
        try {
            return serving.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            if (e instanceof TimeoutException && isAlive()) {
                signal("QUIT"); // for its stacks, which it prints
                LockSupport.parkNanos(STACKS_NANOS);
            }
            throw new AssertionError("a server does not serve: " + e.getMessage() + "; it said\n" + said(), e);
        }
    }

    /** Waits until it has said this, since it was started. */
    void awaitSaid(String text) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        synchronized (said) {
            while (said.indexOf(text) < 0) {
                long leftMillis = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
                if (leftMillis <= 0) {
                    throw new AssertionError("a server does not say \"" + text + "\"; it said\n" + said);
                }
                said.wait(leftMillis);
            }
        }
    }

    /** What it has said since it was started. */
    String said() {
        synchronized (said) {
            return said.toString();
        }
    }

    synchronized boolean isAlive() {
        Process running = process;
        return running != null && running.isAlive();
    }

    /** Its number to the kernel. */
    long pid() {
        return running().pid();
    }

    /** Whether it does not serve and is gone. */
    boolean hasFailed() {
        return serving.isCompletedExceptionally();
    }

    /** SIGKILL; returns when it is gone. */
    void kill() throws InterruptedException {
        Process running = running();
        running.destroyForcibly();
        awaitEnd(running);
    }

    /** SIGTERM; returns the exit code. */
    int terminate() throws InterruptedException {
        Process running = running();
        running.toHandle().destroy(); // the process itself would close its output, and nobody read its last words
        return awaitEnd(running);
    }

    /** Waits until it ends by itself; returns the exit code. */
    int awaitEnd() throws InterruptedException {
        return awaitEnd(running());
    }

    /** SIGSTOP: it is there, and does nothing. */
    void freeze() throws InterruptedException {
        signal("STOP");
    }

    /** SIGCONT. */
    void thaw() throws InterruptedException {
        signal("CONT");
    }

    /** Says a line to it. */
    synchronized void tell(String line) {
        try {
            Writer in = running().outputWriter(StandardCharsets.UTF_8);
            in.write(line + "\n");
            in.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void signal(String name) throws InterruptedException {
        try {
            Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(running().pid())).inheritIO().start();
            if (kill.waitFor() != 0) {
                throw new AssertionError("kill -" + name + " failed");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private synchronized Process running() {
        Process running = process;
        if (running == null) {
            throw new IllegalStateException("it was never started");
        }
        return running;
    }

    private int awaitEnd(Process running) throws InterruptedException {
        if (!running.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("a server does not end; it said\n" + said());
        }
        Thread ear = listener;
        if (ear != null) {
            ear.join();
        }
        Thread will = lastWill;
        if (will != null) {
            Runtime.getRuntime().removeShutdownHook(will);
            lastWill = null;
        }
        return running.exitValue();
    }

    @Override
    public void close() {
        Process running = process;
        if (running == null) {
            return;
        }
        running.destroyForcibly();
        try {
            awaitEnd(running);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The {@code java} of the JDK that runs this one. */
    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** The beginning of a command that starts a small JVM, of the JDK that runs this one. */
    static List<String> java(Path temporary) {
        return new ArrayList<>(List.of(
                java(),
                "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-XX:-UsePerfData",
                "-Djava.io.tmpdir=" + temporary));
    }

    /**
     * The same for one that is not small: a heap of so many megabytes, the collector and compilers that a JVM chooses by itself, and pauses
     * well below an election timeout.
     */
    static List<String> java(Path temporary, int heap) {
        return new ArrayList<>(List.of(
                java(),
                "-Xmx" + heap + "m", "-XX:MaxGCPauseMillis=50", "-Xshare:auto", "-XX:-UsePerfData", "-Djava.io.tmpdir=" + temporary));
    }
}
