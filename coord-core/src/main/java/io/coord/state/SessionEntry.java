package io.coord.state;

import io.coord.Bytes;
import io.coord.MemberId;
import io.coord.Outcome;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A session as the table holds it. Changed in place by the edit it carries.
 *
 * <p>The outcomes not yet acknowledged lie in an array that older copies of the entry share: an append writes behind what any of them
 * looks at, and history has no branches, so that the append is free of copying until the array is full.
 */
final class SessionEntry {

    private static final Outcome[] NO_OUTCOMES = {};
    private static final long[] NO_DIGESTS = {};
    private static final OrderedTree<String, String> NO_NODES = OrderedTree.by(String::compareTo);

    final @Nullable Edit edit;
    final long id;
    final Bytes passwordHash;
    /** Shared by all ephemeral nodes of the session; made with the first of them. */
    private @Nullable Life life;
    int timeoutMillis;
    MemberId member;
    long attach;
    long nonce;
    /** Number of the last command applied. */
    long lastNumber;
    private Outcome[] outcomes;
    /** What each of them adds to the state's digest: worked out once, needed when it comes and when it goes. */
    private long[] digests;
    private int from;
    private int to;
    /** Paths of the nodes the session owns. */
    OrderedTree<String, String> ephemerals;

    SessionEntry(
            Edit edit, long id, Bytes passwordHash, int timeoutMillis, MemberId member, long attach, long nonce) {
        this.edit = edit;
        this.id = id;
        this.passwordHash = passwordHash;
        this.timeoutMillis = timeoutMillis;
        this.member = member;
        this.attach = attach;
        this.nonce = nonce;
        this.outcomes = NO_OUTCOMES;
        this.digests = NO_DIGESTS;
        this.ephemerals = NO_NODES;
    }

    private SessionEntry(Edit edit, SessionEntry from) {
        this.edit = edit;
        this.id = from.id;
        this.passwordHash = from.passwordHash;
        this.life = from.life;
        this.timeoutMillis = from.timeoutMillis;
        this.member = from.member;
        this.attach = from.attach;
        this.nonce = from.nonce;
        this.lastNumber = from.lastNumber;
        this.outcomes = from.outcomes;
        this.digests = from.digests;
        this.from = from.from;
        this.to = from.to;
        this.ephemerals = from.ephemerals;
    }

    Life life() {
        Life shared = life;
        if (shared == null) {
            shared = Life.ephemeral(id);
            life = shared;
        }
        return shared;
    }

    SessionEntry owned(Edit present) {
        return edit == present ? this : new SessionEntry(present, this);
    }

    /** Outcomes up to this number are forgotten. */
    long ackedUpTo() {
        return lastNumber - (to - from);
    }

    /** The outcome of a command applied and not acknowledged, or null. */
    @Nullable Outcome outcome(long number) {
        return number > ackedUpTo() && number <= lastNumber ? outcomes[at(number)] : null;
    }

    private int at(long number) {
        return to - 1 - (int) (lastNumber - number);
    }

    /** The outcomes still kept, the oldest first. */
    List<Outcome> outcomes() {
        return List.of(Arrays.copyOfRange(outcomes, from, to));
    }

    /** What the outcomes still kept add to the state's digest. */
    long outcomesDigest() {
        long sum = 0;
        for (int i = from; i < to; i++) {
            sum += digests[i];
        }
        return sum;
    }

    /** Forgets the oldest outcome kept; returns what it added to the digest. */
    long forget() {
        return digests[from++];
    }

    /** Keeps the outcome of the next command; returns what it adds to the digest. */
    long append(Outcome outcome) {
        if (to == outcomes.length) {
            int kept = to - from;
            int room = Math.max(4, 2 * kept);
            Outcome[] more = new Outcome[room];
            long[] moreDigests = new long[room];
            System.arraycopy(outcomes, from, more, 0, kept);
            System.arraycopy(digests, from, moreDigests, 0, kept);
            outcomes = more;
            digests = moreDigests;
            from = 0;
            to = kept;
        }
        lastNumber++;
        outcomes[to] = outcome;
        digests[to] = Digest.outcome(id, lastNumber, outcome);
        return digests[to++];
    }

    /**
     * Keeps another outcome of a command applied before; older copies of this entry go on seeing theirs. Returns what that adds to the
     * digest.
     */
    long replace(long number, Outcome outcome) {
        int at = at(number);
        long before = digests[at];
        outcomes = outcomes.clone();
        digests = digests.clone();
        outcomes[at] = outcome;
        digests[at] = Digest.outcome(id, number, outcome);
        return digests[at] - before;
    }

    /** Whether a password's hash is the session's; takes the same time wherever they differ (zk.X6). */
    boolean isPassword(Bytes hash) {
        int difference = hash.length() ^ passwordHash.length();
        for (int i = 0; i < Math.min(hash.length(), passwordHash.length()); i++) {
            difference |= hash.at(i) ^ passwordHash.at(i);
        }
        return difference == 0;
    }
}
