package io.coord;

/**
 * Somebody, as ACLs name them: an authentication scheme and an id within it, such as {@code digest} and {@code user:hash}.
 *
 * @param scheme {@code world}, {@code auth}, {@code digest}, {@code ip}, {@code x509}, {@code sasl}, {@code super} or one's own
 * @param id the id, whose form the scheme defines
 */
public record Identity(String scheme, String id) {

    /** Everybody: the only id of scheme {@code world}. */
    public static final Identity ANYONE = new Identity("world", "anyone");

    /** Whoever writes the ACL: replaced, when stored, by the writer's own authenticated identities. */
    public static final Identity WRITER = new Identity("auth", "");

    @Override
    public String toString() {
        return scheme + ":" + id;
    }
}
