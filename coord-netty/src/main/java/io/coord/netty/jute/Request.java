package io.coord.netty.jute;

import io.coord.Acl;
import io.coord.Bytes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request, as it is on the wire: one record for each shape, which several {@link OpCode}s may share. Numbers are not judged
 * here, so that a flag or kind that does not exist comes through.
 */
public sealed interface Request {

    /** Writes the body. */
    void write(JuteWriter out);

    /** Nothing but the header. */
    record Empty() implements Request {
        /** The only one needed. */
        public static final Empty EMPTY = new Empty();

        static Request read(JuteReader in) {
            return EMPTY;
        }

        @Override
        public void write(JuteWriter out) {}
    }

    /**
     * A path, or prefix.
     *
     * @param path which; may be null
     */
    record OfPath(@Nullable String path) implements Request {
        static Request read(JuteReader in) {
            return new OfPath(in.string());
        }

        @Override
        public void write(JuteWriter out) {
            out.string(path);
        }
    }

    /**
     * A read that can leave a watch.
     *
     * @param path which node
     * @param watch whether to leave one
     */
    record Watched(String path, boolean watch) implements Request {
        static Request read(JuteReader in) {
            return new Watched(in.text(), in.bool());
        }

        @Override
        public void write(JuteWriter out) {
            out.string(path).bool(watch);
        }
    }

    /**
     * A path and the version it is expected to have.
     *
     * @param path which node
     * @param version expected, or -1 for any
     */
    record Versioned(String path, int version) implements Request {
        static Request read(JuteReader in) {
            return new Versioned(in.text(), in.int32());
        }

        @Override
        public void write(JuteWriter out) {
            out.string(path).int32(version);
        }
    }

    /**
     * A node to create.
     *
     * @param path where
     * @param data what it holds, or null
     * @param acl who may do what
     * @param flags the kind of node, by number
     */
    record Create(String path, @Nullable Bytes data, List<Acl> acl, int flags) implements Request {
        static Request read(JuteReader in) {
            return new Create(in.text(), in.bytes(), in.acl(), in.int32());
        }

        static Request readPart(JuteReader in) {
            return new Create(in.text(), in.bytes(), in.aclOfPart(), in.int32());
        }

        @Override
        public void write(JuteWriter out) {
            out.string(path).bytes(data).acl(acl).int32(flags);
        }
    }

    /**
     * A node to create with a time to live.
     *
     * @param path where
     * @param data what it holds, or null
     * @param acl who may do what
     * @param flags the kind of node, by number
     * @param ttlMillis its time to live
     */
    record CreateTtl(String path, @Nullable Bytes data, List<Acl> acl, int flags, long ttlMillis) implements Request {
        static Request read(JuteReader in) {
            return new CreateTtl(in.text(), in.bytes(), in.acl(), in.int32(), in.int64());
        }

        @Override
        public void write(JuteWriter out) {
            out.string(path).bytes(data).acl(acl).int32(flags).int64(ttlMillis);
        }
    }

    /**
     * Data to set.
     *
     * @param path where; empty if null was sent, which is refused alike (zk.P3)
     * @param data what, or null
     * @param version expected, or -1 for any
     */
    record SetData(String path, @Nullable Bytes data, int version) implements Request {
        static Request read(JuteReader in) {
            String path = in.string();
            return new SetData(path == null ? "" : path, in.bytes(), in.int32());
        }

        @Override
        public void write(JuteWriter out) {
            out.string(path).bytes(data).int32(version);
        }
    }

    /**
     * An ACL to set.
     *
     * @param path where; empty if null was sent, which is refused alike (zk.P3)
     * @param acl who may do what
     * @param version expected of the ACL, or -1 for any
     */
    record SetAcl(String path, List<Acl> acl, int version) implements Request {
        static Request read(JuteReader in) {
            String path = in.string();
            return new SetAcl(path == null ? "" : path, in.acl(), in.int32());
        }

        @Override
        public void write(JuteWriter out) {
            out.string(path).acl(acl).int32(version);
        }
    }

    /**
     * Watches of a kind at a path: to add, to remove, or to ask for.
     *
     * @param path where
     * @param kind the mode or type of watch, by number
     */
    record OfWatches(String path, int kind) implements Request {
        static Request read(JuteReader in) {
            return new OfWatches(in.text(), in.int32());
        }

        @Override
        public void write(JuteWriter out) {
            out.string(path).int32(kind);
        }
    }

    /**
     * Watches to set again.
     *
     * @param sinceZxid what the client has seen
     * @param data paths of data watches
     * @param exist paths of watches on absent nodes
     * @param child paths of child watches
     * @param lasting paths of persistent and of recursive watches; null in the older form, which has none
     */
    record SetWatches(
            long sinceZxid, List<String> data, List<String> exist, List<String> child, @Nullable Lasting lasting)
            implements Request {

        /**
         * Watches that stay.
         *
         * @param persistent paths of persistent watches
         * @param recursive paths of recursive watches
         */
        public record Lasting(List<String> persistent, List<String> recursive) {}

        static Request read(JuteReader in) {
            return new SetWatches(in.int64(), in.texts(), in.texts(), in.texts(), null);
        }

        static Request read2(JuteReader in) {
            return new SetWatches(
                    in.int64(), in.texts(), in.texts(), in.texts(), new Lasting(in.texts(), in.texts()));
        }

        @Override
        public void write(JuteWriter out) {
            out.int64(sinceZxid).texts(data).texts(exist).texts(child);
            if (lasting != null) {
                out.texts(lasting.persistent).texts(lasting.recursive);
            }
        }
    }

    /**
     * Proof of an identity.
     *
     * @param type always 0
     * @param scheme what kind of proof
     * @param credentials the proof, or null
     */
    record Auth(int type, String scheme, @Nullable Bytes credentials) implements Request {
        static Request read(JuteReader in) {
            return new Auth(in.int32(), in.text(), in.bytes());
        }

        @Override
        public void write(JuteWriter out) {
            out.int32(type).string(scheme).bytes(credentials);
        }
    }

    /**
     * A step of a SASL exchange.
     *
     * @param token the client's, or null
     */
    record Sasl(@Nullable Bytes token) implements Request {
        static Request read(JuteReader in) {
            return new Sasl(in.bytes());
        }

        @Override
        public void write(JuteWriter out) {
            out.bytes(token);
        }
    }

    /**
     * A change of the ensemble.
     *
     * @param joining members to take in, or null
     * @param leaving members to let go, or null
     * @param newMembers all members from now on, or null
     * @param currentConfig version that the configuration is expected to have, or -1 for any
     */
    record Reconfig(@Nullable String joining, @Nullable String leaving, @Nullable String newMembers, long currentConfig)
            implements Request {
        static Request read(JuteReader in) {
            return new Reconfig(in.string(), in.string(), in.string(), in.int64());
        }

        @Override
        public void write(JuteWriter out) {
            out.string(joining).string(leaving).string(newMembers).int64(currentConfig);
        }
    }

    /**
     * Several requests in one.
     *
     * @param parts in order
     */
    record Multi(List<Part> parts) implements Request {

        /**
         * A request inside a multi.
         *
         * @param op which
         * @param body its body
         */
        public record Part(OpCode op, Request body) {}

        static Request readWrites(JuteReader in) {
            return read(in, true);
        }

        static Request readReads(JuteReader in) {
            return read(in, false);
        }

        private static Request read(JuteReader in, boolean writes) {
            List<Part> parts = new ArrayList<>();
            MultiHeader header = MultiHeader.read(in);
            while (!header.done()) {
                OpCode op = OpCode.of(header.type());
                if (op == null || !(writes ? isWrite(op) : isRead(op))) {
                    throw new MalformedRecordException("type " + header.type() + " may not be part of a "
                            + (writes ? "multi" : "multiRead"));
                }
                boolean create = op == OpCode.CREATE || op == OpCode.CREATE2 || op == OpCode.CREATE_CONTAINER;
                parts.add(new Part(op, create ? Create.readPart(in) : op.readRequest(in)));
                header = MultiHeader.read(in);
            }
            return new Multi(parts);
        }

        private static boolean isWrite(OpCode op) {
            return switch (op) {
                case CREATE, CREATE2, CREATE_CONTAINER, CREATE_TTL, DELETE, SET_DATA, CHECK -> true;
                default -> false;
            };
        }

        private static boolean isRead(OpCode op) {
            return op == OpCode.GET_DATA || op == OpCode.GET_CHILDREN;
        }

        @Override
        public void write(JuteWriter out) {
            for (Part part : parts) {
                new MultiHeader(part.op.number(), false, -1).write(out);
                part.body.write(out);
            }
            MultiHeader.END.write(out);
        }
    }
}
