package io.coord.runtime;

import io.coord.Bytes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Session passwords: 16 random bytes that stay with the session's owner; the log carries only their hash (rule.18). */
public final class Passwords {

    /** The length of a password. */
    public static final int LENGTH = 16;

    private Passwords() {}

    /** SHA-256 of a password. */
    public static Bytes hash(Bytes password) {
        try {
            return Bytes.wrap(MessageDigest.getInstance("SHA-256").digest(password.toArray()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime lacks SHA-256, which every Java runtime must have", e);
        }
    }
}
