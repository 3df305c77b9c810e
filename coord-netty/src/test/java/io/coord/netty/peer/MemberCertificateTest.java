package io.coord.netty.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.MemberId;
import io.netty.pkitesting.CertificateBuilder;
import java.security.cert.X509Certificate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemberCertificateTest {

    private static CertificateBuilder builder() {
        return new CertificateBuilder().ecp256().subject("CN=coord").setIsCertificateAuthority(true); // only those sign themselves
    }

    @ParameterizedTest
    @CsvSource({
        "coord://prod/member/2, true",
        "COORD://anything/member/2, true",
        "coord:///member/2, true",
        "coord://prod/member/22, false",
        "coord://prod/member/02, false",
        "coord://prod/member/2/, false",
        "coord://prod/members/2, false",
        "coord://prod/member/2?x=1, false",
        "coord://prod/member/2#x, false",
        "coord://prod/member/%32, false",
        "https://prod/member/2, false",
        "coord:member/2, false",
    })
    void aMemberIsNamedByTheWholeUri(String uri, boolean named) throws Exception {
        X509Certificate certificate = builder().addSanUriName(uri).buildSelfSigned().getCertificate();
        assertThat(MemberCertificate.objection(certificate, MemberId.of(2), null) == null).isEqualTo(named);
    }

    @ParameterizedTest
    @CsvSource({
        "coord://prod/member/2, prod, true",
        "coord://PROD/member/2, prod, true",
        "coord://staging/member/2, prod, false",
        "coord:///member/2, prod, false",
        "coord://prod:1/member/2, prod, false",
    })
    void anEnsembleThatIsNamedMustBeTheOne(String uri, String ensemble, boolean named) throws Exception {
        X509Certificate certificate = builder().addSanUriName(uri).buildSelfSigned().getCertificate();
        assertThat(MemberCertificate.objection(certificate, MemberId.of(2), ensemble) == null).isEqualTo(named);
    }

    @ParameterizedTest
    @CsvSource({
        "broker-2.example.org, broker-2.example.org, true",
        "broker-2.example.org, BROKER-2.Example.org., true",
        "broker-2.example.org, broker-3.example.org, false",
        "127.0.0.1, 127.0.0.1, false", // a name is no address
    })
    void aHostIsNamedByItsNameAlone(String name, String host, boolean named) throws Exception {
        X509Certificate certificate = builder().addSanDnsName(name).buildSelfSigned().getCertificate();
        assertThat(MemberCertificate.objection(certificate, host) == null).isEqualTo(named);
    }

    @ParameterizedTest
    @CsvSource({
        "*.example.org, broker-2.example.org, true",
        "*.example.org, a.b.example.org, false",
        "*.example.org, example.org, false",
        "*.example.org, .example.org, false",
        "*.org, example.org, false",
        "b*.example.org, broker.example.org, false",
        "*, localhost, false",
    })
    void aWildcardStandsForTheFirstLabel(String pattern, String host, boolean named) {
        assertThat(MemberCertificate.isHost(pattern, host)).isEqualTo(named);
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, 127.0.0.1, true", "127.0.0.1, 127.0.0.2, false", "0:0:0:0:0:0:0:1, ::1, true", "127.0.0.1, localhost, false"})
    void anAddressIsNamedByItsBytes(String address, String host, boolean named) throws Exception {
        X509Certificate certificate = builder().addSanIpAddress(address).buildSelfSigned().getCertificate();
        assertThat(MemberCertificate.objection(certificate, host) == null).isEqualTo(named);
    }
}
