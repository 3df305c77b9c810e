package io.coord;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a znode's access control list: what an identity may do. A list grants what any of its entries grants.
 *
 * @param permissions a sum of {@link #READ}, {@link #WRITE}, {@link #CREATE}, {@link #DELETE} and {@link #ADMIN}
 * @param identity who may
 */
public record Acl(int permissions, Identity identity) {

    /** May read the data, list the children and see watch events. */
    public static final int READ = 1;
    /** May set the data. */
    public static final int WRITE = 2;
    /** May create children. */
    public static final int CREATE = 4;
    /** May delete children. */
    public static final int DELETE = 8;
    /** May set the ACL. */
    public static final int ADMIN = 16;
    /** All five permissions. */
    public static final int ALL = READ | WRITE | CREATE | DELETE | ADMIN;

    /** Anyone may do everything: the default of a new node. */
    public static final List<Acl> OPEN = List.of(new Acl(ALL, Identity.ANYONE));
    /** Anyone may read, nobody may write. */
    public static final List<Acl> READ_ONLY = List.of(new Acl(READ, Identity.ANYONE));
    /** The writer's authenticated identities may do everything, nobody else anything. */
    public static final List<Acl> CREATOR_ALL = List.of(new Acl(ALL, Identity.WRITER));

    /** Refuses an identity that is null. */
    public Acl {
        Objects.requireNonNull(identity, "identity");
    }

    /** Shorthand for an entry of this scheme and id. */
    public static Acl of(int permissions, String scheme, String id) {
        return new Acl(permissions, new Identity(scheme, id));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Acl that && permissions == that.permissions && identity.equals(that.identity);
    }

    @Override
    public int hashCode() {
        return 31 * identity.hashCode() + permissions;
    }
}
