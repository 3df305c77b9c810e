package io.coord.netty.zkserver;

import io.coord.Acl;
import io.coord.Identity;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The schemes whose ids access control lists may name at a port: of a scheme that nobody could prove there, none would ever be granted
 * anything, so that it is refused like one that does not exist (zk.C5).
 */
final class AclSchemes {

    private static final Set<String> PROVEN = Set.of("digest", "sasl", "x509");
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
        if (acl.equals(Acl.OPEN) || acl.stream().noneMatch(entry -> refused.contains(entry.identity().scheme()))) {
            return acl;
        }
        return acl.stream().map(this::judged).toList();
    }

    private Acl judged(Acl entry) {
        Identity named = entry.identity();
        return refused.contains(named.scheme())
                ? new Acl(entry.permissions(), new Identity(named.scheme() + NOT_HERE, named.id()))
                : entry;
    }
}
