package io.coord.netty;

import io.coord.netty.server.PrincipalNames;
import io.coord.netty.zkserver.KerberosSetup;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * Kerberos on a {@link ZooKeeperServer}'s port: SASL's GSSAPI, by the JDK's own Kerberos.
 *
 * <pre>{@code
 * ZooKeeperServer.listeningOn(2181).sasl(ClientKerberos.keyTab("zookeeper/host.example.org@EXAMPLE.ORG", keyTab))
 * }</pre>
 *
 * <p>A server that only accepts needs its key, and no ticket of its own: it asks no KDC, there is nothing to renew, and it goes on accepting for as
 * long as the key is the KDC's. The key table is looked at again by itself: export a new key into it, beside the old one until tickets of that have
 * ended.
 *
 * <p>A client is its principal, and is called in access control lists as ZooKeeper calls it: by default by its whole name,
 * {@code sasl:bob@EXAMPLE.ORG} or {@code sasl:kafka/host@EXAMPLE.ORG}. All members are to call it the same. Who asks to be taken for
 * somebody else is refused (ZooKeeper does not look).
 *
 * <p>What belongs to the JVM is left to it: the default realm and the clock skew are those of its {@code krb5.conf}, and that no proof is used
 * twice the JDK sees to, by what it remembers of the time of the skew, five minutes: in this JVM's memory, or in a file if {@code
 * -Dsun.security.krb5.rcache=dfl:DIR} says so. A principal for each host, as usual, keeps a proof that was overheard from being used at another
 * member.
 *
 * <p>Immutable.
 */
public final class ClientKerberos {

    private final String principal;
    private final Path keyTab;
    private final List<PrincipalNames.Rule> rules;
    private final boolean withoutHost;
    private final boolean withoutRealm;

    private ClientKerberos(String principal, Path keyTab, List<PrincipalNames.Rule> rules, boolean withoutHost, boolean withoutRealm) {
        this.principal = Objects.requireNonNull(principal);
        this.keyTab = Objects.requireNonNull(keyTab);
        this.rules = rules;
        this.withoutHost = withoutHost;
        this.withoutRealm = withoutRealm;
    }

    /**
     * With a server's key.
     *
     * @param principal the server's, {@code zookeeper/HOST@REALM}, for which clients ask the KDC; without realm it is of the JVM's default one
     * @param keyTab the file with its key; other principals' keys in it do not count
     */
    public static ClientKerberos keyTab(String principal, Path keyTab) {
        return new ClientKerberos(principal, keyTab, List.of(PrincipalNames.DEFAULT), false, false);
    }

    /** Leaves a principal's host out of its name, as ZooKeeper's {@code kerberos.removeHostFromPrincipal}. */
    public ClientKerberos withoutHost() {
        return new ClientKerberos(principal, keyTab, rules, true, withoutRealm);
    }

    /**
     * Leaves a principal's realm out of its name, as ZooKeeper's {@code kerberos.removeRealmFromPrincipal}. Where several realms are trusted, those
     * that a rule fits are no longer told apart.
     */
    public ClientKerberos withoutRealm() {
        return new ClientKerberos(principal, keyTab, rules, withoutHost, true);
    }

    /**
     * Makes names by these rules, as ZooKeeper's {@code security.auth_to_local}: {@code RULE:[n:format](match)s/from/to/g} and {@code
     * DEFAULT}, of which the first that fits counts; {@code DEFAULT} alone unless set. Host and realm are put behind what a rule makes, unless they
     * are left out. A principal that no rule fits has its whole name.
     *
     * @throws IllegalArgumentException if a rule makes no sense
     */
    public ClientKerberos rules(String authToLocal) {
        return new ClientKerberos(principal, keyTab, PrincipalNames.rules(authToLocal), withoutHost, withoutRealm);
    }

    /** @throws io.coord.ConfigException if the key cannot be used */
    KerberosSetup setup() {
        return KerberosSetup.of(principal, keyTab, new PrincipalNames(rules, PrincipalNames.realmOfThisJvm(), withoutHost, withoutRealm));
    }

    /** The files, never a key. */
    @Override
    public String toString() {
        return "ClientKerberos[principal=" + principal + ", keyTab=" + keyTab + "]";
    }
}
