package io.coord.testkit.zookeeper;

import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.Identity;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.Session;
import io.coord.SessionEvent;
import io.coord.SessionState;
import io.coord.netty.ZooKeeperServer;
import io.coord.session.BlockingSession;
import io.coord.session.ParkingAwaiter;
import io.coord.testkit.CoordContract.Capability;
import io.coord.testkit.CoordContract.Setting;
import io.coord.testkit.LocalEnsemble;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** The door of an ensemble of ours whose members speak ZooKeeper's protocol, used through ZooKeeper's own client. */
final class WireDoor implements ClientDoor.Behind {

    private static final Duration TIMEOUT_MIN = Duration.ofMillis(500);
    private static final Duration TIMEOUT_MAX = Duration.ofMinutes(1);
    private static final String SUPER = "super:secret";
    private static final String SUPER_DIGEST = "super:lK75jTNcA+U9vtVEw5vB51mj/w4=";

    private final Map<MemberId, ZooKeeperServer> servers = new ConcurrentHashMap<>();
    private final Map<ZooKeeperSession, GatedHosts> clients = new LinkedHashMap<>();
    private final LocalEnsemble ensemble;
    private final Function<LocalEnsemble, MemberId> where;

    /**
     * Over three members.
     *
     * @param where which member a client goes to
     */
    WireDoor(Set<Setting> settings, Function<LocalEnsemble, MemberId> where) {
        this(settings, 3, where);
    }

    private WireDoor(Set<Setting> settings, int members, Function<LocalEnsemble, MemberId> where) {
        this.where = where;
        this.ensemble = LocalEnsemble.builder()
                .members(members)
                .config(MemberConfig.DEFAULT
                        .withSessionTimeouts(TIMEOUT_MIN, Duration.ofSeconds(10), TIMEOUT_MAX)
                        .withExtendedTypes(settings.contains(Setting.EXTENDED_TYPES))
                        .withEnforceQuota(settings.contains(Setting.ENFORCE_QUOTA))
                        .withSkipAcl(settings.contains(Setting.SKIP_ACL)))
                .frontEnd(this::server)
                .start();
    }

    /** Over a voter and an observer, which clients go to. */
    static WireDoor ofLearner(Set<Setting> settings) {
        MemberId learner = MemberId.of(2);
        WireDoor door = new WireDoor(settings, 1, ensemble -> learner);
        door.ensemble.join(learner);
        return door;
    }

    private ZooKeeperServer server(MemberId member) {
        ZooKeeperServer server = ZooKeeperServer.listeningOn(0).threads(1).superDigest(SUPER_DIGEST);
        servers.put(member, server);
        return server;
    }

    /** Where a member's clients connect. */
    private InetSocketAddress address(MemberId member) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), servers.get(member).port());
    }

    @Override
    public Session open(Duration timeout) {
        MemberId member = where.apply(ensemble);
        GatedHosts hosts = new GatedHosts(() -> address(member));
        ZooKeeperSession session = ZooKeeperSession.open(hosts, timeout);
        clients.put(session, hosts);
        return new BlockingSession(session, new ParkingAwaiter(session::isCallbackThread));
    }

    @Override
    public int clientPort() {
        return address(where.apply(ensemble)).getPort();
    }

    @Override
    public String superuser() {
        return SUPER;
    }

    @Override
    public Session openSuper(Duration timeout) {
        Session session = open(timeout);
        session.addAuth("digest", Bytes.utf8(SUPER));
        return session;
    }

    @Override
    public Set<Capability> capabilities() {
        return EnumSet.allOf(Capability.class);
    }

    @Override
    public Duration timeoutMin() {
        return TIMEOUT_MIN;
    }

    @Override
    public Duration timeoutMax() {
        return TIMEOUT_MAX;
    }

    @Override
    public Optional<Identity> address() {
        return Optional.of(new Identity("ip", "127.0.0.1"));
    }

    @Override
    public void expire(Session session) {
        ensemble.expire(session);
    }

    @Override
    public void vanish(Session session) {
        ZooKeeperSession client = (ZooKeeperSession) session.async();
        clients.get(client).shut();
        client.client().cut();
    }

    @Override
    public void whileAway(Session session, Runnable action) {
        Absence absence = new Absence(session.async());
        vanish(session);
        session.await(absence.gone);
        action.run();
        clients.get((ZooKeeperSession) session.async()).open();
        session.await(absence.back);
    }

    /** A session's going and coming back. */
    private record Absence(CompletableFuture<SessionEvent> gone, CompletableFuture<SessionEvent> back) {

        Absence(AsyncSession session) {
            this(new CompletableFuture<>(), new CompletableFuture<>());
            session.onEvent(event -> (event.state() == SessionState.CONNECTED ? back : gone).complete(event));
        }
    }

    @Override
    public void collect(Duration elapsed) {
        ensemble.collect(elapsed);
    }

    @Override
    public void close() {
        clients.forEach((session, hosts) -> {
            if (!session.state().isOver()) {
                session.client().getTestable().injectSessionExpiration();
                hosts.open();
            }
        });
        ensemble.close();
    }
}
