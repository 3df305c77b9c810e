package io.coord.netty.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of principals by hand; {@code SaslKerberosIT} compares them with ZooKeeper's. */
class PrincipalNamesTest {

    private static String idOf(String rules, boolean removesHost, boolean removesRealm, String principal) {
        return new PrincipalNames(PrincipalNames.rules(rules), "HERE", removesHost, removesRealm).idOf(principal);
    }

    @ParameterizedTest
    @CsvSource({
        "bob@HERE, bob@HERE, bob@HERE, bob, bob",
        "kafka/a.b@HERE, kafka/a.b@HERE, kafka@HERE, kafka/a.b, kafka",
        "bob@THERE, bob@THERE, bob@THERE, bob@THERE, bob@THERE",
        "bob, bob, bob, bob, bob"
    })
    void byDefaultHostAndRealmAreLeftOutAsItIsSaidAndNothingOfAForeignPrincipal(
            String principal, String whole, String withoutHost, String withoutRealm, String withoutBoth) {
        assertThat(idOf("DEFAULT", false, false, principal)).isEqualTo(whole);
        assertThat(idOf("DEFAULT", true, false, principal)).isEqualTo(withoutHost);
        assertThat(idOf("DEFAULT", false, true, principal)).isEqualTo(withoutRealm);
        assertThat(idOf("DEFAULT", true, true, principal)).isEqualTo(withoutBoth);
    }

    @Test
    void theFirstRuleThatFitsCounts() {
        String rules = "RULE:[1:$1@$0](.*@THERE)s/@THERE// RULE:[2:$1;$2](kafka;.*)s/;.*/-broker/ RULE:[1:$1](x+)s/x/y/g\nDEFAULT";
        assertThat(idOf(rules, true, true, "bob@THERE")).isEqualTo("bob");
        assertThat(idOf(rules, true, true, "kafka/a@THERE")).isEqualTo("kafka-broker");
        assertThat(idOf(rules, true, true, "xxx@ELSEWHERE")).isEqualTo("yyy");
        assertThat(idOf(rules, true, true, "zed@HERE")).isEqualTo("zed");
        assertThat(idOf(rules, true, true, "zed@ELSEWHERE")).as("by none").isEqualTo("zed@ELSEWHERE");
    }

    @Test
    void aNameThatIsNotSimpleIsNoneAndNoOtherRuleIsAsked() {
        assertThat(idOf("RULE:[1:$1@$0] RULE:[1:$1]", false, true, "bob@THERE")).isEqualTo("bob@THERE");
    }

    @Test
    void whatIsNoPrincipalHasNoName() {
        assertThatThrownBy(() -> idOf("DEFAULT", true, true, "a/b/c@HERE")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> idOf("DEFAULT", true, true, "bob@HERE@THERE")).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DEFAUL", "RULE:[1:$2]", "RULE:[1:$]", "RULE:[:$1]", "RULE:[1:$1](a", "RULE:[1:$1](*)", "RULE:[1:$1]s/[/b/", "RULE:[1:$1]s/a"})
    void aRuleThatMakesNoSenseIsRefusedWhenItIsSaid(String rule) {
        assertThatThrownBy(() -> PrincipalNames.rules("DEFAULT " + rule)).hasMessageContaining("makes no sense");
    }
}
