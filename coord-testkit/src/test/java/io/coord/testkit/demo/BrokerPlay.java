package io.coord.testkit.demo;

import io.coord.Bytes;
import io.coord.CoordException;
import io.coord.CreateMode;
import io.coord.MemberId;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.recipes.ConfigCache;
import io.coord.recipes.LeaderElection;
import io.coord.recipes.Leadership;
import io.coord.recipes.Membership;
import io.coord.testkit.LocalEnsemble;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Second act: three brokers register, elect a controller, share a configuration; the leading member is killed, then the controller's
 * broker dies; everybody is told.
 */
final class BrokerPlay {

    private static final NodePath IDS = NodePath.of("/demo/brokers");
    private static final NodePath CONTROLLER = NodePath.of("/demo/controller");
    private static final NodePath CONFIG = NodePath.of("/demo/config");
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** A broker, with what it does through its own session. */
    private static final class Broker {
        final String name;
        final Session session;
        final Membership membership;
        final LeaderElection election;
        final ConfigCache config;

        Broker(String name, Session session) {
            this.name = name;
            this.session = session;
            this.membership = Membership.join(session, IDS, name, Bytes.utf8(name + ".example:9092"));
            this.election = LeaderElection.join(session, CONTROLLER, Bytes.utf8(name));
            this.config = ConfigCache.node(session, CONFIG);
        }

        /** Completes when this broker has been told of exactly these members. */
        CompletionStage<Set<String>> sees(Set<String> names) {
            return when(membership::onChange, () -> membership.members().keySet(), names);
        }

        /** Completes when this broker has been told of this configuration. */
        CompletionStage<String> knows(String text) {
            return when(config::onChange, () -> config.node().map(Node::text).orElse(""), text);
        }

        private static <E, V> CompletionStage<V> when(
                java.util.function.Function<Consumer<E>, io.coord.Registration> register,
                java.util.function.Supplier<? extends V> view,
                V wanted) {
            CompletableFuture<V> seen = new CompletableFuture<>();
            Consumer<E> look = event -> {
                if (view.get().equals(wanted)) {
                    seen.complete(wanted);
                }
            };
            io.coord.Registration registration = register.apply(look);
            if (view.get().equals(wanted)) {
                seen.complete(wanted);
            }
            seen.whenComplete((done, failure) -> registration.close());
            return seen;
        }
    }

    private final LocalEnsemble ensemble;
    private final Differences differences;
    private final Consumer<String> say;
    private final List<Broker> brokers = new ArrayList<>();

    BrokerPlay(LocalEnsemble ensemble, Differences differences, Consumer<String> say) {
        this.ensemble = ensemble;
        this.differences = differences;
        this.say = say;
    }

    void play() {
        try {
            register();
            Leadership first = elect();
            configure("log.retention.hours=168");
            killLeader();
            configure("log.retention.hours=24");
            Leadership second = controllerDies(first);
            say.accept("Fencing token 0x" + Long.toHexString(first.fencingToken()) + " gave way to 0x"
                    + Long.toHexString(second.fencingToken()) + ": a write of the old controller would be told apart.");
            configure("log.retention.hours=12");
        } catch (CoordException | InterruptedException e) {
            differences.add("brokers", "/demo", "play", "it should go on, but " + e);
        } finally {
            brokers.forEach(broker -> broker.session.close());
        }
    }

    private void register() throws InterruptedException {
        try (Session admin = ensemble.openSession()) {
            admin.create(NodePath.of("/demo"), null, CreateMode.PERSISTENT);
            admin.create(CONFIG, Bytes.utf8(""), CreateMode.PERSISTENT);
        }
        for (int i = 1; i <= 3; i++) {
            brokers.add(new Broker("broker-" + i, ensemble.openSession()));
        }
        Set<String> all = names();
        for (Broker broker : brokers) {
            expect(broker.session, broker.sees(all), IDS, broker.name + " sees " + all);
        }
        say.accept("Three brokers registered, and each sees " + all + ".");
    }

    private Set<String> names() {
        Set<String> names = new TreeSet<>();
        brokers.forEach(broker -> names.add(broker.name));
        return names;
    }

    private Leadership elect() throws InterruptedException {
        Optional<Leadership> leadership = brokers.get(0).election.awaitLeadership(PATIENCE);
        differences.compare("brokers", CONTROLLER.value(), "controller", true, leadership.isPresent());
        long leaders = brokers.stream().filter(broker -> broker.election.isLeader()).count();
        differences.compare("brokers", CONTROLLER.value(), "number of controllers", 1L, leaders);
        say.accept(brokers.get(0).name + " won the controller election.");
        return leadership.orElse(new Leadership(-1, CONTROLLER));
    }

    private void configure(String text) throws InterruptedException {
        Broker controller = brokers.get(0);
        controller.session.setData(CONFIG, Bytes.utf8(text));
        for (Broker broker : brokers) {
            expect(broker.session, broker.knows(text), CONFIG, broker.name + " knows " + text);
        }
        say.accept(controller.name + " set " + text + "; every broker was told.");
    }

    private void killLeader() {
        MemberId leader = ensemble.leader();
        long killed = System.nanoTime();
        ensemble.kill(leader);
        brokers.get(0).session.setData(CONFIG, Bytes.utf8("written while member " + leader + " is dead"));
        long millis = (System.nanoTime() - killed) / 1_000_000;
        say.accept("Member " + leader + ", the leader, was killed. The next write was acknowledged " + millis + " ms later; member "
                + ensemble.leader() + " leads.");
        for (Broker broker : brokers) {
            differences.compare("brokers", IDS.value(), broker.name + " is a member", true, broker.membership.isMember());
        }
        say.accept("No broker lost its session.");
        ensemble.restart(leader);
        say.accept("Member " + leader + " is back, from its own disk.");
    }

    private Leadership controllerDies(Leadership before) throws InterruptedException {
        Broker dead = brokers.remove(0);
        ensemble.expire(dead.session);
        Optional<Leadership> next = brokers.get(0).election.awaitLeadership(PATIENCE);
        differences.compare("brokers", CONTROLLER.value(), "next controller", true, next.isPresent());
        for (Broker broker : brokers) {
            expect(broker.session, broker.sees(names()), IDS, broker.name + " sees " + names());
        }
        differences.compare(
                "brokers", IDS.child(dead.name).value(), "exists", false,
                brokers.get(0).session.exists(IDS.child(dead.name)).isPresent());
        say.accept(dead.name + " died: its ephemerals are gone, " + brokers.get(0).name + " is the controller, and " + names()
                + " were told.");
        Leadership after = next.orElse(before);
        differences.compare(
                "brokers", CONTROLLER.value(), "fencing token grows", true, after.fencingToken() > before.fencingToken());
        return after;
    }

    private void expect(Session session, CompletionStage<?> stage, NodePath path, String what) throws InterruptedException {
        boolean came = session.awaitAtMost(stage, PATIENCE).isPresent();
        differences.compare("brokers", path.value(), what, true, came);
    }
}
