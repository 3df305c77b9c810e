package io.coord.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SettingsTest {

    @Test
    void settingsAreEqualOnlyWhereEachOneIs() {
        List<Settings> all = List.of(
                Settings.DEFAULT,
                Settings.DEFAULT.withExtendedTypes(true),
                Settings.DEFAULT.withEnforceQuota(true),
                Settings.DEFAULT.withSkipAcl(true),
                new Settings(false, false, false, 1),
                new Settings(true, true, true, 1L << 32));
        for (int i = 0; i < all.size(); i++) {
            for (int j = 0; j < all.size(); j++) {
                assertThat(all.get(i).equals(all.get(j))).as("%s and %s", all.get(i), all.get(j)).isEqualTo(i == j);
            }
            Settings one = all.get(i);
            Settings copy = new Settings(
                    one.extendedTypes(), one.enforceQuota(), one.skipAcl(), one.maxNeverUsedContainerMillis());
            assertThat(copy).isEqualTo(one).hasSameHashCodeAs(one);
        }
        assertThat(Settings.DEFAULT.equals(null)).isFalse();
    }
}
