package io.coord.testkit.process;

import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.ZooKeeper;

/** Linearizable reads by ZooKeeper's client: a sync, and a read behind it. */
final class Fresh {

    private static final long AGAIN_NANOS = 5_000_000;

    private Fresh() {}

    /** What is asked. */
    interface Read<T> {
        T ask() throws KeeperException, InterruptedException;
    }

    /** What was read; nothing where an answer was lost. */
    static <T> Optional<T> read(ZooKeeper client, String path, Read<T> read) throws KeeperException, InterruptedException {
        CountDownLatch synced = new CountDownLatch(1);
        AtomicInteger code = new AtomicInteger();
        client.sync(path, (result, at, context) -> {
            code.set(result);
            synced.countDown();
        }, null);
        T seen;
        try {
            seen = read.ask();
        } catch (KeeperException.ConnectionLossException e) {
            return Optional.empty();
        }
        synced.await();
        Code answer = Code.get(code.get());
        if (answer == Code.CONNECTIONLOSS) {
            return Optional.empty();
        }
        if (answer != Code.OK) {
            throw KeeperException.create(answer, path);
        }
        return Optional.of(seen);
    }

    /** What was read, asked again until it is answered. */
    static <T> T sure(ZooKeeper client, String path, Read<T> read) throws KeeperException, InterruptedException {
        while (true) {
            Optional<T> seen = read(client, path, read);
            if (seen.isPresent()) {
                return seen.get();
            }
            LockSupport.parkNanos(AGAIN_NANOS);
        }
    }
}
