package io.coord.netty.peer;

import io.coord.ConfigException;
import io.coord.ErrorCode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Where a member's certificate, its private key and the certificates it trusts are: PEM files, or key stores.
 *
 * @param certificate the PEM file with the member's certificate, and those between it and the authority; or the key store with key and
 *     certificate
 * @param key the PEM file with the private key (PKCS #8); null for a key store
 * @param keyPassword of the key or the key store; null for none
 * @param trusted the PEM file or key store with the authorities whose members are trusted
 * @param trustedPassword of that key store; null for none
 * @param ensemble which ensemble a member's certificate must name, null for any
 * @param reloadEvery how often the files are looked at
 */
public record TlsFiles(
        Path certificate,
        @Nullable Path key,
        char @Nullable [] keyPassword,
        Path trusted,
        char @Nullable [] trustedPassword,
        @Nullable String ensemble,
        Duration reloadEvery) {

    private static final Pattern PEM_KEY = Pattern.compile(
            "-----BEGIN ([A-Z ]*)PRIVATE KEY-----([A-Za-z0-9+/=\\s]*)-----END [A-Z ]*PRIVATE KEY-----");
    private static final List<String> KEY_ALGORITHMS = List.of("EC", "RSA", "EdDSA");

    /** The files, never a password. */
    @Override
    public String toString() {
        return "TlsFiles[" + certificate + ", " + trusted + "]";
    }

    /** The files. */
    List<Path> paths() {
        return key == null ? List.of(certificate, trusted) : List.of(certificate, key, trusted);
    }

    /**
     * The member's key and certificates, as the one entry of a key store.
     *
     * @throws ConfigException if they cannot be used; the message names the file
     */
    public KeyStore identity() {
        return key == null ? store(certificate, keyPassword) : pemIdentity(key);
    }

    /**
     * The authorities.
     *
     * @throws ConfigException if they cannot be used; the message names the file
     */
    public KeyStore authorities() {
        if (key == null) {
            return store(trusted, trustedPassword);
        }
        KeyStore store = emptyStore();
        int n = 0;
        for (X509Certificate authority : pemCertificates(trusted)) {
            try {
                store.setCertificateEntry("authority-" + n++, authority);
            } catch (GeneralSecurityException e) {
                throw unusable(trusted, "cannot be trusted", e);
            }
        }
        return store;
    }

    private KeyStore pemIdentity(Path keyFile) {
        List<X509Certificate> chain = pemCertificates(certificate);
        PrivateKey privateKey = pemKey(keyFile);
        KeyStore store = emptyStore();
        try {
            store.setKeyEntry("member", privateKey, new char[0], chain.toArray(new Certificate[0]));
        } catch (GeneralSecurityException e) {
            throw unusable(certificate, "does not go with " + keyFile, e);
        }
        return store;
    }

    private static KeyStore emptyStore() {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            return store;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("this Java runtime has no PKCS #12 key stores", e);
        }
    }

    private static KeyStore store(Path file, char @Nullable [] password) {
        try {
            return KeyStore.getInstance(file.toFile(), password);
        } catch (NoSuchFileException e) {
            throw unusable(file, "does not exist", null);
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw unusable(file, Files.exists(file) ? "is no key store that can be opened with its password" : "does not exist", e);
        }
    }

    private static List<X509Certificate> pemCertificates(Path file) {
        List<X509Certificate> certificates = new ArrayList<>();
        try (InputStream in = new ByteArrayInputStream(Files.readAllBytes(file))) {
            Collection<? extends Certificate> read = CertificateFactory.getInstance("X.509").generateCertificates(in);
            read.forEach(certificate -> certificates.add((X509Certificate) certificate));
        } catch (NoSuchFileException e) {
            throw unusable(file, "does not exist", null);
        } catch (IOException | GeneralSecurityException e) {
            throw unusable(file, "has no X.509 certificates that can be read", e);
        }
        if (certificates.isEmpty()) {
            throw unusable(file, "has no certificate (-----BEGIN CERTIFICATE-----)", null);
        }
        return certificates;
    }

    private PrivateKey pemKey(Path file) {
        String text;
        try {
            text = Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw unusable(file, "does not exist", null);
        } catch (IOException e) {
            throw unusable(file, "cannot be read", e);
        }
        Matcher key = PEM_KEY.matcher(text);
        if (!key.find()) {
            throw unusable(file, "has no private key (-----BEGIN PRIVATE KEY-----)", null);
        }
        String kind = key.group(1).strip();
        byte[] der;
        try {
            der = Base64.getMimeDecoder().decode(key.group(2));
        } catch (IllegalArgumentException e) {
            throw unusable(file, "has a private key that is not Base64", null);
        }
        return switch (kind) {
            case "" -> plainKey(file, der);
            case "ENCRYPTED" -> plainKey(file, decrypted(file, der));
            default -> throw unusable(file, "has a key in the old form \"" + kind + " PRIVATE KEY\"; convert it with: openssl pkcs8 -topk8"
                    + " -nocrypt -in old.pem -out new.pem", null);
        };
    }

    private byte[] decrypted(Path file, byte[] der) {
        char[] password = keyPassword;
        if (password == null) {
            throw unusable(file, "has an encrypted key; give its password by keyPassword(...)", null);
        }
        try {
            EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
            // PBES2 says in its parameters which algorithm it is.
            String algorithm = info.getAlgName().equals("PBES2") || info.getAlgName().startsWith("1.2.840.113549.1.5.13")
                    ? String.valueOf(info.getAlgParameters())
                    : info.getAlgName();
            PBEKeySpec spec = new PBEKeySpec(password);
            Cipher cipher = Cipher.getInstance(algorithm);
            cipher.init(Cipher.DECRYPT_MODE, SecretKeyFactory.getInstance(algorithm).generateSecret(spec), info.getAlgParameters());
            spec.clearPassword();
            return info.getKeySpec(cipher).getEncoded();
        } catch (IOException | GeneralSecurityException e) {
            throw unusable(file, "cannot be decrypted with its password", null);
        }
    }

    private static PrivateKey plainKey(Path file, byte[] der) {
        for (String algorithm : KEY_ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
            } catch (InvalidKeySpecException e) {
                // of another algorithm
            } catch (GeneralSecurityException e) {
                throw unusable(file, "has a private key that this Java runtime cannot use", e);
            }
        }
        throw unusable(file, "has a private key of none of the algorithms " + KEY_ALGORITHMS, null);
    }

    /** The certificate that belongs to the store's private key. */
    static X509Certificate leaf(KeyStore store, char @Nullable [] password, Path file) {
        try {
            for (String alias : Collections.list(store.aliases())) {
                if (store.isKeyEntry(alias) && store.getCertificate(alias) instanceof X509Certificate leaf) {
                    Key key = store.getKey(alias, password == null ? new char[0] : password);
                    KeyPairs.requirePair(key, leaf.getPublicKey());
                    return leaf;
                }
            }
        } catch (GeneralSecurityException e) {
            throw unusable(file, "has a private key that does not go with its certificate", e);
        }
        throw unusable(file, "has no private key with a certificate", null);
    }

    /** What is wrong with a file. */
    public static ConfigException unusable(Path file, String what, @Nullable Throwable cause) {
        String reason = cause == null ? "" : ": " + PeerLog.reason(cause);
        return new ConfigException("TLS", List.of(new ConfigException.Mistake(ErrorCode.TLS_UNUSABLE, file + " " + what + reason)));
    }
}
