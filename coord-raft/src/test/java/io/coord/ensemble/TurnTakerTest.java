package io.coord.ensemble;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Ensemble;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.OutcomeUnknownException;
import io.coord.Session;
import io.coord.ensemble.spi.MetricsListener;
import io.coord.ensemble.spi.SessionPort;
import io.coord.ensemble.spi.Storage;
import io.coord.ensemble.spi.TurnTaker;
import io.coord.storage.MemoryStorage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A member whose thread is at the disk, which takes long: others do its turns. */
@Timeout(30)
class TurnTakerTest {

    private static final NodePath A = NodePath.of("/a");
    private static final long LONG_NANOS = 2_000_000;

    /** Has callers write themselves, and holds them up when told to, and all that is asked for behind them. */
    private static final class HeldStorage implements Storage {
        private final MemoryStorage memory = new MemoryStorage();
        private final CompletableFuture<Thread> held = new CompletableFuture<>();
        private volatile @Nullable CountDownLatch hold;
        private final Queue<Runnable> asked = new ArrayDeque<>();
        private boolean isBusy;
        private int timesHere;

        @Override
        public synchronized void write(Batch batch, Consumer<Done> done) {
            asked.add(() -> memory.write(batch, done));
            if (!isBusy) {
                work();
            }
        }

        @Override
        public synchronized @Nullable Runnable writeHere(Batch batch, Consumer<Done> done) {
            timesHere++;
            CountDownLatch latch = hold;
            hold = null;
            if (latch == null) {
                write(batch, done);
                return null;
            }
            asked.add(() -> memory.write(batch, done));
            isBusy = true;
            return () -> {
                held.complete(Thread.currentThread());
                await(latch);
                long begunNanos = System.nanoTime();
                while (System.nanoTime() - begunNanos < LONG_NANOS) {
                    Thread.onSpinWait();
                }
                work();
            };
        }

        synchronized int timesHere() {
            return timesHere;
        }

        private synchronized void work() {
            for (Runnable next = asked.poll(); next != null; next = asked.poll()) {
                next.run();
            }
            isBusy = false;
        }

        @Override
        public Recovered open() throws IOException {
            return memory.open();
        }

        @Override
        public void saveIdentity(Identity identity, Consumer<Done> done) {
            memory.saveIdentity(identity, done);
        }

        @Override
        public void saveSnapshot(SnapshotImage image, SnapshotWriter content, Consumer<SnapshotDone> done) {
            memory.saveSnapshot(image, content, done);
        }

        @Override
        public void readSnapshot(long index, long offset, int bytesMax, Consumer<Piece> done) {
            memory.readSnapshot(index, offset, bytesMax, done);
        }

        @Override
        public void receiveSnapshot(SnapshotImage image, long offset, Bytes piece, Consumer<Received> done) {
            memory.receiveSnapshot(image, offset, piece, done);
        }

        @Override
        public void installSnapshot(long index, boolean keepSuffix, Consumer<Done> done) {
            memory.installSnapshot(index, keepSuffix, done);
        }

        @Override
        public void compact(long throughIndex) {
            memory.compact(throughIndex);
        }

        @Override
        public void close() {
            memory.close();
        }
    }

    /** Takes turns, once it has brought what it brings. */
    private static final class Taker extends Thread implements TurnTaker {
        private final Runnable errand;
        private final Queue<Runnable> promised = new ArrayDeque<>();

        Taker(Runnable errand) {
            super(errand, "taker");
            this.errand = errand;
        }

        @Override
        public boolean takeTurn(Runnable turn) {
            return promised.add(turn);
        }

        @Override
        public void run() {
            errand.run();
            for (Runnable turn = promised.poll(); turn != null; turn = promised.poll()) {
                turn.run();
            }
        }
    }

    @Test
    void whileTheLoopIsAtTheDiskWhoeverBringsSomethingTakesTheTurn() throws Exception {
        HeldStorage storage = new HeldStorage();
        Map<Thread, Integer> mostAtOnce = new ConcurrentHashMap<>();
        MetricsListener metrics = new MetricsListener() {
            @Override
            public void turned(int inputs, long nanos) {
                mostAtOnce.merge(Thread.currentThread(), inputs, Math::max);
            }
        };
        try (Member member = Member.builder(MemberId.of(1), Ensemble.parse("1=localhost:7100"))
                        .storage(storage)
                        .metrics(metrics)
                        .start();
                Session session = member.openSession(Duration.ofSeconds(10))) {
            AsyncSession async = session.async();
            session.create(A, Bytes.EMPTY, CreateMode.PERSISTENT);
            CountDownLatch hold = new CountDownLatch(1);
            storage.hold = hold;
            CompletableFuture<?> first = async.setData(A, Bytes.utf8("1")).toCompletableFuture();
            Thread loop = storage.held.get(10, SECONDS);

            List<CompletableFuture<?>> more = new ArrayList<>();
            Taker taker = new Taker(() -> {
                for (int i = 2; i <= 4; i++) {
                    more.add(async.setData(A, Bytes.utf8(Integer.toString(i))).toCompletableFuture());
                }
            });
            try {
                taker.start();
                taker.join();
                assertThat(mostAtOnce).containsKey(loop).containsEntry(taker, 3);
                assertThat(first).isNotDone();
            } finally {
                hold.countDown();
            }
            first.get(10, SECONDS);
            for (CompletableFuture<?> write : more) {
                write.get(10, SECONDS);
            }
            int timesHere = storage.timesHere();
            for (int i = 5; i <= 20; i++) {
                session.setData(A, Bytes.utf8("4"));
            }
            assertThat(storage.timesHere()).as("after a long write the storage's own thread is to write").isEqualTo(timesHere);
            assertThat(session.getData(A).text()).isEqualTo("4");
            assertThat(session.getData(A).stat().version()).isEqualTo(20);
        }
    }

    @Test
    void aDiskThatHangsKeepsNobodyFromBeingTold() throws Exception {
        HeldStorage storage = new HeldStorage();
        CountDownLatch hold = new CountDownLatch(1);
        try (Member member = Member.builder(MemberId.of(1), Ensemble.parse("1=localhost:7100"))
                        .storage(storage)
                        .config(MemberConfig.DEFAULT.withRequestTimeout(Duration.ofMillis(500)))
                        .start();
                Session session = member.openSession(Duration.ofSeconds(10))) {
            session.create(A, Bytes.EMPTY, CreateMode.PERSISTENT);
            storage.hold = hold;
            try {
                assertThatThrownBy(() -> session.setData(A, Bytes.utf8("1"))).isInstanceOf(OutcomeUnknownException.class);
            } finally {
                hold.countDown();
            }
        }
    }

    @Test
    void aTurnThatFailsIsTheLastThoughMoreIsBrought() throws Exception {
        HeldStorage storage = new HeldStorage();
        CompletableFuture<SessionPort> port = new CompletableFuture<>();
        AtomicBoolean fails = new AtomicBoolean();
        MetricsListener metrics = new MetricsListener() {
            @Override
            public void turned(int inputs, long nanos) {
                if (fails.get()) {
                    port.join().digests();
                    throw new IllegalStateException("as if");
                }
            }
        };
        CountDownLatch hold = new CountDownLatch(1);
        try (Member member = Member.builder(MemberId.of(1), Ensemble.parse("1=localhost:7100"))
                        .storage(storage)
                        .metrics(metrics)
                        .frontEnd(MemberTest.taking(port))
                        .start();
                Session session = member.openSession(Duration.ofSeconds(10))) {
            session.create(A, Bytes.EMPTY, CreateMode.PERSISTENT);
            storage.hold = hold;
            session.async().setData(A, Bytes.utf8("1"));
            storage.held.get(10, SECONDS);
            fails.set(true);

            Taker taker = new Taker(() -> session.async().setData(A, Bytes.utf8("2")));
            taker.setDaemon(true);
            try {
                taker.start();
                taker.join(SECONDS.toMillis(10));
                assertThat(taker.isAlive()).as("it takes turns of a member that has failed").isFalse();
            } finally {
                hold.countDown();
            }
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
