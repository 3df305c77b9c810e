package io.coord.netty.zkfiles;

import io.coord.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The snapshots and logs in ZooKeeper's directories, by the zxid in their names, and what can be wrong with them. */
final class ZooKeeperFiles {

    /** ZooKeeper keeps its files one level below what its configuration calls {@code dataDir} and {@code dataLogDir}. */
    static final String BELOW = "version-2";

    static final String SNAPSHOT = "snapshot.";
    private static final Pattern SNAPSHOT_NAME = Pattern.compile("snapshot\\.([0-9a-f]{1,16})(?:\\.(gz|snappy))?");
    private static final Pattern LOG_NAME = Pattern.compile("log\\.([0-9a-f]{1,16})");

    /**
     * A file.
     *
     * @param path where it is
     * @param zxid in its name
     */
    record Named(Path path, long zxid) {
        @Override
        public String toString() {
            return path.toString();
        }
    }

    private ZooKeeperFiles() {}

    /** The directory the files are in: the one named, or {@code version-2} below it. */
    static Path resolve(Path named) throws IOException {
        if (!Files.isDirectory(named)) {
            throw new IOException(ErrorCode.ZOOKEEPER_DATA_MISSING.message("there is no directory " + named
                    + ". Nothing was imported. Name what zoo.cfg calls dataDir, and dataLogDir if it has one."));
        }
        Path below = named.resolve(BELOW);
        return Files.isDirectory(below) ? below : named;
    }

    /** Snapshots, the newest first. */
    static List<Named> snapshots(Path directory) throws IOException {
        List<Named> found = list(directory, SNAPSHOT_NAME);
        found.sort(Comparator.comparingLong(Named::zxid).reversed());
        return found;
    }

    /** Logs, the oldest first. */
    static List<Named> logs(Path directory) throws IOException {
        List<Named> found = list(directory, LOG_NAME);
        found.sort(Comparator.comparingLong(Named::zxid));
        return found;
    }

    private static List<Named> list(Path directory, Pattern pattern) throws IOException {
        List<Named> found = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Matcher name = pattern.matcher(file.getFileName().toString());
                if (name.matches()) {
                    found.add(new Named(file, Long.parseUnsignedLong(name.group(1), 16)));
                }
            }
        }
        return found;
    }

    static IOException damaged(Path file, long offset, String found) {
        return new IOException(ErrorCode.ZOOKEEPER_DATA_DAMAGED.message(file + " is damaged at offset " + offset + ": " + found
                + ". Nothing was imported. Copy it anew, or take the directory of another server of the ensemble."));
    }

    static IOException missing(String fact, String remedy) {
        return new IOException(ErrorCode.ZOOKEEPER_DATA_MISSING.message(fact + ". Nothing was imported. " + remedy));
    }

    static String hex(long zxid) {
        return "0x" + Long.toHexString(zxid);
    }
}
