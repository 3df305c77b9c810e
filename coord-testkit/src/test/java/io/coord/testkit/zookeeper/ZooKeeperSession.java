package io.coord.testkit.zookeeper;

import io.coord.AclStat;
import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.Children;
import io.coord.CoordException;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.OutcomeUnknownException;
import io.coord.ReadMode;
import io.coord.ReadOutcome;
import io.coord.Refusal;
import io.coord.Registration;
import io.coord.RejectedException;
import io.coord.SessionEndedException;
import io.coord.SessionEvent;
import io.coord.SessionState;
import io.coord.Stat;
import io.coord.UnavailableException;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import io.coord.WatchMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.jute.Record;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.WatcherType;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.client.HostProvider;
import org.apache.zookeeper.data.ClientInfo;
import org.apache.zookeeper.proto.CheckVersionRequest;
import org.apache.zookeeper.proto.Create2Response;
import org.apache.zookeeper.proto.CreateRequest;
import org.apache.zookeeper.proto.CreateTTLRequest;
import org.apache.zookeeper.proto.DeleteRequest;
import org.apache.zookeeper.proto.ExistsRequest;
import org.apache.zookeeper.proto.ExistsResponse;
import org.apache.zookeeper.proto.GetACLRequest;
import org.apache.zookeeper.proto.GetACLResponse;
import org.apache.zookeeper.proto.GetAllChildrenNumberRequest;
import org.apache.zookeeper.proto.GetAllChildrenNumberResponse;
import org.apache.zookeeper.proto.GetChildren2Request;
import org.apache.zookeeper.proto.GetChildren2Response;
import org.apache.zookeeper.proto.GetChildrenRequest;
import org.apache.zookeeper.proto.GetDataRequest;
import org.apache.zookeeper.proto.GetDataResponse;
import org.apache.zookeeper.proto.GetEphemeralsRequest;
import org.apache.zookeeper.proto.GetEphemeralsResponse;
import org.apache.zookeeper.proto.SetACLRequest;
import org.apache.zookeeper.proto.SetACLResponse;
import org.apache.zookeeper.proto.SetDataRequest;
import org.apache.zookeeper.proto.SetDataResponse;
import org.apache.zookeeper.proto.SyncRequest;
import org.apache.zookeeper.proto.SyncResponse;
import org.apache.zookeeper.proto.WhoAmIResponse;
import org.jspecify.annotations.Nullable;

/**
 * A session with a real ZooKeeper server, through its stock Java client. What its event thread is told, in the order of
 * the server's replies and notifications, one callback thread tells on.
 */
final class ZooKeeperSession implements AsyncSession {

    /** What ZooKeeper leaves out of a getChildren inside a multiRead (zk.R5). */
    static final Stat NO_STAT = new Stat(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    private final RawClient client;
    private final CompletableFuture<@Nullable Void> connected = new CompletableFuture<>();
    private final List<Consumer<? super SessionEvent>> listeners = new CopyOnWriteArrayList<>();
    private volatile SessionState state = SessionState.SUSPENDED;
    private final AtomicReference<@Nullable Thread> callbackThread = new AtomicReference<>();
    private final AtomicLong names = new AtomicLong();
    /** Ends when idle, so that nothing is left behind. */
    private final ThreadPoolExecutor callbacks = new ThreadPoolExecutor(
            0, 1, 100, TimeUnit.MILLISECONDS, new LinkedBlockingQueue<>(), task -> {
                Thread thread = new Thread(task, "zookeeper-callback");
                callbackThread.set(thread);
                return thread;
            });

    private ZooKeeperSession(HostProvider hosts, Duration timeout) {
        try {
            client = new RawClient(hosts, timeout, this::onStateChange);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A connected session. */
    static ZooKeeperSession open(HostProvider hosts, Duration timeout) {
        ZooKeeperSession session = new ZooKeeperSession(hosts, timeout);
        session.connected.join();
        return session;
    }

    private void onStateChange(WatchedEvent event) {
        if (event.getType() != EventType.None) {
            return;
        }
        switch (event.getState()) {
            case SyncConnected -> move(SessionState.CONNECTED, new SessionEvent.Connected("the server"));
            case Disconnected -> move(SessionState.SUSPENDED, new SessionEvent.Suspended("disconnected"));
            case Expired -> move(SessionState.EXPIRED, new SessionEvent.Expired("expired"));
            case Closed -> move(SessionState.CLOSED, new SessionEvent.Closed());
            default -> {}
        }
    }

    private void move(SessionState to, SessionEvent event) {
        state = to;
        callbacks.execute(() -> {
            for (Consumer<? super SessionEvent> listener : listeners) {
                listener.accept(event);
            }
            connected.complete(null);
        });
    }

    boolean isCallbackThread() {
        return callbackThread.get() == Thread.currentThread();
    }

    @Override
    public Executor callbackExecutor() {
        return callbacks;
    }

    @Override
    public String uniqueName() {
        return Long.toHexString(id()) + "n" + names.incrementAndGet();
    }

    /** The client itself. */
    RawClient client() {
        return client;
    }

    @Override
    public long id() {
        return client.getSessionId();
    }

    @Override
    public Duration timeout() {
        return Duration.ofMillis(client.getSessionTimeout());
    }

    @Override
    public SessionState state() {
        return state;
    }

    @Override
    @SuppressWarnings("unchecked") // the pairs of operation and answer are those of Operation's own type parameters
    public <R> CompletionStage<R> submit(Operation<R> operation) {
        Answer<Object> answer = new Answer<>(operation);
        send(operation, answer);
        return (CompletionStage<R>) answer.stage();
    }

    private void send(Operation<?> operation, Answer<Object> answer) {
        if (operation instanceof Operation.Write<?> write) {
            sendWrite(write, answer);
        } else if (operation instanceof Operation.Read<?> read) {
            sendRead(read, answer);
        } else if (operation instanceof Operation.Sync sync) {
            AsyncCallback.VoidCallback done = (code, path, context) -> answer.complete(code, sync::path);
            client.send(OpCode.sync, new SyncRequest(sync.path()), new SyncResponse(), done, sync.path());
        }
    }

    private void sendWrite(Operation.Write<?> write, Answer<Object> answer) {
        if (write instanceof Operation.Multi multi) {
            client.sendParts(OpCode.multi, parts(multi), (code, path, context, results) ->
                    answer.complete(results == null ? code : 0, () -> multi(multi, results)));
        } else if (write instanceof Operation.SetAcl set) {
            AsyncCallback.StatCallback done = (code, path, context, stat) ->
                    answer.complete(code, () -> new Outcome.AclSet(Values.stat(stat)));
            client.send(
                    OpCode.setACL,
                    new SetACLRequest(set.path(), Values.toZooKeeper(set.acl()), set.version()),
                    new SetACLResponse(),
                    done,
                    set.path());
        } else if (write instanceof Operation.Step<?> step) {
            sendStep(step, answer);
        }
    }

    private void sendStep(Operation.Step<?> step, Answer<Object> answer) {
        RawClient.Part part = part(step);
        if (step instanceof Operation.Create) {
            AsyncCallback.Create2Callback done = (code, path, context, name, stat) ->
                    answer.complete(code, () -> new Outcome.Created(name, Values.stat(stat)));
            client.send(part.type(), part.request(), new Create2Response(), done, step.path());
        } else if (step instanceof Operation.Delete) {
            AsyncCallback.VoidCallback done = (code, path, context) -> answer.complete(code, Outcome.Deleted::new);
            client.send(part.type(), part.request(), null, done, step.path());
        } else if (step instanceof Operation.SetData) {
            AsyncCallback.StatCallback done = (code, path, context, stat) ->
                    answer.complete(code, () -> new Outcome.DataSet(Values.stat(stat)));
            client.send(part.type(), part.request(), new SetDataResponse(), done, step.path());
        } else {
            throw new UnsupportedOperationException("ZooKeeper closes the connection of a check outside a multi (zk.W12)");
        }
    }

    private static RawClient.Part part(Operation.Step<?> step) {
        if (step instanceof Operation.Create create) {
            return part(create);
        } else if (step instanceof Operation.Delete delete) {
            return new RawClient.Part(OpCode.delete, new DeleteRequest(delete.path(), delete.version()));
        } else if (step instanceof Operation.SetData set) {
            Record request = new SetDataRequest(set.path(), Values.array(set.data()), set.version());
            return new RawClient.Part(OpCode.setData, request);
        } else if (step instanceof Operation.Check check) {
            return new RawClient.Part(OpCode.check, new CheckVersionRequest(check.path(), check.version()));
        }
        throw new AssertionError(step);
    }

    /** Only createTTL has a field for the time to live, so whatever gives one is sent so. */
    private static RawClient.Part part(Operation.Create create) {
        byte[] data = Values.array(create.data());
        var acl = Values.toZooKeeper(create.acl());
        int flag = create.mode().flag();
        if (create.mode().isTtl() || create.ttlMillis() != Operation.NO_TTL) {
            Record request = new CreateTTLRequest(create.path(), data, acl, flag, create.ttlMillis());
            return new RawClient.Part(OpCode.createTTL, request);
        }
        int type = create.mode() == CreateMode.CONTAINER ? OpCode.createContainer : OpCode.create2;
        return new RawClient.Part(type, new CreateRequest(create.path(), data, acl, flag));
    }

    private static List<RawClient.Part> parts(Operation.Multi multi) {
        List<RawClient.Part> parts = new ArrayList<>();
        for (Operation.Step<?> step : multi.steps()) {
            parts.add(part(step));
        }
        return parts;
    }

    private static Outcome.Multi multi(Operation.Multi multi, List<OpResult> results) {
        List<Outcome> outcomes = new ArrayList<>();
        for (int i = 0; i < results.size(); i++) {
            outcomes.add(outcome(multi.steps().get(i), results.get(i)));
        }
        return new Outcome.Multi(outcomes);
    }

    private static Outcome outcome(Operation.Step<?> step, OpResult result) {
        if (result instanceof OpResult.ErrorResult error) {
            return error.getErr() == 0
                    ? new Outcome.RolledBack()
                    : new Outcome.Refused(Refusal.ofCode(error.getErr()), step.path(), "ZooKeeper says so");
        } else if (result instanceof OpResult.CreateResult created) {
            return new Outcome.Created(created.getPath(), Values.stat(created.getStat()));
        } else if (result instanceof OpResult.SetDataResult set) {
            return new Outcome.DataSet(Values.stat(set.getStat()));
        } else if (result instanceof OpResult.DeleteResult) {
            return new Outcome.Deleted();
        }
        return new Outcome.Checked();
    }

    private void sendRead(Operation.Read<?> read, Answer<Object> answer) {
        if (read instanceof Operation.GetData get) {
            GetDataRequest request = new GetDataRequest(get.path(), false);
            client.send(OpCode.getData, request, new GetDataResponse(), nodeTo(answer), get.path());
        } else if (read instanceof Operation.Exists exists) {
            ExistsRequest request = new ExistsRequest(exists.path(), false);
            client.send(OpCode.exists, request, new ExistsResponse(), statTo(answer), exists.path());
        } else if (read instanceof Operation.GetChildren get) {
            GetChildren2Request request = new GetChildren2Request(get.path(), false);
            client.send(OpCode.getChildren2, request, new GetChildren2Response(), childrenTo(answer), get.path());
        } else if (read instanceof Operation.GetAcl get) {
            AsyncCallback.ACLCallback done = (code, path, context, acl, stat) ->
                    answer.complete(code, () -> new AclStat(Values.acl(acl), Values.stat(stat)));
            client.send(OpCode.getACL, new GetACLRequest(get.path()), new GetACLResponse(), done, get.path());
        } else {
            sendOtherRead(read, answer);
        }
    }

    private void sendOtherRead(Operation.Read<?> read, Answer<Object> answer) {
        if (read instanceof Operation.GetAllChildrenNumber get) {
            AsyncCallback.AllChildrenNumberCallback done =
                    (code, path, context, number) -> answer.complete(code, () -> number);
            Record request = new GetAllChildrenNumberRequest(get.path());
            client.send(OpCode.getAllChildrenNumber, request, new GetAllChildrenNumberResponse(), done, get.path());
        } else if (read instanceof Operation.GetEphemerals get) {
            AsyncCallback.EphemeralsCallback done = (code, context, paths) -> answer.complete(code, () -> List.copyOf(paths));
            Record request = new GetEphemeralsRequest(get.prefix());
            client.send(OpCode.getEphemerals, request, new GetEphemeralsResponse(), done, get.prefix());
        } else if (read instanceof Operation.MultiRead multi) {
            client.sendParts(OpCode.multiRead, parts(multi), (code, path, context, results) ->
                    answer.complete(results == null ? code : 0, () -> answers(multi, results)));
        } else if (read instanceof Operation.WhoAmI) {
            WhoAmIResponse response = new WhoAmIResponse();
            AsyncCallback.VoidCallback done =
                    (code, path, context) -> answer.complete(code, () -> identities(response.getClientInfo()));
            client.send(OpCode.whoAmI, null, response, done, null);
        }
    }

    private static List<Identity> identities(List<ClientInfo> infos) {
        return infos.stream()
                .map(info -> new Identity(info.getAuthScheme(), info.getUser()))
                .toList();
    }

    private static List<RawClient.Part> parts(Operation.MultiRead multi) {
        List<RawClient.Part> parts = new ArrayList<>();
        for (Operation.WatchedRead<?> read : multi.reads()) {
            parts.add(read instanceof Operation.GetData
                    ? new RawClient.Part(OpCode.getData, new GetDataRequest(read.path(), false))
                    : new RawClient.Part(OpCode.getChildren, new GetChildrenRequest(read.path(), false)));
        }
        return parts;
    }

    private static List<ReadOutcome> answers(Operation.MultiRead multi, List<OpResult> results) {
        List<ReadOutcome> answers = new ArrayList<>();
        for (int i = 0; i < results.size(); i++) {
            OpResult result = results.get(i);
            if (result instanceof OpResult.GetDataResult data) {
                answers.add(new Node(Values.bytes(data.getData()), Values.stat(data.getStat())));
            } else if (result instanceof OpResult.GetChildrenResult children) {
                answers.add(new Children(children.getChildren(), NO_STAT));
            } else {
                int code = ((OpResult.ErrorResult) result).getErr();
                String path = multi.reads().get(i).path();
                answers.add(new Outcome.Refused(Refusal.ofCode(code), path, "ZooKeeper says so"));
            }
        }
        return answers;
    }

    private static AsyncCallback.DataCallback nodeTo(Answer<Object> answer) {
        return (code, path, context, data, stat) ->
                answer.complete(code, () -> new Node(Values.bytes(data), Values.stat(stat)));
    }

    private static AsyncCallback.StatCallback statTo(Answer<Object> answer) {
        return (code, path, context, stat) -> {
            boolean absent = code == Code.NONODE.intValue();
            answer.complete(absent ? 0 : code, () -> absent ? Optional.empty() : Optional.of(Values.stat(stat)));
        };
    }

    private static AsyncCallback.Children2Callback childrenTo(Answer<Object> answer) {
        return (code, path, context, names, stat) ->
                answer.complete(code, () -> new Children(names, Values.stat(stat)));
    }

    @Override
    public <R> CompletionStage<R> submit(Operation.Read<R> read, ReadMode mode) {
        if (mode == ReadMode.LINEARIZABLE) {
            submit(new Operation.Sync("/"));
        }
        return submit(read);
    }

    @Override
    @SuppressWarnings("unchecked") // as above
    public <R> CompletionStage<R> submit(Operation.WatchedRead<R> read, Consumer<? super WatchEvent> listener) {
        Answer<Object> answer = new Answer<>(read);
        Watcher watcher = new Listening(listener, callbacks);
        if (read instanceof Operation.GetData) {
            client.getData(read.path(), watcher, nodeTo(answer), null);
        } else if (read instanceof Operation.Exists) {
            client.exists(read.path(), watcher, statTo(answer), null);
        } else {
            client.getChildren(read.path(), watcher, childrenTo(answer), null);
        }
        return (CompletionStage<R>) answer.stage();
    }

    /** Equal for one listener, so that the client knows it again. */
    private record Listening(Consumer<? super WatchEvent> listener, Executor callbacks) implements Watcher {
        @Override
        public void process(WatchedEvent event) {
            switch (event.getType()) {
                case NodeCreated, NodeDeleted, NodeDataChanged, NodeChildrenChanged ->
                        callbacks.execute(() -> listener.accept(Values.event(event)));
                default -> {} // the connection's state, and the client's own word that a watch was removed
            }
        }
    }

    @Override
    public CompletionStage<Registration> addWatch(
            NodePath path, WatchMode mode, Consumer<? super WatchEvent> listener) {
        Answer<Registration> answer = new Answer<>(path);
        Watcher watcher = new Listening(listener, callbacks);
        boolean recursive = mode == WatchMode.PERSISTENT_RECURSIVE;
        WatcherType type = recursive ? WatcherType.PersistentRecursive : WatcherType.Persistent;
        Registration registration =
                () -> client.removeWatches(path.value(), watcher, type, false, (code, p, context) -> {}, null);
        client.addWatch(
                path.value(),
                watcher,
                recursive ? AddWatchMode.PERSISTENT_RECURSIVE : AddWatchMode.PERSISTENT,
                (code, p, context) -> answer.complete(code, () -> registration),
                null);
        return answer.stage();
    }

    @Override
    public CompletionStage<@Nullable Void> removeWatches(NodePath path, WatchKind kind) {
        Answer<@Nullable Void> answer = new Answer<>(path);
        client.removeAllWatches(
                path.value(),
                WatcherType.fromInt(kind.code()),
                false,
                (code, p, context) -> answer.complete(code, () -> null),
                null);
        return answer.stage();
    }

    /** An auth packet has no answer but the end of the connection, so the next request's answer is the answer (zk.A8). */
    @Override
    public CompletionStage<@Nullable Void> addAuth(String scheme, Bytes credentials) {
        client.addAuthInfo(scheme, credentials.toArray());
        Answer<@Nullable Void> answer = new Answer<>(scheme);
        AsyncCallback.VoidCallback done = (code, path, context) -> answer.complete(code, () -> null);
        client.send(OpCode.sync, new SyncRequest("/"), new SyncResponse(), done, "/");
        return answer.stage();
    }

    @Override
    public Registration onEvent(Consumer<? super SessionEvent> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public CompletionStage<@Nullable Void> closeAsync() {
        return CompletableFuture.runAsync(() -> {
            try {
                client.close();
                state = state == SessionState.EXPIRED ? SessionState.EXPIRED : SessionState.CLOSED;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }, task -> new Thread(task, "closing").start());
    }

    /** A request's answer, completed on the client's event thread. */
    private final class Answer<T> {

        private final Object asked;
        private final CompletableFuture<T> future = new CompletableFuture<>();

        Answer(Object asked) {
            this.asked = asked;
        }

        CompletionStage<T> stage() {
            return future.minimalCompletionStage();
        }

        void complete(int code, Supplier<? extends T> value) {
            callbacks.execute(() -> {
                if (code == 0) {
                    future.complete(value.get());
                } else {
                    future.completeExceptionally(failure(Code.get(code)));
                }
            });
        }

        private CoordException failure(Code code) {
            return switch (code) {
                case SESSIONEXPIRED -> new SessionEndedException(asked + ": the session has expired");
                case CONNECTIONLOSS -> asked instanceof Operation.Read
                        ? new UnavailableException(asked + ": the connection was lost")
                        : new OutcomeUnknownException(asked + ": the connection was lost");
                default -> RejectedException.of(
                        new Outcome.Refused(Refusal.ofCode(code.intValue()), path(), "ZooKeeper says so"));
            };
        }

        private String path() {
            return asked instanceof Operation.Step<?> step ? step.path() : "";
        }
    }
}
