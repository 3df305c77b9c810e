package io.coord.netty.zkclient;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.netty.jute.Request;
import io.coord.session.ListenerTable;
import io.coord.session.ListenerTable.Kind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("zk.W9 watches are set again")
class WatchBatchesTest {

    private final ListenerTable listeners = new ListenerTable();

    @Test
    void notAtAllWhereThereAreNone() {
        assertThat(batches(1_000)).isEmpty();
    }

    @Test
    void withTheOlderRequestWhereNoneStays() {
        listen("/a", Kind.DATA);
        listen("/b", Kind.EXIST);
        listen("/c", Kind.CHILD);

        assertThat(batches(1_000)).containsExactly(new Request.SetWatches(7, List.of("/root/a"), List.of("/root/b"), List.of("/root/c"), null));
    }

    @Test
    void withTheNewerRequestWhereSomeStay() {
        listen("/a", Kind.PERSISTENT);
        listen("/b", Kind.RECURSIVE);

        assertThat(batches(1_000))
                .containsExactly(new Request.SetWatches(
                        7, List.of(), List.of(), List.of(), new Request.SetWatches.Lasting(List.of("/root/a"), List.of("/root/b"))));
    }

    @Test
    void inRequestsOfABoundedSizeThatHoldEachPathOnce() {
        for (int i = 0; i < 100; i++) {
            listen("/path" + i, Kind.DATA);
        }
        List<Request.SetWatches> batches = batches(200);

        List<String> paths = new ArrayList<>();
        for (Request.SetWatches batch : batches) {
            assertThat(batch.data().stream().mapToInt(path -> 4 + path.length()).sum()).isLessThanOrEqualTo(200);
            paths.addAll(batch.data());
        }
        assertThat(batches).hasSizeGreaterThan(5);
        assertThat(paths).hasSize(100).doesNotHaveDuplicates();
    }

    @Test
    void evenWhereOnePathAloneIsLargerThanABatch() {
        listen("/" + "x".repeat(500), Kind.DATA);
        listen("/a", Kind.DATA);

        assertThat(batches(200)).hasSize(2);
    }

    private void listen(String path, Kind kind) {
        listeners.add(path, kind, event -> {});
    }

    private List<Request.SetWatches> batches(int bytesMax) {
        return new WatchBatches(bytesMax, path -> "/root" + path).of(listeners, 7);
    }
}
