package io.coord.testkit.storage;

import static io.coord.testkit.storage.SmallStorage.ORIGIN;
import static io.coord.testkit.storage.SmallStorage.entries;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage.Recovered;
import io.coord.ensemble.spi.Storage.StoredEntry;
import io.coord.ensemble.spi.Storage.Vote;
import io.coord.testkit.sim.SimDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A storage with a bit of everything, always the same: several segments, a replaced suffix, two snapshots, compacted log. What it
 * holds is known in full.
 */
final class Specimen {

    static final Vote VOTE = new Vote(4, 2, 9);
    static final int OLDER = 12;
    static final int NEWEST = 30;

    private Specimen() {}

    /** The whole log, from the origin on. */
    static List<StoredEntry> log() {
        List<StoredEntry> log = new ArrayList<>(entries(1, 33, 1));
        log.addAll(entries(34, 41, 3));
        log.addAll(entries(42, 49, 4));
        return log;
    }

    /** Writes it to an empty disk, and stops in good order, or just stops. */
    static SimDisk written(boolean isClosed) throws IOException {
        SimDisk disk = new SimDisk(1);
        SmallStorage storage = SmallStorage.begun(disk);
        storage.vote(1, 1);
        for (int at = 1; at < 40; at += 4) {
            storage.write(entries(at, at + 3, 1));
        }
        storage.snapshot(5, 1);
        storage.snapshot(OLDER, 1);
        storage.vote(3, 0);
        storage.write(entries(34, 41, 3));
        storage.snapshot(NEWEST, 1);
        storage.compact(NEWEST);
        storage.write(VOTE, entries(42, 45, 4));
        storage.write(entries(46, 49, 4));
        if (isClosed) {
            storage.close();
        }
        disk.kill();
        return disk;
    }

    /** Checks that nothing is missing: if the newest snapshot is passed over, the log must make up for it. */
    static void check(Recovered found) {
        assertThat(found.identity()).isEqualTo(SmallStorage.IDENTITY);
        if (found.suspect() == null) {
            assertThat(found.vote()).isEqualTo(VOTE);
        }
        int index = found.snapshot() == null ? 0 : (int) (found.snapshot().index() - ORIGIN);
        assertThat(index).isIn(0, OLDER, NEWEST);
        List<Bytes> records = new ArrayList<>();
        found.snapshotRecords().forEach(records::add);
        assertThat(records).isEqualTo(index == 0 ? List.of() : SmallStorage.records(index));
        assertThat(found.entries()).isEqualTo(log().subList(index, log().size()));
    }
}
