package io.coord.member;

import io.coord.Bytes;
import io.coord.ConfigException;
import io.coord.MemberAddress;
import io.coord.raft.Configuration;
import io.coord.raft.MemberKey;
import org.jspecify.annotations.Nullable;

/**
 * The text of {@code /zookeeper/config}, for clients that learn from it where the members are (zk.RC1): an election port and a host for
 * clients as the list of members has them, others in their place where it has none.
 *
 * <p>Every member has its line. Where a member's client port is unknown, or any free one, the line ends before it, as it does in
 * ZooKeeper, and clients that look for addresses pass it over. It is empty for a member that is alone, as it is there.
 */
public final class ConfigNode {

    private ConfigNode() {}

    /**
     * The data of the node.
     *
     * @param index of the entry that put the configuration in force: its version
     */
    public static Bytes data(Configuration configuration, long index) {
        if (configuration.addresses().size() < 2) {
            return Bytes.EMPTY;
        }
        StringBuilder text = new StringBuilder();
        for (Configuration.Address address : configuration.addresses()) {
            if (!address.key().equals(Ensembles.latest(configuration, address.key().id()))) {
                continue; // the same member with a former disk
            }
            MemberAddress known = known(address.text());
            if (known == null) {
                return Bytes.EMPTY;
            }
            String role = votes(configuration, address.key()) ? "participant" : "observer";
            text.append("server.").append(address.key().id())
                    .append('=').append(known.hostText())
                    .append(':').append(known.peerPort())
                    .append(':').append(known.shownElectionPort())
                    .append(':').append(role);
            if (known.clientPort().orElse(0) != 0) {
                text.append(';').append(known.clientHostText()).append(':').append(known.clientPort().getAsInt());
            }
            text.append('\n');
        }
        return Bytes.utf8(text.append("version=").append(Long.toHexString(index)).toString());
    }

    private static boolean votes(Configuration configuration, MemberKey member) {
        return configuration.voters().stream().anyMatch(voter -> voter.id().equals(member.id()));
    }

    /** The address, if it can be read. */
    private static @Nullable MemberAddress known(String text) {
        try {
            return MemberAddress.parse(text);
        } catch (ConfigException e) {
            return null; // written by a later version, that knows other addresses
        }
    }
}
