package io.coord.testkit.mutants;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * The code with one rule broken on purpose: a piece of one source file replaced. Production code has no hooks for it; the variant is
 * compiled in memory and lives in a class loader of its own.
 *
 * @param name of its file, without the ending
 * @param breaks the rule it breaks, by id and in words
 * @param file the source file, from the project's root
 * @param replaces the text that must stand there exactly once
 * @param by what stands there instead
 */
record Mutant(String name, String breaks, String file, String replaces, String by) {

    private static final Path ROOT = Path.of("..");

    /** All mutants, by name. */
    static List<Mutant> all() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src", "test", "mutants"))) {
            List<Mutant> mutants = new ArrayList<>();
            for (Path file : files.sorted().toList()) {
                mutants.add(read(file));
            }
            return mutants;
        }
    }

    private static Mutant read(Path file) throws IOException {
        String text = Files.readString(file);
        String name = file.getFileName().toString().replace(".txt", "");
        int replaces = text.indexOf("--- replaces\n");
        int by = text.indexOf("--- by\n");
        if (!text.startsWith("breaks: ") || replaces < 0 || by < replaces) {
            throw new IllegalArgumentException("mutant " + name + " has not the form: breaks, file, replaces, by");
        }
        String[] head = text.substring(0, replaces).split("\n");
        return new Mutant(
                name,
                head[0].substring("breaks: ".length()),
                head[1].substring("file: ".length()),
                withoutLastBreak(text.substring(replaces + "--- replaces\n".length(), by)),
                withoutLastBreak(text.substring(by + "--- by\n".length())));
    }

    private static String withoutLastBreak(String text) {
        return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    }

    /** The mutated source; fails if the text to replace does not stand there exactly once. */
    String source() throws IOException {
        String original = Files.readString(ROOT.resolve(file));
        int at = original.indexOf(replaces);
        if (at < 0 || original.indexOf(replaces, at + 1) >= 0) {
            throw new IllegalStateException("mutant " + name + " no longer fits: the text it replaces stands "
                    + (at < 0 ? "not" : "more than once") + " in " + file);
        }
        return original.substring(0, at) + by + original.substring(at + replaces.length());
    }

    private String className() {
        String path = file.substring(file.indexOf("java/") + "java/".length());
        return path.substring(0, path.length() - ".java".length()).replace('/', '.');
    }

    /** A loader in which the project's classes are loaded anew, with this one of them replaced. */
    ClassLoader loader() throws IOException {
        return new Loader(compiled(className(), source()));
    }

    /** A loader in which the project's classes are loaded anew as they are. */
    static ClassLoader control() {
        return new Loader(Map.of());
    }

    private static Map<String, byte[]> compiled(String className, String source) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
        Map<String, ByteArrayOutputStream> classes = new LinkedHashMap<>();
        JavaFileManager files =
                new ForwardingJavaFileManager<>(compiler.getStandardFileManager(problems, null, null)) {
                    @Override
                    public JavaFileObject getJavaFileForOutput(
                            Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
                        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                        classes.put(name, bytes);
                        return new SimpleJavaFileObject(URI.create("memory:///" + name.replace('.', '/') + ".class"), kind) {
                            @Override
                            public OutputStream openOutputStream() {
                                return bytes;
                            }
                        };
                    }
                };
        JavaFileObject input = new SimpleJavaFileObject(
                URI.create("memory:///" + className.replace('.', '/') + ".java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return source;
            }
        };
        List<String> options = List.of("--release", "17", "-nowarn", "-proc:none", "-classpath", System.getProperty("java.class.path"));
        if (!compiler.getTask(null, files, problems, options, null, List.of(input)).call()) {
            throw new IllegalStateException("mutant of " + className + " does not compile: " + problems.getDiagnostics());
        }
        Map<String, byte[]> result = new LinkedHashMap<>();
        classes.forEach((name, bytes) -> result.put(name, bytes.toByteArray()));
        return result;
    }

    /** Loads the project's classes itself, and everything else from its parent. */
    private static final class Loader extends ClassLoader {
        private final Map<String, byte[]> replaced;

        Loader(Map<String, byte[]> replaced) {
            super(Mutant.class.getClassLoader());
            this.replaced = replaced;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("io.coord.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded != null ? loaded : define(name);
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            byte[] bytes = replaced.get(name);
            if (bytes == null) {
                try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                    if (in == null) {
                        throw new ClassNotFoundException(name);
                    }
                    bytes = in.readAllBytes();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            return defineClass(name, bytes, 0, bytes.length);
        }
    }
}
