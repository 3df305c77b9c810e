package io.coord.netty.jute;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a request asks, with the shapes of its body and of its reply's. The numbers are ZooKeeper's {@code ZooDefs.OpCode}. */
public enum OpCode {
    /** Creates; answers the path alone. */
    CREATE(1, Request.Create::read, Response.Path::read),
    /** Deletes. */
    DELETE(2, Request.Versioned::read, Response.Nothing::read),
    /** Reads the Stat. */
    EXISTS(3, Request.Watched::read, Response.OfStat::read),
    /** Reads data and Stat. */
    GET_DATA(4, Request.Watched::read, Response.Data::read),
    /** Sets data. */
    SET_DATA(5, Request.SetData::read, Response.OfStat::read),
    /** Reads the ACL. */
    GET_ACL(6, Request.OfPath::read, Response.OfAcl::read),
    /** Sets the ACL. */
    SET_ACL(7, Request.SetAcl::read, Response.OfStat::read),
    /** Lists children. */
    GET_CHILDREN(8, Request.Watched::read, Response.Names::read),
    /** Waits until the member has applied what is committed. */
    SYNC(9, Request.OfPath::read, Response.Path::read),
    /** Says that the client lives. */
    PING(11, Request.Empty::read, Response.Nothing::read),
    /** Lists children, with the Stat. */
    GET_CHILDREN2(12, Request.Watched::read, Response.NamesAndStat::read),
    /** Checks a version; only inside a multi. */
    CHECK(13, Request.Versioned::read, Response.Nothing::read),
    /** Does several writes or none. */
    MULTI(14, Request.Multi::readWrites, Response.Multi::read),
    /** Creates; answers path and Stat. */
    CREATE2(15, Request.Create::read, Response.PathAndStat::read),
    /** Changes who belongs to the ensemble. */
    RECONFIG(16, Request.Reconfig::read, Response.Data::read),
    /** Asks whether there are watches. */
    CHECK_WATCHES(17, Request.OfWatches::read, Response.Nothing::read),
    /** Removes watches. */
    REMOVE_WATCHES(18, Request.OfWatches::read, Response.Nothing::read),
    /** Creates a container. */
    CREATE_CONTAINER(19, Request.Create::read, Response.PathAndStat::read),
    /** Between servers only. */
    DELETE_CONTAINER(20, Request.OfPath::read, Response.Nothing::read),
    /** Creates a node with a time to live. */
    CREATE_TTL(21, Request.CreateTtl::read, Response.PathAndStat::read),
    /** Reads several nodes at one moment. */
    MULTI_READ(22, Request.Multi::readReads, Response.Multi::read),
    /** Proves who the client is. */
    AUTH(100, Request.Auth::read, Response.Nothing::read),
    /** Sets watches again after a reconnect. */
    SET_WATCHES(101, Request.SetWatches::read, Response.Nothing::read),
    /** A step of a SASL exchange. */
    SASL(102, Request.Sasl::read, Response.Token::read),
    /** Lists the session's ephemeral nodes. */
    GET_EPHEMERALS(103, Request.OfPath::read, Response.Names::read),
    /** Counts descendants. */
    GET_ALL_CHILDREN_NUMBER(104, Request.OfPath::read, Response.Number::read),
    /** Sets watches again after a reconnect, lasting ones too. */
    SET_WATCHES2(105, Request.SetWatches::read2, Response.Nothing::read),
    /** Adds a lasting watch. */
    ADD_WATCH(106, Request.OfWatches::read, Response.Number::read),
    /** Asks whom the connection acts as. */
    WHO_AM_I(107, Request.Empty::read, Response.Identities::read),
    /** Between servers only. */
    CREATE_SESSION(-10, Request.Empty::read, Response.Nothing::read),
    /** Ends the session. */
    CLOSE_SESSION(-11, Request.Empty::read, Response.Nothing::read);

    private static final int LOWEST = -11;
    private static final @Nullable OpCode[] BY_NUMBER = byNumber();

    private final int number;
    private final Function<JuteReader, Request> request;
    private final Function<JuteReader, Response> response;

    OpCode(int number, Function<JuteReader, Request> request, Function<JuteReader, Response> response) {
        this.number = number;
        this.request = request;
        this.response = response;
    }

    private static @Nullable OpCode[] byNumber() {
        @Nullable OpCode[] table = new OpCode[WHO_AM_I.number - LOWEST + 1];
        for (OpCode op : values()) {
            table[op.number - LOWEST] = op;
        }
        return table;
    }

    /** The request with this number, or null if there is none. */
    public static @Nullable OpCode of(int number) {
        return number < LOWEST || number > WHO_AM_I.number ? null : BY_NUMBER[number - LOWEST];
    }

    /** ZooKeeper's number. */
    public int number() {
        return number;
    }

    /** Reads a request's body. */
    public Request readRequest(JuteReader in) {
        return request.apply(in);
    }

    /** Reads the body of a reply whose header has no error. */
    public Response readResponse(JuteReader in) {
        return response.apply(in);
    }
}
