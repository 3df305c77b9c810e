package io.coord.testkit.netty;

import io.coord.Ensemble;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.MemberStatus;
import io.coord.ensemble.Member;
import io.coord.ensemble.spi.MetricsListener;
import io.coord.netty.NettyTransport;
import io.coord.testkit.FaultProxy;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Members of one ensemble in this JVM, with their data in files, connected over TCP on loopback. In front of each is a proxy, which is where
 * the others find it, whatever port it has after a restart.
 */
final class TcpEnsemble implements AutoCloseable {

    private final Path directory;
    private final UnaryOperator<NettyTransport> setting;
    private final Map<Integer, FaultProxy> proxies = new TreeMap<>();
    private final Map<Integer, Member> members = new TreeMap<>();
    private final Ensemble ensemble;
    private MemberConfig config = MemberConfig.DEFAULT;
    private IntFunction<MetricsListener> metrics = member -> MetricsListener.NONE;

    TcpEnsemble(int size, Path directory) {
        this(1, size, directory, transport -> transport);
    }

    /** Members that are numbered from the first number on. */
    TcpEnsemble(int first, int size, Path directory, UnaryOperator<NettyTransport> setting) {
        this.directory = directory;
        this.setting = setting;
        IntStream.range(first, first + size).forEach(id -> proxies.put(id, FaultProxy.to(1)));
        this.ensemble = Ensemble.parse(proxies.entrySet().stream()
                .map(entry -> entry.getKey() + "=127.0.0.1:" + entry.getValue().port())
                .collect(Collectors.joining(",")));
    }

    TcpEnsemble config(MemberConfig config) {
        this.config = config;
        return this;
    }

    /** Who listens to each member. */
    TcpEnsemble metrics(IntFunction<MetricsListener> metrics) {
        this.metrics = metrics;
        return this;
    }

    TcpEnsemble start() {
        proxies.keySet().forEach(this::start);
        return this;
    }

    Member start(int id) {
        NettyTransport transport = setting.apply(NettyTransport.listeningOn(0));
        proxy(id).retarget(transport.port());
        Member member = Member.builder(MemberId.of(id), ensemble)
                .dataDirectory(directory.resolve("member-" + id))
                .transport(transport)
                .config(config)
                .metrics(metrics.apply(id))
                .start();
        members.put(id, member);
        return member;
    }

    void stop(int id) {
        members.remove(id).close();
    }

    Member member(int id) {
        return members.get(id);
    }

    /** The way to a member: what others send it passes here. */
    FaultProxy proxy(int id) {
        return proxies.get(id);
    }

    /** The member that leads, and serves. */
    int leader() {
        return Patience.await("a leader", () -> members.values().stream()
                .map(Member::status)
                .filter(status -> status.role() == MemberStatus.Role.LEADER && status.isServing())
                .map(status -> status.member().value())
                .findFirst());
    }

    int anyFollower() {
        int leader = leader();
        return members.keySet().stream().filter(id -> id != leader).findFirst().orElseThrow();
    }

    @Override
    public void close() {
        members.values().forEach(Member::close);
        proxies.values().forEach(FaultProxy::close);
    }

    @Override
    public String toString() {
        return members.toString();
    }
}
