package io.coord.netty.zkclient;

import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.CoordException;
import io.coord.ErrorCode;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.OutcomeUnknownException;
import io.coord.ReadMode;
import io.coord.Refusal;
import io.coord.Registration;
import io.coord.RejectedException;
import io.coord.SessionEndedException;
import io.coord.SessionEvent;
import io.coord.SessionState;
import io.coord.UnavailableException;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import io.coord.WatchMode;
import io.coord.netty.jute.ConnectRequest;
import io.coord.netty.jute.ConnectResponse;
import io.coord.netty.jute.JuteReader;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.ReplyHeader;
import io.coord.netty.jute.Request;
import io.coord.netty.jute.Response;
import io.coord.netty.jute.WatcherEvent;
import io.coord.netty.jute.Xid;
import io.coord.netty.peer.EventLoops;
import io.coord.runtime.CallbackExecutor;
import io.coord.runtime.SessionQueue;
import io.coord.session.ListenerTable;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session over ZooKeeper's wire. Everything that changes belongs to one event loop; what callers and listeners are told goes through
 * one queue, in the order of the wire (rule.1).
 *
 * <p>A connection that breaks is replaced by one to the next server, and the session goes on: it proves itself, watches are set again, and
 * requests that were not sent yet are sent. One that was sent and not answered fails, since the wire has no way to ask whether it was done.
 */
public final class ClientSession implements AsyncSession {

    private static final Logger LOG = LoggerFactory.getLogger(ClientSession.class);

    private static final Bytes NO_PASSWORD = Bytes.of(new byte[16]);
    /** ZooKeeper's client sends as much: below any server's limit (zk.W9). */
    private static final int SET_WATCHES_BYTES_MAX = 128 << 10;

    /** What addresses a host has. */
    interface Hosts {
        InetAddress[] addressesOf(String host) throws UnknownHostException;
    }

    private final ClientSetup setup;
    private final Hosts hosts;
    private final Translation translation;
    private final Servers servers;
    private final EventLoops loops = EventLoops.best();
    private final EventLoopGroup group;
    private final EventLoop loop;
    private final @Nullable CallbackExecutor ownCallbacks;
    private final SessionQueue queue;
    /** Where steps of SASL are taken, however long one takes; none of its threads lives unless there are some. */
    private final CallbackExecutor proving = new CallbackExecutor("coord-client-proving");

    private final AtomicInteger outstanding = new AtomicInteger();
    private final AtomicLong names = new AtomicLong();
    private final List<Consumer<? super SessionEvent>> eventListeners = new CopyOnWriteArrayList<>();
    private final CompletableFuture<AsyncSession> opened = new CompletableFuture<>();
    private final CompletableFuture<@Nullable Void> gone = new CompletableFuture<>();
    private final AtomicReference<@Nullable SessionState> over = new AtomicReference<>();
    /** Why; set before. */
    private volatile String ending = "";
    /** Of a proof, if that is why it ended: the cause of all that is asked from then on, too. */
    private volatile @Nullable RejectedException refusal;

    private volatile long id;
    private volatile int timeoutMillis;
    /** Until when the servers keep the session, as far as this client knows: two thirds of its timeout (rule.16). */
    private volatile long validUntilNanos = System.nanoTime();

    // What follows belongs to the event loop.

    private final ListenerTable listeners = new ListenerTable();
    private final Deque<Call<?>> waiting = new ArrayDeque<>();
    private final Deque<Call<?>> sent = new ArrayDeque<>();
    private final Deque<Call<?>> proofs = new ArrayDeque<>();
    private final Deque<Long> pings = new ArrayDeque<>();
    private final List<ClientSetup.Credentials> credentials;
    private Bytes password = NO_PASSWORD;
    private long seenZxid;
    private int lastXid;
    private @Nullable Wire wire;
    private boolean isAttached;
    private boolean isOpened;
    private boolean isClosing;
    /** The proof of the present connection, from before it is dialled until it is done. */
    private @Nullable SaslProof proof;
    /** What it is to say next; null while a step of it is taken or the server's answer is awaited. */
    private @Nullable Bytes proofToken;
    /** Which request of it the server has to answer; 0 for none. */
    private int proofXid;
    private @Nullable Future<?> ticks;
    private long tickNanos;
    /** Why the connection before this one ended; empty if there was none. */
    private String trouble = "";
    /** When the present attempt at a connection began, its name not looked up yet. */
    private long attemptNanos;
    /** When the server was asked for the session over the present connection; it counts the timeout from no earlier. */
    private long askedNanos;
    private long heardNanos;
    private long saidNanos;
    private int watchesBeingSet;
    private final ToldEvents told = new ToldEvents();

    private ClientSession(ClientSetup setup, Hosts hosts) {
        this.setup = setup;
        this.hosts = hosts;
        this.translation = new Translation(setup.to());
        this.servers = new Servers(setup.to().servers(), new Random());
        this.credentials = new ArrayList<>(setup.credentials());
        this.timeoutMillis = millisWanted();
        this.ownCallbacks = setup.callbacks().isPresent() ? null : new CallbackExecutor("coord-client-callbacks");
        Executor callbacks = ownCallbacks == null ? setup.callbacks().orElseThrow() : ownCallbacks;
        this.queue = new SessionQueue(callbacks, thrown -> LOG.warn("A listener or dependent of {} threw", this, thrown));
        this.group = loops.group("coord-client", 1);
        this.loop = group.next();
    }

    /**
     * Connects to a server and opens a session.
     *
     * @return completes with it; fails with {@link UnavailableException} if no server lets it in within the request timeout, with
     *     {@link RejectedException} if one refuses the proof by SASL
     */
    public static CompletionStage<AsyncSession> open(ClientSetup setup) {
        return open(setup, InetAddress::getAllByName);
    }

    static CompletionStage<AsyncSession> open(ClientSetup setup, Hosts hosts) {
        ClientSession session = new ClientSession(setup, hosts);
        session.loop.execute(session::begin);
        return session.opened.minimalCompletionStage();
    }

    private void begin() {
        keepPace();
        loop.schedule(this::giveUpOpening, setup.requestTimeout().toNanos(), TimeUnit.NANOSECONDS);
        connect();
    }

    /** Has the clock tick as often as the session's timeout demands, of which the server may grant a small part. */
    private void keepPace() {
        long nanos = Math.max(1_000_000L, Math.min(timeoutNanos() / 12, setup.requestTimeout().toNanos() / 4));
        Future<?> ticking = ticks;
        if (nanos != tickNanos) {
            if (ticking != null) {
                ticking.cancel(false);
            }
            tickNanos = nanos;
            ticks = loop.scheduleAtFixedRate(this::tick, nanos, nanos, TimeUnit.NANOSECONDS);
        }
    }

    private void giveUpOpening() {
        if (!isOpened) {
            Wire tried = wire;
            String now = tried == null ? trouble : "at " + tried + " " + awaited() + afterTrouble();
            end(SessionState.CLOSED, "no server of " + setup.to().servers() + " opened a session within "
                    + setup.requestTimeout().toMillis() + " ms: " + now);
        }
    }

    private String afterTrouble() {
        return trouble.isEmpty() ? "" : "; before, " + trouble;
    }

    private int millisWanted() {
        return (int) Math.min(Integer.MAX_VALUE, setup.timeout().toMillis());
    }

    private long timeoutNanos() {
        return timeoutMillis * 1_000_000L;
    }

    private long readTimeoutNanos() {
        return timeoutNanos() / 3 * 2;
    }

    private long connectTimeoutNanos() {
        return Math.max(100_000_000L, timeoutNanos() / servers.count());
    }

    // ------------------------------------------------------------------------------------------------ connecting

    private void connect() {
        if (over.get() != null || wire != null) {
            return;
        }
        ConnectString.Server server = servers.next();
        Wire next = new Wire(server, new AtWire());
        wire = next;
        attemptNanos = System.nanoTime();
        resolve(server, address -> prepare(next, address), next::end);
    }

    /** Looking a name up may take long, and is done elsewhere (fault.N7); again each time, since names move. */
    private void resolve(ConnectString.Server server, Consumer<InetAddress> found, Consumer<String> notFound) {
        Executor lookup = ownCallbacks == null ? setup.callbacks().orElseThrow() : ownCallbacks;
        try {
            lookup.execute(() -> {
                try {
                    InetAddress[] addresses = hosts.addressesOf(server.host());
                    onLoop(() -> found.accept(servers.choose(server, addresses)));
                } catch (UnknownHostException e) {
                    onLoop(() -> notFound.accept("the host " + server.host() + " is unknown"));
                }
            });
        } catch (RejectedExecutionException closed) {
            notFound.accept("the callback executor is closed");
        }
    }

    /**
     * Begins the proof before there is a connection: where none can be made, as without a KDC, no server takes the attempt for a sign of
     * life, and a session that nobody can use expires.
     */
    private void prepare(Wire next, InetAddress address) {
        if (setup.sasl().isEmpty() || wire != next || over.get() != null) {
            dial(next, address);
            return;
        }
        SessionQueue steps = new SessionQueue(proving, thrown -> LOG.warn("A proof of {} threw", this, thrown));
        SaslProof begun = new SaslProof(setup.sasl().get(), next.server(), address, steps);
        proof = begun;
        takeStep(begun, begun::begin, step -> {
            proofToken = step.token();
            if (step.failure() != null) {
                next.end(begun.notBegun(step.failure()));
            } else {
                dial(next, address);
            }
        });
    }

    private void takeStep(SaslProof under, Supplier<SaslProof.Step> step, Consumer<SaslProof.Step> then) {
        under.steps().execute(() -> {
            SaslProof.Step taken = step.get();
            onLoop(() -> {
                if (proof == under) {
                    then.accept(taken);
                }
            });
        });
    }

    /** There is no proof any more; steps of it that were begun come to nothing. */
    private void forgetProof() {
        SaslProof past = proof;
        if (past != null) {
            proof = null;
            proofToken = null;
            proofXid = 0;
            past.giveUp();
            past.steps().execute(past::forget);
        }
    }

    private void dial(Wire next, InetAddress address) {
        if (wire != next || over.get() != null) {
            return;
        }
        ChannelFuture dialling = new Bootstrap()
                .group(loop)
                .channel(loops.channel())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) (connectTimeoutNanos() / 1_000_000))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        setup.tls().ifPresent(tls -> channel.pipeline().addLast(tls(tls, next.server())));
                        channel.pipeline()
                                .addLast(new LengthFieldBasedFrameDecoder(setup.frameBytesMax(), 0, 4, 0, 4))
                                .addLast(next);
                    }
                })
                .connect(new InetSocketAddress(address, next.server().port()));
        next.dialled(dialling.channel());
        dialling.addListener(done -> {
            if (!done.isSuccess()) {
                next.end(String.valueOf(done.cause().getMessage()));
            }
        });
    }

    private static SslHandler tls(SSLContext tls, ConnectString.Server server) {
        SSLEngine engine = tls.createSSLEngine(server.host(), server.port());
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        engine.setSSLParameters(parameters);
        return new SslHandler(engine);
    }

    private final class AtWire implements Wire.Ear {
        @Override
        public void opened(Wire opened) {
            askedNanos = System.nanoTime();
            opened.write(new ConnectRequest(0, seenZxid, timeoutMillis, id, password, false));
        }

        @Override
        public void connected(Wire connected, ConnectResponse response) {
            if (wire == connected) {
                greeted(connected, response);
            }
        }

        @Override
        public void received(Wire from, ReplyHeader header, JuteReader body) {
            if (wire == from) {
                heardNanos = System.nanoTime();
                take(from, header, body);
            }
        }

        @Override
        public void lost(Wire lost, String reason) {
            if (wire == lost) {
                detach(lost, reason);
            }
        }
    }

    private void greeted(Wire connected, ConnectResponse response) {
        if (response.timeoutMillis() <= 0) {
            expired(connected);
            return;
        }
        id = response.session();
        timeoutMillis = response.timeoutMillis();
        keepPace();
        password = response.password() == null ? NO_PASSWORD : response.password();
        Bytes first = proofToken;
        if (first == null) {
            attach(connected);
        } else {
            say(first);
        }
    }

    /** One whose proof was never done is nobody's yet: another is asked for. */
    private void expired(Wire at) {
        if (isOpened || id == 0) {
            end(SessionState.EXPIRED, ErrorCode.SESSION_EXPIRED.message(
                    "the server at " + at + " knows no such session any more. Open a new one." + (isOpened ? "" : afterTrouble())));
            return;
        }
        id = 0;
        password = NO_PASSWORD;
        timeoutMillis = millisWanted();
        keepPace();
        at.close("it knows no such session any more");
    }

    /** Nothing else is asked before the proof is done, as by ZooKeeper's client: a server may refuse whatever comes before. */
    private void say(Bytes token) {
        proofToken = null;
        proofXid = nextXid();
        write(proofXid, OpCode.SASL, new Request.Sasl(token));
    }

    private void proofAnswered(Wire from, SaslProof under, ReplyHeader header, JuteReader body) {
        if (header.xid() != proofXid) {
            from.close("a reply to request " + header.xid() + " came amid the proof by " + under);
            return;
        }
        proofXid = 0;
        if (header.error() != 0) {
            proofFailed(from, under, header.error());
            return;
        }
        Bytes told = ((Response.Token) OpCode.SASL.readResponse(body)).token();
        takeStep(under, () -> under.take(told), step -> {
            if (step.failure() != null) {
                proofRefused(under, step.failure());
            } else if (step.token() != null) {
                say(step.token());
            } else {
                forgetProof();
                attach(from);
            }
        });
    }

    /** Only what the server says of the proof itself refuses it. */
    private void proofFailed(Wire from, SaslProof under, int error) {
        String why = "it answered error " + error;
        if (error == Refusal.AUTH_FAILED.code() || error == Refusal.SESSION_CLOSED_REQUIRE_SASL_AUTH.code()) {
            proofRefused(under, why);
        } else if (error == Refusal.SESSION_EXPIRED.code()) {
            expired(from);
        } else {
            from.close(why + " to the proof by " + under);
        }
    }

    /** To try again would keep a session alive that nobody can use, and its ephemeral nodes with it. */
    private void proofRefused(SaslProof under, String why) {
        String reason = under.refused(why);
        end(SessionState.EXPIRED, reason + ". The session is given up, and expires",
                RejectedException.of(new Outcome.Refused(Refusal.AUTH_FAILED, "", reason)));
    }

    private void attach(Wire connected) {
        servers.succeeded();
        isAttached = true;
        boolean isNew = !isOpened;
        isOpened = true;
        heardNanos = System.nanoTime();
        prolong(askedNanos);
        credentials.forEach(proof -> prove(proof, null));
        setWatchesAgain();
        String server = connected.toString();
        queue.execute(() -> {
            if (isNew) {
                opened.complete(this);
            } else if (over.get() == null) {
                tell(new SessionEvent.Connected(server));
            }
        });
        sendWaiting();
    }

    private void prolong(long sentNanos) {
        long until = sentNanos + readTimeoutNanos();
        if (until - validUntilNanos > 0) {
            validUntilNanos = until;
        }
    }

    /**
     * The server has answered what was sent then. If the session was suspended, whoever saw that waits to hear that it is connected. The
     * clock is read after it is written until when, and in {@link #state()} before, so that no lapse that anybody saw is missed.
     */
    private void renew(long sentNanos) {
        long before = validUntilNanos;
        prolong(sentNanos);
        long nowNanos = System.nanoTime();
        Wire open = wire;
        if (isAttached && open != null && nowNanos - before >= 0 && nowNanos - validUntilNanos < 0) {
            queue.execute(() -> {
                if (over.get() == null) {
                    tell(new SessionEvent.Suspended(open + " answered when two thirds of the session's timeout had passed"));
                    tell(new SessionEvent.Connected(open.toString()));
                }
            });
        }
    }

    private void detach(Wire lost, String reason) {
        wire = null;
        forgetProof();
        trouble = "the connection to " + lost + " was lost: " + reason;
        pings.clear();
        if (isAttached && watchesBeingSet == 0) {
            told.mark(); // else some watches may have been told less than others
        }
        watchesBeingSet = 0;
        if (isAttached) {
            isAttached = false;
            validUntilNanos = System.nanoTime();
            String told = trouble;
            queue.execute(() -> {
                if (over.get() == null) {
                    tell(new SessionEvent.Suspended(told));
                }
            });
        }
        drop(sent);
        drop(proofs);
        if (isClosing) {
            end(SessionState.CLOSED, "its owner closed it");
        } else if (over.get() == null) {
            loop.schedule(this::connect, servers.pauseNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private void drop(Deque<Call<?>> unanswered) {
        for (Call<?> call = unanswered.poll(); call != null; call = unanswered.poll()) {
            settle(call, failure(call, trouble));
        }
    }

    private static CoordException failure(Call<?> call, String why) {
        return call.kind == Call.Kind.WRITE && call.sentNanos != 0
                ? mayBeDone(call, why)
                : new UnavailableException(what(call, why) + ". It was not done");
    }

    /** Of one that may still be answered: then watches are removed and proofs count, which go with the connection where that is lost. */
    private static CoordException noAnswer(Call<?> call, String why) {
        return call.op == OpCode.REMOVE_WATCHES || call.op == OpCode.AUTH ? mayBeDone(call, why) : failure(call, why);
    }

    private static OutcomeUnknownException mayBeDone(Call<?> call, String why) {
        return new OutcomeUnknownException(what(call, why) + ". It may have been done: read before asking again");
    }

    private static String what(Call<?> call, String why) {
        return call.op + (call.path.isEmpty() ? "" : " " + NodePath.printable(call.path)) + ": " + why;
    }

    // ------------------------------------------------------------------------------------------------ watching again

    private void setWatchesAgain() {
        List<Request.SetWatches> batches = new WatchBatches(SET_WATCHES_BYTES_MAX, setup.to()::rooted)
                .of(listeners, seenZxid);
        for (Request.SetWatches batch : batches) {
            watchesBeingSet++;
            write(Xid.SET_WATCHES, batch.lasting() == null ? OpCode.SET_WATCHES : OpCode.SET_WATCHES2, batch);
        }
    }

    private void fire(ReplyHeader header, WatcherEvent event) {
        WatchEvent.Type type = typeOf(event.type());
        if (type == null) {
            return;
        }
        WatchEvent fired = new WatchEvent(type, setup.to().stripped(event.path()), header.zxid());
        if (watchesBeingSet > 0 && told.has(fired)) {
            return;
        }
        told.add(fired);
        List<Consumer<? super WatchEvent>> hearers = listeners.hearersOf(fired);
        if (!hearers.isEmpty()) {
            queue.execute(() -> hearers.forEach(listener -> call(listener, fired)));
        }
    }

    private static WatchEvent.@Nullable Type typeOf(int code) {
        for (WatchEvent.Type type : WatchEvent.Type.values()) {
            if (type.code() == code && type != WatchEvent.Type.GAP) {
                return type;
            }
        }
        return null;
    }

    private void tell(SessionEvent event) {
        for (Consumer<? super SessionEvent> listener : eventListeners) {
            call(listener, event);
        }
    }

    private <E> void call(Consumer<? super E> listener, E event) {
        try {
            listener.accept(event);
        } catch (Throwable thrown) {
            LOG.warn("A listener of {} threw at {}", this, event, thrown);
        }
    }

    // ------------------------------------------------------------------------------------------------ sending

    private void write(int xid, OpCode op, Request body) {
        Wire open = wire;
        if (open != null) {
            saidNanos = System.nanoTime();
            open.write(xid, op, body);
        }
    }

    private <R> CompletionStage<R> ask(Call<R> call) {
        SessionState ended = over.get();
        if (ended != null) {
            return failed(endedAlready());
        }
        if (outstanding.incrementAndGet() > setup.outstandingMax()) {
            outstanding.decrementAndGet();
            return failed(new UnavailableException(ErrorCode.OVERLOADED.message(this + " has " + setup.outstandingMax()
                    + " unanswered requests, the limit. Wait for some of them")));
        }
        if (!onLoop(() -> enter(call))) {
            outstanding.decrementAndGet();
            return failed(endedAlready());
        }
        return call.stage.minimalCompletionStage();
    }

    private <R> CompletionStage<R> failed(CoordException failure) {
        CompletableFuture<R> stage = new CompletableFuture<>();
        queue.execute(() -> stage.completeExceptionally(failure));
        return stage.minimalCompletionStage();
    }

    private boolean onLoop(Runnable task) {
        try {
            loop.execute(task);
            return true;
        } catch (RejectedExecutionException ended) {
            return false;
        }
    }

    private void enter(Call<?> call) {
        call.askedNanos = System.nanoTime();
        if (over.get() != null || isClosing && call.op != OpCode.CLOSE_SESSION) {
            settle(call, endedAlready());
            return;
        }
        isClosing |= call.op == OpCode.CLOSE_SESSION;
        waiting.add(call);
        sendWaiting();
    }

    private void sendWaiting() {
        if (!isAttached) {
            return;
        }
        for (Call<?> call = waiting.poll(); call != null; call = waiting.poll()) {
            call.sentNanos = System.nanoTime();
            if (call.op == OpCode.AUTH) {
                proofs.add(call);
                write(Xid.AUTH, call.op, call.body);
            } else {
                call.xid = nextXid();
                sent.add(call);
                write(call.xid, call.op, call.body);
            }
        }
    }

    private int nextXid() {
        lastXid = lastXid == Integer.MAX_VALUE ? 1 : lastXid + 1;
        return lastXid;
    }

    private void prove(ClientSetup.Credentials proof, @Nullable Call<?> caller) {
        Request.Auth body = new Request.Auth(0, proof.scheme(), proof.proof());
        Call<?> call = caller == null
                ? new Call<Boolean>(OpCode.AUTH, body, Call.Kind.READ, "", response -> true)
                : caller;
        call.askedNanos = System.nanoTime();
        call.sentNanos = call.askedNanos;
        if (caller == null) {
            outstanding.incrementAndGet();
        }
        proofs.add(call);
        write(Xid.AUTH, OpCode.AUTH, body);
    }

    // ------------------------------------------------------------------------------------------------ hearing

    private void take(Wire from, ReplyHeader header, JuteReader body) {
        SaslProof under = proof;
        if (under != null) {
            proofAnswered(from, under, header, body);
            return;
        }
        switch (header.xid()) {
            case Xid.NOTIFICATION -> fire(header, WatcherEvent.read(body));
            case Xid.PING -> pinged();
            case Xid.SET_WATCHES -> watchesSet(header);
            case Xid.AUTH -> proven(header);
            default -> answered(header, body);
        }
    }

    /** Nothing counts as seen while watches are still to be compared with what was seen before. */
    private void watchesSet(ReplyHeader header) {
        watchesBeingSet--;
        if (watchesBeingSet == 0) {
            seen(header);
        }
    }

    private void seen(ReplyHeader header) {
        seenZxid = Math.max(seenZxid, header.zxid());
    }

    private void pinged() {
        Long sentNanos = pings.poll();
        if (sentNanos != null) {
            renew(sentNanos);
        }
    }

    private void proven(ReplyHeader header) {
        Call<?> call = proofs.poll();
        if (call == null) {
            return;
        }
        if (header.error() == 0) {
            complete(call, Response.Nothing.NOTHING);
        } else {
            Request.Auth refused = (Request.Auth) call.body;
            credentials.removeIf(proof ->
                    proof.scheme().equals(refused.scheme()) && proof.proof().equals(refused.credentials()));
            settle(call, RejectedException.of(new Outcome.Refused(
                    Refusal.AUTH_FAILED, "", "the server does not accept these credentials of scheme " + refused.scheme())));
        }
    }

    private void answered(ReplyHeader header, JuteReader body) {
        Call<?> call = sent.peek();
        if (call == null || call.xid != header.xid()) {
            Wire open = wire;
            if (open != null) {
                open.close("a reply to request " + header.xid() + " came where " + (call == null ? "none" : call.xid) + " was due");
            }
            return;
        }
        sent.poll();
        seen(header);
        renew(call.sentNanos);
        try {
            if (header.error() == 0) {
                complete(call, call.op.readResponse(body));
            } else {
                refuse(call, header.error());
            }
        } catch (RuntimeException unreadable) {
            // First the connection, so that what its caller asks next does not go by it; then the call, which no end of a connection
            // reaches any more.
            String why = "the server's answer cannot be read: " + unreadable.getMessage();
            Wire open = wire;
            if (open != null) {
                open.close(why);
                detach(open, why);
            }
            settle(call, failure(call, why));
            throw unreadable;
        }
        if (call.op == OpCode.CLOSE_SESSION) {
            end(SessionState.CLOSED, "its owner closed it");
        }
    }

    private <R> void complete(Call<R> call, Response response) {
        R value = call.answer(response);
        outstanding.decrementAndGet();
        queue.execute(() -> call.stage.complete(value));
    }

    private <R> void refuse(Call<R> call, int error) {
        R value = call.answer(error);
        if (value != null) {
            outstanding.decrementAndGet();
            queue.execute(() -> call.stage.complete(value));
        } else if (error == Refusal.SESSION_EXPIRED.code()) {
            settle(call, new SessionEndedException(ErrorCode.SESSION_EXPIRED.message(this + " has expired. Open a new one.")));
        } else if (error == Refusal.THROTTLED_OP.code()) {
            settle(call, new UnavailableException(call.op + ": the server was too busy. It was not done"));
        } else if (Translation.isRefusal(error)) {
            settle(call, RejectedException.of(Translation.refused(error, call.path)));
        } else {
            settle(call, failure(call, "the server answered error " + error));
        }
    }

    private void settle(Call<?> call, CoordException failure) {
        outstanding.decrementAndGet();
        queue.execute(() -> call.fail(failure));
    }

    // ------------------------------------------------------------------------------------------------ time

    private void tick() {
        long nowNanos = System.nanoTime();
        Wire open = wire;
        if (open != null && !isAttached && nowNanos - attemptNanos > 2 * connectTimeoutNanos()) {
            open.close(awaited() + " within " + 2 * connectTimeoutNanos() / 1_000_000 + " ms");
        } else if (open != null && isAttached && nowNanos - heardNanos > readTimeoutNanos()) {
            open.close("nothing was heard for " + readTimeoutNanos() / 1_000_000 + " ms, two thirds of the session's timeout");
        } else if (isAttached && (nowNanos - saidNanos > timeoutNanos() / 4 || validUntilNanos - nowNanos < timeoutNanos() / 3)) {
            if (pings.size() < 4) {
                pings.add(nowNanos);
                write(Xid.PING, OpCode.PING, Request.Empty.EMPTY);
            }
        }
        giveUpOverdue(nowNanos);
    }

    /** What a connection attempt waits for that has not come. */
    private String awaited() {
        SaslProof under = proof;
        if (under == null || proofToken != null) {
            return "no answer";
        }
        return proofXid == 0 ? "no step of the proof by " + under + " was done" : "no answer to the proof by " + under;
    }

    private void giveUpOverdue(long nowNanos) {
        long mostNanos = setup.requestTimeout().toNanos();
        for (Call<?> call = waiting.peek(); call != null && nowNanos - call.askedNanos > mostNanos; call = waiting.peek()) {
            waiting.poll();
            settle(call, failure(call, "no server for " + mostNanos / 1_000_000 + " ms; " + trouble));
        }
        for (Call<?> call : sent) {
            if (nowNanos - call.askedNanos <= mostNanos) {
                break;
            }
            giveUp(call, mostNanos);
        }
        for (Call<?> call : proofs) {
            if (nowNanos - call.askedNanos > mostNanos) {
                giveUp(call, mostNanos);
            }
        }
    }

    private void giveUp(Call<?> call, long afterNanos) {
        if (!call.givenUp) {
            call.givenUp = true;
            CoordException failure = noAnswer(call, "no answer for " + afterNanos / 1_000_000 + " ms");
            queue.execute(() -> call.fail(failure));
        }
    }

    // ------------------------------------------------------------------------------------------------ asking

    @Override
    public <R> CompletionStage<R> submit(Operation<R> operation) {
        Objects.requireNonNull(operation, "operation");
        return ask(call(operation, false, value -> {}));
    }

    @SuppressWarnings("unchecked") // each operation is answered by what its type parameter says
    private <R> Call<R> call(Operation<R> operation, boolean watch, Consumer<Optional<Boolean>> onFound) {
        Translation.Wired wired = translation.request(operation, watch);
        Call.Kind kind = operation instanceof Operation.Write<?> ? Call.Kind.WRITE : Call.Kind.READ;
        Function<Response, R> onReply = response -> {
            onFound.accept(Optional.of(true));
            return (R) translation.answer(operation, response);
        };
        Call.OnError<R> onError = error -> {
            if (operation instanceof Operation.Exists && error == Refusal.NO_NODE.code()) {
                onFound.accept(Optional.of(false));
                return (R) Optional.empty();
            }
            return null;
        };
        return new Call<>(wired.op(), wired.body(), kind, Translation.pathOf(operation), onReply, onError);
    }

    /**
     * A linearizable read is one behind a sync: what was acknowledged to anybody before it began is in it (zk.O7, zk.X5). Where the sync was
     * not done the read is none: it may have been sent by the next connection, to a server that is behind.
     */
    @Override
    public <R> CompletionStage<R> submit(Operation.Read<R> read, ReadMode mode) {
        Objects.requireNonNull(read, "read");
        Objects.requireNonNull(mode, "mode");
        if (mode == ReadMode.LINEARIZABLE) {
            CompletionStage<String> synced = submit(new Operation.Sync("/"));
            return synced.thenCombine(submit(read), (path, value) -> value); // in this order a failed sync comes before a refusal
        }
        return submit(read);
    }

    @Override
    public <R> CompletionStage<R> submit(Operation.WatchedRead<R> read, Consumer<? super WatchEvent> listener) {
        Objects.requireNonNull(read, "read");
        Objects.requireNonNull(listener, "listener");
        Call<R> call = call(read, true, found -> ListenerTable.Kind.leftBy(read, found.orElse(false))
                .ifPresent(kind -> listeners.add(read.path(), kind, listener)));
        call.unheard = () -> {};
        return ask(call);
    }

    @Override
    public CompletionStage<Registration> addWatch(
            NodePath path, WatchMode mode, Consumer<? super WatchEvent> listener) {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(mode, "mode");
        Objects.requireNonNull(listener, "listener");
        ListenerTable.Kind kind = ListenerTable.Kind.of(mode);
        Call<Registration> call = new Call<>(OpCode.ADD_WATCH, addition(path, mode), Call.Kind.READ, path.value(), response -> {
            listeners.add(path.value(), kind, listener);
            return ListenerTable.registration(() -> onLoop(() -> removeListener(path, mode, listener)));
        });
        call.unheard = () -> unwatch(path, mode);
        return ask(call);
    }

    private Request addition(NodePath path, WatchMode mode) {
        return new Request.OfWatches(setup.to().rooted(path.value()), mode.code());
    }

    private void removeListener(NodePath path, WatchMode mode, Consumer<? super WatchEvent> listener) {
        if (listeners.remove(path.value(), mode, listener)) {
            unwatch(path, mode);
        }
    }

    /** Removes a watch if nobody listens to it, unless somebody who will is about to add the same: it would take theirs. */
    private void unwatch(NodePath path, WatchMode mode) {
        WatchKind kind = WatchKind.of(mode);
        Request addition = addition(path, mode);
        boolean isBeingAdded = Stream.concat(sent.stream(), waiting.stream())
                .anyMatch(call -> call.op == OpCode.ADD_WATCH && call.body.equals(addition));
        if (!isBeingAdded && !listeners.has(path.value(), kind) && over.get() == null) {
            outstanding.incrementAndGet();
            enter(removal(path, kind));
        }
    }

    private Call<@Nullable Void> removal(NodePath path, WatchKind kind) {
        Request body = new Request.OfWatches(setup.to().rooted(path.value()), kind.code());
        return new Call<>(OpCode.REMOVE_WATCHES, body, Call.Kind.READ, path.value(), response -> {
            listeners.removeAll(path.value(), kind);
            return null;
        });
    }

    @Override
    public CompletionStage<@Nullable Void> removeWatches(NodePath path, WatchKind kind) {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(kind, "kind");
        return ask(removal(path, kind));
    }

    @Override
    public CompletionStage<@Nullable Void> addAuth(String scheme, Bytes proof) {
        Objects.requireNonNull(scheme, "scheme");
        Objects.requireNonNull(proof, "credentials");
        ClientSetup.Credentials added = new ClientSetup.Credentials(scheme, proof);
        return ask(new Call<>(OpCode.AUTH, new Request.Auth(0, scheme, proof), Call.Kind.READ, "", response -> {
            if (!credentials.contains(added)) {
                credentials.add(added);
            }
            return null;
        }));
    }

    @Override
    public CompletionStage<@Nullable Void> closeAsync() {
        if (over.get() == null) {
            onLoop(this::close0);
        }
        return gone.minimalCompletionStage();
    }

    private void close0() {
        if (isClosing || over.get() != null) {
            return;
        }
        if (!isAttached) {
            isClosing = true;
            end(SessionState.CLOSED, "its owner closed it while no server was connected; the ensemble ends it when its lease lapses");
            return;
        }
        outstanding.incrementAndGet();
        enter(new Call<Boolean>(OpCode.CLOSE_SESSION, Request.Empty.EMPTY, Call.Kind.READ, "", response -> true));
        loop.schedule(() -> end(SessionState.CLOSED, "its owner closed it"), readTimeoutNanos(), TimeUnit.NANOSECONDS);
    }

    // ------------------------------------------------------------------------------------------------ the end

    private void end(SessionState state, String reason) {
        end(state, reason, null);
    }

    private void end(SessionState state, String reason, @Nullable RejectedException refused) {
        SessionState ended = isClosing ? SessionState.CLOSED : state;
        if (over.get() != null) {
            return;
        }
        ending = reason;
        refusal = refused;
        over.set(ended);
        isAttached = false;
        validUntilNanos = System.nanoTime();
        SessionEndedException failure = endedAlready();
        forgetProof();
        drop(waiting, failure);
        drop(sent, failure);
        drop(proofs, failure);
        listeners.clear();
        Wire open = wire;
        wire = null;
        queue.execute(() -> {
            opened.completeExceptionally(refused == null ? new UnavailableException(reason) : refused);
            tell(ended == SessionState.CLOSED ? new SessionEvent.Closed() : new SessionEvent.Expired(reason));
        });
        if (open == null) {
            endThreads();
        } else {
            // A loop that ends leaves open what it was not told to close.
            open.whenGone(this::endThreads);
            open.close(reason);
        }
    }

    private void endThreads() {
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).addListener(done -> {
            queue.execute(() -> gone.complete(null));
            proving.shutdown();
            if (ownCallbacks != null) {
                ownCallbacks.shutdown();
            }
        });
    }

    private void drop(Deque<Call<?>> calls, SessionEndedException failure) {
        for (Call<?> call = calls.poll(); call != null; call = calls.poll()) {
            settle(call, failure);
        }
    }

    private SessionEndedException endedAlready() {
        String code = ErrorCode.SESSION_EXPIRED + " ";
        String text = this + ": " + (ending.startsWith(code) ? ending.substring(code.length()) : ending);
        return new SessionEndedException(over.get() == SessionState.EXPIRED ? code + text : text, refusal);
    }

    // ------------------------------------------------------------------------------------------------ views

    @Override
    public long id() {
        return id;
    }

    @Override
    public Duration timeout() {
        return Duration.ofMillis(timeoutMillis);
    }

    @Override
    public SessionState state() {
        SessionState ended = over.get();
        if (ended != null) {
            return ended;
        }
        return System.nanoTime() - validUntilNanos < 0 ? SessionState.CONNECTED : SessionState.SUSPENDED;
    }

    @Override
    public Executor callbackExecutor() {
        return queue;
    }

    @Override
    public String uniqueName() {
        return Long.toHexString(id) + "n" + names.incrementAndGet();
    }

    @Override
    public Registration onEvent(Consumer<? super SessionEvent> listener) {
        Objects.requireNonNull(listener, "listener");
        Consumer<SessionEvent> entry = listener::accept;
        eventListeners.add(entry);
        return () -> eventListeners.remove(entry);
    }

    /** Whether the calling thread is one that answers need, where nobody may wait for one. */
    public boolean mayNotWait() {
        return queue.isCallbackThread() || loop.inEventLoop();
    }

    @Override
    public String toString() {
        return "session 0x" + Long.toHexString(id) + " " + state();
    }
}
