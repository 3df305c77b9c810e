package io.coord.testkit.local;

import io.coord.Identity;
import io.coord.MemberConfig;
import io.coord.Session;
import io.coord.ensemble.SessionOptions;
import io.coord.testkit.CoordContract.Capability;
import io.coord.testkit.CoordContract.Door;
import io.coord.testkit.CoordContract.Setting;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A door to members in this JVM, whose embedder vouches for whom its sessions act as. */
abstract class VouchingDoor implements Door {

    private static final Duration TIMEOUT_MIN = Duration.ofMillis(500);
    private static final Duration TIMEOUT_MAX = Duration.ofMinutes(1);
    private static final Identity ADDRESS = new Identity("ip", "127.0.0.1");

    /** The configuration of members with these settings on. */
    static MemberConfig config(Set<Setting> settings) {
        return MemberConfig.DEFAULT
                .withSessionTimeouts(TIMEOUT_MIN, Duration.ofSeconds(10), TIMEOUT_MAX)
                .withExtendedTypes(settings.contains(Setting.EXTENDED_TYPES))
                .withEnforceQuota(settings.contains(Setting.ENFORCE_QUOTA))
                .withSkipAcl(settings.contains(Setting.SKIP_ACL));
    }

    /** Opens a session where this door opens them. */
    abstract Session open(SessionOptions options);

    @Override
    public final Session open(Duration timeout) {
        return open(SessionOptions.of(timeout).withIdentities(List.of(ADDRESS)));
    }

    @Override
    public final Session openSuper(Duration timeout) {
        return open(SessionOptions.of(timeout).withIdentities(List.of(ADDRESS, new Identity("super", ""))));
    }

    @Override
    public final Optional<Identity> address() {
        return Optional.of(ADDRESS);
    }

    @Override
    public Set<Capability> capabilities() {
        return EnumSet.of(Capability.EXPIRE, Capability.COLLECT, Capability.SUPER);
    }

    @Override
    public final Duration timeoutMin() {
        return TIMEOUT_MIN;
    }

    @Override
    public final Duration timeoutMax() {
        return TIMEOUT_MAX;
    }
}
