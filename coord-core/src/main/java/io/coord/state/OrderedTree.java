package io.coord.state;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A persistent set of elements ordered by their keys: an AVL tree, copied along the path of a change except where its nodes carry the
 * present {@link Edit}.
 *
 * @param <K> what an element is found by
 * @param <E> an element, which knows its key
 */
final class OrderedTree<K, E> {

    /** Where a key lies relative to an element's. */
    interface Order<K, E> {
        /** Negative if the key lies before the element's, 0 if it is the element's. */
        int compare(K key, E element);
    }

    private static final class Branch<E> {
        final @Nullable Edit edit;
        E element;
        @Nullable Branch<E> left;
        @Nullable Branch<E> right;
        int height;

        Branch(@Nullable Edit edit, E element, @Nullable Branch<E> left, @Nullable Branch<E> right) {
            this.edit = edit;
            this.element = element;
            this.left = left;
            this.right = right;
            this.height = 1 + Math.max(heightOf(left), heightOf(right));
        }

        Branch<E> owned(Edit present) {
            return edit == present ? this : new Branch<>(present, element, left, right);
        }

        void measure() {
            height = 1 + Math.max(heightOf(left), heightOf(right));
        }

        static int heightOf(@Nullable Branch<?> branch) {
            return branch == null ? 0 : branch.height;
        }

        int lean() {
            return heightOf(left) - heightOf(right);
        }
    }

    private final Order<K, E> order;
    private final @Nullable Branch<E> root;

    private OrderedTree(Order<K, E> order, @Nullable Branch<E> root) {
        this.order = order;
        this.root = root;
    }

    /** An empty set in this order. */
    static <K, E> OrderedTree<K, E> by(Order<K, E> order) {
        return new OrderedTree<>(order, null);
    }

    boolean isEmpty() {
        return root == null;
    }

    /** The element with this key, or null. */
    @Nullable E find(K key) {
        Branch<E> at = root;
        while (at != null) {
            int side = order.compare(key, at.element);
            if (side == 0) {
                return at.element;
            }
            at = side < 0 ? at.left : at.right;
        }
        return null;
    }

    /** The last element whose key is not above this one, or null. */
    @Nullable E floor(K key) {
        E found = null;
        Branch<E> at = root;
        while (at != null) {
            if (order.compare(key, at.element) >= 0) {
                found = at.element;
                at = at.right;
            } else {
                at = at.left;
            }
        }
        return found;
    }

    /** The only element, or null if there are none or several. */
    @Nullable E sole() {
        return root != null && root.height == 1 ? root.element : null;
    }

    /** These elements and this one, in place of the one with its key if there is one. */
    OrderedTree<K, E> with(Edit edit, K key, E element) {
        return rooted(insert(edit, root, key, element));
    }

    /** The elements but the one with this key. */
    OrderedTree<K, E> without(Edit edit, K key) {
        return root == null || find(key) == null ? this : rooted(remove(edit, root, key));
    }

    private OrderedTree<K, E> rooted(@Nullable Branch<E> newRoot) {
        return newRoot == root ? this : new OrderedTree<>(order, newRoot);
    }

    private Branch<E> insert(Edit edit, @Nullable Branch<E> at, K key, E element) {
        if (at == null) {
            return new Branch<>(edit, element, null, null);
        }
        int side = order.compare(key, at.element);
        Branch<E> own = at.owned(edit);
        if (side == 0) {
            own.element = element;
            return own;
        }
        if (side < 0) {
            own.left = insert(edit, own.left, key, element);
        } else {
            own.right = insert(edit, own.right, key, element);
        }
        return balanced(edit, own);
    }

    private @Nullable Branch<E> remove(Edit edit, @Nullable Branch<E> at, K key) {
        if (at == null) {
            return null;
        }
        int side = order.compare(key, at.element);
        if (side == 0) {
            return joined(edit, at);
        }
        Branch<E> own = at.owned(edit);
        if (side < 0) {
            own.left = remove(edit, own.left, key);
        } else {
            own.right = remove(edit, own.right, key);
        }
        return balanced(edit, own);
    }

    private static <E> @Nullable Branch<E> joined(Edit edit, Branch<E> gone) {
        if (gone.left == null) {
            return gone.right;
        }
        if (gone.right == null) {
            return gone.left;
        }
        Branch<E> next = gone.right;
        while (next.left != null) {
            next = next.left;
        }
        Branch<E> own = gone.owned(edit);
        own.element = next.element;
        own.right = withoutFirst(edit, gone.right);
        return balanced(edit, own);
    }

    private static <E> @Nullable Branch<E> withoutFirst(Edit edit, Branch<E> at) {
        if (at.left == null) {
            return at.right;
        }
        Branch<E> own = at.owned(edit);
        own.left = withoutFirst(edit, at.left);
        return balanced(edit, own);
    }

    private static <E> Branch<E> balanced(Edit edit, Branch<E> own) {
        int lean = own.lean();
        if (lean > 1 && own.left != null) {
            if (own.left.lean() < 0) {
                own.left = rotatedLeft(edit, own.left);
            }
            return rotatedRight(edit, own);
        }
        if (lean < -1 && own.right != null) {
            if (own.right.lean() > 0) {
                own.right = rotatedRight(edit, own.right);
            }
            return rotatedLeft(edit, own);
        }
        own.measure();
        return own;
    }

    private static <E> Branch<E> rotatedRight(Edit edit, Branch<E> at) {
        if (at.left == null) {
            return at;
        }
        Branch<E> down = at.owned(edit);
        Branch<E> up = at.left.owned(edit);
        down.left = up.right;
        down.measure();
        up.right = down;
        up.measure();
        return up;
    }

    private static <E> Branch<E> rotatedLeft(Edit edit, Branch<E> at) {
        if (at.right == null) {
            return at;
        }
        Branch<E> down = at.owned(edit);
        Branch<E> up = at.right.owned(edit);
        down.right = up.left;
        down.measure();
        up.left = down;
        up.measure();
        return up;
    }

    /** Calls with every element, in order. */
    void forEach(Consumer<? super E> action) {
        Iterator<E> all = iterator();
        while (all.hasNext()) {
            action.accept(all.next());
        }
    }

    /** The elements, in order. */
    Iterator<E> iterator() {
        Walk<E> walk = new Walk<>();
        walk.descend(root);
        return walk;
    }

    /** The elements from the first whose key is not below this one, in order. */
    Iterator<E> from(K key) {
        Walk<E> walk = new Walk<>();
        Branch<E> at = root;
        while (at != null) {
            if (order.compare(key, at.element) <= 0) {
                walk.ahead.push(at);
                at = at.left;
            } else {
                at = at.right;
            }
        }
        return walk;
    }

    private static final class Walk<E> implements Iterator<E> {
        final ArrayDeque<Branch<E>> ahead = new ArrayDeque<>();

        void descend(@Nullable Branch<E> from) {
            for (Branch<E> at = from; at != null; at = at.left) {
                ahead.push(at);
            }
        }

        @Override
        public boolean hasNext() {
            return !ahead.isEmpty();
        }

        @Override
        public E next() {
            if (ahead.isEmpty()) {
                throw new NoSuchElementException("the walk is over");
            }
            Branch<E> at = ahead.pop();
            descend(at.right);
            return at.element;
        }
    }
}
