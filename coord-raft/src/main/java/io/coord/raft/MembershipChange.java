package io.coord.raft;

import io.coord.raft.Configuration.Address;
import java.util.ArrayList;
import java.util.List;

/**
 * The steps from one configuration to another. Learners come and go in one step. A change of voters goes through a joint
 * configuration, in which a decision needs a majority of the old voters and one of the new (thesis 4.3).
 */
final class MembershipChange {

    private MembershipChange() {}

    /** The first step: the target itself if the voters stay, else the two voter sets together. */
    static Configuration firstStep(Configuration current, Configuration target) {
        if (target.isJoint()) {
            throw new IllegalArgumentException("the target of a change has one voter set, not two: " + target);
        }
        if (current.voters().equals(target.voters())) {
            return target;
        }
        List<Address> addresses = new ArrayList<>(target.addresses());
        for (Address address : current.addresses()) {
            if (!target.contains(address.key())) {
                addresses.add(address);
            }
        }
        return new Configuration(target.voters(), current.voters(), target.learners(), addresses);
    }

    /** The last step: the incoming voters alone. */
    static Configuration lastStep(Configuration joint) {
        Configuration alone = new Configuration(joint.voters(), List.of(), joint.learners(), List.of());
        List<Address> addresses = new ArrayList<>(joint.addresses());
        addresses.removeIf(address -> !alone.contains(address.key()));
        return new Configuration(alone.voters(), List.of(), alone.learners(), addresses);
    }
}
