package io.coord.member;

/**
 * What kind of session will do.
 *
 * @param mayReadOnly whether, as long as the member has no quorum, one that only reads will (zk.RO1)
 */
public record SessionTerms(boolean mayReadOnly) {

    /** A session of the ensemble, and nothing else. */
    public static final SessionTerms OF_ENSEMBLE = new SessionTerms(false);
}
