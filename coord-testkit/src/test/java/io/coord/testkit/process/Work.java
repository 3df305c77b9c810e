package io.coord.testkit.process;

import java.util.List;
import java.util.Map;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooKeeper;

/** What some clients do to a part of the tree that is theirs, and what must hold of what they were told. */
interface Work {

    /** How many clients are at it, numbered from 0. */
    int clients();

    /** What one of them does next, on a thread of its own. An answer that is lost is taken as "perhaps"; any other error is a trouble. */
    void step(int client) throws KeeperException, InterruptedException;

    /** How many writes were acknowledged. */
    long acknowledged();

    /** What is wrong, once nobody works any more; asks each member, by its number, for what it holds. */
    List<String> verdict(Map<Integer, ZooKeeper> members) throws KeeperException, InterruptedException;

    /** Who begins such work. */
    interface Beginning {
        Work begin(Clients clients) throws Exception;
    }

    /** All there is to do. */
    enum Kind {
        REGISTER(RegisterWork::new),
        SET(SetWork::new),
        QUEUE(QueueWork::new),
        LOCKS(LockWork::new),
        SESSIONS(SessionWork::new),
        WATCHES(WatchWork::new);

        final Beginning beginning;

        Kind(Beginning beginning) {
            this.beginning = beginning;
        }
    }
}
