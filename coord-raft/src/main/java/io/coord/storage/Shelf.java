package io.coord.storage;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage.SnapshotImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The valid snapshots of a storage, newest first. Used from all lanes. */
final class Shelf {

    private static final Comparator<SnapshotImage> NEWEST_FIRST =
            Comparator.comparingLong(SnapshotImage::index).thenComparingLong(SnapshotImage::term).reversed();

    private final Disk disk;
    private final int retained;
    private final List<SnapshotImage> images = new ArrayList<>();
    private final Set<String> discarded = new LinkedHashSet<>();
    private final List<SnapshotImage> received = new ArrayList<>();
    private long clusterId;

    Shelf(Disk disk, int retained) {
        this.disk = disk;
        this.retained = retained;
    }

    synchronized void belongsTo(long cluster) {
        clusterId = cluster;
    }

    synchronized long clusterId() {
        return clusterId;
    }

    synchronized void add(SnapshotImage image) {
        images.removeIf(old -> old.index() == image.index() && old.term() == image.term());
        discarded.remove(Names.snapshot(image.index(), image.term()));
        images.add(image);
        images.sort(NEWEST_FIRST);
    }

    /** A snapshot found to be damaged no longer counts: neither is it offered, nor does it allow to drop others. */
    synchronized void remove(SnapshotImage image) {
        if (images.remove(image)) {
            discarded.add(Names.snapshot(image.index(), image.term()));
        }
    }

    synchronized @Nullable SnapshotImage newest() {
        return images.isEmpty() ? null : images.get(0);
    }

    /** The newest of an index; index 0 means the newest of all. */
    synchronized @Nullable SnapshotImage at(long index) {
        return images.stream().filter(image -> index == 0 || image.index() == index).findFirst().orElse(null);
    }

    /**
     * Up to which index the log may be dropped: behind the oldest of the snapshots to retain. With fewer than that, nothing may: were
     * the only one damaged, the log would be all there is (ZK-3231).
     */
    synchronized long droppableThrough() {
        return images.size() < retained ? Long.MIN_VALUE : images.get(retained - 1).index();
    }

    /** Whether there are as many valid snapshots as are to be kept. */
    synchronized boolean hasEnough() {
        return images.size() >= retained;
    }

    /** Remembers a damaged file: evidence, until there are enough valid ones. */
    synchronized void discard(String name) {
        discarded.add(name);
    }

    /** Forgets the snapshots beyond those to retain, and tells the names of the files that are no longer wanted. */
    synchronized List<String> trim() {
        List<String> unwanted = new ArrayList<>();
        if (images.size() >= retained) {
            unwanted.addAll(discarded);
            discarded.clear();
        }
        while (images.size() > retained) {
            SnapshotImage oldest = images.remove(images.size() - 1);
            unwanted.add(Names.snapshot(oldest.index(), oldest.term()));
        }
        return unwanted;
    }

    /** A snapshot from a peer is whole. Another one may still wait to be installed. */
    synchronized void receive(SnapshotImage image) {
        received.remove(image);
        received.add(image);
    }

    /** A received snapshot takes its place among the others; what was received before it is no longer wanted. */
    synchronized void install(SnapshotImage image) {
        received.remove(image);
        for (SnapshotImage old : List.copyOf(received)) {
            if (old.index() <= image.index()) {
                discarded.add(name(old));
                received.remove(old);
            }
        }
        add(image);
    }

    synchronized List<SnapshotImage> older() {
        return images.size() < 2 ? List.of() : List.copyOf(images.subList(1, images.size()));
    }

    /** The received snapshot of an index that waits to be installed. */
    synchronized @Nullable SnapshotImage received(long index) {
        return received.stream().filter(image -> image.index() == index).findFirst().orElse(null);
    }

    /** The name a snapshot has at the moment: one from a peer keeps its temporary name until it is installed. */
    synchronized String name(SnapshotImage image) {
        String name = Names.snapshot(image.index(), image.term());
        return received.contains(image) ? name + Names.RECEIVED : name;
    }

    /** A snapshot's records. The file is open only while a chunk of it is read, so that nobody has to close an iterator. */
    Iterable<Bytes> records(SnapshotImage image) {
        return () -> SnapshotContent.records(number -> chunk(image, number), image.sizeBytes());
    }

    private ByteBuffer chunk(SnapshotImage image, long number) throws IOException {
        try (SnapshotFile.Reader reader = new SnapshotFile.Reader(disk, name(image), clusterId())) {
            return reader.chunk(number);
        }
    }
}
