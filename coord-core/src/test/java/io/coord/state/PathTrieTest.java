package io.coord.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathTrieTest {

    @Test
    void anEmptyTrieFindsNothing() {
        assertThat(PathTrie.EMPTY.find("/a")).isNull();
        assertThat(PathTrie.EMPTY.isEmpty()).isTrue();
        assertThat(elements(PathTrie.EMPTY)).isEmpty();
    }

    @Test
    void theEmptyTrieIsSharedAndNeverChanges() {
        PathTrie.EMPTY.with(new Edit(), "/a");

        assertThat(PathTrie.EMPTY.isEmpty()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void holdsWhatASortedSetHoldsWhateverTheOrderOfChanges(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> keys = keys(400);
        TreeSet<String> model = new TreeSet<>();
        PathTrie trie = PathTrie.EMPTY;
        Edit edit = new Edit();
        for (int i = 0; i < 6_000; i++) {
            String key = keys.get(random.nextInt(keys.size()));
            if (random.nextInt(100) < (i / 1_000 % 2 == 0 ? 70 : 30)) {
                trie = trie.with(edit, key);
                model.add(key);
            } else {
                trie = trie.without(edit, key);
                model.remove(key);
            }
            if (random.nextInt(50) == 0) {
                edit = new Edit();
            }
            assertThat(trie.find(key) != null).as("seed %d step %d %s", seed, i, key).isEqualTo(model.contains(key));
            assertThat(trie.isEmpty()).as("seed %d step %d", seed, i).isEqualTo(model.isEmpty());
        }
        for (String key : keys) {
            assertThat(trie.find(key)).as("seed %d %s", seed, key).isEqualTo(model.contains(key) ? key : null);
        }
        assertThat(elements(trie)).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(model);
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void whatAnOlderEditMadeNeverChanges(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> keys = keys(300);
        List<PathTrie> versions = new ArrayList<>();
        List<List<Object>> contents = new ArrayList<>();
        PathTrie trie = PathTrie.EMPTY;
        for (int batch = 0; batch < 60; batch++) {
            Edit edit = new Edit();
            for (int i = 0; i < 40; i++) {
                String key = keys.get(random.nextInt(keys.size()));
                trie = random.nextInt(3) > 0 ? trie.with(edit, new String(key)) : trie.without(edit, key);
            }
            versions.add(trie);
            contents.add(elements(trie));
        }
        for (int i = 0; i < versions.size(); i++) {
            List<Object> now = elements(versions.get(i));
            assertThat(now).as("seed %d version %d", seed, i).hasSameSizeAs(contents.get(i));
            for (int j = 0; j < now.size(); j++) {
                assertThat(now.get(j)).as("seed %d version %d", seed, i).isSameAs(contents.get(i).get(j));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23, 24, 25})
    @DisplayName("rule.14 the order of a walk depends on the contents, not on their history")
    void theOrderOfAWalkDependsOnTheContentsAlone(long seed) {
        List<String> keys = keys(500);
        List<String> kept = keys.subList(0, 200);
        PathTrie straight = PathTrie.EMPTY;
        for (String key : kept) {
            straight = straight.with(new Edit(), key);
        }

        List<String> shuffled = new ArrayList<>(keys);
        Collections.shuffle(shuffled, new Random(seed));
        PathTrie roundabout = PathTrie.EMPTY;
        Edit edit = new Edit();
        for (String key : shuffled) {
            roundabout = roundabout.with(edit, key);
        }
        Collections.shuffle(shuffled, new Random(seed + 1));
        for (String key : shuffled) {
            roundabout = kept.contains(key) ? roundabout : roundabout.without(edit, key);
        }

        assertThat(elements(roundabout)).as("seed %d", seed).isEqualTo(elements(straight));
    }

    @Test
    void anElementTakesThePlaceOfTheOneWithItsKey() {
        String one = new String("/a");
        String other = new String("/a");
        PathTrie trie = PathTrie.EMPTY.with(new Edit(), one).with(new Edit(), "/b");

        assertThat(trie.with(new Edit(), other).find("/a")).isSameAs(other);
        assertThat(trie.find("/a")).isSameAs(one);
    }

    @Test
    @DisplayName("rule.13 thirty thousand keys of one hash are set and removed in the time of so many others")
    void aFloodOfEqualHashesStaysCheap() {
        List<String> flood = flood(15).subList(0, 30_000);
        assertThat(flood).allMatch(key -> key.hashCode() == flood.get(0).hashCode());
        PathTrie trie = PathTrie.EMPTY;
        Edit edit = new Edit();
        for (String key : flood) {
            trie = trie.with(edit, key);
        }
        for (String key : flood) {
            assertThat(trie.find(key)).isSameAs(key);
        }
        for (String key : flood) {
            trie = trie.without(edit, key);
        }
        assertThat(trie.isEmpty()).isTrue();
    }

    @Test
    void collidingKeysAndOthersLiveTogetherDownToTheLastOne() {
        Edit edit = new Edit();
        PathTrie trie = PathTrie.EMPTY.with(edit, "/Aa").with(edit, "/BB").with(edit, "/other");
        assertThat("/Aa".hashCode()).isEqualTo("/BB".hashCode());

        assertThat(trie.without(new Edit(), "/Aa").find("/BB")).isEqualTo("/BB");
        assertThat(trie.without(new Edit(), "/Aa").find("/Aa")).isNull();
        assertThat(elements(trie.without(new Edit(), "/BB").without(new Edit(), "/other"))).containsExactly("/Aa");
        assertThat(elements(trie)).containsExactlyInAnyOrder("/Aa", "/BB", "/other");
    }

    @Test
    void aNewElementIsAddedOnlyWhereThereIsNoneWithItsKey() {
        Edit edit = new Edit();
        PathTrie trie = PathTrie.EMPTY;
        for (String key : flood(2)) {
            trie = trie.withNew(edit, key);
            assertThat(trie).as(key).isNotNull();
        }

        for (String key : flood(2)) {
            assertThat(trie.withNew(edit, key)).as("%s again, among others of its hash", key).isNull();
        }
        assertThat(elements(trie)).containsExactlyInAnyOrderElementsOf(flood(2));
        assertThat(PathTrie.EMPTY.withNew(edit, "/a").withNew(edit, "/a")).isNull();
    }

    private static List<Object> elements(PathTrie trie) {
        List<Object> found = new ArrayList<>();
        trie.forEach(found::add);
        return found;
    }

    /** Ordinary keys, numbered ones, and families with one hash. */
    private static List<String> keys(int count) {
        List<String> keys = new ArrayList<>(flood(5));
        for (int i = keys.size(); i < count; i++) {
            keys.add(i % 2 == 0 ? "/app/item-000000" + i : "/x" + Integer.toString(i * 7_919, 36));
        }
        Collections.shuffle(keys, new Random(42));
        return keys;
    }

    /** Two to the power of so many keys with one hash. */
    static List<String> flood(int bits) {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 1 << bits; i++) {
            StringBuilder key = new StringBuilder("/");
            for (int bit = 0; bit < bits; bit++) {
                key.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            keys.add(key.toString());
        }
        return keys;
    }
}
