package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.netty.server.PrincipalNames;
import io.coord.testkit.kerberos.Kdc;
import io.coord.testkit.kerberos.Realm;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Unmodified clients, and our own, that prove themselves by Kerberos, with a KDC on loopback, to {@code coord-server.jar} and to ZooKeeper 3.9, which is started with
 * the same JAAS file and the same settings: they see the same of both.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS) // each step is a JVM's start on what may be a busy machine
class SaslKerberosIT {

    private static final String KAFKA = "kafka/localhost";
    /** How a request of a ticket to a service begins (RFC 4120, 5.4.1). */
    private static final byte TGS_REQ = 0x6c;

    @TempDir
    static Path directory;

    private static final Realm REALM = new Realm();
    private static Kdc kdc;
    private static Path kerberos;
    private static Path logins;

    @BeforeAll
    static void start() throws IOException {
        kdc = Kdc.of(REALM, "zookeeper/localhost", "http/localhost", KAFKA, "ann", "bob", "chief");
        kerberos = kdc.configuration(directory.resolve("krb5.conf"));
        Path server = REALM.keyTab(directory.resolve("server.keytab"), "zookeeper/localhost");
        Path clients = REALM.keyTab(directory.resolve("clients.keytab"), "ann", "bob", "chief", KAFKA);
        Path guess = new Realm().keyTab(directory.resolve("guess.keytab"), "bob");
        logins = Files.writeString(
                directory.resolve("jaas.conf"),
                login("Server", server, "zookeeper/localhost") + login("ann", clients, "ann") + login("bob", clients, "bob")
                        + login("chief", clients, "chief") + login("kafka", clients, KAFKA) + login("mallory", guess, "bob")
                        + login("com.sun.security.jgss.krb5.initiate", clients, KAFKA));
    }

    @AfterAll
    static void end() throws IOException {
        kdc.close();
    }

    private static String login(String section, Path keyTab, String principal) {
        return """
                %s {
                  com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true keyTab="%s" storeKey=true useTicketCache=false
                    principal="%s@%s";
                };
                """.formatted(section, keyTab, principal, Realm.NAME);
    }

    private static List<String> configured(String name) throws IOException {
        List<String> command = ServerProcess.java(Files.createDirectories(directory.resolve(name)));
        command.addAll(List.of("-Djava.security.krb5.conf=" + kerberos, "-Djava.security.auth.login.config=" + logins));
        return command;
    }

    /** What the play shows of each of these servers. */
    private static List<List<String>> play(String... servers) throws Exception {
        List<String> lines = new ArrayList<>(List.of(servers));
        lines.add(0, "play");
        lines = run(lines, List.of());
        assertThat(lines).endsWith("done");
        List<List<String>> shown = new ArrayList<>();
        for (String line : lines.subList(0, lines.size() - 1)) {
            if (line.startsWith("server ")) {
                shown.add(new ArrayList<>());
            } else {
                shown.get(shown.size() - 1).add(line);
            }
        }
        return shown;
    }

    private static List<String> run(List<String> words, List<String> said) throws Exception {
        return run(kerberos, words, said);
    }

    private static List<String> run(Path configuration, List<String> words, List<String> said) throws Exception {
        List<String> command = configured("play");
        command.addAll(List.of("-Djava.security.krb5.conf=" + configuration, "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", System.getProperty("java.class.path"), KerberosPlay.class.getName()));
        command.addAll(words);
        Process play = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try {
            try (Writer in = play.outputWriter(StandardCharsets.UTF_8)) {
                in.write(said.stream().map(line -> line + "\n").collect(Collectors.joining()));
            }
            return play.inputReader(StandardCharsets.UTF_8).lines().toList();
        } finally {
            play.destroyForcibly().waitFor();
        }
    }

    private static ServerProcess server(String name, List<String> settings) throws IOException {
        List<String> command = configured(name + "-tmp");
        command.addAll(List.of("-jar", ProcessEnsemble.jar().toString(), "--members", "1=localhost:0:0", "--data-dir", directory.resolve(name).toString()));
        settings.forEach(setting -> command.addAll(List.of("--prop", setting)));
        return new ServerProcess(command, directory.resolve(name + "-cwd"), Path.of("target", "processes", name + ".log").toAbsolutePath());
    }

    /** With what chief, ann, bob and kafka are called. */
    private static final String EXPECTED = """
            ann is: [ip:127.0.0.1, sasl:%2$s]
            ann creates: /anns
            ann's list: [sasl:%2$s may 31]
            bob is: [ip:127.0.0.1, sasl:%3$s]
            bob creates: /bobs
            bob reads ann's: NOAUTH
            bob shares: 1
            bob's list: [sasl:%2$s may 1, sasl:%3$s may 31]
            ann reads bob's: 1
            ann writes bob's: NOAUTH
            nobody is: [ip:127.0.0.1]
            nobody reads bob's: NOAUTH
            kafka is: [ip:127.0.0.1, sasl:%4$s]
            chief is: [ip:127.0.0.1, sasl:%1$s, super:]
            chief reads bob's: 1
            mallory, whose key is not bob's, is: [ip:127.0.0.1]
            mallory reads bob's: NOAUTH
            bob, with a ticket to another service, reads: AUTHFAILED
            bob once more is: [ip:127.0.0.1, sasl:%3$s]
            ours is: [ip:127.0.0.1, sasl:%3$s]
            our list: [Acl[permissions=31, identity=sasl:%3$s]]
            ours reads bob's: 1
            ours, with a ticket to another service: AUTH_FAILED COORD-1074 the proof by GSSAPI as bob@COORD.TEST to http/localhost has failed \
            at SERVER: it answered error -115. Look whether the server takes Kerberos with the key of that principal, and at the clocks; its log says more
            ours, by a password: AUTH_FAILED COORD-1074 the proof by DIGEST-MD5 as bob has failed \
            at SERVER: it answered error -115. Look whether the server has users of DIGEST-MD5, and this one with this password; its log says more
            ours, where the JVM would log in another, is: [ip:127.0.0.1, sasl:%3$s]
            ours, logged out, where the JVM would log in another: unavailable no proof by GSSAPI as nobody to zookeeper/localhost could be made
            ours, logged out: unavailable no proof by GSSAPI as nobody to zookeeper/localhost could be made
            """;

    private static void playedOnBoth(String name, List<String> settings, String... names) throws Exception {
        List<String> all = new ArrayList<>(settings);
        all.addAll(List.of("zookeeper.superUser=" + names[0], "zookeeper.authProvider.sasl=org.apache.zookeeper.server.auth.SASLAuthenticationProvider"));
        List<String> properties = new ArrayList<>(all);
        properties.addAll(List.of("java.security.krb5.conf=" + kerberos, "java.security.auth.login.config=" + logins));
        try (ServerProcess ours = server(name, all)) {
            ours.start();
            try (ApacheEnsemble theirs = new ApacheEnsemble(1, Files.createDirectories(directory.resolve(name + "-apache")), List.of(), properties)) {
                List<List<String>> shown = play("127.0.0.1:" + ours.awaitServing(), theirs.connectString());
                assertThat(shown.get(0)).as("as ZooKeeper").isEqualTo(shown.get(1));
                assertThat(shown.get(0)).containsExactly(EXPECTED.formatted((Object[]) names).split("\n"));
                assertThat(ours.said()).contains("COORD-1074 client 127.0.0.1 could not prove itself by SASL: GSS initiate failed");
            }
        }
    }

    @Test
    @DisplayName("A7: whoever holds a ticket is its principal, and is told apart from others, from nobody, and from who has no ticket for this server")
    void clientsAreToldApart() throws Exception {
        playedOnBoth("whole", List.of(), "chief@COORD.TEST", "ann@COORD.TEST", "bob@COORD.TEST", "kafka/localhost@COORD.TEST");
    }

    @Test
    @DisplayName("A7: by rules, without host and realm")
    void clientsAreCalledByRules() throws Exception {
        playedOnBoth(
                "ruled",
                List.of("zookeeper.kerberos.removeHostFromPrincipal=true", "zookeeper.kerberos.removeRealmFromPrincipal=true",
                        "zookeeper.security.auth_to_local=RULE:[2:$1](kafka)s/kafka/broker/ DEFAULT"),
                "chief", "ann", "bob", "broker");
    }

    @Test
    @DisplayName("a KDC that does not answer holds up nothing but the attempt, which the connect timeout ends before a server has heard of the client")
    void aKdcThatDoesNotAnswerIsWaitedForAside() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Path unheard = Files.writeString(
                    directory.resolve("unheard.conf"), Files.readString(kerberos).replaceAll("127\\.0\\.0\\.1:\\d+", "127.0.0.1:" + silent.getLocalPort()));

            List<String> shown = run(unheard, List.of("unheard", Integer.toString(server.getLocalPort())), List.of());

            assertThat(shown).singleElement().asString().contains("opened a session within 3000 ms",
                    "no step of the proof by GSSAPI as bob@COORD.TEST to zookeeper/localhost was done within 1000 ms");
            silent.setSoTimeout(20_000);
            silent.accept().close();
            server.setSoTimeout(1);
            assertThatThrownBy(server::accept).isInstanceOf(SocketTimeoutException.class);
        }
    }

    /** The JDK waits for an answer of the KDC for half a minute, longer than the opening may take. */
    @Test
    @DisplayName("a step for which the KDC does not answer holds up no later attempt")
    void theNextAttemptDoesNotWaitForOneThatHangs() throws Exception {
        try (ServerSocket relay = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ServerProcess server = server("later", List.of("zookeeper.authProvider.sasl=org.apache.zookeeper.server.auth.SASLAuthenticationProvider"))) {
            String configuration = Files.readString(kerberos);
            int port = Integer.parseInt(configuration.replaceAll("(?s).*127\\.0\\.0\\.1:(\\d+).*", "$1"));
            Path relayed = Files.writeString(
                    directory.resolve("relayed.conf"), configuration.replace("127.0.0.1:" + port, "127.0.0.1:" + relay.getLocalPort()));
            Thread relaying = new Thread(() -> relay(relay, port), "relay");
            relaying.start();
            server.start();

            List<String> shown = run(relayed, List.of("later", "127.0.0.1:" + server.awaitServing()), List.of());

            assertThat(shown).containsExactly("[ip:127.0.0.1, sasl:bob@COORD.TEST]");
            relay.close();
            relaying.join();
        }
    }

    /** Passes on to the KDC what it is asked, but for the first request of a ticket to a service, which it takes and says nothing to. */
    private static void relay(ServerSocket listener, int kdcPort) {
        List<Socket> unheard = new ArrayList<>();
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                DataInputStream in = new DataInputStream(client.getInputStream());
                byte[] message = in.readNBytes(in.readInt());
                if (unheard.isEmpty() && message[0] == TGS_REQ) {
                    unheard.add(client);
                    continue;
                }
                try (client; Socket asked = new Socket(InetAddress.getLoopbackAddress(), kdcPort)) {
                    DataOutputStream out = new DataOutputStream(asked.getOutputStream());
                    out.writeInt(message.length);
                    out.write(message);
                    asked.getInputStream().transferTo(client.getOutputStream());
                }
            } catch (IOException e) {
                // the client will ask again, or the test is over
            }
        }
    }

    private static final List<String> PRINCIPALS = List.of(
            "bob@COORD.TEST", "bob@ELSEWHERE", "kafka/a.b.c@COORD.TEST", "kafka/a.b.c@ELSEWHERE", "xxx@COORD.TEST", "bob", "a/b", "a/@COORD.TEST",
            "/b@COORD.TEST", "bob@", "a/b/c@COORD.TEST", "bob@COORD.TEST@ELSEWHERE");

    private static final List<String> RULES = List.of(
            "DEFAULT",
            "RULE:[1:$1] RULE:[2:$1]",
            "RULE:[1:$1@$0](.*@ELSEWHERE)s/@.*// DEFAULT",
            "RULE:[2:$2;$1]s/;/-/ RULE:[1:$1](x+)s/x/y/g RULE:[1:$1](x+)s/x/z/ DEFAULT",
            "RULE:[1:$1](x+)s/x/z/ RULE:[2:n$1x$2x](nk.*)s/^n(.*)x$/$1/",
            "RULE:[1:$1@$0] DEFAULT",
            "RULE:[3:$1] RULE:[0:all] DEFAULTDEFAULT");

    @Test
    @DisplayName("names of principals are those that ZooKeeper's own classes make of them")
    void namesAreZooKeepers() throws Exception {
        List<String> asked = new ArrayList<>();
        List<String> ours = new ArrayList<>();
        for (String rules : RULES) {
            for (int removed = 0; removed < 4; removed++) {
                boolean host = (removed & 1) != 0;
                boolean realm = (removed & 2) != 0;
                PrincipalNames names = new PrincipalNames(PrincipalNames.rules(rules), Realm.NAME, host, realm);
                asked.add(host + " " + realm + " " + rules);
                ours.add(asked.get(asked.size() - 1) + " -> " + PRINCIPALS.stream().map(principal -> name(names, principal)).toList());
            }
        }
        assertThat(run(List.of("names", String.join(",", PRINCIPALS)), asked)).isEqualTo(ours);
    }

    private static String name(PrincipalNames names, String principal) {
        try {
            return names.idOf(principal);
        } catch (IllegalArgumentException none) {
            return "none";
        }
    }
}
