package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.storage.Disk;
import io.coord.storage.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Power cuts at random calls, with a random part of what was not forced on the disk (fault.D1, fault.D2, fault.D14). */
class PowerCutTest {

    private static final int CUTS_PER_RUN = 5;

    @Test
    @DisplayName("inv.D-a, inv.D-b, fault.D1, fault.D2, fault.D14: 500 power cuts lose nothing that was reported")
    void powerCutsLoseNothingThatWasReported() {
        assertThat(runs(1, 100, disk -> disk)).isGreaterThan(500);
    }

    @Test
    @Tag("bars")
    @DisplayName("inv.D-a, inv.D-b, fault.D1, fault.D2, fault.D14: 10,000 power cuts lose nothing that was reported")
    void tenThousandPowerCutsLoseNothingThatWasReported() {
        assertThat(runs(1000, 2000, disk -> disk)).isGreaterThan(10_000);
    }

    @Test
    @DisplayName("B46: without the force of files the same runs fail")
    void withoutTheForceOfFilesTheSameRunsFail() {
        assertThatThrownBy(() -> runs(1, 100, disk -> new Forgetful(disk, true, false)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("seed");
    }

    @Test
    @DisplayName("B46, fault.D14: without the force of names the same runs fail")
    void withoutTheForceOfNamesTheSameRunsFail() {
        assertThatThrownBy(() -> runs(1, 100, disk -> new Forgetful(disk, false, true)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("seed");
    }

    private static int runs(long firstSeed, int count, UnaryOperator<Disk> around) {
        int recoveries = 0;
        for (long seed = firstSeed; seed < firstSeed + count; seed++) {
            recoveries += new PowerCutRun(seed, CUTS_PER_RUN, around).run();
        }
        return recoveries;
    }

    /** A disk that is told to force and does not. */
    private record Forgetful(Disk disk, boolean isOfFiles, boolean isOfNames) implements Disk {
        @Override
        public void lock() throws IOException {
            disk.lock();
        }

        @Override
        public List<String> list() throws IOException {
            return disk.list();
        }

        @Override
        public DiskFile open(String name) throws IOException {
            return new ForgetfulFile(disk.open(name), isOfFiles);
        }

        @Override
        public DiskFile create(String name) throws IOException {
            return new ForgetfulFile(disk.create(name), isOfFiles);
        }

        @Override
        public void rename(String from, String to) throws IOException {
            disk.rename(from, to);
        }

        @Override
        public void delete(String name) throws IOException {
            disk.delete(name);
        }

        @Override
        public void force() throws IOException {
            if (!isOfNames) {
                disk.force();
            }
        }

        @Override
        public ByteBuffer buffer(int sizeBytes) {
            return disk.buffer(sizeBytes);
        }

        @Override
        public String place(String name) {
            return disk.place(name);
        }

        @Override
        public String place() {
            return disk.place();
        }

        @Override
        public void close() throws IOException {
            disk.close();
        }
    }

    private record ForgetfulFile(DiskFile file, boolean isForgetful) implements DiskFile {
        @Override
        public int write(ByteBuffer from, long offset) throws IOException {
            return file.write(from, offset);
        }

        @Override
        public int read(ByteBuffer to, long offset) throws IOException {
            return file.read(to, offset);
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            file.truncate(sizeBytes);
        }

        @Override
        public void force(boolean metadata) throws IOException {
            if (!isForgetful) {
                file.force(metadata);
            }
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
