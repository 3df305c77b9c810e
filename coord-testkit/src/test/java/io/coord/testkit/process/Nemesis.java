package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/** Brings one kind of {@link Fault} on an ensemble, again and again, and mends it. */
final class Nemesis implements AutoCloseable {

    /** Longer than an election takes with {@link ProcessEnsemble#PATIENT} times, so that a fault is not over before it is noticed. */
    private static final Duration LASTS = Duration.ofMillis(2_500);
    private static final Duration CALM = Duration.ofSeconds(1);
    private static final Duration WRITE_DEADLINE = Duration.ofSeconds(3);
    private static final String FULL = " is full";
    private static final String ROOM_AGAIN = "has room on its disk again";
    private static final String LARGE = "/large";
    private static final int LARGE_BYTES = 600 << 10;
    /** Together more than the log of a member has laid down. */
    private static final int LARGE_WRITES = 40;

    private static final Path CLOCKS = Path.of("target", "processes", "clocks").toAbsolutePath();
    private static final int FAR_DAYS = 3_650;
    private static final String STAMPED = "/stamped";

    private final Fault fault;
    private final ProcessEnsemble ensemble;
    private final Random random;
    private final List<Integer> members = new ArrayList<>();
    private final List<AutoCloseable> means = new ArrayList<>();
    private final Map<Integer, SmallDisk> disks = new TreeMap<>();
    private @Nullable Administrator administrator;
    /** Its own client. */
    private @Nullable ZooKeeper client;
    private long stampedMillis;
    private int strikes;

    private Nemesis(Fault fault, ProcessEnsemble ensemble, Random random) {
        this.fault = fault;
        this.ensemble = ensemble;
        this.random = random;
        for (int id = 1; id <= fault.members(); id++) {
            members.add(id);
        }
    }

    /** An ensemble that this may befall; where the means are missing, the test is skipped. */
    static ProcessEnsemble ensemble(Fault fault, @Nullable Namespaces machines) throws Exception {
        List<String> properties = new ArrayList<>(List.of(ProcessEnsemble.PATIENT));
        properties.addAll(List.of("writeDeadline=" + WRITE_DEADLINE.toSeconds() + "s", Administrator.ALLOWED, Administrator.SUPERUSER));
        if (fault == Fault.DISK_FULL) {
            // What is written while one disk is full goes again, or no disk would have room for five times of it.
            properties.addAll(List.of("snapshotBytes=8MB", "retainedEntries=100"));
        }
        List<String> launcher = List.of();
        if (fault == Fault.CLOCK_JUMP) {
            Path faketime = faketime().orElse(null);
            assumeTrue(faketime != null, "skipped: there is no libfaketime here");
            Files.createDirectories(CLOCKS);
            for (int id = 1; id <= fault.members(); id++) {
                setClock(id, 0);
            }
            launcher = List.of("env", "LD_PRELOAD=" + faketime, "FAKETIME_TIMESTAMP_FILE=" + CLOCKS.resolve("{id}"),
                    "FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_FORCE_MONOTONIC_FIX=0");
        }
        return ProcessEnsemble.cuttable(machines, fault.members(), spare(fault), launcher, "matrix-" + fault, properties.toArray(String[]::new));
    }

    /** How many machines it takes. */
    static int machines(Fault fault) {
        return fault.members() + spare(fault);
    }

    private static int spare(Fault fault) {
        return fault == Fault.MEMBERS_CHANGE ? 1 : 0;
    }

    /** With all the means it needs. */
    static Nemesis of(Fault fault, ProcessEnsemble ensemble, Random random) throws Exception {
        Nemesis nemesis = new Nemesis(fault, ensemble, random);
        try {
            nemesis.prepare();
            return nemesis;
        } catch (Throwable e) {
            nemesis.close();
            throw e;
        }
    }

    private void prepare() throws Exception {
        switch (fault) {
            case DISK_FULL -> {
                for (int id : members) {
                    ensemble.process(id).terminate();
                    disks.put(id, SmallDisk.at(ensemble.dataDirectory(id).getParent()));
                    ensemble.restart(id);
                }
                lay(LARGE);
            }
            case MEMBERS_CHANGE -> {
                administrator = new Administrator(ensemble);
                means.add(administrator);
            }
            case CLOCK_JUMP -> lay(STAMPED);
            default -> {
                // nothing but signals and links
            }
        }
    }

    private void lay(String path) throws Exception {
        client = Clients.connected(ensemble.connectString(), event -> {});
        means.add(client);
        Clients.lay(client, path);
    }

    /** Writes until it is answered. */
    private Stat write(String path, int bytes) throws Exception {
        while (true) {
            try {
                return client.setData(path, new byte[bytes], -1);
            } catch (KeeperException.ConnectionLossException e) {
                // asks again
            }
        }
    }

    /** Who is a member now. */
    List<Integer> members() {
        return List.copyOf(members);
    }

    int strikes() {
        return strikes;
    }

    /** Strikes, stays for a while, in which clients go on if there is a majority, and mends; then there is calm. */
    void strike(Workforce clients) throws Exception {
        strikes++;
        String when = fault + " number " + strikes;
        int leader = ensemble.awaitLeader();
        switch (fault) {
            case KILL_LEADER -> kill(List.of(leader), clients);
            case KILL_FOLLOWER -> kill(List.of(follower(leader)), clients);
            case KILL_MAJORITY -> kill(List.of(leader, follower(leader)), clients);
            case KILL_ALL -> kill(members, clients);
            case STOP_LEADER -> stop(leader, clients);
            case STOP_FOLLOWER -> stop(follower(leader), clients);
            case RESTART_IN_TURN -> restartInTurn();
            case ISOLATE_LEADER -> isolate(leader, clients);
            case ISOLATE_FOLLOWER -> isolate(follower(leader), clients);
            case RING -> cutAllBut(clients, (a, b) -> (a + 1) % 5 == b || (b + 1) % 5 == a);
            case BRIDGE -> cutAllBut(clients, (a, b) -> a / 2 == b / 2 || a == 4 || b == 4);
            case ONE_WAY_IN -> oneWay(leader, true, clients);
            case ONE_WAY_OUT -> oneWay(leader, false, clients);
            case FLAP -> flap(leader);
            case DISK_FULL -> fillDisk(strikes % 2 == 0 ? leader : follower(leader), clients);
            case DISK_ERROR -> failForce(strikes % 2 == 0 ? leader : follower(leader), clients);
            case SLOW_FORCE -> slowForce(leader, clients);
            case MEMBERS_CHANGE -> changeMembers();
            case CLOCK_JUMP -> jump(clients);
        }
        clients.awaitAll("after " + when + " was mended");
        LockSupport.parkNanos(CALM.toNanos());
    }

    private int follower(int leader) {
        List<Integer> followers = new ArrayList<>(members);
        followers.remove((Integer) leader);
        return followers.get(random.nextInt(followers.size()));
    }

    private void last(Workforce clients) {
        LockSupport.parkNanos(LASTS.toNanos());
        if (fault.leavesAMajority()) {
            clients.awaitAny("in spite of " + fault + " number " + strikes);
        }
    }

    // ------------------------------------------------------------------------------------------------ processes

    private void kill(List<Integer> victims, Workforce clients) throws InterruptedException {
        for (int id : victims) {
            ensemble.kill(id);
        }
        last(clients);
        for (int id : victims) {
            ensemble.start(id);
        }
        for (int id : victims) {
            ensemble.awaitServing(id);
        }
    }

    private void stop(int victim, Workforce clients) throws InterruptedException {
        ensemble.freeze(victim);
        last(clients);
        ensemble.thaw(victim);
    }

    private void restartInTurn() throws InterruptedException {
        for (int id : members) {
            assertThat(ensemble.process(id).terminate()).as("exit code of member %s", id).isZero();
            ensemble.restart(id);
        }
    }

    private void changeMembers() throws Exception {
        int spare = ensemble.ids().stream().filter(id -> !members.contains(id)).findFirst().orElseThrow();
        int victim = members.get(random.nextInt(members.size()));
        ensemble.start(spare);
        members.remove((Integer) victim);
        members.add(spare);
        Collections.sort(members);
        administrator.reconfigure(members);
        ensemble.awaitServing(spare);
        assertThat(ensemble.process(victim).awaitEnd()).as("exit code of member %s, which was removed", victim).isEqualTo(1);
        ensemble.wipe(victim);
    }

    // ------------------------------------------------------------------------------------------------ links

    /** Whether two places in a line of members stay connected. */
    private interface Links {
        boolean stay(int a, int b);
    }

    private void isolate(int victim, Workforce clients) throws InterruptedException {
        ensemble.isolate(victim);
        last(clients);
        ensemble.heal();
    }

    private void cutAllBut(Workforce clients, Links links) throws InterruptedException {
        List<Integer> line = new ArrayList<>(members);
        Collections.shuffle(line, random);
        for (int a = 0; a < line.size(); a++) {
            for (int b = 0; b < line.size(); b++) {
                if (a != b && !links.stay(a, b)) {
                    ensemble.cut(line.get(a), line.get(b));
                }
            }
        }
        last(clients);
        ensemble.heal();
    }

    private void oneWay(int victim, boolean isInCut, Workforce clients) throws InterruptedException {
        for (int other : members) {
            if (other != victim) {
                ensemble.cut(isInCut ? other : victim, isInCut ? victim : other);
            }
        }
        last(clients);
        ensemble.heal();
    }

    private void flap(int victim) throws InterruptedException {
        for (int i = 0; i < 4; i++) {
            ensemble.isolate(victim);
            LockSupport.parkNanos(LASTS.toNanos() * (2 + random.nextInt(6)) / 10);
            ensemble.heal();
            LockSupport.parkNanos(LASTS.toNanos() / 10);
        }
    }

    // ------------------------------------------------------------------------------------------------ disks

    private void fillDisk(int victim, Workforce clients) throws Exception {
        SmallDisk disk = disks.get(victim);
        ServerProcess process = ensemble.process(victim);
        int full = count(process.said(), FULL);
        int room = count(process.said(), ROOM_AGAIN);
        disk.fill();
        ProcessEnsemble.await("member " + victim + " to say that its disk is full", () -> count(process.said(), FULL) > full);
        for (int i = 0; i < LARGE_WRITES; i++) {
            write(LARGE, LARGE_BYTES);
        }
        last(clients);
        assertThat(process.isAlive()).as("member %s, whose disk is full", victim).isTrue();
        disk.empty();
        ProcessEnsemble.await("member " + victim + " to say that it has room", () -> count(process.said(), ROOM_AGAIN) > room);
    }

    private static int count(String text, String part) {
        return text.split(part, -1).length - 1;
    }

    private void failForce(int victim, Workforce clients) throws Exception {
        try (Strace failing = Strace.answeringForces(ensemble.process(victim), "error=EIO")) {
            assertThat(ensemble.process(victim).awaitEnd()).as("exit code of member %s", victim).isEqualTo(1);
        }
        assertThat(ensemble.process(victim).said()).contains("COORD-1066");
        clients.awaitAny("in spite of " + fault + " number " + strikes);
        ensemble.restart(victim);
    }

    /** In turn so long that clients feel it, and so long that a leader must resign. */
    private void slowForce(int victim, Workforce clients) throws Exception {
        Duration delay = strikes % 2 == 0 ? WRITE_DEADLINE.plusSeconds(1) : Duration.ofMillis(700);
        try (Strace slow = Strace.answeringForces(ensemble.process(victim), "delay_enter=" + delay.toNanos() / 1_000)) {
            LockSupport.parkNanos(delay.toNanos());
            last(clients);
        }
    }

    // ------------------------------------------------------------------------------------------------ clocks

    /** A library of the system's that stands between a process and its clocks. */
    private static Optional<Path> faketime() throws IOException {
        try (Stream<Path> found = Files.find(Path.of("/usr/lib"), 3, (path, attributes) -> path.endsWith("faketime/libfaketime.so.1"))) {
            return found.findFirst();
        }
    }

    private static void setClock(int id, int days) throws Exception {
        Path file = CLOCKS.resolve(Integer.toString(id));
        Path next = CLOCKS.resolve(id + "-next");
        Files.writeString(next, "%+dd%n".formatted(days));
        Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Far away in one of two directions, each member on its own; a write shows that whoever leads then went along (rule.11). */
    private void jump(Workforce clients) throws Exception {
        for (int id : members) {
            setClock(id, random.nextBoolean() ? FAR_DAYS : -FAR_DAYS);
        }
        last(clients);
        long stamp = write(STAMPED, 0).getMtime();
        Duration away = Duration.ofMillis(stamp - System.currentTimeMillis()).abs();
        assertThat(away).as("how far away a node's time is").isBetween(Duration.ofDays(FAR_DAYS - 1), Duration.ofDays(FAR_DAYS + 1));
        if (stamp < stampedMillis) {
            ProcessEnsemble.await("a word of a clock that went back", () -> members.stream()
                    .anyMatch(id -> ensemble.process(id).said().contains("has a wall clock that is")));
        }
        stampedMillis = stamp;
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable each : means) {
            each.close();
        }
        for (SmallDisk disk : disks.values()) {
            disk.close();
        }
    }
}
