package io.coord.state;

import io.coord.MemberId;
import io.coord.state.StateVisitor.HighestSession;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All sessions at one moment, and the highest id each member ever made, so that none is made again (rule.15).
 *
 * @param sessions by id
 * @param count how many
 * @param highest by member
 * @param digest sum of the digests of sessions, their outcomes and the highest ids
 */
record SessionTable(
        OrderedTree<Long, SessionEntry> sessions,
        int count,
        OrderedTree<MemberId, HighestSession> highest,
        long digest) {

    static OrderedTree<Long, SessionEntry> noSessions() {
        return OrderedTree.by((id, session) -> Long.compare(id, session.id));
    }

    static OrderedTree<MemberId, HighestSession> noHighest() {
        return OrderedTree.by((member, entry) -> member.compareTo(entry.member()));
    }

    @Nullable SessionEntry find(long id) {
        return sessions.find(id);
    }

    List<HighestSession> highestSessions() {
        List<HighestSession> all = new ArrayList<>();
        highest.forEach(all::add);
        return all;
    }
}
