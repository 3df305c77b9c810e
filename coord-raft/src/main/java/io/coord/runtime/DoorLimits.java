package io.coord.runtime;

/**
 * What a door refuses before a request gets a number.
 *
 * @param dataBytesMax bytes of data in one node
 * @param pathLengthMax characters of a path
 * @param pathDepthMax elements of a path
 * @param multiStepsMax steps of a transaction or multiRead
 * @param outstandingMax unanswered requests of one session
 */
public record DoorLimits(
        int dataBytesMax, int pathLengthMax, int pathDepthMax, int multiStepsMax, int outstandingMax) {

    /** As ZooKeeper where ZooKeeper has one: a create of {@code /big} with 1,048,524 bytes fits in its frame (zk.C12). */
    public static final DoorLimits DEFAULT = new DoorLimits(1_048_524, 65_536, 1_000, 10_000, 100_000);
}
