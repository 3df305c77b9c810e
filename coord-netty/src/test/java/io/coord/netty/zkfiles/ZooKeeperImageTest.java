package io.coord.netty.zkfiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Acl;
import io.coord.netty.zkfiles.ZooKeeperTree.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is read from a server's files is what the server held, however its snapshot caught it. */
@Timeout(120)
class ZooKeeperImageTest {

    private static final int HISTORIES = 45;

    @TempDir
    private Path directory;

    @Test
    @DisplayName("a snapshot of a tree that changes, and the log from there, come to the tree at the end of the log")
    void aSnapshotOfAChangingTreeAndTheLogComeToTheTreeAtTheEnd() throws IOException {
        for (long seed = 0; seed < HISTORIES; seed++) {
            Path at = Files.createDirectory(directory.resolve("seed-" + seed));
            boolean namesClosedNodes = seed % 3 != 0;
            LiveServer server = new LiveServer(seed, namesClosedNodes);
            write(server, 30 + server.chance(100));
            int before = server.log.size();
            Map.Entry<Long, byte[]> snapshot = server.snapshot(6);
            write(server, server.chance(30));
            Written.write(at, "snapshot." + Long.toHexString(snapshot.getKey()), snapshot.getValue());
            writeLogs(at, server.log, before);

            ZooKeeperImage image = read(at);

            if (!namesClosedNodes) {
                forgiveLostPzxids(image.tree().nodes(), server.nodes);
            }
            assertThat(shown(image.tree().nodes())).as("seed %d", seed).isEqualTo(shown(server.nodes));
            assertThat(image.tree().sessions()).as("seed %d", seed).isEqualTo(server.sessions);
            assertThat(image.zxid()).isEqualTo(server.zxid);
            if (namesClosedNodes) {
                assertThat(image.report()).as("seed %d", seed).noneMatch(line -> line.contains("WARNING"));
            }
        }
    }

    @Test
    @DisplayName("a log cut at any byte comes to one of the states before, or is refused by name")
    void aLogCutAnywhereComesToAStateBefore() throws IOException {
        LiveServer server = new LiveServer(11, true);
        List<Object> states = new ArrayList<>();
        Map.Entry<Long, byte[]> snapshot = server.snapshot(0);
        states.add(shown(server.nodes));
        for (int i = 0; i < 8; i++) {
            server.write();
            states.add(shown(server.nodes));
        }
        Written.write(directory, "snapshot." + Long.toHexString(snapshot.getKey()), snapshot.getValue());
        byte[] log = Written.log(server.log);
        String name = "log." + Long.toHexString(LiveServer.EPOCH + 1);
        int end = log.length - Written.PREALLOCATED_BYTES;
        int reached = 0;
        for (int length = 0; length <= log.length; length += length < end ? 3 : 100) {
            Written.write(directory, name, Arrays.copyOf(log, length));
            int at = states.indexOf(shown(read(directory).tree().nodes()));
            assertThat(at).as("cut at %d", length).isGreaterThanOrEqualTo(reached);
            reached = at;
        }
        assertThat(states.get(reached)).isEqualTo(states.get(states.size() - 1));
    }

    @Test
    @DisplayName("a flipped bit anywhere in a log is refused by name, or takes no more than the last transaction, as a crash would")
    void aFlippedBitInALogIsRefused() throws IOException {
        LiveServer server = new LiveServer(5, true);
        Map.Entry<Long, byte[]> snapshot = server.snapshot(0);
        write(server, 11);
        Object beforeLast = shown(server.nodes);
        server.write();
        Object all = shown(server.nodes);
        Written.write(directory, "snapshot." + Long.toHexString(snapshot.getKey()), snapshot.getValue());
        byte[] log = Written.log(server.log);
        String name = "log." + Long.toHexString(LiveServer.EPOCH + 1);
        int refused = 0;
        for (int bit = 0; bit < (log.length - Written.PREALLOCATED_BYTES) * 8; bit += 23) {
            if (bit / 8 >= 8 && bit / 8 < 16) {
                continue; // the database id, which nobody uses
            }
            byte[] damaged = log.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            Written.write(directory, name, damaged);
            try {
                assertThat(shown(read(directory).tree().nodes())).as("bit %d", bit).isIn(beforeLast, all);
            } catch (IOException e) {
                assertThat(e).hasMessageStartingWith("COORD-109").hasMessageContaining(directory.toString());
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(60);
    }

    @Test
    @DisplayName("a snapshot cut or changed anywhere is refused by name, or an older one takes its place")
    void aDamagedSnapshotIsRefusedOrPassedOver() throws IOException {
        LiveServer server = new LiveServer(8, true);
        Map.Entry<Long, byte[]> older = server.snapshot(0);
        write(server, 20);
        Map.Entry<Long, byte[]> newer = server.snapshot(0);
        write(server, 5);
        Path newest = Written.write(directory, "snapshot." + Long.toHexString(newer.getKey()), newer.getValue());
        Written.write(directory, "log." + Long.toHexString(LiveServer.EPOCH + 1), Written.log(server.log));
        byte[] whole = newer.getValue();
        for (int at = 0; at < whole.length; at += 7) {
            boolean isCut = at % 2 == 0;
            byte[] damaged = isCut ? Arrays.copyOf(whole, at) : whole.clone();
            if (!isCut && (at < 8 || at >= 16)) {
                damaged[at] ^= 0x10;
            } else if (!isCut) {
                continue;
            }
            Files.write(newest, damaged);
            assertThatThrownBy(() -> read(directory)).as("at %d", at).isInstanceOf(IOException.class)
                    .hasMessageStartingWith("COORD-1090").hasMessageContaining(newest.toString());
        }

        Written.write(directory, "snapshot." + Long.toHexString(older.getKey()), older.getValue());
        ZooKeeperImage image = read(directory);

        assertThat(shown(image.tree().nodes())).isEqualTo(shown(server.nodes));
        assertThat(image.report()).anyMatch(line -> line.contains("passed over " + newest));
    }

    @Test
    @DisplayName("a log file that is not there is missed, and accepted only if told so")
    void aMissingLogFileIsMissed() throws IOException {
        LiveServer server = new LiveServer(3, true);
        Map.Entry<Long, byte[]> snapshot = server.snapshot(0);
        write(server, 30);
        Written.write(directory, "snapshot." + Long.toHexString(snapshot.getKey()), snapshot.getValue());
        writeLog(directory, server.log.subList(0, 10));
        writeLog(directory, server.log.subList(20, 30));

        assertThatThrownBy(() -> read(directory)).isInstanceOf(IOException.class)
                .hasMessageStartingWith("COORD-1091").hasMessageContaining("0x50000000a").hasMessageContaining("0x500000015");
        assertThat(ZooKeeperImage.read(directory, directory, true).report()).anyMatch(line -> line.contains("missing"));
    }

    @Test
    @DisplayName("transactions that a follower logged again when it changed its leader count once, wherever the snapshot lies")
    void whatIsLoggedTwiceCountsOnce() throws IOException {
        for (int before = 0; before < 30; before += 4) {
            Path at = Files.createDirectory(directory.resolve("before-" + before));
            LiveServer server = new LiveServer(6, true);
            write(server, before);
            Map.Entry<Long, byte[]> snapshot = server.snapshot(0);
            write(server, 50 - before);
            Written.write(at, "snapshot." + Long.toHexString(snapshot.getKey()), snapshot.getValue());
            List<byte[]> log = new ArrayList<>(server.log.subList(0, 30));
            log.addAll(server.log.subList(20, 50));
            writeLog(at, log);

            ZooKeeperImage image = read(at);

            assertThat(shown(image.tree().nodes())).as("snapshot at %s", before).isEqualTo(shown(server.nodes));
            assertThat(image.tree().sessions()).as("snapshot at %s", before).isEqualTo(server.sessions);
            assertThat(image.zxid()).isEqualTo(server.zxid);
            assertThat(image.report()).anyMatch(line -> line.matches("counted \\d+ transactions from 0x.* to 0x50000001e once .*"))
                    .noneMatch(line -> line.contains("WARNING"));
        }
    }

    @Test
    @DisplayName("two transactions of one number are refused")
    void anotherTransactionOfTheSameNumberIsRefused() throws IOException {
        LiveServer server = new LiveServer(6, true);
        Map.Entry<Long, byte[]> snapshot = server.snapshot(0);
        write(server, 30);
        Written.write(directory, "snapshot." + Long.toHexString(snapshot.getKey()), snapshot.getValue());
        byte[] other = server.log.get(20).clone();
        other[7] ^= 1; // of another session
        server.log.add(other);
        writeLog(directory, server.log);

        assertThatThrownBy(() -> read(directory)).isInstanceOf(IOException.class)
                .hasMessageStartingWith("COORD-1090").hasMessageContaining("0x500000015 comes after 0x50000001e");
    }

    @Test
    @DisplayName("a snapshot that shows more than the log tells is refused: its log is somewhere else")
    void aSnapshotWithoutItsLogIsRefused() throws IOException {
        LiveServer server = new LiveServer(4, true);
        write(server, 50);
        Map.Entry<Long, byte[]> snapshot = server.snapshot(8);
        Written.write(directory, "snapshot." + Long.toHexString(snapshot.getKey()), snapshot.getValue());

        assertThatThrownBy(() -> read(directory)).isInstanceOf(IOException.class)
                .hasMessageStartingWith("COORD-1091").hasMessageContaining("dataLogDir");
    }

    @Test
    @DisplayName("nodes whose names only older versions allowed are named, all at once")
    void namesThatNoNodeCanHaveAreNamed() throws IOException {
        LiveServer server = new LiveServer(4, true);
        Map.Entry<Long, byte[]> snapshot = server.snapshot(0);
        List<byte[]> log = new ArrayList<>();
        for (String path : List.of("/a\u007f", "/b", "/c\ufff0")) {
            log.add(Written.transaction(1, LiveServer.EPOCH + 1 + log.size(), 5, Written.create(
                    Written.CREATE, path, null, Acl.OPEN, false, log.size() + 1)));
        }
        Written.write(directory, "snapshot." + Long.toHexString(snapshot.getKey()), snapshot.getValue());
        writeLog(directory, log);

        assertThatThrownBy(() -> read(directory)).isInstanceOf(IOException.class)
                .hasMessageStartingWith("COORD-1092 2 nodes").hasMessageContaining("/a\\u007F, /c\\uFFF0");
    }

    @Test
    void aDirectoryWithoutASnapshotIsRefused() {
        assertThatThrownBy(() -> read(directory)).isInstanceOf(IOException.class).hasMessageStartingWith("COORD-1091");
        assertThatThrownBy(() -> read(directory.resolve("nowhere"))).isInstanceOf(IOException.class)
                .hasMessageStartingWith("COORD-1091");
    }

    /**
     * Before 3.6 the end of a session does not name its nodes: one that is gone from a snapshot whose parent was copied before leaves no
     * trace (ZOOKEEPER-3145), and a server of that version would restart with the same loss.
     */
    private static void forgiveLostPzxids(Map<String, Node> found, Map<String, Node> live) {
        found.forEach((path, node) -> {
            Node itself = live.get(path);
            if (itself != null && node.pzxid < itself.pzxid) {
                node.pzxid = itself.pzxid;
            }
        });
    }

    private static void write(LiveServer server, int count) {
        for (int left = count; left > 0; left--) {
            server.write();
        }
    }

    private static ZooKeeperImage read(Path at) throws IOException {
        return ZooKeeperImage.read(at, at, false);
    }

    /** Some files, one of which begins about where the snapshot does. */
    private static void writeLogs(Path at, List<byte[]> log, int middle) throws IOException {
        writeLog(at, log.subList(0, middle / 2));
        writeLog(at, log.subList(middle / 2, middle));
        writeLog(at, log.subList(middle, log.size()));
    }

    private static void writeLog(Path at, List<byte[]> transactions) throws IOException {
        if (!transactions.isEmpty()) {
            long first = new Transaction(transactions.get(0)).zxid();
            Written.write(at, "log." + Long.toHexString(first), Written.log(transactions));
        }
    }

    private static Map<String, String> shown(Map<String, Node> nodes) {
        TreeMap<String, String> shown = new TreeMap<>();
        nodes.forEach((path, node) -> shown.put(path, String.join(" ",
                node.data == null ? "null" : new String(node.data, java.nio.charset.StandardCharsets.UTF_8),
                String.valueOf(node.acl),
                Long.toHexString(node.czxid), Long.toHexString(node.mzxid), Long.toHexString(node.pzxid),
                "" + node.ctime, "" + node.mtime, "" + node.version, "" + node.cversion, "" + node.aversion,
                Long.toHexString(node.owner))));
        return shown;
    }
}
