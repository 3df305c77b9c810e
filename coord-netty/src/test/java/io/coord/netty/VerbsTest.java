package io.coord.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Ensemble;
import io.coord.MemberId;
import io.coord.ensemble.Member;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server's main hands the way from ZooKeeper and back to the commands for it. */
class VerbsTest {

    @TempDir
    private Path directory;

    @Test
    void importAndExportAreVerbsOfTheServer() {
        assertThat(run("import", "--id", "1")).startsWith("2 ").contains("--from is missing").contains("usage: import");
        assertThat(run("export")).startsWith("2 ").contains("--data-dir is missing").contains("usage: export");
    }

    @Test
    void exportTakesWhatTheServerCallsItsDataDirectory() throws IOException {
        Path data = Files.createDirectories(directory.resolve("data"));
        Path exported = directory.resolve("exported");
        Files.writeString(data.resolve("myid"), "1\n");
        try (Member member = Member.builder(MemberId.of(1), Ensemble.parse("1=localhost:7100")).dataDirectory(data.resolve("coord")).start()) {
            member.openSession(Duration.ofSeconds(10)).close();
        }

        assertThat(run("export", "--data-dir", data.toString(), "--to", exported.toString())).startsWith("0 ").contains(" of member 1 of cluster ");
        if (exported.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            assertThat(permissions(exported)).isEqualTo("rwx------");
            assertThat(permissions(exported.resolve("version-2"))).isEqualTo("rwx------");
            try (Stream<Path> files = Files.list(exported.resolve("version-2"))) {
                assertThat(files).singleElement().satisfies(file -> assertThat(permissions(file)).isEqualTo("rw-------"));
            }
        }
    }

    private static String permissions(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    @Test
    void inspectAndRestoreAreVerbsOfTheServer() throws IOException {
        MemberId one = MemberId.of(1);
        Path backup = directory.resolve("backup");
        Path restored = directory.resolve("restored");
        try (Member member = Member.builder(one, Ensemble.parse("1=localhost:7100")).start()) {
            member.openSession(Duration.ofSeconds(10)).close();
            member.backupTo(backup);
        }

        assertThat(run("restore", backup.toString(), restored.toString(), "1", "1=localhost:7100", "new"))
                .startsWith("0 ").containsPattern("member 1 of cluster [0-9a-f]+ goes on behind zxid 0x");
        assertThat(run("inspect", restored.toString())).startsWith("0 ").contains("identity: member 1 of cluster ").endsWith("whole\n");
        assertThat(run("inspect")).startsWith("2 ").contains("usage: inspect DIRECTORY");
        assertThat(run("--help")).contains("inspect DIRECTORY").contains("restore BACKUP DIRECTORY MEMBER MEMBERS CLUSTER");
    }

    @Test
    void aDoorThatWasToldNonsenseIsAMistakeAndOneThatIsTakenAFailure() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            String[] words = {"--data-dir", directory.toString(), "--members", "1=127.0.0.1:0:" + taken.getLocalPort(), "--prop"};

            assertThat(run(with(words, "sessionRequireClientSASLAuth=true"))).startsWith("2 ").contains("but there are no users");
            assertThat(run(with(words, "sessionRequireClientSASLAuth=false"))).startsWith("1 ");
        }
    }

    private static String[] with(String[] words, String last) {
        return Stream.concat(Stream.of(words), Stream.of(last)).toArray(String[]::new);
    }

    private static String run(String... words) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        int code = CoordServer.run(List.of(words), out, out, server -> {});
        return code + " " + said.toString(StandardCharsets.UTF_8);
    }
}
