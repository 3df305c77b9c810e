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
            versions.add(tree);
            contents.add(List.copyOf(model));
        }
        for (int i = 0; i < versions.size(); i++) {
            assertThat(elements(versions.get(i).iterator())).as("seed %d", seed).isEqualTo(contents.get(i));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void elementsInAnyOrderAreFoundInALogarithmOfComparisons(boolean ascending) {
        int count = 50_000;
        long[] comparisons = {0};
        OrderedTree<Integer, Integer> tree = OrderedTree.by((key, element) -> {
            comparisons[0]++;
            return Integer.compare(key, element);
        });
        Edit edit = new Edit();
        for (int i = 0; i < count; i++) {
            int key = ascending ? i : count - i;
            tree = tree.with(edit, key, key);
        }
        comparisons[0] = 0;
        for (int i = 1; i < count; i++) {
            tree.find(i);
        }
        assertThat(comparisons[0] / count).isLessThan(20);

        for (int i = 0; i < count - 100; i++) {
            tree = tree.without(edit, ascending ? i : count - i);
        }
        comparisons[0] = 0;
        tree.find(count / 2);
        assertThat(comparisons[0]).isLessThan(10);
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
