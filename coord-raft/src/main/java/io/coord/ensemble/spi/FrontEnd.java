package io.coord.ensemble.spi;

/** A door through which clients come to a member: a server of some protocol. Opened once, when the member runs. */
public interface FrontEnd extends AutoCloseable {

    /**
     * Begins to let clients in; returns when they can come.
     *
     * @param port what may be asked of the member
     * @throws RuntimeException if it cannot, with what was found and what to do; the member is closed then
     */
    void open(SessionPort port);

    /** Lets nobody in any more, parts from those inside, and leaves no thread or socket behind. */
    @Override
    void close();
}
