package io.coord.ensemble.spi;

import io.coord.Bytes;
import io.coord.Identity;
import io.coord.MemberConfig;
import io.coord.MemberStatus;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.ReadMode;
import io.coord.UnavailableException;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import io.coord.WatchMode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link FrontEnd} may ask of its member. Any thread may ask; nothing here waits.
 *
 * <p>What comes back to a client comes on the member's one thread, in the order in which the client must see it: events before the
 * answers that could show them (zk.O5). So a door queues it, and sends it when it is told to {@link Client#flush}.
 */
public interface SessionPort {

    /** How the member stands. */
    MemberStatus status();

    /** The member's times and limits. */
    MemberConfig config();

    /** The index of the state it reads from: the highest zxid that a client can have seen here. */
    long appliedIndex();

    /**
     * Whether no leader has reached a quorum for some elections, though it served before: it can take in those alone who only want to
     * read what it knew last.
     */
    boolean isWithoutQuorum();

    /** How much there is, for those who look after the member. Costs a look at each session. */
    Census census();

    /** What the member has counted and timed of itself since it started. */
    Measured measured();

    /** The ensemble's sessions that are not over. */
    SortedMap<Long, Living> sessions();

    /**
     * The paths that each session attached here watches, by session. Holds the member up for as long as it takes to copy them; completes
     * on the member's one thread, and fails with {@link UnavailableException} once the member has ended.
     */
    CompletionStage<Map<Long, List<String>>> watchedPaths();

    /** What the state came to at the latest indexes where members compare it, by index; completes as {@link #watchedPaths} does. */
    CompletionStage<SortedMap<Long, Long>> digests();

    /**
     * What the member takes of its disk.
     *
     * @throws IOException if the disk does not say
     */
    Storage.DiskUse diskUse() throws IOException;

    /** What {@code /zookeeper/config} holds: where the members are, as far as that is known. */
    String membership();

    /**
     * A session that is not over.
     *
     * @param timeoutMillis its timeout
     * @param ephemerals the paths of its ephemeral nodes
     */
    record Living(int timeoutMillis, List<String> ephemerals) {}

    /**
     * How much there is at a member.
     *
     * @param nodes number of nodes, the root included
     * @param ephemerals number of ephemeral nodes
     * @param dataBytes bytes of data in all nodes
     * @param sessions number of sessions that are not over, attached here or elsewhere
     * @param watches number of watches of the sessions attached here
     * @param watchedPaths number of paths watched here
     * @param watchers number of sessions attached here that watch something
     * @param localSessions number of sessions that are this member's alone
     */
    record Census(
            int nodes, int ephemerals, long dataBytes, int sessions, int watches, int watchedPaths, int watchers, int localSessions) {}

    /**
     * What a member has counted and timed since it started.
     *
     * @param leadingNanos for how long it has led, if it leads
     * @param pendingReads syncs and linearizable reads that wait here, as with their leader, for a quorum to confirm it
     * @param lastProposalBytes of the last entry it proposed as the leader it is, or was last; -1 if none
     * @param fewestProposalBytes of the smallest of these; -1 if none
     * @param mostProposalBytes of the largest of these; -1 if none
     * @param proposed entries it proposed, leading
     * @param committed entries that were committed while it led
     * @param received entries it got from leaders
     * @param followed entries that it learnt to be committed, following
     * @param searches how often it knew of no leader
     * @param snapshotsFailed snapshots that could not be saved
     * @param forceNanos of log writes, from when they were asked for
     * @param forcedEntries of log writes with entries
     * @param snapshotNanos of snapshots saved
     * @param electionNanos from when it knew of no leader until one was known
     * @param outageNanos the same until it could serve by that leader: one that leads has committed in its term
     * @param outageAsLeaderNanos those of them that it ended as the leader
     * @param loadNanos of reading its disk when it started
     * @param loadedEntries of the log then
     */
    record Measured(
            OptionalLong leadingNanos,
            int pendingReads,
            long lastProposalBytes,
            long fewestProposalBytes,
            long mostProposalBytes,
            long proposed,
            long committed,
            long received,
            long followed,
            long searches,
            long snapshotsFailed,
            Summary forceNanos,
            Summary forcedEntries,
            Summary snapshotNanos,
            Summary electionNanos,
            Summary outageNanos,
            Summary outageAsLeaderNanos,
            Summary loadNanos,
            Summary loadedEntries) {

        /**
         * Values of one kind.
         *
         * @param count how many
         * @param sum all together
         * @param least the least; 0 if there was none
         * @param most the most; 0 if there was none
         */
        public record Summary(long count, long sum, long least, long most) {}
    }

    /** A password for a session to be opened: 16 random bytes. */
    Bytes newPassword();

    /**
     * Opens a session for a client; {@link Client#attached} or {@link Client#detached} follows.
     *
     * @param timeout as wanted; what is granted is told
     * @param password made by the door, to be shown when the session is resumed
     * @param identities whom the client acts as
     * @param terms what kind of session will do
     */
    Attachment open(Client client, Duration timeout, Bytes password, List<Identity> identities, Terms terms);

    /**
     * Attaches a client to the session it had, here or at another member; {@link Client#attached} or {@link Client#detached} follows.
     * An earlier attachment of the session is detached.
     */
    Attachment resume(
            Client client, long session, Duration timeout, Bytes password, List<Identity> identities, Terms terms);

    /**
     * What kind of session will do for a client.
     *
     * @param mayReadOnly whether, as long as the member {@linkplain #isWithoutQuorum has no quorum}, a session of this member alone will
     *     that only reads; it ends when the quorum is back
     * @param isLocal whether it is to be a session of this member alone, which no entry of the log knows; it cannot be resumed elsewhere,
     *     and is parted from when another member comes to lead
     * @param isUpgradable whether such a session becomes one of the ensemble, under its id, at its first ephemeral node; if not, those
     *     are refused
     */
    record Terms(boolean mayReadOnly, boolean isLocal, boolean isUpgradable) {

        /** A session of the ensemble, and nothing else. */
        public static final Terms OF_ENSEMBLE = new Terms(false, false, false);
    }

    /** A client's connection, as the member sees it. Called on the member's one thread; must not wait. */
    interface Client {
        /**
         * The session is open, or resumed, and here.
         *
         * @param session its id
         * @param timeout its timeout, as granted
         * @param isReadOnly whether it only reads, since the member has no quorum
         */
        void attached(long session, Duration timeout, boolean isReadOnly);

        /** A watch fired. */
        void fired(WatchEvent event);

        /**
         * The member parts from the client; nothing more comes. Its connection is to be closed.
         *
         * @param why whether the session is over, or may be resumed elsewhere
         * @param reason what was seen, in words
         */
        void detached(Parting why, String reason);

        /** What was told so far may be shown now. */
        void flush();
    }

    /** Why a member parts from a client. */
    enum Parting {
        /** The session is over: closed, or ended by the ensemble. */
        ENDED,
        /** There is no such session, or the password is not its own. */
        REFUSED,
        /** The session is attached elsewhere, or this member cannot vouch for it any more. */
        ELSEWHERE,
        /** The member cannot take the client in; another may. */
        UNAVAILABLE
    }

    /**
     * A client's attachment to the member. Requests made once it is attached are answered in their order; what is asked before or after
     * is not taken.
     *
     * <p>Each method says whether the request was taken; if not, the member takes no more, and the connection is to be closed.
     */
    interface Attachment {
        /** Writes, or syncs, or reads. */
        <R> boolean submit(Operation<R> operation, Answer<R> answer);

        /** Reads as fresh as the mode says. */
        <R> boolean submit(Operation.Read<R> read, ReadMode mode, Answer<R> answer);

        /**
         * The state that was handed out last, to read from at once and on the caller's own thread; null unless the session is attached and
         * the member vouches for it.
         *
         * <p>Whoever reads so sees to the order (rules 1 and 3): nothing of the session may be unanswered; and what has been told to the
         * client by the time this returns, and not been shown yet, is shown first, and the view asked for anew.
         */
        @Nullable View view();

        /** Reads and leaves a one-shot watch. */
        <R> boolean submit(Operation.WatchedRead<R> read, Answer<R> answer);

        /** Adds a persistent watch. */
        boolean addWatch(String path, WatchMode mode, Answer<Boolean> answer);

        /** Asks for watches; the answer says whether there are any. */
        boolean checkWatches(String path, WatchKind kind, Answer<Boolean> answer);

        /** Removes watches; the answer says whether there were any. */
        boolean removeWatches(String path, WatchKind kind, Answer<Boolean> answer);

        /** Sets again the watches that the client had elsewhere; what changed since is told before the answer (zk.WT11). */
        boolean setWatches(Carried watches, Answer<Boolean> answer);

        /** Acts as these identities from now on. */
        boolean identify(List<Identity> identities, Answer<Boolean> answer);

        /** Ends the session, after all that was asked before. */
        boolean close(Answer<Boolean> answer);

        /** A sign of life. Costs next to nothing. */
        void touch();

        /** The client is gone; the session goes on until it is resumed, or its lease lapses. */
        void detach();
    }

    /** A state, as a session's client may see it. */
    interface View {
        /** Its index. */
        long zxid();

        /**
         * Reads from it.
         *
         * @throws io.coord.RejectedException if the tree says no
         */
        <R> R read(Operation.Read<R> read);
    }

    /**
     * Watches that a client had elsewhere.
     *
     * @param sinceZxid what the client has seen
     * @param data paths of data watches
     * @param exist paths of exists watches on absent nodes
     * @param child paths of child watches
     * @param persistent paths of persistent watches
     * @param recursive paths of recursive watches
     */
    record Carried(
            long sinceZxid,
            List<String> data,
            List<String> exist,
            List<String> child,
            List<String> persistent,
            List<String> recursive) {}

    /**
     * Whoever waits for an answer. Called on the member's one thread; must not wait.
     *
     * @param <R> what is answered
     */
    interface Answer<R> {
        /**
         * It was granted.
         *
         * @param zxid the index of the state the answer was made from
         */
        void granted(R value, long zxid);

        /**
         * The tree, or the door, said no.
         *
         * @param zxid the index of the state that said it
         */
        void refused(Outcome.Refused refused, long zxid);

        /** There is no answer; the client is detached next. */
        void failed(UnavailableException failure);
    }
}
