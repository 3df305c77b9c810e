package io.coord.testkit.zookeeper;

import io.coord.testkit.CoordContract;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.parallel.ResourceLock;

/** A real ZooKeeper keeps the contract: which proves the contract's tests. */
@DisplayName("The contract, kept by ZooKeeper")
@ResourceLock("zookeeper.extendedTypesEnabled")
class ZooKeeperContractIT extends CoordContract {

    @Override
    protected Door open(Set<Setting> settings) throws Exception {
        return new ZooKeeperDoor(accepted(settings).contains(Setting.ENFORCE_QUOTA));
    }

    /** ZooKeeper reads this setting afresh at each request, and the others once in a JVM. */
    static Set<Setting> accepted(Set<Setting> settings) {
        Assumptions.assumeFalse(settings.contains(Setting.SKIP_ACL), "this JVM's ZooKeeper checks ACLs");
        System.setProperty(
                "zookeeper.extendedTypesEnabled", Boolean.toString(settings.contains(Setting.EXTENDED_TYPES)));
        return settings;
    }
}
