package io.coord.state;

import io.coord.MemberId;
import io.coord.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A session as one root shows it. */
public final class SessionView {

    private final SessionEntry session;

    SessionView(SessionEntry session) {
        this.session = session;
    }

    /** Its id. */
    public long id() {
        return session.id;
    }

    /** Its timeout as granted last. */
    public int timeoutMillis() {
        return session.timeoutMillis;
    }

    /** Where it is attached. */
    public MemberId member() {
        return session.member;
    }

    /** How often it was attached: the number its commands must carry. */
    public long attach() {
        return session.attach;
    }

    /** Names the request that attached it. */
    public long nonce() {
        return session.nonce;
    }

    /** The number of its last applied command. */
    public long lastNumber() {
        return session.lastNumber;
    }

    /** Outcomes up to this number are forgotten. */
    public long ackedUpTo() {
        return session.ackedUpTo();
    }

    /** The outcome of a command, if it was applied and is not forgotten. */
    public Optional<Outcome> outcome(long number) {
        return Optional.ofNullable(session.outcome(number));
    }

    /** Whether it owns a node. */
    public boolean hasEphemerals() {
        return !session.ephemerals.isEmpty();
    }

    /** The paths of the nodes it owns, in order. */
    public List<String> ephemerals() {
        List<String> paths = new ArrayList<>();
        session.ephemerals.from("").forEachRemaining(paths::add);
        return paths;
    }

    @Override
    public String toString() {
        return "session 0x" + Long.toHexString(session.id) + " at member " + session.member + ", attach "
                + session.attach + ", number " + session.lastNumber;
    }
}
