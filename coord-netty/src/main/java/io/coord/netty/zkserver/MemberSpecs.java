package io.coord.netty.zkserver;

import io.coord.MemberAddress;
import io.coord.MemberId;
import io.coord.netty.server.ServerLine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The members that a reconfiguration of ZooKeeper's names, in our syntax. What makes no sense is handed on as something that is no member,
 * so that the tree refuses it in its turn: after another version of the configuration, before missing permission (zk.RC2).
 *
 * @param members those that come or change, {@code id=host:peerPort:electionPort[:observer];clientHost:clientPort}
 * @param leaving those that go
 */
record MemberSpecs(String members, List<MemberId> leaving) {

    /** Stands in for what is no member. */
    private static final String NOBODY = "not-a-member";

    /** ZooKeeper takes a server here with its three ports only. */
    private static final Pattern THREE_PORTS = Pattern.compile("[^;]+:\\d+:\\d+(:[A-Za-z]+)?;[^;]*\\d");

    private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");

    /** Where ZooKeeper listens for clients if a server's line does not say. */
    private static final String EVERYWHERE = "0.0.0.0";

    /** Reads both lists, {@code server.N=...} and {@code N}, each separated by commas; the first by line ends, too. */
    static MemberSpecs of(@Nullable String coming, @Nullable String going) {
        Map<MemberId, String> members = new TreeMap<>();
        List<String> mistaken = new ArrayList<>();
        for (String spec : split(coming)) {
            ServerLine line = line(spec);
            if (line != null && line.isOfMember()) {
                members.put(line.id(), asMember(line));
            } else if (line != null) {
                mistaken.add(asMember(line)); // refused like any wish that we cannot fulfil, not as senseless
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

    /**
     * In ZooKeeper's words, which our lists of members take; without an election port that would be shown in any case. What the
     * configuration node shows of members on one host is taken back so: the ports it makes up may be other members' there.
     */
    private static String asMember(ServerLine line) {
        MemberAddress address = line.address();
        int electionPort = address.electionPort().orElseThrow();
        MemberAddress without = new MemberAddress(address.host(), address.peerPort(), address.clientPort());
        boolean isShownAnyway = electionPort == without.shownElectionPort();
        return line.number() + "=" + address.hostText() + ":" + address.peerPort() + (isShownAnyway ? "" : ":" + electionPort)
                + (line.isObserver() ? ":observer" : "")
                + ";" + (address.clientHost().isEmpty() ? EVERYWHERE : address.clientHostText())
                + ":" + address.clientPort().orElseThrow();
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
        return ServerLine.ofAnyNumber(spec.substring(0, equals), spec.substring(equals + 1));
    }
}
