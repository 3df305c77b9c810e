package io.coord.member;

import io.coord.ConfigException;
import io.coord.Ensemble;
import io.coord.MemberAddress;
import io.coord.MemberId;
import io.coord.raft.Configuration;
import io.coord.raft.Configuration.Address;
import io.coord.raft.MemberKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Configurations as ensembles, in which a member is known by its number, and back. */
public final class Ensembles {

    private Ensembles() {}

    /** The configuration that an ensemble is founded with: each member by the key of its first disk. */
    public static Configuration founding(Ensemble ensemble) {
        List<Address> addresses = new ArrayList<>();
        ensemble.addresses().forEach((id, address) ->
                addresses.add(new Address(MemberKey.first(id), address.toString())));
        return new Configuration(
                ensemble.voters().keySet().stream().map(MemberKey::first).toList(),
                List.of(),
                ensemble.observers().keySet().stream().map(MemberKey::first).toList(),
                addresses);
    }

    /**
     * The ensemble that a configuration is, or will be when the change under way is done; empty if the address of a member is not
     * known. A member that comes back under another key is in it once.
     */
    public static Optional<Ensemble> of(Configuration configuration) {
        TreeMap<MemberId, MemberAddress> voters = new TreeMap<>();
        TreeMap<MemberId, MemberAddress> observers = new TreeMap<>();
        try {
            put(configuration, configuration.voters(), voters);
            put(configuration, configuration.learners(), observers);
            observers.keySet().removeAll(voters.keySet());
            return voters.size() < configuration.voters().size()
                    ? Optional.empty()
                    : Optional.of(new Ensemble(voters, observers));
        } catch (ConfigException unknown) {
            return Optional.empty();
        }
    }

    private static void put(Configuration configuration, List<MemberKey> keys, SortedMap<MemberId, MemberAddress> into) {
        for (MemberKey key : keys) {
            configuration.addressOf(key).ifPresent(text -> into.put(key.id(), MemberAddress.parse(text)));
        }
    }

    /** The same in canonical text, or null. */
    static @Nullable String textOf(Configuration configuration) {
        return of(configuration).map(Ensemble::toString).orElse(null);
    }

    /** The key under which a configuration knows a member: that of its latest disk, if it knows several. */
    static @Nullable MemberKey latest(Configuration configuration, MemberId id) {
        MemberKey latest = null;
        for (MemberKey key : configuration.everyone()) {
            latest = key.id().equals(id) ? key : latest; // sorted: a later incarnation comes later
        }
        return latest;
    }

    /**
     * The configuration that an ensemble becomes, each member under its latest key; null if a voter has not joined yet. An observer that
     * has not is in it without a disk: it counts for nothing, and takes its place when it comes.
     */
    static @Nullable Configuration configuration(Ensemble ensemble, Configuration present) {
        List<MemberKey> voters = new ArrayList<>();
        for (MemberId id : ensemble.voters().keySet()) {
            MemberKey known = latest(present, id);
            if (known == null || known.isAbsent()) {
                return null;
            }
            voters.add(known);
        }
        List<MemberKey> learners = new ArrayList<>();
        for (MemberId id : ensemble.observers().keySet()) {
            MemberKey known = latest(present, id);
            learners.add(known == null ? MemberKey.absent(id) : known);
        }
        List<Address> addresses = new ArrayList<>();
        for (List<MemberKey> keys : List.of(voters, learners)) {
            keys.forEach(key -> addresses.add(new Address(key, ensemble.address(key.id()).toString())));
        }
        return new Configuration(voters, List.of(), learners, addresses);
    }

    /** Whether a configuration knows a disk of the member. */
    static boolean hasJoined(Configuration configuration, MemberId id) {
        MemberKey known = latest(configuration, id);
        return known != null && !known.isAbsent();
    }

    /**
     * The configuration with one more learner, in place of another key of the same member that only learnt. What the list says of its
     * address besides where it is reached is kept, unless it is reached elsewhere now. An empty address is none.
     */
    static Configuration withLearner(Configuration present, MemberKey joining, String address) {
        List<MemberKey> learners = new ArrayList<>(present.learners());
        learners.removeIf(key -> key.id().equals(joining.id()));
        learners.add(joining);
        List<Address> addresses = new ArrayList<>(present.addresses());
        addresses.removeIf(known -> known.key().id().equals(joining.id()) && !present.isVoter(known.key()));
        if (!address.isEmpty()) {
            MemberKey known = latest(present, joining.id());
            Optional<String> listed = known == null ? Optional.empty() : present.addressOf(known);
            addresses.add(new Address(joining, listed.filter(text -> isSamePlace(text, address)).orElse(address)));
        }
        return new Configuration(present.voters(), List.of(), learners, addresses);
    }

    private static boolean isSamePlace(String listed, String told) {
        try {
            MemberAddress one = MemberAddress.parse(listed);
            MemberAddress other = MemberAddress.parse(told);
            return one.host().equals(other.host())
                    && one.peerPort() == other.peerPort()
                    && one.clientPort().equals(other.clientPort());
        } catch (ConfigException unreadable) {
            return false;
        }
    }

    /** The configuration in which a learner takes the place of an earlier disk of the same member among the voters. */
    static Configuration replaced(Configuration present, MemberKey old, MemberKey renewed) {
        List<MemberKey> voters = new ArrayList<>(present.voters());
        voters.remove(old);
        voters.add(renewed);
        List<MemberKey> learners = new ArrayList<>(present.learners());
        learners.remove(renewed);
        List<Address> addresses = new ArrayList<>(present.addresses());
        addresses.removeIf(known -> known.key().equals(old));
        return new Configuration(voters, List.of(), learners, addresses);
    }
}
