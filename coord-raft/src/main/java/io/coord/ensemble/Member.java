package io.coord.ensemble;

import io.coord.ConfigException;
import io.coord.Ensemble;
import io.coord.ErrorCode;
import io.coord.Identity;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.MemberStatus;
import io.coord.Operation;
import io.coord.Session;
import io.coord.ensemble.spi.FrontEnd;
import io.coord.ensemble.spi.MetricsListener;
import io.coord.ensemble.spi.Storage;
import io.coord.ensemble.spi.Transport;
import io.coord.member.Caller;
import io.coord.member.Input;
import io.coord.runtime.Closing;
import io.coord.runtime.LocalSession;
import io.coord.runtime.MemberParts;
import io.coord.runtime.RunningMember;
import io.coord.runtime.TimeSource;
import io.coord.session.Awaiter;
import io.coord.session.BlockingSession;
import io.coord.storage.FileStorage;
import io.coord.storage.MemoryStorage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A member of an ensemble, running in this JVM.
 *
 * <pre>{@code
 * Ensemble ensemble = Ensemble.parse("1=broker-1:7100, 2=broker-2:7100, 3=broker-3:7100");
 * try (Member member = Member.builder(MemberId.of(1), ensemble)
 *         .dataDirectory(dataDirectory.resolve("coord"))
 *         .transport(NettyTransport.listeningOn(7100))
 *         .start();
 *     Session session = member.openSession(Duration.ofSeconds(10))) {
 *   ...
 * }
 * }</pre>
 *
 * <p>It has a thread of its own, its storage has two, and its callbacks few; all are daemons and joined by {@link #close}. Any number of
 * members live in one JVM.
 */
public final class Member implements AutoCloseable {

    /** Whoever holds the member may do as it likes with the ensemble. */
    private static final Identity OPERATOR = new Identity("super", "");

    private static final Duration FAREWELL_MAX = Duration.ofSeconds(2);

    private final RunningMember running;
    private final List<FrontEnd> frontEnds;
    private final Set<LocalSession> sessions = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closed = new AtomicBoolean();

    private Member(RunningMember running, List<FrontEnd> frontEnds) {
        this.running = running;
        this.frontEnds = frontEnds;
    }

    /** What to build a member with. */
    public static Builder builder(MemberId self, Ensemble ensemble) {
        return new Builder(self, ensemble);
    }

    /** Says what a member is to be put together from, and starts it: one member, and once. Takes no null. */
    public static final class Builder {
        private final MemberId self;
        private final Ensemble ensemble;
        private final List<FrontEnd> frontEnds = new ArrayList<>();
        private MemberConfig config = MemberConfig.DEFAULT;
        private MetricsListener metrics = MetricsListener.NONE;
        private @Nullable Path directory;
        private @Nullable Storage storage;
        private @Nullable Transport transport;
        private @Nullable Executor callbacks;
        private boolean started;

        private Builder(MemberId self, Ensemble ensemble) {
            this.self = Objects.requireNonNull(self, "self");
            this.ensemble = Objects.requireNonNull(ensemble, "ensemble");
        }

        /** Where the member keeps its log and snapshots: a directory of its own, made if it is not there. */
        public Builder dataDirectory(Path directory) {
            this.directory = Objects.requireNonNull(directory, "directory");
            return this;
        }

        /** The member's memory, in place of a data directory; closed with the member. */
        public Builder storage(Storage storage) {
            this.storage = Objects.requireNonNull(storage, "storage");
            return this;
        }

        /** The way to the other members; closed with the member. An ensemble of one needs none. */
        public Builder transport(Transport transport) {
            this.transport = Objects.requireNonNull(transport, "transport");
            return this;
        }

        /** The member's times and limits. */
        public Builder config(MemberConfig config) {
            this.config = Objects.requireNonNull(config, "config");
            return this;
        }

        /**
         * Where listeners are called and stages complete, in place of a few threads of the member's own. It is not closed with the
         * member, and should not be before it. A thread of it that opens a session keeps one from being told of that: with a single thread
         * the opening is given up, after the request timeout and 3 seconds.
         */
        public Builder callbackExecutor(Executor executor) {
            this.callbacks = Objects.requireNonNull(executor, "executor");
            return this;
        }

        /** A door for clients; opened and closed with the member. May be called for several. */
        public Builder frontEnd(FrontEnd frontEnd) {
            frontEnds.add(Objects.requireNonNull(frontEnd, "frontEnd"));
            return this;
        }

        /** Who is told what is counted. */
        public Builder metrics(MetricsListener listener) {
            this.metrics = Objects.requireNonNull(listener, "listener");
            return this;
        }

        /**
         * Recovers what the storage holds, and runs the member. Returns when it runs, which is before it has met the others. If it cannot
         * run, what was named for it is closed: to try again, build anew, with another transport.
         *
         * @throws IllegalStateException if a data directory and a storage are named, or this builder was started before; nothing is
         *     touched then
         * @throws ConfigException if the ensemble does not name this member, or there is no transport to the others, or the
         *     protobuf-java that is loaded is too old
         * @throws java.io.UncheckedIOException if the data directory is another member's, in use, damaged, or not to be used; the
         *     message says what was found and what to do
         */
        public Member start() {
            ensemble.address(self);
            if (directory != null && storage != null) {
                throw new IllegalStateException("a data directory and a storage: a member has one memory; name one of them");
            }
            if (transport == null && ensemble.members().size() > 1) {
                throw new ConfigException("member " + self, List.of(new ConfigException.Mistake(
                        ErrorCode.NO_TRANSPORT,
                        "an ensemble of " + ensemble.members().size() + " members needs a transport between them; name one, such as"
                                + " NettyTransport.listeningOn(" + ensemble.address(self).peerPort() + ")")));
            }
            if (started) {
                throw new IllegalStateException("this builder has started member " + self + " before, or tried to: its transport and storage"
                        + " are that one's, and close with it. To start another, build anew");
            }
            started = true;
            List<FrontEnd> doors = List.copyOf(frontEnds);
            Member member = new Member(RunningMember.start(parts()), doors);
            member.openFrontEnds();
            return member;
        }

        private MemberParts parts() {
            return new MemberParts(
                    self,
                    ensemble,
                    config,
                    memory(),
                    transport,
                    callbacks,
                    TimeSource.system(),
                    TimeSource.seed(),
                    metrics,
                    (event, view) -> {});
        }

        private Storage memory() {
            if (storage != null) {
                return storage;
            }
            if (directory != null) {
                RunningMember.warnOfReaders(self, directory);
                FileStorage files = FileStorage.at(directory).of(self);
                return ensemble.voters().size() + ensemble.observers().size() == 1 ? files : files.healedByPeers();
            }
            RunningMember.warnOfForgetting(self);
            return new MemoryStorage();
        }
    }

    private void openFrontEnds() {
        try {
            frontEnds.forEach(frontEnd -> frontEnd.open(running.port()));
        } catch (RuntimeException | Error e) {
            try {
                close();
            } catch (RuntimeException closing) {
                e.addSuppressed(closing);
            }
            throw e;
        }
    }

    /** The member's number. */
    public MemberId id() {
        return running.home().member();
    }

    // ------------------------------------------------------------------------------------------------ sessions

    /**
     * Opens a session, which lives as long as this member: it is closed with it, and expired by the others when it crashes. Waits until
     * the member serves.
     *
     * @throws io.coord.UnavailableException if that takes longer than the request timeout; the message says what is missing
     */
    public Session openSession(Duration timeout) {
        return openSession(SessionOptions.of(timeout));
    }

    /**
     * Opens a session, which lives as long as this member: it is closed with it, and expired by the others when it crashes. Waits until
     * the member serves.
     *
     * @throws io.coord.UnavailableException if that takes longer than the request timeout; the message says what is missing
     */
    public Session openSession(SessionOptions options) {
        running.awaiter().requireMayWait();
        LocalSession session = new LocalSession(running.sessionSetup(options.timeout(), options.identities()));
        Session blocking = new BlockingSession(session, running.awaiter(session));
        session.onEvent(event -> {
            if (event.state().isOver()) {
                sessions.remove(session);
            }
        });
        session.awaitOpening(session.open(running.home()).thenRun(() -> sessions.add(session)), blocking, running.openingMax());
        return blocking;
    }

    // ------------------------------------------------------------------------------------------------ operating

    /** How the member stands; once it is closed, that it has left. Does not wait. */
    public MemberStatus status() {
        return running.status();
    }

    /**
     * Hands leadership to the voter that answers and is nearest to having the whole log; says whether this member leads, such a voter is
     * there, and it has begun to.
     */
    public boolean transferLeadership() {
        return await(caller -> new Input.Transfer(caller, null));
    }

    /** Hands leadership to a voter; says whether this member leads, the other is a voter, and it has begun to. */
    public boolean transferLeadership(MemberId to) {
        Objects.requireNonNull(to, "to");
        return await(caller -> new Input.Transfer(caller, to));
    }

    /** Takes a snapshot, and returns when it is saved; false if nothing is new since the last, or one is under way, or it failed. */
    public boolean takeSnapshot() {
        return await(Input.TakeSnapshot::new);
    }

    /**
     * Writes a backup: the whole state as of one entry, the last that this member has applied, without whose it is, to a file that is
     * whole and forced when this returns. The member goes on meanwhile; costs a write of the state on your thread. To have in it what
     * others wrote a moment ago, call {@link Session#sync} before. {@link DataDirectory#restore} takes it.
     *
     * @param file is made, or replaced in one step
     * @return the zxid of that entry
     * @throws IOException if it cannot be written; a file that had the name before is then as it was
     */
    public long backupTo(Path file) throws IOException {
        return running.backupTo(Objects.requireNonNull(file, "file"));
    }

    /**
     * Who belongs to the ensemble, as far as this member knows; where a change is under way, who will. Before it has met the others, who
     * belongs to it as it was told. Does not wait.
     */
    public Ensemble ensemble() {
        return running.ensemble();
    }

    /**
     * Changes who belongs to the ensemble, and returns when that is committed: any new set of voters in one step, by joint consensus.
     * Any member may be asked. Who leaves, stops, and says so in its status; if that is the leader, it hands over.
     *
     * <p>Start each new member first, with a list of members that names this ensemble's beside itself: it joins as an observer, and
     * becomes what this ensemble says once it has caught up. To grow from 1 to 3 voters:
     *
     * <pre>{@code
     * Ensemble three = Ensemble.parse("1=broker-1:7100, 2=broker-2:7100, 3=broker-3:7100");
     * // on brokers 2 and 3: Member.builder(MemberId.of(2), three)....start()
     * member.reconfigure(three);
     * }</pre>
     *
     * @param wanted everyone who is to belong to it; who is not named leaves
     * @return the ensemble as it is then
     * @throws io.coord.RejectedException that changed nothing: another change is under way ({@code RECONFIG_IN_PROGRESS}), or a new member
     *     has not joined, or no majority of the new voters answers ({@code NEW_CONFIG_NO_QUORUM}); the message says who is missing
     * @throws io.coord.UnavailableException if certainly nothing was begun
     * @throws io.coord.OutcomeUnknownException if it takes longer than the request timeout, as for members that have much to catch up
     *     with; it goes on meanwhile, and {@link #ensemble} shows when it is done
     */
    public Ensemble reconfigure(Ensemble wanted) {
        Objects.requireNonNull(wanted, "wanted");
        running.awaiter().requireMayWait();
        LocalSession session = new LocalSession(running.sessionSetup(Optional.empty(), List.of(OPERATOR)));
        Session blocking = new BlockingSession(session, running.awaiter(session));
        session.awaitOpening(session.open(running.home()), blocking, running.openingMax());
        try {
            blocking.await(session.submit(Operation.Reconfigure.to(wanted)));
            return wanted;
        } finally {
            session.closeAsync();
        }
    }

    private boolean await(Function<Caller<Boolean>, Input.Order> order) {
        Awaiter awaiter = running.awaiter();
        awaiter.requireMayWait();
        try {
            return awaiter.await(running.order(order));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Closes the member's sessions, if it can, then its front ends, threads and files. Waits for all of them, for callbacks of yours
     * that still run too; called again it does nothing. What a front end throws comes when all else is closed.
     */
    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            return;
        }
        List<Runnable> parts = new ArrayList<>();
        frontEnds.forEach(frontEnd -> parts.add(frontEnd::close));
        parts.add(() -> running.farewell(List.copyOf(sessions), FAREWELL_MAX));
        parts.add(running::close);
        Closing.all(parts);
    }

    @Override
    public String toString() {
        return "member " + id() + " " + status();
    }
}
