package io.coord.state;

import io.coord.Bytes;
import io.coord.Stat;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All nodes at one moment, and what is derived from them: quotas by the path they limit, and the nodes to collect by when they are due.
 *
 * @param nodes by full path
 * @param quotas by the path they limit
 * @param expiring childless TTL nodes, and containers whose last child is gone
 * @param unused containers that never had a child, by when they were last touched
 * @param digest sum of the nodes' and families' digests
 */
record NodeTree(
        PathTrie nodes,
        OrderedTree<String, Quota> quotas,
        OrderedTree<Due, Due> expiring,
        OrderedTree<Due, Due> unused,
        long digest) {

    @Nullable ZNode find(String path) {
        return (ZNode) nodes.find(path);
    }

    int count() {
        ZNode root = find("/");
        return root == null ? 0 : 1 + root.descendants();
    }

    /** The node's data as clients see it: a stats node shows the usage of the moment (zk.Q4). */
    @Nullable Bytes shownData(ZNode node) {
        return node.showsUsage ? usage(node) : node.data;
    }

    Stat shownStat(ZNode node) {
        return node.showsUsage ? node.stat(usage(node).length()) : node.stat();
    }

    private Bytes usage(ZNode shown) {
        String path = Quota.shownBy(shown.path);
        ZNode top = path == null ? null : find(path);
        return top == null ? Quota.usage(0, 0) : Quota.usage(countOf(top), bytesOf(top));
    }

    static long countOf(ZNode top) {
        return 1L + top.descendants();
    }

    static long bytesOf(ZNode top) {
        return top.dataLength + top.bytesBelow();
    }

    static boolean isDue(ZNode node, long elapsedMillis, Settings settings) {
        Life life = node.life;
        if (life == null || !life.isCollectable() || node.childCount() > 0) {
            return false;
        }
        if (life.lifetime() == StateVisitor.Lifetime.TTL) {
            return elapsedMillis > Due.later(life.touchedMillis(), life.ttlMillis());
        }
        return node.everHadChildren() || isUnusedTooLong(life.touchedMillis(), elapsedMillis, settings);
    }

    private static boolean isUnusedTooLong(long touchedMillis, long elapsedMillis, Settings settings) {
        long most = settings.maxNeverUsedContainerMillis();
        return most > 0 && elapsedMillis > Due.later(touchedMillis, most);
    }

    List<Collectable> collectables(long elapsedMillis, int max, Settings settings) {
        List<Collectable> found = new ArrayList<>();
        Iterator<Due> byDue = expiring.iterator();
        collect(byDue, elapsedMillis, max, settings, found);
        if (settings.maxNeverUsedContainerMillis() > 0) {
            collect(unused.iterator(), elapsedMillis, max, settings, found);
        }
        return found;
    }

    private void collect(Iterator<Due> by, long elapsedMillis, int max, Settings settings, List<Collectable> found) {
        while (by.hasNext() && found.size() < max) {
            ZNode node = find(by.next().path());
            if (node == null || !isDue(node, elapsedMillis, settings)) {
                return; // those behind are due later still
            }
            found.add(new Collectable(node.path, node.czxid, node.mzxid));
        }
    }

    /** Calls with every node, a parent before its children, siblings by name. */
    void inPathOrder(Consumer<ZNode> action) {
        inPathOrder("/", action);
    }

    /** Calls with a node, if there is one, and with every one below it; without recursion, as paths may be deep. */
    void inPathOrder(String path, Consumer<ZNode> action) {
        ZNode top = find(path);
        if (top == null) {
            return;
        }
        action.accept(top);
        ArrayDeque<Iterator<String>> levels = new ArrayDeque<>();
        levels.push(sortedChildren(top));
        while (!levels.isEmpty()) {
            if (!levels.peek().hasNext()) {
                levels.pop();
                continue;
            }
            ZNode node = find(levels.peek().next());
            if (node != null) {
                action.accept(node);
                if (node.childCount() > 0) {
                    levels.push(sortedChildren(node));
                }
            }
        }
    }

    private static Iterator<String> sortedChildren(ZNode node) {
        String[] paths = new String[node.childCount()];
        if (node.family != null) {
            int[] next = {0};
            node.family.children.forEach(path -> paths[next[0]++] = (String) path);
        }
        Arrays.sort(paths);
        return Arrays.asList(paths).iterator();
    }

    /**
     * The children's names, without a path, sorted. ZooKeeper's come as a hash set has them, which is sorted for names that differ in
     * the last character, as sequence numbers and brokers' do: some programs count on it without knowing.
     */
    static List<String> childNames(ZNode node) {
        List<String> names = new ArrayList<>(node.childCount());
        if (node.family != null) {
            int prefix = node.path.length() == 1 ? 1 : node.path.length() + 1;
            node.family.children.forEach(path -> names.add(((String) path).substring(prefix)));
        }
        names.sort(null);
        return names;
    }
}
