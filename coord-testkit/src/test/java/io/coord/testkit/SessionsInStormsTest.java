package io.coord.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.MemberConfig;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.OutcomeUnknownException;
import io.coord.ReadMode;
import io.coord.Registration;
import io.coord.RejectedException;
import io.coord.SessionEndedException;
import io.coord.SessionEvent;
import io.coord.Stat;
import io.coord.UnavailableException;
import io.coord.WatchEvent;
import io.coord.WatchMode;
import io.coord.session.DirectReads;
import io.coord.testkit.sim.Chance;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Sessions as users have them, on virtual time, that ask for whatever comes to mind while members crash and links break. Each is held to
 * what is promised to a session that moves, however often it does. {@code -Dstorms.seeds=N} and {@code -Dstorms.first=SEED} for other seeds.
 */
class SessionsInStormsTest {

    private static final int SEEDS = Integer.getInteger("storms.seeds", 40);
    private static final long FIRST = Long.getLong("storms.first", 100);
    private static final int MEMBERS = 3;
    private static final int WALKERS = 4;
    private static final int STEPS = 1_500;
    private static final Duration CALM = Duration.ofMinutes(2);
    private static final NodePath ALL = NodePath.of("/all");
    private static final int NODES = 5;
    /** Members that are behind are sent snapshots, and know little of what happened before. */
    private static final MemberConfig FORGETFUL = MemberConfig.DEFAULT.withSnapshotEntries(60).withRetainedEntries(5).withWatchHistory(20);

    @Test
    @Timeout(600)
    @DisplayName("rule.1 rule.3 rule.4 inv.Z9 inv.Z11: a session that moves misses no event, and none comes late, twice or without cause; its writes"
            + " are done once and its answers come in order")
    void whatIsPromisedToASessionHoldsWhileItMoves() {
        int moves = 0;
        int gaps = 0;
        int heard = 0;
        for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
            Run run = new Run(seed);
            run.play();
            moves += run.walkers.stream().mapToInt(walker -> walker.moves).sum();
            gaps += run.walkers.stream().mapToInt(walker -> walker.gaps.size()).sum();
            heard += run.walkers.stream().mapToInt(walker -> walker.stream.size()).sum();
        }
        assertThat(moves).as("moves").isGreaterThan(SEEDS * WALKERS);
        assertThat(gaps).as("gaps").isPositive();
        assertThat(heard).as("events").isGreaterThan(SEEDS * STEPS / 10);
    }

    private static NodePath node(int number) {
        return ALL.child("n" + number);
    }

    private static final class Run {
        final long seed;
        final SimulatedEnsemble ensemble;
        final Chance chance;
        final List<Walker> walkers = new ArrayList<>();
        final List<AssertionError> broken = new ArrayList<>();

        Run(long seed) {
            this.seed = seed;
            MemberConfig config = seed % 2 == 0 ? MemberConfig.DEFAULT : FORGETFUL;
            this.ensemble = SimulatedEnsemble.of(MEMBERS).seed(seed).config(config);
            this.chance = Chance.of(seed, "walkers");
        }

        void play() {
            var owner = ensemble.openSession();
            owner.create(ALL, null, CreateMode.PERSISTENT);
            for (int i = 0; i < NODES; i++) {
                owner.create(node(i), Bytes.utf8("0"), CreateMode.PERSISTENT);
            }
            for (int i = 0; i < WALKERS; i++) {
                walkers.add(new Walker(this, i));
            }
            walkers.forEach(Walker::watchAll);
            walkers.forEach(Walker::createOwn);
            ensemble.beginStorm();
            for (int step = 0; step < STEPS; step++) {
                ensemble.advance(Duration.ofMillis(chance.between(0, 40)));
                requireUnbroken();
                walkers.get(chance.below(WALKERS)).walk();
            }
            ensemble.endStorm();
            walkers.forEach(Walker::settle); // what they had asked for is done
            walkers.forEach(Walker::settle); // and heard
            compareStreams();
        }

        /** Runs what is asserted where nobody would hear of it. */
        void holds(Runnable assertions) {
            try {
                assertions.run();
            } catch (AssertionError error) {
                broken.add(error);
            }
        }

        void requireUnbroken() {
            if (!broken.isEmpty()) {
                throw broken.get(0);
            }
        }

        /** What anybody was told of an entry is what everybody was told of it; nobody misses one but where a gap was told. */
        private void compareStreams() {
            TreeMap<Long, List<String>> all = new TreeMap<>();
            for (Walker walker : walkers) {
                walker.byZxid().forEach((zxid, told) -> assertThat(told).as("%s of %x", walker, zxid).isEqualTo(all.merge(zxid, told, (one, other) -> one)));
            }
            for (Walker walker : walkers) {
                Map<Long, List<String>> own = walker.byZxid();
                long through = walker.isOver ? walker.lastHeard : Long.MAX_VALUE;
                for (long zxid : all.headMap(through, true).keySet()) {
                    boolean excused = walker.gaps.stream().anyMatch(gap -> gap.from < zxid && zxid <= gap.to);
                    assertThat(own.containsKey(zxid) || excused).as("%s%s, told of gaps %s, heard last %x and missed %s of %x",
                            walker, walker.isOver ? " (over)" : "", walker.gaps, walker.lastHeard, all.get(zxid), zxid).isTrue();
                }
            }
        }
    }

    private record Gap(long from, long to) {}

    /** A one-shot watch, and what its owner had seen of the node when it was left. */
    private static final class Shot {
        long seen;
        int fired;
    }

    /** A watch that stays, on one node, for a while: its listener hears what its owner hears of that node, from when it is added until it is closed. */
    private static final class Lasting {
        final NodePath path;
        Optional<Registration> registration = Optional.empty();
        boolean isOpen;
        int heard;
        int due;

        Lasting(NodePath path) {
            this.path = path;
        }
    }

    private static final class Walker {
        final Run run;
        final int number;
        final AsyncSession session;
        final Chance chance;
        final NodePath own;
        final List<WatchEvent> stream = new ArrayList<>();
        final List<Gap> gaps = new ArrayList<>();
        final Map<NodePath, List<Shot>> shots = new HashMap<>();
        final List<Lasting> lasting = new ArrayList<>();
        final Map<NodePath, Long> shownOf = new HashMap<>();
        final Queue<Integer> unanswered = new ArrayDeque<>();
        long lastHeard;
        int asked;
        int ownVersion;
        boolean isOwnPending;
        boolean isOwnUnknown;
        int moves;
        boolean isOver;

        Walker(Run run, int number) {
            this.run = run;
            this.number = number;
            this.session = run.ensemble.openSession().async();
            this.chance = Chance.of(run.seed, "walker " + number);
            this.own = ALL.child("own" + number);
        }

        @Override
        public String toString() {
            return "walker " + number + " of seed " + run.seed;
        }

        void watchAll() {
            session.onEvent(event -> moves += event instanceof SessionEvent.Connected ? 1 : 0);
            rests(() -> ask(session.addWatch(ALL, WatchMode.PERSISTENT_RECURSIVE, this::hear), done -> {}));
        }

        void createOwn() {
            rests(() -> ask(session.create(own, null, CreateMode.PERSISTENT), created -> {}));
        }

        /** Asks, and lets the world run until it is answered. */
        void rests(Runnable asking) {
            asking.run();
            run.ensemble.runUntil(() -> isOver || unanswered.isEmpty(), CALM);
            run.requireUnbroken();
        }

        void settle() {
            rests(() -> ask(session.getData(ALL, ReadMode.LINEARIZABLE), node -> sees(node.stat())));
        }

        private void hear(WatchEvent event) {
            assertThat(event.zxid()).as("%s: %s behind %x", this, event, lastHeard).isGreaterThanOrEqualTo(lastHeard);
            if (event.type() == WatchEvent.Type.GAP) {
                gaps.add(new Gap(lastHeard, event.zxid()));
            } else {
                stream.add(event);
            }
            lastHeard = event.zxid();
            lasting.stream().filter(watch -> watch.isOpen && watch.path.value().equals(event.path())).forEach(watch -> watch.due++);
        }

        Map<Long, List<String>> byZxid() {
            Map<Long, List<String>> told = new TreeMap<>();
            stream.forEach(event -> told.computeIfAbsent(event.zxid(), absent -> new ArrayList<>()).add(event.type() + " " + event.path()));
            return told;
        }

        // ---- asking

        /** Asks; what is wrong with the answer is told to whoever runs the world, since a stage would keep it to itself. */
        <R> void ask(CompletionStage<R> stage, Consumer<R> look) {
            ask(stage, look, failed -> assertThat(failed).as("%s", this).isInstanceOfAny(RejectedException.class, UnavailableException.class, OutcomeUnknownException.class));
        }

        private <R> void ask(CompletionStage<R> stage, Consumer<R> look, Consumer<Throwable> otherwise) {
            int ticket = asked++;
            unanswered.add(ticket);
            stage.whenComplete((value, failure) -> run.holds(() -> {
                Throwable cause = failure instanceof CompletionException wrapped ? wrapped.getCause() : failure;
                assertThat(unanswered.poll()).as("%s: answers come in the order of requests", this).isEqualTo(ticket);
                lasting.forEach(watch -> assertThat(watch.heard).as("%s: heard of %s", this, watch.path).isEqualTo(watch.due));
                if (cause instanceof SessionEndedException) {
                    isOver = true;
                } else if (cause != null) {
                    otherwise.accept(cause);
                } else {
                    look.accept(value);
                }
            }));
        }

        void walk() {
            if (isOver) {
                return;
            }
            NodePath path = node(chance.below(NODES));
            switch (chance.below(14)) {
                case 0, 1 -> ask(session.setData(path, null), set -> found(path, set.stat()));
                case 2 -> writeOwn();
                case 3 -> ask(session.delete(path), deleted -> {});
                case 4 -> ask(session.create(path, null, CreateMode.PERSISTENT), created -> {});
                case 5 -> ask(session.getChildren(ALL), children -> sees(children.stat()));
                case 6, 7 -> ask(session.exists(path), stat -> looked(path, stat));
                case 8 -> leaveShot(path);
                case 9 -> readNow(path);
                case 10 -> ask(session.sync(ALL), synced -> {});
                case 11 -> watchForAWhile(path);
                case 12 -> closeOne();
                default -> ask(session.getData(path, ReadMode.LINEARIZABLE), node -> found(path, node.stat()));
            }
        }

        /** Names the version it expects: a write done twice would refuse the next. One of unknown outcome is looked at first. */
        private void writeOwn() {
            if (isOwnPending) {
                return;
            }
            isOwnPending = true;
            if (isOwnUnknown) {
                ask(session.getData(own), node -> {
                    assertThat(node.stat().version()).as("%s", this).isBetween(ownVersion, ownVersion + 1);
                    wroteOwn(node.stat());
                }, unavailable -> isOwnPending = false);
            } else {
                ask(session.setData(own, null, ownVersion), set -> {
                    assertThat(set.stat().version()).as("%s", this).isEqualTo(ownVersion + 1);
                    wroteOwn(set.stat());
                }, failed -> {
                    assertThat(failed).as("%s", this).isInstanceOfAny(UnavailableException.class, OutcomeUnknownException.class);
                    isOwnPending = false;
                    isOwnUnknown = failed instanceof OutcomeUnknownException;
                });
            }
        }

        private void wroteOwn(Stat stat) {
            isOwnPending = false;
            isOwnUnknown = false;
            ownVersion = stat.version();
            found(own, stat);
        }

        // ---- looking

        /** A state is shown: its events were told. */
        private void sees(Stat stat) {
            long shown = Math.max(stat.mzxid(), stat.pzxid());
            assertThat(lastHeard).as("%s was shown %x", this, shown).isGreaterThanOrEqualTo(shown);
        }

        private void found(NodePath path, Stat stat) {
            looked(path, Optional.of(stat));
        }

        private void looked(NodePath path, Optional<Stat> stat) {
            stat.ifPresent(this::sees);
            long shown = stat.map(Stat::mzxid).orElse(Long.MAX_VALUE);
            List<Shot> left = shots.getOrDefault(path, List.of());
            for (Shot shot : left) {
                assertThat(shot.fired).as("%s: how often a watch of %s from %x fired, with %x shown", this, path, shot.seen, shown)
                        .isEqualTo(shown > shot.seen ? 1 : 0);
            }
            left.removeIf(shot -> shot.fired > 0);
            long before = shownOf.getOrDefault(path, 0L);
            if (stat.isPresent()) {
                assertThat(shown).as("%s: %s after %x", this, path, before).isGreaterThanOrEqualTo(before);
                shownOf.put(path, shown);
            }
        }

        private void leaveShot(NodePath path) {
            Shot shot = new Shot();
            ask(session.exists(path, event -> assertThat(++shot.fired).as("%s: %s", this, event).isEqualTo(1)), stat -> {
                looked(path, stat);
                if (stat.isPresent()) {
                    shot.seen = stat.get().mzxid();
                    shots.computeIfAbsent(path, absent -> new ArrayList<>()).add(shot);
                }
            });
        }

        private void watchForAWhile(NodePath path) {
            Lasting watch = new Lasting(path);
            lasting.add(watch);
            ask(session.addWatch(path, WatchMode.PERSISTENT, event -> watch.heard += event.type() == WatchEvent.Type.GAP ? 0 : 1), added -> {
                watch.isOpen = true;
                watch.registration = Optional.of(added);
            });
        }

        /** Whatever is heard until the listener is gone, is: closing does not wait. */
        private void closeOne() {
            Lasting watch = lasting.isEmpty() ? null : lasting.get(chance.below(lasting.size()));
            if (watch != null && watch.registration.isPresent()) {
                watch.registration.get().close();
                session.callbackExecutor().execute(() -> watch.isOpen = false);
                watch.registration = Optional.empty();
            }
        }

        /** On this thread, when the session can: then the events are in its queue. */
        private void readNow(NodePath path) {
            try {
                Node node = ((DirectReads) session).readNow(new Operation.GetData(path.value()));
                if (node != null) {
                    session.callbackExecutor().execute(() -> run.holds(() -> sees(node.stat())));
                }
            } catch (RejectedException absent) {
                // that shows nothing of which an event would have to be told
            }
        }
    }
}
