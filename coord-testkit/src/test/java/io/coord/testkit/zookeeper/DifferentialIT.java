package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.netty.ZooKeeperServer;
import io.coord.testkit.LocalEnsemble;
import io.coord.testkit.zookeeper.Answering.Owner;
import io.coord.testkit.zookeeper.Answering.Said;
import io.coord.testkit.zookeeper.Answering.Time;
import io.coord.testkit.zookeeper.Answering.Zxid;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.proto.AuthPacket;
import org.apache.zookeeper.proto.DeleteRequest;
import org.apache.zookeeper.proto.GetACLRequest;
import org.apache.zookeeper.proto.GetChildren2Request;
import org.apache.zookeeper.proto.GetDataRequest;
import org.apache.zookeeper.proto.GetSASLRequest;
import org.apache.zookeeper.proto.SetWatches;
import org.apache.zookeeper.proto.SetWatches2;
import org.apache.zookeeper.server.Request;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same requests, drawn from a seed, to Apache ZooKeeper and to us: replies, errors and events must be the same, frame by frame.
 * Zxids correspond by their order, sessions by who opened them, times by being the clock's; names in a listing have no order.
 */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class DifferentialIT {

    private static final int SESSIONS = 4;
    private static final int STEPS_PER_ROUND = 150;
    private static final int DIFFERENCES_SHOWN = 10;
    private static final Set<Integer> ANSWERED_AT_ONCE = Set.of(OpCode.auth, OpCode.check, Asking.UNHEARD_OF);
    private static final Map<String, String> USERS = Map.of("ann", "secret of ann", "bob", "secret of bob", "super", "secret of super");
    private static final String SUPER_DIGEST = "super:lK75jTNcA+U9vtVEw5vB51mj/w4=";

    @TempDir
    static Path directory;

    private static final int SEEN_AT_LEAST = 20;
    private static final int SEEN_IN_REQUESTS = 100_000;

    /** With what each op may be answered here; what else there is needs other servers, and has tests of its own. */
    private static final String REACHABLE = """
            addWatch: 0 -5
            auth: 0 -115
            check: -6
            check in multi: 0 -2 -8 -101 -102 -103
            checkWatches: 0 -5 -121
            closeSession: 0
            create: 0 -5 -8 -101 -102 -108 -110 -114 -125
            create in multi: 0 -2 -8 -101 -102 -108 -110 -114 -125
            create2: 0 -5 -8 -101 -102 -108 -110 -114 -125
            create2 in multi: 0 -2 -8 -101 -102 -108 -110 -114 -125
            createContainer: 0 -5 -8 -101 -102 -108 -110 -114 -125
            createContainer in multi: 0 -2 -8 -101 -102 -108 -110 -114 -125
            createTTL: 0 -5 -8 -101 -102 -108 -110 -114 -125
            createTTL in multi: 0 -2 -8 -101 -102 -108 -110 -114 -125
            delete: 0 -5 -8 -101 -102 -103 -111
            delete in multi: 0 -2 -8 -101 -102 -103 -111
            exists: 0 -5 -8 -101 -102
            getACL: 0 -5 -101 -102
            getAllChildrenNumber: 0 -5 -101 -102
            getChildren: 0 -5 -101 -102
            getChildren in multiRead: 0 -101 -102
            getChildren2: 0 -5 -101 -102
            getData: 0 -5 -101 -102
            getData in multiRead: 0 -101 -102
            getEphemerals: 0
            multi: 0 -5
            multiRead: 0 -5
            ping: 0
            reconfig: -123
            removeWatches: 0 -5 -121
            sasl: 0 -115
            setACL: 0 -5 -8 -101 -102 -103 -114
            setData: 0 -5 -8 -101 -102 -103 -125
            setData in multi: 0 -2 -8 -101 -102 -103 -125
            setWatches: 0
            setWatches2: 0
            sync: 0
            unheard-of: -6
            whoAmI: 0
            """;

    /** How often each op was answered with each error, over all seeds. */
    private static final TreeMap<String, TreeMap<Integer, Integer>> SEEN = new TreeMap<>();

    private static int requests;
    private static ServerProcess theirs;
    private static ZooKeeperServer door;
    private static LocalEnsemble ours;

    @BeforeAll
    static void start() throws IOException {
        StringBuilder users = new StringBuilder();
        USERS.forEach((user, password) -> users.append(" user_").append(user).append("=\"").append(password).append('"'));
        Path logins = Files.writeString(
                directory.resolve("jaas.conf"), "Server { org.apache.zookeeper.server.auth.DigestLoginModule required" + users + "; };");
        theirs = ServerProcess.start(List.of(), Files.createDirectory(directory.resolve("data")), List.of(
                "zookeeper.extendedTypesEnabled=true",
                "zookeeper.enforceQuota=true",
                "zookeeper.DigestAuthenticationProvider.superDigest=" + SUPER_DIGEST,
                "zookeeper.authProvider.sasl=org.apache.zookeeper.server.auth.SASLAuthenticationProvider",
                "java.security.auth.login.config=" + logins));
        ours = LocalEnsemble.builder()
                .members(1)
                .config(MemberConfig.DEFAULT.withEnforceQuota(true).withExtendedTypes(true).withContainerCheckInterval(Duration.ofHours(1)))
                .frontEnd(DifferentialIT::door)
                .start();
    }

    private static ZooKeeperServer door(MemberId member) {
        door = ZooKeeperServer.listeningOn(0).threads(1).superDigest(SUPER_DIGEST).sasl(user -> {
            String password = USERS.get(user);
            return password == null ? null : password.toCharArray();
        });
        return door;
    }

    @AfterAll
    static void end() {
        ours.close();
        theirs.close();
        SEEN.forEach((op, errors) -> System.out.println("differential, " + op + ": " + errors));
        if (requests >= SEEN_IN_REQUESTS) {
            assertThat(SEEN.entrySet().stream()
                            .map(op -> op.getKey() + ": " + op.getValue().keySet().stream().map(String::valueOf).collect(Collectors.joining(" ")))
                            .toList())
                    .as("errors by op").isEqualTo(REACHABLE.lines().toList());
            assertThat(SEEN).as("each often enough to believe it").allSatisfy((op, errors) ->
                    assertThat(errors.values()).as(op).allMatch(times -> times >= SEEN_AT_LEAST));
        }
    }

    @Test
    void repliesErrorsAndEventsAreZooKeepers() throws Exception {
        compare(20, 5_000);
    }

    static LongStream seeds() {
        long from = Long.getLong("differential.seed", 1);
        return LongStream.range(from, from + Long.getLong("differential.seeds", 20));
    }

    @Tag("soak")
    @ParameterizedTest
    @MethodSource("seeds")
    void repliesErrorsAndEventsAreZooKeepersForEverySeed(long seed) throws Exception {
        compare(seed, Integer.getInteger("differential.requests", 5_000));
    }

    private static void compare(long seed, int count) throws Exception {
        try (Comparison comparison = new Comparison(seed)) {
            comparison.run(count);
            requests += comparison.asked;
            System.out.printf("differential, seed %d: %s%n", seed, comparison);
            assertThat(comparison.differences).as("differences with seed %d", seed).isEmpty();
        }
    }

    /** One session on each server. */
    private record Pair(Answering theirs, Answering ours) {}

    /** The two servers, side by side. */
    private static final class Comparison implements AutoCloseable {

        private final List<String> differences = new ArrayList<>();
        private final Map<Integer, Integer> errors = new TreeMap<>();
        private final Random random;
        private final Asking asking;
        private final List<Pair> sessions = new ArrayList<>();
        private final Pair sweeper;
        private final TreeMap<Long, Long> zxids = new TreeMap<>();
        private final Map<Long, Long> owners = new HashMap<>(Map.of(0L, 0L));
        private final Set<Long> closings = new HashSet<>();
        private int asked;
        private int events;

        Comparison(long seed) throws IOException {
            random = new Random(seed);
            asking = new Asking(random);
            sweeper = pair();
            byte[] secret = "super:secret".getBytes(StandardCharsets.UTF_8);
            send(sweeper, List.of(Asking.asked(OpCode.auth, new AuthPacket(0, "digest", secret))));
            for (int i = 0; i < SESSIONS; i++) {
                sessions.add(pair());
            }
        }

        private Pair pair() throws IOException {
            InetSocketAddress coord = new InetSocketAddress(InetAddress.getLoopbackAddress(), door.port());
            String[] zookeeper = theirs.address().split(":");
            Pair pair = new Pair(new Answering(new InetSocketAddress(zookeeper[0], Integer.parseInt(zookeeper[1]))), new Answering(coord));
            connect(pair, false, true);
            return pair;
        }

        void run(int requests) throws IOException {
            int until = asked + requests;
            for (int step = 1; asked < until && differences.size() < DIFFERENCES_SHOWN; step++) {
                step();
                if (step % 20 == 0) {
                    quiesce();
                }
                if (step % STEPS_PER_ROUND == 0) {
                    quiesce();
                    sweep("/");
                    asking.swept();
                    if (random.nextInt(3) > 0) {
                        send(sweeper, asking.limited());
                    }
                }
            }
            quiesce();
            sweep("/");
        }

        private void step() throws IOException {
            int who = random.nextInt(sessions.size());
            Pair pair = sessions.get(who);
            switch (random.nextInt(60)) {
                case 0, 4 -> {
                    send(pair, List.of(Asking.asked(OpCode.closeSession, null)));
                    connect(pair, true, true); // in vain
                }
                case 1, 2 -> connect(pair, true, true);
                case 3 -> connect(pair, true, false);
                case 5, 6, 7 -> setWatches(pair);
                case 8, 9 -> prove(pair);
                default -> {
                    List<Asking.Request> requests = new ArrayList<>();
                    for (int i = random.nextInt(4); i >= 0; i--) {
                        requests.add(asking.next());
                    }
                    // what ZooKeeper answers ahead of what it was asked before goes alone
                    requests.stream().filter(request -> ANSWERED_AT_ONCE.contains(request.op())).findFirst().ifPresent(request -> {
                        requests.clear();
                        requests.add(request);
                    });
                    if (asking.isLimited()) {
                        requests.subList(1, requests.size()).clear();
                    }
                    // until it is applied there, what is pipelined behind a setACL is judged by the list before
                    int last = requests.stream().map(Asking.Request::op).toList().indexOf(OpCode.setACL);
                    send(pair, last < 0 ? requests : List.copyOf(requests.subList(0, last + 1)));
                }
            }
        }

        /** By a proof that is right, wrong or none at all; the challenges differ, so the proofs do. */
        private void prove(Pair pair) throws IOException {
            if (pair.theirs.hasProven()) {
                return; // what is proven on a connection is
            }
            String user = List.of("ann", "ann", "ann", "bob", "super", "nobody").get(random.nextInt(6));
            String password = random.nextInt(4) == 0 ? "a guess" : "secret of " + user;
            boolean isNonsense = random.nextInt(8) == 0;
            send(pair, List.of(Asking.asked(OpCode.sasl, new GetSASLRequest(new byte[0]))));
            byte[] there = pair.theirs.proof(user, password);
            byte[] here = pair.ours.proof(user, password);
            if (there == null || here == null) {
                differences.add("no challenge " + (there == null ? "there" : "here"));
            } else if (isNonsense) {
                send(pair, List.of(Asking.asked(OpCode.sasl, new GetSASLRequest("nonsense".getBytes(StandardCharsets.UTF_8)))));
            } else {
                send(pair,
                        List.of(Asking.asked(OpCode.sasl, new GetSASLRequest(there))),
                        List.of(Asking.asked(OpCode.sasl, new GetSASLRequest(here))));
                if (pair.theirs.isServerProven() != pair.ours.isServerProven()) {
                    differences.add(user + " by \"" + password + "\" is proven to one server");
                }
            }
        }

        private void setWatches(Pair pair) throws IOException {
            List<List<String>> lists = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                List<String> paths = new ArrayList<>();
                for (int j = random.nextInt(3); j > 0; j--) {
                    paths.add(asking.read());
                }
                lists.add(paths);
            }
            if (random.nextBoolean()) {
                send(pair, List.of(Asking.asked(OpCode.ping, null)));
                send(pair, setWatches(pair.theirs.zxid(), lists), setWatches(pair.ours.zxid(), lists));
            } else {
                List<Long> known = new ArrayList<>(zxids.keySet());
                long since = known.isEmpty() || random.nextInt(4) == 0 ? 0 : known.get(random.nextInt(known.size()));
                long sinceOurs = since == 0 ? 0 : Objects.requireNonNull(zxids.get(since));
                send(pair, setOneShots(since, lists), setOneShots(sinceOurs, lists));
            }
        }

        private static List<Asking.Request> setWatches(long since, List<List<String>> paths) {
            return List.of(Asking.asked(
                    OpCode.setWatches2,
                    new SetWatches2(since, paths.get(0), paths.get(1), paths.get(2), paths.get(3), paths.get(4))));
        }

        private static List<Asking.Request> setOneShots(long since, List<List<String>> paths) {
            return List.of(Asking.asked(OpCode.setWatches, new SetWatches(since, paths.get(0), paths.get(1), paths.get(2))));
        }

        /** Every session hears what there is to hear. */
        private void quiesce() throws IOException {
            for (Pair pair : sessions) {
                send(pair, List.of(Asking.asked(OpCode.ping, null)));
            }
        }

        /** Compares every node, and deletes what may be deleted. */
        private void sweep(String path) throws IOException {
            if (path.equals("/zookeeper/config")) {
                return; // the members' addresses
            }
            if (path.endsWith("/zookeeper_limits")) { // and usage, which would stand still there
                send(sweeper, List.of(Asking.endOfQuota(path.substring(0, path.lastIndexOf('/')))));
                return;
            }
            List<@Nullable Said> said = send(sweeper, List.of(
                    Asking.asked(OpCode.getACL, new GetACLRequest(path)), Asking.asked(OpCode.getChildren2, new GetChildren2Request(path, false))));
            send(sweeper, List.of(Asking.asked(OpCode.getData, new GetDataRequest(path, false))));
            Said listing = said.get(said.size() - 1);
            if (listing != null && listing.error() == 0) {
                String children = listing.parts().get(1).toString();
                for (String child : children.substring(1, children.length() - 1).split(", ")) {
                    if (!child.isEmpty()) {
                        sweep((path.equals("/") ? "" : path) + "/" + child);
                    }
                }
            }
            if (!path.equals("/")) {
                send(sweeper, List.of(Asking.asked(OpCode.delete, new DeleteRequest(path, -1))));
            }
        }

        // ------------------------------------------------------------------------------------------------ to both

        private void connect(Pair pair, boolean resume, boolean rightPassword) throws IOException {
            boolean theirSuccess = pair.theirs.connect(resume, rightPassword);
            boolean ourSuccess = pair.ours.connect(resume, rightPassword);
            if (theirSuccess != ourSuccess) {
                differences.add("connect, resumed " + resume + ", password " + rightPassword + ": " + theirSuccess + " there, " + ourSuccess);
            }
            if (!theirSuccess || !ourSuccess) {
                // a session whose password was not right goes on, and so do its ephemeral nodes
                if (!rightPassword) {
                    connect(pair, true, true);
                    return;
                }
                pair.theirs.connect(false, true);
                pair.ours.connect(false, true);
            }
            owners.put(pair.theirs.session(), pair.ours.session());
        }

        private List<@Nullable Said> send(Pair pair, List<Asking.Request> requests) throws IOException {
            return send(pair, requests, requests);
        }

        private List<@Nullable Said> send(Pair pair, List<Asking.Request> there, List<Asking.Request> here) throws IOException {
            pair.theirs.send(there);
            pair.ours.send(here);
            List<@Nullable Said> theirSaid = pair.theirs.hear();
            List<@Nullable Said> ourSaid = pair.ours.hear();
            asked += there.size();
            inAnyOrder(there, theirSaid);
            inAnyOrder(here, ourSaid);
            for (int i = 0; i < Math.max(theirSaid.size(), ourSaid.size()); i++) {
                String different = i >= theirSaid.size()
                        ? "nothing there"
                        : i >= ourSaid.size() ? "nothing here" : difference(theirSaid.get(i), ourSaid.get(i));
                if (different != null) {
                    differences.add("at " + asked + ", session " + sessions.indexOf(pair) + ", " + different + "\n    asked "
                            + there.stream().map(Asking.Request::words).toList() + "\n    ZooKeeper " + theirSaid + "\n    Coord     " + ourSaid);
                    break;
                }
            }
            int answers = 0;
            for (Said said : theirSaid) {
                note(said);
                if (said != null && !said.isEvent()) {
                    count(there.get(answers++), said);
                }
            }
            if (theirSaid.contains(null) || ourSaid.contains(null)) {
                boolean over = there.get(0).op() == OpCode.closeSession;
                if (!over) {
                    connect(pair, true, true);
                }
            }
            return theirSaid;
        }

        /** The order in which a session's ephemeral nodes go is nobody's business (zk.WT13). */
        private void inAnyOrder(List<Asking.Request> requests, List<@Nullable Said> heard) {
            for (Said said : heard) {
                if (said != null && said.zxid() > 0 && requests.get(0).op() == OpCode.closeSession && !said.isEvent()) {
                    closings.add(said.zxid());
                }
            }
            for (int from = 0; from < heard.size(); from++) {
                int to = from;
                while (to < heard.size() && isOf(heard.get(from), heard.get(to))) {
                    to++;
                }
                if (to > from) {
                    heard.subList(from, to).sort(Comparator.comparing(said -> Objects.requireNonNull(said).parts().get(0).toString()));
                    from = to - 1;
                }
            }
        }

        private boolean isOf(@Nullable Said first, @Nullable Said said) {
            return first != null && said != null && first.isEvent() && said.isEvent() && first.zxid() == said.zxid()
                    && closings.contains(said.zxid());
        }

        private static void count(Asking.Request request, Said said) {
            count(name(request.op()), said.error());
            List<Integer> errors = said.errorsOfParts();
            for (int i = 0; i < Math.min(errors.size(), request.parts().size()); i++) {
                count(name(request.parts().get(i)) + " in " + name(request.op()), errors.get(i));
            }
        }

        private static String name(int op) {
            return op == Asking.UNHEARD_OF ? "unheard-of" : Request.op2String(op);
        }

        private static void count(String op, int error) {
            SEEN.computeIfAbsent(op, none -> new TreeMap<>(Comparator.reverseOrder())).merge(error, 1, Integer::sum);
        }

        private void note(@Nullable Said said) {
            if (said == null) {
                return;
            }
            if (said.isEvent()) {
                events++;
                return;
            }
            String first = said.parts().get(0).toString();
            errors.merge(said.error(), 1, Integer::sum);
            boolean create = first.matches("reply to (1|15|19|21): 0");
            if (create) {
                asking.created(said.parts().get(1).toString());
            }
        }

        private @Nullable String difference(@Nullable Said there, @Nullable Said here) {
            if (there == null || here == null) {
                return there == here ? null : "one hangs up";
            }
            if (there.parts().size() != here.parts().size()) {
                return "more or less is said: " + there + "\n        here " + here;
            }
            for (int i = 0; i < there.parts().size(); i++) {
                Object theirPart = there.parts().get(i);
                Object ourPart = here.parts().get(i);
                if (!same(theirPart, ourPart)) {
                    return theirPart + " there, " + ourPart + " here";
                }
            }
            return null;
        }

        private boolean same(Object there, Object here) {
            if (there instanceof Zxid theirs && here instanceof Zxid ours) {
                return sameRank(theirs.value(), ours.value());
            } else if (there instanceof Owner theirs && here instanceof Owner ours) {
                return Objects.equals(owners.get(theirs.session()), ours.session());
            } else if (there instanceof Time theirs && here instanceof Time ours) {
                return Math.abs(theirs.millis() - ours.millis()) < TimeUnit.MINUTES.toMillis(1);
            }
            return there.equals(here);
        }

        private boolean sameRank(long there, long here) {
            if (there <= 0 || here <= 0) {
                return there == here;
            }
            Long known = zxids.get(there);
            if (known != null) {
                return known == here;
            }
            Map.Entry<Long, Long> below = zxids.lowerEntry(there);
            Map.Entry<Long, Long> above = zxids.higherEntry(there);
            if (below != null && below.getValue() >= here || above != null && above.getValue() <= here) {
                return false;
            }
            zxids.put(there, here);
            return true;
        }

        @Override
        public void close() throws IOException {
            for (Pair pair : sessions) {
                hangUp(pair);
            }
            hangUp(sweeper);
        }

        private void hangUp(Pair pair) throws IOException {
            List<Asking.Request> close = List.of(Asking.asked(OpCode.closeSession, null));
            pair.theirs.send(close);
            pair.ours.send(close);
            pair.theirs.hear();
            pair.ours.hear();
            pair.theirs.close();
            pair.ours.close();
        }

        @Override
        public String toString() {
            return asked + " requests, " + events + " events, errors by code " + errors;
        }
    }
}
