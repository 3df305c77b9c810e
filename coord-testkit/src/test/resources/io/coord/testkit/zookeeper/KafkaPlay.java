import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import kafka.server.KafkaConfig;
import kafka.server.KafkaServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Time;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** A broker in ZooKeeper mode, and what its users do. Run from source, with Kafka's jars alone. */
public class KafkaPlay {

    private static final int RECORDS = 500;

    public static void main(String[] arguments) throws Exception {
        String connect = arguments[0];
        Properties properties = new Properties();
        properties.put("zookeeper.connect", connect + "/kafka");
        properties.put("broker.id", "0");
        properties.put("listeners", "PLAINTEXT://127.0.0.1:0");
        properties.put("log.dirs", arguments[1]);
        properties.put("offsets.topic.replication.factor", "1");
        properties.put("offsets.topic.num.partitions", "1");
        properties.put("group.initial.rebalance.delay.ms", "0");
        KafkaServer broker = new KafkaServer(KafkaConfig.fromProps(properties), Time.SYSTEM, scala.Option.empty(), false);
        broker.startup();
        say("started");
        String at = "127.0.0.1:" + broker.boundPort(broker.config().interBrokerListenerName());
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", at));
                ZooKeeper watcher = new ZooKeeper(connect + "/kafka", 30_000, event -> {})) {
            admin.createTopics(List.of(new NewTopic("play", 12, (short) 1))).all().get(120, TimeUnit.SECONDS);
            say("topic of " + admin.describeTopics(List.of("play")).allTopicNames().get().get("play").partitions().size() + " partitions");
            produce(at, 0);

            ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "play");
            Collection<AlterConfigOp> set =
                    List.of(new AlterConfigOp(new ConfigEntry("retention.ms", "7777777"), AlterConfigOp.OpType.SET));
            admin.incrementalAlterConfigs(Map.of(topic, set)).all().get(120, TimeUnit.SECONDS);
            while (!"7777777".equals(
                    admin.describeConfigs(List.of(topic)).all().get().get(topic).get("retention.ms").value())) {
                Thread.sleep(20);
            }
            say("configured");

            Stat before = watcher.exists("/brokers/ids/0", false);
            ZooKeeper own = broker.zkClient().currentZooKeeper();
            try (ZooKeeper thief = new ZooKeeper(connect, 15_000, event -> {}, own.getSessionId(), own.getSessionPasswd())) {
                thief.exists("/", false);
            }
            Stat after = watcher.exists("/brokers/ids/0", false);
            while (after == null || after.getEphemeralOwner() == before.getEphemeralOwner()) {
                Thread.sleep(20);
                after = watcher.exists("/brokers/ids/0", false);
            }
            while (watcher.exists("/controller", false) == null) {
                Thread.sleep(20);
            }
            if (after.getCzxid() <= before.getCzxid()) {
                throw new AssertionError("broker epoch " + before.getCzxid() + ", then " + after.getCzxid());
            }
            say("session taken over, epoch grew");

            produce(at, RECORDS);
            consume(at);
            admin.deleteTopics(List.of("play")).all().get(120, TimeUnit.SECONDS);
            while (watcher.exists("/brokers/topics/play", false) != null) {
                Thread.sleep(20);
            }
            say("topic deleted");
        }
        broker.shutdown();
        say("done");
        System.exit(0);
    }

    private static void say(String what) {
        System.out.println("KAFKA " + what);
        System.out.flush();
    }

    private static void produce(String at, int from) throws Exception {
        Map<String, Object> config = Map.of("bootstrap.servers", at, "enable.idempotence", true, "acks", "all");
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            for (int i = from; i < from + RECORDS; i++) {
                producer.send(new ProducerRecord<>("play", "key " + i, "value " + i));
            }
            producer.flush();
        }
        say("produced up to " + (from + RECORDS));
    }

    private static void consume(String at) {
        Map<String, Object> config = Map.of("bootstrap.servers", at, "group.id", "players", "auto.offset.reset", "earliest");
        Set<String> seen = new HashSet<>();
        int taken = 0;
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of("play"));
            while (seen.size() < 2 * RECORDS) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    seen.add(record.value());
                    taken++;
                }
            }
            consumer.commitSync();
        }
        if (taken != seen.size()) {
            throw new AssertionError(taken + " records of " + seen.size());
        }
        say("consumed " + taken);
    }
}
