package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.ensemble.spi.Storage.Done;
import io.coord.ensemble.spi.Storage.Recovered;
import io.coord.ensemble.spi.Storage.SnapshotDone;
import io.coord.ensemble.spi.Storage.StoredEntry;
import io.coord.ensemble.spi.Storage.Vote;
import io.coord.testkit.sim.SimDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One run, and each of its calls to the disk failing once: what was reported is there, whichever it was. */
class EveryCallTest {

    private enum Fault {
        POWER_CUT,
        FAILED_FORCE,
        FAILED_WRITE
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    @DisplayName("fault.D1, fault.D10, fault.D11, B57: each call to the disk fails once, and what was reported is there")
    void eachCallFailsOnce(Fault fault) throws IOException {
        SimDisk flawless = new SimDisk(0);
        new Reported().run(flawless);
        long calls = calls(flawless, fault);
        assertThat(calls).isGreaterThan(50);

        for (int call = 1; call <= calls; call++) {
            for (long seed = 0; seed < 3; seed++) {
                SimDisk disk = new SimDisk(seed);
                plan(disk, fault, call);
                Reported reported = new Reported();
                reported.run(disk);
                restart(disk, fault);

                reported.check(disk, fault + " at call " + call + " with seed " + seed);
            }
        }
    }

    private static long calls(SimDisk disk, Fault fault) {
        return switch (fault) {
            case POWER_CUT -> disk.calls();
            case FAILED_FORCE -> disk.forces();
            case FAILED_WRITE -> disk.writes();
        };
    }

    private static void plan(SimDisk disk, Fault fault, int call) {
        switch (fault) {
            case POWER_CUT -> disk.cutAtCall(call);
            case FAILED_FORCE -> disk.failForce(call);
            case FAILED_WRITE -> disk.failWrite(call);
        }
    }

    /** After a failure the process ends, and the power too. */
    private static void restart(SimDisk disk, Fault fault) throws IOException {
        disk.heal();
        if (fault != Fault.POWER_CUT) {
            disk.kill();
            SmallStorage between = new SmallStorage(disk);
            between.open();
            between.kill();
        }
        disk.crash();
    }

    /** A run, and what of it was reported as done. */
    private static final class Reported {
        private boolean hasIdentity;
        private @Nullable Vote vote;
        private final List<StoredEntry> entries = new ArrayList<>();
        private int snapshot;

        void run(SimDisk disk) {
            try {
                SmallStorage storage = new SmallStorage(disk);
                storage.open();
                hasIdentity = isForced(storage.identity(SmallStorage.IDENTITY));
                for (int round = 0; round < 6; round++) {
                    int first = 1 + round * 8;
                    write(storage, new Vote(round + 1, round, 9), SmallStorage.entries(first, first + 4, round + 1));
                    write(storage, null, SmallStorage.entries(first + 5, first + 7, round + 1));
                    if (round % 2 == 1) {
                        save(storage, first, round + 1);
                        storage.compact(first);
                    }
                }
                storage.kill();
            } catch (IOException e) {
                assertThat(e).hasMessageStartingWith("COORD-10");
            }
        }

        private static boolean isForced(Done done) {
            return done instanceof Done.Forced;
        }

        private void write(SmallStorage storage, @Nullable Vote newVote, List<StoredEntry> more) {
            if (isForced(storage.write(newVote, more))) {
                vote = newVote == null ? vote : newVote;
                entries.addAll(more);
            }
        }

        private void save(SmallStorage storage, int index, long term) {
            if (storage.snapshot(index, term) instanceof SnapshotDone.Saved) {
                snapshot = index;
            }
        }

        void check(SimDisk disk, String when) throws IOException {
            Recovered found = new SmallStorage(disk).open();
            assertThat(found.suspect()).as(when).isNull();
            if (hasIdentity) {
                assertThat(found.identity()).as(when).isEqualTo(SmallStorage.IDENTITY);
            }
            if (vote != null) {
                assertThat(found.vote().term()).as(when).isGreaterThanOrEqualTo(vote.term());
            }
            int from = found.snapshot() == null ? 0 : (int) (found.snapshot().index() - SmallStorage.ORIGIN);
            assertThat(from).as(when).isGreaterThanOrEqualTo(snapshot);
            List<StoredEntry> behind = entries.subList(Math.min(from, entries.size()), entries.size());
            assertThat(found.entries()).as(when).hasSizeGreaterThanOrEqualTo(behind.size());
            assertThat(found.entries().subList(0, behind.size())).as(when).isEqualTo(behind);
        }
    }
}
