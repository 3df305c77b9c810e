package io.coord.ensemble;

import io.coord.Identity;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a session is opened with.
 *
 * @param timeout how long the ensemble keeps it without a sign of life; empty for the member's standard. Raised or lowered to what the
 *     member grants
 * @param identities whom it acts as from the start, besides everybody; {@code addAuth} adds more
 */
public record SessionOptions(Optional<Duration> timeout, List<Identity> identities) {

    /** The standard timeout, nobody in particular. */
    public static final SessionOptions DEFAULT = new SessionOptions(Optional.empty(), List.of());

    /** Keeps an immutable copy of the identities. */
    public SessionOptions {
        identities = List.copyOf(identities);
    }

    /** Options with this timeout. */
    public static SessionOptions of(Duration timeout) {
        return new SessionOptions(Optional.of(timeout), List.of());
    }

    /** These options for somebody; whoever embeds a member vouches for them. */
    public SessionOptions withIdentities(List<Identity> identities) {
        return new SessionOptions(timeout, identities);
    }

    /** These options with this timeout. */
    public SessionOptions withTimeout(Duration timeout) {
        return new SessionOptions(Optional.of(timeout), identities);
    }
}
