package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Disks of processes that fail, by means of the kernel: strace, which answers system calls in its place, and a file system in memory that
 * is full. Where this user may not have them, the tests are skipped and say so.
 */
@Tag("bars")
@Timeout(300) // each step is a JVM's start on what may be a busy machine
class DiskFaultIT {

    private static final int CLIENTS = 3;
    private static final int LARGE = 600 << 10;
    private static final long SEGMENT = 16 << 20;
    private static final String FORCES = "fsync,fdatasync";

    @Test
    @DisplayName("fault.D10: a leader whose disk refuses a force stops and says which file; the others go on, and it catches up later")
    void aLeaderWhoseForceFails() throws Exception {
        try (ProcessEnsemble ensemble = ProcessEnsemble.of(3, "disk-eio", ProcessEnsemble.PATIENT);
                Workload workload = Workload.start(ensemble.connectString(), CLIENTS)) {
            int victim = ensemble.awaitLeader();
            try (Trace failing = Trace.of(ensemble.process(victim), "error=EIO")) {
                assertThat(ensemble.process(victim).awaitEnd()).as("exit code of member %s", victim).isEqualTo(1);
            }
            assertThat(ensemble.process(victim).said())
                    .contains("COORD-1066 cannot write " + ensemble.dataDirectory(victim), "Input/output error", "Check disk and free space");
            workload.awaitWrite(workload.acknowledged(), "without member " + victim);
            ensemble.restart(victim);
            assertThat(workload.verdict(ensemble)).isEmpty();
        }
    }

    @Test
    @DisplayName("fault.D11: a member whose disk is full stays and says so; the others go on, and with room again it catches up by itself")
    void aDiskThatIsFull() throws Exception {
        try (ProcessEnsemble ensemble = ProcessEnsemble.of(3, "disk-full", ProcessEnsemble.PATIENT);
                Workload workload = Workload.start(ensemble.connectString(), CLIENTS)) {
            int victim = ensemble.awaitLeader() % 3 + 1;
            ensemble.process(victim).terminate();
            try (SmallDisk disk = SmallDisk.at(ensemble.dataDirectory(victim).getParent())) {
                ensemble.restart(victim);
                disk.fill();
                ensemble.process(victim).awaitSaid("COORD-1068 the disk of data directory " + ensemble.dataDirectory(victim) + " is full");
                writeMore(ensemble.connectString(ensemble.awaitLeader()), 2 * SEGMENT);
                workload.awaitWrite(workload.acknowledged(), "with member " + victim + " waiting for room");
                assertThat(ensemble.process(victim).isAlive()).isTrue();
                disk.empty();
                ensemble.process(victim).awaitSaid("has room on its disk again");
                assertThat(workload.verdict(ensemble)).isEmpty();
                ensemble.kill(victim);
            }
        }
    }

    /** Large values, one after the other: more than the log of a member finds room for in what it has laid down. */
    private static void writeMore(String connectString, long bytes) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        try (ZooKeeper client = new ZooKeeper(connectString, 30_000, event -> connected.countDown())) {
            connected.await();
            String path = client.create("/large", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            for (long written = 0; written < bytes; written += LARGE) {
                client.setData(path, new byte[LARGE], -1);
            }
        }
    }

    // ------------------------------------------------------------------------------------------------ the kernel's help

    /** A process whose every force of a file is answered by strace. */
    private static final class Trace implements AutoCloseable {
        private final Process strace;

        private Trace(Process strace) {
            this.strace = strace;
        }

        /** Returns once it is so. */
        static Trace of(ServerProcess process, String injection) throws Exception {
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
            return new Trace(strace);
        }

        /** The process, if it still runs, goes on by itself. */
        @Override
        public void close() throws InterruptedException {
            strace.destroy();
            strace.waitFor();
        }
    }

    /** A file system in memory in place of a directory, with what was in it. */
    private static final class SmallDisk implements AutoCloseable {
        private static final int MEGABYTES = 96;
        private final Path directory;

        private SmallDisk(Path directory) {
            this.directory = directory;
        }

        static SmallDisk at(Path directory) throws Exception {
            Path aside = directory.resolveSibling(directory.getFileName() + "-aside");
            Files.move(directory, aside);
            Files.createDirectories(directory);
            boolean isMounted = run("mount", "-t", "tmpfs", "-o", "size=" + MEGABYTES + "m", "tmpfs", directory.toString()) == 0;
            assumeTrue(isMounted, "skipped: this user may not mount a file system");
            assertThat(run("cp", "-r", aside + "/.", directory.toString())).isZero();
            return new SmallDisk(directory);
        }

        private Path filler() {
            return directory.resolve("filler");
        }

        void fill() throws IOException {
            byte[] piece = new byte[4 << 10];
            try (OutputStream out = Files.newOutputStream(filler())) {
                while (true) {
                    out.write(piece);
                }
            } catch (IOException full) {
                assertThat(full).hasMessageContaining("No space left");
            }
        }

        void empty() throws IOException {
            Files.delete(filler());
        }

        @Override
        public void close() throws Exception {
            run("umount", "--lazy", directory.toString());
        }

        private static int run(String... words) throws Exception {
            try {
                return new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(Redirect.DISCARD).start().waitFor();
            } catch (IOException e) {
                return -1; // there is no such command
            }
        }
    }
}
