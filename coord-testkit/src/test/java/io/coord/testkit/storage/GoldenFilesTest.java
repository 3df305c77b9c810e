package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.ensemble.spi.Storage;
import io.coord.storage.FileStorage;
import io.coord.testkit.sim.SimDisk;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Directories as format version 1 wrote them, kept for ever: whatever a later version writes, it reads these.
 *
 * <p>{@link #main} writes them anew, which is right only while no release has written the format.
 */
class GoldenFilesTest {

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"closed", "stopped"})
    @DisplayName("rule.27, fault.D19: a directory of format version 1 is read for ever")
    void aDirectoryOfFormatVersionOneIsReadForEver(String which) throws Exception {
        for (Path file : golden(which)) {
            Files.copy(file, directory.resolve(file.getFileName().toString()));
        }
        try (Storage storage = FileStorage.at(directory, SmallStorage.OPTIONS)) {
            Specimen.check(storage.open());
        }
        try (Storage again = FileStorage.at(directory, SmallStorage.OPTIONS)) {
            Specimen.check(again.open());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"closed", "stopped"})
    @DisplayName("rule.27: format version 1 is written as it always was, byte by byte")
    void formatVersionOneIsWrittenAsItAlwaysWas(String which) throws Exception {
        SimDisk written = Specimen.written(which.equals("closed"));
        List<Path> golden = golden(which);

        assertThat(names(written)).isEqualTo(golden.stream().map(file -> file.getFileName().toString()).toList());
        for (Path file : golden) {
            assertThat(written.content(file.getFileName().toString())).as(file.toString()).isEqualTo(Files.readAllBytes(file));
        }
    }

    private static List<Path> golden(String which) throws IOException, URISyntaxException {
        Path place = Path.of(GoldenFilesTest.class.getResource("/storage/v1/" + which).toURI());
        try (Stream<Path> files = Files.list(place)) {
            return files.sorted().toList();
        }
    }

    /** Zeros laid down ahead are not worth keeping. */
    private static List<String> names(SimDisk disk) throws IOException {
        return disk.list().stream().filter(name -> !name.equals("spare")).toList();
    }

    public static void main(String[] arguments) throws IOException {
        for (String which : List.of("closed", "stopped")) {
            Path place = Files.createDirectories(Path.of(arguments[0], which));
            SimDisk disk = Specimen.written(which.equals("closed"));
            for (String name : names(disk)) {
                Files.write(place.resolve(name), disk.content(name));
            }
        }
    }
}
