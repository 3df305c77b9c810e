package io.coord.netty.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.coord.ConfigException;
import io.coord.Ensemble;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.netty.peer.TlsFiles;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsReaderTest {

    private static final ServerSettings.Names WHOLE_NAMES = new ServerSettings.Names(false, false, Optional.empty());
    private static final String THREE = "1=localhost:7101:2181,2=localhost:7102:2182,3=localhost:7103:2183";

    @TempDir
    Path directory;

    // ------------------------------------------------------------------------------------------------ the command line

    @Test
    void aMemberOfThreeIsNamedOnTheCommandLine() {
        ServerSettings settings = read("--id", "2", "--members", THREE, "--data-dir", directory.toString());

        assertThat(settings.self()).isEqualTo(MemberId.of(2));
        assertThat(settings.ensemble()).isEqualTo(Ensemble.parse(THREE));
        assertThat(settings.directory()).isEqualTo(directory);
        assertThat(settings.memberDirectory()).isEqualTo(directory);
        assertThat(settings.peerHost()).isEqualTo("localhost");
        assertThat(settings.peerPort()).isEqualTo(7102);
        assertThat(settings.clientHost()).isEqualTo("localhost");
        assertThat(settings.clientPort()).hasValue(2182);
        assertThat(settings.config()).isEqualTo(MemberConfig.DEFAULT);
        assertThat(settings.isInsecure()).isFalse();
        assertThat(settings.warnings()).isEmpty();
    }

    @Test
    void oneEntryIsAStandAloneMemberAndNeedsNoNumber() {
        ServerSettings settings = read("--members=7=127.0.0.1:0:0", "--data-dir=" + directory);

        assertThat(settings.self()).isEqualTo(MemberId.of(7));
        assertThat(settings.clientPort()).hasValue(0);
    }

    @Test
    void aPropertyIsOneOfOursOrZooKeepersAndTheLastOneCounts() {
        ServerSettings settings = alone("heartbeat=20ms", "maxDataBytes=64KB", "maxDataBytes=128KB", "zookeeper.snapCount=5000");

        assertThat(settings.config().heartbeat()).isEqualTo(Duration.ofMillis(20));
        assertThat(settings.config().maxDataBytes()).isEqualTo(128 << 10);
        assertThat(settings.config().snapshotEntries()).isEqualTo(5000);
    }

    @Test
    void helpAndVersionAreAskedForByThemselves() {
        assertThat(Arguments.parse(List.of("--help")).isHelp()).isTrue();
        assertThat(Arguments.parse(List.of("-h")).isHelp()).isTrue();
        assertThat(Arguments.parse(List.of("--version")).isVersion()).isTrue();
        assertThat(Arguments.parse(List.of())).isEqualTo(new Arguments(Map.of(), Map.of(), false, false, List.of()));
        assertThat(Arguments.USAGE).contains("--id", "--members", "--data-dir", "--config", "--prop", "--help", "--version");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--member 1=localhost:1:2 | COORD-1026 there is no option \"--member\"; --help lists them",
        "--data-dir x stray | COORD-1026 there is no option \"stray\"; --help lists them",
        "--data-dir x --id | COORD-1026 --id has no value; write --id 1",
        "--data-dir x --members --id | COORD-1026 --members has no value; write --members 1=localhost:7101:2181",
        "--data-dir x --prop tickTime | COORD-1026 --prop \"tickTime\" is not name=value, such as --prop sessionTimeout=10s",
        "--data-dir x --data-dir y | COORD-1026 --data-dir is given twice; give it once",
        "--members 1=localhost:0:0 | COORD-1026 no data directory: say --data-dir DIR, or dataDir=DIR in the file."
                + " A member without one would forget",
        "--data-dir x | COORD-1011 no members: say --members 1=localhost:7101:2181 for a stand-alone one, or"
                + " --members 1=host-1:7100:2181,2=host-2:7100:2181,3=host-3:7100:2181, or --config FILE",
        "--data-dir x --config no/such/file | COORD-1027 cannot read no/such/file: there is no such file",
        "--data-dir x --id 4 --members 1=localhost:7:8 | COORD-1019 member 4 is not in the ensemble 1=localhost:7:8; its members are [1]",
        "--data-dir x --id none --members 1=localhost:7:8 | COORD-1013 id \"none\" is no number from 1 to 255",
        "--data-dir x --members 1=localhost:7,2=localhost:8,3=localhost:9 | COORD-1013 which of the members [1, 2, 3] this is was not said:"
                + " say --id N, or id=N in the file, or put N into the file myid in the data directory",
        "--data-dir x --members 1=localhost:7,2=localhost:8 | COORD-1002 ensemble of 2: an even size tolerates no more failures than 1: none."
                + " Use 1 or 3",
        "--data-dir x --members 1=[1::2::3]:7:8 | COORD-1014 host \"1::2::3\" is unknown here: a member listens on its own"
                + " host. Name one that this machine has",
    })
    void aMistakeIsNamedWithItsRemedy(String words, String message) {
        assertThatThrownBy(() -> read(words.split(" "))).isInstanceOf(ConfigException.class).hasMessageContaining(message);
    }

    @Test
    void allMistakesAreReportedAtOnce() {
        ConfigException refused = catchThrowableOfType(ConfigException.class, () -> read(
                "--verbose", "--id", "0", "--members", "1=localhost:7:8,2=b", "--prop", "elecTimeout=1s", "--prop", "tickTime=fast",
                "--prop", "heartbeat=1000", "--prop", "maxSessions=0", "--prop", "reconfigEnabled=perhaps"));

        assertThat(refused).hasMessage("""
                10 mistakes in what the server was told:
                  COORD-1026 there is no option "--verbose"; --help lists them
                  COORD-1026 no data directory: say --data-dir DIR, or dataDir=DIR in the file. A member without one would forget
                  COORD-1012 member "2=b": no peer port; write host:peerPort, such as b:7100
                  COORD-1002 ensemble of 2: an even size tolerates no more failures than 1: none. Use 1 or 3
                  COORD-1013 id "0" is no number from 1 to 255
                  COORD-1023 reconfigEnabled=perhaps is not true or false
                  COORD-1022 tickTime=fast is not a whole number
                  COORD-1009 unknown key 'elecTimeout'. Did you mean 'electionTimeout'?
                  COORD-1020 heartbeat=1000 is not a duration such as 300ms, 10s, 5m, 2h or 1d. It has no unit: write 1000ms or 1000s
                  COORD-1024 maxSessions 0 is below 1. Bounds what sessions cost: each is a record here and one in the state of every\
                 member""");
    }

    @Test
    @DisplayName("a number is decimal with zeros before it, too, as to ZooKeeper; one with 0x is not")
    void aNumberIsDecimal() throws IOException {
        assertThat(alone("maxClientCnxns=010", "maxCnxns=0x1F").door())
                .satisfies(door -> assertThat(door.connectionsPerAddressMax()).hasValue(10))
                .satisfies(door -> assertThat(door.connectionsMax()).hasValue(31));
        assertThat(file("clientPort=02189\ndataDir=" + directory + "\n").clientPort()).hasValue(2189);
        assertThatThrownBy(() -> alone("maxCnxns=0x")).hasMessage("COORD-1022 maxCnxns=0x is not a whole number");
    }

    @ParameterizedTest
    @ValueSource(strings = {"clientPort=21x81", "clientPort=99999", "server.0=localhost:1:2", "server.1=localhost:99999:2"})
    void whatFollowsFromAMistakeIsNoneOfItsOwn(String line) {
        assertThatThrownBy(() -> file("dataDir=" + directory + "\n" + line + "\n")).hasMessageStartingWith("COORD-10").hasMessageNotContaining("\n");
    }

    @Test
    void aFileThatCannotBeReadIsTheOnlyMistake() {
        assertThatThrownBy(() -> read("--config", "no/such/file")).hasMessage("COORD-1027 cannot read no/such/file: there is no such file");
    }

    @ParameterizedTest
    @CsvSource({
        "tickTme=2000, tickTime",
        "maxClientCnxn=5, maxClientCnxns",
        "jute.maxbufer=5000, jute.maxbuffer",
        "requestTimeot=5s, requestTimeout",
        "inscure=true, insecure",
    })
    void aMisspeltSettingIsRefusedWithWhatWasPerhapsMeant(String property, String meant) {
        assertThatThrownBy(() -> alone(property))
                .hasMessage("COORD-1009 unknown key '" + property.substring(0, property.indexOf('=')) + "'. Did you mean '" + meant + "'?");
    }

    // ------------------------------------------------------------------------------------------------ who can reach it

    @Test
    void anAddressThatOthersReachIsRefusedUnlessThatIsSaid() {
        String[] words = {"--data-dir", directory.toString(), "--id", "1", "--members", "1=192.0.2.1:7100:2181"};

        assertThatThrownBy(() -> read(words)).hasMessage("COORD-1070 clients would reach this member at 192.0.2.1 without encryption,"
                + " and so would whoever else can: name a loopback address, encrypt it (secureClientPort), or say --prop insecure=true if the network keeps others out");
        assertThat(read(with(words, "--prop", "insecure=true")).warnings()).containsExactly(
                "insecure: clients reach this member at 192.0.2.1 without encryption, and so does whoever else can");
    }

    @ParameterizedTest
    @ValueSource(strings = {"clientPortAddress=0.0.0.0", "clientPortAddress=[::]", "clientPortAddress=192.0.2.1", "quorumListenOnAllIPs=true"})
    void listeningElsewhereThanOnLoopbackCountsToo(String property) {
        String[] words = {"--data-dir", directory.toString(), "--id", "1", "--members", THREE, "--prop", property};

        assertThatThrownBy(() -> read(words)).hasMessageStartingWith("COORD-1070 ");
        ServerSettings settings = read(with(words, "--prop", "insecure=true"));
        assertThat(List.of(settings.peerHost(), settings.clientHost())).isNotEqualTo(List.of("localhost", "localhost"));
    }

    @Test
    @DisplayName("a list of Docker's older examples, each of whose members calls itself by another name than the others do")
    void allAddressesAreNoHostByWhichOthersFindAMember() throws IOException {
        String rest = "id=1\ninsecure=true\ndataDir=" + directory + "\n";
        for (String host : List.of("0.0.0.0", "[::]")) {
            String lines = "server.1=" + host + ":2888:3888;2181\n";
            assertThatThrownBy(() -> file(rest + lines + "server.2=localhost:2889:3889;2182\nserver.3=localhost:2890:3890;2183\n"))
                    .hasMessage("COORD-1014 member 1's host " + host + " is none by which others find it: name its host, and say"
                            + " quorumListenOnAllIPs=true for member 1 to listen at all addresses");
            assertThat(file(rest + lines).ensemble().members()).as("alone").hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "coord"})
    @DisplayName("the list of a member that has its files founds nothing, and is no reason not to start as before")
    void aMemberWithFilesMayCallItselfAllAddresses(String where) throws IOException {
        String text = "id=1\ninsecure=true\ndataDir=" + directory + "\nserver.1=0.0.0.0:2888:3888;2181\nserver.2=localhost:2889:3889;2182\n"
                + "server.3=localhost:2890:3890;2183\n";
        if (!where.isEmpty()) {
            Files.writeString(directory.resolve("myid"), "1\n");
        }
        assertThatThrownBy(() -> file(text)).hasMessageStartingWith("COORD-1014 ");
        Path member = Files.createDirectories(directory.resolve(where));
        Files.writeString(member.resolve("identity"), "");

        ServerSettings settings = file(text);
        assertThat(settings.memberDirectory()).isEqualTo(member);
        assertThat(settings.peerHost()).isEqualTo("0.0.0.0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1", "127.1.2.3", "[::1]"})
    void loopbackNeedsNoPermission(String host) {
        assertThat(read("--data-dir", directory.toString(), "--members", "1=" + host + ":7100:2181").warnings()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "quorum.auth.enableSasl=true", "ssl.cipherSuites=X", "zookeeper.ssl.quorum.crl=true", "ssl.hostnameVerification=true"
    })
    void protectionThatCannotBeGivenIsNotPassedOver(String property) {
        assertThatThrownBy(() -> alone(property))
                .hasMessageStartingWith("COORD-1028 " + property.substring(0, property.indexOf('=')) + " is to protect");
    }

    @Test
    void clientsOverTls() {
        ServerSettings.Tls tls = alone("secureClientPort=2281", "ssl.keyStore.location=/keys", "zookeeper.ssl.keyStore.password=a",
                "ssl.trustStore.location=/trusted", "ssl.trustStore.password=b", "ssl.trustStore.type=PKCS12",
                "X509AuthenticationProvider.superUser=CN=chief").door().tls().orElseThrow();
        assertThat(tls.port()).hasValue(2281);
        assertThat(tls.clientAuth()).isEqualTo("need");
        assertThat(tls.isAtClientPort()).isFalse();
        assertThat(tls.superUser()).contains("CN=chief");
        assertThat(String.valueOf(tls.password()) + String.valueOf(tls.trustPassword())).isEqualTo("ab");
        assertThat(tls.toString()).doesNotContain("password", "ab");
        assertThat(alone("client.portUnification=true", "ssl.keyStore.location=/keys", "ssl.clientAuth=none").door().tls())
                .hasValueSatisfying(unified -> assertThat(unified.isAtClientPort()).isTrue());
        assertThatThrownBy(() -> alone("secureClientPort=2281")).hasMessageContaining("ssl.keyStore.location")
                .hasMessageContaining("ssl.clientAuth=none");
        assertThatThrownBy(() -> alone("secureClientPort=2281", "ssl.keyStore.location=/keys", "ssl.clientAuth=none", "ssl.crl=true"))
                .hasMessageContaining("ssl.crl is to protect");
    }

    @Test
    @DisplayName("as in ZooKeeper, the plain port's address is not that of the port for TLS")
    void aPortForTlsListensOnItsOwnAddress() throws IOException {
        String[] words = {"--data-dir", directory.toString(), "--id", "2", "--members", "1=localhost:7101,2=[::1]:7102:2182,3=localhost:7103",
            "--prop", "clientPortAddress=127.0.0.1", "--prop", "secureClientPort=2281", "--prop", "ssl.keyStore.location=/keys",
            "--prop", "ssl.clientAuth=none"};
        assertThat(read(words).door().tls().orElseThrow().host()).as("the member's own in the list").isEqualTo("::1");
        assertThat(read(with(words, "--prop", "secureClientPortAddress=[fe80::1]")).door().tls().orElseThrow().host()).isEqualTo("fe80::1");

        String alone = "secureClientPort=2281\nssl.keyStore.location=/keys\nssl.clientAuth=none\ndataDir=" + directory + "\n";
        for (String plain : List.of("", "clientPort=2181\nclientPortAddress=127.0.0.1\n")) {
            ServerSettings settings = file(plain + alone);
            assertThat(settings.door().tls().orElseThrow().host()).isEqualTo("localhost");
            assertThat(settings.warnings()).singleElement().asString()
                    .startsWith("clients of this machine alone can connect over TLS: the file names no secureClientPortAddress");
        }
        assertThat(file(alone + "secureClientPortAddress=127.0.0.1\n").warnings()).isEmpty();

        assertThat(read(with(words, "--prop", "quorumListenOnAllIPs=true", "--prop", "insecure=true")).door().tls().orElseThrow().host())
                .isEqualTo("0.0.0.0");
        assertThat(read(with(words, "--prop", "clientPortAddress=[::]", "--prop", "insecure=true")).door().tls().orElseThrow().host())
                .as("all addresses keep nothing on this machine").isEqualTo("::");
        for (String everywhere : List.of("clientPortAddress=0.0.0.0\n", "quorumListenOnAllIPs=true\n", "server.1=localhost:1:2;0.0.0.0:2181\ninsecure=true\n")) {
            ServerSettings settings = file(everywhere + alone);
            assertThat(settings.door().tls().orElseThrow().host()).as(everywhere).isEqualTo("0.0.0.0");
            assertThat(settings.warnings()).as(everywhere).noneMatch(warning -> warning.startsWith("clients of this machine alone"));
        }
    }

    @Test
    @DisplayName("a host name that /etc/hosts has at loopback, as Debian's does with 127.0.1.1")
    void aPortForTlsThatNobodyElseReachesIsToldWhereTheRestIsReached() throws IOException {
        String rest = "id=1\ninsecure=true\nsecureClientPort=2281\nssl.keyStore.location=/keys\nssl.clientAuth=none\ndataDir=" + directory + "\n";
        String told = "clients of this machine alone can connect over TLS: the file names no secureClientPortAddress";

        for (String elsewhere : List.of("members=1=127.0.1.1:7101:2181\nclientPortAddress=192.0.2.1\n",
                "members=1=127.0.1.1:7101,2=192.0.2.2:7101,3=192.0.2.3:7101\n")) {
            assertThat(file(rest + elsewhere).warnings()).as(elsewhere).anyMatch(warning -> warning.startsWith(told));
            assertThat(file(rest + elsewhere + "secureClientPortAddress=127.0.1.1\n").warnings()).noneMatch(warning -> warning.startsWith(told));
        }
        assertThat(file(rest + "members=" + THREE + "\n").warnings()).as("all are here").isEmpty();
    }

    @Test
    @DisplayName("security row 2: members over TLS, by ZooKeeper's names and by ours; half of it is a mistake, and not less protection")
    void membersOverTls() {
        ServerSettings stores = alone("sslQuorum=true", "ssl.quorum.keyStore.location=/keys", "zookeeper.ssl.quorum.keyStore.password=a",
                "ssl.quorum.trustStore.location=/trusted", "ssl.quorum.trustStore.password=b", "ssl.quorum.hostnameVerification=false");
        TlsFiles tls = stores.peerTls().orElseThrow();
        assertThat(tls.certificate()).isEqualTo(Path.of("/keys"));
        assertThat(tls.key()).isNull();
        assertThat(tls.trusted()).isEqualTo(Path.of("/trusted"));
        assertThat(String.valueOf(tls.keyPassword()) + String.valueOf(tls.trustedPassword())).isEqualTo("ab");
        assertThat(stores.warnings()).anyMatch(warning -> warning.contains("is verified, always"));

        TlsFiles pem = alone("peerCertificate=/c", "peerKey=/k", "peerAuthorities=/a", "peerEnsemble=prod").peerTls().orElseThrow();
        assertThat(List.of(pem.certificate(), pem.key(), pem.trusted())).containsExactly(Path.of("/c"), Path.of("/k"), Path.of("/a"));
        assertThat(pem.ensemble()).isEqualTo("prod");

        assertThatThrownBy(() -> alone("sslQuorum=true")).hasMessageContaining("COORD-1028").hasMessageContaining("ssl.quorum.keyStore.location");
        assertThatThrownBy(() -> alone("sslQuorum=true", "ssl.quorum.keyStore.location=/keys")).hasMessageContaining("ssl.quorum.trustStore.location");
        assertThatThrownBy(() -> alone("ssl.quorum.keyStore.location=/keys")).hasMessageContaining("unless sslQuorum=true");
        assertThatThrownBy(() -> alone("peerCertificate=/c", "peerKey=/k")).hasMessageContaining("[peerAuthorities] are not named");
        assertThatThrownBy(() -> alone("peerEnsemble=prod")).hasMessageContaining("protect nothing");
    }

    @Test
    @DisplayName("security row 1: an address that is not loopback is open to members by TLS, to clients all the same not")
    void membersOverTlsMayListenAnywhere() {
        String[] words = {"--data-dir", directory.toString(), "--id", "1", "--members", "1=localhost:7101:0,2=localhost:7102,3=localhost:7103",
            "--prop", "quorumListenOnAllIPs=true", "--prop", "peerCertificate=/c", "--prop", "peerKey=/k", "--prop", "peerAuthorities=/a"};
        assertThat(read(words).peerHost()).isEqualTo("0.0.0.0");
        assertThatThrownBy(() -> read(with(words, "--prop", "clientPortAddress=0.0.0.0")))
                .hasMessageStartingWith("COORD-1070 clients");
    }

    @Test
    void aStandAloneMemberCanBeJoinedWhereItsMembersMayBeChanged() {
        String[] words = {"--data-dir", directory.toString(), "--members", "1=localhost:7101:2181"};
        assertThat(read(words).isJoinable()).isFalse();
        assertThat(read(with(words, "--prop", "reconfigEnabled=true")).isJoinable()).isTrue();
        assertThatThrownBy(() -> read(with(words, "--prop", "reconfigEnabled=true", "--prop", "quorumListenOnAllIPs=true")))
                .hasMessageStartingWith("COORD-1070 other members");
    }

    @Test
    void clientsThatMustProveThemselves() {
        assertThat(alone("sessionRequireClientSASLAuth=true", "superUser=admin").door())
                .satisfies(door -> assertThat(door.required()).containsExactly("sasl"))
                .satisfies(door -> assertThat(door.sasl().superUsers()).containsExactly("admin"));
        assertThat(alone("zookeeper.enforce.auth.enabled=true", "enforce.auth.schemes=x509, sasl").door().required())
                .containsExactlyInAnyOrder("sasl", "x509");
        assertThatThrownBy(() -> alone("enforce.auth.enabled=true")).hasMessageContaining("needs enforce.auth.schemes");
        assertThatThrownBy(() -> alone("enforce.auth.enabled=true", "enforce.auth.schemes=kerberos")).hasMessageContaining("x509");
    }

    @Test
    void usersOfSaslAndWhoMayBeNamed() {
        ServerSettings settings = alone("zookeeper.superUser=admin", "superUser.1=root", "superUser.x=", "letAnySaslUserDoX=anyone",
                "allowSaslFailedClients=true", "authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider",
                "authProvider.x509=org.apache.zookeeper.server.auth.X509AuthenticationProvider");
        assertThat(settings.door().sasl())
                .isEqualTo(new ServerSettings.Sasl("Server", Set.of("admin", "root"), Optional.of("anyone"), true, WHOLE_NAMES));
        assertThat(settings.door().named()).containsExactlyInAnyOrder("sasl", "x509");
        assertThat(settings.warnings()).isEmpty();
        assertThat(alone("authProvider.1=com.example.Provider").warnings()).singleElement().asString().contains("authProvider.1");
    }

    @Test
    void namesOfKerberosPrincipals() {
        String rules = "RULE:[2:$1](kafka)s/kafka/broker/ DEFAULT";
        ServerSettings settings = alone("zookeeper.kerberos.removeHostFromPrincipal=true", "kerberos.removeRealmFromPrincipal=true",
                "zookeeper.security.auth_to_local=" + rules);
        assertThat(settings.door().sasl().names()).isEqualTo(new ServerSettings.Names(true, true, Optional.of(rules)));
        assertThat(settings.warnings()).isEmpty();
        assertThatThrownBy(() -> alone("security.auth_to_local=RULE:[1:$2]"))
                .hasMessageContaining("security.auth_to_local: the rule RULE:[1:$2] makes no sense");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "zookeeper.ssl.keyStore.location=/keys", "ssl.trustStore.password=b", "ssl.clientAuth=need", "secureClientPortAddress=localhost"
    })
    void protectionOfAPortThatIsNotThereNamesWhatOpensIt(String property) {
        assertThatThrownBy(() -> alone(property)).hasMessage("COORD-1028 " + property.substring(0, property.indexOf('='))
                + " protects nothing: clients do not come over TLS unless secureClientPort=PORT or client.portUnification=true says so; say it,"
                + " or take this out");
    }

    @Test
    void protectionThatIsOffIsNothingToSpeakOf() {
        assertThat(alone("sslQuorum=false", "enforce.auth.enabled=false", "ssl.crl=false", "ssl.quorum.ocsp=No").warnings()).isEmpty();
        assertThat(alone("ssl.hostnameVerification=false", "zookeeper.ssl.quorum.hostnameVerification=false").warnings()).containsExactly(
                "ssl.hostnameVerification=false is passed over: clients are known by their certificates, whatever their host is",
                "zookeeper.ssl.quorum.hostnameVerification=false is passed over: where members are connected over TLS the host of a member's"
                        + " certificate is verified, always");
    }

    @Test
    void anotherMemberMayBeReachedByADetour() {
        String[] words = {"--data-dir", directory.toString(), "--id", "1", "--members", THREE};

        assertThat(read(with(words, "--prop", "peerAddress.2=localhost:9000")).detours())
                .isEqualTo(Map.of(MemberId.of(2), "localhost:9000"));
        assertThatThrownBy(() -> read(with(words, "--prop", "peerAddress.4=localhost:9000")))
                .hasMessage("COORD-1019 peerAddress.4: there is no member 4");
        assertThatThrownBy(() -> read(with(words, "--prop", "peerAddress.2=localhost"))).hasMessageContaining("COORD-1012");
    }

    // ------------------------------------------------------------------------------------------------ ZooKeeper's settings

    @Test
    void sessionTimeoutsAreTwoAndTwentyTicks_zkS1() {
        MemberConfig config = alone("tickTime=3000").config();

        assertThat(config.minSessionTimeout()).isEqualTo(Duration.ofSeconds(6));
        assertThat(config.maxSessionTimeout()).isEqualTo(Duration.ofSeconds(60));
        assertThat(config.sessionTimeout()).isEqualTo(Duration.ofSeconds(10));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "tickTime=500 | 1s | 10s | 10s",
        "tickTime=400 | 800ms | 8s | 8s",
        "tickTime=20000 | 40s | 400s | 40s",
        "tickTime=100 | 240ms | 2s | 2s",
        "tickTime=10 heartbeat=5ms electionTimeout=50ms | 100ms | 200ms | 200ms",
        "tickTime=2000 maxSessionTimeout=30000 | 4s | 30s | 10s",
        "tickTime=2000 minSessionTimeout=1500 | 1500ms | 40s | 10s",
        "minSessionTimeout=15000 | 15s | 60s | 15s",
        "maxSessionTimeout=5000 | 500ms | 5s | 5s",
        "maxSessionTimeout=5s | 500ms | 5s | 5s",
        "minSessionTimeout=-1 maxSessionTimeout=-1 | 500ms | 60s | 10s",
        "zookeeper.minSessionTimeout=2s sessionTimeout=3s | 2s | 60s | 3s",
    })
    void sessionTimeoutsFollowFromWhatIsSaid_zkS1(String properties, String shortest, String longest, String standard) {
        MemberConfig config = alone(properties.split(" ")).config();

        assertThat(List.of(config.minSessionTimeout(), config.maxSessionTimeout(), config.sessionTimeout()))
                .isEqualTo(List.of(duration(shortest), duration(longest), duration(standard)));
    }

    private static Duration duration(String text) {
        return text.endsWith("ms")
                ? Duration.ofMillis(Long.parseLong(text.replace("ms", "")))
                : Duration.ofSeconds(Long.parseLong(text.replace("s", "")));
    }

    @Test
    void aShortestTimeoutAboveTheLongestIsRefused() {
        assertThatThrownBy(() -> alone("minSessionTimeout=9000", "maxSessionTimeout=5000")).hasMessageContaining("COORD-1025");
        assertThatThrownBy(() -> alone("minSessionTimeout=soon")).hasMessageContaining("COORD-1020 minSessionTimeout=soon");
    }

    @Test
    void zooKeepersNamesAreReadWithAndWithoutTheirPrefix() {
        for (String prefix : List.of("", "zookeeper.")) {
            ServerSettings settings = alone(
                    prefix + "enforceQuota=true",
                    prefix + "extendedTypesEnabled=true",
                    prefix + "skipACL=yes",
                    prefix + "znode.container.checkIntervalMs=2500",
                    prefix + "znode.container.maxNeverUsedIntervalMs=60000",
                    prefix + "maxClientCnxns=7",
                    prefix + "DigestAuthenticationProvider.digestAlg=SHA-256",
                    prefix + "DigestAuthenticationProvider.enabled=false",
                    prefix + "maxCnxns=700",
                    prefix + "4lw.commands.whitelist=stat, ruok,,conf",
                    prefix + "DigestAuthenticationProvider.superDigest=super:xyz",
                    prefix + "readonlymode.enabled=true",
                    prefix + "globalOutstandingLimit=70",
                    prefix + "throttled_op_wait_time=5",
                    prefix + "connection_throttle_tokens=9",
                    prefix + "connection_throttle_fill_time=2",
                    prefix + "connection_throttle_fill_count=3",
                    prefix + "largeRequestThreshold=100000",
                    prefix + "largeRequestMaxBytes=-1",
                    prefix + "netty.server.outstandingHandshake.limit=17",
                    prefix + "localSessionsEnabled=true",
                    prefix + "localSessionsUpgradingEnabled=true",
                    prefix + "reconfigEnabled=true",
                    prefix + "snapSizeLimitInKb=2048");

            assertThat(settings.config()).isEqualTo(MemberConfig.DEFAULT
                    .withEnforceQuota(true)
                    .withExtendedTypes(true)
                    .withSkipAcl(true)
                    .withContainerCheckInterval(Duration.ofMillis(2500))
                    .withMaxNeverUsedContainer(Duration.ofMinutes(1))
                    .withSnapshotBytes(2 << 20));
            assertThat(settings.door()).isEqualTo(new ServerSettings.Door(
                    OptionalInt.of(7),
                    OptionalInt.of(700),
                    OptionalInt.empty(),
                    OptionalInt.of(17),
                    new ServerSettings.Throttling(70, Duration.ofMillis(5), 9, 3, Duration.ofMillis(2), 100_000, 0),
                    Optional.of(List.of("stat", "ruok", "conf")),
                    Optional.of("super:xyz"),
                    "SHA-256",
                    false,
                    true,
                    true,
                    true,
                    true,
                    Optional.empty(),
                    Set.of(),
                    new ServerSettings.Sasl("Server", Set.of(), Optional.empty(), false, WHOLE_NAMES),
                    Set.of()));
            assertThat(settings.warnings()).isEmpty();
            assertThat(settings.toString()).doesNotContain("xyz");
        }
    }

    @Test
    void fewerConnectionsThanNoneAreAnyNumber() {
        ServerSettings.Door door = alone("maxClientCnxns=-1", "maxCnxns=-1").door();

        assertThat(door.connectionsPerAddressMax()).hasValue(0);
        assertThat(door.connectionsMax()).hasValue(0);
    }

    @Test
    void aHashThatTheJvmDoesNotHaveIsAMistake() {
        assertThat(alone().door().digestAlgorithm()).isEqualTo("SHA1");
        assertThatThrownBy(() -> alone("DigestAuthenticationProvider.digestAlg=SHA-3000")).hasMessageContaining("COORD-1026", "SHA-3000");
    }

    @Test
    void aLargerFrameRaisesWhatWouldRefuseItFurtherIn() {
        ServerSettings settings = alone("jute.maxbuffer=0x800000");

        assertThat(settings.door().frameBytesMax()).hasValue(8 << 20);
        assertThat(settings.config().maxDataBytes()).isEqualTo(8 << 20);
        assertThat(settings.config().maxRequestBytes()).as("twice as much: a delete of 33 characters is 50 bytes here, and counts 65")
                .isEqualTo(16 << 20);
        assertThat(settings.config().maxUncommittedBytes()).isEqualTo(MemberConfig.DEFAULT.maxUncommittedBytes());
        assertThat(alone("jute.maxbuffer=65536").config()).isEqualTo(MemberConfig.DEFAULT);
        assertThat(alone("jute.maxbuffer=4194304").config().maxRequestBytes()).isEqualTo(8 << 20);
        assertThat(alone("jute.maxbuffer=67108864").config().maxUncommittedBytes()).isEqualTo(128 << 20);
        assertThat(alone("jute.maxbuffer=8388608", "maxDataBytes=1MB").config().maxDataBytes()).isEqualTo(1 << 20);
        assertThatThrownBy(() -> alone("jute.maxbuffer=0")).hasMessage("COORD-1024 jute.maxbuffer 0 is not from 1024 to 67108864");
    }

    @Test
    void whatSaysNothingHereIsNamedInAWarning() {
        assertThat(alone(
                                "initLimit=10", "syncLimit=5", "autopurge.purgeInterval=24", "zookeeper.forceSync=no", "admin.enableServer=false",
                                "zookeeper.something.of.a.later.version=1", "client.certReload=true", "metricsProvider.className=X", "standaloneEnabled=false")
                        .warnings())
                .containsExactly(
                        "admin.enableServer is passed over: there is no such port; `mntr` has the figures",
                        "autopurge.purgeInterval is passed over: old snapshots are removed by themselves",
                        "client.certReload is passed over: key stores for clients are read once: restart the member for new certificates",
                        "zookeeper.forceSync is passed over: a write is acknowledged when it is on the disks of a majority, always",
                        "initLimit is passed over: how long a member may lag or be silent follows from heartbeat, electionTimeout and the"
                                + " length of the log",
                        "metricsProvider.className is passed over: there is no such port; `mntr` has the figures",
                        "zookeeper.something.of.a.later.version is passed over: nothing here depends on it",
                        "standaloneEnabled is passed over: an ensemble of one member is stand-alone",
                        "syncLimit is passed over: how long a member may lag or be silent follows from heartbeat, electionTimeout and the"
                                + " length of the log");
    }

    /** By the names of the administrator's guide too, of which some are not those that ZooKeeper's server reads. */
    @ParameterizedTest
    @ValueSource(strings = {
        "jaasLoginRenew", "txnLogSizeLimitInKb", "emulate353TTLNodes", "connectionMaxTokens", "connectionTokenFillTime",
        "connectionTokenFillCount", "connectionFreezeTime", "connectionDropIncrease", "connectionDropDecrease", "connectionDecreaseRatio",
        "requestThrottleLimit", "requestThrottleStallTime", "requestThrottleDropStale", "requestStaleLatencyCheck",
        "requestStaleConnectionCheck", "advancedFlowControlEnabled", "maxConcurrentSnapSyncs", "maxConcurrentDiffSyncs",
        "throttledOpWaitTime", "outstandingHandshake.limit",
    })
    void aSettingOfZooKeepersDoesNotStopTheStart(String name) {
        assertThat(alone(name + "=1").warnings()).singleElement().asString().startsWith(name + " is passed over: ");
    }

    // ------------------------------------------------------------------------------------------------ files

    @Test
    void aZooCfgIsReadAsItIs() throws IOException {
        Files.writeString(directory.resolve("myid"), "2\n");
        ServerSettings settings = file("""
                # The number of milliseconds of each tick
                tickTime=2000
                initLimit=10
                syncLimit=5
                dataDir=%s
                clientPort=2181
                server.1=localhost:2888:3888
                server.2=127.0.0.1:2889:3889:participant
                server.3=[::1]:2890:3890
                server.4=localhost:2891:3891:observer
                """.formatted(directory));

        assertThat(settings.self()).isEqualTo(MemberId.of(2));
        assertThat(settings.memberDirectory()).as("beside myid").isEqualTo(directory.resolve("coord"));
        assertThat(settings.ensemble())
                .hasToString("1=localhost:2888,2=127.0.0.1:2889,3=[::1]:2890,4=localhost:2891:observer");
        assertThat(settings.peerHost()).isEqualTo("127.0.0.1");
        assertThat(settings.clientPort()).hasValue(2181);
        assertThat(settings.config().minSessionTimeout()).isEqualTo(Duration.ofSeconds(4));
        assertThat(settings.warnings()).hasSize(2).allMatch(warning -> warning.matches("(init|sync)Limit is passed over: .*"));
    }

    /** ZooKeeper reads any byte, as ISO 8859-1. */
    @Test
    void aCommentInAnotherCharacterSetDoesNotStopTheStart() throws IOException {
        Path file = directory.resolve("zoo.cfg");
        String text = "# donn\u00e9es f\u00fcr\nclientPort=2181\nDigestAuthenticationProvider.superDigest=\u00e9\ndataDir=" + directory + "\n";

        for (Charset charset : List.of(StandardCharsets.ISO_8859_1, StandardCharsets.UTF_8)) {
            Files.write(file, text.getBytes(charset));
            assertThat(read("--config", file.toString()).door().superDigest()).as(charset.name()).contains("\u00e9");
        }
        Files.write(file, text.getBytes(StandardCharsets.ISO_8859_1));
        assertThat(read("--config", file.toString()).warnings())
                .contains(file + " is not UTF-8, at byte 6, and is read as ISO 8859-1, as ZooKeeper does");
        Files.write(file, text.replace("Digest=\u00e9", "Digest=e").getBytes(StandardCharsets.ISO_8859_1));
        assertThat(read("--config", file.toString()).warnings()).as("a comment only")
                .noneMatch(warning -> warning.contains("UTF-8"));
    }

    @Test
    void aStrayByteDoesNotMakeADirectoryAnother() throws IOException {
        Path file = directory.resolve("zoo.cfg");
        String rest = "\nclientPort=2181\ndataDir=" + directory + "/Z\u00fcrich\n";
        byte[] stray = "# caf\u00e9".getBytes(StandardCharsets.ISO_8859_1);
        byte[] utf8 = rest.getBytes(StandardCharsets.UTF_8);
        byte[] both = Arrays.copyOf(stray, stray.length + utf8.length);
        System.arraycopy(utf8, 0, both, stray.length, utf8.length);
        Files.write(file, both);

        assertThatThrownBy(() -> read("--config", file.toString()))
                .hasMessageContaining("cannot read " + file + ": at byte 5 it is not UTF-8, and elsewhere it is");
    }

    @Test
    void clientAddressesOfServerLinesAreKnownToAll_zkRC1() throws IOException {
        ServerSettings settings = file("""
                dataDir=%s
                id=3
                server.1=localhost:2888:3888;2181
                server.2=localhost:2889:3889:participant;127.0.0.1:2182
                server.3=localhost:2890:3890:PARTICIPANT;127.0.0.1:2183
                """.formatted(directory));

        assertThat(settings.ensemble()).hasToString("1=localhost:2888:3888;2181,2=localhost:2889:3889;127.0.0.1:2182,3=localhost:2890:3890;127.0.0.1:2183");
        assertThat(settings.clientPort()).hasValue(2183);
        assertThat(settings.clientHost()).isEqualTo("127.0.0.1");
    }

    @Test
    void theListOfServersMayStandInAFileOfItsOwn() throws IOException {
        Path list = Files.writeString(directory.resolve("zoo.cfg.dynamic"), """
                server.1=localhost:2888:3888:participant;2181
                version=100000000
                """);
        ServerSettings settings = file("dataDir=" + directory + "\ndynamicConfigFile=" + list + "\n");

        assertThat(settings.ensemble()).hasToString("1=localhost:2888:3888;2181");
        assertThat(settings.warnings()).isEmpty();
        String[] words = {"--data-dir", directory.toString(), "--prop", "zookeeper.dynamicConfigFile=" + list};
        assertThat(read(words).ensemble()).as("by --prop").hasToString("1=localhost:2888:3888;2181");
        assertThat(read(with(words, "--prop", "server.1=localhost:2889:3889;2182")).ensemble()).as("the command line wins")
                .hasToString("1=localhost:2889:3889;2182");
        Files.writeString(list, "dynamicConfigFile=further\n" + Files.readString(list));
        assertThatThrownBy(() -> read(words)).hasMessage("COORD-1026 dynamicConfigFile=further says nothing where it stands; take it out");
    }

    @Test
    void aFileWithoutServersIsAStandAloneMemberForThisMachine() throws IOException {
        ServerSettings settings = file("tickTime=2000\nclientPort=2181\ndataDir=" + directory + "\n");

        assertThat(settings.ensemble()).hasToString("1=localhost:0:2181");
        assertThat(settings.clientHost()).isEqualTo("localhost");
        assertThat(settings.warnings()).singleElement().asString().startsWith("clients of this machine alone can connect");
        assertThat(file("clientPort=2181\nclientPortAddress=127.0.0.1\ndataDir=" + directory + "\n").warnings()).isEmpty();
    }

    @Test
    @DisplayName("as in ZooKeeper, a stand-alone server has no number whatever myid says; one of a list has")
    void aMyidCountsWhereThereIsAList() throws IOException {
        Path myid = Files.writeString(directory.resolve("myid"), "4\n");

        assertThat(file("clientPort=2181\ndataDir=" + directory + "\n").self()).isEqualTo(MemberId.of(1));
        assertThatThrownBy(() -> file("id=4\nclientPort=2181\ndataDir=" + directory + "\n")).hasMessageContaining("COORD-1019 member 4 is not");
        assertThatThrownBy(() -> file("server.1=localhost:1:2;3\ndataDir=" + directory + "\n"))
                .hasMessage("COORD-1019 member 4, as " + myid + " says, is not in the ensemble 1=localhost:1:2;3; its members are [1]");
    }

    @Test
    void ourOwnFileHasTheSameNames() throws IOException {
        ServerSettings settings = file("id=1\nmembers=" + THREE + "\ndataDir=" + directory + "\nsessionTimeout=20s\n");

        assertThat(settings.ensemble()).isEqualTo(Ensemble.parse(THREE));
        assertThat(settings.config().sessionTimeout()).isEqualTo(Duration.ofSeconds(20));
    }

    @Test
    void theCommandLineWinsOverTheFile() throws IOException {
        Path elsewhere = directory.resolve("elsewhere");
        Path file = Files.writeString(directory.resolve("zoo.cfg"), """
                dataDir=/nowhere
                tickTime=2000
                zookeeper.enforceQuota=false
                server.1=localhost:1:2
                """);
        ServerSettings settings = read(
                "--config", file.toString(), "--data-dir", elsewhere.toString(), "--members", THREE, "--id", "1",
                "--prop", "tickTime=1000", "--prop", "enforceQuota=true");

        assertThat(settings.directory()).isEqualTo(elsewhere);
        assertThat(settings.ensemble()).isEqualTo(Ensemble.parse(THREE));
        assertThat(settings.config().minSessionTimeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(settings.config().enforceQuota()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "server.0=localhost:1:2 | COORD-1013 server.0=localhost:1:2: N is a number from 1 to 255",
        "server.x=localhost:1:2 | COORD-1013 server.x=localhost:1:2: N is a number from 1 to 255",
        "server.1=localhost | COORD-1012 server.1=localhost is not server.N=host:quorumPort:electionPort[:participant|:observer]",
        "server.1=localhost:1:2:witness | COORD-1012 server.1=localhost:1:2:witness: \"witness\" is no role",
        "server.1=localhost:99999:2 | COORD-1015 server.1: the address \"localhost:99999\": peer port 99999 is out of range",
        "server.1=::1:2888:3888 | COORD-1012 server.1=::1:2888:3888 is not server.N=",
    })
    void aServerLineThatCannotBeReadIsNamed(String line, String message) {
        assertThatThrownBy(() -> file("clientPort=2181\ndataDir=" + directory + "\n" + line + "\n")).hasMessageContaining(message);
    }

    @Test
    void contradictionsAreRefused() {
        String start = "id=1\ndataDir=" + directory + "\nserver.1=localhost:1:2;2181\n";
        assertThatThrownBy(() -> file(start + "clientPort=2182\n"))
                .hasMessage("COORD-1025 clientPort is 2182, but the list of members says 2181; say it once");
        assertThatThrownBy(() -> file(start + "members=" + THREE + "\n")).hasMessageContaining("named twice");
        assertThatThrownBy(() -> file(start + "peerType=observer\n")).hasMessageContaining("makes member 1 a voter");
        assertThatThrownBy(() -> file(start + "enforceQuota=true\nzookeeper.enforceQuota=false\n"))
                .hasMessageContaining("has both enforceQuota and zookeeper.enforceQuota, with different values");
    }

    @Test
    void severalAddressesOfAServerAreTooMany() throws IOException {
        ServerSettings settings = file("dataDir=" + directory + "\nserver.1=localhost:1:2|otherhost:3:4;2181\n");

        assertThat(settings.ensemble()).hasToString("1=localhost:1:2;2181");
        assertThat(settings.warnings()).containsExactly(
                "server.1 has several addresses; a member has one, and the first is used: localhost:1:2;2181");
    }

    @Test
    void theDataOfAZooKeeperIsNotPassedOverInSilence() throws IOException {
        Files.createDirectories(directory.resolve("version-2"));
        Files.writeString(directory.resolve("version-2/snapshot.100000000"), "");

        assertThatThrownBy(() -> alone()).hasMessageContaining("COORD-1063 " + directory + " holds the data of an Apache ZooKeeper server");
        Files.createDirectories(directory.resolve("coord"));
        assertThat(alone().directory()).isEqualTo(directory);
    }

    @Test
    void whatOfZooKeepersIsPutBesideAMembersFilesDoesNotMoveThem() throws IOException {
        Files.writeString(directory.resolve("identity"), "");
        Files.writeString(directory.resolve("myid"), "1\n");
        Files.createDirectories(directory.resolve("version-2"));
        Files.writeString(directory.resolve("version-2/log.1"), "");

        assertThat(alone().memberDirectory()).isEqualTo(directory);
        Files.createDirectories(directory.resolve("coord"));
        Files.writeString(directory.resolve("coord/identity"), "");
        assertThatThrownBy(() -> alone()).hasMessageContaining("COORD-1025 " + directory + " holds the data of a member, and so does "
                + directory.resolve("coord"));
    }

    // ------------------------------------------------------------------------------------------------ helpers

    private ServerSettings alone(String... properties) {
        List<String> words = new ArrayList<>(List.of("--members", "1=localhost:0:0", "--data-dir", directory.toString()));
        for (String property : properties) {
            words.addAll(List.of("--prop", property));
        }
        return SettingsReader.read(Arguments.parse(words));
    }

    private ServerSettings file(String text) throws IOException {
        Path file = Files.createTempFile(directory, "zoo", ".cfg");
        Files.writeString(file, text);
        return read("--config", file.toString());
    }

    private static ServerSettings read(String... words) {
        return SettingsReader.read(Arguments.parse(List.of(words)));
    }

    private static String[] with(String[] words, String... more) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }
}
