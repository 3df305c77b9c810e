package io.coord.runtime;

import io.coord.Ensemble;
import io.coord.ErrorCode;
import io.coord.MemberAddress;
import io.coord.MemberId;
import io.coord.MemberStatus;
import io.coord.member.Ensembles;
import io.coord.member.MemberView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/** What keeps a member from answering, in words: what it knows of its leader and of the others, and what to do. */
final class Standing {

    private final MemberId self;
    private final Ensemble told;
    private final Duration electionTimeout;
    private final Function<MemberId, OptionalLong> silentNanos;

    /**
     * The standing of a member.
     *
     * @param silentNanos for how long a member has not been heard of; empty if never
     */
    Standing(
            MemberId self, Ensemble ensemble, Duration electionTimeout, Function<MemberId, OptionalLong> silentNanos) {
        this.self = self;
        this.told = ensemble;
        this.electionTimeout = electionTimeout;
        this.silentNanos = silentNanos;
    }

    /** Who belongs to it, as far as this member knows: its configuration's say, or while it has none what it was told. */
    Ensemble ensemble(MemberView view) {
        return view.clusterId() == 0 ? told : Ensembles.of(view.configuration()).orElse(told);
    }

    String words(MemberView view) {
        if (view.left() != null) {
            return view.left();
        }
        if (view.healing() != null) {
            return view.healing();
        }
        if (view.shortage() != null) {
            return view.shortage();
        }
        Ensemble ensemble = ensemble(view);
        List<String> silent = silentVoters(ensemble);
        int answering = ensemble.voters().size() - silent.size();
        if (view.clusterId() == 0) {
            return ErrorCode.NOT_FORMED.message("the ensemble has not formed yet: it needs each of its members once, and "
                    + heard(ensemble, answering, silent) + " Start them, with the same list of members. If they run already, their leader has to take this member in.");
        }
        if (answering < ensemble.majority()) {
            return ErrorCode.NO_QUORUM.message("no quorum: " + heard(ensemble, answering, silent)
                    + " Check that they run, and that their peer ports can be reached from here.");
        }
        if (view.leader() == null) {
            return ErrorCode.NO_QUORUM.message("no leader is known in term " + view.term() + ", though " + heard(ensemble, answering, silent)
                    + " An election is under way, or they cannot reach each other.");
        }
        String progress = "member " + self + " has applied " + Long.toHexString(view.appliedIndex()) + " of "
                + Long.toHexString(view.commitIndex()) + ", and " + heard(ensemble, answering, silent);
        return view.serving()
                ? "the leader is member " + view.leader() + " in term " + view.term() + "; " + progress
                : ErrorCode.NOT_SERVING.message("member " + self + " does not serve yet: it catches up with its leader, member "
                        + view.leader() + " in term " + view.term() + "; " + progress + " Ask another member, or wait.");
    }

    MemberStatus status(MemberView view) {
        boolean isWell = view.left() == null && view.serving() && view.leader() != null && view.shortage() == null;
        return new MemberStatus(
                self,
                role(view),
                view.term(),
                Optional.ofNullable(view.leader()),
                view.serving() && view.left() == null,
                view.clusterId(),
                view.appliedIndex(),
                view.commitIndex(),
                view.lastIndex(),
                view.hostedSessions(),
                peers(ensemble(view)),
                isWell ? Optional.empty() : Optional.of(words(view)));
    }

    static MemberStatus.Role role(MemberView view) {
        if (view.left() != null) {
            return MemberStatus.Role.LEFT;
        }
        if (view.clusterId() == 0) {
            return MemberStatus.Role.FORMING;
        }
        return switch (view.role()) {
            case FOLLOWER -> MemberStatus.Role.FOLLOWER;
            case PRE_CANDIDATE, CANDIDATE -> MemberStatus.Role.CANDIDATE;
            case LEADER -> MemberStatus.Role.LEADER;
            case LEARNER -> MemberStatus.Role.OBSERVER;
        };
    }

    private List<MemberStatus.Peer> peers(Ensemble ensemble) {
        List<MemberStatus.Peer> peers = new ArrayList<>();
        ensemble.addresses().forEach((id, address) -> {
            OptionalLong nanos = silentNanos.apply(id);
            if (!id.equals(self)) {
                peers.add(new MemberStatus.Peer(
                        id,
                        address,
                        ensemble.voters().containsKey(id),
                        nanos.isEmpty() ? Optional.empty() : Optional.of(Duration.ofNanos(nanos.getAsLong()))));
            }
        });
        return peers;
    }

    private static String heard(Ensemble ensemble, int answering, List<String> silent) {
        return answering + " of " + ensemble.voters().size() + " voters answer"
                + (silent.isEmpty() ? "." : ". Silent: " + String.join(", ", silent) + ".");
    }

    private List<String> silentVoters(Ensemble ensemble) {
        List<String> silent = new ArrayList<>();
        for (Map.Entry<MemberId, MemberAddress> voter : ensemble.voters().entrySet()) {
            MemberId id = voter.getKey();
            OptionalLong nanos = silentNanos.apply(id);
            boolean answers = id.equals(self) || nanos.isPresent() && nanos.getAsLong() < 2 * electionTimeout.toNanos();
            if (!answers) {
                silent.add("member " + id + " at " + voter.getValue() + " (" + (nanos.isEmpty()
                        ? "never heard of"
                        : "for " + nanos.getAsLong() / 1_000_000 + " ms") + ")");
            }
        }
        return silent;
    }
}
