package io.coord.netty.zkserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.Identity;
import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DigestSchemeTest {

    /** The expected values are those of ZooKeeper's AuthTest, AuthSHA2Test and AuthSHA3Test. */
    @ParameterizedTest
    @CsvSource({
        "SHA1, super:D/InIHSb7yEEbrWz8b9l71RjZJU=",
        "SHA-256, super:wjySwxg860UATFtciuZ1lpzrCHrPeov6SPu/ZD56uig=",
        "SHA3-256, super:cRy/KPYuDpW/dtsepniTMpuiuupnWgdU9txltIfv3hA="
    })
    void identitiesAndTheSuperusersAreOfTheHashThatIsSaid(String algorithm, String digest) {
        DigestScheme scheme = new DigestScheme(digest, algorithm);

        assertThat(scheme.prove(Bytes.utf8("super:test"), InetAddress.getLoopbackAddress()))
                .containsExactly(new Identity("super", ""), new Identity("digest", digest));
        assertThat(new DigestScheme(null, algorithm).prove(Bytes.utf8("super:test"), InetAddress.getLoopbackAddress()))
                .containsExactly(new Identity("digest", digest));
        assertThat(DigestScheme.has("SHA-3000")).isFalse();
    }
}
