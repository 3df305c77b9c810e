package io.coord.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OrderedTreeTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void holdsWhatASortedSetHoldsAndLeavesOlderVersionsAlone(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        TreeSet<Integer> model = new TreeSet<>();
        OrderedTree<Integer, Integer> tree = OrderedTree.by(Integer::compare);
        List<OrderedTree<Integer, Integer>> versions = new ArrayList<>();
        List<List<Integer>> contents = new ArrayList<>();
        for (int batch = 0; batch < 80; batch++) {
            Edit edit = new Edit();
            for (int i = 0; i < 50; i++) {
                int key = random.nextInt(300);
                if (random.nextInt(5) < 3) {
                    tree = tree.with(edit, key, key);
                    model.add(key);
                } else {
                    tree = tree.without(edit, key);
                    model.remove(key);
                }
                assertThat(tree.find(key) != null).as("seed %d", seed).isEqualTo(model.contains(key));
            }
            assertThat(elements(tree.iterator())).as("seed %d", seed).containsExactlyElementsOf(model);
            int from = random.nextInt(-1, 302);
            assertThat(elements(tree.from(from))).as("seed %d", seed).containsExactlyElementsOf(model.tailSet(from));
            assertThat(tree.floor(from)).as("seed %d", seed).isEqualTo(model.floor(from));
            assertThat(tree.isEmpty()).as("seed %d", seed).isEqualTo(model.isEmpty());
            versions.add(tree);
            contents.add(List.copyOf(model));
        }
        for (int i = 0; i < versions.size(); i++) {
            assertThat(elements(versions.get(i).iterator())).as("seed %d", seed).isEqualTo(contents.get(i));
        }
    }

    /** Orders that lean a tree each way: one side, the other, and to and fro, which takes double rotations. */
    private static int key(String order, int i, int count) {
        return switch (order) {
            case "ascending" -> i;
            case "descending" -> count - 1 - i;
            case "outside in" -> i % 2 == 0 ? i / 2 : count - 1 - i / 2;
            default -> i % 2 != 0 ? i / 2 : count - 1 - i / 2;
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"ascending", "descending", "outside in", "outside in, from the top"})
    void elementsInAnyOrderAreFoundInALogarithmOfComparisons(String order) {
        int count = 10_000;
        long[] comparisons = {0};
        OrderedTree<Integer, Integer> tree = OrderedTree.by((key, element) -> {
            comparisons[0]++;
            return Integer.compare(key, element);
        });
        Edit edit = new Edit();
        for (int i = 0; i < count; i++) {
            int key = key(order, i, count);
            tree = tree.with(edit, key, key);
            if (i < 200) {
                assertThat(mostComparisons(tree, comparisons, count)).as("%d elements", i + 1).isLessThanOrEqualTo(heightMax(i + 1));
            }
        }
        assertThat(mostComparisons(tree, comparisons, count)).as("1.44 log2 of 10,000").isLessThan(20);

        for (int left = count - 1; left > 0; left--) {
            tree = tree.without(edit, key(order, count - 1 - left, count));
            if (left <= 200) {
                assertThat(mostComparisons(tree, comparisons, count)).as("%d elements left", left).isLessThanOrEqualTo(heightMax(left));
            }
        }
    }

    /** Of an AVL tree (Knuth, TAOCP 6.2.3, theorem A). */
    private static int heightMax(int elements) {
        return (int) (1.4405 * Math.log(elements + 2) / Math.log(2) - 0.3277);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void theTreeStaysBalancedWhateverComesAndGoes(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long[] comparisons = {0};
        OrderedTree<Integer, Integer> tree = OrderedTree.by((key, element) -> {
            comparisons[0]++;
            return Integer.compare(key, element);
        });
        TreeSet<Integer> model = new TreeSet<>();
        Edit edit = new Edit();
        for (int i = 0; i < 4_000; i++) {
            int key = random.nextInt(60);
            edit = random.nextInt(4) == 0 ? new Edit() : edit;
            boolean grows = random.nextInt(10) < (i / 100 % 2 == 0 ? 8 : 2);
            tree = grows ? tree.with(edit, key, key) : tree.without(edit, key);
            if (grows ? model.add(key) : model.remove(key)) {
                assertThat(mostComparisons(tree, comparisons, 60))
                        .as("seed %d step %d, %d elements", seed, i, model.size())
                        .isLessThanOrEqualTo(heightMax(model.size()));
            }
        }
    }

    private static long mostComparisons(OrderedTree<Integer, Integer> tree, long[] comparisons, int count) {
        long most = 0;
        for (int key = 0; key < count; key++) {
            comparisons[0] = 0;
            tree.find(key);
            most = Math.max(most, comparisons[0]);
        }
        return most;
    }

    @Test
    void theSoleElementIsToldOnlyWhereThereIsOne() {
        Edit edit = new Edit();
        OrderedTree<String, String> none = OrderedTree.by(String::compareTo);
        OrderedTree<String, String> one = none.with(edit, "a", "a");
        OrderedTree<String, String> two = one.with(new Edit(), "b", "b");

        assertThat(none.sole()).isNull();
        assertThat(one.sole()).isEqualTo("a");
        assertThat(two.sole()).isNull();
        assertThat(two.without(edit, "a").sole()).isEqualTo("b");
    }

    @Test
    void aWalkEndsLoudly() {
        Iterator<String> walk = OrderedTree.<String, String>by(String::compareTo).iterator();

        assertThatThrownBy(walk::next).isInstanceOf(NoSuchElementException.class);
    }

    private static <E> List<E> elements(Iterator<E> walk) {
        List<E> found = new ArrayList<>();
        walk.forEachRemaining(found::add);
        return found;
    }
}
