package io.coord.testkit.zookeeper;

import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.Identity;
import io.coord.Session;
import io.coord.SessionEvent;
import io.coord.SessionState;
import io.coord.session.BlockingSession;
import io.coord.session.ParkingAwaiter;
import io.coord.testkit.CoordContract;
import io.coord.testkit.CoordContract.Capability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** The door to a standalone ZooKeeper with an empty directory of its own. */
public class ZooKeeperDoor implements ClientDoor.Behind {

    /** The password of the superuser whose digest the build gives to the server as a system property. */
    private static final String SUPER = "super:secret";

    private final Path directory;
    private final InProcessServer server;
    private final Map<ZooKeeperSession, GatedHosts> clients = new LinkedHashMap<>();

    /** Over a server of its own, which checks quotas or does not. */
    public ZooKeeperDoor(boolean enforceQuota) throws IOException {
        directory = Files.createTempDirectory("zookeeper-contract");
        server = new InProcessServer(directory, enforceQuota);
    }

    @Override
    public Session open(Duration timeout) {
        GatedHosts hosts = new GatedHosts(server::address);
        ZooKeeperSession session = ZooKeeperSession.open(hosts, timeout);
        clients.put(session, hosts);
        return new BlockingSession(session, new ParkingAwaiter(session::isCallbackThread));
    }

    @Override
    public int clientPort() {
        return server.address().getPort();
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
    public Set<String> differences() {
        return Set.of();
    }

    @Override
    public Duration timeoutMin() {
        return InProcessServer.TIMEOUT_MIN;
    }

    @Override
    public Duration timeoutMax() {
        return InProcessServer.TIMEOUT_MAX;
    }

    @Override
    public Optional<Identity> address() {
        return Optional.of(new Identity("ip", "127.0.0.1"));
    }

    @Override
    public void expire(Session session) {
        server.expire(session.id());
    }

    @Override
    public void vanish(Session session) {
        hosts(session).shut();
        server.cut(session.id());
    }

    @Override
    public void whileAway(Session session, Runnable action) {
        Absence absence = new Absence(session.async());
        vanish(session);
        session.await(absence.gone());
        action.run();
        hosts(session).open();
        session.await(absence.back());
    }

    /** Stops the server, starts it again over what is on disk, and waits until every client is back. */
    final void restart() {
        Map<ZooKeeperSession, Absence> absences = new LinkedHashMap<>();
        clients.forEach((session, hosts) -> {
            if (!session.state().isOver()) {
                hosts.shut();
                absences.put(session, new Absence(session));
            }
        });
        server.restart();
        absences.forEach((session, absence) -> {
            absence.gone().join();
            clients.get(session).open();
        });
        absences.values().forEach(absence -> absence.back().join());
    }

    /** A session's going and coming back. */
    private record Absence(CompletableFuture<SessionEvent> gone, CompletableFuture<SessionEvent> back) {

        Absence(AsyncSession session) {
            this(new CompletableFuture<>(), new CompletableFuture<>());
            session.onEvent(event -> (event.state() == SessionState.CONNECTED ? back : gone).complete(event));
        }
    }

    private GatedHosts hosts(Session session) {
        return clients.get((ZooKeeperSession) session.async());
    }

    @Override
    public void collect(Duration elapsed) {
        try {
            server.collect(elapsed);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The server behind the door. */
    final InProcessServer server() {
        return server;
    }

    @Override
    public void close() throws IOException {
        clients.forEach((session, hosts) -> {
            if (!session.state().isOver()) {
                session.client().getTestable().injectSessionExpiration();
                hosts.open();
            }
        });
        server.close();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
