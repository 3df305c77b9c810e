package io.coord.netty;

import io.coord.Ensemble;
import io.coord.MemberAddress;
import io.coord.MemberId;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a list of members says otherwise than the ensemble: a list founds an ensemble, and changes nothing of one that has formed
 * (decision 012). Who is in one of the two only is no difference: an ensemble grows and shrinks without its lists.
 */
final class Differences {

    private Differences() {}

    /** A sentence for each member that is reached elsewhere, or has another role, with what to do; none where nobody else is to reach it. */
    static List<String> between(Ensemble list, Ensemble formed) {
        List<String> differences = new ArrayList<>();
        if (list.addresses().size() == 1 && formed.addresses().size() == 1) {
            return differences;
        }
        list.addresses().forEach((id, listed) -> formed.find(id).ifPresent(known -> {
            if (!endpoint(listed).equalsIgnoreCase(endpoint(known))) {
                differences.add("the list says member " + id + " at " + endpoint(listed) + "; the ensemble has it at " + endpoint(known)
                        + ", and that counts: ask for ZooKeeper's reconfig -add server." + id + "=" + endpoint(listed)
                        + ":..., or, where there is no quorum to decide it, say --prop peerAddress." + id + "=" + endpoint(listed)
                        + " to the other members first");
            }
            if (votes(list, id) != votes(formed, id)) {
                differences.add("the list says member " + id + " is " + role(list, id) + "; in the ensemble it is " + role(formed, id)
                        + ", and that counts: ask for ZooKeeper's reconfig");
            }
        }));
        return differences;
    }

    private static String endpoint(MemberAddress address) {
        return address.hostText() + ":" + address.peerPort();
    }

    private static boolean votes(Ensemble ensemble, MemberId id) {
        return ensemble.voters().containsKey(id);
    }

    private static String role(Ensemble ensemble, MemberId id) {
        return votes(ensemble, id) ? "a voter" : "an observer";
    }
}
