package io.coord.member;

import io.coord.ErrorCode;
import io.coord.Identity;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.RejectedException;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import io.coord.member.HostedSession.Pending;
import io.coord.member.HostedSession.PendingRead;
import io.coord.member.HostedSession.PendingWrite;
import io.coord.member.Openings.Opening;
import io.coord.raft.CommandPayload;
import io.coord.raft.Proposal;
import io.coord.state.Acls;
import io.coord.state.Applied;
import io.coord.state.Change;
import io.coord.state.ChangeHistory;
import io.coord.state.Command;
import io.coord.state.CoordState;
import io.coord.state.Reader;
import io.coord.state.Reply;
import io.coord.state.SessionView;
import io.coord.state.StateRoot;
import io.coord.state.WatchTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The sessions attached to this member: their requests in order, their numbers, their answers, their watches.
 *
 * <p>A request becomes a numbered command when it is proposed; what was proposed is proposed again, with the same number, until its
 * entry is applied here, however many leaders come and go. The replicated session table makes that harmless (rules 4 to 6).
 */
final class SessionHost {

    /** What the host needs of the member around it. */
    interface Surroundings {
        Proposal propose(CommandPayload payload);

        void askReadIndex(long readId);

        /** Whether a proposal handed over now stays in this member's own log, and so needs no repetition while it leads. */
        boolean leads();

        boolean serving();

        /** Whether there is a leader that was heard lately. */
        boolean hasLeader();

        long term();

        /** Whether no quorum is there, and those who would only read are told so. */
        boolean withoutQuorum();

        /** Why no writes are taken, for longer than it takes to hand leadership over; null if they are. */
        @Nullable String refusalOfWrites();
    }

    /** For how long a session that only reads is vouched for at a time: it ends when the quorum is back, not before. */
    private static final long READ_ONLY_LEASE_NANOS = 3_600_000_000_000L;

    private static final long RESEND_MAX_NANOS = 5_000_000_000L;

    /** Characters of the paths that a session watches, whatever their number; or, if that is more, so many for each that it may watch. */
    private static final long WATCHED_CHARS = 4 << 20;

    private static final int WATCHED_CHARS_EACH = 128;

    private static final String COME_AGAIN = "there is no quorum; whoever only reads may come again";

    private final MemberSetup setup;
    private final Surroundings surroundings;
    private final Outbox outbox;
    private final WatchTable watches = new WatchTable();
    private final SplittableRandom random;
    private final long resendNanos;

    private final Map<Long, HostedSession> sessions = new LinkedHashMap<>();
    private final Openings openings = new Openings();
    private final List<Input.Request> waitingForService = new ArrayList<>();
    private final Map<Long, HostedSession> readers = new LinkedHashMap<>();
    private final Map<Long, HostedSession> barred = new LinkedHashMap<>();
    private final Map<Long, PendingRead> reads = new LinkedHashMap<>();
    private final List<Long> readsToAskAgain = new ArrayList<>();

    private final ChangeHistory history;
    private final LocalSessions locals = new LocalSessions();
    /** Who wants a local session, by the read that is to show that a quorum is there. */
    private final Map<Long, Input.Request> localOpenings = new LinkedHashMap<>();
    /** The local session whose write, or upgrade, has this nonce. */
    private final Map<Long, HostedSession> localWrites = new LinkedHashMap<>();

    private CoordState state;
    private long nowNanos;
    private long wallMillis;
    private long nextReadId;
    private long lastSessionId;
    private long nextResendNanos;
    private boolean resendArmed;

    SessionHost(
            MemberSetup setup,
            Surroundings surroundings,
            Outbox outbox,
            CoordState state,
            long firstReadId,
            SplittableRandom random) {
        this.setup = setup;
        this.surroundings = surroundings;
        this.outbox = outbox;
        this.state = state;
        this.history = new ChangeHistory(setup.watchHistory(), state.appliedIndex());
        this.nextReadId = firstReadId;
        this.random = random;
        this.resendNanos = setup.raft().electionTimeoutNanos();
    }

    /** The state begins, before anybody is served. */
    void begins(CoordState initial) {
        state = initial;
    }

    void clock(long nanos, long millis) {
        nowNanos = nanos;
        wallMillis = millis;
    }

    int size() {
        return sessions.size();
    }

    /** What they watch. */
    WatchTable.Counts watched() {
        return watches.counts();
    }

    /** What each of them watches: a copy. */
    Map<Long, List<String>> watchedPaths() {
        return watches.paths();
    }

    Iterable<HostedSession> hosted() {
        return sessions.values();
    }

    // ------------------------------------------------------------------------------------------------ requests

    void request(Input.Request request) {
        if (request instanceof Input.Write<?> write) {
            write(write);
        } else if (request instanceof Input.Read<?> read) {
            enqueueRead(read.session(), read, read.caller());
        } else if (request instanceof Input.Touch touch) {
            for (long session : touch.sessions()) {
                touch(session);
            }
        } else if (request instanceof Input.Sync sync) {
            enqueueRead(sync.session(), sync, sync.caller());
        } else if (request instanceof Input.AddWatch add) {
            enqueueRead(add.session(), add, add.caller());
        } else if (request instanceof Input.CheckWatch check) {
            enqueueRead(check.session(), check, check.caller());
        } else if (request instanceof Input.RemoveWatch remove) {
            enqueueRead(remove.session(), remove, remove.caller());
        } else if (request instanceof Input.SetWatches set) {
            enqueueRead(set.session(), set, set.caller());
        } else if (request instanceof Input.Identify identify) {
            enqueueRead(identify.session(), identify, identify.caller());
        } else if (request instanceof Input.Close close) {
            close(close);
        } else if (request instanceof Input.Detach detach) {
            detach(detach.session());
        } else if (request instanceof Input.Withdraw withdraw) {
            withdraw(withdraw);
        } else {
            openOrResume(request);
        }
    }

    private void touch(long session) {
        HostedSession hosted = sessions.get(session);
        if (hosted != null) {
            hosted.touched = true;
        }
        locals.touch(session, nowNanos);
    }

    private @Nullable HostedSession hostedFor(long session, Caller<?> caller) {
        HostedSession hosted = sessions.get(session);
        if (hosted == null || hosted.closing) {
            boolean over = hosted != null || state.root().session(session).isEmpty();
            outbox.deliver(new Delivery.Failed(
                    caller,
                    over ? Failure.SESSION_ENDED : Failure.SESSION_MOVED,
                    "session 0x" + Long.toHexString(session)
                            + (over ? " has ended" : " is not attached to member " + setup.self())));
            return null;
        }
        return hosted;
    }

    private void write(Input.Write<?> write) {
        HostedSession session = hostedFor(write.session(), write.caller());
        if (session == null) {
            return;
        }
        String refusal = surroundings.refusalOfWrites();
        if (session.readOnly) {
            refuseReadOnly(session, write.caller());
        } else if (refusal != null && session.queue.isEmpty() && !isAppliedBefore(session)) { // behind others it waits as they do
            session.touched = true;
            outbox.deliver(new Delivery.Failed(write.caller(), Failure.REFUSED, refusal));
        } else {
            enqueueWrite(session, new PendingWrite(write.caller(), write.operation(), write.answeredWrites()));
        }
    }

    /** Whether what the session asks next was applied under an earlier attach: it keeps its number, or the next write would take it (rule.5). */
    private boolean isAppliedBefore(HostedSession session) {
        return !session.local && state.root().session(session.id).orElseThrow().lastNumber() >= session.nextNumber;
    }

    private void close(Input.Close close) {
        HostedSession session = hostedFor(close.session(), close.caller());
        if (session != null && session.readOnly) {
            closed(close.caller());
            endLocal(session, false, "session 0x" + Long.toHexString(session.id) + " was closed");
        } else if (session != null) {
            session.closing = true;
            enqueueWrite(session, new PendingWrite(close.caller(), null, -1));
        }
    }

    /** What only reads has nothing unanswered, so that every answer is given in its turn. */
    private void refuseReadOnly(HostedSession session, Caller<?> caller) {
        locals.touch(session.id, nowNanos);
        outbox.deliver(new Delivery.Refused(
                caller,
                new Outcome.Refused(Refusal.NOT_READ_ONLY, "", "member " + setup.self()
                        + " has no quorum and only serves reads, of what it knew last. Connect to another member, or wait"),
                state.appliedIndex()));
    }

    private void enqueueWrite(HostedSession session, PendingWrite write) {
        session.touched = true;
        session.queue.add(write);
        if (session.local) {
            advanceLocal(session);
            return;
        }
        session.held++;
        if (session.barriers == 0) {
            propose(session, write);
        }
    }

    private void enqueueRead(long id, Input.Request request, Caller<?> caller) {
        HostedSession session = hostedFor(id, caller);
        if (session == null) {
            return;
        }
        session.touched = true;
        if (session.readOnly && PendingRead.isBarrier(request)) {
            refuseReadOnly(session, caller);
            return;
        }
        if (session.suspended && !(request instanceof Input.Identify)) {
            outbox.deliver(new Delivery.Failed(caller, Failure.UNAVAILABLE, suspendedReason(session)));
            return;
        }
        PendingRead read = new PendingRead(request, PendingRead.isBarrier(request));
        session.queue.add(read);
        if (read.isBarrier()) {
            session.barriers++;
            barred.put(session.id, session);
            confirm(session, read);
        } else if (session.queue.size() == 1) {
            advance(session);
        }
    }

    private void confirm(HostedSession session, PendingRead read) {
        long readId = nextReadId++;
        reads.put(readId, read);
        readers.put(readId, session);
        surroundings.askReadIndex(readId);
    }

    private static String suspendedReason(HostedSession session) {
        return "session 0x" + Long.toHexString(session.id)
                + " is suspended: its lease could not be renewed with the leader in time; it may resume or expire";
    }

    /** Numbers and proposes a held write, and any others that follow without a barrier between. */
    private void propose(HostedSession session, PendingWrite write) {
        write.number = session.nextNumber++;
        session.held--;
        Command command = write.operation == null
                ? new Command.CloseSession(session.id, session.attach, write.number)
                : new Command.Submit(
                        session.id,
                        session.attach,
                        write.number,
                        write.answeredWrites < 0 ? session.answered : write.answeredWrites,
                        session.reader.identities(),
                        write.operation);
        write.payload = setup.codec().payload(command);
        hand(session, write);
    }

    private void hand(HostedSession session, PendingWrite write) {
        if (session.resendAfterNanos == 0) {
            session.resendAfterNanos = resendNanos;
        }
        session.proposedNanos = nowNanos;
        armResend();
        if (!session.stalled) {
            Proposal answer = surroundings.propose(Objects.requireNonNull(write.payload));
            session.stalled = isRefused(answer);
        }
    }

    private static boolean isRefused(Proposal answer) {
        return answer == Proposal.NO_LEADER || answer == Proposal.OVERLOADED;
    }

    private void propose(Opening opening) {
        opening.proposedNanos = nowNanos;
        opening.stalled = isRefused(surroundings.propose(opening.payload));
        if (!opening.isTaken) {
            opening.takenNanos = nowNanos;
            opening.isTaken = !opening.stalled;
        }
    }

    private void proposeHeld(HostedSession session) {
        for (Pending pending : session.queue) {
            if (pending instanceof PendingRead read && read.isBarrier()) {
                return;
            }
            if (pending instanceof PendingWrite write && write.number == 0) {
                propose(session, write);
            }
        }
    }

    // ------------------------------------------------------------------------------------------------ opening

    private void openOrResume(Input.Request request) {
        if (!surroundings.serving()) {
            waitingForService.add(request);
        } else if (surroundings.withoutQuorum() && termsOf(request).mayReadOnly()) {
            openReadOnly(request);
        } else if (isLocal(request)) {
            askForLocal(request);
        } else if (request instanceof Input.Open open) {
            long nonce = random.nextLong();
            Command command = new Command.OpenSession(
                    nextSessionId(), open.passwordHash(), granted(open.timeoutMillis()), setup.self(), nonce);
            begin(new Opening(
                    open.caller(), command, nonce, open.selfAlive(), open.identities(), 0, open.terms(),
                    setup.codec().payload(command)));
        } else if (request instanceof Input.Resume resume) {
            locals.remove(resume.session()); // its upgrade was decided after its owner had gone
            long nonce = random.nextLong();
            Command command = new Command.Attach(
                    resume.session(), resume.passwordHash(), granted(resume.timeoutMillis()), setup.self(), nonce);
            begin(new Opening(
                    resume.caller(),
                    command,
                    nonce,
                    resume.selfAlive(),
                    resume.identities(),
                    resume.answeredWrites(),
                    resume.terms(),
                    setup.codec().payload(command)));
        }
    }

    private boolean isLocal(Input.Request request) {
        return request instanceof Input.Open open && open.terms().isLocal()
                || request instanceof Input.Resume resume && locals.find(resume.session()) != null
                        && state.root().session(resume.session()).isEmpty();
    }

    /** No entry shows that a quorum is there, so that it is asked for its word: without one the session would write, and could not. */
    private void askForLocal(Input.Request request) {
        if (!surroundings.hasLeader()) {
            refuseOpening(request, "there is no leader now; one is elected, or the quorum is lost");
            return;
        }
        long readId = nextReadId++;
        localOpenings.put(readId, request);
        surroundings.askReadIndex(readId);
    }

    private void openOrResumeLocal(Input.Request request) {
        if (request instanceof Input.Open open) {
            openLocal(open, false);
        } else if (!isLocal(request)) {
            openOrResume(request); // it has become one of the ensemble's meanwhile
        } else if (request instanceof Input.Resume resume && !resumeLocal(resume, false)) {
            outbox.deliver(new Delivery.Failed(
                    resume.caller(), Failure.SESSION_ENDED, "the password is not that of session 0x" + Long.toHexString(resume.session())));
        }
    }

    private void refuseOpening(Input.Request request, String reason) {
        outbox.deliver(new Delivery.Failed(openerOf(request), Failure.UNAVAILABLE, reason));
    }

    private static SessionTerms termsOf(Input.Request request) {
        if (request instanceof Input.Open open) {
            return open.terms();
        }
        return request instanceof Input.Resume resume ? resume.terms() : SessionTerms.OF_ENSEMBLE;
    }

    private int granted(int timeoutMillis) {
        return Math.max(setup.minSessionTimeoutMillis(), Math.min(timeoutMillis, setup.maxSessionTimeoutMillis()));
    }

    /** Ids look like ZooKeeper's (zk.S2) and only grow, whatever the wall clock does (rule.15). */
    private long nextSessionId() {
        long member = (long) setup.self().value() << 56;
        long byClock = member | (wallMillis & 0xFF_FFFF_FFFFL) << 16;
        long mask = 0x00FF_FFFF_FFFF_FFFFL;
        long highest = state.root().highestSession(setup.self()).orElse(0) & mask;
        long next = Math.max(byClock & mask, Math.max(highest, lastSessionId & mask) + 1);
        lastSessionId = member | next;
        return lastSessionId;
    }

    private void begin(Opening opening) {
        String refusal = surroundings.refusalOfWrites();
        if (refusal != null) {
            outbox.deliver(new Delivery.Failed(opening.caller, Failure.UNAVAILABLE, refusal));
            return;
        }
        Opening earlier = openings.add(opening);
        if (earlier != null) {
            outbox.deliver(new Delivery.Failed(earlier.caller, Failure.UNAVAILABLE, "the session's owner has asked again"));
        }
        opening.resendAfterNanos = resendNanos;
        armResend();
        propose(opening);
    }

    /**
     * Nobody waits any more for what was asked to be opened or attached. What was taken may be in the log, or on its way there, or dropped
     * by a leader without room: if it comes to be applied, the session has no owner and expires. Only who would close it gets its answer.
     */
    private void withdraw(Input.Withdraw withdraw) {
        Caller<SessionGrant> caller = withdraw.caller();
        boolean isUnasked = waitingForService.removeIf(request -> openerOf(request) == caller);
        isUnasked |= localOpenings.values().removeIf(request -> openerOf(request) == caller);
        if (isUnasked) {
            failGivenUp(caller);
        }
        Opening opening = openings.of(caller);
        boolean isOfUse = opening != null && opening.isTaken && !withdraw.hasGone();
        Opening forgotten = opening == null ? null : isOfUse ? openings.giveUp(opening) : openings.remove(opening.nonce);
        if (forgotten != null) {
            failGivenUp(forgotten.caller);
        }
    }

    private void failGivenUp(Caller<SessionGrant> caller) {
        outbox.deliver(new Delivery.Failed(caller, Failure.UNAVAILABLE, "it was given up before it was known to be done"));
    }

    /** The member serves from now on: those who waited may open. */
    void served() {
        List<Input.Request> waiting = List.copyOf(waitingForService);
        waitingForService.clear();
        waiting.forEach(this::openOrResume);
    }

    // ------------------------------------------------------------------------------------------------ sessions of this member alone

    private void openLocal(Input.Open open, boolean onlyReads) {
        int timeoutMillis = granted(open.timeoutMillis());
        hostLocal(locals.open(nextSessionId(), open, timeoutMillis, onlyReads, nowNanos), open.caller(), open.identities(), onlyReads);
    }

    /** Hosts a session of this member alone again, if the password is its own; says whether it did. */
    private boolean resumeLocal(Input.Resume resume, boolean onlyReads) {
        if (state.root().session(resume.session()).isPresent()) {
            locals.remove(resume.session()); // its upgrade was decided after its owner had gone
            return false;
        }
        LocalSessions.Local known =
                locals.resume(resume.session(), resume.passwordHash(), granted(resume.timeoutMillis()), nowNanos);
        if (known != null) {
            hostLocal(known, resume.caller(), resume.identities(), onlyReads);
        }
        return known != null;
    }

    private void hostLocal(LocalSessions.Local local, Caller<SessionGrant> caller, List<Identity> identities, boolean onlyReads) {
        HostedSession before = sessions.get(local.id);
        if (before != null) {
            leave(before, Failure.SESSION_MOVED, "the session was attached again");
            outbox.deliver(new Delivery.Moved(before.id));
        }
        HostedSession session = new HostedSession(local.id, 0, local.timeoutMillis(), false, identities, 0);
        session.local = true;
        session.readOnly = onlyReads;
        session.validUntilNanos = nowNanos + (onlyReads ? READ_ONLY_LEASE_NANOS : leaseNanos(session));
        sessions.put(session.id, session);
        outbox.deliver(new Delivery.Answered<>(
                caller,
                new SessionGrant(session.id, 0, session.timeoutMillis, state.appliedIndex(), onlyReads),
                state.appliedIndex()));
        outbox.deliver(new Delivery.Renewed(session.id, session.validUntilNanos, false));
    }

    /** What only reads, without a quorum. The ensemble's sessions cannot be resumed, and one unknown here may be one of those (zk.RO3). */
    private void openReadOnly(Input.Request request) {
        if (request instanceof Input.Open open) {
            openLocal(open, true);
        } else if (request instanceof Input.Resume resume && !resumeLocal(resume, true)) {
            outbox.deliver(new Delivery.Failed(resume.caller(), Failure.UNAVAILABLE, "session 0x"
                    + Long.toHexString(resume.session()) + " is none of those that member " + setup.self()
                    + " serves without a quorum; it cannot be resumed before there is one (zk.RO3)"));
        }
    }

    /**
     * Proposes what is first in the session's queue, if it is a write, and nothing behind it before that is answered: no table would
     * tell that it was done, so that it is proposed once (rule.8), and what follows must not overtake it.
     */
    private void advanceLocal(HostedSession session) {
        if (!(session.queue.peek() instanceof PendingWrite write) || write.number != 0) {
            return;
        }
        if (write.operation == null) {
            session.queue.poll();
            closed(write.caller);
            endLocal(session, false, "session 0x" + Long.toHexString(session.id) + " was closed");
            return;
        }
        LocalSessions.Local local = locals.find(session.id);
        if (local == null || !surroundings.hasLeader()) {
            part(session, Failure.UNAVAILABLE, "there is no leader to write to");
            return;
        }
        write.number = 1;
        session.localNonce = random.nextLong();
        localWrites.put(session.localNonce, session);
        Command command = local.terms.isUpgradable() && needsUpgrade(write.operation)
                ? new Command.UpgradeSession(
                        session.id, local.passwordHash, session.timeoutMillis, setup.self(), session.localNonce, surroundings.term())
                : new Command.SubmitLocal(setup.self(), session.localNonce, session.reader.identities(), write.operation);
        Proposal answer = surroundings.propose(setup.codec().payload(command));
        if (isRefused(answer)) {
            part(session, Failure.UNAVAILABLE, "the leader takes no writes now");
        }
    }

    private static boolean needsUpgrade(Operation.Write<?> write) {
        return write instanceof Operation.Reconfigure
                || write instanceof Operation.Create create && create.mode().isEphemeral()
                || write instanceof Operation.Multi multi
                        && multi.steps().stream().anyMatch(step -> step instanceof Operation.Create create && create.mode().isEphemeral());
    }

    private void localWritten(Reply.LocalWritten written) {
        HostedSession session = written.member().equals(setup.self()) ? localWrites.remove(written.nonce()) : null;
        if (session != null && session.queue.poll() instanceof PendingWrite write) {
            answer(write.caller, written.outcome());
            advance(session);
        }
    }

    /** The session is one of the ensemble from now on, and writes like any other. */
    private void upgraded(HostedSession session, long attach) {
        locals.remove(session.id);
        session.local = false;
        session.attach = attach;
        session.held = 0;
        for (Pending pending : session.queue) {
            if (pending instanceof PendingWrite write) {
                write.number = 0;
                session.held++;
            }
        }
        proposeHeld(session);
    }

    /** Its owner is parted from, and may come back to it. */
    private void part(HostedSession session, Failure failure, String reason) {
        outbox.deliver(new Delivery.Suspended(session.id, reason));
        leave(session, failure, reason);
    }

    private void endLocal(HostedSession session, boolean expired, String reason) {
        locals.remove(session.id);
        leave(session, Failure.SESSION_ENDED, reason);
        outbox.deliver(new Delivery.Ended(session.id, expired, reason));
    }

    /** Those who wait for a session, and would take one that only reads, ask anew and get it. */
    void quorumLost() {
        for (Opening opening : List.copyOf(openings.all())) {
            if (opening.terms.mayReadOnly()) {
                openings.remove(opening.nonce);
                outbox.deliver(new Delivery.Failed(opening.caller, Failure.UNAVAILABLE, COME_AGAIN));
            }
        }
        localOpenings.values().forEach(request -> refuseOpening(request, COME_AGAIN));
        localOpenings.clear();
    }

    /** What only reads ends, so that its owner opens a session that writes (rule.19). */
    void quorumBack() {
        for (HostedSession session : List.copyOf(sessions.values())) {
            LocalSessions.Local local = session.readOnly ? locals.find(session.id) : null;
            if (local != null && local.onlyReads) {
                endLocal(session, true, "session 0x" + Long.toHexString(session.id) + " only read; the quorum is back");
            } else if (local != null) {
                part(session, Failure.UNAVAILABLE, "the quorum is back: the session writes again");
            }
        }
        locals.endReading();
    }

    private void tickLocals() {
        for (long id : locals.lapsed(nowNanos)) {
            HostedSession session = sessions.get(id);
            if (session != null) {
                endLocal(session, true, ErrorCode.SESSION_EXPIRED.message("session 0x" + Long.toHexString(id)
                        + " expired: nothing was heard of it for its timeout of " + session.timeoutMillis + " ms. Open a new one."));
            }
        }
    }

    int localCount() {
        return locals.count();
    }

    // ------------------------------------------------------------------------------------------------ applying

    /** Tells the watches what an entry changed; before its reply (rule.2). */
    void changed(List<Change> changes) {
        for (Change change : changes) {
            history.add(change);
            watches.match(change, this::fire);
        }
    }

    private void fire(long session, WatchEvent event, List<io.coord.Acl> acl) {
        HostedSession hosted = sessions.get(session);
        if (hosted != null && maySee(acl, hosted)) {
            outbox.deliver(new Delivery.Fired(session, event));
        }
    }

    private boolean maySee(List<io.coord.Acl> acl, HostedSession session) {
        return state.settings().skipAcl() || Acls.allows(acl, io.coord.Acl.READ, session.reader.identities());
    }

    void replied(Applied applied) {
        Reply reply = applied.reply();
        if (reply instanceof Reply.Written written) {
            written(written);
        } else if (reply instanceof Reply.LocalWritten written) {
            localWritten(written);
        } else if (reply instanceof Reply.Gap gap) {
            gap(gap);
        } else if (reply instanceof Reply.Attached attached) {
            attached(attached);
        } else if (reply instanceof Reply.AttachRefused refused) {
            attachRefused(refused);
        } else if (reply instanceof Reply.Ended ended) {
            ended(ended);
        } else if (reply instanceof Reply.Stale stale) {
            stale(stale);
        }
    }

    /**
     * A write was applied. What the session wrote before it was applied, too, perhaps under an earlier attach or inside a snapshot: if
     * its own reply has not come by here, it is answered from the table (rule.4). So is, when it is asked for again, a change of members
     * that was asked for under an earlier attach and is settled before (rule.25).
     */
    private void written(Reply.Written written) {
        HostedSession session = sessions.get(written.session());
        boolean isAskedFor = session != null
                && session.attach == written.attach()
                && written.number() > session.answered
                && written.number() < session.nextNumber;
        if (session != null && isAskedFor) {
            StateRoot root = state.root();
            long applied = root.session(session.id).orElseThrow().lastNumber();
            answerThrough(session, Math.max(written.number(), Math.min(session.nextNumber - 1, applied)), root);
        }
    }

    private void answerThrough(HostedSession session, long number, StateRoot root) {
        SessionView table = root.session(session.id).orElseThrow();
        while (session.queue.peek() instanceof PendingWrite write && write.number != 0 && write.number <= number) {
            Outcome outcome = table.outcome(write.number).orElseThrow();
            if (outcome instanceof Outcome.Reconfiguring) {
                return; // its own outcome comes with a later entry, and what was asked after it is answered after it
            }
            session.queue.poll();
            session.answered = write.number;
            session.resendAfterNanos = resendNanos;
            session.proposedNanos = nowNanos;
            answer(write.caller, outcome);
            advance(session);
        }
        if (session.answered < number) {
            throw new IllegalStateException("session 0x" + Long.toHexString(session.id) + " has written number " + number
                    + ", but asked for no more than number " + session.answered);
        }
    }

    @SuppressWarnings("unchecked")
    private void answer(Caller<?> caller, Outcome outcome) {
        long zxid = state.appliedIndex();
        outbox.deliver(
                outcome instanceof Outcome.Refused refused
                        ? new Delivery.Refused(caller, refused, zxid)
                        : new Delivery.Answered<>((Caller<Outcome>) caller, outcome, zxid));
    }

    /** Serves what waits at the head of a session's queue and may be served now. */
    private void advance(HostedSession session) {
        boolean passedBarrier = false;
        while (session.queue.peek() instanceof PendingRead read
                && read.readyIndex != PendingRead.UNCONFIRMED
                && state.appliedIndex() >= read.readyIndex) {
            session.queue.poll();
            if (read.isBarrier()) {
                session.barriers--;
                passedBarrier = true;
            }
            serve(session, read.request);
        }
        if (session.local) {
            advanceLocal(session);
        } else if (passedBarrier && session.held > 0) {
            proposeHeld(session);
        }
    }

    private void serve(HostedSession session, Input.Request request) {
        if (exceedsWatches(session, request)) {
            outbox.deliver(new Delivery.Failed(callerOf(request), Failure.REFUSED, ErrorCode.TOO_MANY_WATCHES.message(
                    "session 0x" + Long.toHexString(session.id) + " watches " + watches.pathCount(session.id)
                            + " paths of " + watches.pathChars(session.id) + " characters, the limit is " + setup.watchesMax()
                            + " (maxWatchesPerSession) of " + watchedCharsMax() + ". One recursive watch replaces many.")));
        } else if (request instanceof Input.Read<?> read) {
            serveRead(session, read);
        } else if (request instanceof Input.Sync sync) {
            outbox.deliver(new Delivery.Answered<>(sync.caller(), sync.operation().path(), state.appliedIndex()));
        } else if (request instanceof Input.AddWatch add) {
            watches.add(session.id, add.path(), add.mode());
            outbox.deliver(new Delivery.Answered<>(add.caller(), true, state.appliedIndex()));
        } else if (request instanceof Input.CheckWatch check) {
            boolean watched = watches.has(session.id, check.path(), check.kind());
            outbox.deliver(new Delivery.Answered<>(check.caller(), watched, state.appliedIndex()));
        } else if (request instanceof Input.RemoveWatch remove) {
            boolean removed = watches.remove(session.id, remove.path(), remove.kind());
            outbox.deliver(new Delivery.Answered<>(remove.caller(), removed, state.appliedIndex()));
        } else if (request instanceof Input.SetWatches set) {
            setWatches(session, set);
        } else if (request instanceof Input.Identify identify) {
            session.reader = new Reader(session.id, identify.identities());
            outbox.deliver(new Delivery.Answered<>(identify.caller(), true, state.appliedIndex()));
        }
    }

    private boolean exceedsWatches(HostedSession session, Input.Request request) {
        if (request instanceof Input.Read<?> read && read.watch() && read.operation() instanceof Operation.WatchedRead<?> at) {
            return exceedsWatches(session, at.path());
        }
        if (request instanceof Input.AddWatch add) {
            return exceedsWatches(session, add.path());
        }
        return request instanceof Input.SetWatches set && exceedsWatches(session, set);
    }

    /** Counted as those are that come one by one: a path with watches of several kinds is one path. */
    private boolean exceedsWatches(HostedSession session, Input.SetWatches set) {
        List<List<String>> kinds = List.of(set.data(), set.exist(), set.child(), set.persistent(), set.recursive());
        int present = watches.pathCount(session.id);
        long presentChars = watches.pathChars(session.id);
        long atMost = present + kinds.stream().mapToLong(List::size).sum();
        long charsAtMost = presentChars + kinds.stream().flatMap(List::stream).mapToLong(String::length).sum();
        if (atMost <= setup.watchesMax() && charsAtMost <= watchedCharsMax()) {
            return false;
        }
        List<String> added = kinds.stream()
                .flatMap(List::stream)
                .distinct()
                .filter(path -> !watches.has(session.id, path, WatchKind.ANY))
                .toList();
        return present + added.size() > setup.watchesMax()
                || presentChars + added.stream().mapToLong(String::length).sum() > watchedCharsMax();
    }

    private boolean exceedsWatches(HostedSession session, String path) {
        boolean isFull = watches.pathCount(session.id) >= setup.watchesMax()
                || watches.pathChars(session.id) + path.length() > watchedCharsMax();
        return isFull && !watches.has(session.id, path, WatchKind.ANY);
    }

    /** A path may be as long as a frame, and nothing else bounds what a watch of it takes. */
    private long watchedCharsMax() {
        return Math.max(WATCHED_CHARS, (long) WATCHED_CHARS_EACH * setup.watchesMax());
    }

    private void setWatches(HostedSession session, Input.SetWatches set) {
        watches.setWatches(
                session.id,
                set.sinceZxid(),
                new WatchTable.Carried(set.data(), set.exist(), set.child(), set.persistent(), set.recursive()),
                state.root(),
                history,
                set.tellGaps(),
                this::fire);
        outbox.deliver(new Delivery.Answered<>(set.caller(), true, state.appliedIndex()));
    }

    private <R> void serveRead(HostedSession session, Input.Read<R> read) {
        long zxid = state.appliedIndex();
        try {
            R value = state.root().read(read.operation(), session.reader);
            if (read.watch()) {
                watch(session, read.operation());
            }
            outbox.deliver(new Delivery.Answered<>(read.caller(), value, zxid));
        } catch (RejectedException refused) {
            outbox.deliver(new Delivery.Refused(read.caller(), refused.refused(), zxid));
        }
    }

    private void watch(HostedSession session, Operation.Read<?> read) {
        if (read instanceof Operation.GetChildren children) {
            watches.addChild(session.id, children.path());
        } else if (read instanceof Operation.WatchedRead<?> data) {
            watches.addData(session.id, data.path());
        }
    }

    private void gap(Reply.Gap gap) {
        HostedSession session = sessions.get(gap.session());
        long from = gap.lastNumber() + 1;
        if (session == null || session.attach != gap.attach() || session.gapResentFrom == from) {
            return;
        }
        session.gapResentFrom = from;
        resend(session);
    }

    private void attached(Reply.Attached attached) {
        HostedSession upgrading = attached.member().equals(setup.self()) ? localWrites.remove(attached.nonce()) : null;
        if (upgrading != null) {
            upgraded(upgrading, attached.attach());
            return;
        }
        HostedSession before = sessions.get(attached.session());
        if (before != null && before.attach < attached.attach()) {
            leave(before, Failure.SESSION_MOVED, "the session was attached again, to member " + attached.member());
            outbox.deliver(new Delivery.Moved(before.id));
        }
        Opening opening = attached.member().equals(setup.self()) ? openings.remove(attached.nonce()) : null;
        if (opening == null) {
            return;
        }
        long answered = opening.answeredWrites < 0 ? attached.lastNumber() : opening.answeredWrites;
        HostedSession session = new HostedSession(
                attached.session(),
                attached.attach(),
                attached.timeoutMillis(),
                opening.selfAlive,
                opening.identities,
                answered);
        session.validUntilNanos = opening.takenNanos + leaseNanos(session);
        sessions.put(session.id, session);
        outbox.deliver(new Delivery.Answered<>(
                opening.caller,
                new SessionGrant(session.id, session.attach, session.timeoutMillis, state.appliedIndex(), false),
                state.appliedIndex()));
        outbox.deliver(new Delivery.Renewed(session.id, session.validUntilNanos, false));
    }

    /** Whether a session that was granted late has less than half of its lease left. */
    boolean isShortOfLease(long id) {
        HostedSession session = sessions.get(id);
        return session != null && session.validUntilNanos - nowNanos < leaseNanos(session) / 2;
    }

    /** Two thirds of the timeout: what is left covers the way of the report and a drift of clocks (rule.16). */
    private static long leaseNanos(HostedSession session) {
        return session.timeoutMillis * 1_000_000L / 3 * 2;
    }

    private void attachRefused(Reply.AttachRefused refused) {
        HostedSession upgrading = refused.member().equals(setup.self()) ? localWrites.remove(refused.nonce()) : null;
        if (upgrading != null) {
            part(upgrading, Failure.UNAVAILABLE, "the session could not be made one of the ensemble: another member came to lead");
            return;
        }
        Opening opening = refused.member().equals(setup.self()) ? openings.remove(refused.nonce()) : null;
        if (opening != null && opening.isGivenUp) {
            failGivenUp(opening.caller);
        } else if (opening != null && opening.command instanceof Command.OpenSession open) {
            openAgain(opening, open);
        } else if (opening != null) {
            outbox.deliver(new Delivery.Failed(
                    opening.caller,
                    Failure.SESSION_ENDED,
                    "session 0x" + Long.toHexString(refused.session()) + " has ended, or the password is not its own"));
        }
    }

    /** A later id of this member's was opened first, since this one's proposal was lost or overtaken: ids only grow, so it needs another. */
    private void openAgain(Opening opening, Command.OpenSession refused) {
        long nonce = random.nextLong();
        Command command = new Command.OpenSession(
                nextSessionId(), refused.passwordHash(), refused.timeoutMillis(), setup.self(), nonce);
        begin(new Opening(
                opening.caller, command, nonce, opening.selfAlive, opening.identities, 0, opening.terms,
                setup.codec().payload(command)));
    }

    private void ended(Reply.Ended ended) {
        HostedSession session = sessions.get(ended.session());
        if (session != null) {
            end(session, ended.expired());
        }
    }

    private void end(HostedSession session, boolean expired) {
        String reason = expired
                ? ErrorCode.SESSION_EXPIRED.message("session 0x" + Long.toHexString(session.id)
                        + " expired: the leader heard nothing of it for its timeout of " + session.timeoutMillis
                        + " ms; its ephemeral nodes are deleted. Open a new one.")
                : "session 0x" + Long.toHexString(session.id) + " was closed";
        leave(session, Failure.SESSION_ENDED, reason);
        outbox.deliver(new Delivery.Ended(session.id, expired, reason));
    }

    @SuppressWarnings("unchecked")
    private void closed(Caller<?> caller) {
        outbox.deliver(new Delivery.Answered<>((Caller<Boolean>) caller, true, state.appliedIndex()));
    }

    private void stale(Reply.Stale stale) {
        HostedSession session = sessions.get(stale.session());
        if (session == null || session.attach != stale.attach()) {
            return;
        }
        if (stale.refusal() == Refusal.SESSION_EXPIRED) {
            end(session, true);
        } else {
            leave(session, Failure.SESSION_MOVED, "the session was attached elsewhere");
            outbox.deliver(new Delivery.Moved(session.id));
        }
    }

    private void detach(long id) {
        HostedSession session = sessions.get(id);
        if (session != null) {
            leave(session, Failure.OUTCOME_UNKNOWN, "the session was detached from member " + setup.self());
        }
    }

    /** Forgets a session, and answers what it had asked. */
    private void leave(HostedSession session, Failure failure, String reason) {
        sessions.remove(session.id);
        localWrites.remove(session.localNonce, session);
        barred.remove(session.id, session);
        watches.drop(session.id);
        for (Pending pending : session.queue) {
            if (pending instanceof PendingWrite write && write.operation == null && failure == Failure.SESSION_ENDED) {
                closed(write.caller); // in its turn, behind what was asked before it
            } else if (pending instanceof PendingWrite write) {
                Failure meaning = write.number == 0 && failure == Failure.OUTCOME_UNKNOWN
                        ? Failure.UNAVAILABLE
                        : failure;
                outbox.deliver(new Delivery.Failed(write.caller, meaning, reason));
            } else if (pending instanceof PendingRead read) {
                forget(read);
                Failure meaning = failure == Failure.OUTCOME_UNKNOWN ? Failure.UNAVAILABLE : failure;
                outbox.deliver(new Delivery.Failed(callerOf(read.request), meaning, reason));
            }
        }
        session.queue.clear();
    }

    private void forget(PendingRead read) {
        if (read.isBarrier()) {
            reads.values().removeIf(other -> other == read);
            readers.keySet().retainAll(reads.keySet());
        }
    }

    private static Caller<?> callerOf(Input.Request request) {
        if (request instanceof Input.Read<?> read) {
            return read.caller();
        }
        if (request instanceof Input.Sync sync) {
            return sync.caller();
        }
        if (request instanceof Input.AddWatch add) {
            return add.caller();
        }
        if (request instanceof Input.CheckWatch check) {
            return check.caller();
        }
        if (request instanceof Input.RemoveWatch remove) {
            return remove.caller();
        }
        if (request instanceof Input.SetWatches set) {
            return set.caller();
        }
        if (request instanceof Input.Identify identify) {
            return identify.caller();
        }
        throw new IllegalStateException("no read: " + request);
    }

    // ------------------------------------------------------------------------------------------------ linearizable reads

    void readConfirmed(long readId, long index) {
        if (!isAwaited(readId)) {
            return;
        }
        if (index < 0) {
            readsToAskAgain.add(readId);
            armResend();
            return;
        }
        Input.Request opening = localOpenings.remove(readId);
        if (opening != null) {
            openOrResumeLocal(opening);
            return;
        }
        PendingRead read = reads.remove(readId);
        HostedSession session = readers.remove(readId);
        if (read == null || session == null) {
            return;
        }
        read.readyIndex = index;
        advance(session);
    }

    /** Serves linearizable reads that waited for what was applied now. */
    void appliedTo() {
        if (barred.isEmpty()) {
            return;
        }
        for (HostedSession session : List.copyOf(barred.values())) {
            advance(session);
            if (session.barriers == 0) {
                barred.remove(session.id, session);
            }
        }
    }

    private void askReadsAgain() {
        if (readsToAskAgain.isEmpty()) {
            return;
        }
        List<Long> again = List.copyOf(readsToAskAgain);
        readsToAskAgain.clear();
        for (long readId : again) {
            if (isAwaited(readId)) {
                surroundings.askReadIndex(readId);
            }
        }
    }

    private boolean isAwaited(long readId) {
        return reads.containsKey(readId) || localOpenings.containsKey(readId);
    }

    // ------------------------------------------------------------------------------------------------ sending again

    private void armResend() {
        if (!resendArmed) {
            resendArmed = true;
            nextResendNanos = nowNanos + resendNanos;
        }
    }

    long nextDeadlineNanos(long farNanos) {
        long next = resendArmed ? nextResendNanos : nowNanos + farNanos;
        return !locals.isEmpty() && locals.nextNanos() - next < 0 ? locals.nextNanos() : next;
    }

    /** A leader is known, perhaps another one: whatever is unanswered is proposed to it, at once and in order. */
    void leaderChanged() {
        for (Opening opening : openings.all()) {
            opening.resendAfterNanos = resendNanos;
            propose(opening);
        }
        for (HostedSession session : List.copyOf(sessions.values())) {
            if (session.local) {
                part(session, Failure.OUTCOME_UNKNOWN, "another member leads, or has come to lead again (rule.8)");
            } else {
                session.resendAfterNanos = resendNanos;
                resend(session);
            }
        }
        readsToAskAgain.clear();
        readsToAskAgain.addAll(reads.keySet());
        readsToAskAgain.addAll(localOpenings.keySet());
        askReadsAgain();
    }

    void tick() {
        tickLocals();
        if (!resendArmed || nextResendNanos - nowNanos > 0) {
            return;
        }
        resendArmed = false;
        askReadsAgain();
        for (Opening opening : openings.all()) {
            armResend();
            if ((opening.stalled || !surroundings.leads()) && nowNanos - opening.proposedNanos >= opening.resendAfterNanos) {
                opening.resendAfterNanos = Math.min(2 * opening.resendAfterNanos, RESEND_MAX_NANOS);
                propose(opening);
            }
        }
        for (HostedSession session : sessions.values()) {
            resendIfOverdue(session);
        }
        if (!reads.isEmpty()) {
            armResend();
        }
    }

    private void resendIfOverdue(HostedSession session) {
        if (session.local || session.queue.isEmpty() || session.firstProposed() == null) {
            return;
        }
        armResend();
        boolean overdue = nowNanos - session.proposedNanos >= session.resendAfterNanos;
        if (overdue && (session.stalled || !surroundings.leads())) {
            session.resendAfterNanos = Math.min(2 * session.resendAfterNanos, RESEND_MAX_NANOS);
            resend(session);
        }
    }

    private void resend(HostedSession session) {
        session.stalled = false;
        for (Pending pending : session.queue) {
            if (pending instanceof PendingWrite write && write.number != 0) {
                hand(session, write);
            }
        }
    }

    // ------------------------------------------------------------------------------------------------ leases

    /** The ids of sessions that gave a sign of life since the last call. */
    List<Long> alive() {
        List<Long> alive = new ArrayList<>();
        for (HostedSession session : sessions.values()) {
            if (!session.readOnly && (session.selfAlive || session.touched)) {
                session.touched = false;
                alive.add(session.id);
            }
        }
        return alive;
    }

    int shortestTimeoutMillis(int atMost) {
        int shortest = atMost;
        for (HostedSession session : sessions.values()) {
            shortest = Math.min(shortest, session.timeoutMillis);
        }
        return shortest;
    }

    void renew(List<Long> ids, long sentNanos) {
        for (long id : ids) {
            HostedSession session = sessions.get(id);
            if (session == null) {
                continue;
            }
            long until = sentNanos + leaseNanos(session);
            if (until - session.validUntilNanos > 0) {
                session.validUntilNanos = until;
                boolean resumed = session.suspended && until - nowNanos > 0;
                session.suspended &= !resumed;
                outbox.deliver(new Delivery.Renewed(id, until, resumed));
            }
        }
    }

    void suspendOverdue() {
        for (HostedSession session : sessions.values()) {
            if (session.readOnly) {
                vouch(session);
            } else if (!session.suspended && nowNanos - session.validUntilNanos > 0) {
                suspend(session, "no acknowledgement of this member's reports has counted for two thirds of the session's timeout of "
                        + session.timeoutMillis + " ms: the leader is not heard, or what it knows has not been applied here");
            }
        }
    }

    private void vouch(HostedSession session) {
        if (session.validUntilNanos - nowNanos < READ_ONLY_LEASE_NANOS / 2) {
            session.validUntilNanos = nowNanos + READ_ONLY_LEASE_NANOS;
            outbox.deliver(new Delivery.Renewed(session.id, session.validUntilNanos, false));
        }
    }

    private void suspend(HostedSession session, String reason) {
        session.suspended = true;
        outbox.deliver(new Delivery.Suspended(session.id, reason));
        List<PendingRead> unanswerable = new ArrayList<>();
        for (Pending pending : session.queue) {
            if (pending instanceof PendingRead read) {
                unanswerable.add(read);
            }
        }
        for (PendingRead read : unanswerable) {
            session.queue.remove(read);
            session.barriers -= read.isBarrier() ? 1 : 0;
            forget(read);
            outbox.deliver(new Delivery.Failed(callerOf(read.request), Failure.UNAVAILABLE, suspendedReason(session)));
        }
        if (session.held > 0) {
            proposeHeld(session);
        }
    }

    // ------------------------------------------------------------------------------------------------ snapshots

    /**
     * The state was replaced by a snapshot: sessions that are gone or elsewhere are told so; the others are suspended until their
     * lease is renewed, their watches are compared with what changed, and what they wait for is asked again (rule.17).
     */
    void installed(CoordState installed) {
        quorumBack();
        StateRoot before = state.root();
        state = installed;
        StateRoot now = installed.root();
        for (HostedSession session : List.copyOf(sessions.values())) {
            var image = now.session(session.id);
            if (session.local) {
                part(session, Failure.OUTCOME_UNKNOWN, "member " + setup.self() + " was behind and has installed a snapshot");
            } else if (image.isEmpty()) {
                end(session, true);
            } else if (image.get().attach() != session.attach) {
                leave(session, Failure.SESSION_MOVED, "the session was attached elsewhere");
                outbox.deliver(new Delivery.Moved(session.id));
            } else if (!session.suspended) {
                suspend(session, "member " + setup.self() + " was behind and has installed a snapshot");
            }
        }
        history.restart(installed.appliedIndex());
        watches.rearm(before, now, this::fire);
        for (HostedSession session : sessions.values()) {
            long proposed = session.nextNumber - 1;
            answerThrough(session, Math.min(proposed, now.session(session.id).orElseThrow().lastNumber()), now);
        }
        openings.all().forEach(this::propose);
        sessions.values().forEach(this::resend);
    }

    /** The state is not the ensemble's: nothing is answered from it. The sessions wait for another to be {@link #installed}. */
    void memberHeals(String found) {
        for (HostedSession session : List.copyOf(sessions.values())) {
            if (session.local) {
                part(session, Failure.OUTCOME_UNKNOWN, found);
            } else if (!session.suspended) {
                suspend(session, found);
            }
        }
        localOpenings.values().forEach(request -> refuseOpening(request, found));
        localOpenings.clear();
    }

    // ------------------------------------------------------------------------------------------------ the end

    /** Nothing is answered any more: everybody is told. */
    void memberLeft(String reason) {
        locals.clear();
        for (HostedSession session : List.copyOf(sessions.values())) {
            outbox.deliver(new Delivery.Suspended(session.id, reason));
            leave(session, Failure.OUTCOME_UNKNOWN, reason);
        }
        for (Opening opening : openings.all()) {
            outbox.deliver(new Delivery.Failed(opening.caller, Failure.UNAVAILABLE, reason));
        }
        openings.clear();
        localOpenings.values().forEach(request -> refuseOpening(request, reason));
        localOpenings.clear();
        waitingForService.forEach(request -> refuseOpening(request, reason));
        waitingForService.clear();
    }

    /** Whoever asks a member that has left. */
    void refuse(Input.Request request, String reason) {
        if (request instanceof Input.Write<?> write) {
            outbox.deliver(new Delivery.Failed(write.caller(), Failure.UNAVAILABLE, reason));
        } else if (request instanceof Input.Close close) {
            outbox.deliver(new Delivery.Failed(close.caller(), Failure.UNAVAILABLE, reason));
        } else if (request instanceof Input.Open || request instanceof Input.Resume) {
            refuseOpening(request, reason);
        } else if (hasCaller(request)) {
            outbox.deliver(new Delivery.Failed(callerOf(request), Failure.UNAVAILABLE, reason));
        }
    }

    private static boolean hasCaller(Input.Request request) {
        return !(request instanceof Input.Touch || request instanceof Input.Detach || request instanceof Input.Withdraw);
    }

    private static Caller<SessionGrant> openerOf(Input.Request request) {
        return request instanceof Input.Open open ? open.caller() : ((Input.Resume) request).caller();
    }
}
