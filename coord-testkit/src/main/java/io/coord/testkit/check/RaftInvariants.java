package io.coord.testkit.check;

import io.coord.MemberId;
import io.coord.member.DiskTask;
import io.coord.member.Effects;
import io.coord.member.Input;
import io.coord.member.MemberEvent;
import io.coord.member.MemberView;
import io.coord.member.PeerFrame;
import io.coord.member.PeerMessage;
import io.coord.member.RecoveredMember;
import io.coord.raft.ConfigPayload;
import io.coord.raft.Configuration;
import io.coord.raft.Entry;
import io.coord.raft.EntryId;
import io.coord.raft.HardState;
import io.coord.raft.LogWrite;
import io.coord.raft.MemberKey;
import io.coord.raft.Message;
import io.coord.raft.Role;
import io.coord.raft.SnapshotMeta;
import io.coord.state.StateRoot;
import io.coord.testkit.check.LogTree.Configured;
import io.coord.testkit.check.LogTree.Place;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Raft's safety, checked after every turn of every member against bookkeeping of its own: every log as written and as forced, every
 * term and vote as forced, every committed entry, from the first moment any member calls it committed.
 */
public final class RaftInvariants {

    /** A member as the checks know it. */
    private static final class Witnessed {
        final MemberId id;
        final LogImage written;
        final LogImage forced;
        long forcedTerm;
        @Nullable MemberKey forcedVote;
        MemberKey key;
        long heartbeatTerm;
        long heartbeatRound;
        long installing;
        /** What was asked of the disk and is not known to be on it, in order: {@link LogWrite} and {@link DiskTask.InstallSnapshot}. */
        final ArrayDeque<Object> asked = new ArrayDeque<>();

        Witnessed(MemberId id, LogTree tree) {
            this.id = id;
            this.key = MemberKey.first(id);
            this.written = new LogImage(tree, "member " + id);
            this.forced = new LogImage(tree, "the disk of member " + id);
        }
    }

    private final LogTree tree;
    private final Map<MemberId, Witnessed> members = new HashMap<>();
    private final List<Witnessed> inOrder = new ArrayList<>();
    private final Map<Long, MemberKey> leaders = new HashMap<>();
    private final Map<MemberId, Witnessed> leading = new HashMap<>();
    private final Map<MemberId, Long> leadingTerm = new HashMap<>();

    /** The committed log, from the origin on, and the term in which each entry was first called committed. */
    private final List<Place> canonical = new ArrayList<>();

    private final List<Long> committedIn = new ArrayList<>(List.of(0L));

    /** By index behind the origin: the digest that the first member to get there had, 0 for none yet. */
    private long[] digests = new long[1024];

    /** Disks that are gone, as they were last, under the key that nobody may act by any more (fault.M5). */
    private final Map<MemberKey, LogImage> lost = new HashMap<>();

    /** By term, for whom each key's vote was forced. */
    private final Map<Long, Map<MemberKey, MemberKey>> votes = new HashMap<>();

    private final Consumer<Entry> onCommitted;
    private long staleMessages;
    private long jointsLeft;
    private long takenIn;

    /**
     * Checks of an ensemble.
     *
     * @param ids whoever may ever be a member
     * @param initial whom the ensemble is formed of
     * @param onCommitted told of each entry of the canonical log, once, in order
     */
    public RaftInvariants(List<MemberId> ids, Configuration initial, Consumer<Entry> onCommitted) {
        this.tree = new LogTree(initial);
        canonical.add(tree.origin());
        for (MemberId id : ids) {
            Witnessed member = new Witnessed(id, tree);
            members.put(id, member);
            inOrder.add(member);
        }
        this.onCommitted = onCommitted;
    }

    /** The configuration committed last. */
    public Configuration configuration() {
        return canonical.get(canonical.size() - 1).configured.configuration();
    }

    /** The entry that brought the configuration committed last, or 0 for none. */
    public long configurationIndex() {
        long index = canonical.get(canonical.size() - 1).configured.index();
        return index == LogTree.ORIGIN ? 0 : index;
    }

    /** How many configurations of two sets of voters were left. */
    public long jointsLeft() {
        return jointsLeft;
    }

    /** How often a member was taken in. */
    public long takenIn() {
        return takenIn;
    }

    /** Every configuration that some member may take for the one in force: committed, or in a log behind that. */
    public List<Configuration> inPlay() {
        List<Configuration> inPlay = new ArrayList<>(List.of(configuration()));
        for (Witnessed member : inOrder) {
            for (LogImage log : List.of(member.written, member.forced)) {
                if (log.last().configured.index() > committedIndex()) {
                    inPlay.add(log.last().configured.configuration());
                }
            }
        }
        return inPlay;
    }

    /** Under which key a member goes. */
    public MemberKey key(MemberId id) {
        return member(id).key;
    }

    /** Whether the disk of this key is gone. */
    public boolean isLost(MemberKey key) {
        return lost.containsKey(key);
    }

    /** How many messages of earlier terms came, and were found to change nothing. */
    public long staleMessages() {
        return staleMessages;
    }

    /** How many terms had a leader. */
    public long elections() {
        return leaders.size();
    }

    /** The last index that any member called committed. */
    public long committedIndex() {
        return LogTree.ORIGIN + canonical.size() - 1;
    }

    private Place committed(long index) {
        return canonical.get((int) (index - LogTree.ORIGIN));
    }

    private Witnessed member(MemberId id) {
        return Objects.requireNonNull(members.get(id));
    }

    private static String hex(long index) {
        return Long.toHexString(index);
    }

    // ------------------------------------------------------------------------------------------------ disks

    /** A write is on the disk: so says the storage, in the order in which it was asked. */
    public void forced(MemberId id, LogWrite write) {
        Witnessed member = member(id);
        if (!(member.asked.poll() instanceof LogWrite first) || first.sequence() != write.sequence()) {
            throw new Violation("D-c", "the disk of member " + id + " reports write " + write.sequence() + " out of order");
        }
        if (write.hardState() != null) {
            voted(member, write.hardState().term(), write.hardState().vote());
        }
        if (!write.entries().isEmpty()) {
            long last = member.forced.lastIndex();
            long from = write.entries().get(0).index();
            boolean losesCommitted = from <= Math.min(committedIndex(), last) && member.forced.contains(committed(from));
            member.forced.write(write.entries());
            if (losesCommitted) {
                quorumHas(from, last);
            }
        }
    }

    private void quorumHas(long fromIndex, long toIndex) {
        for (long index = fromIndex; index <= Math.min(toIndex, committedIndex()); index++) {
            quorumHas(index);
        }
    }

    private void voted(Witnessed member, long term, @Nullable MemberKey vote) {
        boolean falls = term < member.forcedTerm;
        boolean changes = term == member.forcedTerm && member.forcedVote != null && !member.forcedVote.equals(vote);
        if (falls || changes) {
            throw new Violation("R9", "member " + member.id + " forced term " + term + " and vote " + vote + " after term "
                    + member.forcedTerm + " and vote " + member.forcedVote);
        }
        member.forcedTerm = term;
        member.forcedVote = vote;
        if (vote != null) {
            votes.computeIfAbsent(term, none -> new HashMap<>()).putIfAbsent(member.key, vote);
        }
    }

    /** The log on the disk starts behind a snapshot. */
    public void installed(MemberId id, SnapshotMeta meta, boolean keepSuffix) {
        Witnessed member = member(id);
        member.asked.poll();
        member.forced.startAt(committedAs("R13", id, meta), keepSuffix);
    }

    private Place committedAs(String invariant, MemberId id, SnapshotMeta meta) {
        EntryId last = meta.last();
        if (last.index() > committedIndex() || committed(last.index()).term != last.term()) {
            throw new Violation(invariant, "member " + id + " has a snapshot of " + last + ", but committed is "
                    + (last.index() > committedIndex() ? "less: " + hex(committedIndex()) : committed(last.index())));
        }
        return committed(last.index());
    }

    private void quorumHas(long index) {
        Place place = committed(index);
        Configuration configuration = configuration();
        if (!isForced(place, configuration)) {
            throw notForced(place, configuration);
        }
    }

    private static Violation notForced(Place place, Configuration configuration) {
        return new Violation("R7", place + " is committed, but not forced by a quorum of " + inWords(configuration));
    }

    private static String inWords(Configuration configuration) {
        return "voters " + configuration.voters() + (configuration.isJoint() ? " and " + configuration.outgoing() : "")
                + ", learners " + configuration.learners();
    }

    /** Whether each set of voters has an entry on a majority of disks, those counted that were lost with it (inv.R7, inv.R12). */
    private boolean isForced(Place place, Configuration configuration) {
        return isForced(place, configuration.voters())
                && (!configuration.isJoint() || isForced(place, configuration.outgoing()));
    }

    private boolean isForced(Place place, List<MemberKey> voters) {
        int copies = 0;
        for (int i = 0; i < voters.size(); i++) {
            MemberKey key = voters.get(i);
            Witnessed member = member(key.id());
            LogImage gone = lost.get(key);
            boolean has = gone != null ? gone.contains(place) : member.key.equals(key) && member.forced.contains(place);
            copies += has ? 1 : 0;
        }
        return 2 * copies > voters.size();
    }

    private static boolean isMajority(List<MemberKey> voters, Map<MemberKey, MemberKey> votes, MemberKey candidate) {
        int count = 0;
        for (MemberKey voter : voters) {
            count += candidate.equals(votes.get(voter)) ? 1 : 0;
        }
        return 2 * count > voters.size();
    }

    // ------------------------------------------------------------------------------------------------ starts and crashes

    /** A member's disk is gone: what is promised under its key is for nobody to keep (fault.M5). */
    public void wiped(MemberId id) {
        Witnessed member = member(id);
        lost.put(member.key, member.forced.copy());
        member.forced.clear();
        member.written.clear();
        member.asked.clear();
        member.forcedTerm = 0;
        member.forcedVote = null;
        member.key = MemberKey.first(id);
    }

    /** A member starts with what it found on its disk. */
    public void started(MemberKey key, RecoveredMember recovered, MemberView view) {
        Witnessed member = member(key.id());
        member.key = key;
        member.installing = 0;
        member.heartbeatTerm = 0;
        hardStateIsKept(member, recovered.hardState());
        if (recovered.damage() == null) {
            logIsKept(member, recovered);
        }
        member.asked.clear();
        member.written.become(member.forced);
        if (view.healing() == null) {
            bounds(member, view);
        }
    }

    /** Term and vote are those forced last, or those of a write that was on its way. */
    private void hardStateIsKept(Witnessed member, HardState found) {
        boolean isKept = found.term() == member.forcedTerm && Objects.equals(found.vote(), member.forcedVote);
        for (Object asked : member.asked) {
            isKept |= asked instanceof LogWrite write && found.equals(write.hardState());
        }
        if (!isKept) {
            throw new Violation("R9", "member " + member.id + " forced term " + member.forcedTerm + " and vote "
                    + member.forcedVote + ", but its disk has " + found);
        }
        voted(member, found.term(), found.vote());
    }

    /** The log is what was forced, and perhaps the first part of what was on its way (inv.D-b). */
    private void logIsKept(Witnessed member, RecoveredMember recovered) {
        LogImage found = new LogImage(tree, "the disk of member " + member.id);
        SnapshotMeta base = recovered.base();
        if (base != null) {
            found.startAt(committedAs("R13", member.id, base), false);
        }
        found.write(recovered.entries());
        if (found.last() != member.forced.last() && !isPartOfAsked(member, found.last())) {
            throw new Violation("D-b", "the disk of member " + member.id + " ends at " + found.last()
                    + ", but was forced up to " + member.forced.last() + ", and then asked for " + member.asked);
        }
        long before = member.forced.lastIndex();
        boolean isShorter = found.lastIndex() < before;
        member.forced.become(found);
        if (isShorter) {
            quorumHas(found.lastIndex() + 1, before);
        }
    }

    private boolean isPartOfAsked(Witnessed member, Place last) {
        for (Object asked : member.asked) {
            if (asked instanceof DiskTask.InstallSnapshot install && install.meta().last().equals(last.id())) {
                return true;
            }
            if (asked instanceof LogWrite write) {
                for (Entry entry : write.entries()) {
                    Place place = Objects.requireNonNull(tree.find(entry.index(), entry.term()));
                    if (place == last || place.parent == last) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /** A member stopped. */
    public void stopped(MemberId id) {
        leading.remove(id);
        leadingTerm.remove(id);
    }

    // ------------------------------------------------------------------------------------------------ turns

    /** A member made a turn. */
    public void turned(MemberId id, MemberView before, List<Input> inputs, Effects effects, MemberView after) {
        Witnessed member = member(id);
        if (after.left() != null) {
            left(member, effects, after);
            return;
        }
        boolean leads = before.role() == Role.LEADER && after.role() == Role.LEADER && before.term() == after.term();
        Place lastBefore = member.written.last();
        renewed(member, effects);
        for (DiskTask task : effects.tasks()) {
            if (task instanceof DiskTask.InstallSnapshot install) {
                installs(member, install, before);
                member.asked.add(install);
            }
        }
        for (LogWrite write : effects.writes()) {
            wrote(member, write, leads, before);
            member.asked.add(write);
        }
        monotone(member, before, after);
        if (after.healing() != null) {
            heals(member, effects);
            return;
        }
        bounds(member, after);
        if (after.role() == Role.LEADER) {
            leads(member, after, lastBefore.configured.configuration());
        } else if (!leading.isEmpty() && leading.remove(id) != null) {
            leadingTerm.remove(id);
        }
        if (after.commitIndex() != before.commitIndex()) {
            commits(member, leads, after, lastBefore.configured);
        }
        if (after.role() == Role.LEADER) {
            configures(member, effects, after);
        }
        for (PeerFrame frame : effects.messages()) {
            if (frame.message() instanceof PeerMessage.Consensus consensus) {
                sends(member, frame, consensus.message(), after);
            }
        }
        receives(inputs, before, effects, after);
    }

    /** Whoever may have forgotten what it promised is silent towards every quorum until it has healed (inv.R12). */
    private static void heals(Witnessed member, Effects effects) {
        for (PeerFrame frame : effects.messages()) {
            if (frame.message() instanceof PeerMessage.Consensus consensus
                    && (promises(consensus.message()) || consensus.message() instanceof Message.HeartbeatReply)) {
                throw new Violation("R12", "member " + member.key + " heals, but sends " + consensus.message());
            }
        }
    }

    /**
     * Nobody waits longer for having refused a vote, or for having been asked before an election: else a member that cannot win keeps
     * others from trying (inv.R17). To be called behind {@link #turned}, of the same turn.
     *
     * @param nowNanos the member's monotonic clock
     * @param dueNanos when it had to act, before the turn
     * @param nextNanos when it has to act, after it
     */
    public void waits(
            MemberId id, MemberView before, List<Input> inputs, MemberView after, long nowNanos, long dueNanos, long nextNanos) {
        boolean isFollower = before.role() == Role.FOLLOWER && after.role() == Role.FOLLOWER
                && before.healing() == null && after.healing() == null && after.left() == null;
        if (inputs.size() == 1
                && isFollower
                && before.term() == after.term()
                && dueNanos - nowNanos > 0
                && nextNanos - dueNanos > 0
                && inputs.get(0) instanceof Input.Received received
                && received.frame().message() instanceof PeerMessage.Consensus consensus
                && isOnlyAsked(member(id), received.frame().from(), consensus.message())) {
            throw new Violation("R17", "member " + id + " in term " + after.term() + " lets " + consensus.message()
                    + ", to which it gave no vote, put off what it is to do by " + (nextNanos - dueNanos) / 1_000 + " us");
        }
    }

    private static boolean isOnlyAsked(Witnessed member, MemberKey from, Message message) {
        if (!(message instanceof Message.RequestVote)) {
            return message instanceof Message.PreVote;
        }
        MemberKey vote = member.forcedTerm == message.term() ? member.forcedVote : null;
        for (Object asked : member.asked) {
            if (asked instanceof LogWrite write && write.hardState() != null && write.hardState().term() == message.term()) {
                vote = write.hardState().vote();
            }
        }
        return !from.equals(vote);
    }

    /** Whoever leaves says, writes and promises nothing any more (fault.D10). */
    private void left(Witnessed member, Effects effects, MemberView after) {
        stopped(member.id);
        boolean acts = !effects.writes().isEmpty()
                || effects.messages().stream().anyMatch(frame -> frame.message() instanceof PeerMessage.Consensus consensus
                        && !(consensus.message() instanceof Message.SnapshotChunk)); // of a snapshot read before the disk failed
        if (acts) {
            throw new Violation("D-c", "member " + member.id + " has left (" + after.left() + "), but still acts: " + effects);
        }
    }

    private void wrote(Witnessed member, LogWrite write, boolean leads, MemberView before) {
        if (write.entries().isEmpty()) {
            return;
        }
        long from = write.entries().get(0).index();
        if (from <= member.written.lastIndex()) {
            if (leads) {
                throw new Violation("R2", "leader " + member.id + " of term " + before.term() + " replaces its log from "
                        + hex(from) + " on");
            }
            if (from <= before.commitIndex()) {
                throw new Violation("R14", "member " + member.id + " replaces its log from " + hex(from)
                        + " on, but knows " + hex(before.commitIndex()) + " as committed");
            }
        }
        member.written.write(write.entries());
    }

    private void installs(Witnessed member, DiskTask.InstallSnapshot install, MemberView before) {
        long index = install.meta().last().index();
        boolean replaces = before.healing() != null; // a state that is not the others', perhaps at that very index
        if (replaces ? index < before.commitIndex() : index <= before.commitIndex()) {
            throw new Violation("R13", "member " + member.id + " installs a snapshot of " + install.meta().last()
                    + ", but knows " + hex(before.commitIndex()) + " as committed");
        }
        member.written.startAt(committedAs("R13", member.id, install.meta()), install.keepSuffix());
        member.installing = index;
    }

    /** What the key before had promised is not this one's to keep. */
    private void renewed(Witnessed member, Effects effects) {
        for (MemberEvent event : effects.events()) {
            if (event instanceof MemberEvent.Renewed renewed) {
                member.key = renewed.key();
            }
        }
    }

    /** One change at a time, of voter sets that overlap, behind an entry of the leader's own; who has no vote leads no more (inv.R11). */
    private void configures(Witnessed member, Effects effects, MemberView after) {
        Configured last = member.written.last().configured;
        boolean isCommitted = last.index() <= after.commitIndex();
        if (isCommitted && !last.configuration().isVoter(member.key)) {
            throw new Violation("R12", "member " + member.key + " leads term " + after.term() + " though " + hex(last.index())
                    + " is committed, by which the members are " + inWords(last.configuration()));
        }
        for (LogWrite write : effects.writes()) {
            for (Entry entry : write.entries()) {
                if (entry.payload() instanceof ConfigPayload config && entry.term() == after.term()) {
                    configures(member, entry, config.configuration(), after);
                }
            }
        }
    }

    private void configures(Witnessed member, Entry entry, Configuration next, MemberView after) {
        Configured before = member.written.at(entry.index() - 1).configured;
        boolean isOwnCommitted = after.commitIndex() < entry.index()
                && member.written.at(after.commitIndex()).term == after.term()
                || after.commitIndex() >= entry.index();
        if (!isOwnCommitted || before.index() > after.commitIndex()) {
            throw new Violation("R11", "leader " + member.key + " changes the members at " + hex(entry.index()) + ", but committed are "
                    + hex(after.commitIndex()) + ", and the change before is " + hex(before.index()));
        }
        Configuration present = before.configuration();
        boolean isStep = present.isJoint()
                ? !next.isJoint() && next.voters().equals(present.voters())
                : next.isJoint() ? next.outgoing().equals(present.voters()) : next.voters().equals(present.voters());
        if (!isStep || next.voters().isEmpty()) {
            throw new Violation("R11", "leader " + member.key + " goes at " + hex(entry.index()) + " from " + inWords(present) + " to "
                    + inWords(next) + " in one step");
        }
    }

    private void monotone(Witnessed member, MemberView before, MemberView after) {
        if (after.term() < before.term()) {
            throw new Violation("R9", "the term of member " + member.id + " falls from " + before.term() + " to " + after.term());
        }
        if (after.commitIndex() < before.commitIndex() || after.appliedIndex() < before.appliedIndex()) {
            throw new Violation("R10", "member " + member.id + " goes back from " + hex(before.commitIndex()) + " committed, "
                    + hex(before.appliedIndex()) + " applied to " + hex(after.commitIndex()) + ", " + hex(after.appliedIndex()));
        }
    }

    private void bounds(Witnessed member, MemberView view) {
        long applied = view.appliedIndex();
        if (applied > view.commitIndex() || view.commitIndex() > view.lastIndex()) {
            throw new Violation("R10", "member " + member.id + " has applied " + hex(applied) + ", committed "
                    + hex(view.commitIndex()) + ", last " + hex(view.lastIndex()));
        }
        if (view.lastIndex() != member.written.lastIndex()) {
            throw new Violation("R3", "member " + member.id + " says its log ends at " + hex(view.lastIndex())
                    + ", but it wrote up to " + member.written.last());
        }
        if (view.durableIndex() > member.forced.lastIndex() && view.durableIndex() > member.installing) {
            throw new Violation("D-d", "member " + member.id + " takes " + hex(view.durableIndex())
                    + " for forced, but its disk ends at " + member.forced.last());
        }
        if (applied > member.installing) {
            Place place = member.written.at(applied);
            if (!member.forced.contains(place)) {
                throw new Violation("D-d", "member " + member.id + " has applied " + place + ", which is not on its disk (rule.20)");
            }
        }
    }

    private void commits(Witnessed member, boolean leads, MemberView after, Configured before) {
        long commit = after.commitIndex();
        if (leads && member.written.at(commit).term != after.term()) {
            throw new Violation("R6", "leader " + member.id + " of term " + after.term() + " commits up to "
                    + member.written.at(commit) + ", by counting copies of another term's entry");
        }
        long known = committedIndex();
        long common = Math.min(commit, known);
        if (member.written.at(common) != committed(common)) {
            throw new Violation("R5", "member " + member.id + " takes " + member.written.at(common)
                    + " for committed, but " + committed(common) + " is");
        }
        for (long index = known + 1; index <= commit; index++) {
            commit(member.written.at(index), after.term(), before, member.written.last().configured);
        }
    }

    /**
     * The first to call an entry committed is a leader, which counts the voters of the last configuration in its log: that of before the
     * turn, and, behind the entry that brought that, one that it appended within the turn.
     */
    private void commit(Place place, long term, Configured before, Configured after) {
        canonical.add(place);
        committedIn.add(term);
        boolean isOfLater = place.index > before.index() && isForced(place, after.configuration());
        if (!isForced(place, before.configuration()) && !isOfLater) {
            throw notForced(place, before.configuration());
        }
        for (Map.Entry<MemberId, Long> leader : leadingTerm.entrySet()) {
            if (leader.getValue() > term && !member(leader.getKey()).written.contains(place)) {
                throw new Violation("R4", place + " is committed in term " + term + ", but not in the log of member "
                        + leader.getKey() + ", leader of term " + leader.getValue());
            }
        }
        if (place.configured.index() == place.index) {
            configured(Objects.requireNonNull(place.parent).configured.configuration(), place.configured.configuration());
        }
        onCommitted.accept(Objects.requireNonNull(place.entry));
    }

    private void configured(Configuration before, Configuration now) {
        jointsLeft += before.isJoint() && !now.isJoint() ? 1 : 0;
        for (MemberKey learner : now.learners()) {
            takenIn += before.contains(learner) ? 0 : 1;
        }
    }

    private void leads(Witnessed member, MemberView view, Configuration voters) {
        Long known = leadingTerm.get(member.id);
        if (known != null && known == view.term()) {
            return;
        }
        MemberKey other = leaders.putIfAbsent(view.term(), member.key);
        if (other != null && !other.equals(member.key)) {
            throw new Violation("R1", "term " + view.term() + " has two leaders: " + other + " and " + member.key);
        }
        if (other != null) {
            throw new Violation("R1", "member " + member.key + " becomes leader of term " + view.term() + " again");
        }
        Map<MemberKey, MemberKey> granted = votes.getOrDefault(view.term(), Map.of());
        boolean isElected = isMajority(voters.voters(), granted, member.key)
                && (!voters.isJoint() || isMajority(voters.outgoing(), granted, member.key));
        if (!isElected) {
            throw new Violation("R12", "member " + member.key + " leads term " + view.term() + " by the votes " + granted
                    + ", no quorum of " + inWords(voters));
        }
        leading.put(member.id, member);
        leadingTerm.put(member.id, view.term());
        complete(member, view.term());
    }

    /** Leader completeness: what was committed in an earlier term is in the log of a later one's leader. */
    private void complete(Witnessed member, long term) {
        int last = canonical.size() - 1;
        while (committedIn.get(last) >= term) {
            last--;
        }
        if (!member.written.contains(canonical.get(last))) {
            throw new Violation("R4", "member " + member.id + " leads term " + term + " without " + canonical.get(last)
                    + ", committed in term " + committedIn.get(last));
        }
    }

    // ------------------------------------------------------------------------------------------------ messages

    private void sends(Witnessed member, PeerFrame frame, Message message, MemberView after) {
        if (lost.containsKey(frame.from()) && promises(message)) {
            throw new Violation("R12", "member " + frame.from() + " sends " + message + ", but its disk was lost (fault.M5)");
        }
        if (message instanceof Message.PreVote || message instanceof Message.PreVoteReply) {
            return;
        }
        if (message.term() > member.forcedTerm) {
            throw new Violation("R8", "member " + member.id + " sends " + message + ", but its disk is in term "
                    + member.forcedTerm);
        }
        if (message instanceof Message.Appended appended) {
            acknowledges(member, appended);
        } else if (message instanceof Message.VoteReply reply && reply.granted()) {
            votes(member, reply.term(), frame.to());
        } else if (message instanceof Message.RequestVote request) {
            votes(member, request.term(), member.id);
        } else if (message instanceof Message.Heartbeat heartbeat) {
            beats(member, heartbeat);
        } else if (message instanceof Message.Append append) {
            appends(member, append);
        } else if (message instanceof Message.SnapshotReply reply && reply.installed()) {
            received(member, reply);
        }
    }

    private static boolean promises(Message message) {
        return message instanceof Message.Appended
                || message instanceof Message.RequestVote
                || message instanceof Message.VoteReply reply && reply.granted()
                || message instanceof Message.PreVoteReply preVote && preVote.granted();
    }

    private void votes(Witnessed member, long term, MemberId candidate) {
        MemberKey vote = member.forcedVote;
        if (member.forcedTerm != term || vote == null || !vote.id().equals(candidate)) {
            throw new Violation("R8", "member " + member.id + " votes for " + candidate + " in term " + term
                    + ", but its disk has term " + member.forcedTerm + " and vote " + vote);
        }
    }

    private void acknowledges(Witnessed member, Message.Appended appended) {
        if (!member.forced.has(appended.match())) {
            throw new Violation("R8", "member " + member.id + " acknowledges " + hex(appended.match())
                    + ", but its disk ends at " + member.forced.last() + " (inv.R14)");
        }
        MemberKey leader = leaders.get(appended.term());
        if (leader != null && Objects.equals(leadingTerm.get(leader.id()), appended.term())) {
            LogImage log = member(leader.id()).written;
            Place place = member.forced.at(appended.match());
            if (!log.contains(place)) {
                throw new Violation("R14", "member " + member.id + " acknowledges " + place + " to leader " + leader
                        + " of term " + appended.term() + ", whose log has " + (log.has(place.index) ? log.at(place.index) : "less"));
            }
        }
    }

    private void beats(Witnessed member, Message.Heartbeat heartbeat) {
        boolean sameTerm = member.heartbeatTerm == heartbeat.term();
        if (sameTerm && heartbeat.round() < member.heartbeatRound) {
            throw new Violation("R15", "leader " + member.id + " of term " + heartbeat.term() + " sends round "
                    + heartbeat.round() + " after round " + member.heartbeatRound);
        }
        member.heartbeatTerm = heartbeat.term();
        member.heartbeatRound = heartbeat.round();
    }

    private void appends(Witnessed member, Message.Append append) {
        EntryId previous = append.previous();
        if (previous.index() > LogTree.ORIGIN && previous.term() == 0) {
            throw new Violation("R14", "member " + member.id + " sends " + hex(previous.index()) + " as the previous entry, without a term");
        }
        if (member.written.has(previous.index()) && member.written.at(previous.index()).term != previous.term()) {
            throw new Violation("R14", "member " + member.id + " sends " + previous + " as the previous entry, but its log has "
                    + member.written.at(previous.index()));
        }
        if (append.commit() > committedIndex()) {
            throw new Violation("R6", "member " + member.id + " sends " + hex(append.commit()) + " as committed, but "
                    + hex(committedIndex()) + " is");
        }
    }

    private void received(Witnessed member, Message.SnapshotReply reply) {
        if (!member.forced.has(reply.snapshotIndex())) {
            throw new Violation("R8", "member " + member.id + " says that it installed " + hex(reply.snapshotIndex())
                    + ", but its disk ends at " + member.forced.last());
        }
    }

    // ------------------------------------------------------------------------------------------------ what inputs may do

    private void receives(List<Input> inputs, MemberView before, Effects effects, MemberView after) {
        if (before.healing() != null) {
            return;
        }
        for (MemberEvent event : effects.events()) {
            if (event instanceof MemberEvent.Renewed || event instanceof MemberEvent.Formed) {
                return; // it was another when they came
            }
        }
        for (Input input : inputs) {
            if (input instanceof Input.Received received
                    && received.frame().message() instanceof PeerMessage.Consensus consensus
                    && isHeard(received.frame(), before)) {
                heard(received.frame(), consensus.message(), before, after);
            }
        }
        if (inputs.size() == 1
                && inputs.get(0) instanceof Input.Received received
                && received.frame().message() instanceof PeerMessage.Consensus consensus) {
            heardAlone(consensus.message(), before, effects, after);
        }
    }

    private boolean isHeard(PeerFrame frame, MemberView before) {
        long incarnation = member(before.self()).key.incarnation();
        return before.left() == null
                && before.clusterId() != 0
                && frame.clusterId() == before.clusterId()
                && (frame.toIncarnation() == 0 || frame.toIncarnation() == incarnation)
                && before.configuration().contains(frame.from())
                && !isOutdated(before.configuration(), frame.from());
    }

    /** Whoever is known by a later disk is not listened to under an earlier one. */
    private static boolean isOutdated(Configuration configuration, MemberKey key) {
        return isOutdated(configuration.voters(), key)
                || isOutdated(configuration.outgoing(), key)
                || isOutdated(configuration.learners(), key);
    }

    private static boolean isOutdated(List<MemberKey> known, MemberKey key) {
        for (int i = 0; i < known.size(); i++) {
            if (known.get(i).id().equals(key.id()) && known.get(i).incarnation() > key.incarnation()) {
                return true;
            }
        }
        return false;
    }

    /** Whoever learns of a higher term from a leader or by an answer is in it afterwards (the family of peer.B45). */
    private void heard(PeerFrame frame, Message message, MemberView before, MemberView after) {
        boolean binds = message instanceof Message.Appended
                || message instanceof Message.AppendRejected
                || message instanceof Message.HeartbeatReply
                || message instanceof Message.SnapshotReply
                || message instanceof Message.VoteReply
                || message instanceof Message.Append
                || message instanceof Message.Heartbeat
                || message instanceof Message.SnapshotChunk
                || message instanceof Message.PreVoteReply reply && !reply.granted();
        if (binds && after.left() == null && after.term() < message.term()) {
            throw new Violation("R18", "member " + before.self() + " heard " + message + " from " + frame.from()
                    + ", but stays in term " + after.term());
        }
    }

    /** A message of an earlier term changes nothing; nor does a pre-vote (inv.R17, inv.R18). */
    private void heardAlone(Message message, MemberView before, Effects effects, MemberView after) {
        boolean stale = message.term() < before.term() && !(message instanceof Message.Propose)
                && !(message instanceof Message.ReadRequest);
        boolean preVote = message instanceof Message.PreVote;
        staleMessages += stale ? 1 : 0;
        boolean timedOut = after.term() != before.term() || after.role() != before.role() || before.role() == Role.LEADER;
        if (!stale && !preVote) {
            return;
        }
        // An only voter campaigns at its start: its first write tells of that, and of no entry.
        boolean writes = effects.writes().stream().anyMatch(write -> write.sequence() > 1 || !write.entries().isEmpty());
        if (after.commitIndex() != before.commitIndex() || !timedOut && writes) {
            throw new Violation(stale ? "R18" : "R17", "member " + before.self() + " in term " + before.term() + " lets "
                    + message + " change its log, vote or commit");
        }
    }

    // ------------------------------------------------------------------------------------------------ states

    /** A member shows a state. */
    public void published(MemberId id, StateRoot root) {
        int at = (int) (root.index() - LogTree.ORIGIN);
        if (at >= digests.length) {
            digests = Arrays.copyOf(digests, Math.max(at + 1, 2 * digests.length));
        }
        long digest = root.digest() == 0 ? 1 : root.digest();
        if (digests[at] == 0) {
            digests[at] = digest;
        } else if (digests[at] != digest) {
            throw new Violation("T1", "member " + id + " has digest " + hex(digest) + " at " + hex(root.index())
                    + ", where another has " + hex(digests[at]));
        }
    }
}
