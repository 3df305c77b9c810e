package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.MemberConfig;
import io.coord.testkit.ZooKeeperTestServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.ZooKeeperMain;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** zkCli's own class: every command it has ends alike on ZooKeeper and on us. */
@Tag("soak")
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ZooKeeperMainIT {

    private static final List<String> LINES = List.of(
            "addauth digest bob:secret",
            "whoami",
            "create /cli",
            "create /cli",
            "create /cli/a one",
            "create -e /cli/e two",
            "create -s /cli/s- three",
            "create -c /cli/c",
            "create -t 60000 /cli/t",
            "create /cli/acl x auth::cdrwa",
            "create /none/a",
            "create /cli/e/child",
            "ls /cli",
            "ls -s -w -R /cli",
            "get -s -w /cli/a",
            "set -s /cli/a four",
            "set -v 7 /cli/a five",
            "stat -w /cli/a",
            "stat /cli/none",
            "getAcl -s /cli/acl",
            "setAcl -R /cli/a world:anyone:cdrwa",
            "setAcl /cli/a nobody",
            "addWatch -m PERSISTENT /cli",
            "addWatch /cli/a",
            "removewatches /cli",
            "removewatches /cli/none",
            "setquota -n 50 /cli",
            "setquota -B 1000 /cli",
            "setquota -n 3 /cli/a",
            "listquota /cli",
            "delquota -n /cli",
            "delquota /cli",
            "getAllChildrenNumber /cli",
            "getEphemerals /cli",
            "sync /cli",
            "reconfig -remove 3",
            "printwatches off",
            "printwatches",
            "history",
            "version",
            "delete /cli",
            "delete -v 9 /cli/a",
            "delete /cli/a",
            "deleteall -b 2 /cli",
            "ls /cli",
            "close");

    @TempDir
    Path directory;

    @Test
    void everyCommandEndsAlike() throws Exception {
        TreeSet<String> commands = new TreeSet<>(ZooKeeperMain.getCommands());
        LINES.forEach(line -> commands.remove(line.split(" ")[0]));
        // of which the first three are the shell's, and the real server stands alone
        assertThat(commands).containsExactly("config", "connect", "quit", "redo");

        List<String> theirs;
        try (InProcessServer server = new InProcessServer(directory, false)) {
            theirs = run("127.0.0.1:" + server.address().getPort());
        }
        try (ZooKeeperTestServer server = ZooKeeperTestServer.start(3, MemberConfig.DEFAULT)) {
            assertThat(run(server.getConnectString())).isEqualTo(theirs);
        }
    }

    private static List<String> run(String connect) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        List<String> ends = new ArrayList<>();
        try (ZooKeeper client = new ZooKeeper(connect, 40_000, event -> connected(event, connected))) {
            assertThat(connected.await(60, TimeUnit.SECONDS)).isTrue();
            Shell shell = new Shell(client);
            for (String line : LINES) {
                ends.add(line + ": " + shell.run(line));
            }
        }
        return ends;
    }

    private static void connected(WatchedEvent event, CountDownLatch latch) {
        if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
            latch.countDown();
        }
    }

    /** The tool, without its prompt. */
    private static final class Shell extends ZooKeeperMain {

        Shell(ZooKeeper client) {
            super(client);
        }

        int run(String line) throws Exception {
            exitCode = 0;
            executeLine(line);
            return exitCode;
        }
    }
}
