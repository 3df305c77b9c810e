package io.coord.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage.StoredEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bytes of format version 1, and what does not pass for them. */
class FormatTest {

    private static final long MAGIC = 0x1122334455667788L;
    private static final SegmentHeader HEADER = new SegmentHeader(5, 99, 4, 3, 10, 1, 7, 8192, true);

    @TempDir
    Path directory;

    private final Crc crc = new Crc();

    @Test
    @DisplayName("fault.D19: a preamble is magic, version and a check; a newer version is told, whatever else is not it passes for none")
    void aPreambleIsMagicVersionAndCheck() throws IOException {
        ByteBuffer block = ByteBuffer.allocate(24);
        Format.putPreamble(block.position(8), MAGIC, crc);

        assertThat(block.position()).isEqualTo(24);
        assertThat(block.getLong(8)).isEqualTo(MAGIC);
        assertThat(block.getInt(16)).isEqualTo(1);
        assertThat(Format.hasPreamble(block.flip(), 8, MAGIC, crc, "place")).isTrue();
        assertThat(Format.hasPreamble(block, 8, MAGIC + 1, crc, "place")).isFalse();
        assertThat(Format.hasPreamble(block, 0, MAGIC, crc, "place")).isFalse();
        assertThat(Format.hasPreamble(block.duplicate().limit(23), 8, MAGIC, crc, "place")).isFalse();
        block.putInt(20, block.getInt(20) + 1);
        assertThat(Format.hasPreamble(block, 8, MAGIC, crc, "place")).isFalse();
        block.putInt(16, 0).putInt(20, crc.of(block, 8, 12));
        assertThat(Format.hasPreamble(block, 8, MAGIC, crc, "place")).as("no version is below 1").isFalse();
        block.putInt(16, 2).putInt(20, crc.of(block, 8, 12));
        assertThatThrownBy(() -> Format.hasPreamble(block, 8, MAGIC, crc, "place"))
                .hasMessageContaining("place has format version 2; this program knows versions up to 1");
    }

    @Test
    @DisplayName("zeros are zeros to their last byte, and not beyond")
    void zerosAreZerosToTheirLastByte() {
        for (int length = 0; length <= 20; length++) {
            ByteBuffer buffer = ByteBuffer.allocate(32);
            buffer.put(2, (byte) 1).put(3 + length, (byte) 1);
            assertThat(Format.isZero(buffer, 3, length)).as(length + " bytes").isTrue();
            assertThat(Format.isZero(buffer, 3, length + 1)).as(length + " bytes").isFalse();
        }
    }

    @Test
    void sizesAreRoundedUp() {
        assertThat(List.of(Format.sectors(0), Format.sectors(1), Format.sectors(512), Format.sectors(513))).containsExactly(0, 1, 1, 2);
        assertThat(List.of(Format.aligned8(0), Format.aligned8(1), Format.aligned8(8), Format.aligned8(9))).containsExactly(0, 8, 8, 16);
    }

    @Test
    @DisplayName("a segment's header stands in its first block: preamble, check, eight numbers, flags, and zeros to the end")
    void aSegmentsHeaderStandsInItsFirstBlock() throws IOException {
        ByteBuffer block = ByteBuffer.allocate(SegmentHeader.BYTES);
        java.util.Arrays.fill(block.array(), (byte) 0x55);
        HEADER.encode(block, crc);

        assertThat(block.position()).isZero();
        assertThat(block.limit()).isEqualTo(4096);
        long[] numbers = {5, 99, 4, 3, 10, 1, 7, 8192};
        for (int at = 0; at < numbers.length; at++) {
            assertThat(block.getLong(24 + 8 * at)).isEqualTo(numbers[at]);
        }
        assertThat(block.getInt(88)).isEqualTo(1);
        assertThat(block.getInt(20)).as("room").isZero();
        assertThat(Format.isZero(block, 92, 4096 - 92)).isTrue();
        assertThat(SegmentHeader.decode(block, crc, "place")).isEqualTo(HEADER);
        assertThat(SegmentHeader.decode(block.duplicate().limit(4095), crc, "place")).isNull();
        for (int at = 24; at < 92; at++) {
            ByteBuffer rotten = ByteBuffer.wrap(block.array().clone());
            rotten.put(at, (byte) (rotten.get(at) ^ 1));
            assertThat(SegmentHeader.decode(rotten, crc, "place")).as("byte " + at).isNull();
        }
    }

    @Test
    @DisplayName("a header without flags is of a segment behind a snapshot; the same for another size differs in that alone")
    void aHeaderWithoutFlagsIsBehindASnapshot() throws IOException {
        SegmentHeader behind = new SegmentHeader(5, 99, 4, 3, 10, 1, 7, 8192, false);
        ByteBuffer block = ByteBuffer.allocate(SegmentHeader.BYTES);
        behind.of(16384).encode(block, crc);

        assertThat(block.getInt(88)).isZero();
        assertThat(SegmentHeader.decode(block, crc, "place"))
                .isEqualTo(new SegmentHeader(5, 99, 4, 3, 10, 1, 7, 16384, false));
    }

    @Test
    @DisplayName("a group has its head, the checks of its sectors, its records, and zeros to the end of its last sector")
    void aGroupHasHeadChecksAndRecords() {
        Tail tail = new Tail();
        tail.reset(10, 1, 7);
        tail.append(2, 8);
        tail.append(3, 9);
        byte[] payload = new byte[700];
        java.util.Arrays.fill(payload, (byte) 0x77);
        List<StoredEntry> entries = List.of(
                new StoredEntry(12, 4, 1000, 50, (byte) 0x81, Bytes.wrap(payload)), new StoredEntry(13, 5, 1001, 51, (byte) 2, Bytes.EMPTY));
        ByteBuffer group = new GroupEncoder(new FileDisk(directory), 1 << 20).entries(HEADER, 8192, 6, entries, tail);

        assertThat(group.position()).isZero();
        assertThat(group.limit()).isEqualTo(1024);
        assertThat(group.getInt(0)).isEqualTo(0x436f4772);
        assertThat(List.of(group.getLong(8), group.getLong(16), group.getLong(24))).containsExactly(5L, 99L, 8192L);
        int size = 96 + 760 + 56;
        assertThat(List.of(group.getInt(32), group.getInt(36), group.getInt(40), group.getInt(44))).containsExactly(6, size, 2, 0);
        assertThat(List.of(group.getLong(48), group.getLong(56), group.getLong(64))).as("first, and what comes before it, after the cut")
                .containsExactly(12L, 2L, 8L);
        assertThat(group.getLong(72)).as("what was durable before the cut").isEqualTo(12);
        assertThat(group.getInt(88)).isEqualTo(crc.of(group, 512, 512));
        assertThat(group.getInt(92)).as("what rounds the checks up").isZero();
        assertThat(List.of(group.getLong(104), group.getLong(112), group.getLong(120), group.getLong(128)))
                .containsExactly(12L, 4L, 1000L, 50L);
        assertThat(group.getInt(144)).isEqualTo(700);
        assertThat(group.getInt(148)).as("the kind, and room").isEqualTo(0x81000000);
        assertThat(group.get(152)).isEqualTo((byte) 0x77);
        assertThat(group.get(851)).isEqualTo((byte) 0x77);
        assertThat(Format.isZero(group, 852, 4)).isTrue();
        assertThat(group.getLong(856 + 8)).isEqualTo(13);
        assertThat(Format.isZero(group, size, 1024 - size)).isTrue();
        assertThat(tail.lastIndex()).isEqualTo(13);
        assertThat(tail.lastTerm()).isEqualTo(5);
        assertThat(group.getLong(856 + 40)).as("the chain").isEqualTo(tail.lastChain());
    }

    @Test
    @DisplayName("a seal is a group of a sector without records, which tells where the log ends")
    void aSealTellsWhereTheLogEnds() {
        Tail tail = new Tail();
        tail.reset(10, 1, 7);
        tail.append(2, 8);
        ByteBuffer seal = new GroupEncoder(new FileDisk(directory), 1 << 20).seal(HEADER, 4608, 1, tail);

        assertThat(seal.limit()).isEqualTo(512);
        Group.Head head = Group.head(seal, 0, 5, 99, 4608, crc);
        assertThat(head).isEqualTo(new Group.Head(5, 99, 4608, 1, 88, 0, 1, 12, 2, 8, 11));
        assertThat(head.isSeal()).isTrue();
        assertThat(Format.isZero(seal, 88, 512 - 88)).isTrue();
    }

    @Test
    @DisplayName("records that were read again in another order than they were written do not pass for the log")
    void recordsInAnotherOrderAreRefused() {
        StoredEntry first = new StoredEntry(11, 2, 0, 0, (byte) 1, Bytes.EMPTY);
        Replay replay = new Replay();
        assertThat(replay.segment(HEADER)).isNull();
        assertThat(replay.group(head(11, 1, 7))).isNull();
        assertThat(replay.record(new StoredEntry(12, 2, 0, 0, (byte) 1, Bytes.EMPTY), 0, 0)).isEqualTo("entry c stands where b belongs");
        assertThat(replay.record(first, 1, 0)).isEqualTo("the chain breaks at entry b of term 2");
        long chain = Chain.next(7, first, 0);
        assertThat(replay.record(first, chain, 0)).isNull();

        assertThat(replay.group(head(13, 2, chain))).isEqualTo("a group begins at d, but the log holds (a, b]");
        assertThat(replay.group(head(12, 3, chain))).isEqualTo("the group at c does not follow the log before it");
        assertThat(replay.group(head(12, 2, chain + 1))).isEqualTo("the group at c does not follow the log before it");
        assertThat(replay.group(head(12, 2, chain))).isNull();
        assertThat(replay.entries()).containsExactly(first);
    }

    @Test
    @DisplayName("a segment that does not go on where the one before it ended does not pass for the next")
    void aSegmentThatDoesNotGoOnIsRefused() {
        for (SegmentHeader next : List.of(
                new SegmentHeader(6, 99, 5, 0, 11, 1, 7, 8192, false),
                new SegmentHeader(6, 99, 5, 0, 10, 2, 7, 8192, false),
                new SegmentHeader(6, 99, 5, 0, 10, 1, 8, 8192, false))) {
            Replay replay = new Replay();
            replay.segment(HEADER);
            assertThat(replay.segment(next)).isEqualTo("it continues a log that ends at " + Long.toHexString(next.baseIndex()) + " of term "
                    + next.baseTerm() + ", but the segments before end at a of term 1");
        }
    }

    @Test
    @DisplayName("a group that begins before all that is read replaces it, and the log starts there")
    void aGroupThatBeginsBeforeAllReplacesIt() {
        StoredEntry old = new StoredEntry(11, 1, 0, 0, (byte) 1, Bytes.EMPTY);
        StoredEntry fresh = new StoredEntry(9, 3, 0, 0, (byte) 1, Bytes.EMPTY);
        Replay replay = new Replay();
        replay.segment(HEADER);
        replay.group(head(11, 1, 7));
        replay.record(old, Chain.next(7, old, 0), 0);

        assertThat(replay.group(head(9, 2, 70))).isNull();
        assertThat(replay.entries()).isEmpty();
        assertThat(replay.tail().startIndex()).isEqualTo(8);
        assertThat(replay.record(fresh, Chain.next(70, fresh, 0), 0)).isNull();
        assertThat(replay.entries()).containsExactly(fresh);
        assertThat(replay.entriesOfLastSegment()).containsExactly(fresh);
    }

    private static Group.Head head(long first, long previousTerm, long previousChain) {
        return new Group.Head(5, 99, 4096, 0, 512, 1, 0, first, previousTerm, previousChain, first - 1);
    }
}
