package io.coord.wire;

import io.coord.Bytes;
import io.coord.MemberId;
import io.coord.member.PeerFrame;
import io.coord.member.PeerMessage;
import io.coord.raft.CommandPayload;
import io.coord.raft.ConfigPayload;
import io.coord.raft.Entry;
import io.coord.raft.EntryId;
import io.coord.raft.MemberKey;
import io.coord.raft.Message;
import io.coord.raft.Payload;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The frames of which there are thousands a second (appends and their answers, proposals, heartbeats), written to bytes and read from
 * them without messages of protobuf between. The bytes are those of {@link Messages}, which has the last word, as in
 * {@link HotCommands}.
 */
final class HotFrames {

    private static final int APPEND = 14;
    private static final int APPENDED = 15;
    private static final int HEARTBEAT = 17;
    private static final int HEARTBEAT_REPLY = 18;
    private static final int PROPOSE = 24;

    private static final int NO_OP = 1;
    private static final int CONFIGURATION = 2;
    private static final int COMMAND = 3;

    private final WireCommandCodec commands;

    HotFrames(WireCommandCodec commands) {
        this.commands = commands;
    }

    // --- to bytes ---

    /** What a frame takes as bytes, or -1 if this class does not write it; the size may exceed what a frame may have. */
    static long size(PeerFrame frame) {
        long body = bodySize(frame.message());
        if (body < 0) {
            return -1;
        }
        int field = field(frame.message());
        return headSize(frame) + lengthSize(field, body);
    }

    private static int headSize(PeerFrame frame) {
        return FieldWriter.fixed64Size(1, frame.clusterId())
                + FieldWriter.lengthSize(2, keySize(frame.from()))
                + FieldWriter.uint32Size(3, frame.to().value())
                + FieldWriter.sint64Size(4, frame.toIncarnation());
    }

    /** Writes a frame that has a size into the end of an array. */
    static void write(PeerFrame frame, byte[] array, int from) {
        FieldWriter out = new FieldWriter(array, from);
        out.fixed64(1, frame.clusterId());
        out.begin(2, keySize(frame.from()));
        out.uint32(1, frame.from().id().value());
        out.sint64(2, frame.from().incarnation());
        out.uint32(3, frame.to().value());
        out.sint64(4, frame.toIncarnation());
        out.begin(field(frame.message()), (int) bodySize(frame.message()));
        put(out, ((PeerMessage.Consensus) frame.message()).message());
        out.end();
    }

    private static int field(PeerMessage message) {
        Message consensus = ((PeerMessage.Consensus) message).message();
        if (consensus instanceof Message.Append) {
            return APPEND;
        } else if (consensus instanceof Message.Appended) {
            return APPENDED;
        } else if (consensus instanceof Message.Propose) {
            return PROPOSE;
        }
        return consensus instanceof Message.Heartbeat ? HEARTBEAT : HEARTBEAT_REPLY;
    }

    private static long bodySize(PeerMessage message) {
        if (!(message instanceof PeerMessage.Consensus consensus)) {
            return -1;
        }
        Message said = consensus.message();
        if (said instanceof Message.Append append) {
            return appendSize(append);
        } else if (said instanceof Message.Appended appended) {
            return FieldWriter.sint64Size(1, appended.term()) + FieldWriter.sint64Size(2, appended.match());
        } else if (said instanceof Message.Propose propose) {
            return proposeSize(propose);
        } else if (said instanceof Message.Heartbeat heartbeat) {
            return FieldWriter.sint64Size(1, heartbeat.term())
                    + FieldWriter.sint64Size(2, heartbeat.commit())
                    + FieldWriter.sint64Size(3, heartbeat.round())
                    + FieldWriter.sint64Size(4, heartbeat.match());
        } else if (said instanceof Message.HeartbeatReply reply) {
            return FieldWriter.sint64Size(1, reply.term()) + FieldWriter.sint64Size(2, reply.round());
        }
        return -1;
    }

    private static long appendSize(Message.Append append) {
        long size = FieldWriter.sint64Size(1, append.term())
                + FieldWriter.lengthSize(2, idSize(append.previous()))
                + FieldWriter.sint64Size(4, append.commit());
        List<Entry> entries = append.entries();
        for (int i = 0; i < entries.size(); i++) {
            size += lengthSize(3, entrySize(entries.get(i)));
        }
        return size;
    }

    private static long proposeSize(Message.Propose propose) {
        long size = FieldWriter.sint64Size(1, propose.term());
        List<Payload> payloads = propose.payloads();
        for (int i = 0; i < payloads.size(); i++) {
            size += lengthSize(2, payloadSize(payloads.get(i)));
        }
        return size;
    }

    private static long entrySize(Entry entry) {
        return FieldWriter.sint64Size(1, entry.index())
                + FieldWriter.sint64Size(2, entry.term())
                + FieldWriter.sint64Size(3, entry.wallMillis())
                + FieldWriter.sint64Size(4, entry.elapsedMillis())
                + lengthSize(5, payloadSize(entry.payload()));
    }

    private static long payloadSize(Payload payload) {
        return lengthSize(kind(payload), payload.bytes().length());
    }

    private static long lengthSize(int field, long bytes) {
        return bytes > Integer.MAX_VALUE / 2 ? bytes : FieldWriter.lengthSize(field, (int) bytes);
    }

    private static int kind(Payload payload) {
        return payload instanceof CommandPayload ? COMMAND : payload instanceof ConfigPayload ? CONFIGURATION : NO_OP;
    }

    private static int keySize(MemberKey key) {
        return FieldWriter.uint32Size(1, key.id().value()) + FieldWriter.sint64Size(2, key.incarnation());
    }

    private static int idSize(EntryId id) {
        return FieldWriter.sint64Size(1, id.index()) + FieldWriter.sint64Size(2, id.term());
    }

    /** As large as it is lest the JVM's compiler take it anew with each of its callers, as {@link FieldReader} says of its own. */
    private static void put(FieldWriter out, Message message) {
        if (message instanceof Message.Append append) {
            out.sint64(1, append.term());
            out.begin(2, idSize(append.previous()));
            out.sint64(1, append.previous().index());
            out.sint64(2, append.previous().term());
            List<Entry> entries = append.entries();
            for (int i = 0; i < entries.size(); i++) {
                Entry entry = entries.get(i);
                out.begin(3, (int) entrySize(entry));
                out.sint64(1, entry.index());
                out.sint64(2, entry.term());
                out.sint64(3, entry.wallMillis());
                out.sint64(4, entry.elapsedMillis());
                put(out, 5, entry.payload());
            }
            out.sint64(4, append.commit());
        } else if (message instanceof Message.Appended appended) {
            out.sint64(1, appended.term());
            out.sint64(2, appended.match());
        } else if (message instanceof Message.Propose propose) {
            out.sint64(1, propose.term());
            List<Payload> payloads = propose.payloads();
            for (int i = 0; i < payloads.size(); i++) {
                put(out, 2, payloads.get(i));
            }
        } else if (message instanceof Message.Heartbeat heartbeat) {
            out.sint64(1, heartbeat.term());
            out.sint64(2, heartbeat.commit());
            out.sint64(3, heartbeat.round());
            out.sint64(4, heartbeat.match());
        } else if (message instanceof Message.HeartbeatReply reply) {
            out.sint64(1, reply.term());
            out.sint64(2, reply.round());
        }
    }

    private static void put(FieldWriter out, int field, Payload payload) {
        out.begin(field, (int) payloadSize(payload));
        out.bytes(kind(payload), payload instanceof WireCommand command ? command.bytesToSend() : payload.bytes());
    }

    // --- from bytes ---

    /**
     * The frame in bytes behind a position; or null if this class does not read it.
     *
     * @throws IllegalArgumentException if a command in it is none
     */
    @Nullable PeerFrame frame(Bytes bytes, int from) {
        FieldReader in = new FieldReader(bytes, from);
        long clusterId = in.fixed64(0x09);
        if (!in.next(0x12)) {
            return null;
        }
        int outer = in.enter();
        int sender = in.uint32(0x08);
        long incarnation = in.sint64(0x10);
        in.leave(outer);
        int to = in.uint32(0x18);
        long toIncarnation = in.sint64(0x20);
        Message message = message(in, bytes);
        return message == null || !in.isContent() || !isMember(sender) || !isMember(to)
                ? null
                : new PeerFrame(
                        clusterId,
                        new MemberKey(MemberId.of(sender), incarnation),
                        MemberId.of(to),
                        toIncarnation,
                        new PeerMessage.Consensus(message));
    }

    private static boolean isMember(int value) {
        return value >= 1 && value <= MemberId.MAX;
    }

    /** As large as {@link #put}, for the same reason. */
    private @Nullable Message message(FieldReader in, Bytes bytes) {
        if (in.next(APPEND << 3 | 2)) {
            int outer = in.enter();
            long term = in.sint64(0x08);
            if (!in.next(0x12)) {
                return null;
            }
            int inner = in.enter();
            EntryId previous = new EntryId(in.sint64(0x08), in.sint64(0x10));
            in.leave(inner);
            List<Entry> entries = new ArrayList<>();
            while (in.next(0x1A)) {
                Entry entry = entry(in, bytes);
                if (entry == null) {
                    return null;
                }
                entries.add(entry);
            }
            long commit = in.sint64(0x20);
            in.leave(outer);
            return in.isSurprised() ? null : new Message.Append(term, previous, entries, commit);
        }
        if (in.next(APPENDED << 3 | 2)) {
            int outer = in.enter();
            Message message = new Message.Appended(in.sint64(0x08), in.sint64(0x10));
            in.leave(outer);
            return message;
        }
        if (in.next(PROPOSE << 3 | 2)) {
            return propose(in, bytes);
        }
        if (in.next(HEARTBEAT << 3 | 2)) {
            int outer = in.enter();
            long term = in.sint64(0x08);
            long commit = in.sint64(0x10);
            long round = in.sint64(0x18);
            long match = in.sint64(0x20);
            in.leave(outer);
            return in.isSurprised() ? null : new Message.Heartbeat(term, commit, round, match);
        }
        if (in.next(HEARTBEAT_REPLY << 3 | 2)) {
            int outer = in.enter();
            Message message = new Message.HeartbeatReply(in.sint64(0x08), in.sint64(0x10));
            in.leave(outer);
            return message;
        }
        return null;
    }

    private @Nullable Entry entry(FieldReader in, Bytes bytes) {
        int outer = in.enter();
        long index = in.sint64(0x08);
        long term = in.sint64(0x10);
        long wallMillis = in.sint64(0x18);
        long elapsedMillis = in.sint64(0x20);
        Payload payload = in.next(0x2A) ? payload(in, bytes) : null;
        in.leave(outer);
        return payload == null || in.isSurprised() ? null : new Entry(index, term, wallMillis, elapsedMillis, payload);
    }

    private @Nullable Message propose(FieldReader in, Bytes bytes) {
        int outer = in.enter();
        long term = in.sint64(0x08);
        List<Payload> payloads = new ArrayList<>();
        while (in.next(0x12)) {
            Payload payload = payload(in, bytes);
            if (payload == null) {
                return null;
            }
            payloads.add(payload);
        }
        in.leave(outer);
        return in.isSurprised() ? null : new Message.Propose(term, payloads);
    }

    private @Nullable Payload payload(FieldReader in, Bytes bytes) {
        int outer = in.enter();
        Payload payload = null;
        if (in.next(COMMAND << 3 | 2)) {
            int length = in.length();
            payload = in.isSurprised() ? null : commands.decoded(bytes.part(in.position(), length));
            in.skip(length);
        }
        in.leave(outer);
        return payload;
    }
}
