package io.coord.member;

import io.coord.ConfigException;
import io.coord.Ensemble;
import io.coord.ErrorCode;
import io.coord.MemberId;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * How an empty member finds its ensemble (rule.24): all configured voters must be reached, be empty or pristine, and be told the same
 * members. The lowest of them then draws the cluster id; everybody forces it to disk before taking part in any vote.
 *
 * <p>An empty member that meets an ensemble with a history founds nothing: it cannot know what a lost disk had promised (fault.M5), and
 * asks the leader to be taken in, under a key of its own. Nor does it found anything while it knows of one that counts on it, though its
 * list names nobody there: a list of before a change of members may name none but those who lost their disks with it.
 */
final class Formation {

    private static final long RETRY_MIN_NANOS = 20_000_000L;
    private static final long RETRY_MAX_NANOS = 500_000_000L;

    /** What is to be done now. */
    sealed interface Step {
        /** Wait for more to be heard. */
        record Wait() implements Step {}

        /** Force this cluster id to disk. */
        record Adopt(long clusterId) implements Step {}

        /** Take no part. */
        record Refuse(String reason) implements Step {}
    }

    private final MemberId self;
    private final String ensemble;
    private final List<MemberId> otherVoters;
    private final boolean learner;
    private final SplittableRandom random;
    private final TreeMap<MemberId, PeerMessage.Hello> heard = new TreeMap<>();
    /** By who has not said hello since: the ensembles that take this member for one of theirs. */
    private final TreeMap<MemberId, Long> claims = new TreeMap<>();
    private long retryNanos = RETRY_MIN_NANOS;
    private long nextHelloNanos;
    private long adopting;

    Formation(MemberId self, String ensemble, List<MemberId> otherVoters, boolean learner, long seed, long nowNanos) {
        this.self = self;
        this.ensemble = ensemble;
        this.otherVoters = otherVoters;
        this.learner = learner;
        this.random = new SplittableRandom(seed);
        this.nextHelloNanos = nowNanos;
    }

    /** The cluster id on its way to disk, or 0. */
    long adopting() {
        return adopting;
    }

    long nextHelloNanos() {
        return nextHelloNanos;
    }

    /** Whether it is time to say hello again; the interval grows. */
    boolean helloDue(long nowNanos) {
        if (nowNanos - nextHelloNanos < 0) {
            return false;
        }
        nextHelloNanos = nowNanos + retryNanos;
        retryNanos = Math.min(2 * retryNanos, RETRY_MAX_NANOS);
        return true;
    }

    PeerMessage.Hello hello(boolean answerWanted) {
        return new PeerMessage.Hello(ensemble, 0, true, answerWanted);
    }

    Step heard(MemberId from, PeerMessage.Hello hello) {
        heard.put(from, hello);
        claims.remove(from);
        return next();
    }

    /**
     * A member of this ensemble speaks to this one as to a member of it, or looks for it.
     *
     * @return whether that is news: what it says in a hello decides
     */
    boolean claimed(MemberId by, long clusterId) {
        PeerMessage.Hello hello = heard.get(by);
        boolean isKnown = hello != null && hello.clusterId() == clusterId;
        return !isKnown && claims.put(by, clusterId) == null;
    }

    /** What is to be done, by what has been heard. */
    Step next() {
        if (adopting != 0) {
            return new Step.Wait();
        }
        Optional<String> objection = objection();
        if (objection.isPresent()) {
            return new Step.Refuse(objection.get());
        }
        if (joins()) {
            return new Step.Wait();
        }
        long known = knownCluster();
        if ((learner ? known == 0 : !isEveryoneTold()) || isClaimedByOthers(known)) {
            return new Step.Wait();
        }
        if (known == 0 && (otherVoters.isEmpty() || self.compareTo(otherVoters.get(0)) < 0)) {
            known = 1 + random.nextLong(Long.MAX_VALUE - 1);
        }
        if (known == 0) {
            return new Step.Wait();
        }
        adopting = known;
        return new Step.Adopt(known);
    }

    /** Whether all voters were told of these members: one that is an observer by its own list may know of an ensemble that this list is older than. */
    private boolean isEveryoneTold() {
        for (MemberId voter : otherVoters) {
            PeerMessage.Hello hello = heard.get(voter);
            if (hello == null || !hello.ensemble().equals(ensemble)) {
                return false;
            }
        }
        return true;
    }

    private boolean isClaimedByOthers(long known) {
        for (long claim : claims.values()) {
            if (claim != known) {
                return true;
            }
        }
        return false;
    }

    private long knownCluster() {
        for (PeerMessage.Hello hello : heard.values()) {
            if (hello.clusterId() != 0) {
                return hello.clusterId();
            }
        }
        return 0;
    }

    /** Whether there is an ensemble already, which this member is not one of the first of: it asks to be taken in. */
    boolean joins() {
        for (PeerMessage.Hello hello : heard.values()) {
            if (hello.clusterId() != 0 && (!hello.pristine() || !hello.ensemble().equals(ensemble))) {
                return true;
            }
        }
        return false;
    }

    /** The ensemble's leader takes this member in. */
    Step welcomed(long clusterId) {
        if (adopting != 0 || !joins()) {
            return new Step.Wait();
        }
        adopting = clusterId;
        return new Step.Adopt(clusterId);
    }

    private Optional<String> objection() {
        long cluster = 0;
        boolean joins = joins();
        for (var entry : heard.entrySet()) {
            PeerMessage.Hello hello = entry.getValue();
            if (!joins && hello.clusterId() == 0 && !learner && !hello.ensemble().equals(ensemble) && votesBySelf(entry.getKey(), hello)) {
                return Optional.of(ErrorCode.ENSEMBLES_DIFFER + " member " + entry.getKey() + " was started with the members \""
                        + hello.ensemble() + "\", this one with \"" + ensemble
                        + "\". Start every member of a new ensemble with the same list.");
            }
            if (hello.clusterId() != 0 && cluster != 0 && hello.clusterId() != cluster) {
                return Optional.of(ErrorCode.CLUSTERS_MIXED + " member " + entry.getKey() + " belongs to cluster "
                        + Long.toHexString(hello.clusterId()) + ", another one to " + Long.toHexString(cluster)
                        + ". Two ensembles are mixed; correct the member list or the data directories.");
            }
            cluster = hello.clusterId() != 0 ? hello.clusterId() : cluster;
        }
        return Optional.empty();
    }

    /** An observer by its own list founds nothing: to differ from it is no mistake to stop for. */
    private static boolean votesBySelf(MemberId member, PeerMessage.Hello hello) {
        try {
            return !Ensemble.parse(hello.ensemble()).observers().containsKey(member);
        } catch (ConfigException unreadable) {
            return true;
        }
    }
}
