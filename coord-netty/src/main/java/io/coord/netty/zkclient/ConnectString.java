package io.coord.netty.zkclient;

import io.coord.ConfigException;
import io.coord.ConfigException.Mistake;
import io.coord.ErrorCode;
import io.coord.NodePath;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where servers are reached, as ZooKeeper's clients write it: {@code host:port,host:port/chroot} (zk.P7).
 *
 * @param servers at least one, in the order written
 * @param chroot the path that is the client's root; empty for the tree's own
 */
public record ConnectString(List<Server> servers, String chroot) {

    private static final int PORT_STANDARD = 2181;

    /**
     * A server's address.
     *
     * @param host a name or address, an IPv6 address without its brackets
     * @param port where it listens
     */
    public record Server(String host, int port) {
        @Override
        public String toString() {
            return host.indexOf(':') < 0 ? host + ":" + port : "[" + host + "]:" + port;
        }
    }

    /** Keeps an immutable copy of the servers. */
    public ConnectString {
        servers = List.copyOf(servers);
    }

    /**
     * Reads one.
     *
     * @throws ConfigException with all mistakes
     */
    public static ConnectString parse(String text) {
        List<Mistake> mistakes = new ArrayList<>();
        int slash = text.indexOf('/');
        String hosts = slash < 0 ? text : text.substring(0, slash);
        String chroot = slash < 0 || slash == text.length() - 1 ? "" : text.substring(slash);
        List<Server> servers = new ArrayList<>();
        for (String part : hosts.split(",")) {
            if (!part.isBlank()) {
                server(part.strip(), mistakes).ifPresent(servers::add);
            }
        }
        if (servers.isEmpty() && mistakes.isEmpty()) {
            mistakes.add(new Mistake(ErrorCode.BAD_HOST, "there is no server in it; write host:port, several with commas between"));
        }
        if (!chroot.isEmpty()) {
            NodePath.violation(chroot)
                    .ifPresent(why -> mistakes.add(new Mistake(
                            ErrorCode.BAD_HOST, "the path behind the servers, " + NodePath.printable(chroot) + ", is none: " + why)));
        }
        if (!mistakes.isEmpty()) {
            throw new ConfigException("the connect string \"" + NodePath.printable(text) + "\"", mistakes);
        }
        return new ConnectString(servers, chroot);
    }

    private static Optional<Server> server(String text, List<Mistake> mistakes) {
        int bracket = text.startsWith("[") ? text.indexOf(']') : -1;
        int colon = bracket >= 0 ? text.indexOf(':', bracket) : text.lastIndexOf(':');
        String host = colon < 0 ? text : text.substring(0, colon);
        if (bracket >= 0) {
            host = host.substring(1, bracket);
        }
        if (host.isEmpty() || text.startsWith("[") && bracket < 0 || bracket < 0 && host.indexOf(':') >= 0) {
            mistakes.add(new Mistake(
                    ErrorCode.BAD_HOST,
                    "\"" + NodePath.printable(text) + "\" is no server; write host:port, an IPv6 address in brackets"));
            return Optional.empty();
        }
        return port(colon < 0 ? "" : text.substring(colon + 1), text, mistakes).map(new Host(host)::at);
    }

    private record Host(String name) {
        Server at(int port) {
            return new Server(name, port);
        }
    }

    private static Optional<Integer> port(String text, String server, List<Mistake> mistakes) {
        try {
            int port = text.isEmpty() ? PORT_STANDARD : Integer.parseInt(text);
            if (port > 0 && port < 65_536) {
                return Optional.of(port);
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        mistakes.add(new Mistake(
                ErrorCode.BAD_PORT,
                "the port of \"" + NodePath.printable(server) + "\" is \"" + NodePath.printable(text) + "\"; a port is 1 to 65535"));
        return Optional.empty();
    }

    /** A path of the client's as the server knows it. */
    String rooted(String path) {
        return chroot.isEmpty() ? path : path.equals("/") ? chroot : chroot + path;
    }

    /** A path of the server's as the client knows it; one outside the chroot stays as it is. */
    String stripped(String path) {
        if (chroot.isEmpty() || !path.startsWith(chroot)) {
            return path;
        }
        if (path.length() == chroot.length()) {
            return "/";
        }
        return path.charAt(chroot.length()) == '/' ? path.substring(chroot.length()) : path;
    }
}
