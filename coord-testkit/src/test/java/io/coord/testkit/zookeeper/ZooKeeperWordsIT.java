package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.MemberId;
import io.coord.netty.ZooKeeperServer;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.Request;
import io.coord.testkit.LocalEnsemble;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Four-letter words, word for word as a real ZooKeeper answers them (zk.4L1). */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ZooKeeperWordsIT {

    private static final Set<String> WORDS =
            Set.of("conf", "cons", "crst", "dirs", "dump", "envi", "gtmk", "isro", "mntr", "ruok", "srst", "srvr", "stat", "wchc", "wchp",
                    "wchs");

    private static final String NOTHING = "zk_auth_failed_count\t0; zk_cnt_updatelatency\t0; zk_connection_request_count\t0";

    @TempDir
    private Path directory;

    /** What a server answers, with every number alike, and what says whose it is. */
    private static String shape(InetSocketAddress server, String word) throws Exception {
        return ReadOnlyContract.ask(server, word)
                .replaceAll("Zookeeper version: [A-Za-z0-9.\\-]+, built on \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC", "Zookeeper version: V")
                .replaceAll("0x[0-9a-f]+", "0xN")
                .replaceAll("\\d+\\.\\d+\\.\\d+\\.\\d+:\\d+", "A")
                .replaceAll("\\[[01]\\]", "[I]")
                .replaceAll("-?\\d+(\\.\\d+)?", "N");
    }

    private static Set<String> keys(InetSocketAddress server) throws Exception {
        return ReadOnlyContract.ask(server, "mntr").lines()
                .map(line -> line.split("\t")[0])
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Whoever asks is a connection as well, which is there in an order of its own. */
    private static Set<String> lines(String text) {
        return text.lines().collect(Collectors.toSet());
    }

    @Test
    @DisplayName("4L1: srvr, stat, cons, wchs, wchc, wchp, gtmk, dirs, isro, ruok, crst and srst have the lines of ZooKeeper's, and mntr has no key but its")
    void lineByLine() throws Exception {
        AtomicReference<ZooKeeperServer> door = new AtomicReference<>();
        try (ServerProcess process = ServerProcess.start(List.of(), directory, List.of("zookeeper.4lw.commands.whitelist=*"));
                LocalEnsemble ensemble = LocalEnsemble.builder().members(1).frontEnd(member -> {
                    ZooKeeperServer server = ZooKeeperServer.listeningOn(0).threads(1).fourLetterWords(WORDS);
                    door.set(server);
                    return server;
                }).start()) {
            assertThat(ensemble.leader()).isEqualTo(MemberId.of(1));
            String[] address = process.address().split(":");
            InetSocketAddress theirs = new InetSocketAddress(address[0], Integer.parseInt(address[1]));
            InetSocketAddress ours = new InetSocketAddress(InetAddress.getLoopbackAddress(), door.get().port());
            try (WireProbe there = busy(theirs); WireProbe here = busy(ours)) {
                for (String word : List.of("srvr", "stat", "cons", "wchs", "wchc", "wchp", "gtmk", "dirs", "isro", "ruok", "crst", "srst")) {
                    assertThat(lines(shape(ours, word))).as(word).isEqualTo(lines(shape(theirs, word)));
                }
                assertThat(keys(theirs)).containsAll(keys(ours));
                lastOperations(there, theirs, here, ours);
                there.ask(OpCode.CREATE, new Request.Create("/again", null, Acl.OPEN, 1));
                here.ask(OpCode.CREATE, new Request.Create("/again", null, Acl.OPEN, 1));
                assertThat(counted(ours)).isEqualTo(counted(theirs)).isNotEqualTo(NOTHING);
                ReadOnlyContract.ask(ours, "srst");
                ReadOnlyContract.ask(theirs, "srst");
                assertThat(counted(ours)).as("srst").isEqualTo(counted(theirs)).isEqualTo(NOTHING);
                assertThat(there.ask(OpCode.PING, Request.Empty.EMPTY).error()).isZero();
                assertThat(here.ask(OpCode.PING, Request.Empty.EMPTY).error()).isZero();
            }
        }
    }

    /** Some of what srst begins anew with. */
    private static String counted(InetSocketAddress server) throws Exception {
        return ReadOnlyContract.ask(server, "mntr").lines()
                .filter(line -> line.matches("zk_(cnt_updatelatency|connection_request_count|auth_failed_count)\t.*"))
                .sorted()
                .collect(Collectors.joining("; "));
    }

    /** What a connection did last, by cons, in the same words after the same requests. */
    private static void lastOperations(WireProbe there, InetSocketAddress theirs, WireProbe here, InetSocketAddress ours) throws Exception {
        Request.Multi reads = new Request.Multi(List.of(new Request.Multi.Part(OpCode.GET_DATA, new Request.Watched("/busy", false))));
        Request.SetWatches lasting = new Request.SetWatches(
                Long.MAX_VALUE, List.of(), List.of(), List.of(), new Request.SetWatches.Lasting(List.of(), List.of()));
        Request.OfWatches watches = new Request.OfWatches("/busy", 3);
        Map<OpCode, Request> asked = new LinkedHashMap<>();
        asked.put(OpCode.PING, Request.Empty.EMPTY); // first behind a crst
        asked.put(OpCode.GET_DATA, new Request.Watched("/busy", false));
        asked.put(OpCode.SET_WATCHES2, lasting);
        asked.put(OpCode.AUTH, new Request.Auth(0, "digest", Bytes.utf8("bob:secret")));
        asked.put(OpCode.CHECK_WATCHES, watches);
        asked.put(OpCode.REMOVE_WATCHES, watches);
        asked.put(OpCode.WHO_AM_I, Request.Empty.EMPTY);
        asked.put(OpCode.MULTI_READ, reads);
        asked.put(OpCode.GET_ALL_CHILDREN_NUMBER, new Request.OfPath("/busy"));
        asked.put(OpCode.SYNC, new Request.OfPath("/busy"));
        ReadOnlyContract.ask(theirs, "crst");
        ReadOnlyContract.ask(ours, "crst");
        assertThat(last(ours)).as("crst").isEqualTo(last(theirs));
        for (Map.Entry<OpCode, Request> each : asked.entrySet()) {
            assertThat(here.ask(each.getKey(), each.getValue()).error()).as(each.toString())
                    .isEqualTo(there.ask(each.getKey(), each.getValue()).error());
            assertThat(last(ours)).as(each.toString()).isEqualTo(last(theirs));
        }
    }

    private static String last(InetSocketAddress server) throws Exception {
        return ReadOnlyContract.ask(server, "cons").lines()
                .filter(line -> line.contains(",sid="))
                .map(line -> line.replaceAll(".*,(lop=[^,]*),est=\\d+,to=\\d+(,lcxid=[^,]*)?,lzxid=(0xf{16})?.*,lresp=(0,llat=0)?.*", "$1$2$3$4"))
                .collect(Collectors.joining());
    }

    private static WireProbe busy(InetSocketAddress server) throws Exception {
        WireProbe probe = WireProbe.connected(server);
        probe.ask(OpCode.CREATE, new Request.Create("/busy", Bytes.utf8("x"), Acl.OPEN, 1));
        probe.ask(OpCode.EXISTS, new Request.Watched("/busy", true));
        return probe;
    }
}
