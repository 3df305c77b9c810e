package io.coord.netty;

import io.coord.ensemble.Member;
import io.coord.netty.server.Arguments;
import io.coord.netty.server.ServerSettings;
import io.coord.netty.server.SettingsReader;
import java.util.List;
import java.util.Map;

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
        return new Doors(settings, users(settings.door().sasl().section())).start();
    }

    /** Those of the JVM's configuration, which may be one that was set rather than read. */
    private static Map<String, String> users(String section) {
        try {
            return JaasUsers.of(section);
        } catch (SecurityException none) {
            return Map.of();
        }
    }
}
