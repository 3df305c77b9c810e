package io.coord.runtime;

import java.util.List;

/** How what consists of parts is closed. */
public final class Closing {

    private Closing() {}

    /** Closes all of them, in this order, whichever fail; the first failure is thrown, with the others in it. */
    public static void all(List<Runnable> parts) {
        Throwable first = null;
        for (Runnable part : parts) {
            try {
                part.run();
            } catch (RuntimeException | Error e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first instanceof Error error) {
            throw error;
        }
        if (first != null) {
            throw (RuntimeException) first;
        }
    }
}
