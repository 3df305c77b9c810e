package io.coord.member;

import io.coord.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The sessions that are this member's alone: in no log and on no disk, known to nobody else. They live until their owners are silent for
 * their timeouts, and no longer than the member, or the lack of a quorum that they were opened in.
 */
final class LocalSessions {

    /** One of them. */
    static final class Local {
        final long id;
        final Bytes passwordHash;
        final SessionTerms terms;
        /** Whether it was opened for want of a quorum, and ends with that. */
        final boolean onlyReads;
        private int timeoutMillis;
        private long deadlineNanos;

        private Local(long id, Bytes passwordHash, SessionTerms terms, boolean onlyReads) {
            this.id = id;
            this.passwordHash = passwordHash;
            this.terms = terms;
            this.onlyReads = onlyReads;
        }

        int timeoutMillis() {
            return timeoutMillis;
        }
    }

    private final Map<Long, Local> sessions = new LinkedHashMap<>();
    /** No deadline is earlier. */
    private long nextNanos;

    boolean isEmpty() {
        return sessions.isEmpty();
    }

    int count() {
        return sessions.size();
    }

    @Nullable Local find(long id) {
        return sessions.get(id);
    }

    Local open(long id, Input.Open asked, int timeoutMillis, boolean onlyReads, long nowNanos) {
        Local opened = new Local(id, asked.passwordHash(), asked.terms(), onlyReads);
        sessions.put(id, opened);
        renew(opened, timeoutMillis, nowNanos);
        return opened;
    }

    /** The session, if the password is its own; it gets another timeout. */
    @Nullable Local resume(long id, Bytes passwordHash, int timeoutMillis, long nowNanos) {
        Local known = sessions.get(id);
        if (known == null || !isSame(known.passwordHash, passwordHash)) {
            return null;
        }
        renew(known, timeoutMillis, nowNanos);
        return known;
    }

    /** In a time that does not tell how much of them is. */
    private static boolean isSame(Bytes one, Bytes other) {
        int difference = one.length() ^ other.length();
        for (int i = 0; i < Math.min(one.length(), other.length()); i++) {
            difference |= one.at(i) ^ other.at(i);
        }
        return difference == 0;
    }

    private void renew(Local session, int timeoutMillis, long nowNanos) {
        session.timeoutMillis = timeoutMillis;
        session.deadlineNanos = nowNanos + timeoutMillis * 1_000_000L;
        if (sessions.size() == 1 || session.deadlineNanos - nextNanos < 0) {
            nextNanos = session.deadlineNanos;
        }
    }

    /** Its owner gave a sign of life. */
    void touch(long id, long nowNanos) {
        Local session = sessions.get(id);
        if (session != null) {
            session.deadlineNanos = nowNanos + session.timeoutMillis * 1_000_000L;
        }
    }

    void remove(long id) {
        sessions.remove(id);
    }

    /** Takes out all. */
    void clear() {
        sessions.clear();
    }

    /** Takes out those that only read. */
    void endReading() {
        sessions.values().removeIf(session -> session.onlyReads);
    }

    /** Takes out those whose owners have been silent for too long. */
    List<Long> lapsed(long nowNanos) {
        if (sessions.isEmpty() || nextNanos - nowNanos > 0) {
            return List.of();
        }
        List<Long> lapsed = new ArrayList<>();
        boolean isFirst = true;
        for (Local session : sessions.values()) {
            if (session.deadlineNanos - nowNanos <= 0) {
                lapsed.add(session.id);
            } else if (isFirst || session.deadlineNanos - nextNanos < 0) {
                nextNanos = session.deadlineNanos;
                isFirst = false;
            }
        }
        lapsed.forEach(sessions::remove);
        return lapsed;
    }

    /** When to look again; asked only if there are any. */
    long nextNanos() {
        return nextNanos;
    }
}
