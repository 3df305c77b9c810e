package io.coord.storage;

import io.coord.ensemble.spi.Storage.StoredEntry;

/** A running digest over the entries of a log: each one's covers all before it since the log's start (inv.D-f). */
final class Chain {

    private static final long ODD = 0x9e3779b97f4a7c15L;

    private Chain() {}

    /** The digest before the first entry of a log that starts behind this place. */
    static long start(long index, long term) {
        return mix(mix(ODD ^ index) ^ term);
    }

    static long next(long chain, StoredEntry entry, int payloadCheck) {
        return next(
                chain,
                entry.index(),
                entry.term(),
                entry.wallMillis(),
                entry.elapsedMillis(),
                entry.kind(),
                entry.payload().length(),
                payloadCheck);
    }

    static long next(
            long chain, long index, long term, long wallMillis, long elapsedMillis, byte kind, int length, int payloadCheck) {
        long digest = mix(chain ^ index * ODD);
        digest = mix(digest ^ term);
        digest = mix(digest ^ wallMillis);
        digest = mix(digest ^ elapsedMillis);
        digest = mix(digest ^ ((long) length << 8 | kind & 0xff));
        return mix(digest ^ payloadCheck & 0xffffffffL);
    }

    /** Spreads every bit over all others (the finalizer of SplitMix64). */
    static long mix(long value) {
        long mixed = (value ^ value >>> 30) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
        return mixed ^ mixed >>> 31;
    }
}
