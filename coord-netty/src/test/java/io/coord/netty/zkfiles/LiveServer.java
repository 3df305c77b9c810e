package io.coord.netty.zkfiles;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.netty.zkfiles.Written.Part;
import io.coord.netty.zkfiles.ZooKeeperTree.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A server at work, as simple as can be: writes happen one after the other to a tree that shows them at once, each is logged, and a
 * snapshot is written while they go on.
 */
final class LiveServer {

    static final long EPOCH = 0x5_0000_0000L;

    private static final List<List<Acl>> LISTS =
            List.of(Acl.OPEN, Acl.READ_ONLY, List.of(Acl.of(31, "digest", "a:b")), List.of(Acl.of(3, "ip", "127.0.0.1")));

    final TreeMap<String, Node> nodes = new TreeMap<>();
    final TreeMap<Long, Integer> sessions = new TreeMap<>();
    final List<byte[]> log = new ArrayList<>();
    private final Map<List<Acl>, Long> known = new LinkedHashMap<>();
    private final SplittableRandom random;
    private final boolean namesClosedNodes;
    private long nextSession = 0x0100_0000_0000_0001L;
    long zxid = EPOCH;
    private long time = 1_000_000;

    LiveServer(long seed, boolean namesClosedNodes) {
        this.random = new SplittableRandom(seed);
        this.namesClosedNodes = namesClosedNodes;
        for (String path : List.of("/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config")) {
            Node node = new Node();
            node.data = new byte[0];
            node.acl = Acl.OPEN;
            nodes.put(path, node);
        }
    }

    int chance(int bound) {
        return random.nextInt(bound);
    }

    // ---- writes

    /** One transaction of any kind. */
    void write() {
        zxid++;
        time += 10;
        int kind = random.nextInt(100);
        if (kind < 8 || sessions.isEmpty()) {
            long id = nextSession++;
            sessions.put(id, 4000);
            log(id, Written.createSession(4000));
        } else if (kind < 14) {
            close(session());
        } else if (kind < 20) {
            log(session(), Written.error(-101));
        } else if (kind < 40) {
            long session = session();
            List<Part> parts = new ArrayList<>();
            for (int left = 1 + random.nextInt(5); left > 0; left--) {
                parts.add(operation(session, true));
            }
            log(session, Written.multi(parts));
        } else {
            long session = session();
            log(session, operation(session, false));
        }
    }

    private void log(long session, Part part) {
        log.add(Written.transaction(session, zxid, time, part, random.nextBoolean() ? digest() : null));
    }

    private long digest() {
        long digest = 0;
        for (Map.Entry<String, Node> node : nodes.entrySet()) {
            digest += ZooKeeperTree.digest(node.getKey(), node.getValue());
        }
        return digest;
    }

    private long session() {
        return List.copyOf(sessions.keySet()).get(random.nextInt(sessions.size()));
    }

    private void close(long session) {
        sessions.remove(session);
        List<String> paths = nodes.entrySet().stream()
                .filter(node -> node.getValue().owner == session)
                .map(Map.Entry::getKey)
                .toList();
        paths.forEach(this::remove);
        log(session, Written.closeSession(namesClosedNodes ? paths : null));
    }

    private Part operation(long session, boolean isPart) {
        String path = path();
        Node node = nodes.get(path);
        Node parent = nodes.get(ZooKeeperTree.parentOf(path));
        int kind = random.nextInt(10);
        if (node == null && parent != null && parent.owner == 0 || node == null && parent != null && parent.owner < 0) {
            return create(session, path, parent);
        }
        if (node == null) {
            return isPart ? Written.check("/", -1) : Written.error(-101);
        }
        if (kind < 5 && children(path).isEmpty()) {
            remove(path);
            return Written.delete(path);
        }
        if (kind < 8 || isPart) {
            Bytes data = random.nextInt(5) == 0 ? null : Bytes.utf8("data " + zxid);
            node.data = data == null ? null : data.toArray();
            node.version++;
            node.mzxid = zxid;
            node.mtime = time;
            return Written.setData(path, data, node.version);
        }
        node.acl = list();
        node.aversion++;
        return Written.setAcl(path, node.acl, node.aversion);
    }

    private List<Acl> list() {
        List<Acl> list = random.nextInt(4) == 0 ? List.of(Acl.of(1, "digest", "u:" + zxid)) : LISTS.get(random.nextInt(LISTS.size()));
        if (!list.equals(Acl.OPEN)) {
            known.putIfAbsent(list, known.size() + 1L);
        }
        return list;
    }

    /** Few names, so that nodes come and go under the same. */
    private String path() {
        StringBuilder path = new StringBuilder();
        for (int left = 1 + random.nextInt(3); left > 0; left--) {
            path.append('/').append((char) ('a' + random.nextInt(3)));
        }
        return path.toString();
    }

    private Part create(long session, String path, Node parent) {
        Node node = new Node();
        node.data = Bytes.utf8("new " + zxid).toArray();
        node.acl = list();
        node.czxid = zxid;
        node.mzxid = zxid;
        node.pzxid = zxid;
        node.ctime = time;
        node.mtime = time;
        int kind = random.nextInt(10);
        node.owner = kind < 4 ? session : kind == 4 ? NodeKind.CONTAINER : kind == 5 ? NodeKind.ttl(7000) : 0;
        nodes.put(path, node);
        parent.cversion++;
        parent.pzxid = zxid;
        Bytes data = Bytes.wrap(node.data);
        return switch (kind) {
            case 4 -> Written.createContainer(path, data, node.acl, parent.cversion);
            case 5 -> Written.createTtl(path, data, node.acl, parent.cversion, 7000);
            default -> Written.create(
                    random.nextBoolean() ? Written.CREATE : Written.CREATE_2, path, data, node.acl, kind < 4, parent.cversion);
        };
    }

    private void remove(String path) {
        nodes.remove(path);
        Node parent = nodes.get(ZooKeeperTree.parentOf(path));
        if (parent != null) {
            parent.pzxid = zxid;
        }
    }

    private TreeSet<String> children(String path) {
        TreeSet<String> children = new TreeSet<>();
        for (String each : nodes.keySet()) {
            if (!each.equals("/") && ZooKeeperTree.parentOf(each).equals(path)) {
                children.add(each);
            }
        }
        return children;
    }

    // ---- snapshots

    /** The content of a snapshot, and the zxid it is named by: writes go on while nodes are copied one by one. */
    Map.Entry<Long, byte[]> snapshot(int writesBetweenMax) {
        TreeMap<Long, Integer> listed = new TreeMap<>(sessions);
        writeSome(writesBetweenMax);
        long name = zxid;
        Map<List<Acl>, Long> lists = new LinkedHashMap<>(known);
        writeSome(writesBetweenMax);
        LinkedHashMap<String, Node> copied = new LinkedHashMap<>();
        copy("/", copied, writesBetweenMax);
        return Map.entry(name, Written.snapshot(listed, copied, lists));
    }

    private void writeSome(int max) {
        for (int left = random.nextInt(max + 1); left > 0; left--) {
            write();
        }
    }

    private void copy(String path, Map<String, Node> into, int writesBetweenMax) {
        Node node = nodes.get(path);
        if (node == null) {
            return;
        }
        into.put(path, copyOf(node));
        TreeSet<String> children = children(path);
        writeSome(writesBetweenMax);
        children.forEach(child -> copy(child, into, writesBetweenMax));
    }

    private static Node copyOf(Node node) {
        Node copy = new Node();
        copy.data = node.data;
        copy.acl = node.acl;
        copy.czxid = node.czxid;
        copy.mzxid = node.mzxid;
        copy.pzxid = node.pzxid;
        copy.ctime = node.ctime;
        copy.mtime = node.mtime;
        copy.version = node.version;
        copy.cversion = node.cversion;
        copy.aversion = node.aversion;
        copy.owner = node.owner;
        return copy;
    }
}
