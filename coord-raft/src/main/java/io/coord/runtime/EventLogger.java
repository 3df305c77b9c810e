package io.coord.runtime;

import io.coord.ErrorCode;
import io.coord.MemberId;
import io.coord.ensemble.spi.Storage;
import io.coord.member.MemberEvent;
import io.coord.member.MemberView;
import io.coord.raft.RaftEvent;
import io.coord.raft.Role;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the log what happened to a member, each thing once. Every line opens with the member and its term. INFO and above is only what
 * an operator acts on: who leads, what is lost, what is refused.
 */
final class EventLogger {

    private static final Logger LOG = LoggerFactory.getLogger("io.coord.member");

    private final MemberId member;

    EventLogger(MemberId member) {
        this.member = member;
    }

    void happened(MemberEvent event, MemberView view) {
        long term = view.term();
        if (event instanceof MemberEvent.Consensus consensus) {
            consensus(consensus.event(), term);
        } else if (event instanceof MemberEvent.Left left) {
            LOG.error("{} {} takes no further part: {}", member, term, left.reason());
        } else if (event instanceof MemberEvent.Rejoining rejoining) {
            LOG.warn("{} {} rejoins as an observer under the key {}: {}", member, term, rejoining.key(), rejoining.reason());
        } else if (event instanceof MemberEvent.Claimed claimed) {
            LOG.warn("{} {} founds no ensemble: {}", member, term, ErrorCode.MEMORY_LOST.message("the storage is empty, and member "
                    + claimed.by() + " of cluster " + Long.toHexString(claimed.clusterId()) + ", which the list of members does not name,"
                    + " looks for this member. Start it with the list of today, as any member there tells it; if that ensemble is to be"
                    + " given up, stop its members and start this one again"));
        } else if (event instanceof MemberEvent.JoinRefused refused) {
            LOG.warn("{} {} does not take member {} in: {}", member, term, refused.member(), refused.reason());
        } else if (event instanceof MemberEvent.SnapshotFailed failed) {
            LOG.warn("{} {} could not save a snapshot, its log goes on growing: {}", member, term, failed.reason());
        } else if (event instanceof MemberEvent.PauseDetected pause) {
            LOG.warn("{} {} was not run for {} ms: leases start anew. A pause of the collector, or a machine that slept",
                    member, term, pause.pausedMillis());
        } else if (event instanceof MemberEvent.LeaseLapsed lapsed) {
            LOG.info("{} {} expires session 0x{}: silent for {} ms",
                    member, term, Long.toHexString(lapsed.session()), lapsed.silentMillis());
        } else if (event instanceof MemberEvent.QuorumLost lost) {
            LOG.info("{} {} has no quorum: no leader reached one for {} ms", member, term, lost.silentMillis());
        } else if (event instanceof MemberEvent.QuorumBack) {
            LOG.info("{} {} has a quorum again: the leader is member {}", member, term, view.leader());
        } else if (event instanceof MemberEvent.Formed formed) {
            LOG.info("{} {} has formed cluster {} with {}",
                    member, term, Long.toHexString(formed.clusterId()), view.configuration().everyone());
        } else if (event instanceof MemberEvent.SnapshotInstalled installed) {
            LOG.info("{} {} was behind and starts from the leader's snapshot of {}",
                    member, term, Long.toHexString(installed.index()));
        } else if (event instanceof MemberEvent.SnapshotSaved saved) {
            LOG.debug("{} {} saved a snapshot of {}, {} bytes",
                    member, term, Long.toHexString(saved.index()), saved.sizeBytes());
        } else if (event instanceof MemberEvent.Healing healing) {
            LOG.error("{} {} is silent: {}", member, term, healing.found());
        } else if (event instanceof MemberEvent.Healed healed) {
            LOG.warn("{} {} has healed and goes on from {}", member, term, Long.toHexString(healed.index()));
        } else if (event instanceof MemberEvent.RoomShort room) {
            LOG.error("{} {} hands leadership over and takes no writes as a leader: {}", member, term, room.shortage());
        } else if (event instanceof MemberEvent.RoomBack) {
            LOG.warn("{} {} has room on its disk again", member, term);
        } else if (event instanceof MemberEvent.Serving serving) {
            LOG.debug("{} {} serves sessions from {} on", member, term, Long.toHexString(serving.appliedIndex()));
        }
    }

    private void consensus(RaftEvent event, long term) {
        if (event instanceof RaftEvent.LeadershipEstablished established) {
            LOG.info("{} {} leads from {} on", member, term, Long.toHexString(established.index()));
        } else if (event instanceof RaftEvent.RoleChanged changed) {
            roleChanged(changed);
        } else if (event instanceof RaftEvent.ConfigurationChanged changed) {
            LOG.info("{} {} is of {} voters and {} learners from {} on",
                    member,
                    term,
                    changed.configuration().voters(),
                    changed.configuration().learners(),
                    Long.toHexString(changed.index()));
        } else if (event instanceof RaftEvent.MemoryLost lost) {
            LOG.error("{} {} does not vote any more: {}", member, term, lost.reason());
        } else if (event instanceof RaftEvent.ClockSetBack back) {
            LOG.warn("{} {} has a wall clock that is {} ms behind the last entry: nodes' times go back with it, nothing else does",
                    member, term, back.millis());
        } else if (event instanceof RaftEvent.LogTruncated truncated) {
            LOG.debug("{} {} gave up its uncommitted entries {} to {}",
                    member, term, Long.toHexString(truncated.fromIndex()), Long.toHexString(truncated.toIndex()));
        }
    }

    private void roleChanged(RaftEvent.RoleChanged changed) {
        if (changed.role() == Role.FOLLOWER && changed.leader() == null) {
            LOG.info("{} {} follows nobody: {}", member, changed.term(), changed.reason());
        } else if (changed.role() != Role.LEADER) {
            LOG.debug("{} {} is {} of {}: {}",
                    member, changed.term(), changed.role(), changed.leader(), changed.reason());
        }
    }

    /** What the storage found out of order when it was opened. */
    /** What was found, and what it took to read it and to make a state of it: the better part of a start with much data. */
    void recovered(Storage.Recovered found, long readNanos, long decodedNanos) {
        Storage.SnapshotImage snapshot = found.snapshot();
        if (found.identity() != null) {
            LOG.info("{} - has read its storage in {} ms and decoded it in {} ms: {}, {} entries behind it", member,
                    readNanos / 1_000_000, decodedNanos / 1_000_000,
                    snapshot == null ? "no snapshot" : "a snapshot of " + Long.toHexString(snapshot.index()), found.entries().size());
        }
        found.findings().forEach(finding -> LOG.warn("{} - {}", member, finding));
        if (found.damage() != null) {
            LOG.error("{} - takes no part until it has healed from a peer: {}", member, found.damage().found());
        }
        if (found.suspect() != null) {
            LOG.error("{} - does not vote, as its storage may have forgotten what it had promised: {}", member, found.suspect());
        }
    }

    void slowCallback(Thread thread) {
        LOG.warn("{} - {}", member, ErrorCode.SLOW_CLOSE.message("close() took over 10 s: thread " + thread.getName()
                + " still runs user code" + place(thread.getStackTrace())));
    }

    /** Where a thread is: in the code of whoever waits there, not in what of the JDK it waits by. */
    static String place(StackTraceElement[] stack) {
        for (StackTraceElement frame : stack) {
            String module = frame.getModuleName();
            if (module == null || !module.startsWith("java.") && !module.startsWith("jdk.")) {
                return " at " + frame;
            }
        }
        return stack.length == 0 ? "" : " at " + stack[0];
    }

    void failed(Throwable failure, MemberView view) {
        LOG.error("{} {} has failed and stops: this is a defect, please report it", member, view.term(), failure);
    }

    void listenerFailed(Throwable failure) {
        LOG.warn("{} - a listener or dependent threw; the session goes on", member, failure);
    }

    /** At each start, and when it comes on. */
    void skipsAcl(MemberView view) {
        LOG.warn("{} {} checks no access control list: skipAcl is on in the whole ensemble, and anybody may do anything", member, view.term());
    }

    void readableByOthers(Path directory) {
        LOG.warn("{} - others than its owner may read files in {}, and data and hashes of passwords are in them: chmod go-rwx those", member, directory);
    }

    void notDurable() {
        LOG.warn("{} - keeps its data in memory only: no data directory was given, and a majority that restarts has forgotten all",
                member);
    }
}
