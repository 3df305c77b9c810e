import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Traffic through three brokers, and what their administrator does, each at a word on standard input. Run from source, with Kafka's jars alone. */
public class KafkaTraffic {

    private static final int PARTITIONS = 12;
    private static final String TOPIC = "traffic";
    private static final String GUARDED = "guarded";
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(180);

    private static final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private static final Set<String> consumed = ConcurrentHashMap.newKeySet();
    private static final AtomicLong refused = new AtomicLong();
    private static volatile boolean producing = true;
    private static volatile boolean consuming = true;
    private static String brokers;
    private static Admin admin;

    public static void main(String[] arguments) throws Exception {
        brokers = arguments[0];
        admin = Admin.create(Map.of("bootstrap.servers", brokers, "default.api.timeout.ms", 60_000));
        create(TOPIC, PARTITIONS);
        create(GUARDED, 1);
        Thread producer = begin("producer", KafkaTraffic::produce);
        Thread consumer = begin("consumer", KafkaTraffic::consume);
        begin("reporter", KafkaTraffic::report);
        BufferedReader words = new BufferedReader(new InputStreamReader(System.in));
        String word;
        while ((word = words.readLine()) != null && !word.equals("finish")) {
            String[] parts = word.split(" ");
            switch (parts[0]) {
                case "configure" -> configure(parts[1]);
                case "guard" -> guard();
                case "reassign" -> reassign(Integer.parseInt(parts[1]));
                default -> throw new AssertionError(word);
            }
            say(word + " is done");
        }
        producing = false;
        producer.join();
        until(() -> consumed.containsAll(acknowledged));
        consuming = false;
        consumer.join();
        say("done: " + acknowledged.size() + " acknowledged, " + consumed.size() + " consumed, " + refused + " refused");
        System.exit(0);
    }

    private static Thread begin(String name, Callable<Void> work) {
        Thread thread = new Thread(() -> {
            try {
                work.call();
            } catch (Throwable failure) {
                say("failed: " + name + ": " + failure);
                System.exit(1);
            }
        }, name);
        thread.setDaemon(name.equals("reporter"));
        thread.start();
        return thread;
    }

    private static synchronized void say(String what) {
        System.out.println("KAFKA " + what);
        System.out.flush();
    }

    private static Void report() throws Exception {
        while (true) {
            say("acknowledged " + acknowledged.size() + " consumed " + consumed.size());
            Thread.sleep(200);
        }
    }

    /** What an administrator does again while brokers come and go. */
    private static <T> T insist(Callable<T> attempt) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            try {
                return attempt.call();
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof RetriableException) || System.nanoTime() > deadline) {
                    throw e;
                }
                Thread.sleep(100);
            }
        }
    }

    private static void until(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!insist(condition)) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain; acknowledged " + acknowledged.size() + ", consumed " + consumed.size());
            }
            Thread.sleep(50);
        }
    }

    private static void create(String topic, int partitions) throws Exception {
        insist(() -> {
            try {
                NewTopic wanted = new NewTopic(topic, partitions, (short) 3).configs(Map.of("min.insync.replicas", "2"));
                return admin.createTopics(List.of(wanted)).all().get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof TopicExistsException) {
                    return null;
                }
                throw e;
            }
        });
    }

    private static KafkaProducer<String, String> producer() {
        return new KafkaProducer<>(
                Map.of("bootstrap.servers", brokers, "enable.idempotence", true, "acks", "all", "delivery.timeout.ms", 300_000, "linger.ms", 5),
                new StringSerializer(), new StringSerializer());
    }

    private static Void produce() throws Exception {
        try (KafkaProducer<String, String> producer = producer()) {
            for (long n = 0; producing; n++) {
                String value = "value " + n;
                producer.send(new ProducerRecord<>(TOPIC, "key " + n, value), (metadata, failure) -> {
                    if (failure == null) {
                        acknowledged.add(value);
                    } else {
                        refused.incrementAndGet();
                    }
                });
                Thread.sleep(2);
            }
            producer.flush();
        }
        return null;
    }

    private static Void consume() {
        Map<String, Object> config = Map.of(
                "bootstrap.servers", brokers, "group.id", "consumers", "auto.offset.reset", "earliest", "max.poll.interval.ms", 300_000);
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(TOPIC));
            while (consuming) {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> consumed.add(record.value()));
            }
        }
        return null;
    }

    private static void configure(String retention) throws Exception {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, TOPIC);
        Collection<AlterConfigOp> set = List.of(new AlterConfigOp(new ConfigEntry("retention.ms", retention), AlterConfigOp.OpType.SET));
        insist(() -> admin.incrementalAlterConfigs(Map.of(topic, set)).all().get());
        until(() -> retention.equals(admin.describeConfigs(List.of(topic)).all().get().get(topic).get("retention.ms").value()));
    }

    /** Nobody may write to a topic, and then may again: every broker hears of both through the tree. */
    private static void guard() throws Exception {
        ResourcePattern guarded = new ResourcePattern(ResourceType.TOPIC, GUARDED, PatternType.LITERAL);
        AclBinding all = new AclBinding(guarded, new AccessControlEntry("User:ANONYMOUS", "*", AclOperation.ALL, AclPermissionType.ALLOW));
        AclBinding none = new AclBinding(guarded, new AccessControlEntry("User:ANONYMOUS", "*", AclOperation.WRITE, AclPermissionType.DENY));
        insist(() -> admin.createAcls(List.of(all, none)).all().get());
        try (KafkaProducer<String, String> producer = producer()) {
            until(() -> !mayWrite(producer));
            say("not authorized");
            insist(() -> admin.deleteAcls(List.of(none.toFilter())).all().get());
            until(() -> mayWrite(producer));
            insist(() -> admin.deleteAcls(List.of(all.toFilter())).all().get());
        }
    }

    private static boolean mayWrite(KafkaProducer<String, String> producer) throws Exception {
        try {
            producer.send(new ProducerRecord<>(GUARDED, "x")).get();
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicAuthorizationException) {
                return false;
            }
            throw e;
        }
    }

    /** Each partition has as many replicas as this, then, on brokers in turn. */
    private static void reassign(int replicas) throws Exception {
        Map<TopicPartition, Optional<NewPartitionReassignment>> wanted = new HashMap<>();
        for (int i = 0; i < PARTITIONS; i++) {
            List<Integer> turn = List.of(i % 3, (i + 1) % 3, (i + 2) % 3);
            wanted.put(new TopicPartition(TOPIC, i), Optional.of(new NewPartitionReassignment(turn.subList(0, replicas))));
        }
        insist(() -> admin.alterPartitionReassignments(wanted).all().get());
        until(() -> admin.listPartitionReassignments().reassignments().get().isEmpty());
        until(() -> admin.describeTopics(List.of(TOPIC)).allTopicNames().get().get(TOPIC).partitions().stream()
                .allMatch(partition -> partition.replicas().size() == replicas && partition.isr().size() == replicas));
    }
}
