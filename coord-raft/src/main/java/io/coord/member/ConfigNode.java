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
 * <p>A client that finds addresses there uses them in place of those it was given, so it holds all of them or none: it is empty where
 * the client port of one member is unknown or any free one, and for a member that is alone, as it is in ZooKeeper.
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
                    .append(':').append(role)
                    .append(';').append(known.clientHostText())
                    .append(':').append(known.clientPort().getAsInt())
                    .append('\n');
        }
        return Bytes.utf8(text.append("version=").append(Long.toHexString(index)).toString());
    }

    private static boolean votes(Configuration configuration, MemberKey member) {
        return configuration.voters().stream().anyMatch(voter -> voter.id().equals(member.id()));
    }

    /** The address, if clients can use it. */
    private static @Nullable MemberAddress known(String text) {
        try {
            MemberAddress address = MemberAddress.parse(text);
            return address.clientPort().orElse(0) == 0 ? null : address;
        } catch (ConfigException e) {
            return null; // written by a later version, that knows other addresses
        }
    }
}
