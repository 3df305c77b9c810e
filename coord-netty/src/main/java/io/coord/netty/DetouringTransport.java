package io.coord.netty;

import io.coord.MemberId;
import io.coord.ensemble.spi.Transport;
import java.util.Map;

/** A transport that reaches some members at other addresses than the ensemble's: where a tunnel or a proxy is on the way. */
final class DetouringTransport implements Transport {

    private final Transport transport;
    private final Map<MemberId, String> detours;

    DetouringTransport(Transport transport, Map<MemberId, String> detours) {
        this.transport = transport;
        this.detours = Map.copyOf(detours);
    }

    @Override
    public void start(MemberId self, Receiver receiver) {
        transport.start(self, receiver);
    }

    @Override
    public void identify(long clusterId, long incarnation) {
        transport.identify(clusterId, incarnation);
    }

    @Override
    public void locate(MemberId peer, String address) {
        transport.locate(peer, detours.getOrDefault(peer, address));
    }

    @Override
    public void send(MemberId to, Frame frame) {
        transport.send(to, frame);
    }

    @Override
    public void close() {
        transport.close();
    }
}
