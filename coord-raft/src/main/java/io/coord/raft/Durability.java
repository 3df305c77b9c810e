package io.coord.raft;

import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What of term, vote and log is on the disk, and what is on the way there.
 *
 * <p>Each change of term or vote makes a new <em>version</em> of the hard state; a message that reveals or implies one goes out when
 * that version is durable (inv.R8). An entry is durable when the write that carries it is reported <em>and</em> it was not
 * replaced meanwhile: a truncation takes what it drops out of the writes still under way, so that an old write can never vouch
 * for an entry that is to be written again (peer.B66, rule.20).
 */
final class Durability {

    /** A write on its way to the disk. */
    private static final class Outstanding {
        final long sequence;
        final long version;
        final long sinceNanos;
        /** The last of its entries still in the log; 0 if none is. */
        long lastIndex;

        Outstanding(long sequence, long version, long sinceNanos, long lastIndex) {
            this.sequence = sequence;
            this.version = version;
            this.sinceNanos = sinceNanos;
            this.lastIndex = lastIndex;
        }
    }

    private final ArrayDeque<Outstanding> outstanding = new ArrayDeque<>();
    private HardState hardState;
    private long version;
    private long termVersion;
    private long writtenVersion;
    private long durableVersion;
    private long durableIndex;
    /** The first index not yet part of any write. */
    private long unwrittenFrom;
    private long sequence;
    private boolean installing;
    private long heldBack;

    Durability(HardState hardState, long lastIndex) {
        this.hardState = hardState;
        durableIndex = lastIndex;
        unwrittenFrom = lastIndex + 1;
    }

    HardState hardState() {
        return hardState;
    }

    /** The last index of the log's prefix that is on the disk. */
    long durableIndex() {
        return durableIndex;
    }

    void enterTerm(long term) {
        if (term <= hardState.term()) {
            throw new IllegalStateException("term " + term + " does not follow term " + hardState.term());
        }
        hardState = new HardState(term, null);
        termVersion = ++version;
    }

    void voteFor(MemberKey candidate) {
        MemberKey before = hardState.vote();
        if (candidate.equals(before)) {
            return;
        }
        if (before != null) {
            throw new IllegalStateException(
                    "a vote for " + candidate + " in term " + hardState.term() + " would follow one for " + before);
        }
        hardState = new HardState(hardState.term(), candidate);
        version++;
    }

    /** The version that a message waits for if it reveals the term. */
    long termVersion() {
        return termVersion;
    }

    /** The version that a message waits for if it reveals the vote. */
    long voteVersion() {
        return version;
    }

    boolean isDurable(long hardStateVersion) {
        return hardStateVersion <= durableVersion;
    }

    /** The log loses its entries from an index on. */
    void truncateFrom(long index) {
        durableIndex = Math.min(durableIndex, index - 1);
        unwrittenFrom = Math.min(unwrittenFrom, index);
        for (Outstanding write : outstanding) {
            write.lastIndex = Math.min(write.lastIndex, index - 1);
        }
    }

    /** The log starts anew behind a snapshot; nothing counts as durable before {@link #installed}. */
    void installing(long index) {
        truncateFrom(0);
        durableIndex = index;
        unwrittenFrom = index + 1;
        installing = true;
    }

    boolean isInstalling() {
        return installing;
    }

    /** The snapshot under the log is on the disk, and with it what was reported meanwhile. */
    void installed() {
        installing = false;
        persisted(heldBack);
    }

    void persisted(long upTo) {
        if (installing) {
            heldBack = Math.max(heldBack, upTo);
            return;
        }
        while (!outstanding.isEmpty() && outstanding.peek().sequence <= upTo) {
            Outstanding write = outstanding.remove();
            durableVersion = Math.max(durableVersion, write.version);
            durableIndex = Math.max(durableIndex, write.lastIndex);
        }
    }

    /** The age of the oldest write not yet reported. */
    long oldestWriteNanos(long nowNanos) {
        return outstanding.isEmpty() ? 0 : nowNanos - outstanding.peek().sinceNanos;
    }

    /** The next write, or null if there is nothing new. */
    @Nullable LogWrite nextWrite(RaftLog log, long nowNanos) {
        boolean hasEntries = unwrittenFrom <= log.lastIndex();
        if (!hasEntries && writtenVersion == version) {
            return null;
        }
        List<Entry> entries = hasEntries ? log.slice(unwrittenFrom, log.lastIndex(), Long.MAX_VALUE) : List.of();
        HardState changed = writtenVersion == version ? null : hardState;
        outstanding.add(new Outstanding(++sequence, version, nowNanos, hasEntries ? log.lastIndex() : 0));
        writtenVersion = version;
        unwrittenFrom = log.lastIndex() + 1;
        return new LogWrite(sequence, changed, entries);
    }
}
