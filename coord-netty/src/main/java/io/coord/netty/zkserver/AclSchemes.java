package io.coord.netty.zkserver;

import io.coord.Acl;
import io.coord.Identity;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.security.auth.x500.X500Principal;

/**
 * The schemes whose ids access control lists may name at a port: of a scheme that nobody could prove there, none would ever be granted
 * anything, so that it is refused like one that does not exist (zk.C5); so is an id of x509 that can be nobody's.
 */
final class AclSchemes {

    private static final String X509 = "x509";
    private static final Set<String> PROVEN = Set.of("digest", "sasl", X509);
    private static final String NO_SUBJECT = " (of which the id is no certificate's subject)";
    private static final String NOT_HERE = " (which nobody can prove at this port)";

    private final Set<String> refused;

    /** @param known those of digest, sasl and x509 that may be named */
    AclSchemes(Set<String> known) {
        Set<String> others = new TreeSet<>(PROVEN);
        others.removeAll(known);
        this.refused = Set.copyOf(others);
    }

    /** The list as the tree is to judge it in its turn: what may not be named has the name of no scheme. */
    List<Acl> judged(List<Acl> acl) {
        if (acl.equals(Acl.OPEN) || acl.stream().allMatch(entry -> objection(entry.identity()).isEmpty())) {
            return acl;
        }
        return acl.stream().map(this::judged).toList();
    }

    private Acl judged(Acl entry) {
        Identity named = entry.identity();
        String objection = objection(named);
        return objection.isEmpty() ? entry : new Acl(entry.permissions(), new Identity(named.scheme() + objection, named.id()));
    }

    private String objection(Identity named) {
        if (refused.contains(named.scheme())) {
            return NOT_HERE;
        }
        return named.scheme().equals(X509) && !isSubject(named.id()) ? NO_SUBJECT : "";
    }

    /** As ZooKeeper asks, of a parser that may differ from one Java runtime to the next: at the door, and not in what members agree on. */
    private static boolean isSubject(String id) {
        try {
            new X500Principal(id);
            return true;
        } catch (IllegalArgumentException no) {
            return false;
        }
    }
}
