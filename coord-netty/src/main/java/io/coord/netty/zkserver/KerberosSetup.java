package io.coord.netty.zkserver;

import io.coord.ConfigException;
import io.coord.ErrorCode;
import io.coord.netty.server.PrincipalNames;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivilegedActionException;
import java.security.PrivilegedExceptionAction;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.security.auth.Subject;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.kerberos.KerberosPrincipal;
import javax.security.auth.kerberos.KeyTab;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslException;
import javax.security.sasl.SaslServer;

/**
 * How clients prove themselves by Kerberos: SASL's GSSAPI, by the JDK's mechanism, with a server's key from a key table. No login is done
 * and no ticket fetched: who only accepts needs its key and nothing else, for as long as it lives. The JDK looks at the file each time, so
 * that new keys count once they are there.
 */
public final class KerberosSetup {

    private static final String MECHANISM = "GSSAPI";

    private final String service;
    private final Subject server;
    private final PrincipalNames names;

    private KerberosSetup(String service, Subject server, PrincipalNames names) {
        this.service = service;
        this.server = server;
        this.names = names;
    }

    /**
     * With the key of a principal.
     *
     * @param principal the server's, {@code zookeeper/HOST@REALM}
     * @param keyTab the file with its key
     * @param names what clients are called
     * @throws ConfigException if there is no such key, or this Java runtime cannot use it
     */
    public static KerberosSetup of(String principal, Path keyTab, PrincipalNames names) {
        if (!principal.matches("[^/@]+/[^/@]+(@[^/@]+)?")) {
            throw unusable("the server's principal " + principal + " is not of the form zookeeper/HOST@REALM, which clients ask the KDC for");
        }
        KerberosPrincipal self;
        try {
            self = new KerberosPrincipal(principal);
        } catch (IllegalArgumentException e) {
            throw unusable("the server's principal " + principal + " cannot be used: " + e.getMessage());
        }
        if (!Files.isReadable(keyTab)) {
            throw unusable("the key table " + keyTab + (Files.exists(keyTab) ? " cannot be read by this process" : " does not exist"));
        }
        KeyTab keys = KeyTab.getInstance(self, keyTab.toFile());
        if (keys.getKeys(self).length == 0) {
            throw unusable("the key table " + keyTab + " has no key of " + self.getName() + " that can be used");
        }
        String service = principal.substring(0, principal.indexOf('/'));
        KerberosSetup setup = new KerberosSetup(service, new Subject(true, Set.of(self), Set.of(), Set.of(keys)), names);
        try {
            setup.begin(callbacks -> { }).dispose();
        } catch (SaslException e) {
            throw unusable("clients cannot prove themselves to " + self.getName() + ": " + e.getMessage());
        }
        return setup;
    }

    private static ConfigException unusable(String why) {
        return new ConfigException("Kerberos for clients", List.of(new ConfigException.Mistake(ErrorCode.KEY_TABLE_UNUSABLE, why)));
    }

    /**
     * Begins an exchange. No host is named: the keys are those of one principal, and so only tickets to it are taken; a host's name would be
     * looked up in the network each time.
     *
     * @throws SaslException if the Java runtime cannot
     */
    SaslServer begin(CallbackHandler answers) throws SaslException {
        PrivilegedExceptionAction<SaslServer> create = () -> Sasl.createSaslServer(MECHANISM, service, null, Map.of(), answers);
        SaslServer exchange;
        try {
            exchange = Subject.doAs(server, create);
        } catch (PrivilegedActionException e) {
            throw e.getCause() instanceof SaslException why ? why : new SaslException(MECHANISM + " cannot be used", e.getCause());
        }
        if (exchange == null) {
            throw new SaslException("this Java runtime has no " + MECHANISM + ", which is in its module jdk.security.jgss");
        }
        return exchange;
    }

    /** What a client's principal is called. */
    String idOf(String principal) {
        return names.idOf(principal);
    }
}
