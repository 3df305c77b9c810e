package io.coord.testkit.zookeeper;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.jute.BinaryOutputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.proto.AddWatchRequest;
import org.apache.zookeeper.proto.AuthPacket;
import org.apache.zookeeper.proto.CheckVersionRequest;
import org.apache.zookeeper.proto.CheckWatchesRequest;
import org.apache.zookeeper.proto.CreateRequest;
import org.apache.zookeeper.proto.CreateTTLRequest;
import org.apache.zookeeper.proto.DeleteRequest;
import org.apache.zookeeper.proto.ExistsRequest;
import org.apache.zookeeper.proto.GetACLRequest;
import org.apache.zookeeper.proto.GetAllChildrenNumberRequest;
import org.apache.zookeeper.proto.GetChildren2Request;
import org.apache.zookeeper.proto.GetChildrenRequest;
import org.apache.zookeeper.proto.GetDataRequest;
import org.apache.zookeeper.proto.GetEphemeralsRequest;
import org.apache.zookeeper.proto.MultiHeader;
import org.apache.zookeeper.proto.ReconfigRequest;
import org.apache.zookeeper.proto.RemoveWatchesRequest;
import org.apache.zookeeper.proto.SetACLRequest;
import org.apache.zookeeper.proto.SetDataRequest;
import org.apache.zookeeper.proto.SyncRequest;
import org.jspecify.annotations.Nullable;

/** A stream of requests drawn from a seed: legal ones, and every kind of mistake that a client can make. */
final class Asking {

    /** A request as bytes, and in words; of a multi, the ops of its parts. */
    record Request(int op, byte[] body, String words, List<Integer> parts) {}

    /** No op code. */
    static final int UNHEARD_OF = 99;

    private static final List<String> BAD_PATHS = List.of(
            "", "a", "a/b", "/a/", "//", "/a//b", "/./a", "/a/.", "/..", "/a/../b", "/a\u0001", "/a\u0000", "/\u0000a", "/b\u0000b", "/\u0085", "/\ud800x", "/\ue000",
            "/\ufff0", "/...", "/.a");
    private static final List<String> OWN_PATHS = List.of(
            "/", "/zookeeper", "/zookeeper/quota", "/zookeeper/x", "/zookeeper/quota/x");
    private static final List<String> QUOTA_PATHS = List.of("/a", "/b", "/a/a");
    private static final String LIMITED = "/a";
    private static final int CHECK = 19;
    private static final long TTL_MILLIS_MAX = (1L << 40) - 1;
    private static final String DIGEST = "bob:RXqbRY4NO2gb/7eYxm0LfG4d7rY=";

    private final Random random;
    private final List<String> known = new ArrayList<>();
    private boolean isLimited;

    /** Parts of a multi, one behind the other. */
    private static final class Parts {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final StringBuilder words;
        private final List<Integer> ops = new ArrayList<>();

        Parts(String words) {
            this.words = new StringBuilder(words);
        }

        void add(int op, Record request) {
            words.append(' ').append(words(op, request));
            ops.add(op);
            bytes.writeBytes(encoded(new MultiHeader(op, false, -1)));
            bytes.writeBytes(encoded(request));
        }

        Request as(int op) {
            bytes.writeBytes(encoded(new MultiHeader(-1, true, -1)));
            return new Request(op, bytes.toByteArray(), words.toString(), List.copyOf(ops));
        }
    }

    Asking(Random random) {
        this.random = random;
    }

    /** A path that was created. Not what a quota is kept in: a server of ZooKeeper's whose usage is no usage any more never answers again. */
    void created(String path) {
        if (path.endsWith("/zookeeper_limits") || path.endsWith("/zookeeper_stats")) {
            return;
        }
        known.add(path);
        if (known.size() > 60) {
            known.remove(random.nextInt(30));
        }
    }

    /** Nothing is there any more. */
    void swept() {
        known.clear();
        isLimited = false;
    }

    /** Whether there are hard limits, which ZooKeeper measures by what was applied, not by what is under way, or before in the same multi. */
    boolean isLimited() {
        return isLimited;
    }

    Request next() {
        int at = random.nextInt(1000);
        if (at < 230) {
            return create();
        } else if (at < 300) {
            return asked(OpCode.delete, delete());
        } else if (at < 380) {
            return asked(OpCode.setData, setData());
        } else if (at < 425) {
            return asked(OpCode.exists, new ExistsRequest(read(), random.nextBoolean()));
        } else if (at < 470) {
            return asked(OpCode.getData, new GetDataRequest(read(), random.nextBoolean()));
        } else if (at < 500) {
            return asked(OpCode.getChildren, new GetChildrenRequest(read(), random.nextBoolean()));
        } else if (at < 530) {
            return asked(OpCode.getChildren2, new GetChildren2Request(read(), random.nextBoolean()));
        } else if (at < 560) {
            return asked(OpCode.getACL, new GetACLRequest(read()));
        } else if (at < 590) {
            return setAcl();
        } else if (at < 790) {
            return multi();
        } else if (at < 820) {
            return multiRead();
        } else if (at < 860) {
            return asked(OpCode.addWatch, new AddWatchRequest(path(), random.nextInt(20) == 0 ? 2 : random.nextInt(2)));
        } else if (at < 880) {
            return asked(OpCode.removeWatches, new RemoveWatchesRequest(path(), random.nextInt(6)));
        } else if (at < 900) {
            return asked(OpCode.checkWatches, new CheckWatchesRequest(path(), random.nextInt(6)));
        } else if (at < 910) {
            return asked(OpCode.getEphemerals, new GetEphemeralsRequest(random.nextInt(4) == 0 ? null : path()));
        } else if (at < 925) {
            return asked(OpCode.getAllChildrenNumber, new GetAllChildrenNumberRequest(read()));
        } else if (at < 935) {
            return asked(OpCode.whoAmI, null);
        } else if (at < 945) {
            return asked(OpCode.sync, new SyncRequest(path()));
        } else if (at < 955) {
            return auth();
        } else if (at < 980) {
            return quota();
        } else if (at < 992) {
            return damaged();
        } else if (at < 995) {
            return asked(OpCode.reconfig, new ReconfigRequest(null, "2", null, -1));
        }
        return asked(random.nextBoolean() ? OpCode.check : UNHEARD_OF, check());
    }

    private Request create() {
        int kind = random.nextInt(20);
        if (kind < 10) {
            return asked(OpCode.create, create(flags()));
        } else if (kind < 14) {
            return asked(OpCode.create2, create(flags()));
        } else if (kind < 17) {
            return asked(OpCode.createContainer, create(4));
        }
        CreateTTLRequest timed = timed(random.nextInt(12) == 0 ? flags() : 5 + random.nextInt(2));
        boolean isTimed = timed.getFlags() == 5 || timed.getFlags() == 6;
        if (!isTimed && timed.getTtl() < 0) {
            timed.setTtl(0); // a time that is none passes ZooKeeper's check there, and its last thread dies of it
        }
        return asked(OpCode.createTTL, timed);
    }

    /** No time that could be over before the end. */
    private CreateTTLRequest timed(int flags) {
        long ttlMillis = switch (random.nextInt(12)) {
            case 0 -> -1;
            case 1 -> 0;
            case 2 -> TTL_MILLIS_MAX + 1;
            case 3 -> TTL_MILLIS_MAX;
            default -> 1_000_000_000L + random.nextInt(1_000);
        };
        return new CreateTTLRequest(path(), data(), acl(), flags, ttlMillis);
    }

    private int flags() {
        return random.nextInt(25) == 0 ? 4 + random.nextInt(5) : random.nextInt(4);
    }

    private CreateRequest create(int flags) {
        return new CreateRequest(path(), data(), acl(), flags);
    }

    /** Not of the root: once that is closed to all, little is left to try. */
    private Request setAcl() {
        String path = path();
        return asked(OpCode.setACL, new SetACLRequest(path.equals("/") ? "/a" : path, acl(), version()));
    }

    private DeleteRequest delete() {
        return new DeleteRequest(path(), version());
    }

    private SetDataRequest setData() {
        return new SetDataRequest(path(), data(), version());
    }

    private CheckVersionRequest check() {
        return new CheckVersionRequest(path(), version());
    }

    private Request auth() {
        return asked(OpCode.auth, switch (random.nextInt(6)) {
            case 0 -> new AuthPacket(0, "unheard-of", new byte[0]);
            case 1 -> new AuthPacket(0, "digest", bytes("super:secret"));
            case 2 -> new AuthPacket(0, "ip", bytes("127.0.0.1"));
            case 3, 4 -> new AuthPacket(0, "digest", bytes("ann:x"));
            default -> new AuthPacket(0, "digest", bytes("bob:secret"));
        });
    }

    /** Limits and usage come and go together, as ZooKeeper's own tool has it; only there does usage stand still without limits. */
    private Request quota() {
        String of = "/zookeeper/quota" + QUOTA_PATHS.get(random.nextInt(QUOTA_PATHS.size()));
        String limits = of + "/zookeeper_limits";
        String stats = of + "/zookeeper_stats";
        List<ACL> open = List.of(acl(31, "world", "anyone"));
        Parts quota = new Parts("quota");
        switch (random.nextInt(7)) {
            case 0, 1 -> {
                return asked(OpCode.create, new CreateRequest(of, null, open, 0));
            }
            case 2, 3 -> {
                quota.add(OpCode.create, new CreateRequest(limits, limits(), open, 0));
                quota.add(OpCode.create, new CreateRequest(stats, bytes("count=0,bytes=0"), open, 0));
            }
            case 4 -> {
                return asked(OpCode.setData, new SetDataRequest(limits, limits(), -1));
            }
            case 5 -> {
                return asked(OpCode.getData, new GetDataRequest(stats, random.nextBoolean()));
            }
            default -> {
                return endOfQuota(of);
            }
        }
        return quota.as(OpCode.multi);
    }

    /** Something that has a hard limit, which most of what comes below it exceeds. */
    List<Request> limited() {
        isLimited = true;
        List<ACL> open = List.of(acl(31, "world", "anyone"));
        String of = "/zookeeper/quota" + LIMITED;
        String limits = "count=-1,bytes=-1=;byteHardLimit=" + (5 + random.nextInt(10)) + ";countHardLimit=" + (2 + random.nextInt(3));
        return List.of(
                asked(OpCode.create, new CreateRequest(LIMITED, null, open, 0)),
                asked(OpCode.create, new CreateRequest(of, null, open, 0)),
                asked(OpCode.create, new CreateRequest(of + "/zookeeper_limits", bytes(limits), open, 0)),
                asked(OpCode.create, new CreateRequest(of + "/zookeeper_stats", bytes("count=0,bytes=0"), open, 0)));
    }

    static Request endOfQuota(String of) {
        Parts end = new Parts("end of quota");
        end.add(OpCode.delete, new DeleteRequest(of + "/zookeeper_limits", -1));
        end.add(OpCode.delete, new DeleteRequest(of + "/zookeeper_stats", -1));
        return end.as(OpCode.multi);
    }

    private byte[] limits() {
        String soft = "count=" + (random.nextInt(12) - 1) + ",bytes=" + (random.nextInt(60) - 1);
        return bytes(!isLimited
                ? soft
                : soft + "=;byteHardLimit=" + (random.nextInt(20) - 1) + ";countHardLimit=" + (random.nextInt(4) - 1));
    }

    private Request multi() {
        Parts multi = new Parts("multi");
        if (isLimited && random.nextBoolean()) {
            multi.add(OpCode.check, new CheckVersionRequest("/", -1));
            exceed(multi);
            return multi.as(OpCode.multi);
        }
        for (int i = random.nextInt(6); i > 0; i--) {
            int kind = isLimited && i > 1 ? CHECK : random.nextInt(20);
            if (kind < 3) {
                multi.add(OpCode.create, create(flags()));
            } else if (kind < 6) {
                multi.add(OpCode.create2, create(flags()));
            } else if (kind < 9) {
                multi.add(OpCode.createContainer, create(4));
            } else if (kind < 12) {
                multi.add(OpCode.createTTL, timed(random.nextBoolean() ? flags() : 5 + random.nextInt(2)));
            } else if (kind < 16) {
                multi.add(OpCode.delete, delete());
            } else if (kind < 19) {
                multi.add(OpCode.setData, setData());
            } else {
                multi.add(OpCode.check, check());
            }
        }
        return multi.as(OpCode.multi);
    }

    /** Asks for more than there may be, if all that may be is there. */
    private void exceed(Parts multi) {
        List<ACL> open = List.of(acl(31, "world", "anyone"));
        String path = LIMITED + "/" + name() + name();
        byte[] much = new byte[15];
        switch (random.nextInt(5)) {
            case 0 -> multi.add(OpCode.create, new CreateRequest(path, much, open, 0));
            case 1 -> multi.add(OpCode.create2, new CreateRequest(path, much, open, 0));
            case 2 -> multi.add(OpCode.createContainer, new CreateRequest(path, much, open, 4));
            case 3 -> multi.add(OpCode.createTTL, new CreateTTLRequest(path, much, open, 5, TTL_MILLIS_MAX));
            default -> multi.add(OpCode.setData, new SetDataRequest(LIMITED, much, -1));
        }
    }

    private Request multiRead() {
        Parts reads = new Parts("multiRead");
        for (int i = random.nextInt(5); i > 0; i--) {
            if (random.nextBoolean()) {
                reads.add(OpCode.getData, new GetDataRequest(read(), random.nextInt(8) == 0));
            } else {
                reads.add(OpCode.getChildren, new GetChildrenRequest(read(), random.nextInt(8) == 0));
            }
        }
        return reads.as(OpCode.multiRead);
    }

    /** Half a request. */
    private Request damaged() {
        Request whole = switch (random.nextInt(18)) {
            case 0 -> asked(OpCode.create, create(0));
            case 1 -> asked(OpCode.create2, create(0));
            case 2 -> asked(OpCode.createContainer, create(4));
            case 3 -> asked(OpCode.createTTL, timed(5));
            case 4 -> asked(OpCode.setData, setData());
            case 5 -> asked(OpCode.delete, delete());
            case 6 -> setAcl();
            case 7 -> asked(OpCode.getData, new GetDataRequest(read(), false));
            case 8 -> asked(OpCode.exists, new ExistsRequest(read(), false));
            case 9 -> asked(OpCode.getChildren, new GetChildrenRequest(read(), false));
            case 10 -> asked(OpCode.getChildren2, new GetChildren2Request(read(), false));
            case 11 -> asked(OpCode.getACL, new GetACLRequest(read()));
            case 12 -> asked(OpCode.getAllChildrenNumber, new GetAllChildrenNumberRequest(read()));
            case 13 -> asked(OpCode.addWatch, new AddWatchRequest(path(), 0));
            case 14 -> asked(OpCode.removeWatches, new RemoveWatchesRequest(path(), 1));
            case 15 -> asked(OpCode.checkWatches, new CheckWatchesRequest(path(), 1));
            case 16 -> multi();
            default -> multiRead();
        };
        byte[] half = Arrays.copyOf(whole.body(), random.nextInt(Math.max(1, Math.min(4, whole.body().length))));
        return new Request(whole.op(), half, "the first " + half.length + " bytes of " + whole.words(), List.of());
    }

    String path() {
        int at = random.nextInt(100);
        if (at < 50 && !known.isEmpty()) {
            return known.get(random.nextInt(known.size()));
        } else if (at < 65 && !known.isEmpty()) {
            String parent = known.get(random.nextInt(known.size()));
            return (parent.equals("/") ? "" : parent) + "/" + name();
        } else if (at < 71) {
            return LIMITED + "/" + name() + name();
        } else if (at < 91) {
            return random.nextBoolean() ? "/" + name() : "/" + name() + "/" + name();
        } else if (at < 94) {
            return OWN_PATHS.get(random.nextInt(OWN_PATHS.size()));
        }
        return BAD_PATHS.get(random.nextInt(BAD_PATHS.size()));
    }

    /** The empty path is the root there when read, and no node here. */
    String read() {
        String path = path();
        return path.isEmpty() ? "/" : path;
    }

    private String name() {
        return random.nextInt(12) == 0 ? "\u00e9\u4e2d-" : String.valueOf((char) ('a' + random.nextInt(4)));
    }

    private byte @Nullable [] data() {
        int size = random.nextInt(14) - 2;
        return size == -2 ? null : new byte[Math.max(0, size)];
    }

    private int version() {
        return random.nextInt(3) > 0 ? -1 : random.nextInt(5) - 2;
    }

    private @Nullable List<ACL> acl() {
        return switch (random.nextInt(60)) {
            case 0 -> null;
            case 1 -> List.of();
            case 2 -> List.of(acl(31, "world", "foo"));
            case 3 -> List.of(acl(31, "unheard-of", "x"));
            case 4 -> List.of(acl(31, "digest", "nobody"));
            case 5 -> List.of(acl(31, "ip", "not-an-address"));
            case 6, 7 -> List.of(acl(31, "ip", "127.0.0.1"));
            case 8 -> List.of(acl(31, "ip", "10.0.0.0/8"));
            case 9 -> List.of(acl(0, "world", "anyone"));
            case 10, 11, 12 -> List.of(acl(1, "world", "anyone"));
            case 13, 14 -> List.of(acl(31, "auth", ""));
            case 15, 16 -> List.of(acl(31, "digest", DIGEST), acl(1, "world", "anyone"));
            case 17 -> List.of(acl(random.nextInt(32), "digest", DIGEST));
            case 18 -> List.of(acl(31, "world", "anyone"), acl(1, "world", "anyone"), acl(31, "world", "anyone"));
            case 19 -> List.of(acl(random.nextInt(32), "world", "anyone"));
            case 20 -> List.of(acl(31, "world", "anyone"), acl(1, random.nextBoolean() ? "sasl" : "x509", "CN=a"));
            case 21, 22 -> List.of(acl(31, "sasl", "ann"), acl(1, "world", "anyone"));
            case 23 -> List.of(acl(random.nextInt(32), "sasl", random.nextBoolean() ? "ann" : "bob"));
            case 24 -> List.of(acl(31, "world", "anyone"), acl(1, "sasl", random.nextBoolean() ? "" : "a/b@c"));
            default -> List.of(acl(31, "world", "anyone"));
        };
    }

    private static ACL acl(int perms, String scheme, String id) {
        return new ACL(perms, new Id(scheme, id));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static Request asked(int op, @Nullable Record request) {
        return new Request(op, request == null ? new byte[0] : encoded(request), words(op, request), List.of());
    }

    private static String words(int op, @Nullable Record request) {
        return op + " " + (request == null ? "" : request.getClass().getSimpleName() + request.toString().trim());
    }

    static byte[] encoded(Record record) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            record.serialize(BinaryOutputArchive.getArchive(new DataOutputStream(bytes)), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
