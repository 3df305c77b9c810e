package io.coord.runtime;

import io.coord.Bytes;
import io.coord.Ensemble;
import io.coord.ErrorCode;
import io.coord.Identity;
import io.coord.MemberAddress;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.MemberStatus;
import io.coord.ensemble.spi.MetricsListener;
import io.coord.ensemble.spi.SessionPort;
import io.coord.ensemble.spi.Storage;
import io.coord.ensemble.spi.Transport;
import io.coord.member.Caller;
import io.coord.member.Effects;
import io.coord.member.Ensembles;
import io.coord.member.Input;
import io.coord.member.MemberCore;
import io.coord.member.MemberEvent;
import io.coord.member.MemberSetup;
import io.coord.member.MemberView;
import io.coord.member.PeerFrame;
import io.coord.member.RecoveredMember;
import io.coord.raft.Configuration;
import io.coord.raft.RaftConfig;
import io.coord.raft.RaftEvent;
import io.coord.session.Awaiter;
import io.coord.session.ParkingAwaiter;
import io.coord.state.Settings;
import io.coord.storage.FileStorage;
import io.coord.wire.EntryCodec;
import io.coord.wire.PeerCodec;
import io.coord.wire.ProtobufFloor;
import io.coord.wire.WireCommandCodec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A member at work: its core and loop, wired to storage, transport, callbacks and log. */
public final class RunningMember implements AutoCloseable {

    private static final long CLOSE_NANOS_MAX = 10_000_000_000L;
    private static final Duration OPENING_MARGIN = Duration.ofSeconds(3);

    private final MemberParts parts;
    private final EventLogger logger;
    private final MemberLoop loop;
    private final StorageBridge disk;
    private final ForceTimes forces;
    private final Measures measures;
    private final @Nullable PeerBridge peers;
    private final Standing standing;
    private long incarnation;
    private final long clusterId;
    private final SecureRandom passwords = new SecureRandom();
    private final @Nullable CallbackExecutor ownCallbacks;
    private final Callbacks callbacks;

    private RunningMember(MemberParts parts, Storage.Recovered found, long begunNanos) {
        this.parts = parts;
        this.logger = new EventLogger(parts.self());
        WireCommandCodec commands = new WireCommandCodec();
        EntryCodec entries = new EntryCodec(commands);
        RecoveredMember recovered = StorageBridge.recovered(found, entries);
        this.incarnation = recovered.incarnation();
        this.clusterId = recovered.clusterId();
        long wallMillis = parts.time().wallMillis();
        MemberCore core = new MemberCore(setup(parts, commands), recovered, parts.time().nanos(), wallMillis);
        this.loop = new MemberLoop(
                parts.self(), core, parts.time(), new Hands(), parts.config());
        this.disk = new StorageBridge(parts.storage(), entries, this::completed);
        this.measures = new Measures(parts.time(), loop.view(), parts.time().nanos() - begunNanos, found.entries().size());
        this.forces = new ForceTimes(parts.metrics(), measures, parts.time());
        Transport transport = parts.transport();
        this.peers = transport == null ? null : new PeerBridge(
                transport, new PeerCodec(commands, frameBytesMax(parts)), parts.time(), loop::received);
        this.standing = new Standing(
                parts.self(), parts.ensemble(), parts.config().electionTimeout(), this::silentNanos);
        Executor named = parts.callbacks();
        if (named == null) {
            this.ownCallbacks = new CallbackExecutor("coord-" + parts.self() + "-callbacks");
            this.callbacks = ownCallbacks;
        } else {
            this.ownCallbacks = null;
            this.callbacks = tracked(named);
        }
    }

    private static Callbacks tracked(Executor named) {
        return named instanceof Callbacks callbacks ? callbacks : new NamedCallbacks(named);
    }

    /** What the largest request and a message full of entries before it need together, with room for what a format adds. */
    private static int frameBytesMax(MemberParts parts) {
        return (int) Math.min(Integer.MAX_VALUE - 8, PeerCodec.FRAME_BYTES_MAX + 2 * parts.config().maxRequestBytes());
    }

    /**
     * Recovers a member from its storage and runs it.
     *
     * @throws io.coord.ConfigException if the ensemble does not name it, or the host's protobuf-java is too old
     * @throws UncheckedIOException if the storage cannot be used; its message says what was found and what to do
     */
    public static RunningMember start(MemberParts parts) {
        parts.ensemble().address(parts.self());
        long begunNanos = parts.time().nanos();
        Storage.Recovered found;
        try {
            ProtobufFloor.require();
            found = parts.storage().open();
        } catch (IOException e) {
            closeTransport(parts);
            throw new UncheckedIOException(e.getMessage(), e);
        } catch (RuntimeException | Error e) {
            closeTransport(parts);
            throw e;
        }
        try {
            requireOwn(found, parts);
            long readNanos = parts.time().nanos();
            RunningMember member = new RunningMember(parts, found, begunNanos);
            member.logger.recovered(found, readNanos - begunNanos, parts.time().nanos() - readNanos);
            member.begin();
            return member;
        } catch (RuntimeException | Error e) {
            closeTransport(parts);
            parts.storage().close();
            throw e;
        }
    }

    private static void closeTransport(MemberParts parts) {
        Transport transport = parts.transport();
        if (transport != null) {
            transport.close();
        }
    }

    private static void requireOwn(Storage.Recovered found, MemberParts parts) {
        Storage.Identity identity = found.identity();
        if (identity != null && identity.member() != parts.self().value()) {
            String message = ErrorCode.FOREIGN_DATA_DIRECTORY.message("the storage belongs to member " + identity.member()
                    + " (cluster " + Long.toHexString(identity.clusterId()) + "), not to member " + parts.self()
                    + ". Two members share it, or the id changed. Give each member a storage of its own.");
            throw new UncheckedIOException(message, new IOException(message));
        }
    }

    private static MemberSetup setup(MemberParts parts, WireCommandCodec commands) {
        MemberConfig config = parts.config();
        return new MemberSetup(
                parts.self(),
                parts.ensemble().toString(),
                Ensembles.founding(parts.ensemble()),
                new RaftConfig(
                        config.electionTimeout().toNanos(),
                        config.heartbeat().toNanos(),
                        config.writeDeadline().toNanos(),
                        RaftConfig.DEFAULT.transferTimeoutNanos(),
                        RaftConfig.DEFAULT.appendBytesMax(),
                        RaftConfig.DEFAULT.appendsInFlightMax(),
                        RaftConfig.DEFAULT.appendBytesInFlightMax(),
                        config.maxUncommittedBytes(),
                        config.retainedEntries()),
                new Settings(
                        config.extendedTypes(),
                        config.enforceQuota(),
                        config.skipAcl(),
                        config.maxNeverUsedContainer().toMillis()),
                (int) config.minSessionTimeout().toMillis(),
                (int) config.maxSessionTimeout().toMillis(),
                Stagger.share(config.snapshotEntries(), parts.self()),
                Stagger.share(config.snapshotBytes(), parts.self()),
                config.containerCheckInterval().toNanos(),
                config.watchHistory(),
                config.maxWatchesPerSession(),
                commands,
                parts.seed());
    }

    private void begin() {
        Transport transport = parts.transport();
        PeerBridge peers = this.peers;
        if (transport != null && peers != null) {
            transport.identify(clusterId, incarnation);
            parts.ensemble().addresses().forEach((id, address) -> locate(transport, id, address));
            locate(loop.view().configuration());
            transport.start(parts.self(), peers);
        }
        loop.start();
    }

    /** The log knows where members are, whatever this one was told when it started. */
    private void locate(Configuration configuration) {
        configuration.addresses().forEach(address -> locate(address.key().id(), address.text()));
    }

    private void locate(MemberId id, String address) {
        Transport transport = parts.transport();
        if (transport != null && !id.equals(parts.self())) {
            transport.locate(id, address);
        }
    }

    private void locate(Transport transport, MemberId id, MemberAddress address) {
        if (!id.equals(parts.self())) {
            transport.locate(id, address.toString());
        }
    }

    private final class Hands implements MemberLoop.Hands {
        private boolean skipsAcl;

        @Override
        public void send(List<PeerFrame> messages) {
            PeerBridge bridge = peers;
            if (bridge != null && !messages.isEmpty()) {
                bridge.send(messages);
            }
        }

        @Override
        public void store(Effects effects) {
            timed(effects);
            disk.store(effects);
        }

        @Override
        public @Nullable Runnable storeHere(Effects effects) {
            timed(effects);
            return disk.storeHere(effects.writes().get(0));
        }

        private void timed(Effects effects) {
            measures.stores(effects);
            forces.begin(effects);
        }

        @Override
        public void happened(MemberEvent event, MemberView view) {
            logger.happened(event, view);
            measures.happened(event);
            count(event, view);
            identify(event, view);
            parts.listener().accept(event, view);
        }

        @Override
        public void answered(int requests) {
            parts.metrics().answered(requests);
        }

        @Override
        public void turned(int inputs, long nanos) {
            measures.turned(loop.view());
            tellSkippedAcl();
            parts.metrics().turned(inputs, nanos);
        }

        /** The setting is the ensemble's, whatever this member was told: what it is shows in the state. */
        private void tellSkippedAcl() {
            boolean skips = loop.root().settings().skipAcl();
            if (skips && !skipsAcl) {
                logger.skipsAcl(loop.view());
            }
            skipsAcl = skips;
        }

        @Override
        public String standing() {
            return standing.words(loop.view());
        }

        @Override
        public void crashed(Throwable failure, MemberView view) {
            logger.failed(failure, view);
            parts.listener().accept(new MemberEvent.Left(String.valueOf(view.left())), view);
            closeTransport(parts); // its peers are to notice
        }
    }

    private void completed(Input input) {
        forces.completed(input);
        loop.completed(input);
    }

    /** The transport is told who this member is, and where others are. */
    private void identify(MemberEvent event, MemberView view) {
        if (event instanceof MemberEvent.Consensus consensus) {
            if (consensus.event() instanceof RaftEvent.ConfigurationChanged changed) {
                locate(changed.configuration());
            }
        } else if (event instanceof MemberEvent.Located located) {
            locate(located.member(), located.address());
        } else if (event instanceof MemberEvent.Renewed renewed) {
            incarnation = renewed.key().incarnation();
            identify(view.clusterId());
        } else if (event instanceof MemberEvent.Formed formed) {
            identify(formed.clusterId());
        }
    }

    private void identify(long cluster) {
        Transport transport = parts.transport();
        if (transport != null) {
            transport.identify(cluster, incarnation);
        }
    }

    private void count(MemberEvent event, MemberView view) {
        MetricsListener metrics = parts.metrics();
        if (event instanceof MemberEvent.Consensus consensus && consensus.event() instanceof RaftEvent.RoleChanged changed) {
            metrics.roleChanged(Standing.role(view), changed.term());
        } else if (event instanceof MemberEvent.SnapshotSaved saved) {
            metrics.snapshotSaved(saved.sizeBytes());
        } else if (event instanceof MemberEvent.LeaseLapsed lapsed) {
            metrics.sessionExpired(lapsed.silentMillis());
        } else if (event instanceof MemberEvent.PauseDetected pause) {
            metrics.paused(pause.pausedMillis());
        }
    }

    private OptionalLong silentNanos(MemberId member) {
        PeerBridge peers = this.peers;
        return peers == null ? OptionalLong.empty() : peers.silentNanos(member);
    }

    // ------------------------------------------------------------------------------------------------ what it is asked

    /** The home of sessions on this member. */
    public SessionHome home() {
        return loop;
    }

    /** What front ends may ask. */
    public SessionPort port() {
        return new Port(this, loop, parts.config());
    }

    /** How blocking calls on this member's sessions wait: not on a thread that answers them. */
    public Awaiter awaiter(LocalSession session) {
        return new ParkingAwaiter(() -> mayNotWait() || session.isCallbackThread());
    }

    /** How others wait for what this member does. */
    public Awaiter awaiter() {
        return new ParkingAwaiter(this::mayNotWait);
    }

    /** Says once that a member without a data directory forgets. */
    public static void warnOfForgetting(MemberId member) {
        new EventLogger(member).notDurable();
    }

    /** Says once if files in a data directory that is there may be read by others than their owner. */
    public static void warnOfReaders(MemberId member, Path directory) {
        if (FileStorage.isReadableByOthers(directory)) {
            new EventLogger(member).readableByOthers(directory);
        }
    }

    /** Whether the calling thread is this member's loop. */
    public boolean isLoopThread() {
        return loop.isLoopThread();
    }

    private boolean mayNotWait() {
        return loop.isLoopThread() || callbacks.isCallbackThread();
    }

    /** Gives the member an order; completes with whether it was carried out. */
    public CompletionStage<Boolean> order(Function<Caller<Boolean>, Input.Order> order) {
        Door.OrderCaller caller = new Door.OrderCaller(callbacks);
        if (!loop.order(order.apply(caller))) {
            caller.answer(false);
        }
        return caller.stage();
    }

    /** How long whoever opens a session waits: for longer than its member takes to say that it cannot. */
    public Duration openingMax() {
        return parts.config().requestTimeout().plus(OPENING_MARGIN);
    }

    /** What a session of this member is opened with. */
    public LocalSession.Setup sessionSetup(Optional<Duration> timeout, List<Identity> identities) {
        return new LocalSession.Setup(
                (int) parts.config().granted(timeout).toMillis(),
                newPassword(),
                identities,
                DoorLimits.of(parts.config()),
                callbacks,
                logger::listenerFailed);
    }

    /** A password for a session to be opened. */
    Bytes newPassword() {
        byte[] password = new byte[Passwords.LENGTH];
        passwords.nextBytes(password);
        return Bytes.wrap(password);
    }

    /** How the member stands, for others to look at. */
    public MemberStatus status() {
        return standing.status(loop.view());
    }

    /** Writes the state as of the last entry applied to a file, on the caller's thread; its index is returned. */
    public long backupTo(Path file) throws IOException {
        return Backups.write(loop.root(), file);
    }

    /** What the member takes of its disk. */
    Storage.DiskUse diskUse() throws IOException {
        return parts.storage().diskUse();
    }

    /** What the member has counted and timed of itself. */
    SessionPort.Measured measured() {
        return measures.read(loop.view().pendingReads());
    }

    /** Who belongs to the ensemble, as far as the member knows. */
    public Ensemble ensemble() {
        return standing.ensemble(loop.view());
    }

    /** How the member stood after its last turn. */
    public MemberView view() {
        return loop.view();
    }

    // ------------------------------------------------------------------------------------------------ the end

    /** Closes sessions while the member can still have that decided, and waits for it, but not for long. */
    public void farewell(List<LocalSession> sessions, Duration atMost) {
        MemberStatus status = status();
        if (sessions.isEmpty() || !status.isServing() || status.leader().isEmpty()) {
            return;
        }
        CompletableFuture<?>[] closed = sessions.stream()
                .map(session -> session.closeAsync().toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        if (mayNotWait()) {
            return;
        }
        try {
            CompletableFuture.allOf(closed).get(atMost.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // Not to be had: the ensemble will end them when their leases lapse.
        }
    }

    /** Stops at once, as a crash would; what was on its way is lost. */
    public void kill() {
        loop.abort();
        closeParts();
    }

    @Override
    public void close() {
        loop.stop();
        closeParts();
    }

    private void closeParts() {
        Closing.all(List.of(() -> closeTransport(parts), parts.storage()::close, this::closeCallbacks));
    }

    private void closeCallbacks() {
        if (ownCallbacks != null) {
            ownCallbacks.close(CLOSE_NANOS_MAX).forEach(logger::slowCallback);
        }
    }
}
