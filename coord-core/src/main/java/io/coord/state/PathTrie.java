package io.coord.state;

import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A persistent set of elements, each with a path as its key: nodes, or the paths themselves.
 *
 * <p>A compressed hash-array mapped trie (CHAMP: Steindorfer and Vinju, OOPSLA 2015) of branching 64 over the spread hash of the
 * key. Its shape depends on the elements alone, not on their history, so that it is walked in the same order on every member. Keys
 * with equal hashes hang in an ordered tree below the last level: a flood of them costs a logarithm, not a list.
 *
 * <p>Whoever calls {@link #with} or {@link #without} gives the present edit up to the result: trie nodes that carry it are changed in
 * place. Nothing that carries an older edit ever changes.
 */
final class PathTrie {

    /** Nothing; carries no edit and so never changes. */
    static final PathTrie EMPTY = new PathTrie(null, 0, 0, new Object[0]);

    private static final int BITS = 6;
    private static final int LAST_SHIFT = 30;
    private static final OrderedTree<String, Object> NO_COLLISIONS =
            OrderedTree.by((key, element) -> key.compareTo(keyOf(element)));

    private final @Nullable Edit edit;
    /** Which of the 64 positions hold an element. */
    private long elements;
    /** Which of them hold a deeper level: a trie, or below the last shift an ordered tree. Disjoint from {@link #elements}. */
    private long branches;
    /** The elements in order of position, then the branches in reverse order. */
    private Object[] slots;

    private PathTrie(@Nullable Edit edit, long elements, long branches, Object[] slots) {
        this.edit = edit;
        this.elements = elements;
        this.branches = branches;
        this.slots = slots;
    }

    /** The element with this key, or null. */
    @Nullable Object find(String key) {
        int hash = spread(key.hashCode());
        Object below = this;
        for (int shift = 0; below instanceof PathTrie trie; shift += BITS) {
            long bit = bit(hash, shift);
            if ((trie.branches & bit) != 0) {
                below = trie.slots[trie.branchAt(bit)];
            } else if ((trie.elements & bit) != 0) {
                Object element = trie.slots[trie.elementAt(bit)];
                return keyOf(element).equals(key) ? element : null;
            } else {
                return null;
            }
        }
        return collisions(below).find(key);
    }

    /** Whether there is no element. */
    boolean isEmpty() {
        return slots.length == 0;
    }

    /** Calls with every element, in the order of the shape: the same wherever the elements are the same. */
    void forEach(Consumer<Object> action) {
        int count = Long.bitCount(elements);
        for (int i = 0; i < count; i++) {
            action.accept(slots[i]);
        }
        for (int i = slots.length - 1; i >= count; i--) {
            if (slots[i] instanceof PathTrie deeper) {
                deeper.forEach(action);
            } else {
                collisions(slots[i]).forEach(action);
            }
        }
    }

    /** These elements and this one, in place of the one with its key if there is one. */
    PathTrie with(Edit edit, Object element) {
        String key = keyOf(element);
        return Objects.requireNonNull(put(edit, 0, spread(key.hashCode()), key, element, true));
    }

    /** These elements and this one; null if there is one with its key, and then nothing has changed. */
    @Nullable PathTrie withNew(Edit edit, Object element) {
        String key = keyOf(element);
        return put(edit, 0, spread(key.hashCode()), key, element, false);
    }

    /**
     * In one piece, since it is too large to be inlined that way: HotSpot would compile it anew within each of its callers, itself among
     * them.
     */
    private @Nullable PathTrie put(Edit edit, int shift, int hash, String key, Object element, boolean mayReplace) {
        long bit = bit(hash, shift);
        if ((branches & bit) != 0) {
            int at = branchAt(bit);
            Object below = slots[at];
            Object changed = below instanceof PathTrie deeper
                    ? deeper.put(edit, shift + BITS, hash, key, element, mayReplace)
                    : put(edit, collisions(below), key, element, mayReplace);
            return changed == null ? null : replaced(edit, at, changed);
        }
        int at = elementAt(bit);
        if ((elements & bit) == 0) {
            Object[] more = new Object[slots.length + 1];
            System.arraycopy(slots, 0, more, 0, at);
            more[at] = element;
            System.arraycopy(slots, at, more, at + 1, slots.length - at);
            if (this.edit != edit) {
                return new PathTrie(edit, elements | bit, branches, more);
            }
            elements |= bit;
            slots = more;
            return this;
        }
        Object present = slots[at];
        if (keyOf(present).equals(key)) {
            return mayReplace ? replaced(edit, at, element) : null;
        }
        // The element gives way to a branch, somewhere behind it.
        int to = branchAt(bit);
        Object[] moved = slots.clone();
        System.arraycopy(slots, at + 1, moved, at, to - at);
        moved[to] = pair(edit, shift + BITS, present, hash, element);
        if (this.edit != edit) {
            return new PathTrie(edit, elements & ~bit, branches | bit, moved);
        }
        elements &= ~bit;
        branches |= bit;
        slots = moved;
        return this;
    }

    private static @Nullable Object put(
            Edit edit, OrderedTree<String, Object> equals, String key, Object element, boolean mayReplace) {
        return mayReplace || equals.find(key) == null ? equals.with(edit, key, element) : null;
    }

    private static Object pair(Edit edit, int shift, Object present, int hash, Object element) {
        if (shift > LAST_SHIFT) {
            return NO_COLLISIONS.with(edit, keyOf(present), present).with(edit, keyOf(element), element);
        }
        int presentHash = spread(keyOf(present).hashCode());
        long presentBit = bit(presentHash, shift);
        long bit = bit(hash, shift);
        if (presentBit == bit) {
            return new PathTrie(edit, 0, bit, new Object[] {pair(edit, shift + BITS, present, hash, element)});
        }
        boolean inOrder = Long.compareUnsigned(presentBit, bit) < 0;
        Object[] two = inOrder ? new Object[] {present, element} : new Object[] {element, present};
        return new PathTrie(edit, presentBit | bit, 0, two);
    }

    /** The elements but the one with this key. */
    PathTrie without(Edit edit, String key) {
        return remove(edit, 0, spread(key.hashCode()), key);
    }

    private PathTrie remove(Edit edit, int shift, int hash, String key) {
        long bit = bit(hash, shift);
        if ((elements & bit) != 0) {
            return keyOf(slots[elementAt(bit)]).equals(key) ? withoutElement(edit, bit) : this;
        }
        if ((branches & bit) == 0) {
            return this;
        }
        int at = branchAt(bit);
        Object below = slots[at];
        Object left = below instanceof PathTrie deeper
                ? deeper.remove(edit, shift + BITS, hash, key)
                : collisions(below).without(edit, key);
        Object sole = soleElement(left);
        return sole == null ? replaced(edit, at, left) : unbranched(edit, bit, sole);
    }

    /** The only element below, which then belongs one level up: so the shape tells nothing about what was removed. */
    private static @Nullable Object soleElement(Object below) {
        if (below instanceof PathTrie trie) {
            return trie.branches == 0 && trie.slots.length == 1 ? trie.slots[0] : null;
        }
        return collisions(below).sole();
    }

    private PathTrie replaced(Edit edit, int at, Object value) {
        if (slots[at] == value) {
            return this;
        }
        PathTrie own = owned(edit);
        own.slots[at] = value;
        return own;
    }

    private PathTrie owned(Edit edit) {
        return this.edit == edit ? this : new PathTrie(edit, elements, branches, slots.clone());
    }

    private PathTrie withoutElement(Edit edit, long bit) {
        if (slots.length == 1) {
            return EMPTY;
        }
        int at = elementAt(bit);
        Object[] fewer = new Object[slots.length - 1];
        System.arraycopy(slots, 0, fewer, 0, at);
        System.arraycopy(slots, at + 1, fewer, at, fewer.length - at);
        return become(edit, elements & ~bit, branches, fewer);
    }

    /** The branch at the bit gives way to an element, somewhere before it. */
    private PathTrie unbranched(Edit edit, long bit, Object element) {
        int from = branchAt(bit);
        int to = elementAt(bit);
        Object[] moved = slots.clone();
        System.arraycopy(slots, to, moved, to + 1, from - to);
        moved[to] = element;
        return become(edit, elements | bit, branches & ~bit, moved);
    }

    private PathTrie become(Edit edit, long elements, long branches, Object[] slots) {
        if (this.edit != edit) {
            return new PathTrie(edit, elements, branches, slots);
        }
        this.elements = elements;
        this.branches = branches;
        this.slots = slots;
        return this;
    }

    private int elementAt(long bit) {
        return Long.bitCount(elements & bit - 1);
    }

    private int branchAt(long bit) {
        return slots.length - 1 - Long.bitCount(branches & bit - 1);
    }

    private static long bit(int hash, int shift) {
        return 1L << (hash >>> shift & 63);
    }

    private static String keyOf(Object element) {
        return element instanceof String path ? path : ((ZNode) element).path;
    }

    @SuppressWarnings("unchecked") // only NO_COLLISIONS grows into a branch that is no trie
    private static OrderedTree<String, Object> collisions(Object branch) {
        return (OrderedTree<String, Object>) branch;
    }

    /**
     * Spreads a hash over all its bits, since {@code String.hashCode} of numbered names differs little in the low ones; a
     * bijection, the finalizer of MurmurHash3.
     */
    private static int spread(int hash) {
        int h = (hash ^ hash >>> 16) * 0x85ebca6b;
        h = (h ^ h >>> 13) * 0xc2b2ae35;
        return h ^ h >>> 16;
    }
}
