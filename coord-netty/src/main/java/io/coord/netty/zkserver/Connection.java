package io.coord.netty.zkserver;

import io.coord.Bytes;
import io.coord.Identity;
import io.coord.WatchEvent;
import io.coord.ensemble.spi.SessionPort;
import io.coord.netty.jute.ConnectRequest;
import io.coord.netty.jute.ConnectResponse;
import io.coord.netty.jute.JuteReader;
import io.coord.netty.jute.JuteWriter;
import io.coord.netty.jute.MalformedRecordException;
import io.coord.netty.jute.OpCode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's connection. All of it runs on its event loop but what the member tells, which is queued and shown there in the order it
 * came.
 *
 * <p>Order (rules 1 to 3): the member tells events before it hands out the state that shows them, and lets them be shown thereafter. A
 * read that need not go to the member takes the state first and looks at the queue next: if it is empty, every event of that state is
 * written already and none of a later one, so the reply is made from it. If not, the connection takes no further request until what is
 * told may be shown, and looks again.
 */
final class Connection extends ChannelInboundHandlerAdapter implements SessionPort.Client {

    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    private static final int LENGTH_BYTES = 4;
    /** Replies are gathered in buffers of about this size, so that a burst of them is one write to the socket. */
    private static final int GATHERED_BYTES = 32 << 10;
    /** What may lie unread while the connection takes no requests. */
    private static final int UNREAD_BYTES_MAX = 64 << 10;
    /** A client that does not read what it is told is parted from when so many events and replies wait for it. */
    private static final long UNSHOWN_MAX = 1 << 20;

    private static final long FAREWELL_MILLIS = 2_000;
    private static final int NO_OP = Integer.MIN_VALUE;
    private static final Bytes NO_PASSWORD = Bytes.wrap(new byte[16]);

    private enum Stage {
        /** Its connect request is awaited. */
        GREETING,
        /** The member opens or resumes its session. */
        ENTERING,
        /** Requests are taken. */
        SERVING,
        /** The end of its session is asked; what is owed is shown. */
        CLOSING,
        /** It is parted from: nothing more is taken or shown. */
        PARTED,
        /** Nothing happens any more. */
        GONE
    }

    private record Attached(long session, Duration timeout, boolean isReadOnly) {}

    private record Arrival(long throughByte, long nanos) {}

    private record Detached(SessionPort.Parting why, String reason) {}

    private final ClientPort home;
    private final SessionPort member;
    private final Channel channel;
    private final InetSocketAddress from;
    private final InetAddress address;
    private final LoopShare share;
    private final Traffic own;
    private final long sinceMillis = System.currentTimeMillis();
    private final Requests requests = new Requests(this);
    private final Runnable show = this::showAndGoOn;

    private Stage stage = Stage.GREETING;
    /** Until it has been answered. */
    private @Nullable ConnectRequest greeting;
    private Bytes password = NO_PASSWORD;
    /** What happens in a while if nothing happens before. */
    private @Nullable Future<?> alarm;
    private List<Identity> identities;
    private SessionPort.@Nullable Attachment attachment;

    private @Nullable ByteBuf unread;
    private @Nullable ByteBuf unsent;
    /** Where the frame being written begins. */
    private int frameAt;

    /** What came in all, and what of it was taken. */
    private long cameBytes;
    private long takenBytes;
    /** When it came, up to which byte; noted only if requests may not wait for any time. */
    private @Nullable Deque<Arrival> arrivals;
    private boolean hasWaitedTooLong;
    /** Bytes of large requests that are noted at home. */
    private int largeBytes;
    private int unanswered;
    private long unansweredBytes;
    private boolean taking;
    /** Whether the next request is there, and its turn has not come. */
    private boolean held;
    private boolean isEncrypted;
    /** Whether its session only reads: the member has no quorum. */
    private boolean isReadOnly;
    private @Nullable SaslExchange sasl;
    /** Whether a step of it is taken beside the event loop; until that is done, the exchange is not touched here. */
    private boolean proving;
    /** The clock, as this turn of the event loop has it. */
    private long nowNanos;
    /** Told to those who ask, by any thread. */
    private volatile long session;
    private volatile int timeoutMillis;
    /** Of what was answered last. Written for each request, and so without a fence: who asks may see an earlier one. */
    private int lastOp = NO_OP;

    /** Of an answer to a real request: those of ZooKeeper's client that have no number of their own, such as pings, do not count. */
    private int lastXid;
    private long lastZxid;
    private long lastNanos;
    private long lastAnswerNanos;
    /** Since what beginning all this counts. */
    private int lastAge;
    /** Of the request that is being taken. */
    private int takenOp = NO_OP;

    private int takenXid;

    /** What the member told: events, answers, and its coming and going; oldest first. */
    private final Queue<Object> told = new ConcurrentLinkedQueue<>();
    /** How much was told; only whoever tells counts. */
    private long toldCount;
    /** How much of it may be shown. */
    private volatile long showable;
    /** How much of it was shown. */
    private long shown;
    /** Whether requests wait until something may be shown. */
    private volatile boolean waiting;
    /** Whether the member has told that it parts from the client. */
    private volatile boolean isOver;

    private final AtomicBoolean showScheduled = new AtomicBoolean();

    /** The connection of a channel that was just accepted. */
    Connection(ClientPort home, SessionPort member, Channel channel, InetSocketAddress from, LoopShare share) {
        this.home = home;
        this.member = member;
        this.channel = channel;
        this.from = from;
        this.address = from.getAddress();
        this.share = share;
        this.own = home.ofConnection();
        this.identities = List.of(IpScheme.identity(address));
        this.lastAge = home.ageOfConnections();
    }

    // ------------------------------------------------------------------------------------------------ what the channel says

    /** The client has so long to say what it wants. */
    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        long millis = home.limits().handshakeMax().toMillis();
        alarm = channel.eventLoop().schedule(this::greetingOverdue, millis, TimeUnit.MILLISECONDS);
    }

    /** An alarm that is not needed any more holds the connection no longer. */
    private void endAlarm() {
        Future<?> set = alarm;
        if (set != null) {
            alarm = null;
            set.cancel(false);
        }
    }

    private void greetingOverdue() {
        if (stage == Stage.GREETING) {
            home.tally().late.incrementAndGet();
            leave("it has not asked for a session in time");
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf bytes) || !isOpen()) {
            ReferenceCountUtil.release(message);
            return;
        }
        noteArrival(bytes.readableBytes());
        ByteBuf before = unread;
        unread = before == null ? bytes : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(channel.alloc(), before, bytes);
        SessionPort.Attachment in = attachment;
        if (in != null) {
            in.touch();
        }
        take();
    }

    private void noteArrival(int bytes) {
        cameBytes += bytes;
        if (!home.throttle().waitMax().isZero()) {
            Deque<Arrival> noted = arrivals;
            if (noted == null) {
                noted = new ArrayDeque<>();
                arrivals = noted;
            }
            noted.add(new Arrival(cameBytes, System.nanoTime()));
        }
    }

    /** Whoever has shown a certificate is whom it names, before the first request. */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        SslHandler handler = channel.pipeline().get(SslHandler.class);
        TlsSetup tls = home.tls();
        if (event instanceof SslHandshakeCompletionEvent done && done.isSuccess() && handler != null && tls != null) {
            isEncrypted = true;
            List<Identity> all = new ArrayList<>(identities);
            all.addAll(tls.proven(handler));
            identities = List.copyOf(all);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        send();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (channel.isWritable()) {
            goOn();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        gone();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        failed(cause);
    }

    /** Nobody knows what was done and what was not: what is half written is not sent, and nothing more is taken or shown. */
    private void failed(Throwable cause) {
        stage = stage == Stage.GONE ? Stage.GONE : Stage.PARTED;
        ReferenceCountUtil.release(unsent);
        unsent = null;
        channel.close();
        try {
            if (cause instanceof Error) {
                home.failed(address, cause);
            }
            if (LOG.isDebugEnabled()) {
                LOG.debug("client {}: {}", address, cause.toString());
            }
        } catch (Throwable untold) {
            // where memory is short, there may be none for a line
        }
    }

    private void gone() {
        if (stage == Stage.GONE) {
            return;
        }
        stage = Stage.GONE;
        endAlarm();
        home.left(channel, address, unanswered);
        home.forgetLarge(largeBytes);
        largeBytes = 0;
        SessionPort.Attachment in = attachment;
        if (in != null) {
            in.detach();
        }
        if (sasl != null && !proving) {
            sasl.end();
        }
        ReferenceCountUtil.release(unread);
        ReferenceCountUtil.release(unsent);
        unread = null;
        unsent = null;
        told.clear();
    }

    // ------------------------------------------------------------------------------------------------ taking frames

    /** Whether requests are taken, now or later. */
    private boolean isOpen() {
        return stage == Stage.GREETING || stage == Stage.ENTERING || stage == Stage.SERVING;
    }

    private boolean mayTake() {
        return switch (stage) {
            case GREETING -> true;
            case SERVING -> !waiting
                    && !proving
                    && unansweredBytes < home.limits().unansweredBytesMax()
                    && unanswered < home.unansweredMax()
                    && (unanswered == 0 || home.hasRoom())
                    && channel.isWritable();
            case ENTERING, CLOSING, PARTED, GONE -> false;
        };
    }

    /** Takes what is there of whole frames, as long as it may; and lets more come only when it may. */
    private void take() {
        if (taking) {
            return;
        }
        taking = true;
        held = false;
        nowNanos = System.nanoTime();
        try {
            boolean more = true;
            while (more && unread != null && mayTake()) {
                more = takeOne(unread);
            }
        } finally {
            taking = false;
        }
        ByteBuf left = unread;
        if (left != null && !left.isReadable()) {
            left.release();
            unread = null;
        } else if (left != null) {
            left.discardSomeReadBytes(); // or it would grow for as long as no end of what is read is that of a frame
        }
        boolean full = unread != null && unread.readableBytes() >= UNREAD_BYTES_MAX;
        channel.config().setAutoRead(!isOpen() || mayTake() && !held || !full);
    }

    /** Takes a frame; false if it is not there yet, or its turn has not come. */
    private boolean takeOne(ByteBuf in) {
        if (in.readableBytes() < LENGTH_BYTES) {
            return false;
        }
        int start = in.readerIndex();
        int length = in.getInt(start);
        if (stage == Stage.GREETING && home.words().isWord(length)) {
            return takeWord(in, length);
        }
        if (length < 0 || length > home.limits().frameBytesMax()) {
            leave("a frame of " + length + " bytes; the limit is " + home.limits().frameBytesMax());
            return false;
        }
        if (in.readableBytes() - LENGTH_BYTES < length) {
            return false;
        }
        int end = in.writerIndex();
        int frameEnd = start + LENGTH_BYTES + length;
        in.setIndex(start + LENGTH_BYTES, frameEnd);
        boolean taken = false;
        lookAtArrival(LENGTH_BYTES + length);
        try {
            taken = takeFrame(share.reader.over(in), length);
        } catch (MalformedRecordException malformed) {
            leave(String.valueOf(malformed.getMessage()));
        } finally {
            if (unread == in) {
                in.setIndex(taken ? frameEnd : start, end);
            }
            takenBytes += taken ? LENGTH_BYTES + length : 0;
        }
        return taken;
    }

    /** Takes a four-letter word with what belongs to it; there is nothing to take behind it. */
    private boolean takeWord(ByteBuf in, int word) {
        int argumentBytes = home.words().argumentBytes(word);
        if (in.readableBytes() < LENGTH_BYTES + argumentBytes) {
            return false;
        }
        long argument = argumentBytes == 0 ? 0 : in.getLong(in.readerIndex() + LENGTH_BYTES);
        in.skipBytes(in.readableBytes());
        stage = Stage.PARTED;
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true); // whoever asks may say at once that nothing follows
        home.words().answer(word, argument, home, channel.eventLoop())
                .whenComplete((text, failure) -> answerWord(failure == null ? text : ""));
        return false;
    }

    /** Since when the frame, that begins behind what was taken, has been there. */
    private void lookAtArrival(int bytes) {
        Duration waitMax = home.throttle().waitMax();
        Deque<Arrival> noted = arrivals;
        if (waitMax.isZero() || noted == null) {
            return;
        }
        long last = takenBytes + bytes;
        while (noted.peek() != null && noted.peek().throughByte < last) {
            noted.poll();
        }
        Arrival arrival = noted.peek();
        hasWaitedTooLong = arrival != null && nowNanos - arrival.nanos > waitMax.toNanos();
    }

    /** Whether the request being taken has waited for longer than it may (zk.L2). */
    boolean hasWaitedTooLong() {
        return hasWaitedTooLong;
    }

    private boolean takeFrame(JuteReader frame, int length) {
        if (stage == Stage.GREETING) {
            received(length);
            greeted(ConnectRequest.read(frame));
            return true;
        }
        if (!home.hasRoomForLarge(length)) {
            home.tally().tooLarge.incrementAndGet();
            leave("a request of " + length + " bytes, while large ones are unanswered (zk.L3)");
            return true;
        }
        int xid = frame.int32();
        int type = frame.int32();
        takenOp = type;
        takenXid = xid;
        boolean taken = requests.take(xid, type, frame, length);
        held = !taken;
        if (taken) {
            received(length);
        }
        return taken;
    }

    private void received(int bytes) {
        share.traffic.received(bytes);
        own.received(bytes);
    }

    private void answerWord(String text) {
        channel.write(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
        sendAndClose();
    }

    // ------------------------------------------------------------------------------------------------ the handshake

    private void greeted(ConnectRequest request) {
        home.tally().asked.incrementAndGet();
        if (!home.mayConnect()) {
            home.tally().refused.incrementAndGet();
            leave("more sessions are asked for than may be in this time (zk.L3)");
            return;
        }
        if (request.lastZxidSeen() > member.appliedIndex()) {
            leave("it has seen zxid 0x" + Long.toHexString(request.lastZxidSeen()) + ", which is not here yet (zk.W5)");
            return;
        }
        boolean mayReadOnly = home.servesReadOnly() && Boolean.TRUE.equals(request.readOnly());
        if (home.servesReadOnly() && !mayReadOnly && member.isWithoutQuorum()) {
            leave("there is no quorum, and it does not want to read only (zk.W6)");
            return;
        }
        SessionPort.Terms terms = home.terms(mayReadOnly);
        greeting = request;
        endAlarm();
        stage = Stage.ENTERING;
        Duration timeout = Duration.ofMillis(request.timeoutMillis());
        if (request.session() == 0) {
            password = member.newPassword();
            attachment = member.open(this, timeout, password, identities, terms);
        } else {
            Bytes shown = request.password();
            password = shown == null ? Bytes.EMPTY : shown;
            attachment = member.resume(this, request.session(), timeout, password, identities, terms);
        }
    }

    private void answerGreeting(int timeoutMillis, long session, Bytes password) {
        ConnectRequest asked = greeting;
        Boolean readOnly = asked == null || asked.readOnly() == null ? null : isReadOnly;
        JuteWriter out = beginReply();
        new ConnectResponse(0, timeoutMillis, session, password, readOnly).write(out);
        endReply(out);
        if (asked != null && asked.session() == 0) {
            note(OpCode.CREATE_SESSION.number(), 0, 0, member.appliedIndex());
        }
        greeting = null;
        this.password = NO_PASSWORD;
    }

    // ------------------------------------------------------------------------------------------------ what the member tells

    @Override
    public void attached(long session, Duration timeout, boolean isReadOnly) {
        told(new Attached(session, timeout, isReadOnly));
    }

    /** A gap is nothing that a client of ZooKeeper knows; a session that has one is parted from. */
    @Override
    public void fired(WatchEvent event) {
        if (event.type() != WatchEvent.Type.GAP) {
            told((Object) event);
        }
    }

    @Override
    public void detached(SessionPort.Parting why, String reason) {
        isOver = true;
        told(new Detached(why, reason));
    }

    /** A request was answered. */
    void told(Asked<?> answer) {
        told((Object) answer);
    }

    private void told(Object item) {
        told.add(item);
        toldCount++;
    }

    @Override
    public void flush() {
        boolean news = showable != toldCount;
        if (news) {
            showable = toldCount;
        }
        if ((news || waiting) && showScheduled.compareAndSet(false, true)) {
            try {
                channel.eventLoop().execute(show);
            } catch (RejectedExecutionException closed) {
                showScheduled.set(false); // the server is closed, and the connection with it
            }
        }
    }

    private void showAndGoOn() {
        showScheduled.set(false);
        try {
            goOn();
        } catch (Throwable failure) { // of a task: Netty would tell it to the log alone
            failed(failure);
        }
    }

    private void goOn() {
        waiting = false;
        showAll();
        take();
        send();
    }

    /** Writes what may be shown, while the client takes it; true if nothing is left. */
    private boolean showAll() {
        nowNanos = System.nanoTime();
        while (shown < showable && stage != Stage.PARTED && stage != Stage.GONE) {
            if (!channel.isWritable()) {
                holdBack();
                return false;
            }
            Object item = told.poll();
            shown++;
            if (item instanceof Asked<?> answer) {
                show(answer);
            } else if (item instanceof WatchEvent event) {
                show(event);
            } else if (item instanceof Attached attached) {
                stage = Stage.SERVING;
                session = attached.session;
                isReadOnly = attached.isReadOnly;
                timeoutMillis = (int) attached.timeout.toMillis();
                answerGreeting((int) attached.timeout.toMillis(), attached.session, password);
            } else if (item instanceof Detached detached) {
                show(detached);
            }
        }
        return told.isEmpty();
    }

    /** The client is behind in reading: the rest is shown when it has caught up, if it does so in time. */
    private void holdBack() {
        if (showable - shown > UNSHOWN_MAX) {
            leave("it does not read what it is told");
        } else if (isOver && alarm == null) {
            alarm = channel.eventLoop().schedule(() -> channel.close(), FAREWELL_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void show(Asked<?> answer) {
        unanswered--;
        unansweredBytes -= answer.bytes;
        largeBytes -= home.endLarge(answer.bytes);
        home.answered();
        answered(nowNanos - answer.askedNanos, answer.isUpdate);
        note(answer.op, answer.xid, nowNanos - answer.askedNanos, answer.zxid());
        JuteWriter out = beginReply();
        answer.write(out);
        endReply(out);
        if (answer.isFarewell()) {
            leave("the member takes no more identities of it");
        }
    }

    private void show(WatchEvent event) {
        byte[] frame = share.events.of(event);
        room(frame.length).writeBytes(frame);
        sent(frame.length);
    }

    private void show(Detached detached) {
        LOG.debug("client {} is parted from: {}", address, detached.reason);
        if (detached.why == SessionPort.Parting.REFUSED && stage == Stage.ENTERING) {
            answerGreeting(0, 0, NO_PASSWORD);
        }
        stage = Stage.PARTED;
        sendAndClose();
    }

    // ------------------------------------------------------------------------------------------------ what requests need

    /** Whether its session only reads. */
    boolean isReadOnly() {
        return isReadOnly;
    }

    /** Whether everything asked before is answered. */
    boolean isIdle() {
        return unanswered == 0;
    }

    /** The state that a reply may be made from now; if there is none, the request has to wait, and is taken again later. */
    SessionPort.@Nullable View view() {
        SessionPort.View view = viewIfShown();
        if (view == null) {
            waiting = true;
            view = viewIfShown(); // what came in between may not have seen that someone waits
            if (view != null) {
                waiting = false;
            }
        }
        return view;
    }

    private SessionPort.@Nullable View viewIfShown() {
        SessionPort.Attachment in = attachment;
        while (in != null && stage == Stage.SERVING) {
            SessionPort.View view = in.view();
            if (view == null || told.isEmpty()) {
                return view;
            }
            if (!showAll()) {
                return null;
            }
        }
        return null;
    }

    /** The session's place at the member. */
    SessionPort.Attachment attachment() {
        SessionPort.Attachment in = attachment;
        if (in == null) {
            throw new IllegalStateException("requests are taken from attached clients only");
        }
        return in;
    }

    /** What the answer to a request of this size will be. */
    <R> Asked<R> asked(int xid, int bytes, ReplyForm<? super R> form) {
        return new Asked<>(this, takenOp, xid, bytes, form, nowNanos, false);
    }

    /** The same of a write. */
    <R> Asked<R> askedToWrite(int xid, int bytes, ReplyForm<? super R> form) {
        return new Asked<>(this, takenOp, xid, bytes, form, nowNanos, true);
    }

    /** The same of a proof, which makes the client all of these. */
    Proof askedToProve(int xid, int bytes, ReplyForm<Boolean> form, Proof.Refusing refusing, List<Identity> all) {
        return new Proof(this, takenOp, xid, bytes, form, refusing, nowNanos, all);
    }

    /** Notes that the member has a request, or has not taken it. */
    boolean asked(Asked<?> request, boolean taken) {
        if (taken) {
            unanswered++;
            unansweredBytes += request.bytes;
            largeBytes += home.beginLarge(request.bytes);
            home.asked();
        } else {
            leave("the member takes no requests of it");
        }
        return true;
    }

    /** Everybody the client is, as far as the member has taken it. */
    List<Identity> identities() {
        return identities;
    }

    void identities(List<Identity> all) {
        identities = all;
    }

    InetAddress address() {
        return address;
    }

    /** Takes a step of the SASL exchange under way, or of a new one, beside the event loop, and no request until what is next was done there. */
    void prove(SaslSetup setup, byte[] said, Consumer<SaslExchange.Step> next) {
        SaslExchange exchange = sasl == null ? new SaslExchange(setup) : sasl;
        sasl = exchange;
        proving = true;
        try {
            home.prove(() -> {
                Runnable then;
                try {
                    SaslExchange.Step step = channel.isActive() ? exchange.take(said) : SaslExchange.NOTHING;
                    then = () -> proved(exchange, step, next);
                } catch (Throwable failure) { // an Error: what else a step throws is a refusal
                    then = () -> notProved(exchange, failure);
                }
                try {
                    channel.eventLoop().execute(then);
                } catch (RejectedExecutionException closed) {
                    exchange.end(); // the server is closed, and the connection with it
                }
            });
        } catch (RejectedExecutionException closed) {
            leave("the port is being closed");
        }
    }

    private void proved(SaslExchange exchange, SaslExchange.Step step, Consumer<SaslExchange.Step> next) {
        proving = false;
        if (stage != Stage.SERVING || !channel.isActive()) {
            exchange.end();
            return;
        }
        nowNanos = System.nanoTime();
        try {
            next.accept(step);
            take();
            send();
        } catch (Throwable failure) { // of a task, too
            failed(failure);
        }
    }

    private void notProved(SaslExchange exchange, Throwable failure) {
        proving = false;
        exchange.end();
        failed(failure);
    }

    ClientPort home() {
        return home;
    }

    /** Takes no more requests; what is owed is shown. */
    void takeNoMore() {
        stage = stage == Stage.SERVING ? Stage.CLOSING : stage;
    }

    // ------------------------------------------------------------------------------------------------ writing

    /** Begins a reply's frame. */
    JuteWriter beginReply() {
        JuteWriter out = share.writer.over(room(GATHERED_BYTES / 4));
        frameAt = out.beginFrame();
        return out;
    }

    /** Ends it. */
    void endReply(JuteWriter out) {
        out.endFrame(frameAt);
        ByteBuf written = unsent;
        sent(written == null ? 0 : written.writerIndex() - frameAt - LENGTH_BYTES);
    }

    private void sent(int bytes) {
        share.traffic.sent(bytes);
        own.sent(bytes);
    }

    /** A request was answered after this time, from the state of this zxid. */
    void answered(long nanos, long zxid) {
        answered(nanos, false);
        note(takenOp, takenXid, nanos, zxid);
    }

    /** Proofs are passed over, as in ZooKeeper. */
    private void note(int op, int xid, long nanos, long zxid) {
        if (op == OpCode.AUTH.number() || op == OpCode.SASL.number()) {
            return;
        }
        int age = home.recentAgeOfConnections();
        if (lastAge != age) {
            lastAge = age;
            lastXid = -1;
        }
        lastOp = op;
        lastXid = xid >= 0 ? xid : lastXid;
        lastZxid = zxid;
        lastNanos = nanos;
        lastAnswerNanos = nowNanos;
    }

    private void answered(long nanos, boolean isUpdate) {
        share.traffic.answered(nanos);
        (isUpdate ? share.updates : share.reads).took(nanos);
        own.answered(nanos);
    }

    // ------------------------------------------------------------------------------------------------ what is told of it

    /** Of four letters, for the most part, as ZooKeeper abbreviates. */
    private static String shortName(@Nullable OpCode op) {
        if (op == null) {
            return "UNKN";
        }
        return switch (op) {
            case CREATE_SESSION -> "SESS";
            case SET_WATCHES2 -> "STW2";
            case CHECK_WATCHES -> "CHKW";
            case REMOVE_WATCHES -> "REMW";
            case WHO_AM_I -> "HOMI";
            case MULTI_READ -> "MLTR";
            case GET_ALL_CHILDREN_NUMBER -> "GETACN";
            default -> op.name().replace("_", "").substring(0, 4);
        };
    }

    /** How ZooKeeper's {@code stat} and, if it is not to be brief, {@code cons} show a connection. Any thread may ask. */
    String told(boolean brief) {
        Traffic.Sum sum = own.sum();
        StringBuilder text = new StringBuilder(" ").append(from).append("[1](queued=").append(unanswered)
                .append(",recved=").append(sum.received()).append(",sent=").append(sum.sent());
        boolean isSomething = lastOp != NO_OP && lastAge == home.ageOfConnections();
        if (!brief && session != 0) {
            text.append(",sid=0x").append(Long.toHexString(session))
                    .append(",lop=").append(isSomething ? shortName(OpCode.of(lastOp)) : "NA")
                    .append(",est=").append(sinceMillis)
                    .append(",to=").append(timeoutMillis)
                    .append(isSomething && lastXid >= 0 ? ",lcxid=0x" + Integer.toHexString(lastXid) : "")
                    .append(",lzxid=0x").append(Long.toHexString(isSomething ? lastZxid : -1))
                    .append(",lresp=").append(isSomething ? lastAnswerNanos / 1_000_000 : 0)
                    .append(",llat=").append(isSomething ? lastNanos / 1_000_000 : 0)
                    .append(",minlat=").append(sum.minMillis())
                    .append(",avglat=").append(Math.round(sum.averageMillis()))
                    .append(",maxlat=").append(sum.maxMillis());
        }
        return text.append(')').toString();
    }

    private ByteBuf room(int bytes) {
        ByteBuf out = unsent;
        if (out != null && out.readableBytes() >= GATHERED_BYTES) {
            channel.write(out, channel.voidPromise());
            out = null;
        }
        if (out == null) {
            out = channel.alloc().directBuffer(Math.max(bytes, GATHERED_BYTES / 8));
            unsent = out;
        }
        return out;
    }

    private void send() {
        ByteBuf out = unsent;
        if (out != null) {
            unsent = null;
            channel.writeAndFlush(out, channel.voidPromise());
        } else if (stage != Stage.GONE) {
            channel.flush();
        }
    }

    /** Parts from the client without a word. */
    void leave(String reason) {
        if (stage == Stage.PARTED || stage == Stage.GONE) {
            return;
        }
        LOG.debug("client {} is parted from: {}", address, reason);
        stage = Stage.PARTED;
        sendAndClose();
    }

    /** Sends what is written, and closes when the client has it: closing earlier could take it away again. */
    void sendAndClose() {
        send();
        channel.config().setAutoRead(true);
        endAlarm();
        alarm = channel.eventLoop().schedule(() -> channel.close(), FAREWELL_MILLIS, TimeUnit.MILLISECONDS);
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> {
            if (isEncrypted) {
                channel.pipeline().get(SslHandler.class).closeOutbound().addListener(told -> shutOutput(told.isSuccess()));
            } else {
                shutOutput(sent.isSuccess());
            }
        });
    }

    private void shutOutput(boolean isTold) {
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
        if (isTold && channel instanceof DuplexChannel duplex && !duplex.isInputShutdown()) {
            duplex.shutdownOutput();
        } else {
            channel.close();
        }
    }
}
