package io.coord.testkit.sim;

import io.coord.storage.Disk;
import io.coord.storage.DiskFile;
import io.coord.storage.NoRoomException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that is as cruel as the world: it forgets what was not forced, sector by sector, in any order; it forgets names;
 * it loses its power at any call, writes less than asked, fails to force, fills up, and rots (fault.D1 to fault.D14).
 *
 * <p>What it does by chance comes from its seed. One disk belongs to one thread.
 */
public final class SimDisk implements Disk {

    /** The usual size of what arrives whole or not at all. */
    public static final int SECTOR_BYTES = 512;

    private static final String NO_SPACE = "No space left on device";

    private final SplittableRandom random;
    private final int sectorBytes;
    private Map<String, Inode> names = new TreeMap<>();
    private Map<String, Inode> durableNames = new TreeMap<>();
    private final List<NameChange> unforcedNames = new ArrayList<>();

    private final List<Handle> openFiles = new ArrayList<>();

    private int run;
    private boolean isLocked;
    private boolean isOff;
    private long calls;
    private long cutAtCall = Long.MAX_VALUE;
    private long failForceAt = Long.MAX_VALUE;
    private long lieAtForce = Long.MAX_VALUE;
    private long failWriteAt = Long.MAX_VALUE;
    private long noRoomAtWrite = Long.MAX_VALUE;
    private long noMemoryAtBuffer = Long.MAX_VALUE;
    private long forces;
    private long writes;
    private long buffers;
    private long bytesUsed;
    private long capacityBytes = Long.MAX_VALUE;
    private int shortWritePercent;
    private int shortWriteUnit = 1;
    private @Nullable String unreadable;
    private @Nullable String unopenable;

    /** An empty disk. */
    public SimDisk(long seed) {
        this(seed, SECTOR_BYTES);
    }

    /** An empty disk with sectors of this size. */
    public SimDisk(long seed, int sectorBytes) {
        this.random = new SplittableRandom(seed);
        this.sectorBytes = sectorBytes;
    }

    /** An unforced change of a name: a file gets it, or loses it, or moves to it from another. */
    private record NameChange(@Nullable String from, @Nullable String to, Inode file) {
        void apply(Map<String, Inode> names) {
            if (from != null && names.get(from) == file) {
                names.remove(from);
            }
            if (to != null) {
                names.put(to, file);
            }
        }
    }

    // ---- faults

    /** Cuts the power within the n-th call from now that changes anything, 1 being the next. */
    public void cutAtCall(long n) {
        cutAtCall = calls + n;
    }

    /** How many calls that change anything there were. */
    public long calls() {
        return calls;
    }

    /** How many forces there were, of files and of names. */
    public long forces() {
        return forces;
    }

    /** How many writes there were. */
    public long writes() {
        return writes;
    }

    /** The present names of the files that are open, in order, each once for each time it was opened. */
    public List<String> openFiles() {
        return openFiles.stream().map(Handle::presentName).sorted().toList();
    }

    /** Whether somebody has the disk in exclusive use. */
    public boolean isLocked() {
        return isLocked;
    }

    /** Whether the power is cut. */
    public boolean isOff() {
        return isOff;
    }

    /** Lets the n-th force from now fail; what it should have forced is lost with the power, though it can still be read (fault.D10). */
    public void failForce(long n) {
        failForceAt = forces + n;
    }

    /** Lets the n-th force from now lie: it reports success, and what it should have forced may be lost (fault.D5). */
    public void lieAtForce(long n) {
        lieAtForce = forces + n;
    }

    /** Lets the n-th write from now fail (fault.D11). */
    public void failWrite(long n) {
        failWriteAt = writes + n;
    }

    /** Lets the n-th write from now find no room, as one into a hole of a file may (fault.D11). */
    public void noRoomAtWrite(long n) {
        noRoomAtWrite = writes + n;
    }

    /** Lets the n-th buffer from now find no memory (fault.P5). */
    public void noMemoryAtBuffer(long n) {
        noMemoryAtBuffer = buffers + n;
    }

    /** Takes back the failures that were planned and have not happened. */
    public void heal() {
        failForceAt = Long.MAX_VALUE;
        lieAtForce = Long.MAX_VALUE;
        failWriteAt = Long.MAX_VALUE;
        noRoomAtWrite = Long.MAX_VALUE;
        noMemoryAtBuffer = Long.MAX_VALUE;
        unreadable = null;
        unopenable = null;
    }

    /** Lets writes take less than asked, so often, and then a multiple of so many bytes (fault.D3). */
    public void shortWrites(int percent, int unitBytes) {
        shortWritePercent = percent;
        shortWriteUnit = unitBytes;
    }

    /** Bounds what all files together take (fault.D11). */
    public void capacity(long bytes) {
        capacityBytes = bytes;
    }

    @Override
    public long usableBytes() throws IOException {
        checkPower();
        return Math.max(0, capacityBytes - bytesUsed);
    }

    /** What all files together take. */
    public long bytesUsed() {
        return bytesUsed;
    }

    /** Makes reads of a file fail (fault.D12); null: of none. */
    public void unreadable(@Nullable String name) {
        unreadable = name;
    }

    /** Lets a file not be opened, as for want of descriptors (fault.P5); null: none. */
    public void unopenable(@Nullable String name) {
        unopenable = name;
    }

    /** Changes bits of a stored byte (fault.D6). */
    public void flip(String name, long offset, int mask) {
        Inode file = file(name);
        if (offset >= file.size) {
            throw new IndexOutOfBoundsException(name + " has " + file.size + " bytes, none at " + offset);
        }
        file.data[(int) offset] ^= (byte) mask;
    }

    /** The content of a file. */
    public byte[] content(String name) {
        Inode file = file(name);
        return Arrays.copyOf(file.data, file.size);
    }

    /** Stores a file, durably. */
    public void put(String name, byte[] content) {
        Inode file = new Inode();
        file.data = content.clone();
        file.size = content.length;
        Inode old = names.put(name, file);
        durableNames.put(name, file);
        bytesUsed += file.size - (old == null ? 0 : old.size);
    }

    /** Removes a file, durably. */
    public void remove(String name) {
        bytesUsed -= file(name).size;
        names.remove(name);
        durableNames.remove(name);
    }

    /** A disk with the same content, all of it durable, and no faults. */
    public SimDisk copy(long seed) {
        SimDisk copy = new SimDisk(seed);
        names.forEach((name, file) -> copy.put(name, Arrays.copyOf(file.data, file.size)));
        return copy;
    }

    private Inode file(String name) {
        Inode file = names.get(name);
        if (file == null) {
            throw new NoSuchElementException("there is no file " + name + "; there are " + names.keySet());
        }
        return file;
    }

    /** The process is killed: what it wrote stays in the cache, its lock is gone. */
    public void kill() {
        run++;
        isLocked = false;
        openFiles.clear();
    }

    /** The power is cut, if it was not before, and comes back: chance decides what had arrived of all that was not forced. */
    public void crash() {
        kill();
        isOff = false;
        cutAtCall = Long.MAX_VALUE;
        crashNames();
        bytesUsed = 0;
        for (Inode file : names.values()) {
            file.crash();
            bytesUsed += file.size;
        }
    }

    /** Journals keep the order of names, so mostly a part from the front has arrived; not all systems have journals. */
    private void crashNames() {
        names = new TreeMap<>(durableNames);
        int style = random.nextInt(4);
        int part = style == 0 ? 0 : style == 1 ? unforcedNames.size() : random.nextInt(unforcedNames.size() + 1);
        for (int at = 0; at < unforcedNames.size(); at++) {
            boolean hasArrived = style == 3 ? random.nextBoolean() : at < part;
            if (hasArrived) {
                unforcedNames.get(at).apply(names);
            }
        }
        unforcedNames.clear();
        durableNames = new TreeMap<>(names);
    }

    // ---- the disk

    @Override
    public void lock() throws IOException {
        checkPower();
        if (isLocked) {
            throw new IOException("COORD-1064 data directory " + place() + " is in use by this process");
        }
        isLocked = true;
    }

    @Override
    public void close() {
        isLocked = false;
    }

    @Override
    public List<String> list() throws IOException {
        checkPower();
        return new ArrayList<>(names.keySet());
    }

    @Override
    public DiskFile open(String name) throws IOException {
        checkPower();
        Inode file = names.get(name);
        if (file == null) {
            throw new java.nio.file.NoSuchFileException(place(name));
        }
        if (name.equals(unopenable)) {
            throw new java.nio.file.FileSystemException(place(name), null, "Too many open files");
        }
        return new Handle(name, file);
    }

    @Override
    public DiskFile create(String name) throws IOException {
        boolean isCut = call();
        Inode file = names.get(name);
        if (file == null) {
            file = new Inode();
            change(new NameChange(null, name, file));
        } else {
            file.truncate(0);
        }
        endCall(isCut);
        return new Handle(name, file);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        boolean isCut = call();
        Inode file = names.get(from);
        if (file == null) {
            throw new java.nio.file.NoSuchFileException(place(from));
        }
        Inode replaced = names.get(to);
        if (replaced != null) {
            bytesUsed -= replaced.size;
        }
        change(new NameChange(from, to, file));
        endCall(isCut);
    }

    @Override
    public void delete(String name) throws IOException {
        boolean isCut = call();
        Inode file = names.get(name);
        if (file != null) {
            bytesUsed -= file.size;
            change(new NameChange(name, null, file));
        }
        endCall(isCut);
    }

    private void change(NameChange change) {
        change.apply(names);
        unforcedNames.add(change);
    }

    @Override
    public void force() throws IOException {
        boolean isCut = call();
        if (isCut && random.nextBoolean()) {
            endCall(true);
        }
        if (++forces == failForceAt) {
            throw new IOException("Input/output error");
        }
        durableNames = new TreeMap<>(names);
        unforcedNames.clear();
        endCall(isCut);
    }

    @Override
    public ByteBuffer buffer(int sizeBytes) {
        if (++buffers == noMemoryAtBuffer) {
            throw new OutOfMemoryError("Cannot reserve " + sizeBytes + " bytes of direct buffer memory");
        }
        return ByteBuffer.allocate(sizeBytes);
    }

    @Override
    public String place(String name) {
        return "/sim/" + name;
    }

    @Override
    public String place() {
        return "/sim";
    }

    private void checkPower() throws PowerCutException {
        if (isOff) {
            throw new PowerCutException();
        }
    }

    /** Counts a call that changes something; true if it is the one within which the power goes. */
    private boolean call() throws PowerCutException {
        checkPower();
        return ++calls >= cutAtCall;
    }

    private void endCall(boolean isCut) throws PowerCutException {
        if (isCut) {
            isOff = true;
            throw new PowerCutException();
        }
    }

    /** An open file; useless after the process that opened it. */
    private final class Handle implements DiskFile {
        private final String name;
        private final Inode file;
        private final int openedIn = run;
        private boolean isClosed;

        Handle(String name, Inode file) {
            this.name = name;
            this.file = file;
            openFiles.add(this);
        }

        private String presentName() {
            return names.entrySet().stream().filter(each -> each.getValue() == file).map(Map.Entry::getKey).findFirst().orElse(name);
        }

        private void check() throws IOException {
            checkPower();
            if (isClosed || openedIn != run) {
                throw new IOException("the file " + place(name) + " is closed");
            }
        }

        @Override
        public int write(ByteBuffer from, long offset) throws IOException {
            check();
            boolean isCut = call();
            if (++writes == failWriteAt) {
                throw new IOException("Input/output error");
            }
            if (writes == noRoomAtWrite) {
                throw new NoRoomException(NO_SPACE);
            }
            int count = shortened(from.remaining());
            long grown = Math.max(0, offset + count - file.size);
            if (bytesUsed + grown > capacityBytes) {
                throw new NoRoomException(NO_SPACE);
            }
            bytesUsed += grown;
            file.write(from, Math.toIntExact(offset), count);
            endCall(isCut);
            return count;
        }

        private int shortened(int count) {
            boolean isShort = shortWritePercent > 0 && random.nextInt(100) < shortWritePercent;
            int units = isShort ? count / shortWriteUnit : 0;
            return units < 2 ? count : shortWriteUnit * (1 + random.nextInt(units - 1));
        }

        @Override
        public int read(ByteBuffer to, long offset) throws IOException {
            check();
            if (name.equals(unreadable)) {
                throw new IOException("Input/output error");
            }
            if (offset >= file.size) {
                return -1;
            }
            int count = (int) Math.min(to.remaining(), file.size - offset);
            to.put(file.data, (int) offset, count);
            return count;
        }

        @Override
        public long size() throws IOException {
            check();
            return file.size;
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            check();
            boolean isCut = call();
            if (sizeBytes < file.size) {
                bytesUsed -= file.size - sizeBytes;
                file.truncate(Math.toIntExact(sizeBytes));
            }
            endCall(isCut);
        }

        @Override
        public void force(boolean metadata) throws IOException {
            check();
            boolean isCut = call();
            if (isCut && random.nextBoolean()) {
                endCall(true);
            }
            forces++;
            if (forces == failForceAt) {
                file.forceFailed();
                throw new IOException("Input/output error");
            }
            if (forces == lieAtForce) {
                file.forceFailed();
            }
            file.forced();
            endCall(isCut);
        }

        @Override
        public void close() {
            openFiles.remove(this);
            isClosed = true;
        }
    }

    /** A file: what can be read of it, and for each sector written since the last force what it was before. */
    private final class Inode {
        private byte[] data = {};
        private int size;
        private final List<Before> unforced = new ArrayList<>();
        private final List<Integer> unforcedSizes = new ArrayList<>();
        /** What the disk holds of sectors whose force failed, as long as nothing else is written to them. */
        private final Map<Integer, Before> doubtful = new TreeMap<>();

        void write(ByteBuffer from, int offset, int count) {
            int end = offset + count;
            if (count > 0) {
                remember(offset, end);
            }
            grow(end);
            from.get(data, offset, count);
        }

        private void remember(int from, int to) {
            for (int sector = from / sectorBytes; sector <= (to - 1) / sectorBytes; sector++) {
                Before held = doubtful.isEmpty() ? null : doubtful.remove(sector);
                if (held != null) {
                    unforced.add(held);
                }
                unforced.add(new Before(sector, sector(sector)));
            }
        }

        /** A copy of a sector; null for one behind the end, or of zeros known as such. */
        private byte @Nullable [] sector(int number) {
            int at = number * sectorBytes;
            return at >= size ? null : Arrays.copyOfRange(data, at, at + sectorBytes);
        }

        private void grow(int end) {
            if (end > size) {
                unforcedSizes.add(size);
                if (end > data.length) {
                    int room = Math.max(end, Math.min(data.length * 2, data.length + (1 << 20)));
                    data = Arrays.copyOf(data, (room + sectorBytes - 1) / sectorBytes * sectorBytes);
                }
                size = end;
            }
        }

        void truncate(int newSize) {
            if (newSize < size) {
                remember(newSize, size);
                unforcedSizes.add(size);
                Arrays.fill(data, newSize, size, (byte) 0);
                size = newSize;
            }
        }

        void forced() {
            unforced.clear();
            unforcedSizes.clear();
        }

        void forceFailed() {
            for (Before before : unforced) {
                doubtful.putIfAbsent(before.sector(), before);
            }
            forced();
        }

        /** Each sector becomes one of those it was since the last force, whatever the others become. */
        void crash() {
            List<Before> all = new ArrayList<>(doubtful.values());
            all.addAll(unforced);
            Map<Integer, List<Before>> versions = new TreeMap<>();
            all.forEach(before -> versions.computeIfAbsent(before.sector(), none -> new ArrayList<>()).add(before));
            int style = random.nextInt(4);
            versions.forEach((sector, olds) -> {
                int choice = style == 0 ? 0 : style == 1 ? olds.size() : random.nextInt(olds.size() + 1);
                if (choice < olds.size()) {
                    olds.get(choice).restore(data, sectorBytes);
                }
            });
            if (!unforcedSizes.isEmpty() && random.nextBoolean()) {
                size = unforcedSizes.get(random.nextInt(unforcedSizes.size()));
            }
            Arrays.fill(data, size, data.length, (byte) 0);
            doubtful.clear();
            forced();
        }
    }

    /** What a sector was before a write; null stands for zeros. */
    private record Before(int sector, byte @Nullable [] content) {
        void restore(byte[] data, int sectorBytes) {
            int at = sector * sectorBytes;
            int end = Math.min(at + sectorBytes, data.length);
            if (content == null) {
                Arrays.fill(data, Math.min(at, end), end, (byte) 0);
            } else if (at < end) {
                System.arraycopy(content, 0, data, at, end - at);
            }
        }
    }
}
