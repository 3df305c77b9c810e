package io.coord.netty.zkserver;

import io.coord.Bytes;
import io.coord.Identity;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code digest}: the credentials are {@code user:password}, and whoever names them has them (zk.A5). One digest may be the superuser's.
 */
public final class DigestScheme implements AuthenticationScheme {

    /** The algorithm of ZooKeeper's, unless it is told another. */
    public static final String ALGORITHM = "SHA1";

    private static final Identity SUPER = new Identity("super", "");

    private final @Nullable String superDigest;
    private final String algorithm;

    /**
     * The scheme.
     *
     * @param superDigest {@code user:base64(hash("user:password"))} of the superuser; null for none
     * @param algorithm of the hash, which this JVM must have
     */
    public DigestScheme(@Nullable String superDigest, String algorithm) {
        this.superDigest = superDigest;
        this.algorithm = algorithm;
    }

    /** Whether this JVM has a hash of this name. */
    public static boolean has(String algorithm) {
        try {
            MessageDigest.getInstance(algorithm);
            return true;
        } catch (NoSuchAlgorithmException e) {
            return false;
        }
    }

    @Override
    public String name() {
        return "digest";
    }

    @Override
    public List<Identity> prove(Bytes credentials, InetAddress client) {
        Identity identity = identity(credentials.utf8());
        return isSuper(identity) ? List.of(SUPER, identity) : List.of(identity);
    }

    private Identity identity(String credentials) {
        String user = credentials.split(":", 2)[0];
        try {
            byte[] hash = MessageDigest.getInstance(algorithm).digest(credentials.getBytes(StandardCharsets.UTF_8));
            return new Identity("digest", user + ":" + Base64.getEncoder().encodeToString(hash));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("there was a " + algorithm + " when the server was set up", e);
        }
    }

    private boolean isSuper(Identity identity) {
        return superDigest != null
                && MessageDigest.isEqual(
                        superDigest.getBytes(StandardCharsets.UTF_8), identity.id().getBytes(StandardCharsets.UTF_8));
    }
}
