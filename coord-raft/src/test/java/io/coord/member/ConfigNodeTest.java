package io.coord.member;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.Ensemble;
import io.coord.MemberId;
import io.coord.raft.Configuration;
import io.coord.raft.MemberKey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConfigNodeTest {

    @Test
    void clientsFindEveryMemberInZooKeepersFormat_zkRC1() {
        assertThat(data("1=broker-1:7100:2181,2=broker-2:7100:2181,3=10.0.0.3:7100:2182,4=[2001:db8::4]:7100:2181:observer", 0x1f))
                .isEqualTo(Bytes.utf8("""
                        server.1=broker-1:7100:7101:participant;broker-1:2181
                        server.2=broker-2:7100:7101:participant;broker-2:2181
                        server.3=10.0.0.3:7100:7101:participant;10.0.0.3:2182
                        server.4=[2001:db8::4]:7100:7101:observer;[2001:db8::4]:2181
                        version=1f"""));
    }

    @Test
    void aLineIsShownAsItWasGiven_zkRC1() {
        assertThat(data("1=a:2888:3888;0.0.0.0:2181,2=[2001:db8::2]:2888:3889:observer;[2001:db8::20]:2182,3=c:7100:7102;2181,4=d:7100:observer;e:2181,5=f:7100;f:2181", 1).utf8())
                .isEqualTo("""
                        server.1=a:2888:3888:participant;0.0.0.0:2181
                        server.2=[2001:db8::2]:2888:3889:observer;[2001:db8::20]:2182
                        server.3=c:7100:7102:participant;c:2181
                        server.4=d:7100:7101:observer;e:2181
                        server.5=f:7100:7101:participant;f:2181
                        version=1""");
    }

    @Test
    void noTwoPortsOfALineAreOne_zkRC1() {
        assertThat(data("1=a:7100:7101,2=b:65535:65534,3=c:65534:65535", 1).utf8()).isEqualTo("""
                server.1=a:7100:7102:participant;a:7101
                server.2=b:65535:65533:participant;b:65534
                server.3=c:65534:65533:participant;c:65535
                version=1""");
    }

    @Test
    void aMemberWithoutAKnownClientPortHasItsLineAsInZooKeeper_zkRC1() {
        assertThat(data("1=a:7100:2181,2=b:7100:0,3=[::3]:7100,4=d:7100:observer", 5).utf8()).isEqualTo("""
                server.1=a:7100:7101:participant;a:2181
                server.2=b:7100:7101:participant
                server.3=[::3]:7100:7101:participant
                server.4=d:7100:7101:observer
                version=5""");
    }

    @Test
    void aMemberThatIsAloneIsNotShown_zkRC1() {
        assertThat(data("1=a:7100:2181", 5)).isEqualTo(Bytes.EMPTY);
    }

    @Test
    void anAddressOfALaterKindIsNoneOfOurs() {
        MemberKey one = new MemberKey(MemberId.of(1), 0);
        MemberKey two = new MemberKey(MemberId.of(2), 0);
        Configuration later = new Configuration(
                List.of(one, two), List.of(), List.of(),
                List.of(new Configuration.Address(one, "a:1:2"), new Configuration.Address(two, "b:1:2+3")));
        assertThat(ConfigNode.data(later, 5)).isEqualTo(Bytes.EMPTY);
    }

    private static Bytes data(String text, long index) {
        Ensemble ensemble = Ensemble.parse(text);
        List<Configuration.Address> addresses = new ArrayList<>();
        ensemble.addresses().forEach((id, address) ->
                addresses.add(new Configuration.Address(MemberKey.first(id), address.toString())));
        return ConfigNode.data(new Configuration(
                ensemble.voters().keySet().stream().map(MemberKey::first).toList(),
                List.of(),
                ensemble.observers().keySet().stream().map(MemberKey::first).toList(),
                addresses), index);
    }
}
