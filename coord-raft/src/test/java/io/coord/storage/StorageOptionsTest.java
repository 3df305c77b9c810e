package io.coord.storage;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.ConfigException;
import io.coord.MemberConfig;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class StorageOptionsTest {

    private static final MemberConfig LARGE = MemberConfig.DEFAULT.withMaxUncommittedBytes(1 << 30);

    @Test
    @DisplayName("zk.X4: the log takes more than the largest request that can be allowed, and as much of identities with it")
    void theLogTakesWhateverCanBeAllowed() {
        int third = StorageOptions.DEFAULT.payloadBytesMax() / 3;
        assertThatThrownBy(() -> LARGE.withMaxRequestBytes(third))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("maxRequestBytes");
    }

    @Test
    @DisplayName("rule.21: what a leader may pile up, and write at once, is one group, whose size is an int")
    void allThatMayBePiledUpIsOneGroup() {
        assertThatThrownBy(() -> LARGE.withMaxUncommittedBytes(Integer.MAX_VALUE / 4 * 3))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("maxUncommittedBytes");
    }
}
