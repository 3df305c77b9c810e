package io.coord.storage;

import java.util.Arrays;

/** Term and chain of each entry in the live part of the log: what is needed to append to it, or to replace its end. */
final class Tail {

    private static final int ROOM_FIRST = 64;

    private long startIndex;
    private long startTerm;
    private long startChain;
    private long[] terms = new long[ROOM_FIRST];
    private long[] chains = new long[ROOM_FIRST];
    private int count;

    /** The log starts behind this place. */
    void reset(long index, long term, long chain) {
        startIndex = index;
        startTerm = term;
        startChain = chain;
        count = 0;
    }

    /** The place before the first entry. */
    long startIndex() {
        return startIndex;
    }

    long lastIndex() {
        return startIndex + count;
    }

    long lastTerm() {
        return count == 0 ? startTerm : terms[count - 1];
    }

    long lastChain() {
        return count == 0 ? startChain : chains[count - 1];
    }

    boolean has(long index) {
        return index >= startIndex && index <= lastIndex();
    }

    long termAt(long index) {
        return index == startIndex ? startTerm : terms[at(index)];
    }

    long chainAt(long index) {
        return index == startIndex ? startChain : chains[at(index)];
    }

    private int at(long index) {
        if (index <= startIndex || index > lastIndex()) {
            throw new IllegalStateException("index " + Trouble.hex(index) + " is not in " + this);
        }
        return (int) (index - startIndex - 1);
    }

    void append(long term, long chain) {
        if (count == terms.length) {
            terms = Arrays.copyOf(terms, count * 2);
            chains = Arrays.copyOf(chains, count * 2);
        }
        terms[count] = term;
        chains[count] = chain;
        count++;
    }

    void truncateAfter(long index) {
        if (index < lastIndex()) {
            count = index == startIndex ? 0 : at(index) + 1;
        }
    }

    /** Lets the log start behind a later place, which no write will reach back to any more. */
    void forgetThrough(long index) {
        if (index <= startIndex || index > lastIndex()) {
            return;
        }
        int dropped = (int) (index - startIndex);
        startTerm = termAt(index);
        startChain = chainAt(index);
        startIndex = index;
        count -= dropped;
        int room = Math.max(ROOM_FIRST, count * 2);
        terms = Arrays.copyOf(Arrays.copyOfRange(terms, dropped, dropped + count), room);
        chains = Arrays.copyOf(Arrays.copyOfRange(chains, dropped, dropped + count), room);
    }

    @Override
    public String toString() {
        return "(" + Trouble.hex(startIndex) + ", " + Trouble.hex(lastIndex()) + "]";
    }
}
