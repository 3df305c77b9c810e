package io.coord.runtime;

import io.coord.MemberConfig;

/**
 * What a door refuses before a request gets a number.
 *
 * @param dataBytesMax bytes of data in one node
 * @param requestBytesMax bytes of a request, all steps of a transaction together
 * @param multiStepsMax steps of a transaction or multiRead
 * @param pathDepthMax elements of a path
 * @param outstandingMax unanswered requests of one session
 * @param watchesMax watches of one session
 */
public record DoorLimits(
        long dataBytesMax,
        long requestBytesMax,
        int multiStepsMax,
        int pathDepthMax,
        int outstandingMax,
        int watchesMax) {

    /** The limits of {@link MemberConfig#DEFAULT}. */
    public static final DoorLimits DEFAULT = of(MemberConfig.DEFAULT);

    /** The limits that a member is configured with. */
    public static DoorLimits of(MemberConfig config) {
        return new DoorLimits(
                config.maxDataBytes(),
                config.maxRequestBytes(),
                config.maxMultiSteps(),
                config.maxPathDepth(),
                config.maxOutstandingPerSession(),
                config.maxWatchesPerSession());
    }
}
