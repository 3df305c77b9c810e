package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.ensemble.spi.Storage.Recovered;
import io.coord.testkit.sim.SimDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is changed in a stored image is found out, or does no harm; never does a log come back shorter than reported. */
class DamageTest {

    private static final int SECTOR = SimDisk.SECTOR_BYTES;

    private int detected;
    private int harmless;
    private int suspect;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("fault.D6, fault.D7, fault.D8, fault.D9: flipped bytes, a sample, are detected or harmless")
    void flippedBytesAreDetectedOrHarmless(boolean isClosed) throws IOException {
        SimDisk image = Specimen.written(isClosed);
        SplittableRandom random = new SplittableRandom(isClosed ? 11 : 12);
        List<Place> places = places(image);

        for (int count = 0; count < 1500; count++) {
            Place place = places.get(random.nextInt(places.size()));
            flip(image, place, 1 << random.nextInt(8));
        }

        assertThat(detected).isGreaterThan(200);
        assertThat(harmless).isGreaterThan(100);
        assertThat(suspect).as("one rotten byte costs no vote").isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("bars")
    @DisplayName("fault.D6, fault.D7, fault.D8, fault.D9: every byte flipped, in several ways, is detected or harmless")
    void everyFlippedByteIsDetectedOrHarmless(boolean isClosed) throws IOException {
        SimDisk image = Specimen.written(isClosed);

        for (Place place : places(image)) {
            flip(image, place, 1);
            flip(image, place, 0x80);
            flip(image, place, 0xff);
        }

        assertThat(detected + harmless).isGreaterThan(50_000);
        assertThat(suspect).isZero();
    }

    @Test
    @DisplayName("fault.D5: a sector that lost what was forced is detected in a storage that was closed")
    void aLostSectorIsDetected() throws IOException {
        SimDisk image = Specimen.written(true);
        for (String name : image.list()) {
            for (int at = 0; at < image.content(name).length; at += SECTOR) {
                int start = at;
                judge(image, name + " sector at " + at + " lost", copy -> {
                    byte[] content = copy.content(name);
                    Arrays.fill(content, start, Math.min(start + SECTOR, content.length), (byte) 0);
                    copy.put(name, content);
                });
            }
        }
        assertThat(detected).isPositive();
        assertThat(suspect).isZero();
    }

    @Test
    @DisplayName("fault.D4: a sector that was written to another place is detected, where it hides what was there")
    void aMisdirectedSectorIsDetected() throws IOException {
        SimDisk image = Specimen.written(true);
        SplittableRandom random = new SplittableRandom(5);
        List<Place> places = places(image);
        for (int count = 0; count < 1500; count++) {
            Place from = places.get(random.nextInt(places.size())).sector();
            Place to = places.get(random.nextInt(places.size())).sector();
            judge(image, from + " written to " + to, copy -> {
                byte[] target = copy.content(to.name());
                byte[] source = copy.content(from.name());
                int length = Math.min(SECTOR, Math.min(source.length - from.offset(), target.length - to.offset()));
                System.arraycopy(source, from.offset(), target, to.offset(), length);
                copy.put(to.name(), target);
            });
        }
        assertThat(detected).isPositive();
    }

    @Test
    @DisplayName("fault.D6: a file cut short is detected or harmless")
    void aFileCutShortIsDetectedOrHarmless() throws IOException {
        SimDisk image = Specimen.written(true);
        for (String name : image.list()) {
            int length = image.content(name).length;
            for (int cut = 0; cut < length; cut += 97) {
                int left = cut;
                judge(image, name + " cut to " + cut, copy -> copy.put(name, Arrays.copyOf(copy.content(name), left)));
            }
        }
        assertThat(detected).isPositive();
    }

    @Test
    @DisplayName("B18, B44, B17: a file that is gone is detected, makes the member suspect, or is made up for")
    void aMissingFileIsDetected() throws IOException {
        SimDisk image = Specimen.written(true);
        for (String name : image.list()) {
            judge(image, name + " gone", copy -> copy.remove(name));
        }
        assertThat(detected).as("identity, and the segments behind the older snapshot").isGreaterThanOrEqualTo(3);
        assertThat(suspect).as("control").isEqualTo(1);
    }

    @Test
    @DisplayName("B17, B18: without any snapshot the log does not pass for a whole one")
    void withoutAnySnapshotTheLogDoesNotPassForAWholeOne() throws IOException {
        SimDisk image = Specimen.written(true);
        for (String name : image.list()) {
            if (name.startsWith("snapshot-")) {
                image.remove(name);
            }
        }
        judge(image, "no snapshots", copy -> {});
        assertThat(detected).isEqualTo(1);
    }

    // ---- how the tests speak

    private record Place(String name, int offset) {
        Place sector() {
            return new Place(name, offset / SECTOR * SECTOR);
        }
    }

    private static List<Place> places(SimDisk image) throws IOException {
        List<Place> places = new ArrayList<>();
        for (String name : image.list()) {
            for (int offset = 0; offset < image.content(name).length; offset++) {
                places.add(new Place(name, offset));
            }
        }
        return places;
    }

    private void flip(SimDisk image, Place place, int mask) throws IOException {
        judge(image, place + " with mask " + mask, copy -> copy.flip(place.name(), place.offset(), mask));
    }

    /** Opens a damaged copy: an error that explains itself, or everything is there. And after that it stays so (inv.D-a). */
    private void judge(SimDisk image, String damage, Consumer<SimDisk> change) {
        SimDisk copy = image.copy(7);
        change.accept(copy);
        try {
            Recovered found = new SmallStorage(copy).open();
            Specimen.check(found);
            copy.crash();
            Specimen.check(new SmallStorage(copy).open());
            if (found.suspect() == null) {
                harmless++;
            } else {
                suspect++;
            }
        } catch (IOException e) {
            assertThat(e).as(damage).hasMessageStartingWith("COORD-10").hasMessageContaining("/sim");
            detected++;
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("not detected: " + damage + ": " + e.getMessage(), e);
        }
    }
}
