package io.coord.netty.zkfiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.netty.ExportZooKeeper;
import io.coord.netty.ImportZooKeeper;
import io.coord.runtime.StoppedMember;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands: what they write, what they refuse, and that nothing is left of what they refuse. */
@Timeout(120)
class ImportTest {

    private static final String MEMBERS = "1=a:7100:2181,2=b:7100:2181,3=c:7100:2181";

    @TempDir
    private Path directory;

    private final LiveServer server = new LiveServer(6, true);
    private Path files;
    private byte[] snapshot;

    @BeforeEach
    void writeFiles() throws IOException {
        files = directory.resolve("zookeeper").resolve("version-2");
        Map.Entry<Long, byte[]> taken = server.snapshot(0);
        snapshot = taken.getValue();
        for (int i = 0; i < 40; i++) {
            server.write();
        }
        Written.write(files, "snapshot." + Long.toHexString(taken.getKey()), snapshot);
        Written.write(files, "log." + Long.toHexString(LiveServer.EPOCH + 1), Written.log(server.log));
    }

    @Test
    @DisplayName("rule.26: members founded on the same files are of one cluster, at the next multiple of 2^32; on other files, of another")
    void membersOfTheSameFilesAreOfOneCluster() throws IOException {
        importOf("1", "one");
        importOf("3", "three");
        importOf("1", "rehearsal", "--name", "rehearsal");
        server.write();
        Written.write(files, "log." + Long.toHexString(LiveServer.EPOCH + 1), Written.log(server.log));
        importOf("2", "two");

        StoppedMember one = StoppedMember.read(directory.resolve("one"));
        assertThat(one.member()).isEqualTo(1);
        assertThat(one.root().index()).isEqualTo(0x6_0000_0000L);
        StoppedMember three = StoppedMember.read(directory.resolve("three"));
        assertThat(three.clusterId()).isEqualTo(one.clusterId()).isNotZero();
        assertThat(three.root().digest()).isEqualTo(one.root().digest());
        assertThat(StoppedMember.read(directory.resolve("rehearsal")).clusterId()).isNotEqualTo(one.clusterId());
        assertThat(StoppedMember.read(directory.resolve("two")).clusterId()).isNotEqualTo(one.clusterId());
    }

    @Test
    @DisplayName("what is exported is read again as it was: nodes, sessions, zxids")
    void whatIsExportedIsReadAgain() throws IOException {
        importOf("1", "one");
        Path back = directory.resolve("back");
        assertThat(run(ExportZooKeeper::run, "--data-dir", directory.resolve("one").toString(), "--to", back.toString()))
                .startsWith("0 ");

        ZooKeeperImage image = ZooKeeperImage.read(back, back, false);

        assertThat(image.tree().nodes().keySet()).isEqualTo(server.nodes.keySet());
        server.nodes.forEach((path, node) -> {
            ZooKeeperTree.Node read = image.tree().nodes().get(path);
            assertThat(ZooKeeperTree.digest(path, read)).as(path).isEqualTo(ZooKeeperTree.digest(path, node));
            assertThat(read.acl).isEqualTo(node.acl);
        });
        assertThat(image.tree().sessions()).isEqualTo(server.sessions);
        assertThat(image.report()).noneMatch(line -> line.contains("WARNING"));
        assertThat(run(ExportZooKeeper::run, "--data-dir", directory.resolve("one").toString(), "--to", back.toString()))
                .startsWith("1 COORD-1065").contains("not empty");
    }

    @Test
    void aGzippedSnapshotIsRead() throws IOException {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
            out.write(snapshot);
        }
        Files.delete(files.resolve("snapshot." + Long.toHexString(LiveServer.EPOCH)));
        Path gz = Written.write(files, "snapshot." + Long.toHexString(LiveServer.EPOCH) + ".gz", zipped.toByteArray());
        importOf("1", "one");

        byte[] cut = Arrays.copyOf(zipped.toByteArray(), zipped.size() / 2);
        Files.write(gz, cut);
        assertThat(tryImportOf("2", "two")).startsWith("1 COORD-1090").contains(gz.toString());
    }

    @Test
    @DisplayName("raw Snappy: literals, short copies, copies that overlap themselves; nothing is made of a promise")
    void snappyIsUnpacked() throws IOException {
        byte[] block = {14, 3 << 2, 'a', 'b', 'c', 'd', 1 | 2 << 2, 4, 2 | 3 << 2, 1, 0};
        assertThat(new String(unpacked(block), StandardCharsets.US_ASCII)).isEqualTo("abcdabcdabbbbb");
        for (int length = 0; length < block.length; length++) {
            byte[] cut = Arrays.copyOf(block, length);
            assertThatThrownBy(() -> unpacked(cut)).isInstanceOf(JuteException.class);
        }
        byte[] promise = {(byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 7, 0};
        assertThatThrownBy(() -> unpacked(promise)).isInstanceOf(JuteException.class);
    }

    private static byte[] unpacked(byte[] block) throws IOException {
        byte[] file = Written.bytes(out -> {
            for (int octet : new int[] {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0}) {
                out.octet(octet);
            }
            out.int32(1);
            out.int32(1);
            out.int32(block.length);
            for (byte octet : block) {
                out.octet(octet);
            }
        });
        return new SnappyInput(new ByteArrayInputStream(file)).readAllBytes();
    }

    @Test
    @DisplayName("nothing half-written is left of an import that fails, and a directory in use is left alone")
    void nothingIsLeftOfAnImportThatFails() throws IOException {
        Path log = files.resolve("log." + Long.toHexString(LiveServer.EPOCH + 1));
        byte[] bytes = Files.readAllBytes(log);
        bytes[100] ^= 1;
        Files.write(log, bytes);
        assertThat(tryImportOf("1", "one")).startsWith("1 COORD-1090").contains(log.toString()).contains("offset");
        assertThat(directory.resolve("one")).doesNotExist();
        assertThat(directory).isDirectoryNotContaining("glob:**one*");

        Files.write(Files.createDirectory(directory.resolve("mine")).resolve("file"), new byte[1]);
        bytes[100] ^= 1;
        Files.write(log, bytes);
        assertThat(tryImportOf("1", "mine")).startsWith("1 ").contains("COORD-1065").contains("not empty");
    }

    @Test
    @DisplayName("arguments that are no command are told with what a command is")
    void wrongArgumentsAreTold() {
        assertThat(run(ImportZooKeeper::run)).startsWith("2 ").contains("--from is missing").contains("usage:");
        assertThat(run(ImportZooKeeper::run, "--form", "x")).startsWith("2 ").contains("there is no option --form");
        assertThat(run(ImportZooKeeper::run, "--from")).startsWith("2 ").contains("--from has no value");
        assertThat(tryImportOf("4", "four")).startsWith("2 ").contains("COORD-1019");
        assertThat(tryImportOf("first", "one")).startsWith("2 ").contains("--id first");
        assertThat(run(ExportZooKeeper::run, "--data-dir", directory.resolve("none").toString(), "--to", "x"))
                .startsWith("1 COORD-1065");
    }

    private void importOf(String id, String name, String... more) {
        assertThat(tryImportOf(id, name, more)).startsWith("0 ");
    }

    private String tryImportOf(String id, String name, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--from", files.getParent().toString(), "--data-dir", directory.resolve(name).toString(), "--id", id, "--members", MEMBERS));
        arguments.addAll(List.of(more));
        return run(ImportZooKeeper::run, arguments.toArray(String[]::new));
    }

    private interface Command {
        int run(List<String> arguments, PrintStream out, PrintStream err);
    }

    private static String run(Command command, String... arguments) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        return command.run(List.of(arguments), out, out) + " " + said.toString(StandardCharsets.UTF_8);
    }
}
