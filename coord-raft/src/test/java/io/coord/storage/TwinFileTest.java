package io.coord.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TwinFileTest {

    private static final long MAGIC = 0x1122334455667788L;

    @TempDir
    Path directory;

    private FileDisk disk;

    @BeforeEach
    void made() throws IOException {
        disk = new FileDisk(directory);
        TwinFile twin = new TwinFile(disk, "twin", MAGIC);
        twin.make(text("one"));
        twin.save(text("two"));
    }

    @Test
    void theLastRecordIsRead() throws IOException {
        assertThat(read()).isEqualTo("two");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4096})
    @DisplayName("fault.D8: either copy is enough")
    void eitherCopyIsEnough(int copyAt) throws IOException {
        spoil(copyAt + 33);

        TwinFile twin = new TwinFile(disk, "twin", MAGIC);
        assertThat(StandardCharsets.UTF_8.decode(twin.read()).toString()).isEqualTo("two");
        assertThat(twin.copiesBad()).isEqualTo(1);

        twin.save(text("six"));
        assertThat(read()).isEqualTo("six");
    }

    @Test
    @DisplayName("fault.D8: without a whole copy there is no record")
    void withoutAWholeCopyThereIsNoRecord() throws IOException {
        spoil(33);
        spoil(4096 + 33);

        assertThat(new TwinFile(disk, "twin", MAGIC).read()).isNull();
    }

    @Test
    @DisplayName("fault.D2: a crash between the copies leaves the newer one")
    void aCrashBetweenTheCopiesLeavesTheNewerOne() throws IOException {
        ByteBuffer older = ByteBuffer.allocate(4096);
        try (DiskFile file = disk.open("twin")) {
            file.readFully(older, 4096);
        }
        TwinFile twin = new TwinFile(disk, "twin", MAGIC);
        twin.read();
        twin.save(text("ten"));
        try (DiskFile file = disk.open("twin")) {
            file.writeFully(older.flip(), 4096);
        }
        assertThat(read()).isEqualTo("ten");
    }

    @Test
    void anotherKindOfFileIsNone() throws IOException {
        assertThat(new TwinFile(disk, "twin", MAGIC + 1).read()).isNull();
    }

    @Test
    void aLongRecordHasCopiesOfSeveralBlocks() throws IOException {
        TwinFile twin = new TwinFile(disk, "long", MAGIC);
        twin.make(text("x".repeat(10_000)));

        assertThat(StandardCharsets.UTF_8.decode(new TwinFile(disk, "long", MAGIC).read()).toString()).hasSize(10_000);
        try (DiskFile file = disk.open("long")) {
            assertThat(file.size()).isEqualTo(2 * 3 * 4096);
        }
    }

    private String read() throws IOException {
        return StandardCharsets.UTF_8.decode(new TwinFile(disk, "twin", MAGIC).read()).toString();
    }

    private void spoil(int offset) throws IOException {
        try (DiskFile file = disk.open("twin")) {
            file.writeFully(ByteBuffer.wrap(new byte[] {(byte) 0xa5}), offset);
        }
    }

    private static ByteBuffer text(String text) {
        return StandardCharsets.UTF_8.encode(text);
    }
}
