package io.coord.netty;

import io.coord.ensemble.Member;
import io.coord.netty.server.Arguments;
import io.coord.netty.server.ServerSettings;
import io.coord.netty.server.SettingsReader;
import java.util.List;
import javax.security.auth.login.Configuration;

/** A member with its doors as {@link CoordServer} has them, without the process around it. */
public final class MemberBySettings {

    private MemberBySettings() {}

    /**
     * Starts a member.
     *
     * @param words as on the server's command line
     */
    public static Member start(List<String> words) {
        ServerSettings settings = SettingsReader.read(Arguments.parse(words));
        return new Doors(settings, logins(settings.door().sasl().section())).start();
    }

    /** Those of the JVM's configuration, which may be one that was set rather than read. */
    private static JaasSection logins(String section) {
        try {
            return JaasSection.of(Configuration.getConfiguration(), section);
        } catch (SecurityException none) {
            return JaasSection.NONE;
        }
    }
}
