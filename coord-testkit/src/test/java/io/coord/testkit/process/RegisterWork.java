package io.coord.testkit.process;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** Clients that write and read registers; each register is linearizable. */
final class RegisterWork implements Work {

    private static final List<String> PATHS = List.of("/register-0", "/register-1", "/register-2");

    private final List<ZooKeeper> clients;
    private final long[] steps;
    private final Map<String, RegisterHistory> histories = new TreeMap<>();
    private final AtomicLong acknowledged = new AtomicLong();

    RegisterWork(Clients clients) throws Exception {
        this.clients = clients.lasting(3);
        this.steps = new long[this.clients.size()];
        for (String path : PATHS) {
            Clients.lay(this.clients.get(0), path);
            histories.put(path, new RegisterHistory(path));
        }
    }

    @Override
    public int clients() {
        return clients.size();
    }

    @Override
    public void step(int client) throws KeeperException, InterruptedException {
        long step = steps[client]++;
        String path = PATHS.get((int) ((step / 2 + client) % PATHS.size()));
        if (step % 2 == 0) {
            write(clients.get(client), path, client + "-" + step);
        } else {
            read(clients.get(client), path);
        }
    }

    private void write(ZooKeeper client, String path, String value) throws KeeperException, InterruptedException {
        RegisterHistory history = histories.get(path);
        long begin = System.nanoTime();
        try {
            Stat stat = client.setData(path, value.getBytes(StandardCharsets.US_ASCII), -1);
            history.wrote(value, stat.getVersion(), begin, System.nanoTime());
            acknowledged.incrementAndGet();
        } catch (KeeperException.ConnectionLossException e) {
            history.mayHaveWritten(value, begin);
        }
    }

    private void read(ZooKeeper client, String path) throws KeeperException, InterruptedException {
        long begin = System.nanoTime();
        Stat stat = new Stat();
        Fresh.read(client, path, () -> client.getData(path, false, stat)).ifPresent(data -> histories.get(path)
                .read(new String(data, StandardCharsets.US_ASCII), stat.getVersion(), begin, System.nanoTime()));
    }

    @Override
    public long acknowledged() {
        return acknowledged.get();
    }

    @Override
    public List<String> verdict(Map<Integer, ZooKeeper> members) throws KeeperException, InterruptedException {
        for (ZooKeeper member : members.values()) {
            for (String path : PATHS) {
                read(member, path);
            }
        }
        List<String> wrong = new ArrayList<>();
        histories.values().forEach(history -> wrong.addAll(history.violations()));
        return wrong;
    }
}
