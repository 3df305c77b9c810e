package io.coord.member;

import io.coord.ConfigException;
import io.coord.Ensemble;
import io.coord.MemberAddress;
import io.coord.MemberId;
import io.coord.Refusal;
import io.coord.raft.Configuration;
import io.coord.raft.MemberKey;
import io.coord.raft.PeerProgress;
import io.coord.raft.Raft;
import io.coord.state.Command;
import io.coord.state.Reconfiguration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a leader does about members that come and go, in this order, one committed configuration after the other (rule.25, fault.M1):
 * takes in who asks to join, as a learner; carries out the change of members that the state wants; puts a member that came back with
 * an empty or doubtful disk in the place of its former key (fault.M5). Lost with the leadership; the next leader finds all it needs in
 * its configuration and its state, and hears again from who still wants to join.
 */
final class Membership {

    /** Learners cost the leader their replication. */
    static final int LEARNERS_MAX = 64;

    private static final int PATIENCE_IN_ELECTIONS = 10;

    /** Who asks to join. */
    private record Applicant(MemberKey key, String address) {}

    private final Raft raft;
    private final MemberKey self;
    private final long electionNanos;
    private final TreeMap<MemberId, Applicant> applicants = new TreeMap<>();
    private long pendingIndex;
    private long pendingSinceNanos;
    private long nextNanos;

    Membership(Raft raft, MemberKey self, long electionNanos, long nowNanos) {
        this.raft = raft;
        this.self = self;
        this.electionNanos = electionNanos;
        this.nextNanos = nowNanos;
    }

    /** Whether the configuration in force can be taken for the ensemble's: it is committed. */
    boolean isSettled() {
        return !raft.configuration().isJoint() && raft.configurationIndex() <= raft.commitIndex();
    }

    /** Whether another process that may count on its disk answers under this number: two cannot. */
    boolean isAlive(MemberId id, long nowNanos) {
        return id.equals(self.id()) || isHeard(Ensembles.latest(raft.configuration(), id), nowNanos, electionNanos);
    }

    private boolean isHeard(@Nullable MemberKey key, long nowNanos, long withinNanos) {
        if (self.equals(key)) {
            return true;
        } else if (key == null || key.isAbsent()) {
            return false;
        }
        for (PeerProgress peer : raft.progress()) {
            if (key.equals(peer.member())) {
                return nowNanos - peer.lastHeardNanos() < withinNanos;
            }
        }
        return false;
    }

    /** Notes who wants to join; says why it may not, if so. */
    Optional<String> applies(MemberKey key, String address) {
        Configuration present = raft.configuration();
        if (address.isEmpty() && present.addresses().isEmpty() && Ensembles.latest(present, key.id()) != null) {
            applicants.put(key.id(), new Applicant(key, address)); // where nobody has an address, whoever belongs there is reached by its number
            return Optional.empty();
        }
        MemberAddress wanted;
        try {
            wanted = MemberAddress.parse(address);
        } catch (ConfigException unreadable) {
            return Optional.of(String.valueOf(unreadable.getMessage()));
        }
        for (Configuration.Address known : present.addresses()) {
            if (!known.key().id().equals(key.id()) && clash(wanted, known.text())) {
                return Optional.of("its address " + address + " is that of member " + known.key().id());
            }
        }
        if (present.learners().size() >= LEARNERS_MAX && Ensembles.latest(present, key.id()) == null) {
            return Optional.of("the ensemble has " + LEARNERS_MAX + " observers already, the limit");
        }
        applicants.put(key.id(), new Applicant(key, address));
        return Optional.empty();
    }

    private static boolean clash(MemberAddress wanted, String known) {
        MemberAddress other = MemberAddress.parse(known);
        return wanted.host().equalsIgnoreCase(other.host())
                && (wanted.peerPort() == other.peerPort()
                        || wanted.clientPort().equals(other.clientPort()) && wanted.clientPort().orElse(0) != 0
                        || wanted.clientPort().orElse(0) == other.peerPort()
                        || other.clientPort().orElse(0) == wanted.peerPort());
    }

    /** When there is something to do next; far away if nothing is. */
    long nextNanos(@Nullable Reconfiguration pending, long farNanos) {
        return hasWork(pending) ? nextNanos : farNanos;
    }

    private boolean hasWork(@Nullable Reconfiguration pending) {
        return pending != null || !applicants.isEmpty() || replacement(raft.configuration()) != null;
    }

    /**
     * Takes the next step, if the time has come and the last one is committed.
     *
     * @return a command to propose, if there is nothing for it but to abandon the change of members
     */
    @Nullable Command drive(@Nullable Reconfiguration pending, long nowNanos) {
        if (nowNanos - nextNanos < 0 || !hasWork(pending)) {
            return null;
        }
        nextNanos = nowNanos + electionNanos / 8;
        Configuration present = raft.configuration();
        applicants.values().removeIf(applicant -> present.contains(applicant.key()));
        if (!isSettled() || admit(present, nowNanos)) {
            return null;
        }
        if (pending != null) {
            return change(pending, present, nowNanos);
        }
        MemberKey old = replacement(present);
        MemberKey renewed = old == null ? null : Ensembles.latest(present, old.id());
        if (old != null && renewed != null) {
            raft.changeMembership(Ensembles.replaced(present, old, renewed));
        }
        return null;
    }

    /** One at a time; a learner that is in nobody's way costs a single entry. */
    private boolean admit(Configuration present, long nowNanos) {
        for (Applicant applicant : new ArrayList<>(applicants.values())) {
            MemberKey known = Ensembles.latest(present, applicant.key().id());
            boolean isOutdated = known != null && known.incarnation() > applicant.key().incarnation();
            if (isOutdated || isAlive(applicant.key().id(), nowNanos)) {
                applicants.remove(applicant.key().id());
            } else if (raft.changeMembership(Ensembles.withLearner(present, applicant.key(), applicant.address()))) {
                applicants.remove(applicant.key().id());
                return true;
            }
        }
        return false;
    }

    /** A voter that a later disk of the same member waits to replace. */
    private static @Nullable MemberKey replacement(Configuration present) {
        for (MemberKey learner : present.learners()) {
            for (MemberKey voter : present.voters()) {
                if (voter.id().equals(learner.id()) && voter.incarnation() < learner.incarnation()) {
                    return voter;
                }
            }
        }
        return null;
    }

    private @Nullable Command change(Reconfiguration pending, Configuration present, long nowNanos) {
        if (pending.index() != pendingIndex) {
            pendingIndex = pending.index();
            pendingSinceNanos = nowNanos;
        }
        Ensemble wanted = Ensemble.parse(pending.wanted());
        Configuration target = Ensembles.configuration(wanted, present);
        String obstacle = target == null ? notJoined(wanted, present) : silent(target, present, nowNanos);
        if (target != null && obstacle == null) {
            if (!target.equals(present)) {
                raft.changeMembership(target);
            }
            pendingSinceNanos = nowNanos; // the new voters learn: that takes its time
            return null;
        }
        if (obstacle == null || nowNanos - pendingSinceNanos < PATIENCE_IN_ELECTIONS * electionNanos) {
            return null;
        }
        return new Command.AbandonReconfiguration(pending.index(), raft.term(), Refusal.NEW_CONFIG_NO_QUORUM, obstacle);
    }

    private static String notJoined(Ensemble wanted, Configuration present) {
        List<MemberId> missing = new ArrayList<>(wanted.voters().keySet());
        missing.removeIf(id -> Ensembles.hasJoined(present, id));
        return "members " + missing + " have not joined; start each, with a list of members that names this ensemble's, and ask again";
    }

    /** Who is new must answer, and a majority of all: else the ensemble would stop half way (zk.RC2). */
    private @Nullable String silent(Configuration target, Configuration present, long nowNanos) {
        List<MemberId> silent = new ArrayList<>();
        boolean newcomerIsSilent = false;
        for (MemberKey voter : target.voters()) {
            if (!isHeard(voter, nowNanos, 2 * electionNanos)) {
                silent.add(voter.id());
                newcomerIsSilent |= !present.isVoter(voter);
            }
        }
        boolean isQuorum = 2 * (target.voters().size() - silent.size()) > target.voters().size();
        return isQuorum && !newcomerIsSilent
                ? null
                : "no quorum of the new members, with each new one, answers: silent are members " + silent
                        + "; start them, and ask again";
    }
}
