package io.coord.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.Session;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What ensembles leave behind: nothing. */
@Timeout(60)
class TracesTest {

    private static final NodePath A = NodePath.of("/a");

    /** Runs in a thread group of its own: whatever thread is started below belongs to it, however many tests run at once. */
    private static ThreadGroup within(Runnable body) throws Exception {
        ThreadGroup group = new ThreadGroup("ensembles");
        FutureTask<Void> task = new FutureTask<>(body, null);
        Thread runner = new Thread(group, task, "test");
        runner.start();
        task.get();
        runner.join();
        return group;
    }

    private static List<String> threadsOf(ThreadGroup group) {
        Thread[] threads = new Thread[1000];
        int count = group.enumerate(threads, true);
        return Arrays.stream(threads, 0, count).map(Thread::getName).toList();
    }

    @Test
    void aClosedEnsembleLeavesNoThread(@TempDir Path directory) throws Exception {
        ThreadGroup group = within(() -> {
            try (LocalEnsemble memory = LocalEnsemble.of(3);
                    LocalEnsemble files = LocalEnsemble.builder().fileStorage(directory).start()) {
                for (LocalEnsemble ensemble : List.of(memory, files)) {
                    Session session = ensemble.openSession();
                    session.create(A, Bytes.EMPTY, CreateMode.PERSISTENT);
                    ensemble.kill(MemberId.of(1));
                    session.setData(A, Bytes.EMPTY);
                    ensemble.restart(MemberId.of(1));
                }
                assertThat(threadsOf(Thread.currentThread().getThreadGroup())).contains("coord-1-loop");
            }
        });
        assertThat(threadsOf(group)).isEmpty();
    }

    @Test
    void aHundredEnsemblesLiveSideBySideOnFewThreads() throws Exception {
        ThreadGroup group = within(() -> {
            List<LocalEnsemble> ensembles = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                ensembles.add(LocalEnsemble.of(3));
            }
            for (int i = 0; i < ensembles.size(); i++) {
                Session session = ensembles.get(i).openSession();
                session.create(A, Bytes.utf8("ensemble " + i), CreateMode.PERSISTENT);
            }
            for (int i = 0; i < ensembles.size(); i++) {
                assertThat(ensembles.get(i).openSession().getData(A).text()).isEqualTo("ensemble " + i);
            }
            assertThat(threadsOf(Thread.currentThread().getThreadGroup())).hasSizeBetween(301, 701);
            ensembles.forEach(LocalEnsemble::close);
        });
        assertThat(threadsOf(group)).isEmpty();
    }
}
