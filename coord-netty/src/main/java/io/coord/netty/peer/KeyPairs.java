package io.coord.netty.peer;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;

/** Whether a private key and a certificate belong together: by a signature, which works for any algorithm. */
final class KeyPairs {

    private static byte[] sample() {
        return new byte[32];
    }

    private KeyPairs() {}

    /** Throws if they do not. */
    static void requirePair(Key key, PublicKey certified) throws GeneralSecurityException {
        if (!(key instanceof PrivateKey privateKey)) {
            throw new InvalidKeyException("a key of kind " + key.getClass().getSimpleName());
        }
        String algorithm = switch (privateKey.getAlgorithm()) {
            case "EC" -> "SHA256withECDSA";
            case "RSA" -> "SHA256withRSA";
            default -> privateKey.getAlgorithm();
        };
        Signature signer = Signature.getInstance(algorithm);
        signer.initSign(privateKey);
        signer.update(sample());
        byte[] signature = signer.sign();
        Signature verifier = Signature.getInstance(algorithm);
        verifier.initVerify(certified);
        verifier.update(sample());
        if (!verifier.verify(signature)) {
            throw new InvalidKeyException("the private key is not the certificate's");
        }
    }
}
