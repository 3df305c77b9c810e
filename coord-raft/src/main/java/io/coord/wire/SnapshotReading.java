package io.coord.wire;

import com.google.protobuf.Parser;
import io.coord.Bytes;
import io.coord.state.StateVisitor;
import io.coord.wire.proto.SnapshotFormat;

/** A snapshot on its way into a state: records in order become header, sessions, nodes and end. */
final class SnapshotReading {

    private final StateVisitor into;
    private final RecordChain chain = new RecordChain();
    private final NodeReader nodes = new NodeReader();
    private RecordKind last = RecordKind.NONE;
    private long records;
    private long sessionsLeft;
    private long nodesLeft;

    SnapshotReading(StateVisitor into) {
        this.into = into;
    }

    void record(Bytes record) {
        records++;
        try {
            byte[] array = record.toArray();
            RecordKind kind = chain.open(array);
            if (!kind.mayFollow(last)) {
                throw new IllegalArgumentException("a record of kind " + kind + " after one of kind " + last);
            }
            last = kind;
            read(kind, new RecordReader(array, RecordChain.HEADER_BYTES));
        } catch (IllegalArgumentException | IllegalStateException e) {
            // The second is what the visitor says of a state that cannot be.
            throw new IllegalArgumentException("record " + records + " of the snapshot: " + e.getMessage(), e);
        }
    }

    /** The records are over. */
    void finish() {
        if (last != RecordKind.END) {
            throw new IllegalArgumentException(
                    "the snapshot is cut short after " + records + " records, the last of kind " + last);
        }
    }

    private void read(RecordKind kind, RecordReader in) {
        switch (kind) {
            case HEADER -> header(in);
            case SESSIONS -> sessions(in);
            case NODES -> nodes(in);
            case END -> end(in);
            case NONE -> throw new AssertionError("no record has kind NONE");
        }
        if (in.hasMore()) {
            throw new IllegalArgumentException("bytes follow the end of a record of kind " + kind);
        }
    }

    private void header(RecordReader in) {
        int version = in.octet();
        if (version != SnapshotRecords.VERSION) {
            throw new IllegalArgumentException("the snapshot has format version " + version
                    + "; this release reads version " + SnapshotRecords.VERSION);
        }
        StateVisitor.Header header = SnapshotImages.header(message(SnapshotFormat.Header.parser(), in, "a header"));
        sessionsLeft = header.sessionCount();
        nodesLeft = header.nodeCount();
        into.header(header);
    }

    private void sessions(RecordReader in) {
        while (in.hasMore()) {
            if (--sessionsLeft < 0) {
                throw new IllegalArgumentException("more sessions than the header said");
            }
            into.session(SnapshotImages.session(message(SnapshotFormat.Session.parser(), in, "a session")));
        }
    }

    private void nodes(RecordReader in) {
        nodes.reset();
        while (in.hasMore()) {
            if (--nodesLeft < 0) {
                throw new IllegalArgumentException("more nodes than the header said");
            }
            into.node(nodes.read(in));
        }
    }

    private void end(RecordReader in) {
        if (sessionsLeft != 0 || nodesLeft != 0) {
            throw new IllegalArgumentException("the snapshot ends with " + sessionsLeft + " sessions and " + nodesLeft
                    + " nodes fewer than its header said");
        }
        SnapshotFormat.End end = message(SnapshotFormat.End.parser(), in, "an end");
        Fields.refuseUnknown(end);
        into.end(end.getDigest());
    }

    private static <M> M message(Parser<M> parser, RecordReader in, String what) {
        return Fields.read(parser, in.message(), what);
    }
}
