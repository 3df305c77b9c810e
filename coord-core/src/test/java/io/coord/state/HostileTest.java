package io.coord.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.MemberId;
import io.coord.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("hostile commands")
class HostileTest {

    private static final List<String> PATHS = List.of(
            "", "/", "//", "a", "/a", "/a/", "/a/b", "/\0", "\0", "/a\ud800", "/..", "/a/../a", "/zookeeper", "/zookeeper/",
            "/zookeeper/quota", "/zookeeper/quota/zookeeper_limits", "/zookeeper/quota/a", "/zookeeper/quotaa",
            "/zookeeper/quota/a/zookeeper_limits", "/zookeeper/quota/a/zookeeper_stats", "/zookeeper/quota//zookeeper_stats",
            "/zookeeper/quota/zookeeper_stats", "/zookeeper/config", "/Aa", "/BB", "/Aa/x", "/BB/x");
    private static final List<String> IDS = List.of(
            "", "anyone", "a:b", ":", "::", "/", "1.2.3.4/", "1.2.3.4/99999999999", "::", ":::", "@", "a@", "=", "\0",
            "255.255.255.255/32", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "\ud800");
    private static final List<String> SCHEMES = List.of("world", "auth", "digest", "ip", "x509", "sasl", "super", "", "\0");
    private static final List<Long> NUMBERS = List.of(
            0L, 1L, -1L, 2L, 3L, 100L, Long.MAX_VALUE, Long.MIN_VALUE, 0x100000000L, 1L << 40);
    private static final List<String> TEXTS = List.of(
            "", "x", "count=1,bytes=1=;countHardLimit=3", "=;=;,,", "countHardLimit=99999999999999999999", "byteHardLimit=-1");

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    @DisplayName("rule.9 whatever is applied, apply answers and the state stays sound")
    void whateverIsAppliedTheStateStaysSound(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Scene scene = new Scene();
        for (int step = 0; step < 20_000; step++) {
            if (scene.state.root().sessionCount() < 3) {
                scene.open(1_000 + step);
            }
            Command command = mostlyNext(command(random), scene, random);
            scene.wallMillis = pick(random, NUMBERS);
            scene.elapsedMillis = pick(random, NUMBERS);
            scene.term = random.nextInt(3);
            assertThatCode(() -> assertThat(scene.apply(command)).isNotNull())
                    .as("seed %d step %d: %s", seed, step, command)
                    .doesNotThrowAnyException();
            assertThatCode(() -> scene.state.collectables(scene.elapsedMillis, random.nextInt(-1, 5)))
                    .doesNotThrowAnyException();
            if (step % 500 == 0) {
                StateRoot root = scene.state.root();
                assertThat(Scene.restored(root).root().digest()).as("seed %d step %d", seed, step).isEqualTo(root.digest());
            }
        }
        assertThat(scene.changes.size()).as("seed %d: changes made", seed).isGreaterThan(500);
    }

    @Test
    void aHugeMultiThatFailsAtItsEndIsUndone() {
        Scene scene = new Scene();
        Scene.Client client = scene.open(1);
        List<Operation.Step<?>> steps = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            steps.add(Scene.create("/n", CreateMode.EPHEMERAL_SEQUENTIAL));
        }
        steps.add(Scene.delete("/none"));
        client.write(new Operation.Multi(steps));

        assertThat(scene.state.root().nodeCount()).isEqualTo(4);
        assertThat(client.create("/n", CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/n0000000000");
    }

    /** Gives most writes the session, attach and number under which they will be judged. */
    private static Command mostlyNext(Command command, Scene scene, SplittableRandom random) {
        if (!(command instanceof Command.Submit submit) || random.nextInt(8) == 0) {
            return command;
        }
        List<SessionView> sessions = new ArrayList<>();
        scene.state.root().forEachSession(sessions::add);
        SessionView session = pick(random, sessions);
        return new Command.Submit(
                session.id(),
                session.attach(),
                session.lastNumber() + 1,
                submit.ackedUpTo(),
                submit.identities(),
                submit.operation());
    }

    private static Command command(SplittableRandom random) {
        long session = random.nextInt(4) == 0 ? pick(random, NUMBERS) : random.nextInt(1, 4);
        long attach = random.nextInt(1, 3);
        MemberId member = MemberId.of(random.nextInt(2, 4));
        Bytes hash = Bytes.of(new byte[random.nextInt(3)]);
        int timeout = random.nextInt(-1, 100);
        return switch (random.nextInt(20)) {
            case 0 -> new Command.OpenSession(session, hash, timeout, member, random.nextInt(3));
            case 1 -> new Command.Attach(session, hash, timeout, member, random.nextInt(3));
            case 2 -> new Command.CloseSession(session, attach, pick(random, NUMBERS));
            case 3 -> new Command.ExpireSession(session, attach, random.nextInt(3));
            case 4 -> new Command.CollectNode(
                    pick(random, PATHS), pick(random, NUMBERS), pick(random, NUMBERS), random.nextInt(3));
            case 5 -> random.nextInt(20) > 0 ? new Command.ExpireSession(0, 0, 0) : new Command.Configure(new Settings(
                    random.nextBoolean(), random.nextBoolean(), random.nextInt(9) == 0, pick(random, NUMBERS)));
            default -> new Command.Submit(
                    session, attach, number(random), pick(random, NUMBERS), identities(random), write(random));
        };
    }

    private static long number(SplittableRandom random) {
        return random.nextInt(5) == 0 ? pick(random, NUMBERS) : random.nextInt(1, 200);
    }

    private static Operation.Write<?> write(SplittableRandom random) {
        int dice = random.nextInt(10);
        if (dice == 0) {
            return new Operation.SetAcl(pick(random, PATHS), acl(random), random.nextInt(-2, 3));
        }
        if (dice > 2) {
            return step(random);
        }
        List<Operation.Step<?>> steps = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            steps.add(step(random));
        }
        return new Operation.Multi(steps);
    }

    private static Operation.Step<?> step(SplittableRandom random) {
        String path = pick(random, PATHS);
        return switch (random.nextInt(6)) {
            case 0 -> new Operation.Delete(path, random.nextInt(-2, 2));
            case 1 -> new Operation.SetData(path, data(random), random.nextInt(-2, 2));
            case 2 -> new Operation.Check(path, random.nextInt(-2, 2));
            default -> {
                CreateMode mode = CreateMode.values()[random.nextInt(7)];
                long ttl = random.nextInt(4) == 0 ? pick(random, NUMBERS) : mode.isTtl() ? 1 : Operation.NO_TTL;
                yield new Operation.Create(path, data(random), mode, acl(random), ttl);
            }
        };
    }

    private static Bytes data(SplittableRandom random) {
        return random.nextInt(4) == 0 ? null : Bytes.utf8(pick(random, TEXTS));
    }

    private static List<Acl> acl(SplittableRandom random) {
        if (random.nextInt(3) > 0) {
            return Acl.OPEN;
        }
        List<Acl> acl = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            acl.add(new Acl(random.nextInt(), identity(random)));
        }
        return acl;
    }

    private static List<Identity> identities(SplittableRandom random) {
        List<Identity> identities = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            identities.add(identity(random));
        }
        return identities;
    }

    private static Identity identity(SplittableRandom random) {
        return new Identity(pick(random, SCHEMES), pick(random, IDS));
    }

    private static <T> T pick(SplittableRandom random, List<T> from) {
        return from.get(random.nextInt(from.size()));
    }
}
