package io.coord.testkit.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Session;
import io.coord.SessionEndedException;
import io.coord.UnavailableException;
import io.coord.recipes.DistributedLock;
import io.coord.recipes.DistributedLock.Hold;
import io.coord.testkit.CoordContract.Capability;
import io.coord.testkit.recipes.Unlucky.Fate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link DistributedLock} claims. */
abstract class DistributedLockContract extends RecipesContract {

    private static final NodePath LOCK = NodePath.of("/locks/report");

    private static DistributedLock lock(Session session) {
        return DistributedLock.at(session, LOCK);
    }

    @Test
    void oneHoldsItAndTheNextGetsItWithAGreaterTokenWhenItIsReleased() throws InterruptedException {
        Session one = open();
        Session two = open();
        Hold first = lock(one).acquire();
        DistributedLock.Request second = lock(two).request();
        two.await(second.queued());
        assertThat(first.isHeld()).isTrue();
        assertThat(second.granted().toCompletableFuture()).isNotDone();
        assertThat(one.getData(first.path()).stat().czxid()).isEqualTo(first.fencingToken());

        first.release();

        assertThat(first.isHeld()).isFalse();
        Hold next = two.await(second.granted());
        assertThat(next.isHeld()).isTrue();
        assertThat(next.fencingToken()).isGreaterThan(first.fencingToken());
        next.close();
        assertThat(children(two, LOCK)).isEmpty();
    }

    @Test
    void itIsGrantedInTheOrderOfAskingAlsoWithinOneSession() throws InterruptedException {
        Session one = open();
        Session two = open();
        Hold hold = lock(one).acquire();
        List<CompletionStage<Hold>> waiting = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            DistributedLock.Request request = lock(i % 2 == 0 ? one : two).request();
            one.await(request.queued());
            waiting.add(request.granted());
        }
        for (int i = 0; i < 6; i++) {
            assertThat(waiting.stream().filter(each -> each.toCompletableFuture().isDone())).as("granted early").hasSize(i);
            long token = hold.fencingToken();
            hold.release();
            hold = one.await(waiting.get(i));
            assertThat(hold.fencingToken()).isGreaterThan(token);
        }
    }

    @Test
    void aFreeLockIsTakenWithoutWaitingAndATakenOneLeavesNoTrace() throws InterruptedException {
        Session one = open();
        Session two = open();
        Optional<Hold> first = lock(one).tryAcquire();
        assertThat(first).isPresent();
        assertThat(lock(two).tryAcquire()).isEmpty();
        assertThat(lock(two).tryAcquire(Duration.ofMillis(1))).isEmpty();
        assertThat(two.getEphemerals()).isEmpty();
        assertThat(children(one, LOCK)).containsExactly(first.get().path().name());
        first.get().release();
        assertThat(lock(two).tryAcquire()).isPresent();
    }

    @Test
    void whoeverLearnsThatItIsInTheQueueCanTellWhetherItHasTheLock() {
        Session session = open();
        for (int i = 0; i < 20; i++) {
            DistributedLock.Request request = lock(session).request();
            boolean known = session.await(
                    request.queued().thenApply(queued -> queued.granted().toCompletableFuture().isDone()));
            assertThat(known).as("round %s", i).isTrue();
            session.await(request.cancel().thenApply(cancelled -> true));
        }
    }

    @Test
    void aBoundedWaitIsGrantedInTime() throws Exception {
        needsThreads();
        Hold first = lock(open()).acquire();
        Session two = open();
        FutureTask<Optional<Hold>> waiting = new FutureTask<>(() -> lock(two).tryAcquire(Duration.ofSeconds(30)));
        Thread waiter = new Thread(waiting);
        waiter.start();
        first.release();
        assertThat(waiting.get()).isPresent();
        waiter.join();
    }

    @Test
    void whoGivesUpIsPassedOver() throws InterruptedException {
        Session one = open();
        Hold first = lock(one).acquire();
        DistributedLock.Request second = lock(open()).request();
        DistributedLock.Request third = lock(one).request();
        one.await(second.queued());
        one.await(third.queued());

        second.cancel();
        second.cancel();

        assertThatThrownBy(() -> one.await(second.granted()))
                .isInstanceOf(CancellationException.class)
                .hasMessage("COORD-1042 the request for the lock at /locks/report was given up");
        first.release();
        assertThat(one.await(third.granted()).isHeld()).isTrue();
    }

    @Test
    void aRequestCancelledAfterItWasGrantedGivesTheLockBack() throws InterruptedException {
        Session one = open();
        DistributedLock.Request first = lock(one).request();
        Hold hold = one.await(first.granted());
        first.cancel();
        assertThat(lock(open()).acquire().fencingToken()).isGreaterThan(hold.fencingToken());
        assertThat(hold.isHeld()).isFalse();
    }

    @Test
    void anInterruptGivesThePlaceBack() throws Exception {
        needsThreads();
        Session one = open();
        Hold first = lock(one).acquire();
        Session two = open();
        FutureTask<Throwable> waiting = new FutureTask<>(() -> catchThrowable(() -> lock(two).acquire()));
        Thread waiter = new Thread(waiting);
        waiter.start();
        waiter.interrupt();
        assertThat(waiting.get()).isInstanceOf(InterruptedException.class);
        waiter.join();
        Optional<Hold> none = lock(two).tryAcquire(); // behind all that the interrupted one asked for
        assertThat(none).isEmpty();
        first.release();
        assertThat(lock(two).tryAcquire(Duration.ofSeconds(10))).isPresent();
        assertThat(children(one, LOCK)).hasSize(1);
    }

    @Test
    void itIsFreeWhenItsSessionExpires() throws InterruptedException {
        doorThatCan(Capability.EXPIRE);
        Session one = open();
        Session two = open();
        Hold first = lock(one).acquire();
        DistributedLock.Request waiting = lock(one).request();
        Heard<String> heard = new Heard<>(two);
        first.onLost(() -> heard.accept("lost"));

        door().expire(one);

        Hold next = lock(two).acquire();
        assertThat(next.fencingToken()).isGreaterThan(first.fencingToken());
        assertThat(heard.next()).isEqualTo("lost");
        assertThat(first.isHeld()).isFalse();
        assertThatThrownBy(() -> two.await(waiting.granted())).isInstanceOf(SessionEndedException.class);
        first.release();
    }

    @Test
    void whileTheSessionIsSuspendedItIsNotHeldAndAfterwardsItIsAgain() throws InterruptedException {
        doorThatCan(Capability.AWAY);
        Session one = open();
        Hold hold = lock(one).acquire();
        Heard<String> heard = new Heard<>(open());
        hold.onLost(() -> heard.accept("lost"));
        door().whileAway(one, () -> {
            assertThat(hold.isHeld()).isFalse();
            assertThat(heard.next()).isEqualTo("lost");
        });
        assertThat(lock(one).tryAcquire()).as("the lock is taken still").isEmpty();
        assertThat(hold.isHeld()).isTrue();
    }

    @Test
    void aHoldReleasedWhileTheSessionIsSuspendedIsReleasedWhenItIsBack() throws InterruptedException {
        doorThatCan(Capability.AWAY);
        Session one = open();
        Hold hold = lock(one).acquire();
        door().whileAway(one, hold::release);
        assertThat(hold.isHeld()).isFalse();
        assertThat(lock(open()).acquire().isHeld()).isTrue();
    }

    /** A hold of the one, whose node the other has deleted, and which has told of its loss. */
    private Hold lost(Session one, Session two) throws InterruptedException {
        Hold hold = lock(one).acquire();
        Heard<String> heard = new Heard<>(two);
        hold.onLost(() -> heard.accept("lost"));
        two.delete(hold.path());
        assertThat(heard.next()).isEqualTo("lost");
        return hold;
    }

    @Test
    void aHoldWhoseNodeSomebodyDeletesIsLostForGood() throws InterruptedException {
        Session one = open();
        Session two = open();
        Hold first = lost(one, two);
        assertThat(first.isHeld()).isFalse();
        assertThat(lock(two).acquire().isHeld()).isTrue();
        first.release();
        assertThat(first.isHeld()).isFalse();
    }

    /** Nobody can listen before the lock is granted; a loss right behind it would never be told. */
    @Test
    void whoeverListensWhenTheHoldIsLostAlreadyIsTold() throws InterruptedException {
        Session one = open();
        Session two = open();
        Hold first = lost(one, two);
        Heard<String> late = new Heard<>(two);
        first.onLost(() -> late.accept("lost"));
        one.await(CompletableFuture.runAsync(() -> {}, one.async().callbackExecutor()).thenApply(done -> true));
        one.sync(LOCK);
        assertThat(late.rest()).containsExactly("lost");

        Hold released = lock(one).acquire();
        released.release();
        released.onLost(() -> late.accept("released"));
        one.sync(LOCK);
        assertThat(late.rest()).containsExactly("lost");
    }

    @Test
    void aWaiterWhoseNodeSomebodyDeletesQueuesUpAgain() throws InterruptedException {
        Session one = open();
        Hold first = lock(one).acquire();
        Session two = open();
        DistributedLock.Request second = lock(two).request();
        two.await(second.queued());
        String node = children(one, LOCK).stream()
                .filter(name -> !name.equals(first.path().name()))
                .findFirst()
                .orElseThrow();
        one.delete(LOCK.child(node));
        first.release();
        assertThat(two.await(second.granted()).path().name()).isNotEqualTo(node);
    }

    @Test
    void releasingTwiceIsHarmlessAndDoesNotReleaseTheNextHold() throws InterruptedException {
        Session one = open();
        Hold first = lock(one).acquire();
        first.release();
        Hold second = lock(one).acquire();
        first.release();
        first.close();
        assertThat(second.isHeld()).isTrue();
        assertThat(lock(open()).tryAcquire()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(value = Fate.class, names = "REFUSED", mode = EnumSource.Mode.EXCLUDE)
    void aCreationWithAnUnknownOutcomeLeavesOneNode(Fate fate) throws InterruptedException {
        Session session = open();
        lock(session).acquire().release();
        Unlucky line = new Unlucky(session).next(Operation.Create.class, fate);
        Hold hold = lock(line.session()).acquire();
        assertThat(children(session, LOCK)).containsExactly(hold.path().name());
        hold.release();
        assertThat(children(session, LOCK)).isEmpty();
    }

    @Test
    void whoCannotQueueUpIsToldSo() {
        Session session = open();
        Unlucky line = new Unlucky(session).next(Operation.Create.class, Fate.REFUSED);
        assertThatThrownBy(() -> lock(line.session()).acquire()).isInstanceOf(UnavailableException.class);
        assertThat(session.getEphemerals()).isEmpty();
    }

    @Test
    void whatOneReadsAndWritesUnderTheLockNobodyElseTouches() throws Exception {
        needsThreads();
        NodePath counter = NodePath.of("/counter");
        create(open(), counter, "0");
        List<FutureTask<List<Long>>> workers = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Session session = open();
            FutureTask<List<Long>> worker = new FutureTask<>(() -> count(session, counter, 15));
            workers.add(worker);
            threads.add(new Thread(worker));
        }
        threads.forEach(Thread::start);
        List<Long> tokens = new ArrayList<>();
        for (FutureTask<List<Long>> worker : workers) {
            assertThat(worker.get()).isSorted();
            tokens.addAll(worker.get());
        }
        assertThat(tokens).hasSize(60).doesNotHaveDuplicates();
        assertThat(open().getData(counter).text()).isEqualTo("60");
    }

    /** Reads and writes apart, so that two at once would lose a count. */
    private static List<Long> count(Session session, NodePath counter, int times) throws InterruptedException {
        List<Long> tokens = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            try (Hold hold = lock(session).acquire()) {
                session.sync(counter);
                int value = Integer.parseInt(session.getData(counter).text());
                session.setData(counter, io.coord.Bytes.utf8(Integer.toString(value + 1)));
                tokens.add(hold.fencingToken());
            }
        }
        return tokens;
    }
}
