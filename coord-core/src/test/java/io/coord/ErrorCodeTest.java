package io.coord;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ErrorCodeTest {

    @Test
    void theErrorPageHasASectionForEachCodeInOrderAndForNoOther() throws IOException {
        List<String> sections = Files.readAllLines(Path.of("docs/errors.md")).stream()
                .filter(line -> line.startsWith("## COORD-"))
                .map(line -> line.substring(3, line.indexOf(' ', 3)))
                .toList();
        assertThat(sections).containsExactlyElementsOf(
                Arrays.stream(ErrorCode.values()).map(ErrorCode::toString).toList());
    }

    /** One that no message opens with would be waited for in vain by whoever read of it. */
    @Test
    void eachCodeOpensAMessage() throws IOException {
        StringBuilder sources = new StringBuilder();
        for (String module : List.of("coord-core", "coord-raft", "coord-netty")) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "main", "java"))) {
                for (Path file : files.filter(file -> file.toString().endsWith(".java")).toList()) {
                    sources.append(Files.readString(file));
                }
            }
        }
        assertThat(Arrays.stream(ErrorCode.values()).filter(code -> sources.indexOf("ErrorCode." + code.name()) < 0)).isEmpty();
    }

    @Test
    void aNumberIsGivenOnce() {
        assertThat(Arrays.stream(ErrorCode.values()).map(ErrorCode::number)).doesNotHaveDuplicates();
    }
}
