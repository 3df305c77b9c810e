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
            Founding.directory(directory.resolve("member-" + member), member, ENSEMBLE, cluster, state());
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
    @DisplayName("rule.26: a base is a multiple of 2^32 above everything issued")
    void aBaseIsAMultipleAboveEverythingIssued() {
        assertThat(BASE).isEqualTo(0x8_0000_0000L);
        assertThat(Founding.baseAbove(0)).isEqualTo(0x1_0000_0000L);
        assertThat(Founding.baseAbove(0x1_0000_0000L)).isEqualTo(0x2_0000_0000L);
        assertThatThrownBy(() -> Founding.baseAbove(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aDirectoryThatIsNotEmptyIsLeftAlone(@TempDir Path directory) throws IOException {
        Files.writeString(directory.resolve("mine"), "hello");

        assertThatThrownBy(() -> Founding.directory(directory, MemberId.of(1), ENSEMBLE, 5, state()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("COORD-1065")
                .hasMessageContaining("not empty");
        assertThat(directory).isDirectoryContaining("glob:**mine");
    }

    private static StateRoot state() {
        CoordState state = new CoordState(Bytes.EMPTY);
        state.apply(BASE - 2, 5, 1_000, 0, new Command.OpenSession(9, Bytes.utf8("hash"), 4_000, MemberId.of(1), 1));
        Operation.Create create = new Operation.Create(
                "/kept", Bytes.utf8("from before"), CreateMode.PERSISTENT, Acl.OPEN, Operation.NO_TTL);
        state.apply(BASE - 1, 5, 1_000, 0, new Command.Submit(9, 1, 1, 0, List.of(), create));
        state.apply(BASE, 5, 1_000, 0, new Command.CloseSession(9, 1, 2));
        return state.root();
    }
}
