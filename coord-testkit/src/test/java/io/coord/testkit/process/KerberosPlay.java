package io.coord.testkit.process;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Identity;
import io.coord.NodePath;
import io.coord.RejectedException;
import io.coord.Session;
import io.coord.UnavailableException;
import io.coord.netty.ZooKeeperClient;
import io.coord.testkit.kerberos.Realm;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import javax.security.auth.Subject;
import javax.security.auth.callback.Callback;
import javax.security.auth.kerberos.KerberosTicket;
import javax.security.auth.login.LoginContext;
import javax.security.sasl.AuthorizeCallback;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.server.auth.KerberosName;
import org.apache.zookeeper.server.auth.SaslServerCallbackHandler;

/**
 * What unmodified clients of ZooKeeper's, and then our own, see of a server to which they prove themselves by Kerberos, line by line; in a process of its own, since
 * Kerberos and JAAS are configured for a JVM.
 */
final class KerberosPlay {

    private static final String NOBODY = "";
    private static final String SERVER = "zookeeper/localhost";
    /** False for a JVM that may log in whom JAAS is configured for, where a subject has no ticket. */
    private static final String SUBJECT_ONLY = "javax.security.auth.useSubjectCredsOnly";

    private final String server;
    private final PrintStream out;

    private KerberosPlay(String server, PrintStream out) {
        this.server = server;
        this.out = out;
    }

    /** {@code play HOST:PORT...}, or {@code unheard PORT}, or {@code later HOST:PORT}, or {@code names PRINCIPAL,...}, with lines of {@code REMOVE_HOST REMOVE_REALM RULES} to read. */
    public static void main(String... words) throws Exception {
        if (words[0].equals("names")) {
            names(List.of(words[1].split(",")));
            return;
        }
        if (words[0].equals("unheard")) {
            unheard(Integer.parseInt(words[1]));
            Runtime.getRuntime().halt(0);
        }
        if (words[0].equals("later")) {
            heardLater(words[1]);
            Runtime.getRuntime().halt(0);
        }
        for (int i = 1; i < words.length; i++) {
            System.out.println("server " + i);
            new KerberosPlay(words[i], System.out).run();
        }
        System.out.println("done");
        Runtime.getRuntime().halt(0);
    }

    /** What ZooKeeper's own classes call principals. */
    private static void names(List<String> principals) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] said = line.split(" ", 3);
            System.setProperty("zookeeper.kerberos.removeHostFromPrincipal", said[0]);
            System.setProperty("zookeeper.kerberos.removeRealmFromPrincipal", said[1]);
            System.setProperty("zookeeper.security.auth_to_local", said[2]);
            KerberosName.setConfiguration();
            SaslServerCallbackHandler handler = new SaslServerCallbackHandler(Map.of());
            List<String> names = new ArrayList<>();
            for (String principal : principals) {
                AuthorizeCallback callback = new AuthorizeCallback(principal, principal);
                try {
                    handler.handle(new Callback[] {callback});
                    names.add(callback.getAuthorizedID());
                } catch (IllegalArgumentException e) {
                    names.add("none");
                }
            }
            System.out.println(line + " -> " + names);
        }
    }

    private ZooKeeper client(String login, String principal) throws Exception {
        ZKClientConfig config = new ZKClientConfig();
        config.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, Boolean.toString(!login.equals(NOBODY)));
        config.setProperty(ZKClientConfig.LOGIN_CONTEXT_NAME_KEY, login);
        config.setProperty(ZKClientConfig.ZOOKEEPER_SERVER_PRINCIPAL, principal);
        return new ZooKeeper(server, 20_000, event -> { }, config);
    }

    private void say(String what, Callable<?> asked) throws Exception {
        String answer;
        try {
            answer = String.valueOf(asked.call());
        } catch (KeeperException e) {
            answer = e.code().toString();
        }
        out.println(what + ": " + answer);
    }

    private static List<String> whoAmI(ZooKeeper client) throws Exception {
        return client.whoAmI().stream().map(one -> one.getAuthScheme() + ":" + one.getUser()).sorted().toList();
    }

    private static List<String> list(ZooKeeper client, String path) throws Exception {
        return client.getACL(path, null).stream().map(one -> one.getId().getScheme() + ":" + one.getId().getId() + " may " + one.getPerms()).toList();
    }

    private void run() throws Exception {
        List<ACL> shared = new ArrayList<>();
        try (ZooKeeper ann = client("ann", SERVER)) {
            say("ann is", () -> whoAmI(ann));
            say("ann creates", () -> ann.create("/anns", new byte[0], ZooDefs.Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT));
            say("ann's list", () -> list(ann, "/anns"));
            shared.add(new ACL(ZooDefs.Perms.READ, ann.getACL("/anns", null).get(0).getId()));
        }
        try (ZooKeeper bob = client("bob", SERVER)) {
            say("bob is", () -> whoAmI(bob));
            say("bob creates", () -> bob.create("/bobs", new byte[1], ZooDefs.Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT));
            say("bob reads ann's", () -> bob.getData("/anns", false, null).length);
            shared.addAll(bob.getACL("/bobs", null));
            say("bob shares", () -> bob.setACL("/bobs", shared, -1).getAversion());
            say("bob's list", () -> list(bob, "/bobs"));
        }
        try (ZooKeeper ann = client("ann", SERVER)) {
            say("ann reads bob's", () -> ann.getData("/bobs", false, null).length);
            say("ann writes bob's", () -> ann.setData("/bobs", new byte[2], -1));
        }
        try (ZooKeeper nobody = client(NOBODY, SERVER)) {
            say("nobody is", () -> whoAmI(nobody));
            say("nobody reads bob's", () -> nobody.getData("/bobs", false, null).length);
        }
        try (ZooKeeper kafka = client("kafka", SERVER)) {
            say("kafka is", () -> whoAmI(kafka));
        }
        try (ZooKeeper chief = client("chief", SERVER)) {
            say("chief is", () -> whoAmI(chief));
            say("chief reads bob's", () -> chief.getData("/bobs", false, null).length);
        }
        try (ZooKeeper mallory = client("mallory", SERVER)) {
            say("mallory, whose key is not bob's, is", () -> whoAmI(mallory));
            say("mallory reads bob's", () -> mallory.getData("/bobs", false, null).length);
        }
        try (ZooKeeper astray = client("bob", "http/localhost")) {
            say("bob, with a ticket to another service, reads", () -> astray.getData("/", false, null).length);
        }
        try (ZooKeeper bob = client("bob", SERVER)) {
            say("bob once more is", () -> whoAmI(bob));
        }
        oursProve();
    }

    /** {@link ZooKeeperClient}, with subjects that it is given. */
    private void oursProve() throws Exception {
        LoginContext login = new LoginContext("bob");
        login.login();
        Subject bob = login.getSubject();
        ZooKeeperClient ours = ZooKeeperClient.to(server);
        try (Session session = ours.withSasl(bob).open()) {
            out.println("ours is: " + session.whoAmI().stream().map(Identity::toString).sorted().toList());
            NodePath path = NodePath.of("/ours");
            session.create(path, Bytes.EMPTY, io.coord.CreateMode.PERSISTENT, Acl.CREATOR_ALL);
            out.println("our list: " + session.getAcl(path).acl());
        }
        try (Session session = ours.withSasl(bob, SERVER).open()) {
            out.println("ours reads bob's: " + session.getData(NodePath.of("/bobs")).data().length());
        }
        fail("ours, with a ticket to another service", ours.withSasl(bob, "http"));
        fail("ours, by a password", ours.withSasl("bob", "secret".toCharArray()));
        System.setProperty(SUBJECT_ONLY, "false");
        fail("ours, where the JVM would log in another", ours.withSasl(bob));
        login.logout();
        ZooKeeperClient loggedOut = ours.withRequestTimeout(Duration.ofSeconds(1)).withSasl(bob);
        fail("ours, logged out, where the JVM would log in another", loggedOut);
        System.clearProperty(SUBJECT_ONLY);
        fail("ours, logged out", loggedOut);
    }

    /** A client with a ticket to the KDC, which does not answer. */
    private static void unheard(int port) {
        KerberosTicket ticket = new Realm().ticket("bob", "krbtgt/" + Realm.NAME, "krbtgt/" + Realm.NAME, Instant.now().plusSeconds(3_600));
        Subject bob = new Subject(false, Set.of(ticket.getClient()), Set.of(), Set.of(ticket));
        ZooKeeperClient client = ZooKeeperClient.to("127.0.0.1:" + port).withSasl(bob, SERVER);
        try (Session session = client.withSessionTimeout(Duration.ofMillis(500)).withRequestTimeout(Duration.ofSeconds(3)).open()) {
            System.out.println(session.whoAmI());
        } catch (UnavailableException e) {
            System.out.println(e.getMessage());
        }
    }

    /** A client that the KDC does not answer when it asks for a ticket to the server, but does when it asks again. */
    private static void heardLater(String server) throws Exception {
        LoginContext login = new LoginContext("bob");
        login.login();
        ZooKeeperClient client = ZooKeeperClient.to(server).withSasl(login.getSubject(), SERVER);
        try (Session session = client.withSessionTimeout(Duration.ofMillis(500)).withRequestTimeout(Duration.ofSeconds(20)).open()) {
            System.out.println(session.whoAmI().stream().map(Identity::toString).sorted().toList());
        } catch (UnavailableException e) {
            System.out.println(e.getMessage());
        }
    }

    private void fail(String what, ZooKeeperClient client) {
        try (Session session = client.open()) {
            out.println(what + ", is: " + session.whoAmI().stream().map(Identity::toString).sorted().toList());
        } catch (RejectedException e) {
            out.println(what + ": " + e.refusal() + " " + e.refused().detail().replace(server, "SERVER"));
        } catch (UnavailableException e) {
            out.println(what + ": unavailable " + e.getMessage().replaceFirst(".*(no proof by .* could be made).*", "$1"));
        }
    }
}
