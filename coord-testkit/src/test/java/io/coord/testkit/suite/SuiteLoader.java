package io.coord.testkit.suite;

import java.io.IOException;
import java.io.InputStream;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import org.jspecify.annotations.Nullable;

/**
 * Loads ZooKeeper's classes, and its tests, anew: statics of one test class are not those of the next, as in the JVM that ZooKeeper's build
 * gives to each. On the way each {@code new QuorumPeer} becomes a {@link CoordPeer}. Nothing else of them is changed.
 */
final class SuiteLoader extends ClassLoader {

    private static final String PEER = "org/apache/zookeeper/server/quorum/QuorumPeer";
    private static final String OURS = "io/coord/testkit/suite/CoordPeer";
    private static final String PACKAGE = SuiteLoader.class.getPackageName() + ".Coord";

    static {
        registerAsParallelCapable();
    }

    private final boolean isOfCoord;

    /**
     * A loader.
     *
     * @param isOfCoord whether peers become ours; if not, the tests run on ZooKeeper itself
     */
    SuiteLoader(ClassLoader parent, boolean isOfCoord) {
        super("zookeeper-suite", parent);
        this.isOfCoord = isOfCoord;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith("org.apache.zookeeper.") && !name.startsWith(PACKAGE)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name);
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        String file = name.replace('.', '/');
        try (InputStream in = getResourceAsStream(file + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = in.readAllBytes();
            boolean isChanged = isOfCoord && !file.equals(PEER) && !file.startsWith(OURS);
            byte[] defined = isChanged ? changed(bytes) : bytes;
            return defineClass(name, defined, 0, defined.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    private static byte[] changed(byte[] bytes) {
        ClassReader reader = new ClassReader(bytes);
        ClassWriter writer = new ClassWriter(reader, 0);
        boolean isPeer = PEER.equals(reader.getSuperName());
        reader.accept(new ClassVisitor(Opcodes.ASM9, writer) {
            @Override
            public MethodVisitor visitMethod(
                    int access, String name, String descriptor, @Nullable String signature, String @Nullable [] exceptions) {
                MethodVisitor next = super.visitMethod(access, name, descriptor, signature, exceptions);
                return isPeer && name.equals("<init>") ? next : new OursForTheirs(next);
            }
        }, 0);
        return writer.toByteArray();
    }

    private static final class OursForTheirs extends MethodVisitor {

        OursForTheirs(MethodVisitor next) {
            super(Opcodes.ASM9, next);
        }

        @Override
        public void visitTypeInsn(int opcode, String type) {
            super.visitTypeInsn(opcode, opcode == Opcodes.NEW && type.equals(PEER) ? OURS : type);
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String method, String type, boolean isInterface) {
            boolean constructs = opcode == Opcodes.INVOKESPECIAL && owner.equals(PEER) && method.equals("<init>");
            super.visitMethodInsn(opcode, constructs ? OURS : owner, method, type, isInterface);
        }

        @Override
        public void visitFieldInsn(int opcode, String owner, String field, String type) {
            boolean isRole = field.equals("leader") || field.equals("follower") || field.equals("observer");
            if (opcode == Opcodes.GETFIELD && owner.equals(PEER) && isRole) {
                super.visitMethodInsn(Opcodes.INVOKESTATIC, OURS, field, "(L" + PEER + ";)" + type, false);
            } else {
                super.visitFieldInsn(opcode, owner, field, type);
            }
        }
    }
}
