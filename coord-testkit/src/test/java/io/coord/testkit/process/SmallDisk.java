package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;

/** A small file system in memory in place of a directory, with what was in it; where none may be mounted, the test is skipped. */
final class SmallDisk implements AutoCloseable {
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
