package io.coord.netty.server;

import io.coord.ConfigException;
import io.coord.ConfigException.Mistake;
import io.coord.Ensemble;
import io.coord.ErrorCode;
import io.coord.MemberAddress;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.netty.peer.TlsFiles;
import java.io.IOException;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a command line and its configuration file, ours or a zoo.cfg of Apache ZooKeeper, which have one set of names between them: a
 * name of ZooKeeper's may have the prefix {@code zookeeper.} of its system properties. What ZooKeeper has and a member has no use for is
 * named in a warning, unless it was to protect something; all that is wrong is reported at once.
 */
public final class SettingsReader {

    private static final String PREFIX = "zookeeper.";
    private static final Pattern SERVER = Pattern.compile("server\\.(.*)");
    private static final Pattern DETOUR = Pattern.compile("peerAddress\\.(\\d{1,5})");
    private static final Pattern DURATION = Pattern.compile("(\\d{1,12})\\s*(ms|s|m|h|d)", Pattern.CASE_INSENSITIVE);
    private static final Map<String, Long> UNIT_MILLIS = Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);
    private static final Set<String> OURS = Set.copyOf(MemberConfig.DEFAULT.toProperties().stringPropertyNames());

    /** What is read here, and suggested where one of it was perhaps meant. */
    private static final List<String> READ_HERE = List.of(
            "id", "members", "dataDir", "insecure", "clientPort", "clientPortAddress", "quorumListenOnAllIPs", "peerType", "tickTime",
            "maxClientCnxns", "maxCnxns", "globalOutstandingLimit", "throttled_op_wait_time", "connection_throttle_tokens",
            "connection_throttle_fill_count", "connection_throttle_fill_time", "largeRequestThreshold", "largeRequestMaxBytes", "jute.maxbuffer",
            "netty.server.outstandingHandshake.limit",
            "4lw.commands.whitelist", "DigestAuthenticationProvider.superDigest",
            "kerberos.removeHostFromPrincipal", "kerberos.removeRealmFromPrincipal", "security.auth_to_local",
            "DigestAuthenticationProvider.digestAlg", "DigestAuthenticationProvider.enabled", "readonlymode.enabled", "localSessionsEnabled",
            "localSessionsUpgradingEnabled", "reconfigEnabled", "extendedTypesEnabled", "skipACL", "snapCount", "snapSizeLimitInKb",
            "znode.container.checkIntervalMs", "znode.container.maxNeverUsedIntervalMs", "dynamicConfigFile",
            "sslQuorum", "peerCertificate", "peerKey", "peerKeyPassword", "peerKeyPasswordPath", "peerAuthorities", "peerEnsemble");

    /** ZooKeeper's switches that protect something: passed over, they would leave open what was to be closed. */
    private static final List<String> PROTECTIVE = List.of(
            "quorum.auth.enableSasl", "quorum.auth.learnerRequireSasl", "quorum.auth.serverRequireSasl");

    private static final Map<String, String> PROVIDERS = Map.of(
            "org.apache.zookeeper.server.auth.SASLAuthenticationProvider", "sasl",
            "org.apache.zookeeper.server.auth.X509AuthenticationProvider", "x509");

    /** Where these have been made out, who is to be a member was perhaps said, in what could not be read. */
    private static final Set<ErrorCode> LISTLESS = Set.of(
            ErrorCode.MALFORMED_MEMBER, ErrorCode.BAD_MEMBER_ID, ErrorCode.BAD_HOST, ErrorCode.BAD_PORT, ErrorCode.UNREADABLE_FILE);

    private static final List<String> SCHEMES = List.of("digest", "ip", "sasl", "x509");

    /** ZooKeeper's. */
    private static final int DEFAULT_LARGE_BYTES_MAX = 100 << 20;

    private static final int FRAME_BYTES_MIN = 1 << 10;
    private static final int FRAME_BYTES_MAX = 64 << 20;
    private static final long TICK_MILLIS_MAX = 3_600_000;
    private static final Duration RELOAD_EVERY = Duration.ofSeconds(10);

    private final List<Mistake> mistakes = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    /** What is left to be read, by name without prefix. */
    private final TreeMap<String, Given> given = new TreeMap<>();
    private final TreeMap<String, String> ours = new TreeMap<>();
    /** There is no list of members: whatever listens needs an address that is said. */
    private boolean isStandAlone;

    /** A setting as it was written. */
    private record Given(String name, String text) {}

    private SettingsReader() {}

    /**
     * What a command line says, the file that it names included.
     *
     * @throws ConfigException with all mistakes
     */
    public static ServerSettings read(Arguments arguments) {
        SettingsReader reader = new SettingsReader();
        reader.mistakes.addAll(arguments.mistakes());
        String file = arguments.values().get(Arguments.CONFIG);
        if (file != null) {
            reader.addFile(file);
        }
        arguments.properties().forEach(reader::put);
        Given members = reader.given.remove("dynamicConfigFile");
        if (members != null) {
            reader.addFile(members.text());
            reader.given.remove("version"); // of the list of servers; the log knows it
            arguments.properties().forEach((name, text) -> {
                if (!plain(name).equals("dynamicConfigFile")) {
                    reader.put(name, text);
                }
            });
        }
        arguments.values().forEach((option, text) -> reader.putOption(option, text));
        ServerSettings settings = reader.settings();
        if (settings == null || !reader.mistakes.isEmpty()) {
            throw new ConfigException("what the server was told", reader.mistakes);
        }
        return settings;
    }

    // ------------------------------------------------------------------------------------------------ gathering

    private void putOption(String option, String text) {
        switch (option) {
            case Arguments.ID -> put("id", text);
            case Arguments.DATA_DIR -> put("dataDir", text);
            case Arguments.MEMBERS -> {
                given.keySet().removeIf(name -> SERVER.matcher(name).matches());
                put("members", text);
            }
            default -> { }
        }
    }

    private static String plain(String name) {
        return name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
    }

    private void put(String name, String text) {
        given.put(plain(name), new Given(name, text.strip()));
    }

    private void addFile(String name) {
        Properties read = new Properties();
        try {
            byte[] bytes = Files.readAllBytes(Path.of(name));
            int odd = firstThatIsNotUtf8(bytes);
            read.load(new StringReader(new String(bytes, odd < 0 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1)));
            if (odd >= 0 && !isAscii(read.toString())) {
                doubtCharacters(NodePath.printable(name), bytes, odd);
            }
        } catch (IOException | IllegalArgumentException e) {
            mistakes.add(new Mistake(ErrorCode.UNREADABLE_FILE, "cannot read " + NodePath.printable(name) + ": " + reason(e)));
            return;
        }
        for (String key : new TreeSet<>(read.stringPropertyNames())) {
            String plain = plain(key);
            String other = read.getProperty(PREFIX + plain);
            if (key.equals(plain) && other != null && !other.strip().equals(read.getProperty(key).strip())) {
                mistakes.add(new Mistake(ErrorCode.CONFLICTING_VALUES,
                        NodePath.printable(name) + " has both " + key + " and " + PREFIX + key + ", with different values"));
            }
            put(key, read.getProperty(key));
        }
    }

    /** Where a text ceases to be UTF-8, or -1. ZooKeeper takes any byte, as ISO 8859-1. */
    private static int firstThatIsNotUtf8(byte[] bytes) {
        ByteBuffer from = ByteBuffer.wrap(bytes);
        boolean isError = StandardCharsets.UTF_8.newDecoder().decode(from, CharBuffer.allocate(bytes.length), true).isError();
        return isError ? from.position() : -1;
    }

    private static boolean isAscii(String text) {
        return text.chars().allMatch(c -> c < 0x80);
    }

    /** One stray byte in a file that is UTF-8 must not make a data directory another. */
    private void doubtCharacters(String file, byte[] bytes, int odd) {
        if (isAscii(new String(bytes, StandardCharsets.UTF_8).replace("\uFFFD", ""))) {
            warnings.add(file + " is not UTF-8, at byte " + odd + ", and is read as ISO 8859-1, as ZooKeeper does");
        } else {
            mistakes.add(new Mistake(ErrorCode.UNREADABLE_FILE, "cannot read " + file + ": at byte " + odd
                    + " it is not UTF-8, and elsewhere it is, so that a name in it may mean another. Save all of it as UTF-8"));
        }
    }

    private static String reason(Exception e) {
        String text = e.getMessage() == null ? "" : NodePath.printable(e.getMessage());
        return e instanceof java.nio.file.NoSuchFileException ? "there is no such file" : e.getClass().getSimpleName() + " " + text;
    }

    // ------------------------------------------------------------------------------------------------ reading

    private @Nullable ServerSettings settings() {
        Path directory = directory();
        List<ServerLine> lines = serverLines();
        boolean isEverywhere = toggle("quorumListenOnAllIPs").orElse(false);
        Optional<String> clientHostWanted = text("clientPortAddress").map(ServerLine::unbracketed);
        boolean isPortSaid = given.containsKey("clientPort") || given.containsKey("secureClientPort");
        OptionalInt clientPortWanted = number("clientPort", 0, 65_535);
        Ensemble ensemble = ensemble(lines, clientHostWanted, clientPortWanted, isPortSaid);
        if (ensemble != null && (directory == null || !holdsMember(memberDirectory(directory)))) {
            requireHosts(ensemble);
        }
        MemberId self = self(ensemble, directory);
        boolean isInsecure = toggle("insecure").orElse(false);
        Optional<String> peerType = text("peerType");
        Map<MemberId, String> detours = detours(ensemble);
        MemberAddress address = ensemble == null || self == null ? null : ensemble.address(self);
        Optional<String> clientHostSaid = clientHostWanted.or(() -> address == null ? Optional.empty() : address.clientHost());
        Optional<ServerSettings.Tls> tls = tls(secureHost(address, clientHostSaid, isEverywhere), hosts(ensemble, clientHostSaid));
        Optional<TlsFiles> peerTls = peerTls();
        Set<String> required = required();
        refuseProtection();
        ServerSettings.Door door = door(tls, required);
        sessionTimeouts();
        limits(door);
        leftOver();
        MemberConfig config = config();
        if (ensemble == null || self == null || address == null || directory == null) {
            return null;
        }
        peerType.ifPresent(type -> requireRole(type, self, ensemble));
        OptionalInt clientPort = clientPort(address, clientPortWanted);
        String peerHost = isEverywhere ? "0.0.0.0" : address.host();
        String clientHost = clientHostSaid.orElse(address.host());
        boolean isJoinable = ensemble.members().size() > 1 || door.isReconfigEnabled() && address.peerPort() != 0;
        boolean isOpenToMembers = isJoinable && peerTls.isEmpty();
        if (isOpenToMembers) {
            requireLoopback(peerHost, "other members", isInsecure);
        }
        if (clientPort.isPresent() && !(clientHost.equals(peerHost) && isOpenToMembers)) {
            requireLoopback(clientHost, "clients", isInsecure);
        }
        return new ServerSettings(
                self,
                ensemble,
                directory,
                memberDirectory(directory),
                isJoinable,
                peerHost,
                peerTls,
                clientHost,
                clientPort,
                detours,
                config,
                door,
                isInsecure,
                List.copyOf(warnings));
    }

    private @Nullable Path directory() {
        Optional<String> text = text("dataDir");
        if (text.isEmpty()) {
            if (mistakes.stream().noneMatch(mistake -> mistake.code() == ErrorCode.UNREADABLE_FILE)) {
                mistakes.add(new Mistake(ErrorCode.BAD_ARGUMENT,
                        "no data directory: say --data-dir DIR, or dataDir=DIR in the file. A member without one would forget"));
            }
            return null;
        }
        try {
            Path directory = Path.of(text.get()).toAbsolutePath().normalize();
            if (holdsFilesOfZooKeeper(directory)) {
                mistakes.add(new Mistake(ErrorCode.NOT_A_DATA_DIRECTORY, directory + " holds the data of an Apache ZooKeeper server"
                        + " (version-2), which this member would not see: it would start with an empty tree. Move it here, as"
                        + " coord-netty/README.md says: java -cp coord-server.jar io.coord.netty.ImportZooKeeper --from " + directory
                        + " --data-dir " + memberDirectory(directory) + " ...; or name an empty directory"));
            }
            if (holdsMember(directory) && holdsMember(directory.resolve("coord"))) {
                mistakes.add(new Mistake(ErrorCode.CONFLICTING_VALUES, directory + " holds the data of a member, and so does "
                        + directory.resolve("coord") + ", where it lies beside ZooKeeper's myid or version-2: which of them counts cannot"
                        + " be told. Move the one that is not to be used elsewhere"));
            }
            return directory;
        } catch (InvalidPathException e) {
            mistakes.add(new Mistake(ErrorCode.BAD_ARGUMENT, "the data directory " + quoted(text.get()) + " is no path"));
            return null;
        }
    }

    /**
     * Where the member's files are, below what a server was told to be its data directory: in {@code coord} where ZooKeeper's lie in it
     * (its {@code myid} or {@code version-2}), unless the member's were there before.
     */
    public static Path memberDirectory(Path directory) {
        boolean isZooKeepers = Files.exists(directory.resolve("myid")) || Files.exists(directory.resolve("version-2"));
        return isZooKeepers && !holdsMember(directory) ? directory.resolve("coord") : directory;
    }

    private static boolean holdsMember(Path directory) {
        return Stream.of("identity", "control").map(directory::resolve).anyMatch(Files::exists);
    }

    /** Where a member has files it has a tree, so that nothing is passed over that was to be its own. */
    private static boolean holdsFilesOfZooKeeper(Path directory) {
        Path version2 = directory.resolve("version-2");
        if (!Files.isDirectory(version2) || Files.exists(directory.resolve("coord")) || holdsMember(directory)) {
            return false;
        }
        try (Stream<Path> files = Files.list(version2)) {
            return files.anyMatch(file -> file.getFileName().toString().matches("(log|snapshot)\\..*"));
        } catch (IOException e) {
            return false;
        }
    }

    private List<ServerLine> serverLines() {
        List<ServerLine> lines = new ArrayList<>();
        for (String name : List.copyOf(given.keySet())) {
            if (SERVER.matcher(name).matches()) {
                Given value = given.remove(name);
                ServerLine line = ServerLine.parse(name, value.text(), mistakes);
                if (line != null) {
                    lines.add(line);
                }
                if (line != null && line.isOfSeveralAddresses()) {
                    warnings.add(name + " has several addresses; a member has one, and the first is used: " + line.address());
                }
            }
        }
        return lines;
    }

    private @Nullable Ensemble ensemble(List<ServerLine> lines, Optional<String> clientHost, OptionalInt clientPort, boolean isPortSaid) {
        Optional<String> members = text("members");
        try {
            if (members.isPresent()) {
                if (!lines.isEmpty()) {
                    mistakes.add(new Mistake(ErrorCode.BAD_ARGUMENT,
                            "the members are named twice, by members and by server lines; name them once"));
                }
                return Ensemble.parse(members.get());
            }
            if (!lines.isEmpty()) {
                return ensemble(lines);
            }
            if (mistakes.stream().anyMatch(mistake -> LISTLESS.contains(mistake.code()))) {
                return null;
            }
            if (isPortSaid) {
                return standAlone(clientHost, clientPort);
            }
            mistakes.add(new Mistake(ErrorCode.NO_VOTERS, "no members: say --members 1=localhost:7101:2181 for a stand-alone one, or"
                    + " --members 1=host-1:7100:2181,2=host-2:7100:2181,3=host-3:7100:2181, or --config FILE"));
        } catch (ConfigException e) {
            mistakes.addAll(e.mistakes());
        }
        return null;
    }

    /** A zoo.cfg without server lines: a stand-alone server, which has no number. */
    private Ensemble standAlone(Optional<String> clientHost, OptionalInt clientPort) {
        String host = clientHost.filter(name -> !isWildcard(name)).orElse("localhost");
        if (clientHost.isEmpty() && clientPort.isPresent()) {
            warnOfLoopback("connect", "clientPortAddress");
        }
        isStandAlone = true;
        return Ensemble.of(Map.of(MemberId.of(1), new MemberAddress(host, 0, clientPort)));
    }

    private void warnOfLoopback(String what, String name) {
        warnings.add("clients of this machine alone can " + what + ": the file names no " + name + ". ZooKeeper would listen on all addresses;"
                + " say " + name + "=HOST to be reached there");
    }

    private static Ensemble ensemble(List<ServerLine> lines) {
        TreeMap<MemberId, MemberAddress> voters = new TreeMap<>();
        TreeMap<MemberId, MemberAddress> observers = new TreeMap<>();
        lines.forEach(line -> (line.isObserver() ? observers : voters).put(line.id(), line.address()));
        return new Ensemble(voters, observers);
    }

    /** {@code peerAddress.N=host:port}: where member N is reached from here, through a tunnel or a proxy. */
    private Map<MemberId, String> detours(@Nullable Ensemble ensemble) {
        TreeMap<MemberId, String> detours = new TreeMap<>();
        for (String name : List.copyOf(given.keySet())) {
            Matcher detour = DETOUR.matcher(name);
            if (!detour.matches()) {
                continue;
            }
            Given value = given.remove(name);
            int id = Integer.parseInt(detour.group(1));
            if (id < 1 || id > MemberId.MAX || ensemble != null && !ensemble.contains(MemberId.of(id))) {
                mistakes.add(new Mistake(ErrorCode.NOT_A_MEMBER, name + ": there is no member " + id));
                continue;
            }
            try {
                detours.put(MemberId.of(id), MemberAddress.parse(value.text()).toString());
            } catch (ConfigException e) {
                mistakes.addAll(e.mistakes());
            }
        }
        return detours;
    }

    private @Nullable MemberId self(@Nullable Ensemble ensemble, @Nullable Path directory) {
        Optional<String> text = text("id");
        String where = "id";
        if (text.isEmpty() && !isStandAlone && directory != null && Files.isRegularFile(directory.resolve("myid"))) {
            where = directory.resolve("myid").toString();
            try {
                text = Optional.of(Files.readString(directory.resolve("myid")).strip());
            } catch (IOException e) {
                mistakes.add(new Mistake(ErrorCode.UNREADABLE_FILE, "cannot read " + where + ": " + reason(e)));
                return null;
            }
        }
        if (text.isEmpty()) {
            if (ensemble != null && ensemble.members().size() == 1) {
                return ensemble.members().first();
            }
            if (ensemble != null) {
                mistakes.add(new Mistake(ErrorCode.BAD_MEMBER_ID, "which of the members " + ensemble.members()
                        + " this is was not said: say --id N, or id=N in the file, or put N into the file myid in the data directory"));
            }
            return null;
        }
        if (!text.get().matches("\\d{1,9}") || Integer.parseInt(text.get()) < 1 || Integer.parseInt(text.get()) > MemberId.MAX) {
            mistakes.add(new Mistake(ErrorCode.BAD_MEMBER_ID,
                    where + " " + quoted(text.get()) + " is no number from 1 to " + MemberId.MAX));
            return null;
        }
        MemberId self = MemberId.of(Integer.parseInt(text.get()));
        if (ensemble != null && !ensemble.contains(self)) {
            mistakes.add(new Mistake(ErrorCode.NOT_A_MEMBER,
                    "member " + self + (where.equals("id") ? "" : ", as " + where + " says,") + " is not in the ensemble " + ensemble
                            + "; its members are " + ensemble.members()));
            return null;
        }
        return self;
    }

    /** All new members have one list, so that none can call itself by another name in it than the others do. Where one has files it founds nothing. */
    private void requireHosts(Ensemble ensemble) {
        ensemble.addresses().forEach((id, address) -> {
            if (ensemble.members().size() > 1 && isWildcard(address.host())) {
                mistakes.add(new Mistake(ErrorCode.BAD_HOST, "member " + id + "'s host " + address.hostText() + " is none by which others find it:"
                        + " name its host, and say quorumListenOnAllIPs=true for member " + id + " to listen at all addresses"));
            }
        });
    }

    private void requireRole(String type, MemberId self, Ensemble ensemble) {
        if (type.equalsIgnoreCase("observer") != ensemble.observers().containsKey(self)) {
            mistakes.add(new Mistake(ErrorCode.CONFLICTING_VALUES, "peerType is " + NodePath.printable(type) + ", but the list of members makes member "
                    + self + (ensemble.observers().containsKey(self) ? " an observer" : " a voter") + "; the list decides"));
        }
    }

    private OptionalInt clientPort(MemberAddress address, OptionalInt wanted) {
        if (address.clientPort().isPresent() && wanted.isPresent() && !address.clientPort().equals(wanted)) {
            mistakes.add(new Mistake(ErrorCode.CONFLICTING_VALUES, "clientPort is " + wanted.getAsInt() + ", but the list of members says "
                    + address.clientPort().getAsInt() + "; say it once"));
        }
        return address.clientPort().isPresent() ? address.clientPort() : wanted;
    }

    private void requireLoopback(String host, String who, boolean isInsecure) {
        if (isWildcard(host) || !isLoopback(host)) {
            if (isInsecure) {
                warnings.add("insecure: " + who + " reach this member at " + host + " without encryption, and so does whoever else can");
            } else {
                mistakes.add(new Mistake(ErrorCode.INSECURE_ADDRESS, who + " would reach this member at " + host + " without encryption, and so would"
                        + " whoever else can: name a loopback address, encrypt it (" + (who.equals("clients") ? "secureClientPort" : "sslQuorum")
                        + "), or say --prop insecure=true if the network keeps others out"));
            }
        }
    }

    private boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            mistakes.add(new Mistake(ErrorCode.BAD_HOST, "host " + quoted(host) + " is unknown here: a member listens on its own host."
                    + " Name one that this machine has"));
            return true;
        }
    }

    /** Whether a host is more than this machine's own; one that is unknown here is another's. */
    private static boolean isBeyond(String host) {
        try {
            return !InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return true;
        }
    }

    private static boolean isWildcard(String host) {
        return host.equals("0.0.0.0") || host.equals("::") || host.equals("*");
    }

    // ------------------------------------------------------------------------------------------------ ZooKeeper's settings

    private void refuseProtection() {
        for (String name : PROTECTIVE) {
            Given value = given.remove(name);
            if (value != null && Boolean.parseBoolean(value.text())) {
                mistakes.add(cannotProtect(value));
            }
        }
        for (String name : List.copyOf(given.keySet())) {
            Given value = given.get(name);
            boolean isOff = isOff(value);
            if (isOff && name.matches("ssl\\.(quorum\\.)?(crl|ocsp)")) {
                given.remove(name);
            } else if (isOff && name.matches("ssl\\.(quorum\\.)?hostnameVerification")) {
                given.remove(name);
                warnings.add(value.name() + "=false is passed over: " + (name.startsWith("ssl.quorum.")
                        ? "where members are connected over TLS the host of a member's certificate is verified, always"
                        : "clients are known by their certificates, whatever their host is"));
            } else if (name.matches("ssl\\.quorum\\.(key|trust)Store\\..*")) {
                mistakes.add(new Mistake(ErrorCode.INSECURE, given.remove(name).name() + " protects nothing: members are not connected over TLS"
                        + " unless sslQuorum=true says so; say it, or take this out"));
            } else if (name.startsWith("ssl.") || name.startsWith("secureClientPort") || name.equals("requireClientAuthScheme")
                    || name.equals("enforce.auth.schemes")) {
                mistakes.add(cannotProtect(given.remove(name)));
            }
        }
    }

    private static boolean isOff(@Nullable Given value) {
        return value != null && value.text().matches("(?i)false|no");
    }

    private static Mistake cannotProtect(Given setting) {
        return new Mistake(ErrorCode.INSECURE, setting.name() + " is to protect what this version of the server cannot protect in that way;"
                + " to pass it over would leave that open. Take it out only if nothing depends on it");
    }

    /**
     * Where the port for TLS listens unless that is said: the plain port's address says nothing of it, unless it is that of all addresses,
     * which was not to keep anything on this machine.
     */
    private String secureHost(@Nullable MemberAddress address, Optional<String> clientHost, boolean isEverywhere) {
        String own = address == null || isStandAlone ? "localhost" : address.host();
        return clientHost.filter(SettingsReader::isWildcard).orElse(isEverywhere ? "0.0.0.0" : own);
    }

    /** By which the members and the plain port are reached. */
    private static Stream<String> hosts(@Nullable Ensemble ensemble, Optional<String> clientHost) {
        Stream<String> members = ensemble == null ? Stream.empty() : ensemble.addresses().values().stream().map(MemberAddress::host);
        return Stream.concat(clientHost.stream(), members);
    }

    /**
     * What names a key store for clients; where nobody would come by it, it is refused.
     *
     * @param own where the port for TLS listens unless that is said
     * @param hosts of the plain port and the members: where one is reached from elsewhere, the port for TLS was perhaps to be, too
     */
    private Optional<ServerSettings.Tls> tls(String own, Stream<String> hosts) {
        boolean isAtClientPort = toggle("client.portUnification").orElse(false);
        if (!isAtClientPort && !given.containsKey("secureClientPort")) {
            for (String name : List.copyOf(given.keySet())) {
                if (name.matches("ssl\\.((key|trust)Store\\..*|clientAuth)|secureClientPortAddress")) {
                    mistakes.add(new Mistake(ErrorCode.INSECURE, given.remove(name).name() + " protects nothing: clients do not come over TLS unless"
                            + " secureClientPort=PORT or client.portUnification=true says so; say it, or take this out"));
                }
            }
            return Optional.empty();
        }
        OptionalInt port = number("secureClientPort", 0, 65_535);
        Optional<String> host = text("secureClientPortAddress").map(ServerLine::unbracketed);
        if (port.isPresent() && host.isEmpty() && !isBeyond(own) && (isStandAlone || hosts.anyMatch(SettingsReader::isBeyond))) {
            warnOfLoopback("connect over TLS", "secureClientPortAddress");
        }
        Optional<Path> keyStore = store("ssl.keyStore");
        Optional<Path> trustStore = store("ssl.trustStore");
        String clientAuth = text("ssl.clientAuth").orElse("need").toLowerCase(Locale.ROOT);
        if (!List.of("none", "want", "need").contains(clientAuth)) {
            mistakes.add(new Mistake(ErrorCode.BAD_ARGUMENT, "ssl.clientAuth=" + NodePath.printable(clientAuth) + " is not none, want or need"));
        }
        if (keyStore.isEmpty()) {
            mistakes.add(new Mistake(ErrorCode.INSECURE, "clients are to come by TLS, but there is no key store with the server's certificate:"
                    + " name it with ssl.keyStore.location and ssl.keyStore.password"));
        }
        if (trustStore.isEmpty() && !clientAuth.equals("none")) {
            mistakes.add(new Mistake(ErrorCode.INSECURE, "clients are to show certificates, but no authority of theirs is trusted: name a store"
                    + " with ssl.trustStore.location and ssl.trustStore.password, or say ssl.clientAuth=none"));
        }
        char[] password = password("ssl.keyStore");
        char[] trustPassword = password("ssl.trustStore");
        Optional<String> superUser = text("X509AuthenticationProvider.superUser").filter(subject -> !subject.isEmpty());
        return keyStore.map(file -> new ServerSettings.Tls(
                file, password, trustStore, trustPassword, clientAuth, port, host.orElse(own), isAtClientPort, superUser));
    }

    /** TLS between members: by ZooKeeper's names with key stores, or by ours with PEM files. */
    private Optional<TlsFiles> peerTls() {
        boolean isWanted = toggle("sslQuorum").orElse(false);
        Optional<Path> certificate = path("peerCertificate");
        Optional<Path> key = path("peerKey");
        Optional<Path> authorities = path("peerAuthorities");
        Optional<String> ensemble = text("peerEnsemble").filter(name -> !name.isEmpty());
        char @Nullable [] keyPassword = passwordSaid("peerKeyPassword", "peerKeyPasswordPath");
        if (ensemble.isPresent() && !ensemble.get().matches("[A-Za-z0-9._-]{1,253}")) {
            mistakes.add(new Mistake(ErrorCode.BAD_ARGUMENT, "peerEnsemble=" + NodePath.printable(ensemble.get())
                    + ": letters, digits, dots, hyphens and underscores name an ensemble"));
        }
        boolean isByPem = certificate.isPresent() || key.isPresent() || authorities.isPresent();
        if (!isWanted && !isByPem) {
            if (ensemble.isPresent() || keyPassword != null) {
                mistakes.add(new Mistake(ErrorCode.INSECURE, "peerEnsemble and peerKeyPasswordPath protect nothing: members are not connected over TLS"
                        + " unless peerCertificate, peerKey and peerAuthorities, or sslQuorum=true, say so"));
            }
            return Optional.empty();
        }
        if (isByPem) {
            if (certificate.isEmpty() || key.isEmpty() || authorities.isEmpty()) {
                mistakes.add(new Mistake(ErrorCode.INSECURE, "members are to be connected over TLS, which takes three PEM files: peerCertificate, peerKey"
                        + " and peerAuthorities; " + Stream.of(
                                certificate.isEmpty() ? "peerCertificate" : "",
                                key.isEmpty() ? "peerKey" : "",
                                authorities.isEmpty() ? "peerAuthorities" : "").filter(name -> !name.isEmpty()).toList() + " are not named"));
                return Optional.empty();
            }
            return Optional.of(new TlsFiles(
                    certificate.get(), key.get(), keyPassword, authorities.get(), null, ensemble.orElse(null), RELOAD_EVERY));
        }
        return peerTlsByStores(ensemble);
    }

    private Optional<TlsFiles> peerTlsByStores(Optional<String> ensemble) {
        Optional<Path> keyStore = store("ssl.quorum.keyStore");
        Optional<Path> trustStore = store("ssl.quorum.trustStore");
        char @Nullable [] password = passwordSaid("ssl.quorum.keyStore.password", "ssl.quorum.keyStore.passwordPath");
        char @Nullable [] trustPassword = passwordSaid("ssl.quorum.trustStore.password", "ssl.quorum.trustStore.passwordPath");
        if (!isOff(given.get("ssl.quorum.hostnameVerification"))) { // which is told of where all that is off is
            toggle("ssl.quorum.hostnameVerification");
        }
        if (!text("ssl.quorum.clientAuth").orElse("need").equalsIgnoreCase("need")) {
            warnings.add("ssl.quorum.clientAuth is passed over: each member proves itself to each other one, always");
        }
        if (keyStore.isEmpty() || trustStore.isEmpty()) {
            mistakes.add(new Mistake(ErrorCode.INSECURE, "members are to be connected over TLS (sslQuorum), but "
                    + (keyStore.isEmpty() ? "there is no key store with this member's certificate: name it with ssl.quorum.keyStore.location"
                            : "no authority of members is trusted: name a store with ssl.quorum.trustStore.location")
                    + " and its password"));
            return Optional.empty();
        }
        return Optional.of(new TlsFiles(keyStore.get(), null, password, trustStore.get(), trustPassword, ensemble.orElse(null), RELOAD_EVERY));
    }

    private Optional<Path> path(String name) {
        try {
            return text(name).filter(file -> !file.isEmpty()).map(Path::of);
        } catch (InvalidPathException e) {
            mistakes.add(new Mistake(ErrorCode.BAD_ARGUMENT, name + " is no path"));
            return Optional.empty();
        }
    }

    private Optional<Path> store(String name) {
        Optional<String> type = text(name + ".type");
        if (type.isPresent() && !type.get().matches("(?i)JKS|PKCS12|")) {
            mistakes.add(new Mistake(ErrorCode.INSECURE, name + ".type=" + NodePath.printable(type.get())
                    + " cannot be read here: convert the store to PKCS12"));
        }
        return path(name + ".location");
    }

    /** As it stands, or in a file; empty if it was not said. */
    private char[] password(String name) {
        char @Nullable [] said = passwordSaid(name + ".password", name + ".passwordPath");
        return said == null ? new char[0] : said;
    }

    /** As it stands, or in a file; null if it was not said. */
    private char @Nullable [] passwordSaid(String name, String nameOfPath) {
        Optional<String> text = text(name);
        Optional<String> file = text(nameOfPath).filter(path -> !path.isEmpty());
        if (file.isEmpty()) {
            return text.map(String::toCharArray).orElse(null);
        }
        try {
            return Files.readString(Path.of(file.get())).strip().toCharArray();
        } catch (IOException | InvalidPathException e) {
            mistakes.add(new Mistake(ErrorCode.UNREADABLE_FILE, "cannot read " + NodePath.printable(file.get()) + ": " + reason(e)));
            return new char[0];
        }
    }

    /** The schemes of which clients must prove an identity (zk.A14). */
    private Set<String> required() {
        Set<String> required = new TreeSet<>();
        if (toggle("sessionRequireClientSASLAuth").orElse(false)) {
            required.add("sasl");
        }
        Optional<Boolean> isEnforced = toggle("enforce.auth.enabled");
        Optional<String> schemes = text("enforce.auth.schemes");
        if (isEnforced.orElse(false)) {
            Stream.of(schemes.orElse("").split(",")).map(String::strip).filter(scheme -> !scheme.isEmpty()).forEach(required::add);
            if (required.isEmpty() || !SCHEMES.containsAll(required)) {
                mistakes.add(new Mistake(ErrorCode.INSECURE, "enforce.auth.enabled needs enforce.auth.schemes, a list of some of " + SCHEMES));
            }
        }
        return Set.copyOf(required);
    }

    private ServerSettings.Door door(Optional<ServerSettings.Tls> tls, Set<String> required) {
        OptionalInt perAddress = anyNumber("maxClientCnxns");
        OptionalInt connections = anyNumber("maxCnxns");
        OptionalInt frame = number("jute.maxbuffer", FRAME_BYTES_MIN, FRAME_BYTES_MAX);
        Optional<List<String>> words = text("4lw.commands.whitelist").map(list ->
                Stream.of(list.split(",")).map(String::strip).filter(word -> !word.isEmpty()).toList());
        return new ServerSettings.Door(
                perAddress,
                connections,
                frame,
                anyNumber("netty.server.outstandingHandshake.limit"),
                throttle(),
                words,
                text("DigestAuthenticationProvider.superDigest").filter(digest -> !digest.isEmpty()),
                digestAlgorithm(),
                toggle("DigestAuthenticationProvider.enabled").orElse(true),
                toggle("readonlymode.enabled").orElse(false),
                toggle("localSessionsEnabled").orElse(false),
                toggle("localSessionsUpgradingEnabled").orElse(false),
                toggle("reconfigEnabled").orElse(false),
                tls,
                required,
                sasl(),
                named());
    }

    private ServerSettings.Sasl sasl() {
        Set<String> superUsers = new TreeSet<>();
        for (String name : List.copyOf(given.keySet())) {
            if (name.equals("superUser") || name.startsWith("superUser.")) {
                text(name).filter(user -> !user.isEmpty()).ifPresent(superUsers::add);
            }
        }
        return new ServerSettings.Sasl(
                text("sasl.serverconfig").orElse("Server"),
                Set.copyOf(superUsers),
                text("letAnySaslUserDoX").filter(user -> !user.isEmpty()),
                toggle("allowSaslFailedClients").orElse(false),
                new ServerSettings.Names(
                        toggle("kerberos.removeHostFromPrincipal").orElse(false),
                        toggle("kerberos.removeRealmFromPrincipal").orElse(false),
                        rules()));
    }

    private Optional<String> rules() {
        Optional<String> rules = text("security.auth_to_local");
        try {
            rules.ifPresent(PrincipalNames::rules);
        } catch (IllegalArgumentException e) {
            mistakes.add(new Mistake(ErrorCode.BAD_ARGUMENT, "security.auth_to_local: " + e.getMessage()));
        }
        return rules;
    }

    /** The schemes whose providers are ZooKeeper's own: who proves themselves is not said by them, but that lists may name them is. */
    private Set<String> named() {
        Set<String> named = new TreeSet<>();
        for (String name : List.copyOf(given.keySet())) {
            Given value = given.get(name);
            String scheme = name.startsWith("authProvider.") && value != null ? PROVIDERS.get(value.text()) : null;
            if (scheme != null) {
                given.remove(name);
                named.add(scheme);
            }
        }
        return Set.copyOf(named);
    }

    /** A number of which 0 is any, and so, for ZooKeeper, is what is less. */
    private OptionalInt anyNumber(String name) {
        OptionalInt number = number(name, -1, Integer.MAX_VALUE);
        return number.isPresent() ? OptionalInt.of(Math.max(0, number.getAsInt())) : number;
    }

    private String digestAlgorithm() {
        String algorithm = text("DigestAuthenticationProvider.digestAlg").orElse("SHA1");
        try {
            MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            mistakes.add(new Mistake(ErrorCode.BAD_ARGUMENT, "DigestAuthenticationProvider.digestAlg names " + quoted(algorithm)
                    + ", a hash that this JVM does not have; SHA1 is the default, and SHA-256 a stronger one"));
        }
        return algorithm;
    }

    /** ZooKeeper's names, and its -1 for what is off. */
    private ServerSettings.Throttling throttle() {
        int unanswered = number("globalOutstandingLimit", -1, Integer.MAX_VALUE).orElse(0);
        int waitMillis = number("throttled_op_wait_time", -1, Integer.MAX_VALUE).orElse(0);
        int burst = number("connection_throttle_tokens", -1, Integer.MAX_VALUE).orElse(0);
        int refill = number("connection_throttle_fill_count", 1, Integer.MAX_VALUE).orElse(1);
        int everyMillis = number("connection_throttle_fill_time", 1, Integer.MAX_VALUE).orElse(1);
        int largeBytes = number("largeRequestThreshold", -1, Integer.MAX_VALUE).orElse(0);
        int largeBytesMax = number("largeRequestMaxBytes", -1, Integer.MAX_VALUE).orElse(DEFAULT_LARGE_BYTES_MAX);
        return new ServerSettings.Throttling(
                Math.max(0, unanswered),
                Duration.ofMillis(Math.max(0, waitMillis)),
                Math.max(0, burst),
                refill,
                Duration.ofMillis(everyMillis),
                Math.max(0, largeBytes),
                largeBytes <= 0 ? 0 : Math.max(0, largeBytesMax));
    }

    /** The bounds of 2 and 20 ticks (zk.S1), where they are not said themselves. */
    private void sessionTimeouts() {
        OptionalLong shortest = millisOf("minSessionTimeout");
        OptionalLong longest = millisOf("maxSessionTimeout");
        OptionalInt tick = number("tickTime", 1, (int) TICK_MILLIS_MAX);
        if (tick.isPresent() && shortest.isEmpty()) {
            long floor = Math.max(4 * heartbeatMillis(), 100);
            shortest = OptionalLong.of(Math.max(2L * tick.getAsInt(), floor));
            if (2L * tick.getAsInt() < floor) {
                warnings.add("minSessionTimeout is " + floor + "ms and not 2 ticks of " + tick.getAsInt()
                        + " ms: a session lives on four heartbeats at least");
            }
        }
        if (tick.isPresent() && longest.isEmpty()) {
            longest = OptionalLong.of(Math.max(20L * tick.getAsInt(), shortest.getAsLong()));
        }
        shortest.ifPresent(millis -> ours.put("minSessionTimeout", millis + "ms"));
        longest.ifPresent(millis -> ours.put("maxSessionTimeout", millis + "ms"));
        if (!given.containsKey("sessionTimeout") && (shortest.isPresent() || longest.isPresent())) {
            long least = shortest.orElse(MemberConfig.DEFAULT.minSessionTimeout().toMillis());
            long most = longest.orElse(MemberConfig.DEFAULT.maxSessionTimeout().toMillis());
            long standard = MemberConfig.DEFAULT.sessionTimeout().toMillis();
            ours.put("sessionTimeout", Math.max(least, Math.min(standard, most)) + "ms");
        }
    }

    private long heartbeatMillis() {
        Given heartbeat = given.get("heartbeat");
        OptionalLong millis = heartbeat == null ? OptionalLong.empty() : millis(heartbeat.text());
        return millis.orElse(MemberConfig.DEFAULT.heartbeat().toMillis());
    }

    /** A timeout that both have by one name: a bare number is ZooKeeper's, in milliseconds, and -1 says nothing. */
    private OptionalLong millisOf(String name) {
        Given value = given.get(name);
        if (value == null) {
            return OptionalLong.empty();
        }
        OptionalLong millis = value.text().matches("\\d{1,12}")
                ? OptionalLong.of(Long.parseLong(value.text()))
                : millis(value.text());
        if (millis.isPresent() || value.text().equals("-1")) {
            given.remove(name);
        }
        return millis; // what is neither is left, for MemberConfig to say what is wrong with it
    }

    private static OptionalLong millis(String text) {
        Matcher duration = DURATION.matcher(text);
        return duration.matches()
                ? OptionalLong.of(Long.parseLong(duration.group(1)) * UNIT_MILLIS.get(duration.group(2).toLowerCase(Locale.ROOT)))
                : OptionalLong.empty();
    }

    private void limits(ServerSettings.Door door) {
        door.frameBytesMax().ifPresent(bytes -> {
            int countedMax = 2 * bytes; // each part of a request counts with what surrounds it in the log, which is more than in the frame
            raise("maxDataBytes", bytes, MemberConfig.DEFAULT.maxDataBytes());
            raise("maxRequestBytes", countedMax, MemberConfig.DEFAULT.maxRequestBytes());
            raise("maxUncommittedBytes", countedMax, MemberConfig.DEFAULT.maxUncommittedBytes());
        });
        renamedToggle("extendedTypesEnabled", "extendedTypes");
        renamedToggle("skipACL", "skipAcl");
        sameToggle("enforceQuota");
        renamedMillis("znode.container.checkIntervalMs", "containerCheckInterval");
        renamedMillis("znode.container.maxNeverUsedIntervalMs", "maxNeverUsedContainer");
        number("snapCount", 1, Integer.MAX_VALUE).ifPresent(count -> ours.put("snapshotEntries", Integer.toString(count)));
        OptionalInt kilobytes = number("snapSizeLimitInKb", Integer.MIN_VALUE, Integer.MAX_VALUE);
        if (kilobytes.isPresent() && kilobytes.getAsInt() > 0) {
            ours.put("snapshotBytes", kilobytes.getAsInt() + "KB");
        }
    }

    /** What a frame may bring must not be refused further in, unless that limit was set itself. */
    private void raise(String name, int bytes, long standard) {
        if (bytes > standard && !given.containsKey(name)) {
            ours.put(name, bytes + "B");
        }
    }

    private void renamedToggle(String zooKeepers, String our) {
        toggle(zooKeepers).ifPresent(on -> ours.put(our, Boolean.toString(on)));
    }

    /** A switch that both have by one name, and ZooKeeper writes in any case. */
    private void sameToggle(String name) {
        Given value = given.get(name);
        if (value != null && value.name().startsWith(PREFIX)) {
            renamedToggle(name, name);
        }
    }

    private void renamedMillis(String zooKeepers, String our) {
        number(zooKeepers, 0, Integer.MAX_VALUE).ifPresent(millis -> ours.put(our, millis + "ms"));
    }

    private void leftOver() {
        given.forEach((plain, value) -> {
            boolean isOurs = OURS.contains(plain);
            if (!isOurs && (value.name().startsWith(PREFIX) || ZooKeeperKeys.has(plain))) {
                warnings.add(NodePath.printable(value.name()) + " is passed over: " + ZooKeeperKeys.why(plain));
            } else if (READ_HERE.contains(plain)) { // and it was not: in a list of servers, a further list
                mistakes.add(new Mistake(ErrorCode.BAD_ARGUMENT, value.name() + "=" + NodePath.printable(value.text())
                        + " says nothing where it stands; take it out"));
            } else {
                ours.put(plain, value.text());
            }
        });
    }

    private MemberConfig config() {
        try {
            return MemberConfig.from(ours, READ_HERE);
        } catch (ConfigException e) {
            mistakes.addAll(e.mistakes());
            return MemberConfig.DEFAULT;
        }
    }

    // ------------------------------------------------------------------------------------------------ values

    private Optional<String> text(String name) {
        return Optional.ofNullable(given.remove(name)).map(Given::text);
    }

    private OptionalInt number(String name, int least, int most) {
        Given value = given.remove(name);
        if (value == null) {
            return OptionalInt.empty();
        }
        try {
            boolean isHexadecimal = value.text().regionMatches(true, 0, "0x", 0, 2);
            int number = isHexadecimal ? Integer.decode(value.text()) : Integer.parseInt(value.text());
            if (number >= least && number <= most) {
                return OptionalInt.of(number);
            }
            mistakes.add(new Mistake(ErrorCode.OUT_OF_RANGE,
                    value.name() + " " + number + " is not from " + least + " to " + most));
        } catch (NumberFormatException e) {
            mistakes.add(new Mistake(ErrorCode.BAD_NUMBER,
                    value.name() + "=" + NodePath.printable(value.text()) + " is not a whole number"));
        }
        return OptionalInt.empty();
    }

    private Optional<Boolean> toggle(String name) {
        Given value = given.remove(name);
        if (value == null) {
            return Optional.empty();
        }
        return switch (value.text().toLowerCase(Locale.ROOT)) {
            case "true", "yes" -> Optional.of(true);
            case "false", "no" -> Optional.of(false);
            default -> {
                mistakes.add(new Mistake(ErrorCode.BAD_SWITCH,
                        value.name() + "=" + NodePath.printable(value.text()) + " is not true or false"));
                yield Optional.empty();
            }
        };
    }

    private static String quoted(String text) {
        return "\"" + NodePath.printable(text) + "\"";
    }
}
