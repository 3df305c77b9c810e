package io.coord;

import java.util.List;

/**
 * A znode's access control list and its {@link Stat} of the same moment.
 *
 * @param acl the entries; digest hashes are masked for a reader without ADMIN (zk.A11)
 * @param stat the metadata
 */
public record AclStat(List<Acl> acl, Stat stat) {

    /** Keeps an immutable copy of the entries. */
    public AclStat {
        acl = List.copyOf(acl);
    }
}
