package io.coord.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is just allowed and what is not, and the words for it. */
class LimitsTest {

    @TempDir
    Path directory;

    @Test
    @DisplayName("each size may be as small, or large, as it is said to, and no more")
    void sizesMayBeWhatTheyAreSaidToBe() {
        StorageOptions usual = StorageOptions.DEFAULT;

        assertThat(usual.withSegmentBytes(8192).segmentBytes()).isEqualTo(8192);
        assertThat(usual.withGroupBytesMax(1).groupBytesMax()).isEqualTo(1);
        assertThat(usual.withPayloadBytesMax(1).payloadBytesMax()).isEqualTo(1);
        assertThat(usual.withPayloadBytesMax(1 << 30).payloadBytesMax()).isEqualTo(1 << 30);
        assertThat(usual.withSnapshotsRetained(1).snapshotsRetained()).isEqualTo(1);
        assertThat(usual.withBackgroundBytesPerSecondMax(1).backgroundBytesPerSecondMax()).isEqualTo(1);
        assertThatIllegalArgumentException().isThrownBy(() -> usual.withSegmentBytes(8192 - 512))
                .withMessage("segmentBytes is 7680; it must be a multiple of 512, at least 8192");
        assertThatIllegalArgumentException().isThrownBy(() -> usual.withSegmentBytes(8193));
        assertThatIllegalArgumentException().isThrownBy(() -> usual.withGroupBytesMax(0));
        assertThatIllegalArgumentException().isThrownBy(() -> usual.withPayloadBytesMax(0));
        assertThatIllegalArgumentException().isThrownBy(() -> usual.withPayloadBytesMax((1 << 30) + 1));
        assertThatIllegalArgumentException().isThrownBy(() -> usual.withSnapshotsRetained(0));
        assertThatIllegalArgumentException().isThrownBy(() -> usual.withBackgroundBytesPerSecondMax(0));
    }

    @Test
    @DisplayName("what failed is told in words, also where the system has none")
    void whatFailedIsToldInWords() {
        assertThat(Trouble.reason(new AccessDeniedException("f"))).isEqualTo("permission denied for f");
        assertThat(Trouble.reason(new NoSuchFileException("f"))).isEqualTo("there is no f");
        assertThat(Trouble.reason(new FileSystemException("f", null, "odd"))).isEqualTo("f: odd");
        assertThat(Trouble.reason(new FileSystemException("f"))).isEqualTo("f: FileSystemException");
        assertThat(Trouble.reason(new IOException("why"))).isEqualTo("why");
        assertThat(Trouble.reason(new IOException())).isEqualTo("java.io.IOException");
        assertThat(Trouble.inUse("/d", null)).hasMessageContaining("is in use by another process. Stop");
        assertThat(Trouble.inUse("/d", "process 7")).hasMessageContaining("is in use by process 7. Stop");
    }

    /** A file that gives and takes three bytes at a time, at most so many in all. */
    private static final class Slow implements DiskFile {
        private final byte[] content = new byte[20];
        private final int most;

        Slow(int most) {
            this.most = most;
        }

        @Override
        public int write(ByteBuffer from, long offset) {
            int count = Math.min(Math.min(3, from.remaining()), most - (int) offset);
            from.get(content, (int) offset, count);
            return count;
        }

        @Override
        public int read(ByteBuffer to, long offset) {
            int count = Math.min(Math.min(3, to.remaining()), most - (int) offset);
            if (count <= 0) {
                return -1;
            }
            to.put(content, (int) offset, count);
            return count;
        }

        @Override
        public long size() {
            return most;
        }

        @Override
        public void truncate(long sizeBytes) {}

        @Override
        public void force(boolean metadata) {}

        @Override
        public void close() {}
    }

    @Test
    @DisplayName("fault.D3: short reads and writes are made whole from where they stopped, and a disk that takes nothing fails")
    void shortReadsAndWritesAreMadeWhole() throws IOException {
        Slow file = new Slow(12);
        file.writeFully(ByteBuffer.wrap(new byte[] {9, 1, 2, 3, 4, 5, 6, 7}, 1, 7), 2);
        ByteBuffer read = ByteBuffer.allocate(9).position(1);

        assertThat(file.readFully(read, 2)).isEqualTo(8);
        assertThat(read.array()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 0);
        assertThat(file.readFully(ByteBuffer.allocate(9).position(1), 8)).as("to the end").isEqualTo(4);
        assertThatThrownBy(() -> file.writeFully(ByteBuffer.allocate(5), 8))
                .isInstanceOf(IOException.class)
                .hasMessage("the disk took 0 of 1 bytes at offset 12");
    }

    @Test
    @DisplayName("the log's tail has its start and its end, and forgets all of it, or nothing")
    void theTailHasItsStartAndItsEnd() {
        Tail tail = new Tail();
        tail.reset(10, 1, 7);
        assertThat(tail.toString()).isEqualTo("(a, a]");
        for (int at = 11; at <= 200; at++) {
            tail.append(at, at);
        }
        tail.forgetThrough(10);
        tail.forgetThrough(201);
        assertThat(tail.startIndex()).isEqualTo(10);
        tail.forgetThrough(11);
        assertThat(tail.toString()).isEqualTo("(b, c8]");
        assertThat(tail.termAt(11)).isEqualTo(11);
        tail.forgetThrough(200);
        assertThat(tail.toString()).isEqualTo("(c8, c8]");
        assertThat(tail.lastTerm()).isEqualTo(200);
        assertThatThrownBy(() -> tail.termAt(199)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> tail.chainAt(201)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    @DisplayName("fault.D8: a record that just fills its blocks takes no more, and comes back, as an empty one does")
    void aRecordThatJustFillsItsBlocks() throws IOException {
        FileDisk disk = new FileDisk(directory);
        int head = 16 + 4 + 4 + 8;
        for (int length : new int[] {0, 4096 - head, 4096 - head + 1, 8192 - head}) {
            TwinFile twin = new TwinFile(disk, "twin", 5);
            twin.make(ByteBuffer.wrap(new byte[length]));
            int blocks = Math.max(1, (head + length + 4095) / 4096);
            try (DiskFile file = disk.open("twin")) {
                assertThat(file.size()).as("of " + length).isEqualTo(2L * blocks * 4096);
            }
            TwinFile again = new TwinFile(disk, "twin", 5);
            assertThat(again.read()).as("of " + length).isEqualTo(ByteBuffer.wrap(new byte[length]));
            assertThat(again.copiesBad()).isZero();
        }
    }
}
