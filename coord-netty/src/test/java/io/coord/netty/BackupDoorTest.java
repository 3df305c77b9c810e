package io.coord.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Ensemble;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.ensemble.DataDirectory;
import io.coord.ensemble.Member;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BackupDoorTest {

    private static final MemberId ONE = MemberId.of(1);
    private static final Ensemble ALONE = Ensemble.parse("1=localhost:7100");

    private final List<SocketChannel> opened = new ArrayList<>();

    @TempDir
    private Path directory;

    @Test
    void aServerThatRunsWritesABackupThatARestoreTakes() throws Exception {
        Path file = directory.resolve("backup");
        try (Member member = member(); BackupDoor door = BackupDoor.open(member, data())) {
            try (Session session = member.openSession(Duration.ofSeconds(10))) {
                session.create(NodePath.of("/kept"), Bytes.utf8("value"), CreateMode.PERSISTENT);
                assertThat(run(data(), file)).startsWith("0 member 1, leader, as of zxid 0x")
                        .endsWith(": " + Files.size(file) + " bytes in " + file + "\n");
                session.create(NodePath.of("/later"), Bytes.EMPTY, CreateMode.PERSISTENT);
            }
        }

        Path restored = directory.resolve("restored");
        DataDirectory.restore(file, restored, ONE, ALONE, 7);
        try (Member member = Member.builder(ONE, ALONE).dataDirectory(restored).start(); Session session = member.openSession(Duration.ofSeconds(10))) {
            assertThat(session.getData(NodePath.of("/kept")).data()).isEqualTo(Bytes.utf8("value"));
            assertThat(session.exists(NodePath.of("/later"))).isEmpty();
        }
    }

    @Test
    void itIsFoundByWhatTheServerCallsItsDataDirectory() throws Exception {
        Path laidOut = Files.createDirectories(directory.resolve("zookeepers"));
        Files.writeString(laidOut.resolve("myid"), "1\n");
        Path inside = laidOut.resolve("coord");
        try (Member member = serving(inside); BackupDoor door = BackupDoor.open(member, inside)) {
            assertThat(run(laidOut, directory.resolve("one"))).startsWith("0 ");
            assertThat(run(inside, directory.resolve("other"))).startsWith("0 ");
        }
    }

    @Test
    void whatKeepsABackupFromBeingWrittenIsSaidAndNothingIsLeft() throws Exception {
        Path missing = directory.resolve("missing").resolve("backup");
        assertThat(run(data(), missing)).startsWith("1 no backup was written: there is no directory " + data());
        try (Member member = member()) {
            assertThat(run(data(), missing)).startsWith("1 no backup was written: no server runs on " + data());
            try (BackupDoor door = BackupDoor.open(member, data())) {
                assertThat(run(data(), missing)).startsWith("1 no backup was written: there is no directory for " + missing);
                Path taken = Files.createDirectories(directory.resolve("taken").resolve("full")).getParent();
                assertThat(run(data(), taken)).startsWith("1 no backup was written: " + taken);
                assertThat(Files.list(directory).map(Path::getFileName).map(Path::toString)).containsExactlyInAnyOrder("data", "taken");
            }
        }
        assertThat(run()).startsWith("2 usage: backup DIRECTORY FILE");
        assertThat(run(data())).startsWith("2 usage: ");
    }

    @Test
    void aMemberThatDoesNotServeWritesNone() throws Exception {
        Ensemble three = Ensemble.parse("1=localhost:7100,2=localhost:7101,3=localhost:7102");
        try (Member member = Member.builder(ONE, three).dataDirectory(data()).transport(NettyTransport.listeningOn(0)).start();
                BackupDoor door = BackupDoor.open(member, data())) {
            assertThat(run(data(), directory.resolve("backup"))).startsWith("1 no backup was written: member 1 does not serve").contains("Ask another member");
            assertThat(directory.resolve("backup")).doesNotExist();
        }
    }

    @Test
    void onlyItsOwnerGetsToIt() throws Exception {
        Files.createDirectories(BackupDoor.socket(data()).getParent()); // by another hand, for all to enter
        try (Member member = member(); BackupDoor door = BackupDoor.open(member, data())) {
            Path socket = BackupDoor.socket(data());
            assertThat(socket).exists();
            if (socket.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket.getParent()))).isEqualTo("rwx------");
            }
        }
    }

    @Test
    void closedItLeavesNothingAndAKilledServersRestIsReplaced() throws Exception {
        Path socket = BackupDoor.socket(data());
        try (Member member = member()) {
            BackupDoor.open(member, data()).close();
            assertThat(socket.getParent()).doesNotExist();
            assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().equals("coord-backup") && thread.isAlive());

            Files.createDirectories(socket.getParent());
            Files.writeString(socket, "left");
            try (BackupDoor door = BackupDoor.open(member, data())) {
                assertThat(run(data(), directory.resolve("backup"))).startsWith("0 ");
            }
        }
        assertThat(DataDirectory.inspect(data()).findings()).isEmpty();
    }

    @Test
    void whoSaysNothingHoldsUpNobody() throws Exception {
        try (Member member = member()) {
            BackupDoor door = BackupDoor.open(member, data());
            SocketChannel silent = caller();
            assertThat(run(data(), directory.resolve("backup"))).startsWith("0 ");
            SocketChannel nonsense = caller();
            opened.addAll(List.of(silent, nonsense));
            nonsense.write(ByteBuffer.wrap("GET ".getBytes(StandardCharsets.US_ASCII)));
            assertThat(nonsense.read(ByteBuffer.allocate(1))).as("no answer to another protocol").isEqualTo(-1);
            door.close();
            assertThat(silent.read(ByteBuffer.allocate(1))).as("closed with the door").isEqualTo(-1);
        }
    }

    @Test
    void fewAreLetInAtATime() throws Exception {
        try (Member member = member(); BackupDoor door = BackupDoor.open(member, data())) {
            for (int i = 0; i < 8; i++) {
                opened.add(caller());
            }
            assertThat(run(data(), directory.resolve("backup"))).startsWith("1 no backup was written: the server ended before it was done, or has too many callers");
            assertThat(directory.resolve("backup")).doesNotExist();
        }
    }

    @Test
    void aPathThatIsTooLongForASocketIsToldAndLeavesNothing() throws IOException {
        Path deep = directory.resolve("d".repeat(120));
        try (Member member = Member.builder(ONE, ALONE).dataDirectory(deep).start()) {
            assertThatThrownBy(() -> BackupDoor.open(member, deep)).isInstanceOf(IOException.class);
        }
        assertThat(BackupDoor.socket(deep).getParent()).doesNotExist();
    }

    @AfterEach
    void close() throws IOException {
        for (SocketChannel channel : opened) {
            channel.close();
        }
    }

    private SocketChannel caller() throws IOException {
        SocketChannel caller = SocketChannel.open(StandardProtocolFamily.UNIX);
        caller.connect(UnixDomainSocketAddress.of(BackupDoor.socket(data())));
        return caller;
    }

    private Path data() {
        return directory.resolve("data");
    }

    private Member member() {
        return serving(data());
    }

    /** Whoever has opened a session serves. */
    private static Member serving(Path data) {
        Member member = Member.builder(ONE, ALONE).dataDirectory(data).start();
        member.openSession(Duration.ofSeconds(10)).close();
        return member;
    }

    private static String run(Path... words) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        List<String> line = new ArrayList<>(List.of("backup"));
        for (Path word : words) {
            line.add(word.toString());
        }
        int code = CoordServer.run(line, out, out, server -> {});
        return code + " " + said.toString(StandardCharsets.UTF_8);
    }
}
