package io.coord.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage.StoredEntry;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GroupTest {

    private static final SegmentHeader SEGMENT = new SegmentHeader(5, 99, 4, 0, 10, 1, 7, 8192, false);
    private static final long OFFSET = 4096;

    @TempDir
    Path directory;

    private final Crc crc = new Crc();
    private final Tail tail = new Tail();

    @ParameterizedTest
    @CsvSource({"0, 88", "56, 144", "424, 512", "432, 528", "936, 1032", "1000000, 1007960"})
    void aGroupHasRoomForTheChecksOfAllItsSectors(int recordsBytes, int sizeBytes) {
        assertThat(Group.sizeBytes(recordsBytes)).isEqualTo(sizeBytes);
    }

    @Test
    void theRecordsBeginBehindTheChecksAndEndAtTheSize() {
        for (int recordsBytes = 0; recordsBytes < 200_000; recordsBytes += 8) {
            int size = Group.sizeBytes(recordsBytes);
            int sectors = Format.sectors(size);
            assertThat(Group.recordsAt(sectors) + recordsBytes).isEqualTo(size);
            assertThat(Group.recordsAt(sectors)).isGreaterThanOrEqualTo(Group.TABLE_AT + 4 * (sectors - 1));
        }
    }

    @Test
    @DisplayName("fault.D2: the check of a sector stands in a sector before it, so that checking in order trusts nothing unchecked")
    void theCheckOfASectorStandsInASectorBeforeIt() {
        for (int sector = 1; sector < 100_000; sector++) {
            assertThat((Group.TABLE_AT + 4 * (sector - 1) + 3) / Format.SECTOR_BYTES).isLessThan(sector);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 200, 2000})
    void whatWasEncodedIsReadAgain(int count) {
        List<StoredEntry> entries = entries(count);
        ByteBuffer group = encoded(entries);

        Group.Head head = Group.head(group, 0, 5, 99, OFFSET, crc);
        assertThat(head).isNotNull();
        assertThat(head.firstIndex()).isEqualTo(11);
        assertThat(head.count()).isEqualTo(count);
        assertThat(head.isSeal()).isFalse();
        assertThat(group.limit()).isEqualTo(head.spaceBytes()).isEqualTo(head.sectors() * 512);
        int at = Group.recordsAt(head.sectors());
        long chain = head.previousChain();
        for (StoredEntry entry : entries) {
            Group.Read read = Group.record(group, at, head.sizeBytes(), Group.salt(5, 99), crc);
            assertThat(read.entry()).isEqualTo(entry);
            chain = Chain.next(chain, entry, group.getInt(at + Group.RECORD_PAYLOAD_CHECK_AT));
            assertThat(read.chain()).isEqualTo(chain);
            at += read.spaceBytes();
        }
        assertThat(at).isEqualTo(head.sizeBytes());
        assertThat(tail.lastChain()).isEqualTo(chain);
    }

    @Test
    @DisplayName("fault.D4: the head of another segment, log or place is none here")
    void theHeadOfAnotherPlaceIsNoneHere() {
        ByteBuffer group = encoded(entries(3));

        assertThat(Group.head(group, 0, 5, 99, OFFSET, crc)).isNotNull();
        assertThat(Group.head(group, 0, 6, 99, OFFSET, crc)).isNull();
        assertThat(Group.head(group, 0, 5, 98, OFFSET, crc)).isNull();
        assertThat(Group.head(group, 0, 5, 99, OFFSET + 512, crc)).isNull();
    }

    @Test
    @DisplayName("fault.D4: a record of another segment is none here")
    void aRecordOfAnotherSegmentIsNoneHere() {
        ByteBuffer group = encoded(entries(1));

        assertThat(Group.record(group, Group.recordsAt(1), 512, Group.salt(6, 99), crc).wrong())
                .isEqualTo("a record's identity does not match its check");
    }

    @Test
    @DisplayName("fault.D6: of a record with a rotten payload the identity is still known")
    void ofARecordWithARottenPayloadTheIdentityIsStillKnown() {
        ByteBuffer group = encoded(entries(3));
        int second = Group.recordsAt(1) + Group.recordBytes(0);
        group.put(second + Group.RECORD_BYTES, (byte) ~group.get(second + Group.RECORD_BYTES));

        assertThat(Group.record(group, second, 512, Group.salt(5, 99), crc).wrong())
                .isEqualTo("the payload of entry c of term 3 does not match its check");
    }

    @Test
    @DisplayName("fault.D6: a record that does not fit into what is left of its group is none, whatever it says")
    void aRecordDoesNotReachBeyondItsGroup() {
        ByteBuffer group = encoded(entries(1));
        int at = Group.recordsAt(1);
        int salt = Group.salt(5, 99);
        int lengthAt = at + Group.RECORD_BYTES - 8;

        assertThat(Group.record(group, group.limit() - 8, group.limit(), salt, crc).wrong())
                .isEqualTo("a record's identity does not match its check");
        for (int length : new int[] {-1, 1, Integer.MAX_VALUE}) {
            group.putInt(lengthAt, length);
            group.putInt(at, Group.identityCheck(group, at, salt, crc));
            assertThat(Group.record(group, at, at + Group.RECORD_BYTES, salt, crc).wrong())
                    .isEqualTo("entry b of term 3 reaches beyond its group");
        }
    }

    private ByteBuffer encoded(List<StoredEntry> entries) {
        tail.reset(10, 1, 7);
        return new GroupEncoder(new FileDisk(directory), 1 << 20).entries(SEGMENT, OFFSET, 0, entries, tail);
    }

    private static List<StoredEntry> entries(int count) {
        List<StoredEntry> entries = new ArrayList<>();
        for (int at = 0; at < count; at++) {
            byte[] payload = new byte[at * 13 % 700];
            java.util.Arrays.fill(payload, (byte) at);
            entries.add(new StoredEntry(11 + at, 3, at, -at, (byte) at, Bytes.wrap(payload)));
        }
        return entries;
    }
}
