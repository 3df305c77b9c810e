package io.coord.runtime;

import io.coord.Bytes;
import io.coord.Identity;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What {@code addAuth} is shown, and whom that proves (zk.A5). Matching against access lists is the tree's own business (rule.9). */
public final class Credentials {

    private Credentials() {}

    /** Whom these credentials prove, or empty if the scheme is unknown or does not accept them. */
    public static Optional<Identity> identity(String scheme, Bytes credentials) {
        if (!scheme.equals("digest")) {
            return Optional.empty();
        }
        String text = new String(credentials.toArray(), StandardCharsets.UTF_8);
        return text.indexOf(':') > 0 ? Optional.of(Identity.digest(text)) : Optional.empty();
    }
}
