package io.coord;

import io.coord.ConfigException.Mistake;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Where a member is reached: {@code host:peerPort[:clientPort]}, an IPv6 host in brackets.
 *
 * @param host a name or address as written, an IPv6 address without its brackets; never looked up here
 * @param peerPort where the other members connect; 0 for any free port, which only a member without others can have
 * @param clientPort where ZooKeeper clients connect, if they may; 0 for any free port
 */
public record MemberAddress(String host, int peerPort, OptionalInt clientPort) {

    /** Refuses what cannot be an address, all mistakes at once. */
    public MemberAddress {
        List<Mistake> mistakes = mistakes(host, peerPort, clientPort);
        if (!mistakes.isEmpty()) {
            throw new ConfigException("the address of \"" + NodePath.printable(host) + "\"", mistakes);
        }
    }

    /** The address of a member that ZooKeeper clients do not connect to. */
    public static MemberAddress of(String host, int peerPort) {
        return new MemberAddress(host, peerPort, OptionalInt.empty());
    }

    /**
     * Reads {@code host:peerPort[:clientPort]}.
     *
     * @throws ConfigException with all mistakes
     */
    public static MemberAddress parse(String text) {
        List<Mistake> mistakes = new ArrayList<>();
        MemberAddress address = parse(text, "the address \"" + text + "\"", mistakes);
        if (address == null) {
            throw new ConfigException("the address \"" + text + "\"", mistakes);
        }
        return address;
    }

    /** Reads an address, or adds at least one mistake and returns null. */
    static @Nullable MemberAddress parse(String text, String where, List<Mistake> mistakes) {
        boolean bracketed = text.startsWith("[");
        int hostEnd = bracketed ? text.indexOf(']') + 1 : text.indexOf(':');
        if (bracketed && hostEnd == 0) {
            mistakes.add(new Mistake(ErrorCode.BAD_HOST, where + ": the bracket before the IPv6 address is never closed"));
            return null;
        }
        String[] ports = portsOf(text.substring(hostEnd < 0 ? text.length() : hostEnd));
        if (ports.length == 0 || ports.length > 2) {
            mistakes.add(new Mistake(ErrorCode.MALFORMED_MEMBER, where + (ports.length == 0 ? noPort(text) : tooMany(text))));
            return null;
        }
        if (!bracketed && ports[0].startsWith("//")) {
            mistakes.add(new Mistake(ErrorCode.BAD_HOST, where + ": the host \"" + text.substring(0, hostEnd) + "\" and port \""
                    + ports[0] + "\" come from a URL; leave " + text.substring(0, hostEnd) + ":// out"));
            return null;
        }
        String host = bracketed ? text.substring(1, hostEnd - 1) : text.substring(0, hostEnd);
        return checked(host, ports, where, mistakes);
    }

    private static @Nullable MemberAddress checked(String host, String[] ports, String where, List<Mistake> mistakes) {
        int before = mistakes.size();
        OptionalInt peerPort = port(ports[0], "peer port", where, mistakes);
        OptionalInt clientPort =
                ports.length == 2 ? port(ports[1], "client port", where, mistakes) : OptionalInt.empty();
        String hostMistake = hostMistake(host);
        if (hostMistake != null) {
            mistakes.add(new Mistake(ErrorCode.BAD_HOST, where + ": " + hostMistake));
        }
        if (mistakes.size() == before && clientPort.equals(peerPort) && peerPort.getAsInt() != 0) {
            mistakes.add(samePort(where, peerPort.getAsInt()));
        }
        return mistakes.size() > before ? null : new MemberAddress(host, peerPort.getAsInt(), clientPort);
    }

    private static String[] portsOf(String rest) {
        return rest.startsWith(":") && rest.length() > 1 ? rest.substring(1).split(":", -1) : new String[0];
    }

    private static String noPort(String text) {
        String host = text.isEmpty() || text.endsWith(":") || text.equals("[]") ? "broker-1" : text;
        return ": no peer port; write host:peerPort, such as " + host + ":7100";
    }

    private static String tooMany(String text) {
        long colons = text.chars().filter(c -> c == ':').count();
        return !text.startsWith("[") && (text.contains("::") || colons >= 4)
                ? ": too many colons; an IPv6 address goes in brackets, such as [::1]:7100"
                : ": too many parts; after host and peerPort come at most a clientPort and the word observer";
    }

    private static OptionalInt port(String text, String name, String where, List<Mistake> mistakes) {
        try {
            int port = Integer.parseInt(text);
            String mistake = portMistake(name, port);
            if (mistake == null) {
                return OptionalInt.of(port);
            }
            mistakes.add(new Mistake(ErrorCode.BAD_PORT, where + ": " + mistake));
        } catch (NumberFormatException e) {
            mistakes.add(new Mistake(ErrorCode.BAD_PORT, where + ": " + name + " \"" + NodePath.printable(text)
                    + "\" is no number; ports are 1 to 65535"));
        }
        return OptionalInt.empty();
    }

    private static @Nullable String portMistake(String name, int port) {
        return port < 0 || port > 65535 ? name + " " + port + " is out of range; ports are 1 to 65535" : null;
    }

    private static @Nullable String hostMistake(String host) {
        if (host.isEmpty()) {
            return "the host is empty";
        }
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c <= ' ' || c >= '\u007f' || "/[]=,@\"\\".indexOf(c) >= 0) {
                return "host \"" + NodePath.printable(host) + "\" has the character '" + NodePath.printable(String.valueOf(c))
                        + "' at position " + i + ", which no host name or address has";
            }
        }
        return host.indexOf(':') >= 0 ? ipv6Mistake(host) : null;
    }

    /** Enough to catch a host with a port inside: an address proper has hex digits, two colons or more, perhaps a dotted end and a zone. */
    private static @Nullable String ipv6Mistake(String host) {
        String address = host.contains("%") ? host.substring(0, host.indexOf('%')) : host;
        boolean hexOnly = address.chars().allMatch(c -> Character.digit(c, 16) >= 0 || c == ':' || c == '.');
        boolean twoColons = address.indexOf(':') != address.lastIndexOf(':');
        return hexOnly && twoColons ? null : "host \"" + host + "\" is no IPv6 address, and nothing else has colons";
    }

    private static Mistake samePort(String where, int port) {
        return new Mistake(ErrorCode.DUPLICATE_ADDRESS,
                where + ": peer port and client port are both " + port + "; members and clients need one each");
    }

    private static List<Mistake> mistakes(String host, int peerPort, OptionalInt clientPort) {
        List<Mistake> mistakes = new ArrayList<>();
        String where = "the address of \"" + NodePath.printable(host) + "\"";
        String hostMistake = hostMistake(host);
        if (hostMistake != null) {
            mistakes.add(new Mistake(ErrorCode.BAD_HOST, where + ": " + hostMistake));
        }
        String peerMistake = portMistake("peer port", peerPort);
        if (peerMistake != null) {
            mistakes.add(new Mistake(ErrorCode.BAD_PORT, where + ": " + peerMistake));
        }
        String clientMistake = clientPort.isPresent() ? portMistake("client port", clientPort.getAsInt()) : null;
        if (clientMistake != null) {
            mistakes.add(new Mistake(ErrorCode.BAD_PORT, where + ": " + clientMistake));
        }
        if (mistakes.isEmpty() && clientPort.isPresent() && clientPort.getAsInt() == peerPort && peerPort != 0) {
            mistakes.add(samePort(where, peerPort));
        }
        return mistakes;
    }

    /** The host as it is written before a port: an IPv6 address in brackets. */
    public String hostText() {
        return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    }

    /** The address as {@link #parse(String)} reads it. */
    @Override
    public String toString() {
        return hostText() + ":" + peerPort + (clientPort.isPresent() ? ":" + clientPort.getAsInt() : "");
    }
}
