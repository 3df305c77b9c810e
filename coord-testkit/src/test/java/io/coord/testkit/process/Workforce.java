package io.coord.testkit.process;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooKeeper;

/** Clients at several kinds of {@link Work} beside each other. */
final class Workforce implements AutoCloseable {

    /** So that they leave the machine's cores to the servers. */
    private static final long PAUSE_NANOS = 4_000_000;

    private final Map<Work.Kind, Work> works = new EnumMap<>(Work.Kind.class);
    private final Map<Work.Kind, Clients> clients = new EnumMap<>(Work.Kind.class);
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean isOver;

    private Workforce() {}

    /** They work when this returns. */
    static Workforce start(String connectString, Set<Work.Kind> kinds) throws Exception {
        Workforce all = new Workforce();
        for (Work.Kind kind : kinds) {
            Clients clients = new Clients(connectString);
            all.clients.put(kind, clients);
            Work work = kind.beginning.begin(clients);
            all.works.put(kind, work);
            for (int i = 0; i < work.clients(); i++) {
                int number = i;
                all.threads.add(new Thread(() -> all.work(work, number, clients), kind + "-" + i));
            }
        }
        all.threads.forEach(Thread::start);
        return all;
    }

    private void work(Work work, int number, Clients clients) {
        try {
            while (!isOver) {
                work.step(number);
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (KeeperException | RuntimeException e) {
            clients.trouble("client " + number + ": " + e);
        }
    }

    /** How many writes of each kind were acknowledged. */
    Map<Work.Kind, Long> acknowledged() {
        Map<Work.Kind, Long> acknowledged = new EnumMap<>(Work.Kind.class);
        works.forEach((kind, work) -> acknowledged.put(kind, work.acknowledged()));
        return acknowledged;
    }

    private static long sum(Map<Work.Kind, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Waits until anybody is acknowledged a write. */
    void awaitAny(String when) {
        long before = sum(acknowledged());
        await("a write " + when, () -> sum(acknowledged()) > before);
    }

    /** Waits until each kind of work goes on. */
    void awaitAll(String when) {
        Map<Work.Kind, Long> before = acknowledged();
        await("writes of each kind " + when,
                () -> acknowledged().entrySet().stream().allMatch(now -> now.getValue() > before.get(now.getKey())));
    }

    private void await(String what, BooleanSupplier condition) {
        try {
            ProcessEnsemble.await(what, () -> condition.getAsBoolean() || hasTrouble());
        } catch (AssertionError e) {
            String states = clients.entrySet().stream().map(kind -> kind.getKey() + ": " + kind.getValue().states()).collect(Collectors.joining("; "));
            throw new AssertionError(e.getMessage() + "; acknowledged so far: " + acknowledged() + "; the clients are " + states, e);
        }
    }

    private boolean hasTrouble() {
        return clients.values().stream().anyMatch(each -> !each.troubles().isEmpty());
    }

    /** Ends the work; returns what is wrong with each kind, these members asked for what they hold. */
    Map<Work.Kind, List<String>> verdict(ProcessEnsemble ensemble, List<Integer> ids) throws Exception {
        stop();
        Map<Integer, ZooKeeper> members = new TreeMap<>();
        try {
            for (int id : ids) {
                members.put(id, Clients.connected(ensemble.connectString(id), event -> {}));
            }
            Map<Work.Kind, List<String>> verdicts = new EnumMap<>(Work.Kind.class);
            for (Map.Entry<Work.Kind, Work> work : works.entrySet()) {
                List<String> wrong = new ArrayList<>(clients.get(work.getKey()).troubles());
                try {
                    wrong.addAll(work.getValue().verdict(members));
                } catch (KeeperException e) {
                    wrong.add("no more of it can be judged: " + e); // a client that lost its session
                }
                verdicts.put(work.getKey(), wrong);
            }
            return verdicts;
        } finally {
            for (ZooKeeper member : members.values()) {
                member.close();
            }
        }
    }

    private void stop() throws InterruptedException {
        isOver = true;
        for (Thread thread : threads) {
            thread.join();
        }
    }

    @Override
    public void close() throws Exception {
        threads.forEach(Thread::interrupt);
        stop();
        for (Clients each : clients.values()) {
            each.close();
        }
    }
}
