package io.coord.testkit;

import io.coord.MemberAddress;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.netty.ZooKeeperServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A server for tests of code that uses a ZooKeeper client or Curator: an ensemble in this JVM, in memory, with a client port for each
 * member. It takes the place of Curator's {@code TestingServer} and {@code TestingCluster}, and needs no class of ZooKeeper's.
 *
 * <pre>{@code
 * try (ZooKeeperTestServer server = ZooKeeperTestServer.start();
 *     CuratorFramework client = CuratorFrameworkFactory.newClient(server.getConnectString(), new RetryOneTime(100))) {
 *   client.start();
 *   ...
 * }
 * }</pre>
 *
 * <p>With several members, {@code /zookeeper/config} tells clients where all of them are.
 *
 * <p>Sessions and nodes outlive {@link #stop} and {@link #restart()}, and the ports stay the same. Listens on the loopback address.
 * Needs {@code coord-netty}, which the test kit itself does without. For any thread but for starting and stopping.
 */
public final class ZooKeeperTestServer implements AutoCloseable {

    private static final String HOST = "127.0.0.1";

    private final Map<MemberId, Integer> ports = new TreeMap<>();
    /** Ports that are kept until a door takes them: the members are told of all before the first opens. */
    private final Map<MemberId, ServerSocket> reservations = new TreeMap<>();
    private final LocalEnsemble ensemble;

    private ZooKeeperTestServer(int members, MemberConfig config) {
        try {
            for (int id = 1; id <= members; id++) {
                ServerSocket reserved = new ServerSocket(0, 1, InetAddress.getByName(HOST));
                reservations.put(MemberId.of(id), reserved);
                ports.put(MemberId.of(id), reserved.getLocalPort());
            }
            ensemble = LocalEnsemble.builder().members(members).config(config).addresses(this::address).frontEnd(this::door).start();
        } catch (IOException e) {
            throw new UncheckedIOException("no port is free for a member's clients", e);
        } finally {
            List.copyOf(reservations.keySet()).forEach(this::giveUp);
        }
    }

    private MemberAddress address(MemberId member) {
        return new MemberAddress(HOST, 1 + member.value(), OptionalInt.of(ports.getOrDefault(member, 0)));
    }

    /** Lets the port be taken by the door it was kept for. */
    private void giveUp(MemberId member) {
        ServerSocket reserved = reservations.remove(member);
        if (reserved != null) {
            try {
                reserved.close();
            } catch (IOException e) {
                throw new UncheckedIOException("port " + ports.get(member) + " cannot be given up", e);
            }
        }
    }

    /** A server of one member, which can create nodes with a time to live. */
    public static ZooKeeperTestServer start() {
        return start(1);
    }

    /**
     * A server of so many members: 1, 3, 5 or 7.
     *
     * @throws io.coord.ConfigException for any other number
     */
    public static ZooKeeperTestServer start(int members) {
        return start(members, MemberConfig.DEFAULT.withExtendedTypes(true));
    }

    /**
     * A server whose members have these times and limits.
     *
     * @throws io.coord.ConfigException for a number of members other than 1, 3, 5 or 7
     */
    public static ZooKeeperTestServer start(int members, MemberConfig config) {
        return new ZooKeeperTestServer(members, config);
    }

    private ZooKeeperServer door(MemberId member) {
        giveUp(member);
        return ZooKeeperServer.listeningOn(ports.getOrDefault(member, 0));
    }

    // ------------------------------------------------------------------------------------------------ where it is

    /** What a client connects to: every member, running or not. */
    public String getConnectString() {
        return ports.values().stream().map(port -> HOST + ":" + port).collect(Collectors.joining(","));
    }

    /** What a client of one member alone connects to. */
    public String getConnectString(MemberId member) {
        return HOST + ":" + getPort(member);
    }

    /** The client port of the first member. */
    public int getPort() {
        return getPort(members().first());
    }

    /** The client port of a member. */
    public int getPort(MemberId member) {
        Integer port = ports.get(member);
        if (port == null) {
            throw new IllegalArgumentException("there is no member " + member + "; the members are " + members());
        }
        return port;
    }

    /** Every member's number, running or not. */
    public SortedSet<MemberId> members() {
        return ensemble.members();
    }

    /** The member that has a client port: whom a client is connected to. */
    public MemberId memberAt(int port) {
        return ports.entrySet().stream()
                .filter(entry -> entry.getValue() == port)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no member listens on port " + port + "; the ports are " + ports));
    }

    /** The members behind the ports: who leads, and the faults they can be put through. */
    public LocalEnsemble ensemble() {
        return ensemble;
    }

    // ------------------------------------------------------------------------------------------------ life and death

    /** Ends all members as a crash would. Clients lose their connections, not their sessions, unless they stay away for too long. */
    public void stop() {
        members().forEach(this::killIfRunning);
    }

    /** It may have been killed behind the back of this. */
    private void killIfRunning(MemberId member) {
        if (ensemble.isRunning(member)) {
            ensemble.kill(member);
        }
    }

    /** Stops the members that run, and starts all of them on the same ports with what they had. */
    public void restart() {
        stop();
        ensemble.restartAll();
    }

    /** Ends a member as a crash would: its clients find another. */
    public void kill(MemberId member) {
        getPort(member);
        ensemble.kill(member);
    }

    /** Starts a killed member on the same port, with what it had. */
    public void restart(MemberId member) {
        getPort(member);
        ensemble.restart(member);
    }

    /** Ends everything: nothing is left of threads, ports or nodes. */
    @Override
    public void close() {
        ensemble.close();
    }

    @Override
    public String toString() {
        return "ZooKeeper test server at " + getConnectString();
    }
}
