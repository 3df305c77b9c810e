package io.coord.runtime;

import io.coord.CoordException;
import io.coord.Identity;
import io.coord.WatchMode;
import io.coord.member.Caller;
import io.coord.member.Delivery;
import io.coord.member.Input;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A request of a session, and who waits for it. Its flags are the {@link RequestLine}'s.
 *
 * @param <R> what is answered
 */
final class Call<R> {

    /** What losing a request's answer means. */
    enum Kind {
        /** Takes one of the session's numbers; may have been applied. */
        WRITE,
        /** Ends the session. */
        CLOSE,
        /** Takes watches away, or adds an identity, at the member: may do so late. */
        CHANGE,
        /** Changes nothing, but for watches that are left. */
        READ,
        /** Opens or attaches the session: asked of one member, by whoever chose it. */
        OPEN
    }

    /** A watch that stays, of whichever of the session's listeners. */
    record LastingWatch(String path, WatchMode mode) {}

    /** How to ask for something in the name of a session. */
    interface Asking<R> {
        Input input(long session, Caller<R> caller);
    }

    final Answer<R> stage = new Answer<>();
    final Asking<R> asking;
    final Kind kind;
    /** Runs in the session's queue just before a granted answer completes the stage. */
    final Consumer<? super R> onGranted;

    /** Whether that takes a listener of the user's, whose own methods then run. */
    boolean takesListener;

    /** What it adds, if that is what is asked. */
    @Nullable LastingWatch adds;

    /** Whether no limit applies: it ends a session, or a watch that nobody could end otherwise. */
    boolean makesRoom;

    long askedNanos;
    /** No answer is awaited any more. */
    boolean answered;
    /** Its answer, or refusal, is told. */
    boolean settled;
    /** Its caller was told that it takes too long; the answer is still awaited, since later ones depend on it (rule.5). */
    boolean givenUp;
    /** Who the session is from the answer on, if that is what is asked. */
    @Nullable List<Identity> identities;
    /** What the door itself answers, in its turn. */
    @Nullable CoordException refusal;

    Call(Kind kind, Asking<R> asking, Consumer<? super R> onGranted) {
        this.kind = kind;
        this.asking = asking;
        this.onGranted = onGranted;
    }

    /** The call as asked over one link. */
    static final class Attempt<R> implements Resident.Waiting<R> {
        private final LocalSession session;
        private final Call<R> call;
        private final Link link;

        Attempt(LocalSession session, Call<R> call, Link link) {
            this.session = session;
            this.call = call;
            this.link = link;
        }

        Call<R> call() {
            return call;
        }

        Link link() {
            return link;
        }

        @Override
        public Resident resident() {
            return session.resident();
        }

        @Override
        public void stage(Delivery delivery, SessionQueue.Gate gate) {
            session.stage(this, delivery, gate);
        }

        @Override
        public boolean giveUp(String reason) {
            session.giveUp(call, reason);
            return false; // what is granted all the same is closed, or attached to
        }
    }
}
