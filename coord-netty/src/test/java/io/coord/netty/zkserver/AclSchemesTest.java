package io.coord.netty.zkserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Identity;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AclSchemesTest {

    private final AclSchemes schemes = new AclSchemes(Set.of("digest", "x509"));

    private static List<Acl> x509(String id) {
        return List.of(new Acl(Acl.READ, new Identity("x509", id)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"CN=a", "1.2.3=x", "CN=a,O=b", ""})
    @DisplayName("C5: an id of x509 is a subject, as ZooKeeper has it; the tree judges the rest")
    void subjects(String id) {
        assertThat(schemes.judged(x509(id))).isEqualTo(x509(id));
    }

    @ParameterizedTest
    @ValueSource(strings = {"kafka=1", "foo=bar", "CN=a,", "CN=a+O", "a=b,CN=c"})
    @DisplayName("C5: what is no subject has a scheme that nobody can prove")
    void noSubjects(String id) {
        assertThat(schemes.judged(x509(id))).singleElement()
                .satisfies(entry -> assertThat(entry.identity().scheme()).isNotEqualTo("x509"));
    }
}
