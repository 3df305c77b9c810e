package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Ensemble;
import io.coord.Identity;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Session;
import io.coord.ensemble.DataDirectory;
import io.coord.ensemble.Member;
import io.coord.runtime.Backups;
import io.coord.state.Command;
import io.coord.state.CoordState;
import io.coord.state.StateRoot;
import io.coord.storage.FileStorage;
import io.coord.wire.SnapshotCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an operator does with a data directory: look at it, back it up, restore it. */
@Timeout(60)
class BackupTest {

    private static void flip(Path file, int at) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[at] ^= 1;
        Files.write(file, bytes);
    }

    private static final MemberId ONE = MemberId.of(1);
    private static final Ensemble ALONE = Ensemble.parse("1=localhost:7100");
    private static final NodePath KEPT = NodePath.of("/kept");
    private static final NodePath GONE = NodePath.of("/gone");
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    @Test
    @DisplayName("rule.26: a backup of a running member is restored above all zxids issued, under another cluster id, without its sessions")
    void aBackupIsRestored() throws IOException {
        Path backup = directory.resolve("backup");
        long backedUp;
        long issued;
        try (Member member = Member.builder(ONE, ALONE).dataDirectory(directory.resolve("first")).start();
                Session session = member.openSession(TIMEOUT)) {
            session.create(KEPT, Bytes.utf8("x"), CreateMode.PERSISTENT);
            session.create(GONE, Bytes.utf8("y"), CreateMode.EPHEMERAL);
            backedUp = member.backupTo(backup);
            session.create(KEPT.child("later"), Bytes.EMPTY, CreateMode.PERSISTENT);
            issued = session.getData(KEPT.child("later")).stat().czxid();
        }
        long clusterId = DataDirectory.newClusterId();
        Path restored = directory.resolve("second");

        long base = DataDirectory.restore(backup, restored, ONE, ALONE, clusterId);

        if (backup.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup))).isEqualTo("rw-------");
        }
        assertThat(backedUp).isLessThan(issued);
        assertThat(base >>> 32).isEqualTo((issued >>> 32) + 1);
        assertThat(DataDirectory.inspect(restored).findings()).isEmpty();
        try (Member member = Member.builder(ONE, ALONE).dataDirectory(restored).start();
                Session session = member.openSession(TIMEOUT)) {
            assertThat(member.status().clusterId()).isEqualTo(clusterId);
            assertThat(session.getData(KEPT).text()).isEqualTo("x");
            assertThat(session.exists(GONE)).as("an ephemeral of a session that is over").isEmpty();
            assertThat(session.exists(KEPT.child("later"))).isEmpty();
            session.create(KEPT.child("new"), Bytes.EMPTY, CreateMode.PERSISTENT);
            assertThat(session.getData(KEPT.child("new")).stat().czxid()).isGreaterThan(base);
        }
    }

    @Test
    @DisplayName("rule.26: a change of members under way in the backup is none in the restored ensemble, whose members are those that were named")
    void aChangeOfMembersUnderWayIsNotRestored() throws IOException {
        CoordState amid = new CoordState(Bytes.EMPTY);
        amid.stands("1=old:7100");
        amid.apply(SmallStorage.ORIGIN + 1, 1, 0, 0, new Command.OpenSession(7, Bytes.EMPTY, 10_000, ONE, 1));
        Operation.Reconfigure wish = Operation.Reconfigure.to(Ensemble.parse("1=old:7200"));
        amid.apply(SmallStorage.ORIGIN + 2, 1, 0, 0, new Command.Submit(7, 1, 1, 0, List.of(new Identity("super", "")), wish));
        assertThat(amid.root().reconfiguration()).isNotNull();
        Path backup = directory.resolve("backup");
        Backups.write(amid.root(), backup);
        Path restored = directory.resolve("restored");

        long base = DataDirectory.restore(backup, restored, ONE, ALONE, DataDirectory.newClusterId());

        try (FileStorage storage = FileStorage.at(restored)) {
            StateRoot root = new SnapshotCodec().restore(storage.open().snapshotRecords()).root();
            assertThat(root.index()).isEqualTo(base);
            assertThat(root.reconfiguration()).isNull();
        }
        try (Member member = Member.builder(ONE, ALONE).dataDirectory(restored).start();
                Session session = member.openSession(TIMEOUT)) {
            session.create(KEPT, Bytes.EMPTY, CreateMode.PERSISTENT);
            assertThat(member.ensemble()).isEqualTo(ALONE);
        }
    }

    @Test
    void aDamagedBackupIsRefusedAndLeavesNoDirectory() throws IOException {
        Path backup = directory.resolve("backup");
        try (Member member = Member.builder(ONE, ALONE).start()) {
            member.openSession(TIMEOUT).close();
            member.backupTo(backup);
        }
        flip(backup, (int) Files.size(backup) - 20);

        assertThatThrownBy(() -> DataDirectory.restore(backup, directory.resolve("second"), ONE, ALONE, 7))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("COORD-1060 " + backup);
        assertThat(directory.resolve("second")).doesNotExist();
    }

    @Test
    void whatACommandCannotDoIsSaidInASentence() throws IOException {
        Path missing = directory.resolve("missing");
        Path file = Files.writeString(directory.resolve("file"), "x");
        String[] backup = {"restore", missing.toString(), directory.resolve("second").toString(), "1", "1=localhost:7100", "new"};

        assertThat(run(backup)).isEqualTo("1 there is no " + missing);
        assertThat(run("inspect", missing.toString())).isEqualTo("1 there is no " + missing);
        assertThat(run("inspect", file.toString())).isEqualTo("1 " + file + " is no directory");
        backup[3] = "x";
        assertThat(run(backup)).isEqualTo("2 member \"x\" is no number from 1 to 255");
        backup[3] = "1";
        backup[5] = "seven";
        assertThat(run(backup)).isEqualTo("2 cluster \"seven\" is neither a hexadecimal number nor new");
        try (Member member = Member.builder(ONE, ALONE).start()) {
            member.openSession(TIMEOUT).close();
            member.backupTo(missing);
        }
        backup[5] = "0";
        assertThat(run(backup)).startsWith("2 cluster id 0 means no ensemble").contains("new").contains("DataDirectory.newClusterId()");
        assertThat(directory.resolve("second")).doesNotExist();
    }

    private static String run(String... words) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        return (DataDirectory.run(List.of(words), out, out) + " " + said.toString(StandardCharsets.UTF_8)).strip();
    }

    @Test
    @DisplayName("fault.D6: an inspection names what is wrong, file and offset, and changes nothing")
    void anInspectionNamesWhatIsWrong() throws IOException {
        Path data = directory.resolve("data");
        try (Member member = Member.builder(ONE, ALONE).dataDirectory(data).start();
                Session session = member.openSession(TIMEOUT)) {
            session.create(KEPT, Bytes.utf8("x"), CreateMode.PERSISTENT);
            assertThat(member.takeSnapshot()).isTrue();
            session.create(KEPT.child("a"), Bytes.utf8("x"), CreateMode.PERSISTENT);
        }
        DataDirectory.Report whole = DataDirectory.inspect(data);
        assertThat(whole.isWhole()).as("%s", whole.findings()).isTrue();
        assertThat(whole.contents()).anyMatch(line -> line.startsWith("identity: member 1 of cluster "))
                .anyMatch(line -> line.startsWith("control: term "))
                .anyMatch(line -> line.startsWith("log-") && line.contains(", entries 100000001 to ") && line.endsWith(", sealed"))
                .anyMatch(line -> line.startsWith("snapshot-") && line.contains(" digest "));

        Path segment = only(data, "log-");
        flip(segment, 4096 + 100);
        TreeMap<String, Long> before = sizes(data);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int code = DataDirectory.run(List.of("inspect", data.toString()), new PrintStream(out), new PrintStream(out));

        assertThat(code).isEqualTo(1);
        assertThat(out.toString()).contains("WRONG COORD-1060 " + segment + " is damaged at offset 4096", "1 findings");
        assertThat(sizes(data)).isEqualTo(before);
    }

    @Test
    @DisplayName("fault.D9: an inspection of a member that runs finds what has rotted at rest, and the member is none the worse")
    void anInspectionOfAMemberThatRunsFindsWhatHasRotted() throws IOException {
        Path data = directory.resolve("data");
        try (Member member = Member.builder(ONE, ALONE).dataDirectory(data).start();
                Session session = member.openSession(TIMEOUT)) {
            session.create(KEPT, Bytes.utf8("x"), CreateMode.PERSISTENT);
            assertThat(member.takeSnapshot()).isTrue();
            assertThat(DataDirectory.inspect(data).findings()).isEmpty();
            Path snapshot = only(data, "snapshot-");
            flip(snapshot, (int) Files.size(snapshot) - 1);

            assertThat(DataDirectory.inspect(data).findings()).singleElement().asString().contains("COORD-1060 " + snapshot);
            session.create(KEPT.child("a"), Bytes.utf8("x"), CreateMode.PERSISTENT);
        }
    }

    private static Path only(Path data, String prefix) throws IOException {
        try (Stream<Path> files = Files.list(data)) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix)).findFirst().orElseThrow();
        }
    }

    private static TreeMap<String, Long> sizes(Path data) throws IOException {
        TreeMap<String, Long> sizes = new TreeMap<>();
        try (Stream<Path> files = Files.list(data)) {
            for (Path file : files.toList()) {
                sizes.put(file.getFileName().toString(), Files.size(file));
            }
        }
        return sizes;
    }
}
