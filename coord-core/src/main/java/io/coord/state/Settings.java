package io.coord.state;

import org.jspecify.annotations.Nullable;

/**
 * Settings that change outcomes and so are part of the replicated state (rule.9).
 *
 * @param extendedTypes whether TTL nodes may be created (zk.C2); off by default, as in ZooKeeper
 * @param enforceQuota whether hard quotas refuse writes (zk.Q3); off by default, as in ZooKeeper
 * @param skipAcl whether every permission check passes (zk.A2)
 * @param maxNeverUsedContainerMillis after how long a container that never had a child is collected; 0 for never (zk.X13)
 */
public record Settings(boolean extendedTypes, boolean enforceQuota, boolean skipAcl, long maxNeverUsedContainerMillis) {

    /** ZooKeeper's defaults. */
    public static final Settings DEFAULT = new Settings(false, false, false, 0);

    /** These settings with TTL nodes allowed or not. */
    public Settings withExtendedTypes(boolean on) {
        return new Settings(on, enforceQuota, skipAcl, maxNeverUsedContainerMillis);
    }

    /** These settings with hard quotas enforced or not. */
    public Settings withEnforceQuota(boolean on) {
        return new Settings(extendedTypes, on, skipAcl, maxNeverUsedContainerMillis);
    }

    /** These settings with permission checks skipped or not. */
    public Settings withSkipAcl(boolean on) {
        return new Settings(extendedTypes, enforceQuota, on, maxNeverUsedContainerMillis);
    }

    // What a record has for these by itself is linked at its first use, which costs a start 60 ms of processor time.

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Settings that
                && extendedTypes == that.extendedTypes
                && enforceQuota == that.enforceQuota
                && skipAcl == that.skipAcl
                && maxNeverUsedContainerMillis == that.maxNeverUsedContainerMillis;
    }

    @Override
    public int hashCode() {
        int flags = (extendedTypes ? 1 : 0) | (enforceQuota ? 2 : 0) | (skipAcl ? 4 : 0);
        return 31 * flags + Long.hashCode(maxNeverUsedContainerMillis);
    }
}
