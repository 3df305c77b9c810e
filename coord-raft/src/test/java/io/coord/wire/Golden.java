package io.coord.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Bytes by name, kept in a resource: what releases have written, and every later one must read. */
final class Golden {

    private Golden() {}

    static Map<String, Bytes> read(String resource) {
        Map<String, Bytes> golden = new LinkedHashMap<>();
        text(resource).lines().filter(line -> !line.isBlank() && !line.startsWith("#")).forEach(line -> {
            String[] parts = line.split(" = ", 2);
            golden.put(parts[0], Bytes.wrap(Hex.bytes(parts[1])));
        });
        return golden;
    }

    /** Asserts that the resource holds just this; if not, the new text is left below target, to be looked at and copied. */
    static void assertHolds(String resource, Map<String, Bytes> expected) {
        StringBuilder lines = new StringBuilder();
        expected.forEach((name, bytes) -> lines.append(name).append(" = ").append(Hex.of(bytes)).append('\n'));
        String kept = text(resource).lines().filter(line -> line.startsWith("#")).map(line -> line + "\n").reduce("", String::concat);
        String wanted = kept + lines;
        if (!wanted.equals(text(resource))) {
            Path copy = Path.of("target", "golden", resource);
            try {
                Files.createDirectories(copy.getParent());
                Files.writeString(copy, wanted);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        assertThat(wanted)
                .as("version 1 is written by releases: a changed line is a broken format; the new text is in target/golden/" + resource)
                .isEqualTo(text(resource));
    }

    private static String text(String resource) {
        try (InputStream in = Golden.class.getResourceAsStream("golden/" + resource)) {
            return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
