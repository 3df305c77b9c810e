package io.coord.netty.zkclient;

import io.coord.Bytes;
import io.coord.ErrorCode;
import io.coord.netty.peer.PeerLog;
import java.net.InetAddress;
import java.security.PrivilegedActionException;
import java.security.PrivilegedExceptionAction;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Executor;
import javax.security.auth.Subject;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.kerberos.KerberosTicket;
import javax.security.sasl.RealmCallback;
import javax.security.sasl.RealmChoiceCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslClient;
import javax.security.sasl.SaslException;
import org.ietf.jgss.GSSCredential;
import org.jspecify.annotations.Nullable;

/**
 * A client's proof of itself by SASL to one server, by the JDK's mechanisms and with the names that ZooKeeper's client has on the wire
 * (ZooKeeperSaslClient, SaslServerPrincipal). Its steps are taken one at a time, and not by an event loop: those of Kerberos ask the name service and the KDC.
 */
final class SaslProof {

    private static final String PROTOCOL = "zookeeper";
    private static final String SERVER = "zk-sasl-md5";

    /**
     * What a step came to: something to say, a failure, or neither, once both sides are content.
     *
     * @param token what the server is told next, null for nothing
     * @param failure why the proof has failed, null unless it has; nothing secret
     */
    record Step(@Nullable Bytes token, @Nullable String failure) {}

    private static final Step DONE = new Step(null, null);

    private final ClientSetup.Sasl by;
    private final ConnectString.Server server;
    private final InetAddress address;
    private final Executor steps;
    /** Set when nobody waits for it any more: what then still waits for its turn need not be done. */
    private volatile boolean isOver;
    /** The server's, once it is known. */
    private volatile String principal = "";
    /** Belongs to the steps. */
    private @Nullable SaslClient client;

    SaslProof(ClientSetup.Sasl by, ConnectString.Server server, InetAddress address, Executor steps) {
        this.by = by;
        this.server = server;
        this.address = address;
        this.steps = steps;
    }

    /** Where its steps are taken, and in the end forgotten, one after the other: its own, so that one that hangs holds up no other proof. */
    Executor steps() {
        return steps;
    }

    /** The first step: something to say, before there is a connection. */
    Step begin() {
        return step(() -> {
            SaslClient begun = create();
            client = begun;
            return begun.hasInitialResponse() ? begun.evaluateChallenge(new byte[0]) : new byte[0];
        });
    }

    /**
     * The step after the server's answer, null for one without a token. That the server has answered makes nobody content: a mechanism says
     * when it is, behind the server's own proof where there is one (the rspauth of DIGEST-MD5, RFC 2831).
     */
    Step take(@Nullable Bytes told) {
        SaslClient begun = client;
        if (begun == null || isOver) {
            return failed("it was given up");
        } else if (begun.isComplete() && (told == null || told.length() == 0)) {
            return DONE;
        } else if (told == null) {
            return failed("it answered with nothing, as a server does that knows no SASL, or that lets whom it refuses stay as nobody");
        }
        byte[] said = told.toArray();
        return step(() -> begun.evaluateChallenge(said));
    }

    private Step step(PrivilegedExceptionAction<byte @Nullable []> action) {
        if (isOver) {
            return failed("it was given up");
        }
        try {
            byte[] next = by instanceof ClientSetup.Kerberos kerberos ? Subject.doAs(kerberos.client(), action) : action.run();
            SaslClient begun = client;
            if (next != null) {
                return new Step(Bytes.wrap(next), null);
            }
            return begun != null && begun.isComplete() ? DONE : failed("the exchange ended before it was done");
        } catch (PrivilegedActionException no) {
            return failed(PeerLog.reasons(no.getException()));
        } catch (Exception no) { // of the JDK's mechanisms some throw others than their own at nonsense
            return failed(PeerLog.reasons(no));
        }
    }

    private static Step failed(String why) {
        return new Step(null, why);
    }

    private SaslClient create() throws SaslException {
        SaslClient made;
        if (by instanceof ClientSetup.Kerberos kerberos) {
            String host = kerberos.host().orElseGet(this::hostName);
            principal = kerberos.service() + "/" + host;
            if (!hasCredentials(kerberos.client())) {
                throw new SaslException("the subject has no ticket that is valid now");
            }
            made = Sasl.createSaslClient(
                    new String[] {"GSSAPI"}, null, kerberos.service(), host, Map.of(Sasl.SERVER_AUTH, "true"), callbacks -> {});
        } else {
            ClientSetup.DigestMd5 digest = (ClientSetup.DigestMd5) by;
            made = Sasl.createSaslClient(
                    new String[] {"DIGEST-MD5"}, null, PROTOCOL, SERVER, Map.of(), callbacks -> answer(callbacks, digest));
        }
        if (made == null) {
            throw new SaslException("this Java runtime does not have the mechanism; that of Kerberos is in its module jdk.security.jgss");
        }
        return made;
    }

    /**
     * Whether it can prove itself. For one that cannot, a JVM with {@code javax.security.auth.useSubjectCredsOnly=false} logs in whomever JAAS
     * is configured for, and the client would prove itself as somebody else.
     */
    private static boolean hasCredentials(Subject subject) {
        return !subject.getPrivateCredentials(GSSCredential.class).isEmpty()
                || subject.getPrivateCredentials(KerberosTicket.class).stream().anyMatch(ticket -> !ticket.isDestroyed() && ticket.isCurrent());
    }

    /** As ZooKeeper's client does: one name of several servers is none that any of them has a key for. */
    private String hostName() {
        String name = address.getCanonicalHostName();
        return name.equals(address.getHostAddress()) ? server.host() : name;
    }

    private static void answer(Callback[] callbacks, ClientSetup.DigestMd5 digest) throws UnsupportedCallbackException {
        for (Callback callback : callbacks) {
            if (callback instanceof NameCallback name) {
                name.setName(digest.user());
            } else if (callback instanceof PasswordCallback asked) {
                char[] password = digest.password();
                asked.setPassword(password); // copied, and cleared by the mechanism
                Arrays.fill(password, ' ');
            } else if (callback instanceof RealmCallback realm) {
                realm.setText(realm.getDefaultText());
            } else if (callback instanceof RealmChoiceCallback realms) {
                realms.setSelectedIndex(realms.getDefaultChoice());
            } else {
                throw new UnsupportedCallbackException(callback);
            }
        }
    }

    /** Nobody waits for it any more; {@link #forget} is left to be done. */
    void giveUp() {
        isOver = true;
    }

    /** Forgets what was under way, keys included; as a step is taken. */
    void forget() {
        SaslClient begun = client;
        client = null;
        if (begun != null) {
            try {
                begun.dispose();
            } catch (SaslException e) {
                // then it is left to the collector
            }
        }
    }

    /** That it could not be begun, for people to read. */
    String notBegun(String why) {
        return "no proof by " + this + " could be made: " + why
                + (by instanceof ClientSetup.Kerberos ? ". Look at the subject's tickets, at the KDC, and whether it knows that principal" : "");
    }

    /** That the server refused it, or it the server, for people to read. */
    String refused(String why) {
        return ErrorCode.CLIENT_UNPROVEN.message("the proof by " + this + " has failed at " + server + ": " + why + ". "
                + (by instanceof ClientSetup.Kerberos
                        ? "Look whether the server takes Kerberos with the key of that principal, and at the clocks; its log says more"
                        : "Look whether the server has users of DIGEST-MD5, and this one with this password; its log says more"));
    }

    @Override
    public String toString() {
        return by + (principal.isEmpty() ? "" : " to " + principal);
    }
}
