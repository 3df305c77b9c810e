package io.coord.testkit.process;

/** An ensemble of processes, of whichever make, whose leader can be killed. */
interface Mortal extends AutoCloseable {

    /** Every server's client address. */
    String connectString();

    /** Waits until one leads; returns its number. */
    int awaitLeader();

    /** kill -9; returns when it is gone. */
    void kill(int id) throws InterruptedException;

    /** Starts it again and waits until it serves. */
    void restart(int id) throws InterruptedException;

    /** SIGSTOP: it is connected as before, and nothing comes from it. */
    void freeze(int id) throws InterruptedException;

    /** SIGCONT. */
    void thaw(int id) throws InterruptedException;

    /** It hears nobody and nobody hears it, and none of them is told. */
    void isolate(int id) throws InterruptedException;

    /** Everybody is heard again. */
    void heal() throws InterruptedException;

    @Override
    void close();
}
