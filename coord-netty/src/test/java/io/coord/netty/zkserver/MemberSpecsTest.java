package io.coord.netty.zkserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.ConfigException;
import io.coord.Ensemble;
import io.coord.MemberAddress;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.netty.jute.Request;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemberSpecsTest {

    private static final String THREE = "server.1=a:2888:3888:participant;a:2181\nserver.2=b:2888:3888;2181\n"
            + "server.3=[2001:db8::3]:2888:3888:observer;0.0.0.0:2181\nversion=100000004\n";

    @Test
    @DisplayName("RC1, RC3: what /zookeeper/config holds can be given back as the new members")
    void theWholeList() {
        Operation.Reconfigure wish = Operations.reconfigure(new Request.Reconfig("server.9=i:1:2;3", "1", THREE, 7));
        assertThat(wish.members()).isEqualTo("1=a:2888:3888;a:2181,2=b:2888:3888;0.0.0.0:2181,3=[2001:db8::3]:2888:3888:observer;0.0.0.0:2181");
        assertThat(wish.replacesAll()).isTrue();
        assertThat(wish.leaving()).isEmpty();
        assertThat(wish.configZxid()).isEqualTo(7);
    }

    @Test
    @DisplayName("RC1, RC3: also where members share a host, and the election ports that it shows are other members' ports")
    void theWholeListOfOneHost() {
        String shown = "server.1=h:7101:7102:participant;h:2181\nserver.2=h:7102:7103:participant;h:2182\n"
                + "server.3=h:7103:7105:participant;h:7104\nserver.4=h:7105:7100:observer;h:2184\nversion=5";
        Ensemble wanted = Ensemble.parse(Operations.reconfigure(new Request.Reconfig(null, null, shown, -1)).members());
        assertThat(wanted.addresses().values()).extracting(MemberAddress::shownElectionPort).containsExactly(7102, 7103, 7105, 7100);
        assertThat(wanted).hasToString("1=h:7101;h:2181,2=h:7102;h:2182,3=h:7103;h:7104,4=h:7105:7100:observer;h:2184");
    }

    @Test
    @DisplayName("RC3: who comes, who changes and who goes; the last word about a member counts, and who goes and comes has come")
    void comingAndGoing() {
        Operation.Reconfigure wish = Operations.reconfigure(
                new Request.Reconfig("server.4=d:1:2;3, server.5=e:1:2:OBSERVER;3,server.4=dd:1:2;3", "2, 4,70000", null, -1));
        assertThat(wish.members()).isEqualTo("4=dd:1;0.0.0.0:3,5=e:1:observer;0.0.0.0:3");
        assertThat(wish.replacesAll()).isFalse();
        assertThat(wish.leaving()).isEqualTo(List.of(MemberId.of(2)));
    }

    @Test
    void nothingIsNothing() {
        assertThat(MemberSpecs.of(null, null)).isEqualTo(new MemberSpecs("", List.of()));
    }

    @Test
    @DisplayName("RC2: a number that only ZooKeeper takes is handed on, to be refused behind permission")
    void aNumberBeyondOurs() {
        assertThat(MemberSpecs.of("server.999=0.0.0.0:1234:2345:observer;3456,server.2=b:1:2;3", null).members())
                .isEqualTo("2=b:1;0.0.0.0:3,999=0.0.0.0:1234:2345:observer;0.0.0.0:3456");
        assertThat(MemberSpecs.of("server.999=0.0.0.0:1234;3456", null).members()).isEqualTo("not-a-member");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "x", "1=a:2888:2181", "server.1", "server.=a:1:2;3", "server.0=a:1:2;3", "server.1=a:1:2", "server.1=a:1;3", "server.1=a:1:2:boss;3", "server.1=a:1:1;3",
        "server.1=a:1:2;", "server.1=:1:2;3", "server.1=a:99999:2;3", "group.1=1:2:3", "server.1=a:1:2;3=4"})
    @DisplayName("RC2: a server that makes no sense becomes nothing that could be a member")
    void senseless(String spec) {
        String members = "2=b:1:2," + MemberSpecs.of(spec, null).members();
        assertThatThrownBy(() -> Ensemble.parse(members)).isInstanceOf(ConfigException.class);
    }

    @Test
    void whoeverLeavesHasANumber() {
        assertThatThrownBy(() -> Ensemble.parse("2=b:1:2," + MemberSpecs.of(null, "1,two").members())).isInstanceOf(ConfigException.class);
    }
}
