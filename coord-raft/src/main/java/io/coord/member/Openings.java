package io.coord.member;

import io.coord.Bytes;
import io.coord.Identity;
import io.coord.raft.CommandPayload;
import io.coord.state.Command;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The unanswered requests to open or attach a session, oldest first. Each is proposed until it is answered, so that none may stay that
 * nobody waits for any more: without a quorum, or with a leader that has no room for them, there would be more of them with every client
 * that tries again.
 */
final class Openings {

    /** How many are kept that were given up, and whose late grant is of use. */
    static final int GIVEN_UP_MAX = 100;

    /** An unanswered request to open or attach a session. */
    static final class Opening {
        final Caller<SessionGrant> caller;
        final Command command;
        final long nonce;
        final boolean selfAlive;
        final List<Identity> identities;
        final long answeredWrites;
        final SessionTerms terms;
        final CommandPayload payload;
        long proposedNanos;
        long resendAfterNanos;
        /** When it was first taken: the leader may count from then, whichever of its repetitions are lost. */
        long takenNanos;

        boolean isTaken;
        boolean isGivenUp;
        boolean stalled;

        Opening(
                Caller<SessionGrant> caller,
                Command command,
                long nonce,
                boolean selfAlive,
                List<Identity> identities,
                long answeredWrites,
                SessionTerms terms,
                CommandPayload payload) {
            this.caller = caller;
            this.command = command;
            this.nonce = nonce;
            this.selfAlive = selfAlive;
            this.identities = identities;
            this.answeredWrites = answeredWrites;
            this.terms = terms;
            this.payload = payload;
        }
    }

    /** The password belongs to it: whoever has another one is not the owner, and takes no owner's place. */
    private record Resuming(long session, Bytes passwordHash) {}

    private final Map<Long, Opening> byNonce = new LinkedHashMap<>();
    private final Map<Caller<SessionGrant>, Opening> byCaller = new LinkedHashMap<>();
    private final Map<Resuming, Opening> resuming = new LinkedHashMap<>();
    /** Those of them that were given up, by nonce. */
    private final Map<Long, Opening> givenUp = new LinkedHashMap<>();

    /** Adds one; an earlier one of the same owner for the same session is taken out and returned. */
    @Nullable Opening add(Opening opening) {
        Opening earlier = opening.command instanceof Command.Attach attach ? resuming.get(resuming(attach)) : null;
        if (earlier != null) {
            remove(earlier.nonce);
        }
        byNonce.put(opening.nonce, opening);
        byCaller.put(opening.caller, opening);
        if (opening.command instanceof Command.Attach attach) {
            resuming.put(resuming(attach), opening);
        }
        return earlier;
    }

    private static Resuming resuming(Command.Attach attach) {
        return new Resuming(attach.session(), attach.passwordHash());
    }

    @Nullable Opening remove(long nonce) {
        Opening opening = byNonce.remove(nonce);
        givenUp.remove(nonce);
        if (opening != null) {
            byCaller.remove(opening.caller, opening);
            if (opening.command instanceof Command.Attach attach) {
                resuming.remove(resuming(attach), opening);
            }
        }
        return opening;
    }

    /** Keeps one that was given up, since its late grant is of use; the oldest such is taken out and returned if there are too many. */
    @Nullable Opening giveUp(Opening opening) {
        opening.isGivenUp = true;
        givenUp.put(opening.nonce, opening);
        return givenUp.size() <= GIVEN_UP_MAX ? null : remove(givenUp.keySet().iterator().next());
    }

    /** The last one of this caller. */
    @Nullable Opening of(Caller<SessionGrant> caller) {
        return byCaller.get(caller);
    }

    Collection<Opening> all() {
        return byNonce.values();
    }

    void clear() {
        byNonce.clear();
        byCaller.clear();
        givenUp.clear();
        resuming.clear();
    }
}
