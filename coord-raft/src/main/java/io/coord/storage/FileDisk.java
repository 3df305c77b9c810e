package io.coord.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A directory of the file system, through {@link FileChannel}; nothing is mapped (fault.D18). */
final class FileDisk implements Disk {

    /** What a file system may not give away of the room it tells of. */
    private static final long KEPT_BACK_BYTES = 1 << 20;

    /** What is locked of a file: nothing that anybody reads or writes, which some systems would forbid. */
    private static final long LOCKED_AT = Long.MAX_VALUE - 1;

    private static final String FILE_PERMISSIONS = "rw-------";

    private final Path directory;
    private @Nullable FileLock guard;
    private @Nullable FileLock lock;
    private @Nullable FileChannel names;

    FileDisk(Path directory) {
        this.directory = directory.toAbsolutePath().normalize();
    }

    /**
     * Closing any descriptor of a locked file drops the lock of the whole process (POSIX). So the lock file is not for a second opener in
     * this process to open: it is turned away at the owner file, whose lock the JVM remembers, whatever has become of the system's.
     */
    @Override
    public void lock() throws IOException {
        try {
            makeDirectory();
            guard = acquire(Names.OWNER);
            lock = acquire(Names.LOCK);
            names = openDirectory(directory);
            nameOwner(directory.resolve(Names.OWNER));
        } catch (IOException e) {
            release();
            throw e.getMessage() != null && e.getMessage().startsWith("COORD-") ? e : Trouble.unusable(place(), e);
        }
    }

    /** Who has the directory is told for people; on a full disk they must do without (fault.D11). */
    private static void nameOwner(Path owner) {
        try {
            Files.writeString(owner, self());
        } catch (IOException e) {
            // The lock is what counts.
        }
    }

    /** Each directory that is made has its name in its parent, which is forced. */
    private void makeDirectory() throws IOException {
        List<Path> made = new ArrayList<>();
        for (Path missing = directory; missing != null && !Files.isDirectory(missing); missing = missing.getParent()) {
            made.add(missing);
        }
        if (made.isEmpty()) {
            return;
        }
        Files.createDirectories(directory, ownersAlone("rwx------"));
        for (Path child : made) {
            Path parent = child.getParent();
            if (parent != null) {
                forceDirectory(parent);
            }
        }
    }

    /** What is made here nobody but its owner reads: passwords' hashes and all data are in it. Where there are no such permissions, none. */
    private FileAttribute<?>[] ownersAlone(String permissions) {
        return directory.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))}
                : new FileAttribute<?>[0];
    }

    /** A lock is to be held on to: the JVM forgets one that nobody refers to any more, though its channel is open. */
    private FileLock acquire(String name) throws IOException {
        FileChannel channel = FileChannel.open(
                directory.resolve(name),
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                ownersAlone(FILE_PERMISSIONS));
        try {
            FileLock acquired = channel.tryLock(LOCKED_AT, 1, false);
            if (acquired != null) {
                return acquired;
            }
        } catch (OverlappingFileLockException e) {
            if (name.equals(Names.OWNER)) { // that of the lock file, met where the owner file was deleted, stays open on purpose
                channel.close();
            }
            throw Trouble.inUse(place(), "this process (" + self() + ")");
        } catch (IOException e) { // a file system without locks: nobody in this process has one there to lose
            channel.close();
            throw e;
        }
        channel.close();
        throw Trouble.inUse(place(), ownerText());
    }

    private @Nullable String ownerText() {
        try {
            String text = Files.readString(directory.resolve(Names.OWNER)).strip();
            return text.isEmpty() ? null : text;
        } catch (IOException e) {
            return null;
        }
    }

    /** Number and start of this process: a number alone comes back, in containers always the same. */
    private static String self() {
        ProcessHandle process = ProcessHandle.current();
        return "process " + process.pid()
                + process.info().startInstant().map(start -> ", started " + start).orElse("");
    }

    @Override
    public List<String> list() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<String> names = new ArrayList<>();
            files.forEach(file -> names.add(file.getFileName().toString()));
            names.sort(null);
            return names;
        }
    }

    @Override
    public DiskFile open(String name) throws IOException {
        return new ChannelFile(
                FileChannel.open(directory.resolve(name), StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    @Override
    public DiskFile create(String name) throws IOException {
        try {
            return new ChannelFile(FileChannel.open(
                    directory.resolve(name),
                    Set.of(
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING),
                    ownersAlone(FILE_PERMISSIONS)));
        } catch (IOException e) {
            throw named(e, 0);
        }
    }

    @Override
    public void rename(String from, String to) throws IOException {
        Files.move(
                directory.resolve(from),
                directory.resolve(to),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void delete(String name) throws IOException {
        Files.deleteIfExists(directory.resolve(name));
    }

    @Override
    public void force() throws IOException {
        FileChannel channel = names;
        if (channel != null) {
            channel.force(true);
        }
    }

    /** Elsewhere than on POSIX a directory can be neither opened nor forced, and names are durable by journal. */
    private static @Nullable FileChannel openDirectory(Path directory) throws IOException {
        return directory.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? FileChannel.open(directory, StandardOpenOption.READ)
                : null;
    }

    static void forceDirectory(Path directory) throws IOException {
        try (FileChannel channel = openDirectory(directory)) {
            if (channel != null) {
                channel.force(true);
            }
        }
    }

    /** Not known where a file system does not tell its size. */
    @Override
    public long usableBytes() throws IOException {
        FileStore store = Files.getFileStore(directory);
        return store.getTotalSpace() == 0 ? Long.MAX_VALUE : store.getUsableSpace();
    }

    private IOException named(IOException e, long wantedBytes) {
        try {
            return named(e, wantedBytes, usableBytes());
        } catch (IOException unknown) {
            return named(e, wantedBytes, Long.MAX_VALUE);
        }
    }

    /**
     * The JDK has no type for a full disk, nor for a quota used up. The words are the system's, and may be of any language; so a failure
     * of the system's for which there is no room counts as one for want of it, and if it is not, shows when there is room.
     */
    static IOException named(IOException e, long wantedBytes, long usableBytes) {
        String words = Trouble.reason(e);
        boolean isFull = words.contains("No space left") || words.contains("quota exceeded") || words.contains("not enough space");
        boolean isOfSystem = e.getClass() == IOException.class || e.getClass() == FileSystemException.class;
        return isFull || isOfSystem && usableBytes < wantedBytes + KEPT_BACK_BYTES ? new NoRoomException(words) : e;
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
    public void close() throws IOException {
        try {
            if (lock != null) {
                Files.write(directory.resolve(Names.OWNER), "".getBytes(StandardCharsets.UTF_8));
            }
        } finally {
            release();
        }
    }

    /** The locks go last: until then nobody else opens anything here. */
    private void release() throws IOException {
        FileChannel ofNames = names;
        FileLock ofLock = lock;
        FileLock ofGuard = guard;
        names = null;
        lock = null;
        guard = null;
        try {
            if (ofNames != null) {
                ofNames.close();
            }
        } finally {
            try {
                close(ofLock);
            } finally {
                close(ofGuard);
            }
        }
    }

    private static void close(@Nullable FileLock lock) throws IOException {
        if (lock != null) {
            lock.acquiredBy().close();
        }
    }

    private final class ChannelFile implements DiskFile {
        private final FileChannel channel;

        ChannelFile(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public int write(ByteBuffer from, long offset) throws IOException {
            try {
                return channel.write(from, offset);
            } catch (IOException e) {
                throw named(e, from.remaining());
            }
        }

        @Override
        public int read(ByteBuffer to, long offset) throws IOException {
            return channel.read(to, offset);
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            channel.truncate(sizeBytes);
        }

        @Override
        public void force(boolean metadata) throws IOException {
            channel.force(metadata);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
