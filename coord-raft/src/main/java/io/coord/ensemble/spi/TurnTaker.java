package io.coord.ensemble.spi;

/**
 * A thread that brings requests and messages to a member, and can do the member's next turn itself: to wake another thread for it takes
 * longer than most turns do. To be implemented by the {@link Thread} itself, which a front end or a transport made; that is all that it
 * takes. A member asks it only while its own thread rests.
 */
public interface TurnTaker {

    /**
     * Runs a turn on this thread, soon, once it has brought what else it has at hand. Called on this very thread.
     *
     * @param turn does not wait, and does not throw
     * @return false if it cannot; nothing is run then
     */
    boolean takeTurn(Runnable turn);
}
