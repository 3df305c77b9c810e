package io.coord;

import io.coord.ConfigException.Mistake;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Where a member is reached: {@code host:peerPort[:clientPort]}, an IPv6 host in brackets; or in the words of ZooKeeper's lists,
 * {@code host:peerPort[:electionPort];[clientHost:]clientPort}, of which the election port is kept for those who read it there, and
 * bears on nothing.
 *
 * @param host a name or address as written, an IPv6 address without its brackets; never looked up here
 * @param peerPort where the other members connect; 0 for any free port, which only a member without others can have
 * @param clientPort where ZooKeeper clients connect, if they may; 0 for any free port
 * @param electionPort a second port that ZooKeeper's lists have; only with a client port
 * @param clientHost where ZooKeeper clients connect, if that is written down; only with a client port
 */
public record MemberAddress(
        String host, int peerPort, OptionalInt clientPort, OptionalInt electionPort, Optional<String> clientHost) {

    /** Refuses what cannot be an address, all mistakes at once. */
    public MemberAddress {
        List<Mistake> mistakes = new ArrayList<>();
        addMistakes(host, peerPort, clientPort, electionPort, clientHost, "the address of \"" + NodePath.printable(host) + "\"", mistakes);
        if (!mistakes.isEmpty()) {
            throw new ConfigException("the address of \"" + NodePath.printable(host) + "\"", mistakes);
        }
    }

    /** The address of a member whose clients, if it has any, are on the same host. */
    public MemberAddress(String host, int peerPort, OptionalInt clientPort) {
        this(host, peerPort, clientPort, OptionalInt.empty(), Optional.empty());
    }

    /** The address of a member that ZooKeeper clients do not connect to. */
    public static MemberAddress of(String host, int peerPort) {
        return new MemberAddress(host, peerPort, OptionalInt.empty());
    }

    /**
     * Reads an address as it is written.
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
        int semicolon = text.indexOf(';');
        String head = semicolon < 0 ? text : text.substring(0, semicolon);
        boolean bracketed = head.startsWith("[");
        int hostEnd = bracketed ? head.indexOf(']') + 1 : head.indexOf(':');
        if (bracketed && hostEnd == 0) {
            mistakes.add(new Mistake(ErrorCode.BAD_HOST, where + ": the bracket before the IPv6 address is never closed"));
            return null;
        }
        String[] ports = portsOf(head.substring(hostEnd < 0 ? head.length() : hostEnd));
        if (ports.length == 0 || ports.length > 2) {
            mistakes.add(new Mistake(ErrorCode.MALFORMED_MEMBER, where + (ports.length == 0 ? noPort(head) : tooMany(head))));
            return null;
        }
        if (!bracketed && ports[0].startsWith("//")) {
            mistakes.add(new Mistake(ErrorCode.BAD_HOST, where + ": the host \"" + head.substring(0, hostEnd) + "\" and port \""
                    + ports[0] + "\" come from a URL; leave " + head.substring(0, hostEnd) + ":// out"));
            return null;
        }
        String host = bracketed ? head.substring(1, hostEnd - 1) : head.substring(0, hostEnd);
        String second = ports.length == 2 ? ports[1] : null;
        return semicolon < 0
                ? checked(host, ports[0], second, null, null, where, mistakes)
                : checked(host, ports[0], portOf(text.substring(semicolon + 1)), second, hostOf(text.substring(semicolon + 1)), where, mistakes);
    }

    private static @Nullable MemberAddress checked(
            String host,
            String peerPort,
            @Nullable String clientPort,
            @Nullable String electionPort,
            @Nullable String clientHost,
            String where,
            List<Mistake> mistakes) {
        int before = mistakes.size();
        OptionalInt peer = port(peerPort, "peer port", where, mistakes);
        OptionalInt client = port(clientPort, "client port", where, mistakes);
        OptionalInt election = port(electionPort, "election port", where, mistakes);
        if (mistakes.size() > before) {
            add(ErrorCode.BAD_HOST, hostMistake(host), where, mistakes);
            return null;
        }
        Optional<String> clients = Optional.ofNullable(clientHost);
        addMistakes(host, peer.getAsInt(), client, election, clients, where, mistakes);
        return mistakes.size() > before ? null : new MemberAddress(host, peer.getAsInt(), client, election, clients);
    }

    /** The port of {@code [host:]port}. */
    private static String portOf(String endpoint) {
        return endpoint.substring(endpoint.lastIndexOf(':') + 1);
    }

    /** The host of {@code [host:]port}, or null. */
    private static @Nullable String hostOf(String endpoint) {
        int colon = endpoint.lastIndexOf(':');
        String host = endpoint.substring(0, Math.max(colon, 0));
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        return colon < 0 ? null : bracketed ? host.substring(1, host.length() - 1) : host;
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

    private static OptionalInt port(@Nullable String text, String name, String where, List<Mistake> mistakes) {
        if (text == null) {
            return OptionalInt.empty();
        }
        try {
            return OptionalInt.of(Integer.parseInt(text));
        } catch (NumberFormatException e) {
            mistakes.add(new Mistake(ErrorCode.BAD_PORT, where + ": " + name + " \"" + NodePath.printable(text)
                    + "\" is no number; ports are 1 to 65535"));
            return OptionalInt.empty();
        }
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
            if (c <= ' ' || c >= '\u007f' || "/[]=,;@\"\\".indexOf(c) >= 0) {
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

    private static void addMistakes(
            String host,
            int peerPort,
            OptionalInt clientPort,
            OptionalInt electionPort,
            Optional<String> clientHost,
            String where,
            List<Mistake> mistakes) {
        int before = mistakes.size();
        add(ErrorCode.BAD_HOST, hostMistake(host), where, mistakes);
        clientHost.ifPresent(name -> add(ErrorCode.BAD_HOST, hostMistake(name), where, mistakes));
        add(ErrorCode.BAD_PORT, portMistake("peer port", peerPort), where, mistakes);
        clientPort.ifPresent(port -> add(ErrorCode.BAD_PORT, portMistake("client port", port), where, mistakes));
        electionPort.ifPresent(port -> add(ErrorCode.BAD_PORT, portMistake("election port", port), where, mistakes));
        if (mistakes.size() > before) {
            return;
        }
        if (clientPort.isEmpty() && (electionPort.isPresent() || clientHost.isPresent())) {
            add(ErrorCode.MALFORMED_MEMBER, "an election port or a host for clients is written with a client port only", where, mistakes);
        }
        boolean isOneHost = clientHost.isEmpty() || isWildcard(clientHost.get()) || clientHost.get().equalsIgnoreCase(host);
        if (isOneHost && clientPort.orElse(-1) == peerPort && peerPort != 0) {
            add(ErrorCode.DUPLICATE_ADDRESS,
                    "peer port and client port are both " + peerPort + "; members and clients need one each", where, mistakes);
        }
        if (electionPort.orElse(-1) == peerPort) {
            add(ErrorCode.DUPLICATE_ADDRESS, "peer port and election port are both " + peerPort + "; ZooKeeper has two", where, mistakes);
        }
    }

    private static void add(ErrorCode code, @Nullable String mistake, String where, List<Mistake> mistakes) {
        if (mistake != null) {
            mistakes.add(new Mistake(code, where + ": " + mistake));
        }
    }

    private static boolean isWildcard(String host) {
        return host.equals("0.0.0.0") || host.equals("::") || host.equals("*");
    }

    /** The host as it is written before a port: an IPv6 address in brackets. */
    public String hostText() {
        return bracketed(host);
    }

    /** Where clients connect, as it is written before a port: as in the list, which may say all addresses of the host, or the member's host. */
    public String clientHostText() {
        return bracketed(clientHost.orElse(host));
    }

    /**
     * The second port that ZooKeeper's lists have for a member: its election port, or where it has none, one beside its peer port that is
     * not its client port. Nobody listens there, so it may be a port of another member.
     */
    public int shownElectionPort() {
        return electionPort.orElseGet(() -> {
            int step = peerPort < 0xfffe ? 1 : -1;
            int next = peerPort + step;
            return next == clientPort.orElse(0) ? next + step : next;
        });
    }

    /** The host by which clients find the member: none is at all addresses. */
    String reachableClientHost() {
        return bracketed(clientHost.filter(name -> !isWildcard(name)).orElse(host));
    }

    private static String bracketed(String host) {
        return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    }

    /** The address as {@link #parse(String)} reads it. */
    @Override
    public String toString() {
        return forMembers() + forClients();
    }

    /** The part that comes before a role. */
    String forMembers() {
        String second = isAsZooKeepers()
                ? electionPort.isPresent() ? ":" + electionPort.getAsInt() : ""
                : clientPort.isPresent() ? ":" + clientPort.getAsInt() : "";
        return hostText() + ":" + peerPort + second;
    }

    /** The part that comes behind a role. */
    String forClients() {
        return isAsZooKeepers() ? ";" + clientHost.map(name -> bracketed(name) + ":").orElse("") + clientPort.getAsInt() : "";
    }

    private boolean isAsZooKeepers() {
        return electionPort.isPresent() || clientHost.isPresent();
    }
}
