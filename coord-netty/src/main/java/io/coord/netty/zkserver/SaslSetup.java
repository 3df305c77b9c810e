package io.coord.netty.zkserver;

import io.coord.Identity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
 * @param superUsers whose names are those of superusers
 * @param passFor the user whose permissions everybody has that is proven, null for none
 * @param keepsFailed whether those stay that could not prove themselves, as nobody
 */
public record SaslSetup(
        Function<String, char @Nullable []> passwords, Set<String> superUsers, @Nullable String passFor, boolean keepsFailed) {

    /** With these users, and nothing else. */
    public SaslSetup(Function<String, char @Nullable []> passwords) {
        this(passwords, Set.of(), null, false);
    }

    private static final String MECHANISM = "DIGEST-MD5";
    private static final String PROTOCOL = "zookeeper";
    private static final String SERVER = "zk-sasl-md5";
    private static final String PASS = "sasl-pass";

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

    /** Whom an exchange that is complete proved the client to be (zk.A7). A user of the name super passes for any user, as in ZooKeeper. */
    List<Identity> proven(SaslServer complete) {
        String name = complete.getAuthorizationID();
        List<Identity> proven = new ArrayList<>();
        if (superUsers.contains(name)) {
            proven.add(new Identity("super", ""));
        }
        proven.add(new Identity("sasl", name));
        if (name.equals("super")) {
            proven.add(new Identity(PASS, ""));
        } else if (passFor != null) {
            proven.add(new Identity(PASS, passFor));
        }
        return proven;
    }
}
