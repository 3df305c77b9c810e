package io.coord.testkit.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports that must be known before their owner binds them. They are taken from below the range in which the kernel chooses, so that no
 * connection of anybody's is given one between now and then, also while the owner is restarted.
 */
final class Ports {

    private static final int LEAST = 12_000;
    private static final int MOST = 31_000;

    private final Set<Integer> taken = new HashSet<>();

    /** One that is free now, and was not given before. */
    int free() {
        for (int attempt = 0; attempt < 1_000; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(LEAST, MOST);
            if (taken.contains(port)) {
                continue;
            }
            try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                taken.add(probe.getLocalPort());
                return port;
            } catch (IOException e) {
                taken.add(port); // somebody else's
            }
        }
        throw new AssertionError("no free port from " + LEAST + " to " + MOST);
    }
}
