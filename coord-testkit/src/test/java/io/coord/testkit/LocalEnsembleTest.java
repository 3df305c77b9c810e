package io.coord.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Session;
import org.junit.jupiter.api.Test;

class LocalEnsembleTest {

    private static final NodePath GREETING = NodePath.of("/greeting");

    @Test
    void whatOneMemberWasToldAnotherShows() {
        try (LocalEnsemble ensemble = LocalEnsemble.of(3);
                Session one = ensemble.openSession();
                Session other = ensemble.openSession()) {
            one.create(GREETING, Bytes.utf8("hello"), CreateMode.PERSISTENT);
            other.await(other.async().sync(GREETING));
            assertThat(other.getData(GREETING).data()).isEqualTo(Bytes.utf8("hello"));
        }
    }
}
