package io.coord.raft;

import io.coord.MemberId;
import org.jspecify.annotations.Nullable;

/**
 * A member together with its disk: who votes. A member whose disk was lost comes back under another incarnation, so that what the
 * old disk promised is never taken as kept by the new one (fault.M5, KIP-853).
 *
 * @param id the member
 * @param incarnation counts its disks; 1 for the one it was formed with, -1 for none as yet
 */
public record MemberKey(MemberId id, long incarnation) implements Comparable<MemberKey> {

    /** The incarnation of a member's first disk. */
    public static final long FIRST_INCARNATION = 1;

    /** The incarnation of a member that is in the list before it has joined: below all others, and no disk's. */
    public static final long ABSENT_INCARNATION = -1;

    /** The member without a disk. */
    public static MemberKey absent(MemberId id) {
        return new MemberKey(id, ABSENT_INCARNATION);
    }

    /** Whether the member has not joined yet. */
    public boolean isAbsent() {
        return incarnation == ABSENT_INCARNATION;
    }

    /** The member with its first disk. */
    public static MemberKey first(MemberId id) {
        return new MemberKey(id, FIRST_INCARNATION);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof MemberKey that && incarnation == that.incarnation && id.equals(that.id);
    }

    @Override
    public int hashCode() {
        return 31 * id.hashCode() + Long.hashCode(incarnation);
    }

    @Override
    public int compareTo(MemberKey other) {
        int byId = id.compareTo(other.id);
        return byId != 0 ? byId : Long.compare(incarnation, other.incarnation);
    }

    @Override
    public String toString() {
        return incarnation == FIRST_INCARNATION ? id.toString() : id + "#" + incarnation;
    }
}
