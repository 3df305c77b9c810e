package io.coord.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.ConfigException;
import java.util.Map;
import java.util.TreeMap;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JaasSectionTest {

    private static final String KERBEROS = "com.sun.security.auth.module.Krb5LoginModule";
    private static final String DIGEST = "org.apache.zookeeper.server.auth.DigestLoginModule";

    private static AppConfigurationEntry entry(String module, Map<String, ?> options) {
        return new AppConfigurationEntry(module, LoginModuleControlFlag.REQUIRED, options);
    }

    private static JaasSection section(AppConfigurationEntry... entries) {
        Configuration logins = new Configuration() {
            @Override
            public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
                return name.equals("Server") ? entries : null;
            }
        };
        assertThat(JaasSection.of(logins, "Other")).isEqualTo(JaasSection.NONE);
        return JaasSection.of(logins, "Server");
    }

    @Test
    void usersAreThoseOfADigestLogin() {
        JaasSection section = section(entry(DIGEST, Map.of("user_bob", "secret of bob", "debug", "true")));
        assertThat(section.users()).isEqualTo(Map.of("bob", "secret of bob"));
        assertThat(section.kerberos()).isEmpty();
        assertThat(section.toString()).contains("bob").doesNotContain("secret");
    }

    @Test
    void theKeyIsThatOfAKerberosLoginThoughNobodyLogsIn() {
        JaasSection section = section(entry(KERBEROS, Map.of(
                "useKeyTab", "true", "keyTab", "/etc/server.keytab", "principal", "zookeeper/host@REALM", "storeKey", "true", "useTicketCache", "false")));
        assertThat(section.users()).isEmpty();
        assertThat(section.kerberos().orElseThrow()).hasToString("ClientKerberos[principal=zookeeper/host@REALM, keyTab=/etc/server.keytab]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"useKeyTab", "keyTab", "principal"})
    void aKerberosLoginWithoutAKeyTableIsAMistake(String missing) {
        Map<String, String> options = new TreeMap<>(Map.of(
                "useKeyTab", "true", "keyTab", "/etc/server.keytab", "principal", "zookeeper/host@REALM"));
        options.remove(missing);
        assertThatThrownBy(() -> section(entry(KERBEROS, options)))
                .isInstanceOf(ConfigException.class).hasMessageStartingWith("COORD-1073").hasMessageContaining("useKeyTab=true keyTab=");
    }
}
