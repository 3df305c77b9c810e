package io.coord.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TailTest {

    private final Tail tail = new Tail();

    @BeforeEach
    void threeHundredEntriesBehindOneHundred() {
        tail.reset(100, 4, 44);
        for (int at = 101; at <= 400; at++) {
            tail.append(at / 10, at * 2L);
        }
    }

    @Test
    void knowsTermAndChainOfEachEntryAndOfItsStart() {
        assertThat(tail.lastIndex()).isEqualTo(400);
        assertThat(tail.termAt(100)).isEqualTo(4);
        assertThat(tail.chainAt(100)).isEqualTo(44);
        assertThat(tail.termAt(101)).isEqualTo(10);
        assertThat(tail.chainAt(399)).isEqualTo(798);
        assertThat(tail.has(100)).isTrue();
        assertThat(tail.has(99)).isFalse();
        assertThat(tail.has(401)).isFalse();
        assertThatThrownBy(() -> tail.termAt(401)).hasMessage("index 191 is not in (64, 190]");
    }

    @Test
    void losesItsEndAndGrowsAgain() {
        tail.truncateAfter(400);
        assertThat(tail.lastIndex()).isEqualTo(400);
        tail.truncateAfter(250);
        tail.append(99, 5);
        assertThat(tail.lastIndex()).isEqualTo(251);
        assertThat(tail.lastTerm()).isEqualTo(99);
        tail.truncateAfter(100);
        assertThat(tail.lastIndex()).isEqualTo(100);
        assertThat(tail.lastChain()).isEqualTo(44);
    }

    @Test
    void forgetsItsBeginning() {
        tail.forgetThrough(100);
        tail.forgetThrough(401);
        assertThat(tail.startIndex()).isEqualTo(100);
        tail.forgetThrough(350);
        assertThat(tail.startIndex()).isEqualTo(350);
        assertThat(tail.chainAt(350)).isEqualTo(700);
        assertThat(tail.chainAt(351)).isEqualTo(702);
        assertThat(tail.lastIndex()).isEqualTo(400);
        tail.forgetThrough(400);
        assertThat(tail.lastChain()).isEqualTo(800);
        tail.append(1, 2);
        assertThat(tail.lastIndex()).isEqualTo(401);
    }
}
