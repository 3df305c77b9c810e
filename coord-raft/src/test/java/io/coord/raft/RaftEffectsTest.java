package io.coord.raft;

import static io.coord.raft.Cluster.key;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RaftEffectsTest {

    @Test
    @DisplayName("there is nothing to do only where nothing of any kind is: who drains until then leaves nothing undone")
    void nothingToDo() {
        var message = new Envelope(key(1), key(2), new Message.TimeoutNow(1));
        var write = new LogWrite(1, new HardState(1, null), List.of());
        var committed = new Entry(Cluster.nth(1), 1, 0, 0, Payload.NoOp.NO_OP);
        var read = new RaftEffects.ReadResult(1, Cluster.nth(1));
        var task = new RaftEffects.SnapshotTask.ReadChunk(key(2), 0, 0);
        var event = new RaftEvent.ClockSetBack(1_001);
        assertThat(new RaftEffects(List.of(), List.of(), List.of(), List.of(), List.of(), List.of()).isEmpty()).isTrue();
        assertThat(List.of(
                        new RaftEffects(List.of(message), List.of(), List.of(), List.of(), List.of(), List.of()),
                        new RaftEffects(List.of(), List.of(write), List.of(), List.of(), List.of(), List.of()),
                        new RaftEffects(List.of(), List.of(), List.of(committed), List.of(), List.of(), List.of()),
                        new RaftEffects(List.of(), List.of(), List.of(), List.of(read), List.of(), List.of()),
                        new RaftEffects(List.of(), List.of(), List.of(), List.of(), List.of(task), List.of()),
                        new RaftEffects(List.of(), List.of(), List.of(), List.of(), List.of(), List.of(event))))
                .noneMatch(RaftEffects::isEmpty);
    }
}
