package io.coord.testkit.check;

import io.coord.Bytes;
import io.coord.MemberId;
import io.coord.member.CommandCodec;
import io.coord.member.Delivery;
import io.coord.member.Effects;
import io.coord.member.Input;
import io.coord.member.MemberView;
import io.coord.member.PeerMessage;
import io.coord.raft.CommandPayload;
import io.coord.raft.Entry;
import io.coord.raft.LogWrite;
import io.coord.state.Command;
import io.coord.state.StateRoot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/**
 * Whether each end of a session was justified (inv.Z7, fault.C1, fault.C2): only a leader asks for it, in its own term, and only when its
 * own clock says that it has heard nothing of the session for the session's timeout, counted from the last report, the session's last
 * attach or the beginning of its leadership, whichever was last, or else from the end of its first pause since; how long it paused again
 * after that is not silence (rule.15). Nobody but the leader ever proposes it. And whether a session is over, for the member it is attached
 * to, before its end is applied anywhere: whoever holds something by it would hold it beside the next (rule.16).
 */
final class LeaseInvariants {

    private static final long NEVER = Long.MIN_VALUE;

    /** A time in which a member was not run. */
    private record Pause(long endNanos, long nanos) {}

    /** What one member can know as a leader, on its own clock. */
    private static final class Watcher {
        final Map<Long, Long> heardNanos = new HashMap<>();
        final Set<Long> ordered = new HashSet<>();
        /** By index, the sessions that an entry not applied yet attaches anew: the lease begins when it is. */
        final TreeMap<Long, Long> attaching = new TreeMap<>();
        /** Since its leadership began. */
        final List<Pause> pauses = new ArrayList<>();
        long sinceNanos = NEVER;
        long lastTurnNanos = NEVER;
        boolean leads;

        long silentNanos(long session, long nowNanos) {
            long from = heardNanos.getOrDefault(session, sinceNanos);
            boolean hasPaused = false;
            long pausedAgain = 0;
            for (Pause pause : pauses) {
                if (hasPaused) {
                    pausedAgain += pause.nanos;
                } else if (pause.endNanos - from > 0) {
                    hasPaused = true;
                    from = pause.endNanos;
                }
            }
            return nowNanos - from - pausedAgain;
        }
    }

    private final Map<MemberId, Watcher> watchers = new HashMap<>();
    private final Map<Long, Long> timeoutMillis = new HashMap<>();
    /** Of every session that anybody ever asked to open; a command may be in the log more than once, and only the first counts. */
    private final Map<Long, Bytes> passwords = new HashMap<>();
    private final Set<Long> nonces = new HashSet<>();
    /** Until when each member calls the sessions connected that are attached to it, on its own clock. */
    private final Map<MemberId, Map<Long, Long>> validUntilNanos = new HashMap<>();
    /** When some member's clock jumped last, on each one's own. */
    private final Map<MemberId, Long> jumpedNanos = new HashMap<>();
    /** Sessions whose end by a leader is in some log, by the first index where it is, and is applied nowhere. */
    private final Map<Long, Long> ending = new HashMap<>();
    private final Set<Long> ended = new HashSet<>();
    /** Sessions whose end somebody asked for: no lease keeps them. */
    private final Set<Long> given = new HashSet<>();
    private final CommandCodec codec;
    private final long electionTimeoutNanos;
    private final ToLongFunction<MemberId> clocks;

    LeaseInvariants(List<MemberId> members, CommandCodec codec, long electionTimeoutNanos, ToLongFunction<MemberId> clocks) {
        members.forEach(id -> watchers.put(id, new Watcher()));
        this.codec = codec;
        this.electionTimeoutNanos = electionTimeoutNanos;
        this.clocks = clocks;
    }

    /** A member's monotonic clock jumped: what was vouched for by what was said before holds no more (rule.16 is for rates that differ by less than 10 %). */
    void clockJumped() {
        validUntilNanos.clear();
        watchers.keySet().forEach(member -> jumpedNanos.put(member, clocks.applyAsLong(member)));
    }

    /** A member runs no more, and nobody's session is attached to it. */
    void stopped(MemberId id) {
        validUntilNanos.remove(id);
    }

    void turned(MemberId id, long nowNanos, MemberView before, List<Input> inputs, Effects effects, MemberView after) {
        Watcher watcher = watchers.computeIfAbsent(id, added -> new Watcher());
        if (watcher.lastTurnNanos != NEVER && nowNanos - watcher.lastTurnNanos > electionTimeoutNanos) {
            watcher.pauses.add(new Pause(nowNanos, nowNanos - watcher.lastTurnNanos));
        }
        watcher.lastTurnNanos = nowNanos;
        boolean begins = after.established() && !(watcher.leads && before.established() && before.term() == after.term());
        if (begins) {
            watcher.heardNanos.clear();
            watcher.ordered.clear();
            watcher.attaching.clear();
            watcher.pauses.clear();
            watcher.sinceNanos = nowNanos;
        }
        watcher.leads = after.established();
        for (Input input : inputs) {
            if (input instanceof Input.Received received
                    && received.frame().message() instanceof PeerMessage.LeaseReport report
                    && received.frame().clusterId() == before.clusterId()) {
                report.sessions().forEach(session -> watcher.heardNanos.put(session, nowNanos));
            } else if (input instanceof Input.Expire expire) {
                watcher.ordered.add(expire.session());
                given.add(expire.session());
            }
        }
        while (!watcher.attaching.isEmpty() && watcher.attaching.firstKey() <= after.appliedIndex()) {
            watcher.heardNanos.put(watcher.attaching.pollFirstEntry().getValue(), nowNanos);
        }
        for (LogWrite write : effects.writes()) {
            for (Entry entry : write.entries()) {
                if (entry.payload() instanceof CommandPayload payload) {
                    written(id, watcher, nowNanos, entry, codec.command(payload), after);
                }
            }
        }
        for (Delivery delivery : effects.deliveries()) {
            if (delivery instanceof Delivery.Answered<?> answered && answered.value() instanceof io.coord.member.SessionGrant grant) {
                timeoutMillis.put(grant.session(), (long) grant.timeoutMillis());
            }
            leased(id, delivery);
        }
        if (effects.root() != null) {
            applied(effects.root());
        }
    }

    private void leased(MemberId id, Delivery delivery) {
        if (delivery instanceof Delivery.Answered<?>) {
            return;
        }
        Map<Long, Long> leases = validUntilNanos.computeIfAbsent(id, first -> new HashMap<>());
        if (delivery instanceof Delivery.Renewed renewed) {
            if (isOfBeforeAJump(id, renewed)) {
                leases.remove(renewed.session());
                return;
            }
            leases.put(renewed.session(), renewed.validUntilNanos());
            if (ended.contains(renewed.session())) {
                requireOver(id, renewed.session());
            }
        } else if (delivery instanceof Delivery.Suspended suspended) {
            leases.remove(suspended.session());
        } else if (delivery instanceof Delivery.Ended over) {
            leases.remove(over.session());
        } else if (delivery instanceof Delivery.Moved moved) {
            leases.remove(moved.session());
        }
    }

    private boolean isOfBeforeAJump(MemberId id, Delivery.Renewed renewed) {
        Long jumped = jumpedNanos.get(id);
        long askedNanos = renewed.validUntilNanos() - timeoutMillis.getOrDefault(renewed.session(), 0L) * 1_000_000 / 3 * 2;
        return jumped != null && askedNanos - jumped <= 0;
    }

    private void applied(StateRoot root) {
        for (var each = ending.entrySet().iterator(); each.hasNext(); ) {
            Map.Entry<Long, Long> end = each.next();
            long session = end.getKey();
            if (root.index() < end.getValue()) {
                continue;
            }
            each.remove(); // it has happened, or was void
            if (root.session(session).isEmpty() && !given.contains(session) && ended.add(session)) {
                validUntilNanos.keySet().forEach(member -> requireOver(member, session));
            }
        }
    }

    private void requireOver(MemberId member, long session) {
        Long until = validUntilNanos.getOrDefault(member, Map.of()).get(session);
        long left = until == null ? 0 : until - clocks.applyAsLong(member);
        if (left > 0) {
            throw new Violation("Z7", "session 0x" + Long.toHexString(session) + " has been ended, but member " + member
                    + " calls it connected, for another " + left / 1_000_000 + " ms (rule.16)");
        }
    }

    private void written(MemberId id, Watcher watcher, long nowNanos, Entry entry, Command command, MemberView after) {
        if (command instanceof Command.Attach attach) {
            boolean isOwners = attach.passwordHash().equals(passwords.get(attach.session()));
            if (isOwners && nonces.add(attach.nonce())) {
                watcher.attaching.put(entry.index(), attach.session());
            }
        } else if (command instanceof Command.OpenSession open) {
            if (passwords.putIfAbsent(open.session(), open.passwordHash()) == null) {
                watcher.heardNanos.put(open.session(), nowNanos);
            }
        } else if (command instanceof Command.CloseSession close) {
            given.add(close.session());
        } else if (command instanceof Command.ExpireSession expire) {
            ending.merge(expire.session(), entry.index(), Math::min);
            expires(id, watcher, nowNanos, entry, expire, after);
        }
    }

    /** Seen on the leader that appends it, and on those it reaches: the latter must find it in a log of the term it names. */
    private void expires(
            MemberId id, Watcher watcher, long nowNanos, Entry entry, Command.ExpireSession expire, MemberView after) {
        if (expire.term() != entry.term()) {
            throw new Violation("Z7", "the end of session 0x" + Long.toHexString(expire.session()) + " was asked for in term "
                    + expire.term() + ", but is an entry of term " + entry.term() + ": somebody forwarded it (rule.15)");
        }
        Long timeout = timeoutMillis.get(expire.session());
        boolean isOwn = watcher.leads && after.term() == entry.term() && id.equals(after.leader());
        if (!isOwn || timeout == null || watcher.ordered.contains(expire.session())) {
            return;
        }
        long silent = watcher.silentNanos(expire.session(), nowNanos);
        if (silent < timeout * 1_000_000) {
            throw new Violation("Z7", "leader " + id + " ends session 0x" + Long.toHexString(expire.session()) + " after "
                    + silent / 1_000_000 + " ms of silence, but its timeout is " + timeout + " ms");
        }
    }
}
