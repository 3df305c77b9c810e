package io.coord.state;

import io.coord.Bytes;
import io.coord.Identity;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.Refusal;
import java.util.List;

/**
 * What a log entry asks of the state. It carries everything its outcome depends on besides the state, the entry's index, term
 * and logged times (rule.9).
 */
public sealed interface Command {

    /**
     * Opens a session. Proposed again with the same id and nonce, it is answered again, not done again.
     *
     * @param session the new id, made by the origin, above every id its member ever made (rule.15)
     * @param passwordHash SHA-256 of the session's 16 random bytes (rule.18)
     * @param timeoutMillis the timeout granted
     * @param member where the session is attached first
     * @param nonce names this request among those of the member
     */
    record OpenSession(long session, Bytes passwordHash, int timeoutMillis, MemberId member, long nonce)
            implements Command {}

    /**
     * Attaches a session to a member: raises its attach number, so that commands of the older attach have no effect (rule.6).
     *
     * @param session the session
     * @param passwordHash SHA-256 of the password presented; must equal the session's
     * @param timeoutMillis the timeout granted from now on
     * @param member where the session is attached now
     * @param nonce names this request among those of the member
     */
    record Attach(long session, Bytes passwordHash, int timeoutMillis, MemberId member, long nonce)
            implements Command {}

    /**
     * A session's write.
     *
     * @param session the session
     * @param attach the attach number under which the write was numbered
     * @param number counts the session's proposed commands from 1, without gaps, across its attaches (rule.5): a session that
     *     moves proposes what is unanswered again, with the same numbers, under its new attach
     * @param ackedUpTo the outcomes of numbers up to this one have reached their caller and may be forgotten
     * @param identities whom the session acts as, resolved where the request came in
     * @param operation the write
     */
    record Submit(
            long session,
            long attach,
            long number,
            long ackedUpTo,
            List<Identity> identities,
            Operation.Write<?> operation)
            implements Command {
        /** Keeps an immutable copy of the identities. */
        public Submit {
            identities = List.copyOf(identities);
        }
    }

    /**
     * The write of a session that one member alone knows (zk.S11). No table remembers it, so that it is proposed once and never again
     * (rule.8).
     *
     * @param member where the session is
     * @param nonce names this write among those of the member
     * @param identities whom the session acts as
     * @param operation the write; creates no ephemeral node
     */
    record SubmitLocal(MemberId member, long nonce, List<Identity> identities, Operation.Write<?> operation) implements Command {
        /** Keeps an immutable copy of the identities. */
        public SubmitLocal {
            identities = List.copyOf(identities);
        }
    }

    /**
     * Makes a session that one member alone knew one of the ensemble, under its id (zk.S11). Void unless the entry is of this term: it is
     * proposed once, so that an ended id is never made again (rule.8).
     *
     * @param session its id
     * @param passwordHash SHA-256 of its password
     * @param timeoutMillis its timeout
     * @param member where it is attached
     * @param nonce names this request among those of the member
     * @param term the term in which the member proposes it
     */
    record UpgradeSession(long session, Bytes passwordHash, int timeoutMillis, MemberId member, long nonce, long term)
            implements Command {}

    /**
     * Ends a session at its owner's wish; numbered like its writes, so that it comes after all of them.
     *
     * @param session the session
     * @param attach its attach number
     * @param number the session's last number
     */
    record CloseSession(long session, long attach, long number) implements Command {}

    /**
     * Ends a session whose lease lapsed. Void unless the entry is of this term and the attach is current (rule.15).
     *
     * @param session the session
     * @param attach the attach number the leader knew
     * @param term the term of the leader that proposes it for itself
     */
    record ExpireSession(long session, long attach, long term) implements Command {}

    /**
     * Deletes a container or TTL node whose time has come. Void unless the entry is of this term, the node is still the one meant,
     * childless and expired (rule.12).
     *
     * @param path the node
     * @param czxid its czxid as the leader saw it
     * @param mzxid its mzxid as the leader saw it
     * @param term the term of the leader that proposes it for itself
     */
    record CollectNode(String path, long czxid, long mzxid, long term) implements Command {}

    /**
     * Replaces the settings that every member must share.
     *
     * @param settings the new settings
     */
    record Configure(Settings settings) implements Command {}

    /**
     * Abandons a change of members that cannot be carried out. Void unless the entry is of this term and that change is still under way
     * (rule.25).
     *
     * @param index of the entry that asked for the change
     * @param term the term of the leader that proposes it for itself
     * @param refusal what its caller is told
     * @param reason why, in words
     */
    record AbandonReconfiguration(long index, long term, Refusal refusal, String reason) implements Command {}
}
