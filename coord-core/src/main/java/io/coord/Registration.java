package io.coord;

/** A listener's registration: closing it ends the calls; one already under way may still finish. Closing twice is harmless. */
public interface Registration extends AutoCloseable {
    /** Ends the registration. */
    @Override
    void close();
}
