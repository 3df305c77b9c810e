package io.coord.netty.jute;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Identity;
import io.coord.Stat;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The body of a reply without error, as it is on the wire: one record for each shape, which several {@link OpCode}s may share. */
public sealed interface Response {

    /** Writes the body. */
    void write(JuteWriter out);

    /** Nothing but the header. */
    record Nothing() implements Response {
        /** The only one needed. */
        public static final Nothing NOTHING = new Nothing();

        static Response read(JuteReader in) {
            return NOTHING;
        }

        @Override
        public void write(JuteWriter out) {}
    }

    /**
     * A path.
     *
     * @param path which
     */
    record Path(@Nullable String path) implements Response {
        static Response read(JuteReader in) {
            return new Path(in.string());
        }

        @Override
        public void write(JuteWriter out) {
            out.string(path);
        }
    }

    /**
     * A path and the node's metadata.
     *
     * @param path which
     * @param stat its metadata
     */
    record PathAndStat(String path, Stat stat) implements Response {
        static Response read(JuteReader in) {
            return new PathAndStat(in.text(), in.stat());
        }

        @Override
        public void write(JuteWriter out) {
            out.string(path).stat(stat);
        }
    }

    /**
     * A node's metadata.
     *
     * @param stat of the node
     */
    record OfStat(Stat stat) implements Response {
        static Response read(JuteReader in) {
            return new OfStat(in.stat());
        }

        @Override
        public void write(JuteWriter out) {
            out.stat(stat);
        }
    }

    /**
     * A node's data and metadata.
     *
     * @param data or null
     * @param stat of the node
     */
    record Data(@Nullable Bytes data, Stat stat) implements Response {
        static Response read(JuteReader in) {
            return new Data(in.bytes(), in.stat());
        }

        @Override
        public void write(JuteWriter out) {
            out.bytes(data).stat(stat);
        }
    }

    /**
     * A node's access control list and metadata.
     *
     * @param acl who may do what
     * @param stat of the node
     */
    record OfAcl(List<Acl> acl, Stat stat) implements Response {
        static Response read(JuteReader in) {
            return new OfAcl(in.acl(), in.stat());
        }

        @Override
        public void write(JuteWriter out) {
            out.acl(acl).stat(stat);
        }
    }

    /**
     * Names of children, or paths.
     *
     * @param names in no order
     */
    record Names(List<String> names) implements Response {
        static Response read(JuteReader in) {
            return new Names(in.texts());
        }

        @Override
        public void write(JuteWriter out) {
            out.texts(names);
        }
    }

    /**
     * Names of children, and the parent's metadata.
     *
     * @param names in no order
     * @param stat of the parent
     */
    record NamesAndStat(List<String> names, Stat stat) implements Response {
        static Response read(JuteReader in) {
            return new NamesAndStat(in.texts(), in.stat());
        }

        @Override
        public void write(JuteWriter out) {
            out.texts(names).stat(stat);
        }
    }

    /**
     * A number: how many, or an error.
     *
     * @param number which
     */
    record Number(int number) implements Response {
        static Response read(JuteReader in) {
            return new Number(in.int32());
        }

        @Override
        public void write(JuteWriter out) {
            out.int32(number);
        }
    }

    /**
     * Whom a connection acts as.
     *
     * @param identities without secrets
     */
    record Identities(List<Identity> identities) implements Response {
        static Response read(JuteReader in) {
            return new Identities(in.list(8, each -> new Identity(each.text(), each.text())));
        }

        @Override
        public void write(JuteWriter out) {
            out.list(identities, (to, identity) -> to.string(identity.scheme()).string(identity.id()));
        }
    }

    /**
     * A step of a SASL exchange.
     *
     * @param token the server's, or null
     */
    record Token(@Nullable Bytes token) implements Response {
        static Response read(JuteReader in) {
            return new Token(in.bytes());
        }

        @Override
        public void write(JuteWriter out) {
            out.bytes(token);
        }
    }

    /**
     * The answers to the parts of a multi.
     *
     * @param results in order
     */
    record Multi(List<Result> results) implements Response {

        /** The answer to one part. */
        public sealed interface Result {}

        /**
         * It was granted.
         *
         * @param op as which it is answered: CREATE2 stands for all that answer path and Stat
         * @param body what is answered
         */
        public record Granted(OpCode op, Response body) implements Result {}

        /**
         * It was not.
         *
         * @param error why; 0 if another part's refusal undid it
         */
        public record Refused(int error) implements Result {}

        static Response read(JuteReader in) {
            List<Result> results = new ArrayList<>();
            MultiHeader header = MultiHeader.read(in);
            while (!header.done()) {
                results.add(header.type() == -1 ? new Refused(in.int32()) : granted(header, in));
                header = MultiHeader.read(in);
            }
            return new Multi(results);
        }

        private static Result granted(MultiHeader header, JuteReader in) {
            OpCode op = OpCode.of(header.type());
            if (op == null) {
                throw new MalformedRecordException("a result of type " + header.type() + " is unknown");
            }
            return new Granted(op, op.readResponse(in));
        }

        @Override
        public void write(JuteWriter out) {
            for (Result result : results) {
                if (result instanceof Granted granted) {
                    new MultiHeader(granted.op.number(), false, 0).write(out);
                    granted.body.write(out);
                } else if (result instanceof Refused refused) {
                    new MultiHeader(-1, false, refused.error).write(out);
                    out.int32(refused.error);
                }
            }
            MultiHeader.END.write(out);
        }
    }
}
