package io.coord.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Ensemble;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.member.DiskTask;
import io.coord.member.Effects;
import io.coord.member.Ensembles;
import io.coord.member.Input;
import io.coord.member.MemberCore;
import io.coord.member.MemberEvent;
import io.coord.member.MemberSetup;
import io.coord.member.MemberView;
import io.coord.member.PeerFrame;
import io.coord.member.RecoveredMember;
import io.coord.raft.RaftConfig;
import io.coord.state.Settings;
import io.coord.wire.WireCommandCodec;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A loop that fails or is stopped: nobody waits for it. */
@Timeout(30)
class MemberLoopTest {

    private static final MemberId ONE = MemberId.of(1);
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

    private final CompletableFuture<Boolean> served = new CompletableFuture<>();
    private final CompletableFuture<Boolean> snapshotBegun = new CompletableFuture<>();
    private final MemberLoop loop = new MemberLoop(ONE, core(), TimeSource.system(), new QuickHands(), MemberConfig.DEFAULT);

    private static MemberCore core() {
        Ensemble alone = Ensemble.parse("1=localhost:7100");
        MemberSetup setup = new MemberSetup(
                ONE, alone.toString(), Ensembles.founding(alone), RaftConfig.DEFAULT, new Settings(false, false, false, 0),
                500, 60_000, 100_000, 1 << 20, 1_000_000_000L, 0, new WireCommandCodec(), 1);
        return new MemberCore(setup, RecoveredMember.fresh(), System.nanoTime(), System.currentTimeMillis());
    }

    /** Forgets what it is to store, and says at once that it has stored it; a snapshot it never gets done with. */
    private final class QuickHands implements MemberLoop.Hands {
        @Override
        public void send(List<PeerFrame> messages) {}

        @Override
        public void store(Effects effects) {
            effects.writes().forEach(write -> loop.completed(new Input.Persisted(write.sequence())));
            for (DiskTask task : effects.tasks()) {
                if (task instanceof DiskTask.SaveIdentity) {
                    loop.completed(new Input.IdentitySaved());
                } else if (task instanceof DiskTask.SaveSnapshot) {
                    snapshotBegun.complete(true);
                }
            }
        }

        @Override
        public @Nullable Runnable storeHere(Effects effects) {
            store(effects);
            return null;
        }

        @Override
        public void happened(MemberEvent event, MemberView view) {}

        @Override
        public void answered(int requests) {}

        @Override
        public void turned(int inputs, long nanos) {
            if (loop.view().serving() && loop.view().appliedIndex() > 0) {
                served.complete(true);
            }
        }

        @Override
        public String standing() {
            return "quick";
        }

        @Override
        public void crashed(Throwable failure, MemberView view) {}
    }

    @AfterEach
    void stop() {
        loop.stop();
    }

    @Test
    void anOrderThatTheDiskIsAtIsAnsweredNoWhenTheLoopIsStopped() {
        Door.OrderCaller caller = new Door.OrderCaller(Runnable::run);
        loop.start();
        assertThat(served).succeedsWithin(TEN_SECONDS);
        assertThat(loop.order(new Input.TakeSnapshot(caller))).isTrue();
        assertThat(snapshotBegun).succeedsWithin(TEN_SECONDS);

        loop.stop();

        assertThat(caller.stage().toCompletableFuture()).isCompletedWithValue(false);
    }

    @Test
    void whoseLookFailsLearnsIt() {
        CompletionStage<Object> seen = loop.look(core -> {
            throw new OutOfMemoryError("as if");
        });
        loop.start();

        assertThat(seen.toCompletableFuture()).failsWithin(TEN_SECONDS)
                .withThrowableThat().withMessageContaining("member 1 has failed: java.lang.OutOfMemoryError: as if");
    }

    @Test
    @SuppressWarnings("NullAway") // what no peer sends, for the loop to fail at
    void anOrderThatCameInBehindWhatTheLoopFailedAtIsAnsweredNo() {
        loop.received(new Input.Received(null));
        Door.OrderCaller caller = new Door.OrderCaller(Runnable::run);
        assertThat(loop.order(new Input.TakeSnapshot(caller))).isTrue();
        loop.start();

        assertThat(caller.stage().toCompletableFuture()).succeedsWithin(TEN_SECONDS).isEqualTo(false);
    }
}
