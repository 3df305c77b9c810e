package io.coord.netty;

import io.coord.ensemble.Member;
import io.coord.netty.server.Arguments;
import io.coord.netty.server.SettingsReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A member with its doors as the server jar opens them for a configuration file, but in this JVM. */
public final class SettledMember implements AutoCloseable {

    private static final Pattern PORT = Pattern.compile("clients at \\S*?:(\\d+)");

    private final Member member;
    private final int clientPort;

    private SettledMember(Member member, int clientPort) {
        this.member = member;
        this.clientPort = clientPort;
    }

    /** Starts what a file with these lines describes. */
    public static SettledMember start(Properties lines) {
        List<String> words = new ArrayList<>();
        for (String name : lines.stringPropertyNames()) {
            words.add("--prop");
            words.add(name + "=" + lines.getProperty(name));
        }
        Doors doors = new Doors(SettingsReader.read(Arguments.parse(words)), JaasSection.NONE);
        Member member = doors.start();
        Matcher port = PORT.matcher(doors.toString());
        if (!port.find()) {
            member.close();
            throw new IllegalStateException("no port for clients: " + doors);
        }
        return new SettledMember(member, Integer.parseInt(port.group(1)));
    }

    public boolean isServing() {
        return member.status().isServing();
    }

    public int clientPort() {
        return clientPort;
    }

    @Override
    public void close() {
        member.close();
    }
}
