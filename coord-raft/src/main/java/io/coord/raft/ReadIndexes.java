package io.coord.raft;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ObjLongConsumer;

/**
 * A leader's linearizable reads (thesis 6.4). Reads gather until a heartbeat round begins; the round notes the commit index, and when
 * a quorum has answered it, or a later one, its reads may be served at that index.
 *
 * <p>Rounds are numbered without reuse for as long as the member runs, so that a late answer to one never confirms another
 * (peer.B33).
 *
 * @param <R> the origin of a read
 */
final class ReadIndexes<R> {

    private record Round<R>(long number, long index, List<R> reads) {}

    private final ArrayDeque<Round<R>> rounds = new ArrayDeque<>();
    private List<R> gathered = new ArrayList<>();
    private int pending;

    void add(R read) {
        gathered.add(read);
        pending++;
    }

    /** How many have not been confirmed. */
    int pending() {
        return pending;
    }

    boolean hasGathered() {
        return !gathered.isEmpty();
    }

    /** A round begins: it speaks for all reads gathered so far. */
    void begin(long round, long commitIndex) {
        if (gathered.isEmpty()) {
            return;
        }
        rounds.add(new Round<>(round, commitIndex, gathered));
        gathered = new ArrayList<>();
    }

    /** A quorum answered this round or a later one. */
    void confirmed(long round, ObjLongConsumer<R> served) {
        while (!rounds.isEmpty() && rounds.peek().number() <= round) {
            Round<R> done = rounds.remove();
            pending -= done.reads().size();
            for (R read : done.reads()) {
                served.accept(read, done.index());
            }
        }
    }

    /** All reads not confirmed yet, which are forgotten. */
    List<R> abandon() {
        List<R> all = new ArrayList<>();
        rounds.forEach(round -> all.addAll(round.reads()));
        all.addAll(gathered);
        rounds.clear();
        pending = 0;
        gathered = new ArrayList<>();
        return all;
    }
}
