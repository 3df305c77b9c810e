package io.coord.recipes;

import io.coord.CoordException;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Registration;
import io.coord.Session;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * A node, or a whole subtree, mirrored in memory: read at no cost, kept up to date, told when it changes.
 *
 * <pre>{@code
 * try (ConfigCache config = ConfigCache.subtree(session, NodePath.of("/config"))) {
 *   config.onChange(change -> log.info("{} is now {}", change.path(), change.after().map(Node::text).orElse("gone")));
 *   int limit = config.find(NodePath.of("/config/limit")).map(node -> Integer.parseInt(node.text())).orElse(100);
 * }
 * }</pre>
 *
 * <p><b>What is guaranteed.</b> No node goes back to an older value, none is missed for good, and a version
 * ({@link Node#stat()}) goes with its data. Changes of one node come in order. Values that follow one another quickly may be told as one
 * change; the last always is. Two nodes that are set by one transaction change here one after the other.
 *
 * <p><b>When the session is suspended</b>, what is known stays as it was and may be out of date: ask {@link Session#state()} where that
 * matters. When it is connected again everything is read anew, and the differences are told.
 *
 * <p><b>When the session is over</b>, the cache comes to a standstill: open a new session and a new cache.
 *
 * <p>A node that the session may not read is not there. Any thread may call any method; reading never waits.
 */
public final class ConfigCache implements AutoCloseable {

    /**
     * What became of a node. Of a node that was deleted and created again between two looks, both are told in one change:
     * their {@code czxid} differ.
     *
     * @param path the node
     * @param before what it was, empty if it was not there
     * @param after what it is, empty if it is gone
     */
    public record Change(NodePath path, Optional<Node> before, Optional<Node> after) {}

    private final Session session;
    private final NodePath root;
    private final Executor executor;
    private final Listeners<Change> listeners;
    private final Mirror mirror;
    private final CompletableFuture<ConfigCache> opened = new CompletableFuture<>();
    /** Written on the executor only. */
    private volatile long version;

    private ConfigCache(Session session, NodePath root, int depthMax) {
        this.session = session;
        this.root = Objects.requireNonNull(root, "path");
        this.executor = session.async().callbackExecutor();
        this.listeners = new Listeners<>(executor);
        this.mirror = new Mirror(session.async(), root, depthMax, this::onChanges);
    }

    /**
     * Mirrors one node, which need not exist, and waits until it is read.
     *
     * @throws CoordException if it cannot be read
     */
    public static ConfigCache node(Session session, NodePath path) {
        return open(new ConfigCache(session, path, 0));
    }

    /**
     * Mirrors a node, which need not exist, and everything below it, and waits until all is read.
     *
     * @throws CoordException if it cannot be read
     */
    public static ConfigCache subtree(Session session, NodePath path) {
        return open(new ConfigCache(session, path, Integer.MAX_VALUE));
    }

    private static ConfigCache open(ConfigCache cache) {
        return Waiting.await(cache.session, cache::begin, cache::close);
    }

    /** As {@link #node}, without waiting. */
    public static CompletionStage<ConfigCache> nodeAsync(Session session, NodePath path) {
        return new ConfigCache(session, path, 0).begin();
    }

    /** As {@link #subtree}, without waiting. */
    public static CompletionStage<ConfigCache> subtreeAsync(Session session, NodePath path) {
        return new ConfigCache(session, path, Integer.MAX_VALUE).begin();
    }

    private CompletionStage<ConfigCache> begin() {
        executor.execute(() -> mirror.open().whenComplete((open, thrown) -> {
            if (thrown == null) {
                opened.complete(this);
            } else {
                opened.completeExceptionally(Waiting.cause(thrown));
            }
        }));
        return opened.minimalCompletionStage();
    }

    private void onChanges(List<Mirror.Change> changes) {
        for (Mirror.Change change : changes) {
            change.after().ifPresent(node -> version = Math.max(version, node.stat().mzxid()));
        }
        changes.forEach(change -> listeners.tell(new Change(change.path(), change.before(), change.after())));
    }

    /** The mirrored node, the uppermost one if a subtree is mirrored. */
    public NodePath path() {
        return root;
    }

    /** The mirrored node itself, if it is there. */
    public Optional<Node> node() {
        return find(root);
    }

    /** A mirrored node, if it is there; empty for every path outside of what is mirrored. */
    public Optional<Node> find(NodePath path) {
        return Optional.ofNullable(mirror.nodes().get(path));
    }

    /** All that is mirrored, by path: a live view, not to be changed, of which each node is right by itself. */
    public NavigableMap<NodePath, Node> nodes() {
        return Collections.unmodifiableNavigableMap(mirror.nodes());
    }

    /** The zxid of the newest value seen so far; grows, and 0 if there was none. Deletions have no part in it. */
    public long version() {
        return version;
    }

    /**
     * Calls the listener with each mirrored node as it stands, as if it had just come, and with each change that follows. So whoever
     * adds them up has what is mirrored.
     */
    public Registration onChange(Consumer<? super Change> listener) {
        return listeners.add(listener, () -> mirror.nodes().entrySet().stream()
                .map(known -> new Change(known.getKey(), Optional.empty(), Optional.of(known.getValue())))
                .toList());
    }

    /** Ends the mirroring and its listeners' calls; what is known stays readable. Does not wait. */
    @Override
    public void close() {
        executor.execute(mirror::close);
    }

    @Override
    public String toString() {
        return "mirror of " + root + ": " + mirror.nodes().size() + " nodes, version 0x" + Long.toHexString(version);
    }
}
