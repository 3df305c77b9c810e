package io.coord.state;

import io.coord.Acl;
import io.coord.Identity;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/**
 * The rules of access control lists: who is granted what, and which lists are well formed (zk section 2.8). Built in, so that every
 * member judges alike; authentication only produces identities (rule.9).
 */
public final class Acls {

    private static final String WORLD = "world";
    private static final String AUTH = "auth";
    private static final String DIGEST = "digest";
    private static final String IP = "ip";
    private static final String X509 = "x509";
    private static final String SASL = "sasl";
    private static final String SUPER = "super";
    /** Whoever has one passes for the user of scheme {@code sasl} that it names, or for any if it names none. It is shown to nobody. */
    private static final String SASL_PASS = "sasl-pass";

    /**
     * Most entries of a list that is stored, each of scheme {@code auth} counted as the identities that it stands for. Every entry that is
     * applied costs every member, now and at each start, so that what a list costs is bounded here and not at a door only.
     */
    static final int ENTRIES_MAX = 1_000;
    /** Most bytes, as {@link #expansion} counts them, that what one write says of scheme {@code auth} may come to. */
    static final long EXPANSION_MAX = 4 << 20;

    private static final int ENTRY_BYTES = 32;

    private Acls() {}

    /**
     * Whether a list grants somebody a permission: by any entry with any of the permission's bits that names one of the identities
     * (zk.A1). An empty list grants everything, and everything is granted to an identity of scheme {@code super} (zk.A2).
     */
    public static boolean allows(List<Acl> acl, int permission, List<Identity> identities) {
        if (acl.isEmpty()) {
            return true;
        }
        for (Acl entry : acl) {
            if ((entry.permissions() & permission) != 0 && names(entry.identity(), identities)) {
                return true;
            }
        }
        return hasSuper(identities);
    }

    /** All that a list grants somebody: a permission is among them if {@link #allows} says so. */
    static int granted(List<Acl> acl, List<Identity> identities) {
        int granted = acl.isEmpty() || hasSuper(identities) ? -1 : 0;
        for (Acl entry : acl) {
            if ((entry.permissions() & ~granted) != 0 && names(entry.identity(), identities)) {
                granted |= entry.permissions();
            }
        }
        return granted;
    }

    private static boolean hasSuper(List<Identity> identities) {
        for (Identity identity : identities) {
            if (identity.scheme().equals(SUPER)) {
                return true;
            }
        }
        return false;
    }

    private static boolean names(Identity named, List<Identity> identities) {
        if (named.equals(Identity.ANYONE)) {
            return true;
        }
        for (Identity identity : identities) {
            boolean isNamed = identity.scheme().equals(named.scheme()) && matches(named, identity.id());
            if (isNamed || named.scheme().equals(SASL) && passesFor(identity, named.id())) {
                return true;
            }
        }
        return false;
    }

    private static boolean passesFor(Identity identity, String user) {
        return identity.scheme().equals(SASL_PASS) && (identity.id().isEmpty() || identity.id().equals(user));
    }

    private static boolean matches(Identity named, String id) {
        return named.id().equals(id) || named.scheme().equals(IP) && IpRange.contains(named.id(), id);
    }

    /** What is wrong with a list that somebody wants to store, or empty if it can be {@link #expanded} (zk.C5). */
    public static Optional<String> violation(List<Acl> acl, List<Identity> identities) {
        if (acl.isEmpty()) {
            return Optional.of("the access control list is empty; it needs an entry, such as world:anyone");
        }
        long authenticated = identities.stream().filter(Acls::isAuthenticated).count();
        long entries = 0;
        for (Acl entry : acl) {
            entries += entry.identity().scheme().equals(AUTH) ? authenticated : 1;
        }
        if (entries > ENTRIES_MAX) {
            return Optional.of("the access control list would have " + entries + " entries, the limit is " + ENTRIES_MAX
                    + "; scheme auth stands for " + authenticated + " of them");
        }
        for (Acl entry : acl) {
            Optional<String> violation = violation(entry.identity(), authenticated > 0);
            if (violation.isPresent()) {
                return violation;
            }
        }
        return Optional.empty();
    }

    /** The bytes of all the identities that the entries of scheme {@code auth} in a list stand for: about what they take, at least. */
    static long expansion(List<Acl> acl, List<Identity> identities) {
        long each = -1;
        long bytes = 0;
        for (Acl entry : acl) {
            if (entry.identity().scheme().equals(AUTH)) {
                each = each < 0 ? authenticatedBytes(identities) : each;
                bytes += each;
            }
        }
        return bytes;
    }

    private static long authenticatedBytes(List<Identity> identities) {
        long bytes = 0;
        for (Identity identity : identities) {
            bytes += isAuthenticated(identity) ? ENTRY_BYTES + identity.scheme().length() + (long) identity.id().length() : 0;
        }
        return bytes;
    }

    private static Optional<String> violation(Identity named, boolean hasAuthenticated) {
        return switch (named.scheme()) {
            case WORLD -> unless(named.id().equals("anyone"), "scheme world has the one id anyone");
            case AUTH -> unless(
                    hasAuthenticated,
                    "scheme auth stands for the session's authenticated identities, and it has none");
            case DIGEST -> unless(isPair(named.id()), "an id of scheme digest has the form user:hash");
            case IP -> unless(IpRange.isValid(named.id()), "an id of scheme ip is an address or address/bits");
            case X509 -> unless(named.id().indexOf('=') > 0, "an id of scheme x509 is a distinguished name");
            case SASL -> unless(isPrincipal(named.id()), "an id of scheme sasl is a principal, name/host@realm");
            default -> Optional.of("scheme " + Refusals.cut(named.scheme())
                    + " is unknown; schemes are world, auth, digest, ip, x509 and sasl");
        };
    }

    private static Optional<String> unless(boolean valid, String violation) {
        return valid ? Optional.empty() : Optional.of(violation);
    }

    /** Two parts with a colon between, as ZooKeeper splits them: colons at the end count for nothing. */
    private static boolean isPair(String id) {
        int end = id.length();
        while (end > 0 && id.charAt(end - 1) == ':') {
            end--;
        }
        int colon = id.indexOf(':');
        return colon >= 0 && colon < end && id.lastIndexOf(':', end - 1) == colon;
    }

    /** A Kerberos principal's form, {@code name[/host]@realm}, or any name without an at sign. */
    private static boolean isPrincipal(String id) {
        int at = id.indexOf('@');
        int slash = id.indexOf('/');
        return at < 0 || id.indexOf('@', at + 1) < 0 && slash == id.lastIndexOf('/') && slash < at;
    }

    /**
     * The list as it is stored: every entry of scheme {@code auth} replaced by one for each authenticated identity (zk.A4), duplicates
     * removed (zk.A12).
     *
     * @param acl without a {@link #violation}, and with an {@link #expansion} within bounds
     * @param identities whom the writer acts as
     */
    public static List<Acl> expanded(List<Acl> acl, List<Identity> identities) {
        if (acl.size() == 1 && !acl.get(0).identity().scheme().equals(AUTH)) {
            return acl;
        }
        LinkedHashSet<Acl> stored = new LinkedHashSet<>();
        for (Acl entry : acl) {
            if (entry.identity().scheme().equals(AUTH)) {
                for (Identity identity : identities) {
                    if (isAuthenticated(identity)) {
                        stored.add(new Acl(entry.permissions(), identity));
                    }
                }
            } else {
                stored.add(entry);
            }
        }
        return List.copyOf(stored);
    }

    /** Whether an identity was proven, as against an address or everybody's (zk.A4). */
    public static boolean isAuthenticated(Identity identity) {
        return switch (identity.scheme()) {
            case DIGEST, X509, SASL -> true;
            default -> false;
        };
    }

    /** The list as a reader without ADMIN may see it: the hashes of digest ids masked (zk.A11). */
    public static List<Acl> masked(List<Acl> acl) {
        List<Acl> masked = new ArrayList<>(acl.size());
        for (Acl entry : acl) {
            Identity identity = entry.identity();
            int colon = identity.id().indexOf(':');
            boolean hide = identity.scheme().equals(DIGEST) && colon >= 0;
            masked.add(hide ? Acl.of(entry.permissions(), DIGEST, identity.id().substring(0, colon) + ":x") : entry);
        }
        return masked;
    }

    /** The identities as whoAmI tells them: of a digest id only the user (zk.A13). */
    public static List<Identity> shown(List<Identity> identities) {
        List<Identity> shown = new ArrayList<>(identities.size());
        for (Identity identity : identities) {
            if (identity.scheme().equals(SASL_PASS)) {
                continue;
            }
            int colon = identity.id().indexOf(':');
            boolean hide = identity.scheme().equals(DIGEST) && colon >= 0;
            shown.add(hide ? new Identity(DIGEST, identity.id().substring(0, colon)) : identity);
        }
        return List.copyOf(shown);
    }

    /**
     * The identity that {@code addAuth("digest", credentials)} adds: the user and a Base64 SHA-1 of all the credentials (zk.A5).
     *
     * @param credentials {@code user:password}
     */
    public static Identity digestIdentity(String credentials) {
        return Identity.digest(credentials);
    }
}
