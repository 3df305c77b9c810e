package io.coord.testkit.netty;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.ensemble.Member;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A guest leaves nothing behind, however often it comes: no thread, no socket, no file descriptor, no buffer. */
class NothingLeftIT {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** Numbers of their own: the threads of other tests in this JVM are told from these by name. */
    private static final int FIRST = 201;

    private static final int GUEST = 203;
    private static final int WARM_UP = 5;
    private static final int TOLERANCE = 15;

    @TempDir
    Path directory;

    @Test
    void aMemberThatWasOpenedAndClosedTwentyTimes() throws Exception {
        openAndClose(20);
    }

    /** {@code mvn -Psoak verify -pl coord-testkit -am -Dit.test=NothingLeftIT} */
    @Test
    @Tag("soak")
    @Timeout(3600)
    void aMemberThatWasOpenedAndClosedAThousandTimes() throws Exception {
        openAndClose(1_000);
    }

    /** Two members stay, and a third comes and goes. */
    private void openAndClose(int times) throws Exception {
        LeakWatch watch = new LeakWatch();
        try (TcpEnsemble ensemble = new TcpEnsemble(FIRST, 3, directory, transport -> transport).start()) {
            ensemble.leader();
            ensemble.stop(GUEST);
            for (int i = 0; i < WARM_UP; i++) {
                comeAndGo(ensemble);
            }
            long descriptors = descriptors();
            for (int i = 0; i < times; i++) {
                comeAndGo(ensemble);
                assertThat(threads("coord-" + GUEST + "-")).isEmpty();
            }
            // The two that stay may be amid a call, through proxies, and the JVM opens jars: but one a time would be more.
            Patience.until("descriptors to be closed", () -> descriptors() <= descriptors + TOLERANCE);
        }
        assertThat(threads("coord-20[123]-")).isEmpty();
        for (int i = 0; i < 3; i++) {
            watch.collect();
        }
        assertThat(watch.leaks()).isEmpty();
    }

    private static void comeAndGo(TcpEnsemble ensemble) {
        Member guest = ensemble.start(GUEST);
        try (Session session = guest.openSession(TIMEOUT)) {
            session.create(NodePath.of("/guest-"), Bytes.utf8("here"), CreateMode.EPHEMERAL_SEQUENTIAL);
        }
        ensemble.stop(GUEST);
    }

    private static List<String> threads(String prefix) {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.matches(prefix + ".*"))
                .toList();
    }

    private static long descriptors() {
        return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getOpenFileDescriptorCount();
    }
}
