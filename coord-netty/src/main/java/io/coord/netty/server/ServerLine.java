package io.coord.netty.server;

import io.coord.ConfigException;
import io.coord.ConfigException.Mistake;
import io.coord.ErrorCode;
import io.coord.MemberAddress;
import io.coord.MemberId;
import io.coord.NodePath;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One line {@code server.N=host:quorumPort[:electionPort][:role][;[clientHost:]clientPort]} of a zoo.cfg (ZooKeeper 3.9, administrator's
 * guide, cluster options). Members of ours need one port between them: the quorum's.
 *
 * @param id the member
 * @param address where it is reached
 * @param clientHost where it listens for clients, if that is another host
 * @param isObserver whether it follows without a vote
 * @param isOfSeveralAddresses whether the line has more addresses, which are passed over
 */
public record ServerLine(
        MemberId id, MemberAddress address, Optional<String> clientHost, boolean isObserver, boolean isOfSeveralAddresses) {

    static final String SYNTAX = "server.N=host:quorumPort:electionPort[:participant|:observer][;[clientHost:]clientPort]";

    private static final String HOST = "(\\[[^\\]]*\\]|[^:;|\\[\\]]*)";
    private static final Pattern SERVER =
            Pattern.compile(HOST + ":(\\d+)(?::(\\d+))?(?::([A-Za-z]+))?((?:\\|[^;]*)?)(?:;(?:" + HOST + ":)?(\\d+))?");

    /** Reads a line, or adds a mistake and returns null. */
    public static @Nullable ServerLine parse(String name, String value, List<Mistake> mistakes) {
        String where = name + "=" + NodePath.printable(value);
        OptionalInt id = number(name.substring("server.".length()));
        Matcher line = SERVER.matcher(value.replaceAll("\\s", ""));
        if (id.isEmpty() || id.getAsInt() < 1 || id.getAsInt() > MemberId.MAX) {
            mistakes.add(new Mistake(ErrorCode.BAD_MEMBER_ID, where + ": N is a number from 1 to " + MemberId.MAX));
            return null;
        }
        if (!line.matches()) {
            mistakes.add(new Mistake(ErrorCode.MALFORMED_MEMBER, where + " is not " + SYNTAX));
            return null;
        }
        String role = line.group(4) == null ? "participant" : line.group(4).toLowerCase(Locale.ROOT);
        if (!role.equals("participant") && !role.equals("observer")) {
            mistakes.add(new Mistake(ErrorCode.MALFORMED_MEMBER,
                    where + ": \"" + line.group(4) + "\" is no role; a server is participant or observer"));
            return null;
        }
        String clientPort = line.group(7);
        try {
            MemberAddress address = MemberAddress.parse(line.group(1) + ":" + line.group(2)
                    + (clientPort == null ? "" : ":" + clientPort));
            String clientHost = line.group(6) == null ? "" : unbracketed(line.group(6));
            return new ServerLine(
                    MemberId.of(id.getAsInt()),
                    address,
                    clientHost.isEmpty() ? Optional.empty() : Optional.of(clientHost),
                    role.equals("observer"),
                    !line.group(5).isEmpty());
        } catch (ConfigException e) {
            e.mistakes().forEach(mistake -> mistakes.add(new Mistake(mistake.code(), name + ": " + mistake.text())));
            return null;
        }
    }

    static String unbracketed(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    private static OptionalInt number(String text) {
        return text.matches("\\d{1,9}") ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
    }
}
