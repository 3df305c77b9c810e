package io.coord.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.api.Test;

class SnapshotContentTest {

    private static final int CHUNK = SnapshotContent.CHUNK_BYTES;

    private final List<byte[]> chunks = new ArrayList<>();

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 0", "1, 65532", "1, 65531", "1, 65533", "2, 32764", "7, 100000", "30000, 3"})
    void recordsComeBackWhateverTheChunks(int count, int length) throws IOException {
        SnapshotContent content = content();
        List<Bytes> records = new ArrayList<>();
        for (int at = 0; at < count; at++) {
            byte[] record = new byte[length];
            java.util.Arrays.fill(record, (byte) at);
            records.add(Bytes.wrap(record));
            content.record(records.get(at));
        }
        content.finish();

        assertThat(content.sizeBytes()).isEqualTo(count * (4L + length));
        assertThat(chunks).hasSize((int) SnapshotContent.chunks(content.sizeBytes()));
        Iterator<Bytes> read = SnapshotContent.records(number -> ByteBuffer.wrap(chunks.get((int) number)), content.sizeBytes());
        assertThat(read).toIterable().isEqualTo(records);
    }

    @Test
    @DisplayName("inv.D-e: the digest is of the content, not of how it came")
    void theDigestIsOfTheContentNotOfHowItCame() throws IOException {
        byte[] all = new byte[3 * CHUNK + 17];
        java.util.Arrays.fill(all, (byte) 5);
        SnapshotContent whole = content();
        whole.add(ByteBuffer.wrap(all));
        whole.finish();
        SnapshotContent pieces = content();
        for (int at = 0; at < all.length; at += 1013) {
            pieces.add(ByteBuffer.wrap(all, at, Math.min(1013, all.length - at)));
        }
        pieces.finish();
        all[CHUNK] ^= 1;
        SnapshotContent changed = content();
        changed.add(ByteBuffer.wrap(all));
        changed.finish();

        assertThat(pieces.digest()).isEqualTo(whole.digest()).isNotEqualTo(changed.digest());
        assertThat(pieces.sizeBytes()).isEqualTo(whole.sizeBytes());
    }

    @Test
    void aLengthThatLiesIsFoundOut() {
        byte[] lie = ByteBuffer.allocate(8).putInt(1 << 30).array();
        Iterator<Bytes> read = SnapshotContent.records(number -> ByteBuffer.wrap(lie), lie.length);

        assertThatThrownBy(read::next).hasMessageContaining("reaches beyond its end at 8");
    }

    private SnapshotContent content() {
        return new SnapshotContent(ByteBuffer.allocate(CHUNK), (chunk, digest) -> {
            byte[] copy = new byte[chunk.remaining()];
            chunk.get(copy);
            chunks.add(copy);
        });
    }
}
