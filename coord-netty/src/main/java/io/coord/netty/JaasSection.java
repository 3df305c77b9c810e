package io.coord.netty;

import io.coord.ConfigException;
import io.coord.ErrorCode;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;

/**
 * A server's section of the JAAS configuration that its JVM was started with, as ZooKeeper has it: users, {@code user_NAME="PASSWORD"}, or
 * the Kerberos key by which {@code Krb5LoginModule} would log in. For the server of its own only: a library reads nothing that belongs to the
 * JVM. Nobody is logged in: a server that only accepts needs no ticket.
 *
 * @param users passwords by user
 * @param kerberos by which key clients prove themselves by Kerberos
 */
record JaasSection(Map<String, String> users, Optional<ClientKerberos> kerberos) {

    /** No section. */
    static final JaasSection NONE = new JaasSection(Map.of(), Optional.empty());

    private static final String USER = "user_";
    private static final String KERBEROS = ".Krb5LoginModule";

    /**
     * What the section of this name says; nothing if there is none.
     *
     * @throws ConfigException if the server's Kerberos key is not in a key table
     */
    static JaasSection of(Configuration logins, String section) {
        Map<String, String> users = new TreeMap<>();
        Optional<ClientKerberos> kerberos = Optional.empty();
        AppConfigurationEntry[] entries = logins.getAppConfigurationEntry(section);
        for (AppConfigurationEntry entry : entries == null ? new AppConfigurationEntry[0] : entries) {
            entry.getOptions().forEach((name, value) -> {
                if (name.startsWith(USER) && value instanceof String password) {
                    users.put(name.substring(USER.length()), password);
                }
            });
            if (entry.getLoginModuleName().endsWith(KERBEROS)) {
                kerberos = Optional.of(kerberos(section, entry.getOptions()));
            }
        }
        return new JaasSection(users, kerberos);
    }

    private static ClientKerberos kerberos(String section, Map<String, ?> options) {
        if ("true".equals(options.get("useKeyTab")) && options.get("keyTab") instanceof String file
                && options.get("principal") instanceof String principal) {
            try {
                return ClientKerberos.keyTab(principal, Path.of(file));
            } catch (InvalidPathException e) {
                // said below
            }
        }
        throw new ConfigException("the JAAS section " + section, List.of(new ConfigException.Mistake(ErrorCode.KEY_TABLE_UNUSABLE,
                "the JAAS section " + section + " has a Krb5LoginModule, but not the file of the server's key: say useKeyTab=true"
                        + " keyTab=\"FILE\" principal=\"zookeeper/HOST@REALM\"")));
    }

    /** Who there is, never a password. */
    @Override
    public String toString() {
        return "JaasSection[users=" + users.keySet() + ", kerberos=" + kerberos + "]";
    }
}
