package io.coord;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnsembleTest {

    private static final MemberId ONE = MemberId.of(1);

    @ParameterizedTest
    @ValueSource(strings = {
        "1=localhost:7100",
        "1=broker-1:7100,2=broker-2:7100,3=broker-3:7100",
        "1=10.0.0.1:7100:2181,2=10.0.0.2:7100:2181,3=10.0.0.3:7100",
        "1=[2001:db8::1]:7100:2181,2=[2001:db8::2]:7100,3=[fe80::3%eth0]:7100,9=far:7100:2181:observer,255=away:1:observer",
        "1=localhost:0:0",
        "1=localhost:7101:0,2=localhost:7102:0,3=localhost:7103:0",
        "1=a:2888:3888;a:2181,2=b:2888:3888;0.0.0.0:2181,3=[2001:db8::3]:2888:3888;[2001:db8::30]:2181,4=d:2888:3888:observer;2181",
        "1=a:2888;b:2181,2=a:2889:3889;b:2182,3=a:2890;0.0.0.0:2183",
        "1=a:7;b:7",
        "1=a:2888:3888;127.0.0.1:12181,2=b:2888:3888;127.0.0.1:12181,3=c:2888:3888;127.0.0.1:12181",
        "1=a:7;localhost:9,2=b:7;[::1]:9,3=c:7;[::1]:9,4=d:7:observer;LOCALHOST:9",
    })
    void whatIsWrittenInOrderIsReadAndWrittenTheSame(String text) {
        Ensemble ensemble = Ensemble.parse(text);
        assertThat(ensemble).hasToString(text);
        assertThat(Ensemble.parse(ensemble.toString())).isEqualTo(ensemble);
    }

    @Test
    void orderAndWhiteSpaceDoNotMatter() {
        assertThat(Ensemble.parse(" 3 = c:7 ,\n 1=a:7:8,2 =b:7, "))
                .isEqualTo(Ensemble.parse("1=a:7:8,2=b:7,3=c:7"))
                .hasToString("1=a:7:8,2=b:7,3=c:7");
    }

    @Test
    @DisplayName("zk.RC3 a line of ZooKeeper's: the role where it stands there, all addresses of a host no address of its own")
    void linesOfZooKeepersAreKept() {
        Ensemble ensemble = Ensemble.parse("1=a:2888:3888;0.0.0.0:2181,2=b:2888:3888:observer;0.0.0.0:2181");
        MemberAddress second = ensemble.address(MemberId.of(2));
        assertThat(second.electionPort()).hasValue(3888);
        assertThat(second.clientHost()).hasValue("0.0.0.0");
        assertThat(second.clientPort()).hasValue(2181);
        assertThat(second).hasToString("b:2888:3888;0.0.0.0:2181").isEqualTo(MemberAddress.parse("b:2888:3888;0.0.0.0:2181"));
        assertThat(MemberAddress.parse("b:2888;2181")).isEqualTo(MemberAddress.parse("b:2888:2181"));
        assertThatThrownBy(() -> new MemberAddress("b", 1, OptionalInt.empty(), OptionalInt.of(2), Optional.empty()))
                .hasMessageContaining("with a client port only");
    }

    @Test
    void partsAreFoundByMember() {
        Ensemble ensemble = Ensemble.parse("1=[::1]:7100:2181,2=b:7,3=c:7,4=d:7:observer");
        assertThat(ensemble.address(ONE)).isEqualTo(new MemberAddress("::1", 7100, OptionalInt.of(2181)));
        assertThat(ensemble.voters().keySet()).containsExactly(ONE, MemberId.of(2), MemberId.of(3));
        assertThat(ensemble.observers().keySet()).containsExactly(MemberId.of(4));
        assertThat(ensemble.members()).hasSize(4);
        assertThat(ensemble.contains(MemberId.of(5))).isFalse();
        assertThat(ensemble.find(MemberId.of(5))).isEmpty();
        assertThatThrownBy(() -> ensemble.address(MemberId.of(5)))
                .hasMessage("COORD-1019 member 5 is not in the ensemble 1=[::1]:7100:2181,2=b:7,3=c:7,4=d:7:observer;"
                        + " its members are [1, 2, 3, 4]");
    }

    @ParameterizedTest
    @CsvSource({"1,1", "3,2", "5,3", "7,4"})
    void oddEnsemblesUpToSevenAreTaken(int size, int majority) {
        assertThat(ofSize(size).majority()).isEqualTo(majority);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "2 | COORD-1002 ensemble of 2: an even size tolerates no more failures than 1: none. Use 1 or 3",
        "4 | COORD-1002 ensemble of 4: an even size tolerates no more failures than 3. Use 3 or 5",
        "6 | COORD-1002 ensemble of 6: an even size tolerates no more failures than 5. Use 5 or 7",
        "8 | COORD-1018 ensemble of 8: every write would wait for 5 members. Use 7 or fewer, and mark the others observer",
        "9 | COORD-1018 ensemble of 9: every write would wait for 5 members. Use 7 or fewer, and mark the others observer",
    })
    void otherSizesAreRefusedWithAReason(int size, String message) {
        assertThatThrownBy(() -> ofSize(size)).isInstanceOf(ConfigException.class).hasMessage(message);
        assertThatThrownBy(() -> Ensemble.parse(text(size))).hasMessage(message);
    }

    @Test
    void observersDoNotCount() {
        assertThat(Ensemble.parse("1=a:7,2=b:7:observer").voters()).hasSize(1);
        assertThat(Ensemble.parse("1=a:7,2=b:7,3=c:7,4=d:7:observer,5=e:7:observer").majority()).isEqualTo(2);
    }

    private static Ensemble ofSize(int size) {
        Map<MemberId, MemberAddress> voters = new TreeMap<>();
        for (int id = 1; id <= size; id++) {
            voters.put(MemberId.of(id), MemberAddress.of("host-" + id, 7100));
        }
        return Ensemble.of(voters);
    }

    private static String text(int size) {
        StringBuilder text = new StringBuilder();
        for (int id = 1; id <= size; id++) {
            text.append(id).append("=host-").append(id).append(":7100,");
        }
        return text.toString();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "`` | COORD-1011 the ensemble is empty; name its members, such as 1=broker-1:7100,2=broker-2:7100,3=broker-3:7100",
        "1=a:7:observer | COORD-1011 ensemble of 1 observers and no voter: nobody could decide anything."
                + " Leave the word observer off 1, 3, 5 or 7 of them",
        "broker:7100 | COORD-1012 member \"broker:7100\": no id; write id=host:peerPort[:clientPort][:observer]",
        "1=broker | COORD-1012 member \"1=broker\": no peer port; write host:peerPort, such as broker:7100",
        "1= | COORD-1012 member \"1=\": no peer port; write host:peerPort, such as broker-1:7100",
        "1=[::1] | COORD-1012 member \"1=[::1]\": no peer port; write host:peerPort, such as [::1]:7100",
        "1=::1:7100 | COORD-1012 member \"1=::1:7100\": too many colons; an IPv6 address goes in brackets, such as [::1]:7100",
        "1=2001:db8:0:0:1:2:3:4:7100 | COORD-1012 member \"1=2001:db8:0:0:1:2:3:4:7100\": too many colons;"
                + " an IPv6 address goes in brackets, such as [::1]:7100",
        "1=a:7:8:9 | COORD-1012 member \"1=a:7:8:9\": too many parts;"
                + " after host and peerPort come at most a clientPort and the word observer",
        "1=a:7:learner | COORD-1012 member \"1=a:7:learner\": \"learner\" is no role; a member that does not vote is marked observer",
        "0=a:7 | COORD-1013 member \"0=a:7\": id \"0\" is no number from 1 to 255",
        "256=a:7 | COORD-1013 member \"256=a:7\": id \"256\" is no number from 1 to 255",
        "one=a:7 | COORD-1013 member \"one=a:7\": id \"one\" is no number from 1 to 255",
        "1=:7100 | COORD-1014 member \"1=:7100\": the host is empty",
        "1=[]:7100 | COORD-1014 member \"1=[]:7100\": the host is empty",
        "1=[::1:7100 | COORD-1014 member \"1=[::1:7100\": the bracket before the IPv6 address is never closed",
        "1=[broker:1]:7100 | COORD-1014 member \"1=[broker:1]:7100\": host \"broker:1\" is no IPv6 address,"
                + " and nothing else has colons",
        "1=http://a:7 | COORD-1014 member \"1=http://a:7\": the host \"http\" and port \"//a\" come from a URL;"
                + " leave http:// out",
        "1=a b:7 | COORD-1014 member \"1=a b:7\": host \"a b\" has the character ' ' at position 1,"
                + " which no host name or address has",
        "1=a:7,2=b:0,3=c:7 | COORD-1015 member 2: peer port 0 means any free port, which the other members could not know;"
                + " name one from 1 to 65535",
        "1=a:7,2=b:0:observer | COORD-1015 member 2: peer port 0 means any free port, which the other members could not know;"
                + " name one from 1 to 65535",
        "1=a:65536 | COORD-1015 member \"1=a:65536\": peer port 65536 is out of range; ports are 1 to 65535",
        "1=a:-1 | COORD-1015 member \"1=a:-1\": peer port -1 is out of range; ports are 1 to 65535",
        "1=a:7:21x81 | COORD-1015 member \"1=a:7:21x81\": client port \"21x81\" is no number; ports are 1 to 65535",
        "1=a:7: | COORD-1015 member \"1=a:7:\": client port \"\" is no number; ports are 1 to 65535",
        "1=a:7;0.0.0.0:7 | COORD-1017 member \"1=a:7;0.0.0.0:7\": peer port and client port are both 7; members and clients need one each",
        "1=a:7:7;b:8 | COORD-1017 member \"1=a:7:7;b:8\": peer port and election port are both 7; ZooKeeper has two",
        "1=a:7:8;b: | COORD-1015 member \"1=a:7:8;b:\": client port \"\" is no number; ports are 1 to 65535",
        "1=a:7:8;:9 | COORD-1014 member \"1=a:7:8;:9\": the host is empty",
        "1=a:7:99999;9 | COORD-1015 member \"1=a:7:99999;9\": election port 99999 is out of range; ports are 1 to 65535",
        "1=a:7:8:boss;9 | COORD-1012 member \"1=a:7:8:boss;9\": \"boss\" is no role; a member that does not vote is marked observer",
        "1=c:7;9:observer | COORD-1015 member \"1=c:7;9:observer\": client port \"observer\" is no number; ports are 1 to 65535",
        "1=a:7:8;9,2=a:8:observer | COORD-1017 members 1 and 2 are both at a:8; each needs an address of its own",
        "1=a:7;c:9,2=b:7:observer;C:9 | COORD-1017 members 1 and 2 are both at c:9; each needs an address of its own",
        "1=a:7;localhost:9,2=A:8:observer;Localhost:9 | COORD-1017 members 1 and 2 are both at localhost:9 of a;"
                + " each needs an address of its own",
        "1=localhost:7;127.0.0.1:9,2=127.0.0.2:7:observer;127.0.0.1:9 | COORD-1017 members 1 and 2 are both at 127.0.0.1:9;"
                + " each needs an address of its own",
        "1=localhost:7;9,2=localhost:8:observer;localhost:9 | COORD-1017 members 1 and 2 are both at localhost:9;"
                + " each needs an address of its own",
        "1;=a:7 | COORD-1012 member \"1;=a:7\": no id; write id=host:peerPort[:clientPort][:observer]",
        "1=a:7:7 | COORD-1017 member \"1=a:7:7\": peer port and client port are both 7; members and clients need one each",
    })
    void aMistakeIsNamedWithItsRemedy(String text, String message) {
        assertThatThrownBy(() -> Ensemble.parse(text)).isInstanceOf(ConfigException.class).hasMessage(message);
    }

    @Test
    void allMistakesAreReportedAtOnceInTheOrderWritten() {
        ConfigException refused = catchThrowableOfType(
                ConfigException.class, () -> Ensemble.parse("1=a:7, 1=b:99999, x=c, 2=A:7, 3=d:8:observer, 4=d:8"));
        assertThat(refused).hasMessage("""
                6 mistakes in the ensemble "1=a:7, 1=b:99999, x=c, 2=A:7, 3=d:8:observer, 4=d:8":
                  COORD-1015 member "1=b:99999": peer port 99999 is out of range; ports are 1 to 65535
                  COORD-1016 member "1=b:99999": member 1 is named twice; each member has an id of its own
                  COORD-1013 member "x=c": id "x" is no number from 1 to 255
                  COORD-1012 member "x=c": no peer port; write host:peerPort, such as c:7100
                  COORD-1017 members 1 and 2 are both at a:7; each needs an address of its own
                  COORD-1017 members 3 and 4 are both at d:8; each needs an address of its own""");
        assertThat(refused.mistakes()).extracting(ConfigException.Mistake::code).contains(ErrorCode.DUPLICATE_MEMBER);
    }

    @Test
    void aHostileTextCannotForgeALogLine() {
        assertThatThrownBy(() -> Ensemble.parse("1=a\u001b[2J:7"))
                .hasMessageNotContaining("\u001b")
                .hasMessageContaining("\\u001B");
    }

    @Test
    void aConstructedEnsembleIsHeldToTheSameRules() {
        MemberAddress a = MemberAddress.of("a", 7);
        assertThatThrownBy(() -> new Ensemble(new TreeMap<>(Map.of(ONE, a)), new TreeMap<>(Map.of(ONE, a))))
                .hasMessageContaining("COORD-1016 member 1 is both a voter and an observer");
        assertThatThrownBy(() -> MemberAddress.of("", -1)).hasMessage("""
                2 mistakes in the address of "":
                  COORD-1014 the address of "": the host is empty
                  COORD-1015 the address of "": peer port -1 is out of range; ports are 1 to 65535""");
        MemberAddress unknowable = MemberAddress.of("b", 0);
        assertThatThrownBy(() -> new Ensemble(
                        new TreeMap<>(Map.of(ONE, a)), new TreeMap<>(Map.of(MemberId.of(2), unknowable))))
                .hasMessageStartingWith("COORD-1015 member 2: peer port 0 means any free port");
        assertThatThrownBy(() -> new MemberAddress("a", 7, OptionalInt.of(7))).hasMessageStartingWith("COORD-1017 ");
    }

    @Test
    void anyTextIsReadOrRefusedWithMistakes() {
        List<String> pieces = List.of("1", "2", "=", ":", ",", "[", "]", "a", "::1", "7100", "observer", ";", "::", " ", "-", "\n", "%");
        for (long seed = 0; seed < 3_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(14); i >= 0; i--) {
                text.append(pieces.get(random.nextInt(pieces.size())));
            }
            try {
                Ensemble read = Ensemble.parse(text.toString());
                assertThat(Ensemble.parse(read.toString())).as("seed %s: %s", seed, text).isEqualTo(read);
            } catch (ConfigException refused) {
                assertThat(refused.mistakes()).as("seed %s: %s", seed, text).isNotEmpty();
            }
        }
    }
}
