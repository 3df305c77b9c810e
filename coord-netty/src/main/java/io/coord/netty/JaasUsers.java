package io.coord.netty;

import java.util.Map;
import java.util.TreeMap;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;

/**
 * The users in a server's section of the JAAS configuration that its JVM was started with, as ZooKeeper has them:
 * {@code user_NAME="PASSWORD"}. For the server of its own only: a library reads nothing that belongs to the JVM.
 */
final class JaasUsers {

    private static final String USER = "user_";

    private JaasUsers() {}

    /**
     * Passwords by user; none if there is no such section.
     *
     * @throws SecurityException if the JVM has no such configuration, or it cannot be read
     */
    static Map<String, String> of(String section) {
        Map<String, String> users = new TreeMap<>();
        AppConfigurationEntry[] entries = Configuration.getConfiguration().getAppConfigurationEntry(section);
        for (AppConfigurationEntry entry : entries == null ? new AppConfigurationEntry[0] : entries) {
            entry.getOptions().forEach((name, value) -> {
                if (name.startsWith(USER) && value instanceof String password) {
                    users.put(name.substring(USER.length()), password);
                }
            });
        }
        return users;
    }
}
