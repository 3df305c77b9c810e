package io.coord.member;

import io.coord.MemberId;
import io.coord.raft.LogWrite;
import io.coord.raft.MemberKey;
import io.coord.state.StateRoot;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a turn has asked for so far, in order. */
final class Outbox {

    private List<PeerFrame> messages = new ArrayList<>();
    private List<LogWrite> writes = new ArrayList<>();
    private List<DiskTask> tasks = new ArrayList<>();
    private List<Delivery> deliveries = new ArrayList<>();
    private List<MemberEvent> events = new ArrayList<>();

    private MemberKey self;

    Outbox(MemberKey self) {
        this.self = self;
    }

    /** The member goes on under another key. */
    void renew(MemberKey key) {
        self = key;
    }

    void send(long clusterId, MemberKey to, PeerMessage message) {
        messages.add(new PeerFrame(clusterId, self, to.id(), to.incarnation(), message));
    }

    /** Sends to a member whose incarnation is not known. */
    void send(long clusterId, MemberId to, PeerMessage message) {
        messages.add(new PeerFrame(clusterId, self, to, 0, message));
    }

    void write(LogWrite write) {
        writes.add(write);
    }

    void task(DiskTask task) {
        tasks.add(task);
    }

    void deliver(Delivery delivery) {
        deliveries.add(delivery);
    }

    void event(MemberEvent event) {
        events.add(event);
    }

    Effects drain(@Nullable StateRoot root) {
        Effects effects = new Effects(messages, writes, tasks, deliveries, root, events);
        messages = fresh(messages);
        writes = fresh(writes);
        tasks = fresh(tasks);
        deliveries = fresh(deliveries);
        events = fresh(events);
        return effects;
    }

    /** A list for the next turn: what was handed out belongs to the receiver. */
    private static <T> List<T> fresh(List<T> used) {
        return used.isEmpty() ? used : new ArrayList<>();
    }
}
