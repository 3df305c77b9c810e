package io.coord.testkit.zookeeper;

import io.coord.AsyncSession;
import io.coord.OutcomeUnknownException;
import io.coord.Session;
import java.util.concurrent.CompletionStage;

/** A session that waits by parking the caller. */
record WaitingSession(ZooKeeperSession async) implements Session {

    @Override
    public <T> T await(CompletionStage<T> stage) {
        try {
            return ZooKeeperSession.await(stage);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OutcomeUnknownException("interrupted while waiting", e);
        }
    }

    @Override
    public <T> T awaitInterruptibly(CompletionStage<T> stage) throws InterruptedException {
        return ZooKeeperSession.await(stage);
    }

    @Override
    public void close() {
        await(((AsyncSession) async).closeAsync());
    }
}
