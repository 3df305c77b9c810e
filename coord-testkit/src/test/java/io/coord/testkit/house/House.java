package io.coord.testkit.house;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The project as its own tests read it: the main classes of every module, their descriptors, and the sources. */
final class House {
    static final List<String> MODULES = List.of("coord-core", "coord-raft", "coord-netty", "coord-testkit");

    /** What protoc writes is not ours to judge. */
    static final String GENERATED = "io.coord.wire.proto..";

    private static final Pattern COMMENT_OR_TEXT = Pattern.compile(
            "/\\*.*?\\*/" + "|//[^\\n]*" + "|\"\"\".*?\"\"\"" + "|\"(?:\\\\.|[^\"\\\\\\n])*\"" + "|'(?:\\\\.|[^'\\\\\\n])*'",
            Pattern.DOTALL);

    private House() {}

    static JavaClasses mainClasses() {
        return Classes.MAIN;
    }

    static List<ModuleDescriptor> modules() {
        try {
            List<ModuleDescriptor> found = new ArrayList<>();
            for (URL url : Collections.list(House.class.getClassLoader().getResources("module-info.class"))) {
                try (InputStream in = url.openStream()) {
                    found.add(ModuleDescriptor.read(in));
                }
            }
            found.removeIf(module -> !module.name().startsWith("io.coord."));
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path root() {
        Path at = Path.of("").toAbsolutePath();
        while (at != null && !Files.isDirectory(at.resolve("coord-testkit"))) {
            at = at.getParent();
        }
        if (at == null) {
            throw new IllegalStateException("not inside the project: " + Path.of("").toAbsolutePath());
        }
        return at;
    }

    /** The Java sources of one tree, {@code main} or {@code test}, of every module. */
    static List<Source> sources(String tree) {
        List<Source> all = new ArrayList<>();
        for (String module : MODULES) {
            Path javaRoot = root().resolve(module).resolve("src").resolve(tree).resolve("java");
            if (Files.isDirectory(javaRoot)) {
                all.addAll(sourcesBelow(javaRoot));
            }
        }
        return all;
    }

    private static List<Source> sourcesBelow(Path javaRoot) {
        try (Stream<Path> files = Files.walk(javaRoot)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .sorted()
                    .map(file -> Source.read(javaRoot, file))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One source file: where it is, what is in it, and its code without comments and literals. */
    record Source(Path file, String className, String text, String code) {
        static Source read(Path javaRoot, Path file) {
            try {
                String relative = javaRoot.relativize(file).toString();
                String name = relative.substring(0, relative.length() - ".java".length())
                        .replace(file.getFileSystem().getSeparator(), ".");
                String text = Files.readString(file);
                return new Source(file, name, text, codeOf(text));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        static String codeOf(String text) {
            return COMMENT_OR_TEXT.matcher(text).replaceAll(" ");
        }

        @Override
        public String toString() {
            return file.toString();
        }

        boolean isType() {
            return !className.endsWith("-info");
        }

        String packageName() {
            int dot = className.lastIndexOf('.');
            return dot < 0 ? "" : className.substring(0, dot);
        }
    }

    /** Read once, and only when first asked for. */
    private static final class Classes {
        static final JavaClasses MAIN = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.coord");
    }
}
