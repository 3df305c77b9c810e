package io.coord.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/** A directory that is looked at and never written: nothing is opened for writing, no lock is taken. */
final class ReadOnlyDisk implements Disk {

    private final Path directory;

    ReadOnlyDisk(Path directory) {
        this.directory = directory.toAbsolutePath().normalize();
    }

    @Override
    public List<String> list() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Override
    public DiskFile open(String name) throws IOException {
        return new Content(FileChannel.open(directory.resolve(name), StandardOpenOption.READ));
    }

    @Override
    public ByteBuffer buffer(int sizeBytes) {
        return ByteBuffer.allocateDirect(sizeBytes);
    }

    @Override
    public String place(String name) {
        return directory.resolve(name).toString();
    }

    @Override
    public String place() {
        return directory.toString();
    }

    @Override
    public void lock() {
        throw refused();
    }

    @Override
    public DiskFile create(String name) {
        throw refused();
    }

    @Override
    public void rename(String from, String to) {
        throw refused();
    }

    @Override
    public void delete(String name) {
        throw refused();
    }

    @Override
    public void force() {
        throw refused();
    }

    @Override
    public void close() {}

    private static UnsupportedOperationException refused() {
        return new UnsupportedOperationException("a directory that is only looked at is not changed");
    }

    private record Content(FileChannel channel) implements DiskFile {
        @Override
        public int read(ByteBuffer to, long offset) throws IOException {
            return channel.read(to, offset);
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public int write(ByteBuffer from, long offset) {
            throw refused();
        }

        @Override
        public void truncate(long sizeBytes) {
            throw refused();
        }

        @Override
        public void force(boolean metadata) {
            throw refused();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
