package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Ensemble;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.ensemble.Member;
import io.coord.ensemble.spi.Storage;
import io.coord.testkit.StorageContract;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A storage on an embedded store keeps the contract, and carries a member over its restarts. */
@DisplayName("Storage is pluggable: H2's MVStore")
class MvStoreStorageTest extends StorageContract {

    @TempDir
    Path directory;

    @Override
    protected Storage storage() {
        return new MvStoreStorage(directory.resolve("mine"));
    }

    @Override
    protected Storage otherStorage() {
        return new MvStoreStorage(directory.resolve("other"));
    }

    @Test
    void aMemberRunsOnIt() {
        Ensemble alone = Ensemble.parse("1=localhost:7100");
        NodePath node = NodePath.of("/a");
        Duration timeout = Duration.ofSeconds(10);
        try (Member member = Member.builder(MemberId.of(1), alone).storage(storage()).start();
                Session session = member.openSession(timeout)) {
            session.create(node, Bytes.utf8("kept"), CreateMode.PERSISTENT);
            assertThat(member.takeSnapshot()).isTrue();
            session.create(node.child("b"), Bytes.utf8("too"), CreateMode.PERSISTENT);
        }
        try (Member member = Member.builder(MemberId.of(1), alone).storage(storage()).start();
                Session session = member.openSession(timeout)) {
            assertThat(session.getData(node).text()).isEqualTo("kept");
            assertThat(session.getData(node.child("b")).text()).isEqualTo("too");
        }
    }
}
