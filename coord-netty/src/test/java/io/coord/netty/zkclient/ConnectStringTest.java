package io.coord.netty.zkclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.ConfigException;
import io.coord.netty.zkclient.ConnectString.Server;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("zk.P7 a connect string")
class ConnectStringTest {

    @Test
    void namesServersAndAChroot() {
        ConnectString read = ConnectString.parse("one:2182, two ,[::1]:2183,[fe80::1]/app/a");

        assertThat(read.servers())
                .containsExactly(
                        new Server("one", 2182), new Server("two", 2181), new Server("::1", 2183), new Server("fe80::1", 2181));
        assertThat(read.chroot()).isEqualTo("/app/a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"one", "one/", "one:2181"})
    void hasNoChrootWhereNoneIsNamed(String text) {
        assertThat(ConnectString.parse(text)).isEqualTo(new ConnectString(ConnectString.parse("one:2181").servers(), ""));
    }

    @ParameterizedTest
    @CsvSource({
        "'',there is no server in it",
        "/app,there is no server in it",
        "one:0,a port is 1 to 65535",
        "one:65536,a port is 1 to 65535",
        "one:http,a port is 1 to 65535",
        "::1:2181,an IPv6 address in brackets",
        "[::1,an IPv6 address in brackets",
        "one/app/,is none",
        "one//app,is none"
    })
    void thatIsNoneIsRefusedWithItsMistake(String text, String mistake) {
        assertThatThrownBy(() -> ConnectString.parse(text)).isInstanceOf(ConfigException.class).hasMessageContaining(mistake);
    }

    @Test
    void tellsAllItsMistakesAtOnce() {
        assertThatThrownBy(() -> ConnectString.parse("one:x,two:y/a/")).hasMessageContaining("\"x\"").hasMessageContaining("\"y\"")
                .hasMessageContaining("/a/");
    }

    @ParameterizedTest
    @CsvSource({"/,/app", "/a,/app/a", "/app,/app/app"})
    void putsPathsUnderItsChrootAndTakesThemOut(String seen, String rooted) {
        ConnectString to = ConnectString.parse("one/app");

        assertThat(to.rooted(seen)).isEqualTo(rooted);
        assertThat(to.stripped(rooted)).isEqualTo(seen);
    }

    @Test
    void leavesPathsOutsideItsChrootAlone() {
        assertThat(ConnectString.parse("one/app").stripped("/apple")).isEqualTo("/apple");
        assertThat(ConnectString.parse("one").stripped("/app")).isEqualTo("/app");
    }
}
