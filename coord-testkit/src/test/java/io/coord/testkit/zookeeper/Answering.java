package io.coord.testkit.zookeeper;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.sasl.RealmCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslClient;
import org.apache.jute.BinaryInputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.ClientInfo;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.proto.ConnectRequest;
import org.apache.zookeeper.proto.ConnectResponse;
import org.apache.zookeeper.proto.Create2Response;
import org.apache.zookeeper.proto.CreateResponse;
import org.apache.zookeeper.proto.ErrorResponse;
import org.apache.zookeeper.proto.ExistsResponse;
import org.apache.zookeeper.proto.GetACLResponse;
import org.apache.zookeeper.proto.GetAllChildrenNumberResponse;
import org.apache.zookeeper.proto.GetChildren2Response;
import org.apache.zookeeper.proto.GetChildrenResponse;
import org.apache.zookeeper.proto.GetDataResponse;
import org.apache.zookeeper.proto.GetEphemeralsResponse;
import org.apache.zookeeper.proto.MultiHeader;
import org.apache.zookeeper.proto.ReplyHeader;
import org.apache.zookeeper.proto.RequestHeader;
import org.apache.zookeeper.proto.SetACLResponse;
import org.apache.zookeeper.proto.SetDataResponse;
import org.apache.zookeeper.proto.SetSASLResponse;
import org.apache.zookeeper.proto.SyncResponse;
import org.apache.zookeeper.proto.WatcherEvent;
import org.apache.zookeeper.proto.WhoAmIResponse;
import org.jspecify.annotations.Nullable;

/** A session with one server over a plain socket, whose frames are taken apart by ZooKeeper's own records. */
final class Answering implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 20_000;
    private static final int TIMEOUT_MILLIS = 60_000;

    /** What a server said, in parts: texts that must be the same on both servers, and values that only correspond. */
    record Said(List<Object> parts, int error, long zxid, boolean isEvent) {

        /** The errors of a multi's parts, 0 for each that has none. */
        List<Integer> errorsOfParts() {
            List<Integer> errors = new ArrayList<>();
            for (Object part : parts) {
                String text = part.toString();
                if (text.startsWith("part ")) {
                    errors.add(0);
                } else if (text.startsWith("error ") && !errors.isEmpty()) {
                    errors.set(errors.size() - 1, Integer.parseInt(text.substring("error ".length())));
                }
            }
            return errors;
        }
    }

    /** A zxid: the order is the same, the number is not. */
    record Zxid(long value) {}

    /** A session's id. */
    record Owner(long session) {}

    /** A clock's time, which only must be one. */
    record Time(long millis) {}

    /** What a client needs who proves itself by SASL: asked for a name and a password. */
    private record Prover(String user, String password) implements CallbackHandler {
        @Override
        public void handle(Callback[] callbacks) throws UnsupportedCallbackException {
            for (Callback callback : callbacks) {
                if (callback instanceof NameCallback name) {
                    name.setName(user);
                } else if (callback instanceof PasswordCallback secret) {
                    secret.setPassword(password.toCharArray());
                } else if (callback instanceof RealmCallback realm) {
                    realm.setText(realm.getDefaultText());
                } else {
                    throw new UnsupportedCallbackException(callback);
                }
            }
        }
    }

    private record Awaited(int xid, int op, String words) {}

    private final InetSocketAddress server;
    private final Deque<Awaited> awaited = new ArrayDeque<>();
    private Socket socket = new Socket();
    private DataInputStream in = new DataInputStream(new ByteArrayInputStream(new byte[0]));
    private long session;
    private byte[] password = new byte[16];
    private int xid;
    private long zxid;
    private byte @Nullable [] token;
    private @Nullable SaslClient prover;

    Answering(InetSocketAddress server) {
        this.server = server;
    }

    long session() {
        return session;
    }

    /** The last zxid heard of. */
    long zxid() {
        return zxid;
    }

    /** Connects anew, and goes on with the session if there is one and it is to. */
    boolean connect(boolean resume, boolean rightPassword) throws IOException {
        close();
        awaited.clear();
        token = null;
        prover = null;
        socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.connect(server, PATIENCE_MILLIS);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 14));
        byte[] proof = rightPassword ? password : new byte[16];
        long as = resume ? session : 0;
        zxid = resume ? zxid : 0;
        write(Asking.encoded(new ConnectRequest(0, 0, TIMEOUT_MILLIS, as, as == 0 ? new byte[16] : proof, false)));
        ConnectResponse response = new ConnectResponse();
        BinaryInputArchive frame = archive(frame());
        response.deserialize(frame, "");
        if (response.getTimeOut() != 0 && response.getTimeOut() != TIMEOUT_MILLIS) {
            throw new AssertionError("asked for " + TIMEOUT_MILLIS + " ms, was granted " + response.getTimeOut());
        }
        if (response.getTimeOut() == 0) {
            return false;
        }
        session = response.getSessionId();
        password = response.getPasswd();
        return true;
    }

    /** Whether anybody was to prove anything on this connection. */
    boolean hasProven() {
        return prover != null;
    }

    /** The answer to the server's challenge; null if there is none, or the connection is gone. */
    byte @Nullable [] proof(String user, String password) throws IOException {
        byte[] challenge = token;
        if (challenge == null) {
            return null;
        }
        prover = Sasl.createSaslClient(
                new String[] {"DIGEST-MD5"}, null, "zookeeper", "zk-sasl-md5", Map.of(), new Prover(user, password));
        return prover.evaluateChallenge(challenge);
    }

    /** Whether the server has shown in turn that it knows the password. */
    boolean isServerProven() throws IOException {
        SaslClient asking = prover;
        byte[] last = token;
        if (asking == null || last == null) {
            return false;
        }
        asking.evaluateChallenge(last);
        return asking.isComplete();
    }

    private static BinaryInputArchive archive(byte[] frame) {
        return BinaryInputArchive.getArchive(new DataInputStream(new ByteArrayInputStream(frame)));
    }

    private void write(byte[] body) throws IOException {
        ByteArrayOutputStream framed = new ByteArrayOutputStream();
        new DataOutputStream(framed).writeInt(body.length);
        framed.writeBytes(body);
        socket.getOutputStream().write(framed.toByteArray());
    }

    /** Sends requests at once. */
    void send(List<Asking.Request> requests) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(all);
        for (Asking.Request request : requests) {
            int number = switch (request.op()) {
                case OpCode.ping -> -2;
                case OpCode.auth -> -4;
                case OpCode.setWatches, OpCode.setWatches2 -> -8;
                default -> ++xid;
            };
            out.writeInt(8 + request.body().length);
            out.write(Asking.encoded(new RequestHeader(number, request.op())));
            out.write(request.body());
            awaited.add(new Awaited(number, request.op(), request.words()));
        }
        try {
            socket.getOutputStream().write(all.toByteArray());
        } catch (SocketException closed) {
            // what was said before is still to be read
        }
    }

    /** Everything that is said until all that was asked is answered, or the server hangs up: null stands for that. */
    List<@Nullable Said> hear() throws IOException {
        List<@Nullable Said> heard = new ArrayList<>();
        boolean last = false;
        while (!awaited.isEmpty() || last) {
            byte[] frame;
            try {
                frame = frame();
            } catch (EOFException | SocketException end) {
                heard.add(null);
                awaited.clear();
                return heard;
            } catch (SocketTimeoutException silence) {
                throw new AssertionError("server at " + server + " has not answered in " + PATIENCE_MILLIS + " ms: " + awaited, silence);
            }
            Said said = said(frame);
            heard.add(said);
            // what is sent before the server has hung up may be taken or not
            last = last || said.error() == Code.AUTHFAILED.intValue() || said.error() == Code.UNIMPLEMENTED.intValue() && said.zxid() < 0;
        }
        return heard;
    }

    private byte[] frame() throws IOException {
        byte[] body = new byte[in.readInt()];
        in.readFully(body);
        return body;
    }

    private Said said(byte[] frame) throws IOException {
        ByteArrayInputStream bytes = new ByteArrayInputStream(frame);
        BinaryInputArchive from = BinaryInputArchive.getArchive(new DataInputStream(bytes));
        ReplyHeader header = read(from, new ReplyHeader());
        List<Object> parts = new ArrayList<>();
        if (header.getXid() == -1) {
            WatcherEvent event = read(from, new WatcherEvent());
            parts.add("event " + event.getType() + " " + event.getState() + " " + event.getPath());
            parts.add(new Zxid(header.getZxid()));
        } else {
            Awaited to = awaited.remove();
            if (to.xid() != header.getXid()) {
                throw new AssertionError("asked " + to + ", was answered " + header);
            }
            parts.add("reply to " + to.op() + ": " + header.getErr());
            if (header.getZxid() > 0) {
                if (header.getZxid() < zxid) {
                    throw new AssertionError("zxid " + zxid + ", then " + header.getZxid());
                }
                zxid = header.getZxid();
            } else {
                parts.add("zxid " + header.getZxid());
            }
            if (header.getErr() == 0) {
                body(to.op(), from, parts);
            }
        }
        parts.add("with " + bytes.available() + " bytes left");
        return new Said(parts, header.getErr(), header.getZxid(), header.getXid() == -1);
    }

    private static <R extends Record> R read(BinaryInputArchive from, R into) throws IOException {
        into.deserialize(from, "");
        return into;
    }

    private void body(int op, BinaryInputArchive from, List<Object> parts) throws IOException {
        switch (op) {
            case OpCode.create -> parts.add(String.valueOf(read(from, new CreateResponse()).getPath()));
            case OpCode.create2, OpCode.createContainer, OpCode.createTTL -> {
                Create2Response created = read(from, new Create2Response());
                parts.add(String.valueOf(created.getPath()));
                stat(created.getStat(), parts);
            }
            case OpCode.setData -> stat(read(from, new SetDataResponse()).getStat(), parts);
            case OpCode.setACL -> stat(read(from, new SetACLResponse()).getStat(), parts);
            case OpCode.exists -> stat(read(from, new ExistsResponse()).getStat(), parts);
            case OpCode.getData -> {
                GetDataResponse data = read(from, new GetDataResponse());
                parts.add(data(data.getData()));
                stat(data.getStat(), parts);
            }
            case OpCode.getACL -> {
                GetACLResponse acl = read(from, new GetACLResponse());
                parts.add(sorted(acl.getAcl().stream().map(Answering::text).toList()));
                stat(acl.getStat(), parts);
            }
            case OpCode.getChildren -> parts.add(sorted(read(from, new GetChildrenResponse()).getChildren()));
            case OpCode.getChildren2 -> {
                GetChildren2Response children = read(from, new GetChildren2Response());
                parts.add(sorted(children.getChildren()));
                stat(children.getStat(), parts);
            }
            case OpCode.sasl -> {
                token = read(from, new SetSASLResponse()).getToken();
                parts.add(token == null ? "no token" : "a token");
            }
            case OpCode.sync -> parts.add(String.valueOf(read(from, new SyncResponse()).getPath()));
            case OpCode.addWatch -> parts.add("error " + read(from, new ErrorResponse()).getErr());
            case OpCode.getEphemerals -> parts.add(sorted(read(from, new GetEphemeralsResponse()).getEphemerals()));
            case OpCode.getAllChildrenNumber ->
                parts.add("descendants " + read(from, new GetAllChildrenNumberResponse()).getTotalNumber());
            case OpCode.whoAmI -> parts.add(sorted(read(from, new WhoAmIResponse()).getClientInfo().stream()
                    .map(Answering::text)
                    .toList()));
            case OpCode.multi, OpCode.multiRead -> {
                MultiHeader part = read(from, new MultiHeader());
                for (; !part.getDone(); part = read(from, new MultiHeader())) {
                    parts.add("part " + part.getType() + " " + part.getErr());
                    if (part.getType() == OpCode.error) {
                        parts.add("error " + read(from, new ErrorResponse()).getErr());
                    } else {
                        body(part.getType(), from, parts);
                    }
                }
                parts.add("end " + part.getType() + " " + part.getErr());
            }
            default -> {}
        }
    }

    private static String text(ACL acl) {
        return acl.getPerms() + ":" + acl.getId().getScheme() + ":" + acl.getId().getId();
    }

    private static String text(ClientInfo who) {
        return who.getAuthScheme() + ":" + who.getUser();
    }

    private static String data(byte @Nullable [] data) {
        return data == null ? "null" : Arrays.toString(data);
    }

    private static String sorted(@Nullable Collection<String> texts) {
        return texts == null ? "null" : texts.stream().sorted().toList().toString();
    }

    private static void stat(Stat stat, List<Object> parts) {
        parts.add(new Zxid(stat.getCzxid()));
        parts.add(new Zxid(stat.getMzxid()));
        parts.add(new Zxid(stat.getPzxid()));
        parts.add(new Time(stat.getCtime()));
        parts.add(new Time(stat.getMtime()));
        parts.add(new Owner(stat.getEphemeralOwner()));
        parts.add("version " + stat.getVersion() + " cversion " + stat.getCversion() + " aversion " + stat.getAversion() + " length "
                + stat.getDataLength() + " children " + stat.getNumChildren());
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
