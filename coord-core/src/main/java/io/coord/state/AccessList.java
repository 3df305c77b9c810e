package io.coord.state;

import io.coord.Acl;
import io.coord.Identity;
import java.util.List;

/** An access control list as stored: shared by all nodes that have the same, with what is asked of it most often worked out. */
final class AccessList {

    final List<Acl> entries;
    final long digest;
    /** What anybody may do: answers nearly every check without looking at identities. */
    private final int anyonePermissions;

    AccessList(List<Acl> entries) {
        this.entries = List.copyOf(entries);
        this.digest = Digest.acl(this.entries);
        int anyone = this.entries.isEmpty() ? -1 : 0;
        for (Acl entry : this.entries) {
            anyone |= entry.identity().equals(Identity.ANYONE) ? entry.permissions() : 0;
        }
        this.anyonePermissions = anyone;
    }

    boolean allows(int permission, List<Identity> identities) {
        return (anyonePermissions & permission) != 0 || Acls.allows(entries, permission, identities);
    }
}
