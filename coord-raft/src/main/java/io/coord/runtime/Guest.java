package io.coord.runtime;

import io.coord.Identity;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.ReadMode;
import io.coord.RejectedException;
import io.coord.UnavailableException;
import io.coord.WatchKind;
import io.coord.WatchMode;
import io.coord.ensemble.spi.SessionPort;
import io.coord.ensemble.spi.SessionPort.Parting;
import io.coord.member.Caller;
import io.coord.member.Delivery;
import io.coord.member.Failure;
import io.coord.member.Input;
import io.coord.member.SessionGrant;
import io.coord.state.Reader;
import io.coord.state.StateRoot;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A client of a front end, attached to a member. What comes for it is handed to the client at once, on the loop; it shows nothing
 * before the flush, which comes when the root is handed out (rule.1).
 */
final class Guest implements SessionPort.Attachment, Resident {

    private final MemberLoop home;
    private final SessionPort.Client client;
    private final DoorCheck check;
    private final Entry entry = new Entry();
    /** Unanswered requests, oldest first. */
    private final ConcurrentLinkedQueue<Request<?>> pending = new ConcurrentLinkedQueue<>();

    private volatile Reader reader;
    /** Whom it acts as once all that it asked for is granted. */
    private volatile List<Identity> askedIdentities;
    /** Until when the member vouches for the session. */
    private volatile long validUntilNanos;
    /** Made when first asked for after a change; any thread may, and either's is good. */
    private volatile @Nullable RootView view;

    private volatile long id;
    /** Whether requests are taken: it is attached, and neither side has parted. */
    private volatile boolean attached;
    /** Whether the client has been told that it is over, or has gone by itself. */
    private volatile boolean parted;

    Guest(MemberLoop home, SessionPort.Client client, DoorLimits limits, List<Identity> identities) {
        this.home = home;
        this.client = client;
        this.check = new DoorCheck(limits);
        this.reader = new Reader(0, identities);
        this.askedIdentities = identities;
    }

    long id() {
        return id;
    }

    // ------------------------------------------------------------------------------------------------ coming and going

    /** Asks to come in; called once. */
    void enter(Function<Caller<SessionGrant>, Input.Request> asking) {
        Optional<Outcome.Refused> objection = check.objection(reader.identities());
        if (objection.isPresent()) {
            part(Parting.UNAVAILABLE, objection.get().detail());
            client.flush();
            return;
        }
        SessionHome.Submission submission = home.submit(asking.apply(entry));
        if (submission != SessionHome.Submission.TAKEN) {
            part(Parting.UNAVAILABLE, "member " + home.member() + " takes no requests now");
            client.flush();
        }
    }

    private final class Entry implements Resident.Waiting<SessionGrant> {
        @Override
        public Resident resident() {
            return Guest.this;
        }

        @Override
        public void stage(Delivery delivery, SessionQueue.Gate gate) {
            if (delivery instanceof Delivery.Answered<?> answered && answered.value() instanceof SessionGrant grant) {
                granted(grant);
            } else if (delivery instanceof Delivery.Failed failed) {
                part(failed.failure() == Failure.SESSION_ENDED ? Parting.REFUSED : Parting.UNAVAILABLE, failed.reason());
            }
        }

        @Override
        public boolean giveUp(String reason) {
            part(Parting.UNAVAILABLE, reason);
            client.flush();
            return true;
        }
    }

    private void granted(SessionGrant grant) {
        id = grant.session();
        reader = new Reader(id, reader.identities());
        attached = true; // before the look: whoever parts looks the other way round, so that one of the two departs
        if (parted) {
            attached = false;
            home.depart(this);
        } else {
            client.attached(id, Duration.ofMillis(grant.timeoutMillis()), grant.isReadOnly());
        }
    }

    private void part(Parting why, String reason) {
        attached = false;
        if (!parted) {
            parted = true;
            client.detached(why, reason);
        }
    }

    @Override
    public void detach() {
        parted = true;
        boolean wasAttached = attached;
        attached = false;
        if (wasAttached) {
            home.depart(this);
        } else if (id == 0) {
            home.withdraw(new Input.Withdraw(entry, true));
        }
    }

    @Override
    public void homeLost(SessionHome home, String reason) {
        part(Parting.ELSEWHERE, reason);
        client.flush();
    }

    @Override
    public void giveUpOlderThan(long ageNanos, Supplier<String> reason) {
        Request<?> oldest = pending.peek();
        if (oldest != null && home.nanoTime() - oldest.askedNanos > ageNanos) {
            part(Parting.ELSEWHERE, "no answer for " + Duration.ofNanos(ageNanos).toMillis() + " ms: " + reason.get());
            home.depart(this);
            client.flush();
        }
    }

    // ------------------------------------------------------------------------------------------------ what comes for it

    @Override
    public void stage(SessionHome from, Delivery delivery, SessionQueue.Gate gate) {
        if (parted) {
            return;
        }
        if (delivery instanceof Delivery.Fired fired) {
            client.fired(fired.event());
        } else if (delivery instanceof Delivery.Renewed renewed) {
            validUntilNanos = renewed.validUntilNanos();
        } else if (delivery instanceof Delivery.Suspended suspended) {
            part(Parting.ELSEWHERE, suspended.reason());
            home.depart(this);
        } else if (delivery instanceof Delivery.Ended ended) {
            part(Parting.ENDED, ended.reason());
        } else if (delivery instanceof Delivery.Moved) {
            part(Parting.ELSEWHERE, "the session was attached elsewhere");
        }
    }

    @Override
    public void opened(SessionHome from) {
        client.flush();
    }

    private final class Request<R> implements Resident.Waiting<R> {
        private final SessionPort.Answer<R> answer;
        private final Optional<Outcome.Refused> objection;
        private final long askedNanos = home.nanoTime();
        private boolean answered;

        Request(SessionPort.Answer<R> answer, Optional<Outcome.Refused> objection) {
            this.answer = answer;
            this.objection = objection;
        }

        @Override
        public Resident resident() {
            return Guest.this;
        }

        @Override
        public void stage(Delivery delivery, SessionQueue.Gate gate) {
            answered = true;
            while (pending.peek() != null && pending.peek().answered) {
                pending.poll();
            }
            if (!parted) {
                tell(delivery);
            }
        }

        @SuppressWarnings("unchecked")
        private void tell(Delivery delivery) {
            if (delivery instanceof Delivery.Answered<?> granted && objection.isPresent()) {
                answer.refused(objection.get(), granted.zxid());
            } else if (delivery instanceof Delivery.Answered<?> granted) {
                answer.granted((R) granted.value(), granted.zxid());
            } else if (delivery instanceof Delivery.Refused refused) {
                answer.refused(refused.refused(), refused.zxid());
            } else if (delivery instanceof Delivery.Failed failed) {
                answer.failed(new UnavailableException(failed.reason()));
            }
        }

        @Override
        public boolean giveUp(String reason) {
            throw new IllegalStateException("not a request to come in");
        }
    }

    /** Lets the guest's own reads be those of other identities, before the answer says so. */
    private final class Identified implements SessionPort.Answer<Boolean> {
        private final SessionPort.Answer<Boolean> answer;
        private final List<Identity> identities;

        Identified(SessionPort.Answer<Boolean> answer, List<Identity> identities) {
            this.answer = answer;
            this.identities = identities;
        }

        @Override
        public void granted(Boolean value, long zxid) {
            reader = new Reader(id, identities);
            answer.granted(value, zxid);
        }

        @Override
        public void refused(Outcome.Refused refused, long zxid) {
            answer.refused(refused, zxid);
        }

        @Override
        public void failed(UnavailableException failure) {
            answer.failed(failure);
        }
    }

    // ------------------------------------------------------------------------------------------------ what it asks

    private <R> boolean ask(Request<R> request, Input input) {
        if (!attached) {
            return false;
        }
        pending.add(request);
        if (home.submit(input) == SessionHome.Submission.TAKEN) {
            return true;
        }
        pending.remove(request);
        return false;
    }

    private <R> boolean ask(SessionPort.Answer<R> answer, Function<Caller<R>, Input> asking) {
        Request<R> request = new Request<>(answer, Optional.empty());
        return ask(request, asking.apply(request));
    }

    /** What the door refuses is answered in its turn, in place of a question that costs nothing. */
    private boolean refuse(SessionPort.Answer<?> answer, Outcome.Refused objection) {
        @SuppressWarnings("unchecked") // never granted
        Request<List<Identity>> request =
                new Request<>((SessionPort.Answer<List<Identity>>) (SessionPort.Answer<?>) answer, Optional.of(objection));
        return ask(request, new Input.Read<>(id, request, new Operation.WhoAmI(), ReadMode.LOCAL, false));
    }

    @Override
    @SuppressWarnings("unchecked")
    public <R> boolean submit(Operation<R> operation, SessionPort.Answer<R> answer) {
        if (operation instanceof Operation.Read<R> read) {
            return submit(read, ReadMode.LOCAL, answer);
        }
        if (operation instanceof Operation.Sync sync) {
            return ask((SessionPort.Answer<String>) answer, caller -> new Input.Sync(id, caller, sync));
        }
        Optional<Outcome.Refused> objection = check.objection(operation, askedIdentities);
        if (objection.isPresent()) {
            return refuse(answer, objection.get());
        }
        Operation.Write<Outcome> write = (Operation.Write<Outcome>) operation;
        return ask((SessionPort.Answer<Outcome>) answer, caller -> new Input.Write<>(id, caller, write));
    }

    @Override
    public <R> boolean submit(Operation.Read<R> read, ReadMode mode, SessionPort.Answer<R> answer) {
        Optional<Outcome.Refused> objection = check.objection(read);
        return objection.isPresent()
                ? refuse(answer, objection.get())
                : ask(answer, caller -> new Input.Read<>(id, caller, read, mode, false));
    }

    @Override
    public <R> boolean submit(Operation.WatchedRead<R> read, SessionPort.Answer<R> answer) {
        return ask(answer, caller -> new Input.Read<>(id, caller, read, ReadMode.LOCAL, true));
    }

    /** A root as this guest may see it. */
    private record RootView(StateRoot root, Reader reader, DoorCheck check) implements SessionPort.View {
        @Override
        public long zxid() {
            return root.index();
        }

        @Override
        public <R> R read(Operation.Read<R> read) {
            check.objection(read).ifPresent(objection -> {
                throw RejectedException.of(objection);
            });
            return root.read(read, reader);
        }
    }

    @Override
    public SessionPort.@Nullable View view() {
        StateRoot root = home.root();
        if (!attached || validUntilNanos - home.nanoTime() <= 0) {
            return null; // looked at behind the root: that of a member that has just parted from the guest shows what nobody told it
        }
        Reader reading = reader;
        RootView last = view;
        if (last == null || last.root != root || last.reader != reading) {
            last = new RootView(root, reading, check);
            view = last;
        }
        return last;
    }

    @Override
    public boolean addWatch(String path, WatchMode mode, SessionPort.Answer<Boolean> answer) {
        return ask(answer, caller -> new Input.AddWatch(id, caller, path, mode));
    }

    @Override
    public boolean checkWatches(String path, WatchKind kind, SessionPort.Answer<Boolean> answer) {
        return ask(answer, caller -> new Input.CheckWatch(id, caller, path, kind));
    }

    @Override
    public boolean removeWatches(String path, WatchKind kind, SessionPort.Answer<Boolean> answer) {
        return ask(answer, caller -> new Input.RemoveWatch(id, caller, path, kind));
    }

    @Override
    public boolean setWatches(SessionPort.Carried watches, SessionPort.Answer<Boolean> answer) {
        return ask(answer, caller -> new Input.SetWatches(
                id,
                caller,
                watches.sinceZxid(),
                watches.data(),
                watches.exist(),
                watches.child(),
                watches.persistent(),
                watches.recursive(),
                false));
    }

    @Override
    public boolean identify(List<Identity> identities, SessionPort.Answer<Boolean> answer) {
        Optional<Outcome.Refused> objection = check.objection(identities);
        if (objection.isPresent()) {
            return refuse(answer, objection.get());
        }
        askedIdentities = identities; // first: what is asked behind it is judged for them, answered or not
        return ask(new Identified(answer, identities), caller -> new Input.Identify(id, caller, identities));
    }

    @Override
    public boolean close(SessionPort.Answer<Boolean> answer) {
        return ask(answer, caller -> new Input.Close(id, caller));
    }

    @Override
    public void touch() {
        if (attached) {
            home.touch(id);
        }
    }
}
