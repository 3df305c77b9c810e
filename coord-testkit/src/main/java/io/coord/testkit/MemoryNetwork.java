package io.coord.testkit;

import io.coord.MemberId;
import io.coord.ensemble.spi.Transport;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A network within this JVM. Frames are handed over as they are, on their sender's thread; one in sixteen passes as bytes all the same,
 * so that a message which does not survive that shows. It keeps order, loses what is sent to nobody and what would cross a cut, and has
 * no thread of its own.
 */
final class MemoryNetwork {

    private static final int CODED_EVERY = 16;

    private final Map<MemberId, Endpoint> endpoints = new ConcurrentHashMap<>();

    /** Which group each member is in; members of one group reach each other. Null while nothing is cut. */
    private volatile @Nullable Map<MemberId, Integer> groups;

    /** A member's way into this network. */
    Transport transport() {
        return new Endpoint();
    }

    /** Cuts the network in groups; who is in none is alone. */
    void partition(Collection<? extends Collection<MemberId>> parts) {
        Map<MemberId, Integer> cut = new TreeMap<>();
        int group = 1;
        for (Collection<MemberId> part : parts) {
            for (MemberId member : part) {
                if (cut.put(member, group) != null) {
                    throw new IllegalArgumentException("member " + member + " is on two sides of the partition " + parts);
                }
            }
            group++;
        }
        groups = cut;
    }

    void heal() {
        groups = null;
    }

    boolean isConnected(MemberId one, MemberId other) {
        Map<MemberId, Integer> cut = groups;
        if (cut == null || one.equals(other)) {
            return true;
        }
        Integer group = cut.get(one);
        return group != null && group.equals(cut.get(other));
    }

    private final class Endpoint implements Transport {

        private @Nullable MemberId self;
        private final AtomicLong taken = new AtomicLong();
        private @Nullable Receiver receiver;
        private volatile boolean closed;

        @Override
        public void start(MemberId self, Receiver receiver) {
            this.self = self;
            this.receiver = receiver;
            if (endpoints.putIfAbsent(self, this) != null) {
                throw new IllegalStateException("member " + self + " is in the network already");
            }
        }

        @Override
        public void locate(MemberId peer, String address) {
            // Members are found by their number.
        }

        @Override
        public void send(MemberId to, Frame frame) {
            MemberId from = self;
            Endpoint target = endpoints.get(to);
            if (from != null && target != null && !closed && isConnected(from, to)) {
                target.take(from, frame);
            }
        }

        private void take(MemberId from, Frame frame) {
            Receiver receiver = this.receiver;
            if (receiver == null || closed) {
                return;
            }
            if (taken.incrementAndGet() % CODED_EVERY == 0) {
                receiver.received(from, frame.bytes());
            } else {
                receiver.receivedHere(from, frame);
            }
        }

        /** Whoever could talk to this member notices at once, as by a connection that breaks. */
        @Override
        public void close() {
            MemberId gone = self;
            if (closed || gone == null) {
                return;
            }
            closed = true;
            endpoints.remove(gone, this);
            List<Endpoint> others = new ArrayList<>(endpoints.values());
            for (Endpoint other : others) {
                other.lost(gone);
            }
        }

        private void lost(MemberId peer) {
            Receiver receiver = this.receiver;
            MemberId own = self;
            if (receiver != null && own != null && !closed && isConnected(own, peer)) {
                receiver.lost(peer);
            }
        }
    }
}
