package io.coord.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NamesTest {

    @Test
    void aNameTellsWhatItIsOf() {
        assertThat(Names.segment(0x1234)).isEqualTo("log-0000000000001234");
        assertThat(Names.segmentId("log-0000000000001234")).isEqualTo(0x1234);
        assertThat(Names.snapshot(0x1_0000_0001L, -1)).isEqualTo("snapshot-0000000100000001-ffffffffffffffff");
        assertThat(Names.snapshotIndex("snapshot-0000000100000001-ffffffffffffffff")).isEqualTo(0x1_0000_0001L);
        assertThat(Names.snapshotTerm("snapshot-0000000100000001-ffffffffffffffff")).isEqualTo(-1);
    }

    @Test
    void whatLooksLikeANameButIsNoneIsAStranger() {
        List<String> strangers = List.of(
                "log-123", "log-000000000000123G", "log-000000000000123g", "log-000000000000123/", "log-000000000000123:",
                "log-000000000000123`", "log-00000000000012340", "snapshot-0000000100000001",
                "snapshot-0000000100000001x0000000000000001", "version-2", "myid", "identity.bak");
        assertThat(Names.strangers(strangers)).isEqualTo(strangers);
        assertThat(Names.strangers(List.of(
                "lock", "owner", "identity", "control", "spare", "lost+found", ".nfs0001", "log-0000000000000001", "log-0123456789abcdef",
                "snapshot-0000000100000001-0000000000000001", "spare.tmp",
                "snapshot-0000000100000001-0000000000000001.received",
                "log-0000000000000001.damaged"))).isEmpty();
    }
}
