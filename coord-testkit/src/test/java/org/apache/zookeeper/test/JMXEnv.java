package org.apache.zookeeper.test;

import java.lang.management.ManagementFactory;
import java.util.HashSet;
import java.util.Set;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;

/**
 * In place of a class of ZooKeeper's tests, which waits for the management beans of its server. Coord has none: what is asked for is
 * taken for granted, and tests of the beans themselves are excluded.
 */
public final class JMXEnv {

    private JMXEnv() {}

    public static void setUp() {}

    public static void tearDown() {}

    public static MBeanServerConnection conn() {
        return ManagementFactory.getPlatformMBeanServer();
    }

    public static Set<ObjectName> ensureAll(String... names) {
        return new HashSet<>();
    }

    public static Set<ObjectName> ensureOnly(String... names) {
        return new HashSet<>();
    }

    public static Set<ObjectName> ensureParent(String... names) {
        return new HashSet<>();
    }

    public static void ensureNone(String... names) {}

    public static void dump() {}
}
