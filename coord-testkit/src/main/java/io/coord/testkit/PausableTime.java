package io.coord.testkit;

import io.coord.runtime.TimeSource;

/** The machine's clocks, for a member that can be stopped in its tracks: its loop asks for the wall clock once a turn, and waits here. */
final class PausableTime implements TimeSource {

    private final TimeSource system = TimeSource.system();
    private boolean paused;

    @Override
    public long nanos() {
        return system.nanos();
    }

    @Override
    public long wallMillis() {
        awaitResumption();
        return system.wallMillis();
    }

    private synchronized void awaitResumption() {
        boolean interrupted = false;
        while (paused) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    synchronized boolean isPaused() {
        return paused;
    }

    synchronized void pause() {
        paused = true;
    }

    synchronized void resume() {
        paused = false;
        notifyAll();
    }
}
