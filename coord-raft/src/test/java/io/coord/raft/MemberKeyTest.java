package io.coord.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.MemberId;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class MemberKeyTest {

    private static final MemberId THREE = MemberId.of(3);

    @Test
    @DisplayName("a member's keys are as many as it had disks; before the first it is absent, and below all of them")
    void disks() {
        MemberKey absent = MemberKey.absent(THREE);
        MemberKey first = MemberKey.first(THREE);
        MemberKey second = new MemberKey(THREE, 2);
        assertThat(absent.isAbsent()).isTrue();
        assertThat(first.isAbsent()).isFalse();
        assertThat(first).isNotEqualTo(second).isNotEqualTo(MemberKey.first(MemberId.of(4)));
        assertThat(absent).isLessThan(first);
        assertThat(first).isLessThan(second).isEqualTo(new MemberKey(THREE, 1)).hasSameHashCodeAs(new MemberKey(THREE, 1));
        assertThat(second).as("the member comes before its disks").isLessThan(MemberKey.absent(MemberId.of(4)));
    }

    @Test
    @DisplayName("a key is called like its member, and by its disk if that is not the first")
    void names() {
        assertThat(MemberKey.first(THREE)).hasToString("3");
        assertThat(new MemberKey(THREE, 2)).hasToString("3#2");
    }
}
