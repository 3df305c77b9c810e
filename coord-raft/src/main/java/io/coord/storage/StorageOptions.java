package io.coord.storage;

/**
 * The sizes a storage works with.
 *
 * @param segmentBytes size of a log segment, laid down in advance
 * @param groupBytesMax how much is gathered into one write and force; a larger single batch is still written whole
 * @param payloadBytesMax the largest payload of an entry that is accepted; the door's limits are far below, for here a refusal is final
 * @param snapshotsRetained how many valid snapshots are kept, and the log behind the oldest of them
 * @param backgroundBytesPerSecondMax how fast snapshots and spare segments are written, so that they leave the disk to the log
 */
public record StorageOptions(
        int segmentBytes,
        int groupBytesMax,
        int payloadBytesMax,
        int snapshotsRetained,
        long backgroundBytesPerSecondMax) {

    /** 16 MiB segments, 4 MiB groups, 1 GiB payloads, two snapshots, 128 MiB/s in the background. */
    public static final StorageOptions DEFAULT = new StorageOptions(16 << 20, 4 << 20, 1 << 30, 2, 128 << 20);

    /** The smallest segment: its header, and something to hold. */
    public static final int SEGMENT_BYTES_MIN = 8 << 10;

    /** Refuses sizes that cannot work. */
    public StorageOptions {
        require(segmentBytes >= SEGMENT_BYTES_MIN && segmentBytes % Format.SECTOR_BYTES == 0,
                "segmentBytes", segmentBytes, "a multiple of 512, at least " + SEGMENT_BYTES_MIN);
        require(groupBytesMax >= 1, "groupBytesMax", groupBytesMax, "at least 1");
        require(payloadBytesMax >= 1 && payloadBytesMax <= 1 << 30, "payloadBytesMax", payloadBytesMax, "1 to 2^30");
        require(snapshotsRetained >= 1, "snapshotsRetained", snapshotsRetained, "at least 1");
        require(backgroundBytesPerSecondMax >= 1, "backgroundBytesPerSecondMax", backgroundBytesPerSecondMax, "at least 1");
    }

    private static void require(boolean isGood, String name, long value, String wanted) {
        if (!isGood) {
            throw new IllegalArgumentException(name + " is " + value + "; it must be " + wanted);
        }
    }

    /** With segments of this size. */
    public StorageOptions withSegmentBytes(int bytes) {
        return new StorageOptions(bytes, groupBytesMax, payloadBytesMax, snapshotsRetained, backgroundBytesPerSecondMax);
    }

    /** With groups up to this size. */
    public StorageOptions withGroupBytesMax(int bytes) {
        return new StorageOptions(segmentBytes, bytes, payloadBytesMax, snapshotsRetained, backgroundBytesPerSecondMax);
    }

    /** With payloads up to this size. */
    public StorageOptions withPayloadBytesMax(int bytes) {
        return new StorageOptions(segmentBytes, groupBytesMax, bytes, snapshotsRetained, backgroundBytesPerSecondMax);
    }

    /** With this many snapshots kept. */
    public StorageOptions withSnapshotsRetained(int count) {
        return new StorageOptions(segmentBytes, groupBytesMax, payloadBytesMax, count, backgroundBytesPerSecondMax);
    }

    /** With background writing up to this speed. */
    public StorageOptions withBackgroundBytesPerSecondMax(long bytes) {
        return new StorageOptions(segmentBytes, groupBytesMax, payloadBytesMax, snapshotsRetained, bytes);
    }
}
