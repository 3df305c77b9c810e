package io.coord.netty.zkserver;

import io.coord.Bytes;
import io.coord.Identity;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code digest}: the credentials are {@code user:password}, and whoever names them has them (zk.A5). One digest may be the superuser's.
 */
public final class DigestScheme implements AuthenticationScheme {

    private static final Identity SUPER = new Identity("super", "");

    private final @Nullable String superDigest;

    /**
     * The scheme.
     *
     * @param superDigest {@code user:base64(SHA1("user:password"))} of the superuser; null for none
     */
    public DigestScheme(@Nullable String superDigest) {
        this.superDigest = superDigest;
    }

    @Override
    public String name() {
        return "digest";
    }

    @Override
    public List<Identity> prove(Bytes credentials, InetAddress client) {
        Identity identity = Identity.digest(credentials.utf8());
        return isSuper(identity) ? List.of(SUPER, identity) : List.of(identity);
    }

    private boolean isSuper(Identity identity) {
        return superDigest != null
                && MessageDigest.isEqual(
                        superDigest.getBytes(StandardCharsets.UTF_8), identity.id().getBytes(StandardCharsets.UTF_8));
    }
}
