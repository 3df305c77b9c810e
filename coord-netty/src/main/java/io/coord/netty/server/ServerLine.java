package io.coord.netty.server;

import io.coord.ConfigException;
import io.coord.ConfigException.Mistake;
import io.coord.ErrorCode;
import io.coord.MemberAddress;
import io.coord.MemberId;
import io.coord.NodePath;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One line {@code server.N=host:quorumPort[:electionPort][:role][;[clientHost:]clientPort]} of a zoo.cfg or a reconfiguration (ZooKeeper
 * 3.9, administrator's guide, cluster options). Members of ours need one port between them, the quorum's; where the line says at what port
 * clients connect, the election port is kept beside it.
 *
 * @param number N, which may be above what members of ours can have
 * @param address where it is reached
 * @param isObserver whether it follows without a vote
 * @param isOfSeveralAddresses whether the line has more addresses, which are passed over
 */
public record ServerLine(int number, MemberAddress address, boolean isObserver, boolean isOfSeveralAddresses) {

    static final String SYNTAX = "server.N=host:quorumPort:electionPort[:participant|:observer][;[clientHost:]clientPort]";

    private static final String HOST = "(\\[[^\\]]*\\]|[^:;|\\[\\]]*)";
    private static final Pattern SERVER =
            Pattern.compile(HOST + ":(\\d+)(?::(\\d+))?(?::([A-Za-z]+))?((?:\\|[^;]*)?)(?:;(?:" + HOST + ":)?(\\d+))?");

    /** Reads the line of a member, or adds a mistake and returns null. */
    static @Nullable ServerLine parse(String name, String value, List<Mistake> mistakes) {
        OptionalInt number = number(name.substring("server.".length()));
        if (number.isEmpty() || number.getAsInt() < 1 || number.getAsInt() > MemberId.MAX) {
            mistakes.add(new Mistake(ErrorCode.BAD_MEMBER_ID, where(name, value) + ": N is a number from 1 to " + MemberId.MAX));
            return null;
        }
        return read(number.getAsInt(), name, value, mistakes);
    }

    /** Reads the line of any server of ZooKeeper's, or returns null. */
    public static @Nullable ServerLine ofAnyNumber(String name, String value) {
        OptionalInt number = number(name.substring("server.".length()));
        return number.orElse(0) == 0 ? null : read(number.getAsInt(), name, value, new ArrayList<>());
    }

    private static @Nullable ServerLine read(int number, String name, String value, List<Mistake> mistakes) {
        String where = where(name, value);
        Matcher line = SERVER.matcher(value.replaceAll("\\s", ""));
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
        try {
            return new ServerLine(number, address(line), role.equals("observer"), !line.group(5).isEmpty());
        } catch (ConfigException e) {
            e.mistakes().forEach(mistake -> mistakes.add(new Mistake(mistake.code(), name + ": " + mistake.text())));
            return null;
        }
    }

    private static MemberAddress address(Matcher line) {
        String address = line.group(1) + ":" + line.group(2);
        String clientPort = line.group(7);
        if (clientPort == null) {
            return MemberAddress.parse(address);
        }
        boolean isOnOtherHost = line.group(6) != null && !unbracketed(line.group(6)).isEmpty();
        return MemberAddress.parse(address
                + (line.group(3) == null ? "" : ":" + line.group(3))
                + (isOnOtherHost ? ";" + line.group(6) + ":" : ";")
                + clientPort);
    }

    /** Whether a member of ours can have the number. */
    public boolean isOfMember() {
        return number <= MemberId.MAX;
    }

    /** The member, if it can be one. */
    public MemberId id() {
        return MemberId.of(number);
    }

    private static String where(String name, String value) {
        return name + "=" + NodePath.printable(value);
    }

    static String unbracketed(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    private static OptionalInt number(String text) {
        return text.matches("\\d{1,9}") ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
    }
}
