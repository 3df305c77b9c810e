package io.coord.testkit.zookeeper;

import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.function.Supplier;
import org.apache.zookeeper.client.HostProvider;

/** The one server's address, withheld while the gate is shut: a client that lost its connection waits there. */
final class GatedHosts implements HostProvider {

    private final Supplier<InetSocketAddress> address;
    private boolean shut;

    GatedHosts(Supplier<InetSocketAddress> address) {
        this.address = address;
    }

    synchronized void shut() {
        shut = true;
    }

    synchronized void open() {
        shut = false;
        notifyAll();
    }

    @Override
    public int size() {
        return 1;
    }

    @Override
    public synchronized InetSocketAddress next(long spinDelay) {
        while (shut) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return address.get();
    }

    @Override
    public void onConnected() {}

    @Override
    public boolean updateServerList(Collection<InetSocketAddress> addresses, InetSocketAddress currentHost) {
        return false;
    }
}
