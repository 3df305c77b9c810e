package io.coord.netty.jute;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Identity;
import io.coord.Stat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A request and a response for each op code, with every field set, and odd ones. */
public final class Samples {

    static final Stat STAT = new Stat(
            0x100000001L, 0x100000002L, 1700000000001L, 1700000000002L, 3, 4, 5, 0x1234567890ABL, 7, 8, 0x100000009L);
    static final List<Acl> ACL = List.of(
            new Acl(Acl.ALL, Identity.ANYONE), Acl.of(Acl.READ | Acl.ADMIN, "digest", "bob:2hbDnpwGSIQ="));
    static final Bytes DATA = Bytes.utf8("grüße");

    private Samples() {}

    public static Map<OpCode, List<Request>> requests() {
        Map<OpCode, List<Request>> samples = new TreeMap<>();
        Request.Create create = new Request.Create("/a/b", DATA, ACL, 3);
        Request.CreateTtl timed = new Request.CreateTtl("/ä", null, ACL, 5, 99_999_999_999L);
        Request.Versioned versioned = new Request.Versioned("/a", -1);
        Request.Watched watched = new Request.Watched("/a", true);
        Request.OfPath path = new Request.OfPath("/a/漢字");
        Request.OfWatches watches = new Request.OfWatches("/a", 5);
        for (OpCode op : List.of(OpCode.CREATE, OpCode.CREATE2, OpCode.CREATE_CONTAINER)) {
            samples.put(op, List.of(create, new Request.Create("", null, List.of(), -1), new Request.Create("/", Bytes.EMPTY, ACL, 0)));
        }
        samples.put(OpCode.CREATE_TTL, List.of(timed));
        for (OpCode op : List.of(OpCode.DELETE, OpCode.CHECK)) {
            samples.put(op, List.of(versioned, new Request.Versioned("/a/b", Integer.MAX_VALUE)));
        }
        for (OpCode op : List.of(OpCode.EXISTS, OpCode.GET_DATA, OpCode.GET_CHILDREN, OpCode.GET_CHILDREN2)) {
            samples.put(op, List.of(watched, new Request.Watched("/", false)));
        }
        samples.put(OpCode.SET_DATA, List.of(
                new Request.SetData("/a", DATA, 7),
                new Request.SetData("/a", null, -1),
                new Request.SetData("/a", Bytes.EMPTY, -1)));
        samples.put(OpCode.SET_ACL, List.of(new Request.SetAcl("/a", ACL, 7)));
        for (OpCode op : List.of(
                OpCode.GET_ACL, OpCode.SYNC, OpCode.DELETE_CONTAINER, OpCode.GET_EPHEMERALS, OpCode.GET_ALL_CHILDREN_NUMBER)) {
            samples.put(op, List.of(path, new Request.OfPath(null)));
        }
        for (OpCode op : List.of(OpCode.CHECK_WATCHES, OpCode.REMOVE_WATCHES, OpCode.ADD_WATCH)) {
            samples.put(op, List.of(watches));
        }
        for (OpCode op : List.of(OpCode.PING, OpCode.WHO_AM_I, OpCode.CREATE_SESSION, OpCode.CLOSE_SESSION)) {
            samples.put(op, List.of(Request.Empty.EMPTY));
        }
        samples.put(OpCode.RECONFIG, List.of(new Request.Reconfig("server.4=h:1:2;3", null, null, -1)));
        samples.put(OpCode.AUTH, List.of(new Request.Auth(0, "digest", Bytes.utf8("bob:secret"))));
        samples.put(OpCode.SASL, List.of(new Request.Sasl(DATA), new Request.Sasl(null)));
        List<String> some = List.of("/a", "/b/c");
        samples.put(OpCode.SET_WATCHES, List.of(new Request.SetWatches(0x100000005L, some, List.of(), List.of("/"), null)));
        samples.put(OpCode.SET_WATCHES2, List.of(new Request.SetWatches(
                1, List.of(), some, List.of(), new Request.SetWatches.Lasting(some, List.of("/")))));
        samples.put(OpCode.MULTI, List.of(
                new Request.Multi(List.of()),
                new Request.Multi(List.of(
                        new Request.Multi.Part(OpCode.CREATE, create),
                        new Request.Multi.Part(OpCode.CREATE2, create),
                        new Request.Multi.Part(OpCode.CREATE_CONTAINER, create),
                        new Request.Multi.Part(OpCode.CREATE_TTL, timed),
                        new Request.Multi.Part(OpCode.DELETE, versioned),
                        new Request.Multi.Part(OpCode.SET_DATA, new Request.SetData("/a", null, 0)),
                        new Request.Multi.Part(OpCode.CHECK, versioned)))));
        samples.put(OpCode.MULTI_READ, List.of(new Request.Multi(List.of(
                new Request.Multi.Part(OpCode.GET_DATA, watched), new Request.Multi.Part(OpCode.GET_CHILDREN, watched)))));
        return samples;
    }

    public static Map<OpCode, List<Response>> responses() {
        Map<OpCode, List<Response>> samples = new TreeMap<>();
        Response.PathAndStat created = new Response.PathAndStat("/a/b0000000001", STAT);
        Response.Data data = new Response.Data(DATA, STAT);
        Response.Names names = new Response.Names(List.of("a", "ö", ""));
        for (OpCode op : List.of(OpCode.CREATE, OpCode.SYNC)) {
            samples.put(op, List.of(new Response.Path("/a")));
        }
        for (OpCode op : List.of(OpCode.CREATE2, OpCode.CREATE_CONTAINER, OpCode.CREATE_TTL)) {
            samples.put(op, List.of(created));
        }
        for (OpCode op : List.of(OpCode.EXISTS, OpCode.SET_DATA, OpCode.SET_ACL)) {
            samples.put(op, List.of(new Response.OfStat(STAT)));
        }
        for (OpCode op : List.of(OpCode.GET_DATA, OpCode.RECONFIG)) {
            samples.put(op, List.of(data, new Response.Data(null, STAT), new Response.Data(Bytes.EMPTY, STAT)));
        }
        samples.put(OpCode.GET_ACL, List.of(new Response.OfAcl(ACL, STAT)));
        for (OpCode op : List.of(OpCode.GET_CHILDREN, OpCode.GET_EPHEMERALS)) {
            samples.put(op, List.of(names, new Response.Names(List.of())));
        }
        samples.put(OpCode.GET_CHILDREN2, List.of(new Response.NamesAndStat(List.of("x"), STAT)));
        for (OpCode op : List.of(OpCode.GET_ALL_CHILDREN_NUMBER, OpCode.ADD_WATCH)) {
            samples.put(op, List.of(new Response.Number(77)));
        }
        samples.put(OpCode.WHO_AM_I, List.of(new Response.Identities(List.of(new Identity("ip", "::1"), Identity.ANYONE))));
        samples.put(OpCode.SASL, List.of(new Response.Token(DATA), new Response.Token(null)));
        samples.put(OpCode.MULTI, List.of(new Response.Multi(List.of(
                new Response.Multi.Granted(OpCode.CREATE, new Response.Path("/a")),
                new Response.Multi.Granted(OpCode.CREATE2, created),
                new Response.Multi.Granted(OpCode.DELETE, Response.Nothing.NOTHING),
                new Response.Multi.Granted(OpCode.SET_DATA, new Response.OfStat(STAT)),
                new Response.Multi.Granted(OpCode.CHECK, Response.Nothing.NOTHING),
                new Response.Multi.Refused(0),
                new Response.Multi.Refused(-101)))));
        samples.put(OpCode.MULTI_READ, List.of(new Response.Multi(List.of(
                new Response.Multi.Granted(OpCode.GET_DATA, data),
                new Response.Multi.Granted(OpCode.GET_CHILDREN, names),
                new Response.Multi.Refused(-102)))));
        for (OpCode op : OpCode.values()) {
            samples.putIfAbsent(op, List.of(Response.Nothing.NOTHING));
        }
        return samples;
    }
}
