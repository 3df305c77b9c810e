package io.coord.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextTest {

    @ParameterizedTest
    @ValueSource(strings = {"", "/a/b", "\u00e4", "\u65e5\u672c", "\ud83d\ude00", "\ufffd"})
    void whatIsWellFormedIsPlainUtf8(String text) {
        assertThat(Text.encode(text)).isEqualTo(text.getBytes(StandardCharsets.UTF_8));
        assertThat(decode(Text.encode(text))).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\ud83d", "\ude00", "\ude00\ud83d", "a\ud83db", "/\ud800", "\ufffd\ud800\ufffd", "\ud83d\ud83d\ude00"})
    @DisplayName("rule.9: half a surrogate pair comes back as it was, and not as a question mark on the followers only")
    void aLoneSurrogateSurvives(String text) {
        assertThat(decode(Text.encode(text))).isEqualTo(text);
        assertThat(Text.ofField(Text.toField(text))).isEqualTo(text);
    }

    @Test
    void everyCodeUnitSurvivesBetweenOthers() {
        for (int unit = 0; unit <= Character.MAX_VALUE; unit++) {
            String text = "x" + (char) unit + "y";
            assertThat(decode(Text.encode(text))).as("U+%04X", unit).isEqualTo(text);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"c0 80", "c1 bf", "e0 80 80", "f0 80 80 80", "f4 90 80 80", "f8 88 80 80 80", "80", "e2 82", "f0 9f 98", "61 ff 62"})
    void whatIsNoUtf8IsRefused(String hex) {
        assertThatIllegalArgumentException().isThrownBy(() -> decode(Hex.bytes(hex))).withMessageContaining("is not UTF-8 at byte");
    }

    @Test
    void aPairWrittenAsTwoHalvesIsRefusedSinceItsTextIsWrittenOtherwise() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> decode(Hex.bytes("ed a0 bd ed b8 80")))
                .withMessageContaining("canonical");
    }

    @Test
    void randomBytesAreReadAsTheTextThatIsWrittenSoOrRefused() {
        long seed = 20260101;
        SplittableRandom random = new SplittableRandom(seed);
        int read = 0;
        for (int i = 0; i < 50_000; i++) {
            byte[] bytes = new byte[random.nextInt(6)];
            random.nextBytes(bytes);
            try {
                assertThat(Text.encode(decode(bytes))).as("seed %d, case %d", seed, i).isEqualTo(bytes);
                read++;
            } catch (IllegalArgumentException refused) {
                assertThat(refused).hasMessageContaining("UTF-8");
            }
        }
        assertThat(read).isBetween(1_000, 49_000);
    }

    private static String decode(byte[] bytes) {
        return Text.decode(bytes, 0, bytes.length);
    }
}
