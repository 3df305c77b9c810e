package io.coord.ensemble;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Message;
import io.coord.Ensemble;
import io.coord.MemberId;
import io.coord.runtime.Backups;
import io.coord.runtime.Founding;
import io.coord.runtime.StoppedMember;
import io.coord.state.StateRoot;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;

/** A member within a host that brings a protobuf-java of its own. */
@Timeout(30)
class OldProtobufTest {

    /** Loads the library anew, beside a protobuf-java from before the class that generated code asks first. */
    private static final class OldHost extends URLClassLoader {
        OldHost() {
            super(new URL[] {jar(Member.class), jar(Ensemble.class), jar(Message.class), jar(Logger.class)},
                    ClassLoader.getPlatformClassLoader());
        }

        private static URL jar(Class<?> type) {
            return type.getProtectionDomain().getCodeSource().getLocation();
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            if (name.equals("com.google.protobuf.RuntimeVersion")) {
                throw new ClassNotFoundException(name);
            }
            return super.findClass(name);
        }
    }

    /** It would start, and fail with the first command that is not written by hand. */
    @Test
    void aMemberBesideAnOldProtobufDoesNotStart(@TempDir Path directory) throws Exception {
        try (OldHost host = new OldHost()) {
            Class<?> idType = host.loadClass(MemberId.class.getName());
            Class<?> ensembleType = host.loadClass(Ensemble.class.getName());
            Object id = idType.getMethod("of", int.class).invoke(null, 1);
            Object alone = ensembleType.getMethod("parse", String.class).invoke(null, "1=localhost:7100");
            Object builder = host.loadClass(Member.class.getName())
                    .getMethod("builder", idType, ensembleType).invoke(null, id, alone);
            builder.getClass().getMethod("dataDirectory", Path.class).invoke(builder, directory);

            assertThatThrownBy(() -> builder.getClass().getMethod("start").invoke(builder))
                    .isInstanceOf(InvocationTargetException.class)
                    .cause()
                    .hasMessageStartingWith("COORD-1008 ")
                    .hasMessageContaining(OldHost.jar(Message.class).toString())
                    .hasMessageContaining("RuntimeVersion")
                    .hasMessageContaining("or newer")
                    .hasMessageContaining("shaded");
            assertThat(directory).as("what it would have opened").isEmptyDirectory();
        }
    }

    @Test
    void nothingIsReadOrWrittenOfAStoppedMemberEither(@TempDir Path directory) throws Exception {
        try (OldHost host = new OldHost()) {
            Class<?> idType = host.loadClass(MemberId.class.getName());
            Class<?> ensembleType = host.loadClass(Ensemble.class.getName());
            Class<?> rootType = host.loadClass(StateRoot.class.getName());
            Object id = idType.getMethod("of", int.class).invoke(null, 1);
            Object alone = ensembleType.getMethod("parse", String.class).invoke(null, "1=localhost:7100");
            Path backup = directory.resolve("backup");
            Path member = directory.resolve("member");
            Method restore = host.loadClass(DataDirectory.class.getName())
                    .getMethod("restore", Path.class, Path.class, idType, ensembleType, long.class);
            Method read = host.loadClass(StoppedMember.class.getName()).getMethod("read", Path.class);
            Method found = host.loadClass(Founding.class.getName())
                    .getMethod("directory", Path.class, idType, ensembleType, long.class, rootType);
            Method write = host.loadClass(Backups.class.getName()).getMethod("write", rootType, Path.class);

            assertOldProtobuf(() -> restore.invoke(null, backup, member, id, alone, 1L));
            assertOldProtobuf(() -> read.invoke(null, member));
            assertOldProtobuf(() -> found.invoke(null, member, id, alone, 1L, null));
            assertOldProtobuf(() -> write.invoke(null, null, backup));
            assertThat(directory).isEmptyDirectory();
        }
    }

    private static void assertOldProtobuf(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(InvocationTargetException.class).cause().hasMessageStartingWith("COORD-1008 ");
    }
}
