package io.coord.storage;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage.SnapshotImage;
import io.coord.ensemble.spi.Storage.SnapshotWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** A snapshot in a file of its own, in the format of a storage's, but of no cluster: what a backup is. */
public final class SnapshotArchive {

    private static final long NO_CLUSTER = 0;

    private SnapshotArchive() {}

    /**
     * What an archive holds.
     *
     * @param image what it stands for
     * @param records its records in order; the file is open only while it is read
     */
    public record Content(SnapshotImage image, Iterable<Bytes> records) {}

    /**
     * Writes an archive under a temporary name, forces it, and renames it over what had the name before.
     *
     * @throws IOException if it cannot be written; then what had the name before is as it was
     */
    public static SnapshotImage write(Path file, SnapshotImage image, SnapshotWriter content) throws IOException {
        Path target = file.toAbsolutePath().normalize();
        Disk disk = new FileDisk(parentOf(target));
        String temporary = target.getFileName() + Names.TEMPORARY;
        boolean isDone = false;
        try {
            SnapshotImage known;
            try (SnapshotFile.Writer writer = new SnapshotFile.Writer(disk, temporary, image, Pace.unhurried())) {
                content.writeTo(writer.content());
                known = writer.finish(NO_CLUSTER);
            }
            Files.move(target.resolveSibling(temporary), target, StandardCopyOption.ATOMIC_MOVE);
            FileDisk.forceDirectory(parentOf(target));
            isDone = true;
            return known;
        } finally {
            if (!isDone) {
                Files.deleteIfExists(target.resolveSibling(temporary));
            }
        }
    }

    private static Path parentOf(Path file) throws IOException {
        Path parent = file.getParent();
        if (parent == null) {
            throw new IOException(file + " is no file but the root of a file system");
        }
        return parent;
    }

    /**
     * Opens an archive and verifies all of it.
     *
     * @throws IOException if it cannot be read, or is damaged
     */
    public static Content read(Path file) throws IOException {
        Path source = file.toAbsolutePath().normalize();
        Disk disk = new ReadOnlyDisk(parentOf(source));
        String name = source.getFileName().toString();
        try (SnapshotFile.Reader reader = new SnapshotFile.Reader(disk, name, NO_CLUSTER)) {
            reader.verify();
            SnapshotImage image = reader.image();
            return new Content(image, () -> SnapshotContent.records(
                    number -> {
                        try (SnapshotFile.Reader chunks = new SnapshotFile.Reader(disk, name, NO_CLUSTER)) {
                            return chunks.chunk(number);
                        }
                    },
                    image.sizeBytes()));
        }
    }
}
