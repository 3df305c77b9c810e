package io.coord.wire;

import io.coord.Bytes;
import io.coord.MemberId;
import io.coord.Outcome;
import io.coord.raft.CommandPayload;
import io.coord.raft.ConfigPayload;
import io.coord.raft.Configuration;
import io.coord.raft.EntryId;
import io.coord.raft.MemberKey;
import io.coord.raft.Payload;
import io.coord.state.Command;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Values of any record, made from its components by reflection and a seed: of a sealed type every permitted one may come, so that a
 * case added to the vocabulary is in the tests before anybody thinks of it.
 */
final class Arbitrary {

    private static final long[] LONGS = {
        0, 1, -1, 127, 128, -128, 1L << 31, -1L << 31, 0x1_0000_0000L, 0x1_0000_0001L, Long.MAX_VALUE, Long.MIN_VALUE
    };
    private static final int[] INTS = {0, 1, -1, 63, 64, -64, -65, 1 << 20, Integer.MAX_VALUE, Integer.MIN_VALUE};
    private static final String[] TEXTS = {
        "", "/", "/brokers/topics/orders", "world", "\u0000", "\u00e4\u00f6\u00fc", "/\u65e5\u672c", "\ud83d\ude00",
        "\ud83d", "\ude00\ud83d", "a\ud83db", "\ufffd", "\ufffd\udfff", "\uffff\ud800\udc00"
    };

    private final SplittableRandom random;
    private final WireCommandCodec commands = new WireCommandCodec();

    Arbitrary(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** The records below a sealed type, however deep. */
    static Set<Class<?>> leavesOf(Class<?> type) {
        Set<Class<?>> leaves = new LinkedHashSet<>();
        if (type.isSealed()) {
            for (Class<?> permitted : type.getPermittedSubclasses()) {
                leaves.addAll(leavesOf(permitted));
            }
        } else {
            leaves.add(type);
        }
        return leaves;
    }

    <T> T one(Class<T> type) {
        return type.cast(value(type, 0));
    }

    private Object value(Type type, int depth) {
        if (type instanceof ParameterizedType parameterized) {
            return parameterized.getRawType() == List.class
                    ? list(parameterized.getActualTypeArguments()[0], depth)
                    : value(parameterized.getRawType(), depth);
        }
        Class<?> wanted = (Class<?>) type;
        if (wanted == long.class || wanted == Long.class) {
            return number();
        } else if (wanted == int.class) {
            return INTS[random.nextInt(INTS.length)] + (random.nextBoolean() ? 0 : random.nextInt(100));
        } else if (wanted == boolean.class) {
            return random.nextBoolean();
        } else if (wanted == String.class) {
            return text();
        } else if (wanted == Bytes.class) {
            return bytes();
        } else if (wanted.isEnum()) {
            return wanted.getEnumConstants()[random.nextInt(wanted.getEnumConstants().length)];
        }
        return composite(wanted, depth);
    }

    private Object composite(Class<?> wanted, int depth) {
        if (wanted == MemberId.class) {
            return MemberId.of(1 + random.nextInt(MemberId.MAX));
        } else if (wanted == EntryId.class) {
            long index = number();
            return new EntryId(index == 0 ? 1 : index, number()); // no entry has index 0 (rule.26)
        } else if (wanted == Configuration.class) {
            return configuration();
        } else if (wanted == ConfigPayload.class) {
            return ConfigPayload.of(configuration());
        } else if (wanted == CommandPayload.class) {
            return commands.payload((Command) value(Command.class, depth + 1));
        } else if (wanted == Outcome.class && depth > 1) {
            return value(pick(List.of(Outcome.Created.class, Outcome.Deleted.class, Outcome.DataSet.class,
                    Outcome.AclSet.class, Outcome.Checked.class, Outcome.RolledBack.class, Outcome.Refused.class)), depth + 1);
        } else if (wanted.isSealed()) {
            return value(pick(new ArrayList<>(leavesOf(wanted))), depth + 1);
        }
        return record(wanted, depth + 1);
    }

    private Object record(Class<?> wanted, int depth) {
        RecordComponent[] components = wanted.getRecordComponents();
        if (components == null || Modifier.isAbstract(wanted.getModifiers())) {
            throw new AssertionError("teach this class to make a " + wanted);
        }
        Object[] values = new Object[components.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = isNullable(components[i].getAnnotatedType()) && random.nextInt(4) == 0
                    ? null
                    : value(components[i].getGenericType(), depth);
        }
        try {
            Class<?>[] types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            Constructor<?> canonical = wanted.getDeclaredConstructor(types);
            canonical.setAccessible(true);
            return canonical.newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError("cannot make a " + wanted, e);
        }
    }

    private static boolean isNullable(AnnotatedType type) {
        return type.isAnnotationPresent(Nullable.class);
    }

    private List<Object> list(Type of, int depth) {
        List<Object> list = new ArrayList<>();
        for (int left = random.nextInt(depth > 2 ? 3 : 5); left > 0; left--) {
            list.add(value(of instanceof Class<?> || of instanceof ParameterizedType ? of : Object.class, depth + 1));
        }
        return List.copyOf(list);
    }

    private Class<?> pick(List<Class<?>> types) {
        return types.get(random.nextInt(types.size()));
    }

    private long number() {
        return switch (random.nextInt(3)) {
            case 0 -> LONGS[random.nextInt(LONGS.length)];
            case 1 -> random.nextLong();
            default -> random.nextInt(1000);
        };
    }

    private String text() {
        return TEXTS[random.nextInt(TEXTS.length)] + (random.nextBoolean() ? "" : TEXTS[random.nextInt(TEXTS.length)]);
    }

    private Bytes bytes() {
        byte[] array = new byte[random.nextInt(3) == 0 ? 0 : random.nextInt(40)];
        random.nextBytes(array);
        return Bytes.wrap(array);
    }

    /** A valid one: nobody is voter and learner at once. */
    Configuration configuration() {
        TreeSet<MemberKey> keys = new TreeSet<>();
        for (int left = random.nextInt(9); left > 0; left--) {
            keys.add(one(MemberKey.class));
        }
        List<MemberKey> all = List.copyOf(keys);
        int voters = random.nextInt(all.size() + 1);
        int outgoing = random.nextInt(voters + 1);
        List<Configuration.Address> addresses = new ArrayList<>();
        for (MemberKey key : all) {
            addresses.add(new Configuration.Address(key, "host-" + key.id() + ":2181"));
        }
        return new Configuration(all.subList(0, voters), all.subList(0, outgoing), all.subList(voters, all.size()), addresses);
    }

    Payload payload() {
        return one(Payload.class);
    }
}
