package kafka.zk;

import io.coord.MemberConfig;
import io.coord.netty.ZooKeeperServer;
import io.coord.testkit.LocalEnsemble;
import java.io.Closeable;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;

/**
 * Stands in Kafka's place for its class of the same name, through which its tests start their ZooKeeper: a member of ours, with the
 * session timeouts that follow from Kafka's tick of 800 ms, and the users of the JVM's JAAS section for servers.
 */
public class EmbeddedZookeeper implements Closeable {

    private static final int TICK_MILLIS = 800;
    private static final String USER = "user_";

    private final ZooKeeperServer door;
    private final LocalEnsemble ensemble;

    public EmbeddedZookeeper() {
        Map<String, char[]> passwords = passwords();
        ZooKeeperServer open = ZooKeeperServer.listeningOn(0);
        door = passwords.isEmpty() ? open : open.sasl(passwords::get);
        MemberConfig config = MemberConfig.DEFAULT.withExtendedTypes(true).withSessionTimeouts(
                Duration.ofMillis(2 * TICK_MILLIS), Duration.ofSeconds(10), Duration.ofMillis(20 * TICK_MILLIS));
        ensemble = LocalEnsemble.builder().members(1).config(config).frontEnd(member -> door).start();
    }

    private static Map<String, char[]> passwords() {
        Map<String, char[]> passwords = new TreeMap<>();
        try {
            AppConfigurationEntry[] entries = Configuration.getConfiguration().getAppConfigurationEntry("Server");
            for (AppConfigurationEntry entry : entries == null ? new AppConfigurationEntry[0] : entries) {
                entry.getOptions().forEach((option, value) -> {
                    if (option.startsWith(USER)) {
                        passwords.put(option.substring(USER.length()), value.toString().toCharArray());
                    }
                });
            }
        } catch (SecurityException none) {
            // no file of logins is named: the test does without
        }
        return passwords;
    }

    public int tickTime() {
        return TICK_MILLIS;
    }

    public int port() {
        return door.port();
    }

    public void shutdown() {
        ensemble.close();
    }

    @Override
    public void close() {
        shutdown();
    }
}
