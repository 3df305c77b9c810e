package io.coord.state;

import io.coord.Bytes;
import io.coord.MemberId;
import io.coord.Outcome;
import io.coord.state.StateVisitor.HighestSession;
import io.coord.state.StateVisitor.SessionImage;
import org.jspecify.annotations.Nullable;

/** The table of sessions being changed; keeps its digest in step. */
final class SessionEditor {

    private Edit edit = new Edit();
    private OrderedTree<Long, SessionEntry> sessions = SessionTable.noSessions();
    private OrderedTree<MemberId, HighestSession> highest = SessionTable.noHighest();
    private int count;
    private long digest;

    /** The table as it is now; later changes leave it alone. */
    SessionTable freeze() {
        edit = new Edit();
        return new SessionTable(sessions, count, highest, digest);
    }

    /** Goes back to a table frozen earlier. */
    void restore(SessionTable table) {
        edit = new Edit();
        sessions = table.sessions();
        highest = table.highest();
        count = table.count();
        digest = table.digest();
    }

    @Nullable SessionEntry find(long id) {
        return sessions.find(id);
    }

    /** The highest id this member ever made, or 0 if it made none. */
    long highest(MemberId member) {
        HighestSession entry = highest.find(member);
        return entry == null ? 0 : entry.session();
    }

    boolean hasMade(MemberId member) {
        return highest.find(member) != null;
    }

    SessionEntry open(long id, Bytes passwordHash, int timeoutMillis, MemberId member, long nonce) {
        SessionEntry session = new SessionEntry(edit, id, passwordHash, timeoutMillis, member, 1, nonce);
        add(session);
        if (id > highest(member) || !hasMade(member)) {
            raiseHighest(member, id);
        }
        return session;
    }

    private void add(SessionEntry session) {
        sessions = sessions.with(edit, session.id, session);
        count++;
        digest += Digest.session(session);
    }

    void raiseHighest(MemberId member, long id) {
        HighestSession before = highest.find(member);
        digest -= before == null ? 0 : Digest.highest(before);
        HighestSession after = new HighestSession(member, id);
        highest = highest.with(edit, member, after);
        digest += Digest.highest(after);
    }

    SessionEntry attach(SessionEntry session, int timeoutMillis, MemberId member, long nonce) {
        SessionEntry own = own(session);
        digest -= Digest.session(own);
        own.attach++;
        own.timeoutMillis = timeoutMillis;
        own.member = member;
        own.nonce = nonce;
        digest += Digest.session(own);
        return own;
    }

    /** Keeps the outcome of the session's next command and forgets those acknowledged (rule.4). */
    void record(SessionEntry session, long ackedUpTo, Outcome outcome) {
        SessionEntry own = own(session);
        long attachment = Digest.attachment(own);
        digest -= Digest.session(attachment, own);
        long forgotten = Math.min(ackedUpTo, own.lastNumber);
        while (own.ackedUpTo() < forgotten) {
            digest -= own.forget();
        }
        digest += own.append(outcome) + Digest.session(attachment, own);
    }

    /** Puts the outcome of a write in place of the one that stood for it meanwhile. */
    void settle(SessionEntry session, long number, Outcome outcome) {
        digest += own(session).replace(number, outcome);
    }

    private SessionEntry own(SessionEntry session) {
        SessionEntry own = session.owned(edit);
        if (own != session) {
            sessions = sessions.with(edit, own.id, own);
        }
        return own;
    }

    /** Notes that the session owns a node. */
    void own(SessionEntry session, String path) {
        SessionEntry own = own(session);
        own.ephemerals = own.ephemerals.with(edit, path, path);
    }

    /** Notes that a session, if there is one with this id, owns a node no more. */
    void disown(long id, String path) {
        SessionEntry session = find(id);
        if (session != null) {
            SessionEntry own = own(session);
            own.ephemerals = own.ephemerals.without(edit, path);
        }
    }

    void end(SessionEntry session) {
        sessions = sessions.without(edit, session.id);
        count--;
        digest -= Digest.session(session) + session.outcomesDigest();
    }

    /** Puts back a session out of a snapshot. */
    void insert(SessionImage image) {
        SessionEntry session = new SessionEntry(
                edit,
                image.id(),
                image.passwordHash(),
                image.timeoutMillis(),
                image.member(),
                image.attach(),
                image.nonce());
        session.lastNumber = image.ackedUpTo();
        add(session);
        image.outcomes().forEach(outcome -> record(own(session), 0, outcome));
    }
}
