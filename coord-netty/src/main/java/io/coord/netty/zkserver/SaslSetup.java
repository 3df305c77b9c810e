package io.coord.netty.zkserver;

import io.coord.Identity;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.sasl.AuthorizeCallback;
import javax.security.sasl.RealmCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslException;
import javax.security.sasl.SaslServer;
import org.jspecify.annotations.Nullable;

/**
 * How clients prove themselves by SASL: DIGEST-MD5, by the JDK's mechanism, with the names that ZooKeeper's clients expect.
 *
 * @param passwords of users, null for whom it does not know; asked on an event loop, and so not to wait
 * @param superUser the superuser's name, null for none
 */
public record SaslSetup(Function<String, char @Nullable []> passwords, @Nullable String superUser) {

    private static final String MECHANISM = "DIGEST-MD5";
    private static final String PROTOCOL = "zookeeper";
    private static final String SERVER = "zk-sasl-md5";

    /**
     * Begins an exchange.
     *
     * @throws SaslException if the Java runtime cannot
     */
    SaslServer begin() throws SaslException {
        SaslServer server = Sasl.createSaslServer(MECHANISM, PROTOCOL, SERVER, Map.of(), this::answer);
        if (server == null) {
            throw new SaslException("this Java runtime has no " + MECHANISM);
        }
        return server;
    }

    private void answer(Callback[] callbacks) throws UnsupportedCallbackException {
        String user = "";
        for (Callback callback : callbacks) {
            if (callback instanceof NameCallback name) {
                user = name.getDefaultName();
                name.setName(user);
            } else if (callback instanceof PasswordCallback asked) {
                char[] password = passwords.apply(user);
                if (password != null) {
                    asked.setPassword(password);
                }
            } else if (callback instanceof RealmCallback realm) {
                realm.setText(realm.getDefaultText());
            } else if (callback instanceof AuthorizeCallback authorize) {
                authorize.setAuthorized(authorize.getAuthenticationID().equals(authorize.getAuthorizationID()));
            } else {
                throw new UnsupportedCallbackException(callback);
            }
        }
    }

    /** Whom an exchange that is complete proved the client to be (zk.A7). */
    List<Identity> proven(SaslServer complete) {
        String name = complete.getAuthorizationID();
        Identity identity = new Identity("sasl", name);
        return name.equals(superUser) ? List.of(new Identity("super", ""), identity) : List.of(identity);
    }
}
