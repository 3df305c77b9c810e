package io.coord;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
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

    @Test
    void aNumberIsGivenOnce() {
        assertThat(Arrays.stream(ErrorCode.values()).map(ErrorCode::number)).doesNotHaveDuplicates();
    }
}
