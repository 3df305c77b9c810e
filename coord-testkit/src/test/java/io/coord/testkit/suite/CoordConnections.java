package io.coord.testkit.suite;

import io.coord.ensemble.Member;
import io.coord.netty.MemberBySettings;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import org.apache.zookeeper.server.ServerCnxn;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.jspecify.annotations.Nullable;

/**
 * What {@code zookeeper.serverCnxnFactory} names: instead of connections to the server it is given, it starts a member of Coord's on that
 * server's port, with its times, over a directory beside its files. The server itself is never started.
 */
public final class CoordConnections extends ServerCnxnFactory {

    private InetSocketAddress address = new InetSocketAddress(0);
    private int perHostMax;
    private @Nullable Member member;

    @Override
    public void configure(InetSocketAddress address, int perHostMax, int backlog, boolean secure) throws IOException {
        if (secure) {
            throw new IOException("the tests over TLS configure a factory of ZooKeeper's own");
        }
        initMaxCnxns();
        configureSaslLogin();
        this.address = address;
        this.perHostMax = perHostMax;
    }

    @Override
    public void startup(ZooKeeperServer server, boolean startServer) throws IOException {
        setZooKeeperServer(server);
        Path directory = server.getTxnLogFactory().getDataLogDir().getParentFile().toPath();
        boolean isEverywhere = address.getAddress().isAnyLocalAddress();
        CoordWords words = new CoordWords(1, "1=127.0.0.1:1:" + address.getPort(), directory)
                .and("insecure", true)
                .and("clientPortAddress", isEverywhere ? "0.0.0.0" : address.getAddress().getHostAddress())
                .and("tickTime", server.getTickTime())
                .and("minSessionTimeout", server.getMinSessionTimeout())
                .and("maxSessionTimeout", server.getMaxSessionTimeout())
                .and("maxClientCnxns", Math.max(0, perHostMax))
                .and("maxCnxns", maxCnxns)
                .andThoseOfTheJvm();
        try {
            member = MemberBySettings.start(words.all());
        } catch (IllegalStateException e) {
            throw String.valueOf(e.getMessage()).contains("cannot be bound") ? new BindException(e.getMessage()) : new IOException(e);
        }
    }

    @Override
    public void shutdown() {
        if (member != null) {
            member.close();
            member = null;
        }
        setZooKeeperServer(null);
    }

    @Override
    public void start() {}

    @Override
    public void join() {}

    @Override
    public int getLocalPort() {
        return address.getPort();
    }

    @Override
    public InetSocketAddress getLocalAddress() {
        return address;
    }

    @Override
    public int getMaxClientCnxnsPerHost() {
        return perHostMax;
    }

    @Override
    public void setMaxClientCnxnsPerHost(int max) {
        perHostMax = max;
    }

    @Override
    public int getSocketListenBacklog() {
        return -1;
    }

    // What looks into a server of ZooKeeper's: there is none, and a test that wants it is excluded.

    private static UnsupportedOperationException inside() {
        return new UnsupportedOperationException("a look into a server of ZooKeeper's");
    }

    @Override
    public Iterable<ServerCnxn> getConnections() {
        throw inside();
    }

    @Override
    public void reconfigure(InetSocketAddress address) {
        throw inside();
    }

    @Override
    public void closeAll(ServerCnxn.DisconnectReason reason) {
        throw inside();
    }

    @Override
    public void resetAllConnectionStats() {
        throw inside();
    }

    @Override
    public Iterable<Map<String, Object>> getAllConnectionInfo(boolean brief) {
        throw inside();
    }

}
