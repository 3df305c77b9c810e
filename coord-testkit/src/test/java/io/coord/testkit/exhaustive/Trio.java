package io.coord.testkit.exhaustive;

import io.coord.Bytes;
import io.coord.MemberId;
import io.coord.raft.CommandPayload;
import io.coord.raft.Configuration;
import io.coord.raft.Entry;
import io.coord.raft.EntryId;
import io.coord.raft.Envelope;
import io.coord.raft.HardState;
import io.coord.raft.LogWrite;
import io.coord.raft.MemberKey;
import io.coord.raft.Message;
import io.coord.raft.PeerProgress;
import io.coord.raft.Raft;
import io.coord.raft.RaftConfig;
import io.coord.raft.RaftEffects;
import io.coord.raft.Role;
import io.coord.raft.SnapshotMeta;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Three members of the real code, of which one step at a time is taken: a message delivered, a write forced, an election begun, a command
 * proposed, a member crashed. Time stands still; what a timer would do is a step of its own.
 */
final class Trio {

    static final int MEMBERS = 3;
    private static final long ORIGIN = EntryId.ORIGIN.index();
    private static final long NOW = 1_000_000_000L;
    private static final int TERMS_MAX = 2;
    private static final int COMMANDS_MAX = 2;

    private static final List<MemberKey> KEYS = List.of(
            MemberKey.first(MemberId.of(1)), MemberKey.first(MemberId.of(2)), MemberKey.first(MemberId.of(3)));
    private static final SnapshotMeta START = SnapshotMeta.origin(Configuration.ofVoters(KEYS));

    private record Command(long number) implements CommandPayload {
        @Override
        public Bytes bytes() {
            return Bytes.utf8("command " + number);
        }

        @Override
        public int sizeBytes() {
            return 16;
        }
    }

    private static final class Box {
        Raft raft;
        final ArrayDeque<LogWrite> asked = new ArrayDeque<>();
        HardState hardState = HardState.INITIAL;
        final ArrayList<Entry> disk = new ArrayList<>();
        long heard;

        Box(Raft raft) {
            this.raft = raft;
        }

        void force(LogWrite write) {
            if (write.hardState() != null) {
                hardState = write.hardState();
            }
            if (!write.entries().isEmpty()) {
                int from = (int) (write.entries().get(0).index() - ORIGIN - 1);
                disk.subList(from, disk.size()).clear();
                disk.addAll(write.entries());
            }
        }
    }

    private final Box[] boxes = new Box[MEMBERS];
    private final List<Envelope> network = new ArrayList<>();
    private int commands;
    private int crashes;
    /** By term, the member that led it. */
    private final int[] leaders = new int[TERMS_MAX + 2];
    /** By place in the log, the term of the entry once committed. */
    private final long[] committed = new long[16];

    Trio() {
        for (int i = 0; i < MEMBERS; i++) {
            boxes[i] = new Box(raft(i, HardState.INITIAL, List.of()));
        }
        for (int i = 0; i < MEMBERS; i++) {
            settle(i);
        }
    }

    /** Member 1 leads term 1, and both others know; a command is on its way. */
    static Trio led() {
        Trio trio = new Trio();
        trio.campaign(0);
        trio.quieten();
        trio.propose(0);
        return trio;
    }

    private void quieten() {
        boolean again = true;
        while (again) {
            again = false;
            while (!network.isEmpty()) {
                again |= take(0);
            }
            for (int member = 0; member < MEMBERS; member++) {
                again |= force(member);
            }
        }
    }

    private static Raft raft(int member, HardState hardState, List<Entry> entries) {
        return new Raft(RaftConfig.DEFAULT, KEYS.get(member), hardState, START, entries, member + 1, NOW, true);
    }

    // ---- steps

    /** How many steps there are to choose from, at most: not all of them do something. */
    int choices() {
        return network.size() + 4 * MEMBERS;
    }

    /**
     * Takes a step.
     *
     * @return whether it did anything
     */
    boolean take(int choice) {
        if (choice < network.size()) {
            Envelope envelope = network.remove(choice);
            int to = envelope.to().id().value() - 1;
            boxes[to].heard = boxes[to].heard * 31 + envelope.from().id().value() * 7 + kind(envelope.message());
            boxes[to].raft.receive(envelope);
            settle(to);
            return true;
        }
        int member = (choice - network.size()) % MEMBERS;
        return switch ((choice - network.size()) / MEMBERS) {
            case 0 -> force(member);
            case 1 -> campaign(member);
            case 2 -> propose(member);
            default -> crash(member);
        };
    }

    /** Only votes leave what no view shows. */
    private static int kind(Message message) {
        return message instanceof Message.VoteReply || message instanceof Message.PreVoteReply ? 1 + (int) message.term() : 0;
    }

    private boolean force(int member) {
        Box box = boxes[member];
        LogWrite write = box.asked.poll();
        if (write == null) {
            return false;
        }
        box.force(write);
        box.raft.persisted(write.sequence());
        settle(member);
        return true;
    }

    private boolean campaign(int member) {
        Raft raft = boxes[member].raft;
        if (raft.term() >= TERMS_MAX || raft.role() != Role.FOLLOWER) {
            return false;
        }
        raft.peerLost(MemberId.of(1 + (member + 1) % MEMBERS));
        raft.campaign("its timer rang");
        settle(member);
        return true;
    }

    private boolean propose(int member) {
        Raft raft = boxes[member].raft;
        if (commands >= COMMANDS_MAX || raft.role() != Role.LEADER) {
            return false;
        }
        raft.propose(List.of(new Command(++commands)));
        settle(member);
        return true;
    }

    /** What was not forced is gone. */
    private boolean crash(int member) {
        if (crashes > 0) {
            return false;
        }
        crashes++;
        Box box = boxes[member];
        box.asked.clear();
        box.heard = 0;
        box.raft = raft(member, box.hardState, List.copyOf(box.disk));
        settle(member);
        return true;
    }

    private void settle(int member) {
        Box box = boxes[member];
        box.raft.clock(NOW, 0);
        for (RaftEffects effects = box.raft.drain(); !effects.isEmpty(); effects = box.raft.drain()) {
            network.addAll(effects.messages());
            box.asked.addAll(effects.writes());
        }
        check(member);
    }

    // ---- what must hold

    private void check(int member) {
        Raft raft = boxes[member].raft;
        int term = (int) raft.term();
        if (raft.role() == Role.LEADER) {
            require(leaders[term] == 0 || leaders[term] == member + 1, "inv.R1: term " + term + " has two leaders");
            leaders[term] = member + 1;
            for (int i = 0; committed[i] != 0; i++) {
                boolean earlier = committed[i] < term;
                require(!earlier || raft.termAt(ORIGIN + 1 + i) == committed[i], "inv.R4: the leader of term " + term + " lacks entry " + i);
            }
        }
        require(raft.commitIndex() <= raft.lastIndex(), "inv.R10: committed beyond the log");
        for (long index = ORIGIN + 1; index <= raft.commitIndex(); index++) {
            int at = (int) (index - ORIGIN - 1);
            long is = raft.termAt(index);
            require(committed[at] == 0 || committed[at] == is, "inv.R5: two entries are committed at " + at);
            if (committed[at] == 0) {
                committed[at] = is;
                require(2 * copies(at, is) > MEMBERS, "inv.R7: entry " + at + " of term " + is + " is committed, but not forced on a majority");
            }
        }
        for (Box other : boxes) {
            if (other != null && other.raft != raft) {
                matches(raft, other.raft);
            }
        }
    }

    private int copies(int at, long term) {
        int copies = 0;
        for (Box box : boxes) {
            copies += box.disk.size() > at && box.disk.get(at).term() == term ? 1 : 0;
        }
        return copies;
    }

    /** Equal index and term mean equal logs up to there (inv.R3). */
    private static void matches(Raft one, Raft other) {
        boolean equal = false;
        for (long index = Math.min(one.lastIndex(), other.lastIndex()); index > ORIGIN; index--) {
            boolean same = one.termAt(index) == other.termAt(index);
            require(same || !equal, "inv.R3: logs differ below an equal entry");
            require(!same || one.entry(index).payload().equals(other.entry(index).payload()), "inv.R3: one entry, two contents");
            equal |= same;
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    // ---- the state, as far as it can be seen

    long fingerprint() {
        long hash = 17L * commands + crashes;
        for (Box box : boxes) {
            Raft raft = box.raft;
            hash = mixed(hash, raft.role().ordinal() + 8 * raft.term());
            hash = mixed(hash, of(raft.leader()) + 8L * of(raft.hardState().vote()));
            hash = mixed(hash, raft.commitIndex() * 31 + raft.durableIndex());
            for (long index = ORIGIN + 1; index <= raft.lastIndex(); index++) {
                hash = mixed(hash, raft.termAt(index) * 131 + raft.entry(index).payload().hashCode());
            }
            hash = mixed(hash, box.hardState.term() * 64 + of(box.hardState.vote()) * 8L + box.disk.size());
            for (Entry entry : box.disk) {
                hash = mixed(hash, entry.term());
            }
            for (LogWrite write : box.asked) {
                hash = mixed(hash, write.entries().size() + (write.hardState() == null ? 0 : 99));
            }
            for (PeerProgress peer : raft.progress()) {
                hash = mixed(hash, peer.match() * 31 + peer.next() + peer.state().ordinal());
            }
            hash = mixed(hash, raft.role() == Role.CANDIDATE || raft.role() == Role.PRE_CANDIDATE ? box.heard : 0);
        }
        long[] messages = network.stream()
                .mapToLong(envelope -> mixed(envelope.from().id().value() * 8L + envelope.to().id().value(), envelope.message().hashCode()))
                .toArray();
        Arrays.sort(messages);
        for (long message : messages) {
            hash = mixed(hash, message);
        }
        return hash;
    }

    private static int of(@Nullable MemberKey key) {
        return key == null ? 0 : key.id().value();
    }

    private static long mixed(long hash, long value) {
        long mixed = (hash ^ value) * 0xBF58_476D_1CE4_E5B9L;
        return mixed ^ mixed >>> 29;
    }
}
