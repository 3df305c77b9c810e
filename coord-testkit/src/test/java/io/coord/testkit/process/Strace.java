package io.coord.testkit.process;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A process whose every force of a file is answered by strace, or held up by it; where that may not attach, the test is skipped. */
final class Strace implements AutoCloseable {
    private static final String FORCES = "fsync,fdatasync";

    private final Process strace;

    private Strace(Process strace) {
        this.strace = strace;
    }

    /** Returns once it is so, by strace's word for it: {@code error=EIO}, {@code delay_enter=MICROSECONDS}. */
    static Strace answeringForces(ServerProcess process, String injection) throws Exception {
        CompletableFuture<Boolean> attached = new CompletableFuture<>();
        Process strace;
        try {
            strace = new ProcessBuilder("strace", "-f", "-o", "/dev/null", "-p", Long.toString(process.pid()),
                    "-e", "trace=" + FORCES, "-e", "inject=" + FORCES + ":" + injection).redirectErrorStream(true).start();
        } catch (IOException e) {
            assumeTrue(false, "skipped: there is no strace here (" + e.getMessage() + ")");
            throw e;
        }
        Thread ear = new Thread(() -> {
            try (BufferedReader in = strace.inputReader(StandardCharsets.UTF_8)) {
                String line;
                while ((line = in.readLine()) != null) {
                    if (line.contains("attached")) {
                        attached.complete(true);
                    }
                }
            } catch (IOException e) {
                // it was ended under the reader
            }
            attached.complete(false);
        }, "strace");
        ear.setDaemon(true);
        ear.start();
        assumeTrue(attached.get(ServerProcess.PATIENCE_SECONDS, TimeUnit.SECONDS), "skipped: strace may not attach to a process here");
        return new Strace(strace);
    }

    /** The process, if it still runs, goes on by itself. */
    @Override
    public void close() throws InterruptedException {
        strace.destroy();
        strace.waitFor();
    }
}
