package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Ensemble;
import io.coord.MemberId;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Session;
import io.coord.runtime.Founding;
import io.coord.state.Command;
import io.coord.state.CoordState;
import io.coord.state.StateRoot;
import io.coord.testkit.LocalEnsemble;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An ensemble goes on from a state that another one left. */
@Timeout(60)
class FoundingTest {

    private static final long BASE = Founding.baseAbove(0x7_0000_1234L);
    private static final Ensemble ENSEMBLE = Ensemble.parse("1=member-1:7100, 2=member-2:7100, 3=member-3:7100");
    private static final NodePath KEPT = NodePath.of("/kept");

    @Test
    @DisplayName("rule.26: a founded ensemble serves the state it was given, and issues zxids above its base")
    void aFoundedEnsembleServesTheStateItWasGiven(@TempDir Path directory) throws IOException {
        long cluster = Founding.newClusterId();
        for (MemberId member : ENSEMBLE.members()) {
            Founding.directory(directory.resolve("member-" + member), member, ENSEMBLE, cluster, state(BASE));
        }

        try (LocalEnsemble ensemble = LocalEnsemble.builder().fileStorage(directory).start()) {
            try (Session session = ensemble.openSession(Duration.ofSeconds(20))) {
                Node kept = session.getData(KEPT);
                assertThat(kept.text()).isEqualTo("from before");
                assertThat(kept.stat().czxid()).isLessThanOrEqualTo(BASE);
                session.create(KEPT.child("new"), Bytes.utf8("x"), CreateMode.PERSISTENT);
                assertThat(session.getData(KEPT.child("new")).stat().czxid()).isGreaterThan(BASE);
            }
            ensemble.members().forEach(ensemble::kill);
            ensemble.restartAll();
            try (Session session = ensemble.openSession(Duration.ofSeconds(20))) {
                session.sync(KEPT);
                assertThat(session.getData(KEPT.child("new")).text()).isEqualTo("x");
            }
        }
    }

    @Test
    @DisplayName("peer.B27, inv.Z1: where the lower half of a zxid overflows, zxids go on growing, nobody stops, and a restart finds it so")
    void zxidsGoOnWhereTheirLowerHalfOverflows(@TempDir Path directory) throws IOException {
        long cluster = Founding.newClusterId();
        long base = BASE + 0xffff_fff0L;
        for (MemberId member : ENSEMBLE.members()) {
            Founding.directory(directory.resolve("member-" + member), member, ENSEMBLE, cluster, state(base));
        }

        try (LocalEnsemble ensemble = LocalEnsemble.builder().fileStorage(directory).start()) {
            long last = base;
            try (Session session = ensemble.openSession(Duration.ofSeconds(20))) {
                for (int i = 0; i < 40; i++) {
                    session.create(KEPT.child("n" + i), Bytes.utf8("x"), CreateMode.PERSISTENT);
                    long zxid = session.getData(KEPT.child("n" + i)).stat().czxid();
                    assertThat(zxid).isGreaterThan(last);
                    last = zxid;
                }
            }
            assertThat(last).isGreaterThan(BASE + 0x1_0000_0000L);
            ensemble.members().forEach(ensemble::kill);
            ensemble.restartAll();
            try (Session session = ensemble.openSession(Duration.ofSeconds(20))) {
                session.sync(KEPT);
                assertThat(session.getData(KEPT.child("n39")).stat().czxid()).isEqualTo(last);
            }
        }
    }

    @Test
    @DisplayName("rule.26: a base is a multiple of 2^32 above everything issued")
    void aBaseIsAMultipleAboveEverythingIssued() {
        assertThat(BASE).isEqualTo(0x8_0000_0000L);
        assertThat(Founding.baseAbove(0)).isEqualTo(0x1_0000_0000L);
        assertThat(Founding.baseAbove(0x1_0000_0000L)).isEqualTo(0x2_0000_0000L);
        assertThatThrownBy(() -> Founding.baseAbove(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {0x7_0000_0000L, 0x8001_0000_0000L, 0x1_0001_0000_0000L, 0x7fff_ef01_0000_0000L})
    @DisplayName("fault.M5 whoever lost its disk is taken in again, however high the zxids are")
    void whoeverIsWipedComesBackAtAnyBase(long base, @TempDir Path directory) throws IOException {
        long cluster = Founding.newClusterId();
        for (MemberId member : ENSEMBLE.members()) {
            Founding.directory(directory.resolve("member-" + member), member, ENSEMBLE, cluster, state(base));
        }

        try (LocalEnsemble ensemble = LocalEnsemble.builder().fileStorage(directory).start()) {
            MemberId wiped = ensemble.anyFollower();
            ensemble.kill(wiped);
            ensemble.wipe(wiped);
            ensemble.restart(wiped);
            ensemble.awaitVoter(wiped);
        }
    }

    @Test
    @DisplayName("rule.26: a base leaves room for all that is written above it before members' keys come round")
    void aBaseLeavesRoomForKeys() {
        assertThat(Founding.baseAbove(0x6fff_0000_0001L)).isEqualTo(0x7000_0000_0000L);
        assertThat(Founding.baseAbove(0x7fff_0000_0001L)).isEqualTo(0x8001_0000_0000L);
        assertThat(Founding.baseAbove(0x8000_0000_0001L)).isEqualTo(0x8001_0000_0000L);
        assertThatThrownBy(() -> Founding.baseAbove(0x7fff_fffe_0000_0000L)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aDirectoryThatIsNotEmptyIsLeftAlone(@TempDir Path directory) throws IOException {
        Files.writeString(directory.resolve("mine"), "hello");

        assertThatThrownBy(() -> Founding.directory(directory, MemberId.of(1), ENSEMBLE, 5, state(BASE)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("COORD-1065")
                .hasMessageContaining("not empty");
        assertThat(directory).isDirectoryContaining("glob:**mine");
    }

    private static StateRoot state(long base) {
        CoordState state = new CoordState(Bytes.EMPTY);
        state.apply(base - 2, 5, 1_000, 0, new Command.OpenSession(9, Bytes.utf8("hash"), 4_000, MemberId.of(1), 1));
        Operation.Create create = new Operation.Create(
                "/kept", Bytes.utf8("from before"), CreateMode.PERSISTENT, Acl.OPEN, Operation.NO_TTL);
        state.apply(base - 1, 5, 1_000, 0, new Command.Submit(9, 1, 1, 0, List.of(), create));
        state.apply(base, 5, 1_000, 0, new Command.CloseSession(9, 1, 2));
        return state.root();
    }
}
