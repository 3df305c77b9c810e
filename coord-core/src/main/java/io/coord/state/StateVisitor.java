package io.coord.state;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.MemberId;
import io.coord.Outcome;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Is told a whole state, piece by piece, in an order that is the same on every member: header, sessions by id, nodes in path order
 * (a parent before its children, siblings by name), end. A snapshot is written by one visitor and read into another.
 */
public interface StateVisitor {

    /** Begins. */
    void header(Header header);

    /** One session. */
    void session(SessionImage session);

    /** One node. */
    void node(NodeImage node);

    /**
     * Ends.
     *
     * @param digest of the whole state; a restored state must come to the same
     */
    void end(long digest);

    /**
     * What a state is besides its sessions and nodes.
     *
     * @param index of the last entry applied
     * @param term of that entry
     * @param wallMillis logged wall clock of that entry
     * @param elapsedMillis logged elapsed time of that entry
     * @param settings in force
     * @param sessionCount number of sessions that follow
     * @param nodeCount number of nodes that follow
     * @param highestSessions the highest session id each member ever made, by member
     * @param reconfiguration the change of members under way, or null
     */
    record Header(
            long index,
            long term,
            long wallMillis,
            long elapsedMillis,
            Settings settings,
            long sessionCount,
            long nodeCount,
            List<HighestSession> highestSessions,
            @Nullable Reconfiguration reconfiguration) {

        /** With no change of members under way. */
        public Header(
                long index,
                long term,
                long wallMillis,
                long elapsedMillis,
                Settings settings,
                long sessionCount,
                long nodeCount,
                List<HighestSession> highestSessions) {
            this(index, term, wallMillis, elapsedMillis, settings, sessionCount, nodeCount, highestSessions, null);
        }
    }

    /**
     * The highest session id a member ever made.
     *
     * @param member the member
     * @param session the id
     */
    record HighestSession(MemberId member, long session) {}

    /**
     * A session.
     *
     * @param id its id
     * @param passwordHash SHA-256 of its password
     * @param timeoutMillis its timeout
     * @param member where it is attached
     * @param attach its attach number
     * @param nonce of the request that made the attach
     * @param lastNumber the number of its last applied command
     * @param ackedUpTo outcomes up to this number are forgotten
     * @param outcomes of the numbers {@code lastNumber - outcomes.size() + 1} to {@code lastNumber}
     */
    record SessionImage(
            long id,
            Bytes passwordHash,
            int timeoutMillis,
            MemberId member,
            long attach,
            long nonce,
            long lastNumber,
            long ackedUpTo,
            List<Outcome> outcomes) {}

    /**
     * A node.
     *
     * @param path its path
     * @param data its data
     * @param acl its access control list as stored
     * @param czxid see Stat
     * @param mzxid see Stat
     * @param pzxid see Stat
     * @param ctime see Stat
     * @param mtime see Stat
     * @param version see Stat
     * @param aversion see Stat
     * @param creations number of children ever created under it: the next sequence number (zk.SQ1)
     * @param owner session that owns it, or 0
     * @param lifetime how its life ends
     * @param ttlMillis its time to live, or -1
     * @param touchedMillis the ensemble's elapsed time when it was created or last set; kept for TTL and container nodes, else 0
     */
    record NodeImage(
            String path,
            @Nullable Bytes data,
            List<Acl> acl,
            long czxid,
            long mzxid,
            long pzxid,
            long ctime,
            long mtime,
            int version,
            int aversion,
            int creations,
            long owner,
            Lifetime lifetime,
            long ttlMillis,
            long touchedMillis) {}

    /** How a node's life ends. */
    enum Lifetime {
        /** By a delete. */
        PERSISTENT,
        /** With its session. */
        EPHEMERAL,
        /** Some time after its last child is gone. */
        CONTAINER,
        /** Some time after it is childless and unset. */
        TTL
    }
}
