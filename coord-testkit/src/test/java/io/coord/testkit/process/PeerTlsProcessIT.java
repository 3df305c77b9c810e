package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Members that are processes and reach each other over mutual TLS, by settings of ZooKeeper's names. */
@Tag("bars")
@Timeout(300) // each step is a JVM's start on what may be a busy machine
class PeerTlsProcessIT {

    private static final char[] PASSWORD = "not-for-logs".toCharArray();

    @TempDir
    Path directory;

    private X509Bundle root;

    @BeforeEach
    void signs() throws Exception {
        root = certificate("authority").setIsCertificateAuthority(true).buildSelfSigned();
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("root", root.getCertificate());
        write("trusted", trusted);
        Files.writeString(directory.resolve("password"), new String(PASSWORD) + "\n");
        for (int id = 1; id <= 3; id++) {
            store("member-" + id, id, root);
        }
    }

    private static CertificateBuilder certificate(String name) {
        return new CertificateBuilder()
                .ecp256()
                .subject("CN=" + name)
                .notBefore(Instant.now().minus(Duration.ofDays(1)))
                .notAfter(Instant.now().plus(Duration.ofDays(90)));
    }

    /** Where a member's certificate is to lie, one that names the member given. */
    private void store(String name, int named, X509Bundle authority) throws Exception {
        write(name, certificate("coord-" + named)
                .addSanUriName("coord://test/member/" + named)
                .addSanIpAddress("127.0.0.1")
                .buildIssuedBy(authority)
                .toKeyStore(PASSWORD));
    }

    private void write(String name, KeyStore store) throws Exception {
        try (OutputStream out = Files.newOutputStream(directory.resolve(name + ".p12"))) {
            store.store(out, PASSWORD);
        }
    }

    private String[] settings() {
        return new String[] {
            "heartbeat=150ms", "electionTimeout=1500ms", "minSessionTimeout=1s",
            "sslQuorum=true",
            "ssl.quorum.keyStore.location=" + directory.resolve("member-{id}.p12"),
            "ssl.quorum.keyStore.passwordPath=" + directory.resolve("password"),
            "ssl.quorum.trustStore.location=" + directory.resolve("trusted.p12"),
            "zookeeper.ssl.quorum.trustStore.password=" + new String(PASSWORD),
        };
    }

    @Test
    @DisplayName("security rows 2 and 3: three processes serve over mutual TLS; one with another's certificate does not start, a foreign one is refused")
    void threeProcessesServeOverTlsAndAWrongCertificateIsRefused() throws Exception {
        try (ProcessEnsemble ensemble = ProcessEnsemble.of(3, "tls", settings());
                Workload workload = Workload.start(ensemble.connectString(), 1)) {
            for (int id : ensemble.ids()) {
                assertThat(ensemble.process(id).said()).contains("members over TLS at 127.0.0.1");
            }
            assertThat(ensemble.process(3).terminate()).isZero();

            store("member-3", 2, root);
            ensemble.start(3);
            assertThat(ensemble.process(3).awaitEnd()).as("with the certificate of member 2").isEqualTo(1);
            assertThat(ensemble.process(3).said()).contains("COORD-1071", "its certificate does not name member 3", "coord://test/member/2");

            store("member-3", 3, certificate("another authority").setIsCertificateAuthority(true).buildSelfSigned());
            ensemble.start(3);
            ProcessEnsemble.await("the reason", () -> saidByOthers(ensemble).lines()
                    .anyMatch(line -> line.contains("COORD-1072") && line.contains("authority")));
            long before = workload.acknowledged();
            workload.awaitWrite(before, "while member 3 is refused");
            assertThat(ensemble.process(3).said()).doesNotContain("serves:");
            ensemble.kill(3);

            store("member-3", 3, root);
            ensemble.restart(3);
            assertThat(workload.verdict(ensemble)).isEmpty();
            for (int id : ensemble.ids()) {
                assertThat(ensemble.process(id).said()).doesNotContain(new String(PASSWORD)).doesNotContain("PRIVATE KEY");
            }
        }
    }

    private static String saidByOthers(ProcessEnsemble ensemble) {
        return ensemble.process(1).said() + ensemble.process(2).said();
    }
}
