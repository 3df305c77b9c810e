package io.coord.netty.zkfiles;

import static io.coord.netty.zkfiles.ZooKeeperFiles.hex;

import io.coord.ErrorCode;
import io.coord.NodePath;
import io.coord.netty.zkfiles.Transaction.TreeDigest;
import io.coord.netty.zkfiles.ZooKeeperFiles.Named;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a stopped ZooKeeper server would come up with: its newest whole snapshot, and the log replayed on it. */
public final class ZooKeeperImage {

    /** Among how many transactions one is known again. */
    private static final int PRINTS_MAX = 100_000;
    private static final int NAMES_TOLD_MAX = 20;

    private final ZooKeeperTree tree;
    private final String origin;
    private final long zxid;
    private final long millis;
    private final long transactions;
    private final int orphans;
    private final List<String> findings;

    private ZooKeeperImage(Loading loading, int orphans) {
        this.tree = loading.tree;
        this.origin = loading.origin;
        this.zxid = loading.zxid;
        this.millis = loading.millis;
        this.transactions = loading.transactions;
        this.orphans = orphans;
        this.findings = List.copyOf(loading.findings);
    }

    /**
     * Reads a server's directories, and changes nothing in them.
     *
     * @param data what {@code zoo.cfg} calls dataDir
     * @param logs what it calls dataLogDir, or the same
     * @param acceptsGaps whether transactions may be missing from the log
     * @throws IOException if there is nothing to read, or it is damaged or incomplete; the message says where and what to do
     */
    public static ZooKeeperImage read(Path data, Path logs, boolean acceptsGaps) throws IOException {
        Loading loading = new Loading(acceptsGaps);
        loading.load(ZooKeeperFiles.resolve(data), ZooKeeperFiles.resolve(logs));
        return new ZooKeeperImage(loading, loading.tree.removeOrphans(loading.zxid));
    }

    ZooKeeperTree tree() {
        return tree;
    }

    /** The last zxid. */
    public long zxid() {
        return zxid;
    }

    /** When the last transaction was, in milliseconds of the wall clock of ZooKeeper's leader. */
    public long millis() {
        return millis;
    }

    /** Number of nodes, the root included. */
    public int nodeCount() {
        return tree.nodes().size();
    }

    /** Number of sessions. */
    public int sessionCount() {
        return tree.sessions().size();
    }

    /** What was read, and what was found out of order, one sentence each. */
    public List<String> report() {
        List<String> report = new ArrayList<>();
        report.add("read " + origin + " and " + transactions + " transactions behind it, up to zxid " + hex(zxid));
        if (orphans > 0) {
            report.add("deleted " + orphans + " ephemeral nodes of sessions that had ended, as ZooKeeper does when it starts");
        }
        report.addAll(findings);
        return report;
    }

    private static final class Loading {
        private final boolean acceptsGaps;
        private final List<String> findings = new ArrayList<>();
        private ZooKeeperTree tree = new ZooKeeperTree();
        private String origin = "no snapshot";
        private @Nullable TreeDigest digest;
        private long start;
        private long zxid;
        private long millis;
        private long transactions;
        private final List<Transaction> shownSessions = new ArrayList<>();
        private long lastShown;
        private final Map<Long, Transaction.Print> prints = new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Long, Transaction.Print> eldest) {
                return size() > PRINTS_MAX;
            }
        };
        private int repeated;
        private long firstRepeated = Long.MAX_VALUE;
        private long lastRepeated;

        Loading(boolean acceptsGaps) {
            this.acceptsGaps = acceptsGaps;
        }

        void load(Path data, Path logs) throws IOException {
            List<Named> snapshots = ZooKeeperFiles.snapshots(data);
            List<Named> files = ZooKeeperFiles.logs(logs);
            long newest = snapshots.isEmpty() ? 0 : snapshots.get(0).zxid();
            readSnapshot(data, snapshots, files);
            replay(files);
            if (zxid < newest) {
                gap("the newest snapshot " + snapshots.get(0) + " is damaged, and the log ends before it, at " + hex(zxid));
            }
            checkShown();
            checkNames();
            checkLists();
            checkDigest();
        }

        /** The newest snapshot that is whole: one that a crash cut short is passed over, as ZooKeeper does. */
        private void readSnapshot(Path data, List<Named> snapshots, List<Named> files) throws IOException {
            if (snapshots.isEmpty() && (files.isEmpty() || (files.get(0).zxid() & 0xFFFF_FFFFL) > 1)) {
                throw ZooKeeperFiles.missing(
                        "there is no snapshot in " + data, "Name what zoo.cfg calls dataDir, or the version-2 directory in it.");
            }
            IOException first = null;
            for (Named file : snapshots) {
                try {
                    take(file, SnapshotReader.read(file));
                    return;
                } catch (IOException e) {
                    if (e.getMessage() == null || !e.getMessage().startsWith(ErrorCode.ZOOKEEPER_DATA_DAMAGED.toString())) {
                        throw e;
                    }
                    first = first == null ? e : first;
                    findings.add("passed over " + file + ", which is not whole, for an older snapshot");
                }
            }
            if (first != null) {
                throw first;
            }
        }

        private void take(Named file, SnapshotReader.Content content) {
            tree = content.tree();
            origin = file.path().getFileName().toString();
            start = file.zxid();
            zxid = start;
            for (ZooKeeperTree.Node node : tree.nodes().values()) {
                millis = Math.max(millis, node.mtime);
            }
            digest = content.digestZxid() == start ? content.digest() : null;
        }

        /** Replays the log from the file on that the snapshot's zxid falls into. */
        private void replay(List<Named> files) throws IOException {
            int from = 0;
            for (int at = 0; at < files.size(); at++) {
                if (files.get(at).zxid() <= start + 1) {
                    from = at;
                }
            }
            if (from > 0 && files.get(from).zxid() > start) {
                readSessionsOf(files.get(from - 1));
            }
            for (Named file : files.subList(from, files.size())) {
                replay(file, file == files.get(files.size() - 1));
            }
            if (repeated > 0) {
                findings.add("counted " + repeated + " transactions from " + hex(firstRepeated) + " to " + hex(lastRepeated)
                        + " once that the log has more often, as ZooKeeper's does when a follower changes its leader");
            }
            if (zxid == start) {
                findings.add("no transaction follows the snapshot; if zoo.cfg has a dataLogDir, name that too");
            }
        }

        /** A server begins a new log file with each snapshot, and older ones list the sessions a little before: the file before tells. */
        private void readSessionsOf(Named file) {
            try (LogReader reader = new LogReader(file)) {
                for (Transaction next = reader.next(); next != null && next.zxid() <= start; next = reader.next()) {
                    noteShown(next);
                }
            } catch (IOException e) {
                shownSessions.clear(); // only needed for sessions opened just then
            }
        }

        private void replay(Named file, boolean isLast) throws IOException {
            try (LogReader reader = new LogReader(file)) {
                boolean isFirst = true;
                for (Transaction next = reader.next(); next != null; next = reader.next()) {
                    if (next.zxid() <= start) {
                        noteShown(next);
                    } else if (isRepeated(next)) {
                        noteRepeated(next.zxid());
                    } else {
                        checkFollows(file, reader, next.zxid(), isFirst);
                        applyShownSessions();
                        apply(file, reader, next);
                    }
                    isFirst = false;
                }
                if (reader.isTorn() && isLast) {
                    findings.add("the end of " + file + ", from offset " + reader.end()
                            + " on, was torn by a crash and left out; ZooKeeper does the same");
                }
            }
            applyShownSessions();
        }

        /**
         * A follower that loses its leader may log what it had on its way, and once more when it gets that from the next leader
         * (ZOOKEEPER-4541): ZooKeeper replays both, and comes to the same.
         */
        private boolean isRepeated(Transaction next) {
            Transaction.Print before = next.zxid() <= zxid ? prints.get(next.zxid()) : null;
            return before != null && before.isOfSame(next.print());
        }

        private void noteRepeated(long zxid) {
            repeated++;
            firstRepeated = Math.min(firstRepeated, zxid);
            lastRepeated = Math.max(lastRepeated, zxid);
        }

        /** Remembers what happened to sessions, as far as it leads to the snapshot without a gap. */
        private void noteShown(Transaction shown) {
            if (shown.zxid() <= lastShown || zxid > start) {
                return; // repeated
            }
            if (!follows(lastShown, shown.zxid())) {
                shownSessions.clear();
            }
            lastShown = shown.zxid();
            if (shown.isOfSession()) {
                shownSessions.add(shown);
            }
        }

        private void applyShownSessions() throws IOException {
            if (lastShown == start) {
                for (Transaction shown : shownSessions) {
                    shown.applyTo(tree, true);
                }
            }
            shownSessions.clear();
        }

        private void checkFollows(Named file, LogReader reader, long next, boolean isFirst) throws IOException {
            if (next <= zxid) {
                throw ZooKeeperFiles.damaged(file.path(), reader.end(), "transaction " + hex(next) + " comes after " + hex(zxid));
            }
            if ((isFirst || zxid == start) && !follows(zxid, next)) {
                gap("transactions are missing between " + hex(zxid) + " and " + hex(next) + ", where " + file + " goes on");
            }
        }

        private void apply(Named file, LogReader reader, Transaction next) throws IOException {
            try {
                next.applyTo(tree, false);
            } catch (JuteException | EOFException e) {
                throw ZooKeeperFiles.damaged(file.path(), reader.end(), String.valueOf(e.getMessage()));
            }
            zxid = next.zxid();
            millis = Math.max(millis, next.time());
            digest = next.digest();
            prints.put(zxid, next.print());
            transactions++;
        }

        /** Within an epoch zxids have no gaps, and an epoch's first is 1: where a file ends and the next begins, this shows a lost one. */
        private static boolean follows(long before, long next) {
            boolean isSameEpoch = next >>> 32 == before >>> 32;
            return isSameEpoch ? next == before + 1 : next > before && (next & 0xFFFF_FFFFL) <= 1;
        }

        private void gap(String fact) throws IOException {
            if (!acceptsGaps) {
                throw ZooKeeperFiles.missing(
                        fact,
                        "Copy all log files of one server, those in dataLogDir if zoo.cfg has one; --accept-gaps imports what is there.");
            }
            findings.add(fact);
        }

        /** A snapshot may show more than its name says, but never more than the log of its server. */
        private void checkShown() throws IOException {
            long shown = tree.highestShown();
            if (shown > zxid) {
                gap("the snapshot shows transactions up to " + hex(shown) + ", but the log ends at " + hex(zxid));
                zxid = shown;
            }
        }

        /** Older versions let some names be created that 3.9 does not, and none looks at those that it loads. */
        private void checkNames() throws IOException {
            List<String> invalid = tree.nodes().keySet().stream().filter(path -> NodePath.violation(path).isPresent()).sorted().toList();
            if (!invalid.isEmpty()) {
                String first = invalid.stream().limit(NAMES_TOLD_MAX).map(NodePath::printable).collect(Collectors.joining(", "));
                throw new IOException(ErrorCode.ZOOKEEPER_NAMES_INVALID.message(invalid.size() + " nodes have names that no node can have"
                        + " any more: " + first + (invalid.size() > NAMES_TOLD_MAX ? ", ..." : "") + ". Nothing was imported. Delete them in"
                        + " ZooKeeper, or copy them to other names, by a client of the version that made them."));
            }
        }

        private void checkLists() throws IOException {
            for (Map.Entry<String, ZooKeeperTree.Node> entry : tree.nodes().entrySet()) {
                if (entry.getValue().acl == null) {
                    throw ZooKeeperFiles.missing(
                            "node " + NodePath.printable(entry.getKey()) + " has an access control list that no file tells",
                            "Import from another server of the ensemble.");
                }
            }
        }

        private void checkDigest() {
            TreeDigest said = digest;
            if (said == null || said.version() != ZooKeeperTree.DIGEST_VERSION) {
                return;
            }
            long found = tree.digest();
            if (found != said.value()) {
                findings.add("WARNING: the tree comes to ZooKeeper's digest " + hex(found) + ", but its files say "
                        + hex(said.value()) + " at " + hex(zxid) + "; compare with another server before you rely on it");
            }
        }
    }
}
