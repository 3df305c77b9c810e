package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage.Batch;
import io.coord.ensemble.spi.Storage.Done;
import io.coord.ensemble.spi.Storage.StoredEntry;
import io.coord.storage.FileStorage;
import io.coord.storage.StorageOptions;
import io.coord.testkit.sim.SimDisk;
import io.coord.testkit.sim.SimLane;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How long the files are that a log begins: with a spare at hand, without one, and with little room left (decision 033). */
class OutrunTest {

    private static final int SEGMENT_BYTES = 16 << 10;
    private static final int ENTRY_BYTES = 4 << 10;

    private final SimDisk disk = new SimDisk(7);
    private final SimLane logLane = new SimLane();
    private final SimLane backgroundLane = new SimLane();
    private final FileStorage storage = FileStorage.on(
            disk, StorageOptions.DEFAULT.withSegmentBytes(SEGMENT_BYTES), logLane, backgroundLane, new SimLane());
    private long lastIndex;

    @Test
    void aLogThatKeepsPaceWithItsSparesHasFilesOfOneLength() throws IOException {
        begin();
        for (int i = 0; i < 20; i++) {
            append();
            backgroundLane.run();
            assertThat(sizeOfLastSegment()).isEqualTo(SEGMENT_BYTES);
        }
        assertThat(segments()).hasSizeGreaterThan(3);
    }

    @Test
    void aLogThatHasOutrunItsSpareBeginsAFileFourTimesAsLong() throws IOException {
        begin();
        appendUntilSegments(2);
        assertThat(sizeOfLastSegment()).as("the spare").isEqualTo(SEGMENT_BYTES);
        appendUntilSegments(3);
        assertThat(sizeOfLastSegment()).as("there was none").isEqualTo(4 * SEGMENT_BYTES);
        backgroundLane.run();
        appendUntilSegments(4);
        assertThat(sizeOfLastSegment()).as("there is one again").isEqualTo(SEGMENT_BYTES);
        assertThat(lastIndex - SmallStorage.ORIGIN).as("the long file was filled").isGreaterThan(15);
    }

    @Test
    void withLittleRoomTheFileIsNoLongerThanASegment() throws IOException {
        begin();
        appendUntilSegments(2);
        disk.capacity(disk.bytesUsed() + 3 * SEGMENT_BYTES);
        appendUntilSegments(3);
        assertThat(sizeOfLastSegment()).isEqualTo(SEGMENT_BYTES);
    }

    @Test
    void aLogThatStartsHasOutrunNothing() throws IOException {
        storage.open(); // and no spare is laid down yet
        identity();
        append();
        assertThat(sizeOfLastSegment()).isEqualTo(SEGMENT_BYTES);
    }

    private void begin() throws IOException {
        storage.open();
        backgroundLane.run();
        identity();
        append();
        backgroundLane.run();
    }

    private void identity() {
        storage.saveIdentity(SmallStorage.IDENTITY, done -> {});
        logLane.run();
    }

    private void append() {
        lastIndex = Math.max(lastIndex, SmallStorage.ORIGIN) + 1;
        List<Done> answers = new ArrayList<>();
        StoredEntry entry = new StoredEntry(lastIndex, 1, 0, 0, (byte) 1, Bytes.wrap(new byte[ENTRY_BYTES]));
        storage.write(new Batch(null, List.of(entry)), answers::add);
        logLane.run();
        assertThat(answers).hasSize(1);
    }

    private void appendUntilSegments(int count) throws IOException {
        while (segments().size() < count) {
            append();
        }
    }

    private List<String> segments() throws IOException {
        return disk.list().stream().filter(name -> name.startsWith("log-")).sorted().toList();
    }

    private int sizeOfLastSegment() throws IOException {
        List<String> segments = segments();
        return disk.content(segments.get(segments.size() - 1)).length;
    }
}
