package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.ensemble.spi.Storage;
import io.coord.storage.MemoryStorage;
import io.coord.testkit.StorageContract;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class MemoryStorageTest extends StorageContract {

    private final MemoryStorage storage = new MemoryStorage();

    @Override
    protected Storage storage() {
        return storage;
    }

    @Override
    protected Storage otherStorage() {
        return new MemoryStorage();
    }

    @Test
    void onlyAWipeEmptiesIt() throws IOException {
        Storage open = begun();
        write(open, entries(1, 5, 1));

        assertThatThrownBy(storage::wipe).hasMessageContaining("close it before");
        open.close();
        storage.wipe();

        assertThat(open(storage()).identity()).isNull();
    }

    @Test
    void workThatHasNotRunWhenItIsClosedIsLost() throws IOException {
        Queue<Runnable> tasks = new ArrayDeque<>();
        MemoryStorage lazy = new MemoryStorage(tasks::add);
        List<Storage.Done> reported = new ArrayList<>();
        open(lazy);
        lazy.saveIdentity(IDENTITY, reported::add);
        tasks.remove().run();
        lazy.write(new Storage.Batch(null, entries(1, 3, 1)), reported::add);
        lazy.close();
        tasks.remove().run();

        assertThat(reported).containsExactly(Storage.Done.Forced.FORCED);
        assertThat(open(lazy).entries()).isEmpty();
    }
}
