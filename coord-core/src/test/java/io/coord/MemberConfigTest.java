package io.coord;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemberConfigTest {

    @Test
    void theKeysAreTheComponentsInOrder() {
        assertThat(MemberConfig.keys().stream().map(ConfigKey::name))
                .containsExactlyElementsOf(Arrays.stream(MemberConfig.class.getRecordComponents())
                        .map(component -> component.getName())
                        .toList());
    }

    @Test
    void nothingSaidIsTheDefault() {
        assertThat(MemberConfig.from(Map.of())).isEqualTo(MemberConfig.DEFAULT);
        assertThat(MemberConfig.DEFAULT.electionTimeout()).isEqualTo(Duration.ofMillis(300));
        assertThat(MemberConfig.DEFAULT.sessionTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(MemberConfig.DEFAULT.snapshotBytes()).isEqualTo(64L << 20);
    }

    @Test
    void whatIsInForceIsReadBackTheSame() {
        MemberConfig config = MemberConfig.DEFAULT
                .withSessionTimeouts(Duration.ofSeconds(2), Duration.ofSeconds(3), Duration.ofMinutes(90))
                .withElections(Duration.ofMillis(101), Duration.ofMillis(999))
                .withMaxDataBytes(64 << 10)
                .withMaxOutstanding(7, 77)
                .withExtendedTypes(true)
                .withMaxNeverUsedContainer(Duration.ofMinutes(5));
        Properties properties = config.toProperties();
        assertThat(MemberConfig.from(properties)).isEqualTo(config).isNotEqualTo(MemberConfig.DEFAULT);
        assertThat(properties)
                .containsEntry("maxDataBytes", "64KB")
                .containsEntry("maxSessionTimeout", "90m")
                .containsEntry("heartbeat", "101ms")
                .containsEntry("maxNeverUsedContainer", "5m")
                .containsEntry("maxSessions", "100000")
                .containsEntry("extendedTypes", "true")
                .hasSize(MemberConfig.keys().size());
    }

    @Test
    void everyWitherChangesItsOwnComponentOnly() throws ReflectiveOperationException {
        for (ConfigKey key : MemberConfig.keys()) {
            String wither = "with" + Character.toUpperCase(key.name().charAt(0)) + key.name().substring(1);
            if (List.of("heartbeat", "electionTimeout", "minSessionTimeout", "sessionTimeout", "maxSessionTimeout",
                            "maxOutstandingPerSession", "maxOutstanding")
                    .contains(key.name())) {
                continue;
            }
            Object other = switch (key.kind()) {
                case DURATION -> ((Duration) key.standard()).plusSeconds(1);
                case SIZE -> (Long) key.standard() - 1;
                case NUMBER -> (Integer) key.standard() - 1;
                case SWITCH -> !(Boolean) key.standard();
            };
            Class<?> type = MemberConfig.class.getMethod(key.name()).getReturnType();
            Object changed = MemberConfig.class.getMethod(wither, type).invoke(MemberConfig.DEFAULT, other);
            Properties expected = MemberConfig.DEFAULT.toProperties();
            expected.setProperty(key.name(), key.write(other));
            assertThat(((MemberConfig) changed).toProperties()).as(key.name()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "10s,PT10S", "300ms,PT0.3S", "300 ms,PT0.3S", "1500MS,PT1.5S", "5m,PT5M", "2h,PT2H", "1d,P1D", "90s,PT1M30S",
    })
    void durationsAreRead(String text, Duration duration) {
        ConfigKey key = ConfigKey.duration("t", Duration.ZERO, Duration.ofDays(9), Duration.ZERO, "");
        assertThat(key.read(text, new java.util.ArrayList<>())).contains(duration);
        assertThat(key.read(key.write(duration), new java.util.ArrayList<>())).contains(duration);
    }

    @ParameterizedTest
    @CsvSource({"0,0", "17,17", "17B,17", "4KB,4096", "4 kb,4096", "64MB,67108864", "1gb,1073741824", "1536KB,1572864"})
    void sizesAreRead(String text, long bytes) {
        ConfigKey key = ConfigKey.size("s", 0, Long.MAX_VALUE, 0, "");
        assertThat(key.read(text, new java.util.ArrayList<>())).contains(bytes);
        assertThat(key.read(key.write(bytes), new java.util.ArrayList<>())).contains(bytes);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "elecTimeout | 1s | COORD-1009 unknown key 'elecTimeout'. Did you mean 'electionTimeout'?",
        "maxdatabytes | 1KB | COORD-1009 unknown key 'maxdatabytes'. Did you mean 'maxDataBytes'?",
        "tickTime | 2000 | COORD-1009 unknown key 'tickTime'. The keys are listed in coord-core/docs/configuration.md",
        "electionTimeout | 300 | COORD-1020 electionTimeout=300 is not a duration such as 300ms, 10s, 5m, 2h or 1d."
                + " It has no unit: write 300ms or 300s",
        "electionTimeout | 1.5s | COORD-1020 electionTimeout=1.5s is not a duration such as 300ms, 10s, 5m, 2h or 1d",
        "electionTimeout | -1s | COORD-1020 electionTimeout=-1s is not a duration such as 300ms, 10s, 5m, 2h or 1d",
        "electionTimeout | `` | COORD-1020 electionTimeout= is not a duration such as 300ms, 10s, 5m, 2h or 1d",
        "electionTimeout | 99999999999999999999s | COORD-1020 electionTimeout=99999999999999999999s is not a duration such as"
                + " 300ms, 10s, 5m, 2h or 1d",
        "snapshotBytes | 64MiB | COORD-1021 snapshotBytes=64MiB is not a size such as 1048553, 512B, 64KB, 64MB or 1GB"
                + " (1 KB is 1024 bytes)",
        "snapshotBytes | lots | COORD-1021 snapshotBytes=lots is not a size such as 1048553, 512B, 64KB, 64MB or 1GB"
                + " (1 KB is 1024 bytes)",
        "maxSessions | 1e6 | COORD-1022 maxSessions=1e6 is not a whole number without unit, such as 10000",
        "maxSessions | 3000000000 | COORD-1022 maxSessions=3000000000 is not a whole number without unit, such as 10000",
        "skipAcl | yes | COORD-1023 skipAcl=yes is not true or false",
        "maxSessions | 0 | COORD-1024 maxSessions 0 is below 1. Bounds what sessions cost: each is a record here and one"
                + " in the state of every member",
        "maxDataBytes | 1GB | COORD-1024 maxDataBytes 1GB is above 64MB. What setData of a two-character path carries in"
                + " ZooKeeper's frame of 1,048,575 bytes (zk.C12). A tree is for metadata: store a reference to more",
        "heartbeat | 101ms | COORD-1025 electionTimeout 300ms is less than 3 times heartbeat 101ms: a follower must miss several"
                + " heartbeats before it campaigns. Raise electionTimeout or lower heartbeat",
        "sessionTimeout | 2m | COORD-1025 maxSessionTimeout 1m is less than sessionTimeout 2m: the default must be one that is"
                + " granted. Raise maxSessionTimeout or lower sessionTimeout",
        "maxDataBytes | 5MB | COORD-1025 maxRequestBytes 4MB is less than maxDataBytes 5MB: the request that sets the data must"
                + " fit. Raise maxRequestBytes or lower maxDataBytes",
    })
    void aMistakeIsNamedWithItsRemedy(String key, String value, String message) {
        assertThatThrownBy(() -> MemberConfig.from(Map.of(key, value)))
                .isInstanceOf(ConfigException.class)
                .hasMessage(message);
    }

    @Test
    void allMistakesAreReportedAtOnce() {
        ConfigException refused = catchThrowableOfType(ConfigException.class, () -> MemberConfig.from(Map.of(
                "heartbeat", "1ms", "maxSessions", "many", "snapshotEntires", "5", "maxPathDepth", "1")));
        assertThat(refused).hasMessageStartingWith("4 mistakes in the configuration:\n  COORD-10");
        assertThat(refused.mistakes()).extracting(ConfigException.Mistake::code).containsExactlyInAnyOrder(
                ErrorCode.OUT_OF_RANGE, ErrorCode.BAD_NUMBER, ErrorCode.UNKNOWN_KEY, ErrorCode.OUT_OF_RANGE);
    }

    @Test
    void aWitherRefusesAtOnceWhatIsNoConfiguration() {
        assertThatThrownBy(() -> MemberConfig.DEFAULT.withSnapshotEntries(1))
                .hasMessageStartingWith("COORD-1024 snapshotEntries 1 is below 10. ");
        assertThatThrownBy(() -> MemberConfig.DEFAULT.withRequestTimeout(Duration.ofNanos(1_000_000_001)))
                .hasMessage("COORD-1020 requestTimeout PT1.000000001S is no whole number of milliseconds");
    }

    @Test
    void aDurationThatCannotBeCountedIsRefusedInWords() {
        Duration huge = Duration.ofSeconds(Long.MAX_VALUE);
        assertThatThrownBy(() -> MemberConfig.DEFAULT.withRequestTimeout(huge))
                .hasMessageStartingWith("COORD-1024 requestTimeout " + huge + " is above 10m. ");
        assertThatThrownBy(() -> MemberConfig.DEFAULT.withRequestTimeout(Duration.ofSeconds(Long.MIN_VALUE)))
                .hasMessageStartingWith("COORD-1024 requestTimeout " + Duration.ofSeconds(Long.MIN_VALUE) + " is below 100ms. ");
        assertThatThrownBy(() -> MemberConfig.DEFAULT.withSessionTimeouts(huge, huge, huge)).isInstanceOf(ConfigException.class)
                .hasMessageContaining("minSessionTimeout").hasMessageContaining("COORD-1024 maxSessionTimeout " + huge + " is above");
    }

    @Test
    void keysOfOthersArePassedOverAndSuggested() {
        assertThat(MemberConfig.from(Map.of("dataDirectory", "/d"), List.of("dataDirectory"))).isEqualTo(MemberConfig.DEFAULT);
        assertThatThrownBy(() -> MemberConfig.from(Map.of("dataDir", "/d"), List.of("dataDirectory")))
                .hasMessage("COORD-1009 unknown key 'dataDir'. The keys are listed in coord-core/docs/configuration.md");
        assertThatThrownBy(() -> MemberConfig.from(Map.of("dataDirektory", "/d"), List.of("dataDirectory")))
                .hasMessage("COORD-1009 unknown key 'dataDirektory'. Did you mean 'dataDirectory'?");
    }

    @Test
    void zkS1TimeoutsAreClampedWhenGranted() {
        MemberConfig config = MemberConfig.DEFAULT;
        assertThat(config.granted(Optional.empty())).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.granted(Optional.of(Duration.ZERO))).isEqualTo(Duration.ofMillis(500));
        assertThat(config.granted(Optional.of(Duration.ofDays(1)))).isEqualTo(Duration.ofMinutes(1));
        assertThat(config.granted(Optional.of(Duration.ofSeconds(7)))).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void theTableInTheDocumentationIsTheOneInForce() throws IOException {
        StringBuilder table = new StringBuilder("| key | default | from | to | why |\n|---|---|---|---|---|\n");
        for (ConfigKey key : MemberConfig.keys()) {
            table.append("| `").append(key.name()).append("` | ").append(key.write(key.standard())).append(" | ")
                    .append(key.least() == null ? "" : key.write(key.least())).append(" | ")
                    .append(key.most() == null ? "" : key.write(key.most())).append(" | ")
                    .append(key.reason()).append(" |\n");
        }
        assertThat(Files.readString(Path.of("docs/configuration.md"))).contains(table);
    }
}
