package io.coord.runtime;

import io.coord.ensemble.spi.SessionPort;
import io.coord.ensemble.spi.SessionPort.Measured;
import io.coord.member.DiskTask;
import io.coord.member.Effects;
import io.coord.member.MemberEvent;
import io.coord.member.MemberView;
import io.coord.raft.Entry;
import io.coord.raft.LogWrite;
import io.coord.raft.Payload;
import io.coord.raft.RaftEvent;
import io.coord.raft.Role;
import java.util.OptionalLong;

/** What a member counts and times of itself for those who look after it: told by its own threads, read by any. */
final class Measures {

    private static final long NO_TERM = 0;

    private final TimeSource time;
    private final Sum forces = new Sum();
    private final Sum batches = new Sum();
    private final Sum snapshots = new Sum();
    private final Sum elections = new Sum();
    private final Sum outages = new Sum();
    private final Sum outagesEnded = new Sum();
    private final Measured.Summary loadNanos;
    private final Measured.Summary loaded;
    private long proposed;
    private long committed;
    private long received;
    private long followed;
    private long searches = 1;
    private long snapshotsFailed;
    private long lastBytes = -1;
    private long fewestBytes = -1;
    private long mostBytes = -1;
    private long ledTerm = NO_TERM;
    private long ledSinceNanos;
    private boolean isSearching = true;
    private long searchingSinceNanos;
    private long snapshotSinceNanos;
    private long commitIndex;

    /**
     * Begins to count.
     *
     * @param view how the member stood when it had read its disk
     * @param loadNanos how long it took to read
     * @param entries how many entries were read
     */
    Measures(TimeSource time, MemberView view, long loadNanos, long entries) {
        this.time = time;
        this.loadNanos = new Measured.Summary(1, loadNanos, loadNanos, loadNanos);
        this.loaded = new Measured.Summary(1, entries, entries, entries);
        this.searchingSinceNanos = time.nanos();
        this.commitIndex = view.commitIndex();
    }

    /** The disk is asked for something. */
    synchronized void stores(Effects effects) {
        for (LogWrite write : effects.writes()) {
            write.entries().forEach(this::appended);
        }
        for (DiskTask task : effects.tasks()) {
            if (task instanceof DiskTask.SaveSnapshot) {
                snapshotSinceNanos = time.nanos();
            }
        }
    }

    /** What a leader appends in its own term it proposes; the mark of its beginning is no proposal. */
    private void appended(Entry entry) {
        if (entry.term() != ledTerm) {
            received++;
        } else if (!(entry.payload() instanceof Payload.NoOp)) {
            proposed++;
            lastBytes = entry.payload().sizeBytes();
            fewestBytes = fewestBytes < 0 ? lastBytes : Math.min(fewestBytes, lastBytes);
            mostBytes = Math.max(mostBytes, lastBytes);
        }
    }

    /** A write of so many entries has reached the disk. */
    void forced(int entries, long nanos) {
        forces.add(nanos);
        if (entries > 0) {
            batches.add(entries);
        }
    }

    /** A turn is over. */
    synchronized void turned(MemberView view) {
        long more = view.commitIndex() - commitIndex;
        if (more > 0) {
            committed += ledTerm == NO_TERM ? 0 : more;
            followed += ledTerm == NO_TERM ? more : 0;
            commitIndex = view.commitIndex();
        }
    }

    /** Something happened. */
    synchronized void happened(MemberEvent event) {
        if (event instanceof MemberEvent.Consensus consensus) {
            if (consensus.event() instanceof RaftEvent.RoleChanged changed) {
                roleChanged(changed);
            } else if (consensus.event() instanceof RaftEvent.LeadershipEstablished) {
                long nanos = time.nanos() - searchingSinceNanos;
                outages.add(nanos);
                outagesEnded.add(nanos);
            }
        } else if (event instanceof MemberEvent.SnapshotSaved) {
            snapshots.add(time.nanos() - snapshotSinceNanos);
        } else if (event instanceof MemberEvent.SnapshotFailed) {
            snapshotsFailed++;
        } else if (event instanceof MemberEvent.SnapshotInstalled installed) {
            commitIndex = Math.max(commitIndex, installed.index());
        }
    }

    private void roleChanged(RaftEvent.RoleChanged changed) {
        long nowNanos = time.nanos();
        boolean leads = changed.role() == Role.LEADER;
        if (leads && ledTerm != changed.term()) {
            ledTerm = changed.term();
            ledSinceNanos = nowNanos;
            lastBytes = -1;
            fewestBytes = -1;
            mostBytes = -1;
        } else if (!leads) {
            ledTerm = NO_TERM;
        }
        boolean isLed = leads || changed.leader() != null;
        if (isLed && isSearching) {
            elections.add(nowNanos - searchingSinceNanos);
            if (!leads) {
                outages.add(nowNanos - searchingSinceNanos);
            }
        } else if (!isLed && !isSearching) {
            searches++;
            searchingSinceNanos = nowNanos;
        }
        isSearching = !isLed;
    }

    /** All of it. */
    synchronized SessionPort.Measured read(int pendingReads) {
        return new Measured(
                ledTerm == NO_TERM ? OptionalLong.empty() : OptionalLong.of(time.nanos() - ledSinceNanos),
                pendingReads,
                lastBytes,
                fewestBytes,
                mostBytes,
                proposed,
                committed,
                received,
                followed,
                searches,
                snapshotsFailed,
                forces.read(),
                batches.read(),
                snapshots.read(),
                elections.read(),
                outages.read(),
                outagesEnded.read(),
                loadNanos,
                loaded);
    }

    /** How many there were, how much together, and how much the least and the most. */
    private static final class Sum {
        private long count;
        private long sum;
        private long least;
        private long most;

        synchronized void add(long value) {
            least = count == 0 ? value : Math.min(least, value);
            most = Math.max(most, value);
            sum += value;
            count++;
        }

        synchronized Measured.Summary read() {
            return new Measured.Summary(count, sum, least, most);
        }
    }
}
