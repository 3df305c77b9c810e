package io.coord.testkit.house;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/** Judges static fields by what they hold once their class is loaded: a hundred ensembles share them. */
final class Statics {
    private static final List<String> NEVER = List.of(
            "java.util.concurrent.atomic.",
            "java.lang.ThreadLocal",
            "java.lang.InheritableThreadLocal",
            "java.lang.ref.",
            "java.lang.StringBuilder",
            "java.lang.StringBuffer",
            "java.lang.Thread",
            "java.util.BitSet",
            "java.util.Timer");

    private Statics() {}

    /** The static fields of a type through which two ensembles could meet, each with the reason. */
    static List<String> mutableIn(JavaClass type) {
        List<String> found = new ArrayList<>();
        for (JavaField field : type.getFields()) {
            if (field.getModifiers().contains(JavaModifier.STATIC) && !isCompilers(field)) {
                String reason = reasonAgainst(field.reflect());
                if (reason != null) {
                    found.add(field.getFullName() + ": " + reason);
                }
            }
        }
        return found;
    }

    /** Enum and assertion fields, and the tables javac writes for a switch. */
    private static boolean isCompilers(JavaField field) {
        return field.getModifiers().contains(JavaModifier.SYNTHETIC) || field.getName().contains("$");
    }

    private static @Nullable String reasonAgainst(Field field) {
        if (!Modifier.isFinal(field.getModifiers())) {
            return "not final";
        }
        if (field.getType().isPrimitive()) {
            return null;
        }
        try {
            field.setAccessible(true);
            return reasonAgainst(field, field.get(null));
        } catch (IllegalAccessException e) {
            return "cannot be read";
        }
    }

    private static @Nullable String reasonAgainst(Field field, @Nullable Object value) {
        if (value == null) {
            return null;
        }
        String type = value.getClass().getName();
        boolean mutable = NEVER.stream().anyMatch(type::startsWith)
                || value instanceof Random
                || value instanceof SplittableRandom
                || value instanceof Executor
                || value instanceof Lock
                || value instanceof ByteBuffer buffer && !buffer.isReadOnly()
                || value.getClass().isArray() && !Modifier.isPrivate(field.getModifiers())
                || (value instanceof Collection || value instanceof Map) && !isUnmodifiable(value.getClass());
        return mutable ? "holds a mutable " + value.getClass().getTypeName() : null;
    }

    private static boolean isUnmodifiable(Class<?> type) {
        String name = type.getName();
        return name.startsWith("java.util.ImmutableCollections")
                || name.startsWith("java.util.Collections$Unmodifiable")
                || name.startsWith("java.util.Collections$Empty")
                || name.startsWith("java.util.Collections$Singleton");
    }
}
