package io.coord.runtime;

import io.coord.CoordException;
import io.coord.ErrorCode;
import io.coord.Identity;
import io.coord.UnavailableException;
import io.coord.WatchEvent;
import io.coord.member.Delivery;
import io.coord.member.Failure;
import io.coord.member.Input;
import io.coord.runtime.SessionHome.Submission;
import io.coord.state.WatchTable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A session's unanswered requests in the order they were made, and the member they are asked of. The member's inbox sees them in this
 * order, at every member anew: that is what makes a write keep its number when the session moves.
 */
final class RequestLine {

    private final LocalSession session;
    private final boolean moves;
    private final int lengthMax;
    private final ArrayDeque<Call<?>> calls = new ArrayDeque<>();
    private volatile int length;
    private volatile @Nullable Link link;
    /** Whether new requests are asked at once: the member has attached the session. */
    private boolean asking;
    private boolean closed;
    private long answeredWrites;
    private List<Identity> identities;
    /** All that concerns the session up to here is in its queue: where its watches at the next member are compared from. */
    private long seenZxid;
    /** Events in the queue of a turn that may have more of them, the member's still or that of the one before. */
    private final List<WatchEvent> untilTurnEnds = new ArrayList<>();
    /** Those that were in the queue, of such a turn, when the session left the member: the next will tell them again. */
    private final List<WatchEvent> toldBefore = new ArrayList<>();

    RequestLine(LocalSession session, boolean moves, int lengthMax, List<Identity> identities) {
        this.session = session;
        this.moves = moves;
        this.lengthMax = lengthMax;
        this.identities = identities;
    }

    int length() {
        return length;
    }

    /** The member the session is attached to, or on its way to, or had last. */
    @Nullable Link link() {
        return link;
    }

    /** How many of the session's writes have answers that count: their outcomes may be forgotten (rule.4). */
    synchronized long answeredWrites() {
        return answeredWrites;
    }

    /** Who the session is to the member it is attached to: what a next member has to be told, since it is not asked again. */
    synchronized List<Identity> identities() {
        return identities;
    }

    /** Adds a request, and asks it if there is a member to ask; or says why not. */
    synchronized @Nullable CoordException enter(Call<?> call, long nowNanos) {
        if (closed) {
            return session.endedAlready();
        }
        if (calls.size() >= lengthMax && !call.makesRoom) {
            return new UnavailableException(ErrorCode.OVERLOADED.message(session + " has " + calls.size()
                    + " unanswered requests, the limit (maxOutstandingPerSession). Wait for some before asking more."));
        }
        call.askedNanos = nowNanos;
        calls.add(call);
        length = calls.size();
        Link link = this.link;
        if (asking && link != null) {
            Input input = input(call, link);
            submitted(call, link, call.makesRoom ? link.home.resubmit(input) : link.home.submit(input));
        } else if (!moves) {
            refuse(call, new UnavailableException("the session is not open yet"));
        }
        return null;
    }

    /** Adds the removal of a watch that nobody listens to any more, unless somebody who will is about to add the same: it would take theirs. */
    synchronized @Nullable CoordException enterRemoval(Call.LastingWatch watch, Call<?> removal, long nowNanos) {
        boolean isBeingAdded =
                calls.stream().anyMatch(call -> watch.equals(call.adds) && !call.settled && call.refusal == null);
        return isBeingAdded ? null : enter(removal, nowNanos);
    }

    private <R> Input input(Call<R> call, Link link) {
        return call.asking.input(session.id(), new Call.Attempt<>(session, call, link));
    }

    private void submitted(Call<?> call, Link link, Submission submission) {
        if (submission == Submission.OVERLOADED) {
            refuse(call, new UnavailableException(ErrorCode.OVERLOADED.message("member " + link.home.member()
                    + " has as many unanswered requests as it takes (maxOutstanding). Ask another member, or later.")));
        } else if (submission == Submission.CLOSED) {
            asking = false;
            if (!moves) {
                refuse(call, new UnavailableException(ErrorCode.MEMBER_CLOSED.message(
                        "member " + link.home.member() + " is closed. Open a session at another member.")));
            }
        }
    }

    /** Adds a request that the door refuses, so that it is answered in its turn; or says why not even that. */
    synchronized @Nullable CoordException enterRefused(Call<?> call, CoordException refusal) {
        if (closed) {
            return session.endedAlready();
        }
        calls.add(call);
        length = calls.size();
        refuse(call, refusal);
        return null;
    }

    private static void refuse(Call<?> call, CoordException refusal) {
        call.refusal = refusal;
        call.answered = true;
    }

    /** Attaches the session elsewhere; says how many of its writes it has answers for. What comes over an earlier link counts no more. */
    synchronized long moveTo(Link next) {
        link = next;
        asking = false;
        toldBefore.addAll(untilTurnEnds);
        untilTurnEnds.clear();
        return answeredWrites;
    }

    /** Takes an event; false if it does not count: it came over an earlier link, or was told by the member before. */
    synchronized boolean told(Link over, WatchEvent event) {
        if (over != link) {
            return false;
        }
        if (event.zxid() != WatchTable.NO_ZXID) {
            untilTurnEnds.add(event);
        }
        return !toldBefore.remove(event);
    }

    /** A turn of the member is over: of the entries whose events it told there are no more. */
    synchronized void turnEnded(Link over) {
        if (over == link && !untilTurnEnds.isEmpty()) {
            seenZxid = Math.max(seenZxid, untilTurnEnds.get(untilTurnEnds.size() - 1).zxid());
            untilTurnEnds.clear();
        }
    }

    /** The member has told what it was to tell again. */
    synchronized void rewatched(Link over) {
        if (over == link) {
            toldBefore.clear();
        }
    }

    /** Up to where the session was told of everything. */
    synchronized long seenZxid() {
        return seenZxid;
    }

    /** The session is attached: asks what is unanswered, in order. Says whether the member took it all. */
    synchronized boolean attached(Link by) {
        if (by != link || closed) {
            return true;
        }
        asking = true;
        for (Call<?> call : calls) {
            if (!call.answered && by.home.resubmit(input(call, by)) == Submission.CLOSED) {
                asking = false;
                return false;
            }
        }
        return true;
    }

    /**
     * Takes an answer; false if it does not count: it came over an earlier link, or will be asked for elsewhere. So is all that is answered
     * over a link that is lost: what the member failed before it has its answer still to come.
     */
    synchronized boolean answered(Call<?> call, Link over, Delivery delivery) {
        boolean failed = delivery instanceof Delivery.Failed;
        boolean isUnanswered = delivery instanceof Delivery.Failed failure
                && failure.failure() != Failure.SESSION_ENDED
                && failure.failure() != Failure.REFUSED;
        boolean asksElsewhere = moves && !closed && call.kind != Call.Kind.OPEN && (isUnanswered || over.isLost());
        if (over != link || asksElsewhere) {
            return false;
        }
        call.answered = true;
        if (call.kind != Call.Kind.OPEN && delivery instanceof Delivery.Answered<?> answered) {
            seenZxid = Math.max(seenZxid, answered.zxid()); // events come before the answer that shows them (rule.2)
        }
        if (call.kind == Call.Kind.WRITE && !failed) {
            answeredWrites++;
        }
        if (call.identities != null && !failed) {
            identities = call.identities;
        }
        return true;
    }

    /** An answer is about to be told: it no longer stands in the way of others. Returns those that the door refuses behind it. */
    synchronized List<Call<?>> settle(Call<?> call) {
        call.answered = true;
        call.settled = true;
        return settleRefused();
    }

    /** Takes out those at the head that the door refuses, and those that are told. */
    synchronized List<Call<?>> settleRefused() {
        List<Call<?>> refused = List.of();
        for (Call<?> head = calls.peek(); head != null && (head.settled || head.refusal != null); head = calls.peek()) {
            calls.poll();
            if (head.refusal != null) {
                refused = refused.isEmpty() ? new ArrayList<>() : refused;
                refused.add(head);
            }
        }
        length = calls.size();
        return refused;
    }

    /** Those asked before a moment, whose callers are to be told that it takes too long; each is returned once. */
    synchronized List<Call<?>> overdue(long askedBeforeNanos) {
        List<Call<?>> overdue = List.of();
        for (Call<?> call : calls) {
            if (call.askedNanos - askedBeforeNanos > 0) {
                break;
            }
            if (!call.answered && !call.givenUp) {
                call.givenUp = true;
                overdue = overdue.isEmpty() ? new ArrayList<>() : overdue;
                overdue.add(call);
            }
        }
        return overdue;
    }

    /** Takes no more; returns what is unanswered. */
    synchronized List<Call<?>> close() {
        closed = true;
        List<Call<?>> left = new ArrayList<>(calls);
        calls.clear();
        length = 0;
        return left;
    }
}
