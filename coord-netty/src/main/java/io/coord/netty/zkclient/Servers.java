package io.coord.netty.zkclient;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The servers in an order of the client's own, so that many clients spread; and how long to wait before the next is tried. */
final class Servers {

    private static final long PAUSE_NANOS_FIRST = 20_000_000L;
    private static final long PAUSE_NANOS_MAX = 1_000_000_000L;

    private final List<ConnectString.Server> shuffled;
    private final Random random;
    private final Map<ConnectString.Server, Integer> turns = new HashMap<>();
    private final Map<ConnectString.Server, Integer> addressCounts = new HashMap<>();
    private int next;
    private int failures;

    Servers(List<ConnectString.Server> servers, Random random) {
        this.shuffled = new ArrayList<>(servers);
        this.random = random;
        Collections.shuffle(shuffled, random);
    }

    ConnectString.Server next() {
        ConnectString.Server server = shuffled.get(next);
        next = (next + 1) % shuffled.size();
        return server;
    }

    /** One of the addresses that a server's name has: any at first, then the next each time, for behind each may be a server. */
    InetAddress choose(ConnectString.Server server, InetAddress[] addresses) {
        int turn = turns.containsKey(server) ? turns.get(server) + 1 : random.nextInt(addresses.length);
        turns.put(server, turn);
        addressCounts.put(server, addresses.length);
        InetAddress[] sorted = addresses.clone(); // a name service may give them in another order each time
        Arrays.sort(sorted, Comparator.comparing(InetAddress::getAddress, Arrays::compare));
        return sorted[Math.floorMod(turn, sorted.length)];
    }

    /** How many there are, by what is known of their names' addresses. */
    int count() {
        int count = 0;
        for (ConnectString.Server server : shuffled) {
            count += addressCounts.getOrDefault(server, 1);
        }
        return count;
    }

    /** A server has let the client in. */
    void succeeded() {
        failures = 0;
    }

    /**
     * How long to wait before {@link #next}: not at all until all were tried once, then twice as long each round, up to a second, and
     * less by chance, so that clients which lost one server together do not all come to the next at once (fault.C5).
     */
    long pauseNanos() {
        int round = failures++ / count();
        if (round == 0) {
            return 0;
        }
        long most = Math.min(PAUSE_NANOS_MAX, PAUSE_NANOS_FIRST << Math.min(round, 10));
        return most / 2 + (long) (random.nextDouble() * most / 2);
    }
}
