package io.coord.wire;

import com.google.protobuf.MessageLite;
import io.coord.Bytes;
import io.coord.ensemble.spi.Storage;
import io.coord.state.StateVisitor;
import io.coord.wire.proto.SnapshotFormat;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * A state on its way into a snapshot: header, sessions, nodes and end become records, small ones of a kind together in one of about
 * 64 KiB. What goes in decides every byte that comes out, so that equal states have equal snapshots.
 */
final class SnapshotRecords implements StateVisitor {

    static final byte VERSION = 1;

    private static final int RECORD_BYTES = 64 << 10;

    private final Storage.SnapshotWriter.Sink sink;
    private final RecordWriter body = new RecordWriter();
    private final NodeWriter nodes = new NodeWriter(body);
    private final RecordChain chain = new RecordChain();
    private RecordKind last = RecordKind.NONE;
    private long sessionsLeft;
    private long nodesLeft;

    SnapshotRecords(Storage.SnapshotWriter.Sink sink) {
        this.sink = sink;
    }

    @Override
    public void header(Header header) {
        begin(RecordKind.HEADER);
        sessionsLeft = header.sessionCount();
        nodesLeft = header.nodeCount();
        body.octet(VERSION);
        append(SnapshotImages.header(header));
        flush();
    }

    @Override
    public void session(SessionImage session) {
        begin(RecordKind.SESSIONS);
        sessionsLeft--;
        append(SnapshotImages.session(session));
        flushIfFull();
    }

    @Override
    public void node(NodeImage node) {
        begin(RecordKind.NODES);
        nodesLeft--;
        nodes.write(node);
        flushIfFull();
    }

    @Override
    public void end(long digest) {
        begin(RecordKind.END);
        if (sessionsLeft != 0 || nodesLeft != 0) {
            throw new IllegalStateException("the state ended with " + sessionsLeft + " sessions and " + nodesLeft
                    + " nodes fewer than its header said");
        }
        append(SnapshotFormat.End.newBuilder().setDigest(digest).build());
        flush();
    }

    private void append(MessageLite message) {
        body.message(message);
    }

    private void begin(RecordKind kind) {
        if (!kind.mayFollow(last)) {
            throw new IllegalStateException("the state gave " + kind + " after " + last);
        }
        if (kind != last) {
            flush();
            last = kind;
        }
    }

    private void flushIfFull() {
        if (body.length() >= RECORD_BYTES) {
            flush();
        }
    }

    private void flush() {
        if (body.length() == 0) {
            return;
        }
        try {
            sink.record(Bytes.wrap(chain.seal(last, body)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        body.clear();
        nodes.reset();
    }
}
