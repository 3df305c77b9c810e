package io.coord.netty.peer;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;

/** A certificate authority for a test, and the files of the members it signed. */
final class Authority {

    private static final Instant NOW = Instant.now();

    private final Path directory;
    private final X509Bundle root;
    private final Path trusted;

    Authority(Path directory, String name) throws Exception {
        this.directory = directory;
        this.root = new CertificateBuilder()
                .ecp256()
                .subject("CN=" + name)
                .setIsCertificateAuthority(true)
                .notBefore(NOW.minus(Duration.ofDays(100)))
                .notAfter(NOW.plus(Duration.ofDays(1000)))
                .buildSelfSigned();
        this.trusted = directory.resolve(name + ".pem");
        Files.writeString(trusted, root.getCertificatePEM());
    }

    /** What a member's certificate says. */
    record Subject(int member, String ensemble, String address, Duration from, Duration until) {
        static Subject of(int member) {
            return new Subject(member, "test", "127.0.0.1", Duration.ofDays(-1), Duration.ofDays(90));
        }

        Subject on(String address) {
            return new Subject(member, ensemble, address, from, until);
        }

        Subject in(String ensemble) {
            return new Subject(member, ensemble, address, from, until);
        }

        Subject expired() {
            return new Subject(member, ensemble, address, Duration.ofDays(-10), Duration.ofDays(-1));
        }
    }

    X509Bundle sign(Subject subject) throws Exception {
        return new CertificateBuilder()
                .ecp256()
                .subject("CN=coord-" + subject.member())
                .addSanUriName("coord://" + subject.ensemble() + "/member/" + subject.member())
                .addSanIpAddress(subject.address())
                .notBefore(NOW.plus(subject.from()))
                .notAfter(NOW.plus(subject.until()))
                .buildIssuedBy(root);
    }

    /** PEM files for a member, written over those it had. */
    TlsFiles files(Subject subject) throws Exception {
        return files("member-" + subject.member(), sign(subject), trusted);
    }

    TlsFiles files(String name, X509Bundle signed, Path trusted) throws Exception {
        Path certificate = write(name + "-certificate.pem", signed.getCertificatePathPEM());
        Path key = write(name + "-key.pem", signed.getPrivateKeyPEM());
        return new TlsFiles(certificate, key, null, trusted, null, null, Duration.ofHours(1));
    }

    Path write(String name, String text) throws Exception {
        Path fresh = Files.writeString(directory.resolve(name + ".new"), text);
        return Files.move(fresh, directory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }

    Path trusted() {
        return trusted;
    }

    TlsFiles keyStores(Subject subject, char[] password) throws Exception {
        Path file = directory.resolve("member-" + subject.member() + ".p12");
        try (OutputStream out = Files.newOutputStream(file)) {
            sign(subject).toKeyStore(password).store(out, password);
        }
        Path trust = directory.resolve("trust.p12");
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("root", root.getCertificate());
        try (OutputStream out = Files.newOutputStream(trust)) {
            store.store(out, password);
        }
        return new TlsFiles(file, null, password, trust, password, null, Duration.ofHours(1));
    }
}
