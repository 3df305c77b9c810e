package io.coord.member;

/**
 * What kind of session will do.
 *
 * @param mayReadOnly whether, as long as the member has no quorum, one that only reads will (zk.RO1)
 * @param isLocal whether it is to be the member's alone (zk.S11)
 * @param isUpgradable whether such a session becomes one of the ensemble when it creates its first ephemeral node
 */
public record SessionTerms(boolean mayReadOnly, boolean isLocal, boolean isUpgradable) {

    /** A session of the ensemble, and nothing else. */
    public static final SessionTerms OF_ENSEMBLE = new SessionTerms(false, false, false);
}
