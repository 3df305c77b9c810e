package io.coord.netty;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The server's main hands the way from ZooKeeper and back to the commands for it. */
class VerbsTest {

    @Test
    void importAndExportAreVerbsOfTheServer() {
        assertThat(run("import", "--id", "1")).startsWith("2 ").contains("--from is missing").contains("usage: import");
        assertThat(run("export")).startsWith("2 ").contains("--data-dir is missing").contains("usage: export");
    }

    private static String run(String... words) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        int code = CoordServer.run(List.of(words), out, out, server -> {});
        return code + " " + said.toString(StandardCharsets.UTF_8);
    }
}
