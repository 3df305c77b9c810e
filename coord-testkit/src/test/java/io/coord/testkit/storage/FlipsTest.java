package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.member.Caller;
import io.coord.member.Input;
import io.coord.testkit.sim.SimDisk;
import io.coord.testkit.storage.BenchEnsemble.Seat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A bit flips in the files of one of three members: it heals, or it stops and names what it cannot heal. Nothing acknowledged is lost. */
class FlipsTest {

    private static final int TURNS_MAX = 3_000;

    private final TreeMap<String, TreeMap<String, Integer>> split = new TreeMap<>();

    @Test
    @Timeout(60)
    @DisplayName("fault.D6 to fault.D9: flips in every kind of file, a sample")
    void aMemberHealsOrStops() throws IOException {
        flips(6, List.of(false));
    }

    @Test
    @Tag("bars")
    @DisplayName("fault.D6 to fault.D9: a thousand flips in every kind of file and field")
    void aThousandFlips() throws IOException {
        flips(1_000, List.of(true, false));
        System.out.println("1000 flipped bits in one of three members' files, by kind of file: " + split);
    }

    /** As many positions in each kind of file, at even distances, half of them in a storage that was closed and half in one that was killed. */
    private void flips(int count, List<Boolean> closed) throws IOException {
        for (boolean isClosed : closed) {
            Image image = image(isClosed);
            TreeMap<String, List<String>> kinds = kinds(image.disks().get(2));
            SplittableRandom random = new SplittableRandom(isClosed ? 31 : 32);
            int each = Math.max(1, count / closed.size() / kinds.size());
            for (Map.Entry<String, List<String>> kind : kinds.entrySet()) {
                for (int at = 0; at < each; at++) {
                    String name = kind.getValue().get(at % kind.getValue().size());
                    flip(image, kind.getKey(), name, at / kind.getValue().size(), each / kind.getValue().size() + 1, random);
                }
            }
        }
    }

    private void flip(Image image, String kind, String name, int step, int steps, SplittableRandom random) throws IOException {
        List<SimDisk> disks = new ArrayList<>();
        for (SimDisk disk : image.disks()) {
            disks.add(disk.copy(1));
        }
        int written = written(disks.get(2).content(name));
        if (written == 0) {
            return;
        }
        int stretch = Math.max(1, written / steps);
        int offset = Math.min(written - 1, step * stretch + random.nextInt(stretch));
        int bit = random.nextInt(8);
        disks.get(2).flip(name, offset, 1 << bit);
        String where = name + " at " + offset + " bit " + bit;
        try {
            note(kind, run(image, disks, where));
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(where + ": " + e.getMessage(), e);
        }
    }

    private String run(Image image, List<SimDisk> disks, String where) throws IOException {
        BenchEnsemble ensemble = new BenchEnsemble(disks);
        ensemble.resumeAt(image.numbered());
        ensemble.start(ensemble.seat(1));
        ensemble.start(ensemble.seat(2));
        Seat damaged = ensemble.seat(3);
        boolean isDamaged;
        try {
            ensemble.start(damaged);
            isDamaged = damaged.core().view().healing() != null;
        } catch (IOException e) {
            assertThat(e).as(where).hasMessageStartingWith("COORD-10").hasMessageContaining("/sim/");
            return "stopped: " + e.getMessage().substring(0, 10);
        }
        ensemble.create(12, 10);
        assertThat(ensemble.until(ensemble::agree, TURNS_MAX)).as(where + ": " + damaged.core().view()).isTrue();
        assertThat(damaged.core().root().nodeCount()).as(where).isEqualTo((int) ensemble.numbered() + 4);
        return isDamaged ? "healed from a peer" : "harmless or mended";
    }

    private void note(String kind, String fate) {
        split.computeIfAbsent(kind, none -> new TreeMap<>()).merge(fate, 1, Integer::sum);
    }

    /** Where the zeros begin that nothing was written to yet. */
    private static int written(byte[] content) {
        int end = content.length;
        while (end > 0 && content[end - 1] == 0) {
            end--;
        }
        return end;
    }

    private static TreeMap<String, List<String>> kinds(SimDisk disk) throws IOException {
        TreeMap<String, List<String>> kinds = new TreeMap<>();
        for (String name : disk.list()) {
            if (written(disk.content(name)) > 0) {
                kinds.computeIfAbsent(name.replaceFirst("-.*", ""), none -> new ArrayList<>()).add(name);
            }
        }
        return kinds;
    }

    /** Three members' disks, and how many writes they hold. */
    private record Image(List<SimDisk> disks, long numbered) {}

    private static Image image(boolean isClosed) throws IOException {
        BenchEnsemble ensemble = new BenchEnsemble(3).startAll();
        ensemble.begin();
        ensemble.create(25, 150);
        snapshots(ensemble);
        ensemble.create(25, 150);
        snapshots(ensemble);
        ensemble.create(20, 150);
        assertThat(ensemble.until(ensemble::agree, TURNS_MAX)).isTrue();
        List<SimDisk> disks = new ArrayList<>();
        for (int id = 1; id <= 3; id++) {
            Seat seat = ensemble.seat(id);
            if (isClosed) {
                ensemble.stop(seat);
            } else {
                ensemble.kill(seat);
            }
            disks.add(seat.disk);
        }
        return new Image(disks, ensemble.numbered());
    }

    private static void snapshots(BenchEnsemble ensemble) {
        for (int id = 1; id <= 3; id++) {
            ensemble.seat(id).inbox.add(new Input.TakeSnapshot(new Caller<>() {}));
        }
        ensemble.until(() -> false, 10);
    }
}
