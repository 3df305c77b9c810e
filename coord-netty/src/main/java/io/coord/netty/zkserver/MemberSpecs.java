package io.coord.netty.zkserver;

import io.coord.MemberId;
import io.coord.netty.server.ServerLine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The members that a reconfiguration of ZooKeeper's names, in our syntax. What makes no sense is handed on as something that is no member,
 * so that the tree refuses it in its turn: after another version of the configuration, before missing permission (zk.RC2).
 *
 * @param members those that come or change, {@code id=host:peerPort:clientPort[:observer]}
 * @param leaving those that go
 */
record MemberSpecs(String members, List<MemberId> leaving) {

    /** Stands in for what is no member. */
    private static final String NOBODY = "not-a-member";

    /** ZooKeeper takes a server here with its three ports only. */
    private static final Pattern THREE_PORTS = Pattern.compile("[^;]+:\\d+:\\d+(:[A-Za-z]+)?;[^;]*\\d");

    private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");

    /** A number that ZooKeeper takes and no member of ours can have: refused like any wish that we cannot fulfil, not as senseless. */
    private static final Pattern BEYOND = Pattern.compile("server\\.(\\d{3,9})=.*");

    /** Reads both lists, {@code server.N=...} and {@code N}, each separated by commas; the first by line ends, too. */
    static MemberSpecs of(@Nullable String coming, @Nullable String going) {
        Map<MemberId, String> members = new TreeMap<>();
        List<String> mistaken = new ArrayList<>();
        for (String spec : split(coming)) {
            Matcher beyond = BEYOND.matcher(spec);
            boolean isBeyond = beyond.matches() && Integer.parseInt(beyond.group(1)) > MemberId.MAX;
            ServerLine line = line(isBeyond ? "server." + MemberId.MAX + spec.substring(spec.indexOf('=')) : spec);
            if (line != null && isBeyond) {
                mistaken.add(asMember(beyond.group(1), line));
            } else if (line != null) {
                members.put(line.id(), asMember(line.id().toString(), line));
            } else if (!spec.startsWith("version=")) { // as the configuration node has it
                mistaken.add(NOBODY);
            }
        }
        TreeSet<MemberId> leaving = new TreeSet<>();
        for (String id : split(going)) {
            if (!NUMBER.matcher(id).matches()) {
                mistaken.add(NOBODY);
            } else if (Long.parseLong(id) >= 1 && Long.parseLong(id) <= MemberId.MAX) {
                leaving.add(MemberId.of(Integer.parseInt(id)));
            }
        }
        leaving.removeAll(members.keySet()); // who goes and comes has come
        mistaken.addAll(0, members.values());
        return new MemberSpecs(String.join(",", mistaken), List.copyOf(leaving));
    }

    private static String asMember(String id, ServerLine line) {
        return id + "=" + line.address() + (line.isObserver() ? ":observer" : "");
    }

    private static List<String> split(@Nullable String list) {
        List<String> parts = new ArrayList<>();
        if (list != null) {
            for (String part : list.split("[,\n]")) {
                String bare = part.replaceAll("\\s", "");
                if (!bare.isEmpty()) {
                    parts.add(bare);
                }
            }
        }
        return parts;
    }

    private static @Nullable ServerLine line(String spec) {
        int equals = spec.indexOf('=');
        if (equals < 0 || !spec.startsWith("server.") || !THREE_PORTS.matcher(spec.substring(equals + 1)).matches()) {
            return null;
        }
        return ServerLine.parse(spec.substring(0, equals), spec.substring(equals + 1), new ArrayList<>());
    }
}
