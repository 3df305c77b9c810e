package io.coord;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

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

    /** Refuses a scheme or an id that is null. */
    public Identity {
        Objects.requireNonNull(scheme, "scheme");
        Objects.requireNonNull(id, "id");
    }

    /**
     * The identity that {@code addAuth("digest", credentials)} proves: the user and a Base64 SHA-1 of all the credentials (zk.A5).
     *
     * @param credentials {@code user:password}
     */
    public static Identity digest(String credentials) {
        int colon = credentials.indexOf(':');
        String user = colon < 0 ? credentials : credentials.substring(0, colon);
        byte[] hash = sha1().digest(credentials.getBytes(StandardCharsets.UTF_8));
        return new Identity("digest", user + ":" + Base64.getEncoder().encodeToString(hash));
    }

    private static MessageDigest sha1() {
        try {
            return MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Identity that && scheme.equals(that.scheme) && id.equals(that.id);
    }

    @Override
    public int hashCode() {
        return 31 * scheme.hashCode() + id.hashCode();
    }

    @Override
    public String toString() {
        return scheme + ":" + id;
    }
}
