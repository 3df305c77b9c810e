package io.coord.testkit.zookeeper;

import io.coord.Bytes;
import io.coord.Identity;
import io.coord.Session;
import io.coord.SessionEvent;
import io.coord.SessionState;
import io.coord.netty.ZooKeeperClient;
import io.coord.testkit.CoordContract;
import io.coord.testkit.CoordContract.Capability;
import io.coord.testkit.FaultProxy;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Sessions of {@link ZooKeeperClient}, each over a link of its own, to whatever is behind another door. */
public final class ClientDoor implements CoordContract.Door {

    private final Behind behind;
    private final Map<Session, FaultProxy> links = new LinkedHashMap<>();

    /** What the client's door needs of the servers. */
    public interface Behind extends CoordContract.Door {
        /** The port of the server that clients are to use. */
        int clientPort();

        /** The superuser's credentials. */
        String superuser();
    }

    /** A door to what is behind this one. */
    public ClientDoor(Behind behind) {
        this.behind = behind;
    }

    @Override
    public Session open(Duration timeout) {
        FaultProxy link = FaultProxy.to(behind.clientPort());
        Session session = ZooKeeperClient.to("127.0.0.1:" + link.port()).withSessionTimeout(timeout).open();
        links.put(session, link);
        return session;
    }

    @Override
    public Session openSuper(Duration timeout) {
        Session session = open(timeout);
        session.addAuth("digest", Bytes.utf8(behind.superuser()));
        return session;
    }

    @Override
    public Set<Capability> capabilities() {
        EnumSet<Capability> all = EnumSet.copyOf(behind.capabilities());
        all.add(Capability.VANISH);
        all.add(Capability.AWAY);
        return all;
    }

    @Override
    public Set<String> differences() {
        return behind.differences();
    }

    @Override
    public Duration timeoutMin() {
        return behind.timeoutMin();
    }

    @Override
    public Duration timeoutMax() {
        return behind.timeoutMax();
    }

    @Override
    public Optional<Identity> address() {
        return behind.address();
    }

    @Override
    public void expire(Session session) {
        behind.expire(session);
    }

    @Override
    public void vanish(Session session) {
        links.get(session).refuse();
        links.get(session).reset();
    }

    @Override
    public void whileAway(Session session, Runnable action) {
        CompletableFuture<SessionEvent> gone = new CompletableFuture<>();
        CompletableFuture<SessionEvent> back = new CompletableFuture<>();
        session.async().onEvent(event -> (event.state() == SessionState.CONNECTED ? back : gone).complete(event));
        vanish(session);
        session.await(gone);
        action.run();
        links.get(session).heal();
        session.await(back);
    }

    @Override
    public void collect(Duration elapsed) {
        behind.collect(elapsed);
    }

    @Override
    public void beforeReading() {
        behind.beforeReading();
    }

    @Override
    public void close() throws IOException {
        links.keySet().forEach(session -> session.async().close());
        links.values().forEach(FaultProxy::close);
        behind.close();
    }
}
