package io.coord.netty.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.ConfigException;
import io.coord.ErrorCode;
import io.coord.MemberId;
import io.coord.netty.peer.Authority.Subject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is let in, who is not, and what the log says (security.md rows 2 to 6). */
class PeerTlsIT {

    @TempDir
    Path directory;

    private Authority authority;
    private Station one;
    private Station two;

    @BeforeEach
    void signs() throws Exception {
        authority = new Authority(directory, "authority");
    }

    @AfterEach
    void closes() {
        if (one != null) {
            one.close();
        }
        if (two != null) {
            two.close();
        }
    }

    private static PeerOptions with(TlsFiles files) {
        return PeerOptions.listeningOn(0).withTls(files);
    }

    private TlsFiles files(int member) throws Exception {
        return authority.files(Subject.of(member));
    }

    /** Member 1, whose certificate is right, calls member 2 and is called by it. */
    private void meet(TlsFiles ofTwo) throws Exception {
        one = new Station(1, with(files(1)));
        two = new Station(2, with(ofTwo));
        Station.introduce(one, two);
    }

    private void nothingWasHeard() {
        one.send(2, "hello");
        two.send(1, "hello");
        assertThat(one.received()).isEmpty();
        assertThat(two.received()).isEmpty();
        for (String line : Stream.concat(one.log().all().stream(), two.log().all().stream()).toList()) {
            assertThat(line).doesNotContain("PRIVATE KEY").doesNotContain("BEGIN").doesNotContain("secret");
        }
    }

    @Test
    void theRightCertificatesAreAccepted() throws Exception {
        meet(files(2));
        one.reaches(two, "hello");
        two.reaches(one, "hello");
        assertThat(one.log().all()).noneMatch(line -> line.contains("COORD-"));
    }

    @Test
    void keyStoresDoAsWell() throws Exception {
        meet(authority.keyStores(Subject.of(2), "secret".toCharArray()));
        one.reaches(two, "hello");
        two.reaches(one, "hello");
        assertThat(two.network().options().toString()).doesNotContain("secret");
    }

    /** security.md row 5. */
    @Test
    void aSecondHandshakeEndsTheConnection() throws Exception {
        one = new Station(1, with(files(1))).knows(2, 1).start();
        try (SSLSocket socket = (SSLSocket) new Caller(files(2)).factory().createSocket(InetAddress.getLoopbackAddress(), one.port())) {
            socket.setEnabledProtocols(new String[] {"TLSv1.2"});
            socket.setSoTimeout(20_000);
            socket.startHandshake();
            Caller.say(socket, new Hello(1, 1, 0, 0, Hello.CONSENSUS, 0, 2, 1, 7, 1, 3));
            assertThat(endsAtHandshake(socket)).isTrue();
        }
    }

    private static boolean endsAtHandshake(SSLSocket socket) throws IOException {
        try {
            socket.startHandshake();
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException open) {
            return false;
        } catch (IOException closed) {
            return true;
        }
    }

    @Test
    void anotherAuthoritysCertificateIsRefused() throws Exception {
        Authority foreign = new Authority(directory, "foreign");
        meet(authority.files("foreign", foreign.sign(Subject.of(2)), authority.trusted()));
        // As the one called it refuses member 2, and as the one calling too.
        one.untilLogged("COORD-1072", "whoever calls from 127.0.0.1", "authority that is trusted here");
        one.untilLogged("COORD-1072", "member 2 at 127.0.0.1", "authority that is trusted here");
        two.untilLogged("COORD-1072", "member 1", "its log says why");
        nothingWasHeard();
    }

    @Test
    void anExpiredCertificateIsRefused() throws Exception {
        // It would not start with it: the certificate must run out under it.
        one = new Station(1, with(files(1)));
        TlsFiles expired = authority.files("expired", authority.sign(Subject.of(2).expired()), authority.trusted());
        try (SSLSocket socket = (SSLSocket) new Caller(expired).factory().createSocket(InetAddress.getLoopbackAddress(), one.port())) {
            one.knows(2, 1).start();
            // The refusal, or that the connection is gone: a caller who still writes as that comes may not get to read why.
            assertThatThrownBy(() -> {
                socket.startHandshake();
                socket.getInputStream().read();
            }).isInstanceOf(IOException.class);
        }
        one.untilLogged("COORD-1072", "whoever calls from 127.0.0.1", "its certificate has expired");
    }

    @Test
    void aMemberDoesNotStartWithAnExpiredCertificate() throws Exception {
        TlsFiles expired = authority.files(Subject.of(2).expired());
        assertThatThrownBy(() -> new Station(2, with(expired)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(ErrorCode.TLS_UNUSABLE.toString())
                .hasMessageContaining("member-2-certificate.pem has expired");
    }

    /** The right authority, but another member's key: stolen, or copied by mistake. */
    @Test
    void anotherMembersCertificateIsRefusedWhereverItIsShown() throws Exception {
        one = new Station(1, with(files(1)));
        two = new Station(3, with(files(3)));
        one.knows(2, two.port()).start(); // member 1 takes it for member 2
        two.knows(one).start();
        one.untilLogged("COORD-1072", "does not name member 2", "coord://test/member/3");
        nothingWasHeard();
    }

    @Test
    void aCallerThatSaysItIsAnotherMemberThanItsCertificateIsRefused() throws Exception {
        one = new Station(1, with(files(1)));
        one.knows(2, 1).start();
        TlsFiles three = files(3);
        try (SSLSocket socket = (SSLSocket) new Caller(three).factory().createSocket(InetAddress.getLoopbackAddress(), one.port())) {
            Hello answer = Caller.say(socket, new Hello(1, 1, 0, 0, Hello.CONSENSUS, 0, 2, 1, 7, 1, 3));
            assertThat(answer.verdict()).isEqualTo(Verdict.CERTIFICATE.code());
        }
        one.untilLogged("COORD-1072", "member 2", "does not name member 2");
    }

    /** An empty member founds nothing once an ensemble has called that its list says nothing of: whoever calls must prove its number for that. */
    @Test
    void aStrangersCallCountsOnlyByItsCertificate() throws Exception {
        one = new Station(1, with(files(1))).as(0, 1).start();
        for (int number : new int[] {2, 3}) {
            try (SSLSocket socket = (SSLSocket) new Caller(files(3)).factory().createSocket(InetAddress.getLoopbackAddress(), one.port())) {
                Hello answer = Caller.say(socket, new Hello(1, 1, 0, 0, Hello.CONSENSUS, 0, number, 1, 7, 1, 3));
                assertThat(answer.verdict()).isEqualTo(Verdict.STRANGER.code());
            }
        }
        assertThat(one.called()).containsExactly("3 of 7");
    }

    @Test
    void aMemberDoesNotStartWithAnotherMembersCertificate() throws Exception {
        one = new Station(1, with(files(3)));
        assertThatThrownBy(() -> one.start())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("not for this member")
                .hasMessageContaining("member 1");
    }

    /** The host is that of the list, and no look-up of the address can change it. */
    @Test
    void aCertificateForAnotherHostIsRefused() throws Exception {
        meet(authority.files(Subject.of(2).on("10.1.2.3")));
        one.untilLogged("COORD-1072", "member 2 at 127.0.0.1", "127.0.0.1"); // as the JDK puts it
        one.untilLogged("COORD-1072", "does not name the host 127.0.0.1", "10.1.2.3");
        nothingWasHeard();
    }

    @Test
    void anotherEnsemblesCertificateIsRefusedWhereTheEnsembleIsNamed() throws Exception {
        one = new Station(1, with(named(files(1), "test")));
        two = new Station(2, with(authority.files(Subject.of(2).in("staging"))));
        Station.introduce(one, two);
        one.untilLogged("COORD-1072", "does not name member 2", "coord://staging/member/2", "coord://test/member/2");
        nothingWasHeard();
    }

    private static TlsFiles named(TlsFiles files, String ensemble) {
        return new TlsFiles(files.certificate(), files.key(), files.keyPassword(), files.trusted(), files.trustedPassword(), ensemble,
                files.reloadEvery());
    }

    @Test
    void plaintextOnTheTlsPortIsRefused() throws Exception {
        one = new Station(1, with(files(1)));
        two = new Station(2);
        Station.introduce(one, two);
        one.untilLogged("COORD-1072", "whoever calls from 127.0.0.1", "does not speak TLS");
        two.untilLogged("COORD-1072", "whoever calls from 127.0.0.1", "TLS, which this member is not set up for");
        nothingWasHeard();
    }

    @Test
    void aCallerWithoutACertificateIsRefused() throws Exception {
        one = new Station(1, with(files(1)));
        one.knows(2, 1).start();
        SSLSocketFactory anonymous = new Caller(null).factory();
        try (SSLSocket socket = (SSLSocket) anonymous.createSocket(InetAddress.getLoopbackAddress(), one.port())) {
            assertThatThrownBy(() -> Caller.say(socket, new Hello(1, 1, 0, 0, 0, 0, 2, 1, 7, 1, 3))).isInstanceOf(Exception.class);
        }
        one.untilLogged("COORD-1072", "whoever calls from 127.0.0.1", "no certificate");
    }

    @Test
    void tls13IsSpokenAnd12IsAllowed() throws Exception {
        one = new Station(1, with(files(1)));
        one.knows(2, 1).start();
        try (SSLSocket socket = (SSLSocket) new Caller(files(2)).factory().createSocket(InetAddress.getLoopbackAddress(), one.port())) {
            socket.setEnabledProtocols(new String[] {"TLSv1.2"});
            socket.startHandshake();
            assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.2");
        }
        try (SSLSocket socket = (SSLSocket) new Caller(files(2)).factory().createSocket(InetAddress.getLoopbackAddress(), one.port())) {
            socket.startHandshake();
            assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.3");
        }
    }

    // ---- exchanging files

    @Test
    void filesAreExchangedUnderTraffic() throws Exception {
        meet(files(2));
        one.reaches(two, "before");
        files(1);
        files(2);
        assertThat(one.network().reloadTls()).isTrue();
        one.untilLogged("INFO", "new certificates are in use");
        one.send(2, "on the old connection");
        one.until("it", () -> two.received().contains("1: on the old connection"));
        assertThat(one.lost()).isEmpty();
        // New connections use the new files, whether the other end has them or not yet.
        one.send(2, Station.DAMAGED, false);
        one.until("the loss", () -> one.lost().contains(MemberId.of(2)));
        one.reaches(two, "on a new one");
        assertThat(two.network().reloadTls()).isTrue();
        assertThat(two.network().reloadTls()).isFalse();
        two.reaches(one, "on a new one");
    }

    @Test
    void filesThatCannotBeUsedAreToldAndTheOldOnesStay() throws Exception {
        meet(files(2));
        one.reaches(two, "before");
        for (String bad : List.of("", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")) {
            authority.write("member-1-certificate.pem", bad);
            assertThat(one.network().reloadTls()).isFalse();
        }
        one.untilLogged("WARN", "the old ones stay", "COORD-1071", "member-1-certificate.pem");
        authority.write("member-1-certificate.pem", authority.sign(Subject.of(1)).getCertificatePathPEM());
        assertThat(one.network().reloadTls()).as("a certificate without its key").isFalse();
        authority.files(Subject.of(3));
        Files.delete(directory.resolve("member-1-key.pem"));
        assertThat(one.network().reloadTls()).isFalse();

        one.send(2, Station.DAMAGED, false);
        one.until("the loss", () -> one.lost().contains(MemberId.of(2)));
        one.reaches(two, "with the old ones");
        files(1);
        assertThat(one.network().reloadTls()).isTrue();
    }
}
