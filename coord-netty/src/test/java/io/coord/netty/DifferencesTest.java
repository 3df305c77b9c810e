package io.coord.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Ensemble;
import java.util.List;
import org.junit.jupiter.api.Test;

class DifferencesTest {

    private static final String FORMED = "1=a:7100:2181,2=b:7100:2181,3=c:7100:2181,4=d:7100:observer";

    private static List<String> differences(String list) {
        return Differences.between(Ensemble.parse(list), Ensemble.parse(FORMED));
    }

    @Test
    void whoIsReachedElsewhereOrHasAnotherRoleIsNamed() {
        assertThat(differences("1=a:7100:2181,2=b:7101:2181,3=c:7100:2181:observer,4=[::4]:7100,5=e:7100:observer")).satisfiesExactly(
                second -> assertThat(second).startsWith("the list says member 2 at b:7101; the ensemble has it at b:7100, and that counts")
                        .contains("server.2=b:7101:", "peerAddress.2=b:7101"),
                third -> assertThat(third).startsWith("the list says member 3 is an observer; in the ensemble it is a voter"),
                fourth -> assertThat(fourth).startsWith("the list says member 4 at [::4]:7100; the ensemble has it at d:7100"),
                role -> assertThat(role).startsWith("the list says member 4 is a voter; in the ensemble it is an observer"));
    }

    /** A stand-alone member's host is where its clients connect, and may be another at each start. */
    @Test
    void whomNobodyElseReachesMayBeAnywhere() {
        assertThat(Differences.between(Ensemble.parse("1=10.0.0.5:0:2181"), Ensemble.parse("1=localhost:0:2181"))).isEmpty();
    }

    @Test
    void whoHasComeOrGoneAndWhereClientsConnectIsNoDifference() {
        assertThat(differences(FORMED)).isEmpty();
        assertThat(differences("1=A:7100:3888;a:2182")).isEmpty();
        assertThat(differences("1=a:7100,2=b:7100,5=e:7100")).isEmpty();
    }
}
