package io.coord.netty.zkserver;

import io.coord.Identity;
import java.util.ArrayList;
import java.util.HashSet;
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
 * How clients prove themselves by SASL, by the JDK's mechanisms: by DIGEST-MD5 with the names that ZooKeeper's clients expect, by GSSAPI, or by
 * either. There is no negotiation: who begins with nothing to say means DIGEST-MD5, in which the server begins.
 *
 * @param passwords of users, null for whom it does not know; null itself if there is no DIGEST-MD5
 * @param kerberos how GSSAPI is spoken, null if it is not
 * @param superUsers whose names are those of superusers
 * @param passFor the user whose permissions everybody has that is proven, null for none
 * @param keepsFailed whether those stay that could not prove themselves, as nobody
 */
public record SaslSetup(
        @Nullable Function<String, char @Nullable []> passwords,
        @Nullable KerberosSetup kerberos,
        Set<String> superUsers,
        @Nullable String passFor,
        boolean keepsFailed) {

    /** Nobody can prove anything. */
    public static final SaslSetup NONE = new SaslSetup(null, null, Set.of(), null, false);

    private static final String MECHANISM = "DIGEST-MD5";
    private static final String PROTOCOL = "zookeeper";
    private static final String SERVER = "zk-sasl-md5";
    private static final String PASS = "sasl-pass";

    /** By DIGEST-MD5, with these users, too. */
    public SaslSetup with(Function<String, char @Nullable []> users) {
        return new SaslSetup(users, kerberos, superUsers, passFor, keepsFailed);
    }

    /** By GSSAPI, too. */
    public SaslSetup with(KerberosSetup by) {
        return new SaslSetup(passwords, by, superUsers, passFor, keepsFailed);
    }

    /** The user of this name, too, is a superuser. */
    public SaslSetup withSuperUser(String name) {
        Set<String> all = new HashSet<>(superUsers);
        all.add(name);
        return new SaslSetup(passwords, kerberos, Set.copyOf(all), passFor, keepsFailed);
    }

    /** Everybody that is proven has the permissions of this user. */
    public SaslSetup withPassFor(String name) {
        return new SaslSetup(passwords, kerberos, superUsers, name, keepsFailed);
    }

    /** Those stay that could not prove themselves. */
    public SaslSetup keepingFailed() {
        return new SaslSetup(passwords, kerberos, superUsers, passFor, true);
    }

    /**
     * Begins an exchange.
     *
     * @param said the first that the client has to say
     * @throws SaslException if the Java runtime cannot
     */
    SaslServer begin(byte[] said) throws SaslException {
        KerberosSetup byTicket = kerberos;
        Function<String, char @Nullable []> users = passwords;
        if (byTicket != null && (said.length > 0 || users == null)) {
            return byTicket.begin(callbacks -> authorize(callbacks, byTicket));
        }
        if (users == null) {
            throw new SaslException("nobody can prove anything here");
        }
        SaslServer server = Sasl.createSaslServer(MECHANISM, PROTOCOL, SERVER, Map.of(), callbacks -> answer(callbacks, users));
        if (server == null) {
            throw new SaslException("this Java runtime has no " + MECHANISM);
        }
        return server;
    }

    private static void answer(Callback[] callbacks, Function<String, char @Nullable []> users) throws UnsupportedCallbackException {
        String user = "";
        for (Callback callback : callbacks) {
            if (callback instanceof NameCallback name) {
                user = name.getDefaultName();
                name.setName(user);
            } else if (callback instanceof PasswordCallback asked) {
                char[] password = users.apply(user);
                if (password != null) {
                    asked.setPassword(password);
                }
            } else if (callback instanceof RealmCallback realm) {
                realm.setText(realm.getDefaultText());
            } else if (callback instanceof AuthorizeCallback authorize) {
                authorize.setAuthorized(isItself(authorize));
            } else {
                throw new UnsupportedCallbackException(callback);
            }
        }
    }

    private static void authorize(Callback[] callbacks, KerberosSetup kerberos) throws UnsupportedCallbackException {
        for (Callback callback : callbacks) {
            if (!(callback instanceof AuthorizeCallback authorize)) {
                throw new UnsupportedCallbackException(callback);
            }
            authorize.setAuthorized(isItself(authorize));
            authorize.setAuthorizedID(kerberos.idOf(authorize.getAuthenticationID()));
        }
    }

    /** Nobody is authorised as anybody else. */
    private static boolean isItself(AuthorizeCallback authorize) {
        return authorize.getAuthenticationID().equals(authorize.getAuthorizationID());
    }

    /** Whom a client is that has proven this name (zk.A7). A user of the name super passes for any user, as in ZooKeeper. */
    List<Identity> proven(String name) {
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
