package io.coord.testkit.demo;

import io.coord.Bytes;
import io.coord.testkit.demo.Recording.RecordedNode;
import java.util.Base64;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Holds the tree that a replay left against the recorded one, node by node and field by field. */
final class Comparison {

    private static final String WHERE = "tree";
    private static final String CONFIG_NODE = "/zookeeper/config";

    private final Replay replay;
    private final Differences differences;

    Comparison(Replay replay, Differences differences) {
        this.replay = replay;
        this.differences = differences;
    }

    /**
     * Compares.
     *
     * @return how many nodes there were
     */
    int compare(List<RecordedNode> recorded, List<TreeWalk.Found> ours) {
        TreeMap<String, RecordedNode> there = new TreeMap<>();
        recorded.forEach(node -> there.put(node.path(), node));
        TreeMap<String, TreeWalk.Found> here = new TreeMap<>();
        ours.forEach(node -> here.put(node.path(), node));
        here.remove(CONFIG_NODE);
        TreeSet<String> paths = new TreeSet<>(there.keySet());
        paths.addAll(here.keySet());
        for (String path : paths) {
            compare(path, there.get(path), here.get(path));
        }
        return recorded.size();
    }

    private void compare(String path, @Nullable RecordedNode there, TreeWalk.@Nullable Found here) {
        if (there == null || here == null) {
            differences.add(WHERE, path, "path", there == null ? "not in the recording" : "missing here");
            return;
        }
        differences.compare(WHERE, path, "data", text(there.data()), text(here.data()));
        differences.compare(WHERE, path, "acl", there.acl(), here.acl());
        differences.compare(WHERE, path, "version", there.version(), here.stat().version());
        differences.compare(WHERE, path, "cversion", there.cversion(), here.stat().cversion());
        differences.compare(WHERE, path, "aversion", there.aversion(), here.stat().aversion());
        differences.compare(WHERE, path, "dataLength", there.dataLength(), here.stat().dataLength());
        differences.compare(WHERE, path, "numChildren", there.numChildren(), here.stat().numChildren());
        differences.compare(
                WHERE, path, "ephemeralOwner", there.ephemeralOwner(), replay.ownerName(here.stat().ephemeralOwner()));
        zxid(path, "czxid", there.czxid(), here.stat().czxid());
        zxid(path, "mzxid", there.mzxid(), here.stat().mzxid());
        zxid(path, "pzxid", there.pzxid(), here.stat().pzxid());
    }

    private void zxid(String path, String field, long there, long here) {
        if (replay.zxids().fits(there, here)) {
            differences.compare(WHERE, path, field, there, there);
        } else {
            differences.add(WHERE, path, field, "0x" + Long.toHexString(there) + " of the recording is not 0x"
                    + Long.toHexString(here) + " here: another write did it, or in another order");
        }
    }

    private static @Nullable String text(@Nullable Bytes data) {
        return data == null ? null : Base64.getEncoder().encodeToString(data.toArray());
    }
}
