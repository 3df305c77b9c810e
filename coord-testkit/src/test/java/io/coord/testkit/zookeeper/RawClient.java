package io.coord.testkit.zookeeper;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import org.apache.jute.OutputArchive;
import org.apache.jute.InputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.MultiResponse;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

import org.apache.zookeeper.client.HostProvider;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.proto.MultiHeader;
import org.apache.zookeeper.proto.ReplyHeader;
import org.apache.zookeeper.proto.RequestHeader;
import org.jspecify.annotations.Nullable;

/**
 * The stock client, which can also send requests that it would refuse itself: the contract is the server's, so its judgement is
 * asked, not the client's.
 */
@SuppressWarnings("try") // its close() may be interrupted, and is called where that is seen to
final class RawClient extends ZooKeeper {

    private static final int PING_XID = -2;

    RawClient(HostProvider hosts, Duration timeout, Watcher watcher) throws IOException {
        super("127.0.0.1:1", (int) timeout.toMillis(), watcher, false, hosts, withoutSasl());
    }

    private static ZKClientConfig withoutSasl() {
        ZKClientConfig config = new ZKClientConfig();
        config.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, "false");
        return config;
    }

    /** Breaks the connection, as a network would. The client waits for its socket, and would see it at its next ping only. */
    void cut() {
        try {
            getTestable().closeSocket();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cnxn.queuePacket(new RequestHeader(PING_XID, ZooDefs.OpCode.ping), null, null, null, null, null, null, null, null);
    }

    /** Queues a request as it is; the callback's type must go with the response's, as in the client's own event thread. */
    void send(
            int type,
            @Nullable Record request,
            @Nullable Record response,
            AsyncCallback callback,
            @Nullable String path) {
        RequestHeader header = new RequestHeader();
        header.setType(type);
        cnxn.queuePacket(header, new ReplyHeader(), request, response, callback, path, path, null, null);
    }

    /** Queues a multi or a multiRead of these parts. */
    void sendParts(int type, List<Part> parts, AsyncCallback.MultiCallback callback) {
        send(type, new Parts(parts), new MultiResponse(), callback, null);
    }

    /** One request inside a multi. */
    record Part(int type, Record request) {}

    /** A multi's body: the client's own class cannot ask for the Stat of a created node (zk.M3). */
    private record Parts(List<Part> parts) implements Record {
        @Override
        public void serialize(OutputArchive archive, String tag) throws IOException {
            archive.startRecord(this, tag);
            for (Part part : parts) {
                new MultiHeader(part.type(), false, -1).serialize(archive, tag);
                part.request().serialize(archive, tag);
            }
            new MultiHeader(-1, true, -1).serialize(archive, tag);
            archive.endRecord(this, tag);
        }

        @Override
        public void deserialize(InputArchive archive, String tag) {
            throw new UnsupportedOperationException("only sent, never received");
        }
    }
}
