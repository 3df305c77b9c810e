package io.coord.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RaftLogTest {

    private static final Configuration ONE = Configuration.ofVoters(List.of(Cluster.key(1)));
    private static final Configuration THREE =
            Configuration.ofVoters(List.of(Cluster.key(1), Cluster.key(2), Cluster.key(3)));

    private static RaftLog behind(long index, long term) {
        return new RaftLog(new SnapshotMeta(new EntryId(index, term), 5, 6, ONE, 0, 0));
    }

    /** A log behind 10@1 with entries of these terms from 11 on. */
    private static RaftLog log(long... terms) {
        RaftLog log = behind(10, 1);
        for (long term : terms) {
            log.append(entry(log.lastIndex() + 1, term));
        }
        return log;
    }

    private static Entry entry(long index, long term) {
        return new Entry(index, term, index * 100, index, new Text("12345678"));
    }

    @Test
    @DisplayName("peer.B37: the base keeps its term, and what is below or beyond has none, never 0")
    void termsAtTheEdges() {
        RaftLog log = log(1, 2, 2);
        assertThat(log.term(10)).isEqualTo(1);
        assertThat(log.term(11)).isEqualTo(1);
        assertThat(log.term(13)).isEqualTo(2);
        assertThat(log.term(9)).isEqualTo(RaftLog.NO_TERM);
        assertThat(log.term(14)).isEqualTo(RaftLog.NO_TERM);
        log.compactThrough(12);
        assertThat(log.base()).isEqualTo(new EntryId(12, 2));
        assertThat(log.term(12)).isEqualTo(2);
        assertThat(log.term(11)).isEqualTo(RaftLog.NO_TERM);
        assertThat(log.firstIndex()).isEqualTo(13);
    }

    @Test
    @DisplayName("entries follow each other, in index and in term")
    void appendsInOrder() {
        RaftLog log = log(2);
        assertThatThrownBy(() -> log.append(entry(13, 2))).hasMessage("entry d@2 cannot follow b@2");
        assertThatThrownBy(() -> log.append(entry(12, 1))).hasMessage("entry c@1 cannot follow b@2");
    }

    @Test
    @DisplayName("the ring grows, wraps and shrinks without losing an entry")
    void ringKeepsItsEntries() {
        RaftLog log = behind(0, 0);
        long kept = 0;
        for (long i = 1; i <= 10_000; i++) {
            log.append(entry(i, 1 + i / 100));
            if (i % 37 == 0) {
                kept = i - 20;
                log.compactThrough(kept);
            }
            if (i % 501 == 0) {
                log.truncateFrom(i - 3);
                for (long again = i - 3; again <= i; again++) {
                    log.append(entry(again, 1 + i / 100));
                }
            }
        }
        assertThat(log.firstIndex()).isEqualTo(kept + 1);
        assertThat(log.lastIndex()).isEqualTo(10_000);
        for (long i = log.firstIndex(); i <= log.lastIndex(); i++) {
            assertThat(log.entry(i).index()).isEqualTo(i);
        }
    }

    @Test
    @DisplayName("the ring grows in order when its end has come round to its beginning")
    void wrappedRingGrows() {
        RaftLog log = behind(0, 0);
        for (long i = 1; i <= 60; i++) {
            log.append(entry(i, 1));
        }
        log.compactThrough(50);
        for (long i = 61; i <= 200; i++) {
            log.append(entry(i, 1));
        }
        for (long i = 51; i <= 200; i++) {
            assertThat(log.entry(i).index()).isEqualTo(i);
        }
    }

    @ParameterizedTest(name = "at most {0} with term {1}: {2}@{3}")
    @CsvSource({
        "18, 9, 18, 6",
        "18, 6, 18, 6",
        "18, 5, 16, 5",
        "18, 4, 15, 4",
        "18, 3, 13, 1",
        "14, 9, 14, 4",
        "99, 9, 18, 6",
        "18, 1, 13, 1",
        "18, 0, 10, 1",
        "5, 9, 10, 1",
    })
    @DisplayName("the last place with at most a term is found, a whole term at a time, but not below the base")
    void findsWhereLogsMayAgree(long index, long term, long foundIndex, long foundTerm) {
        // 11 12 13 14 15 16 17 18
        RaftLog log = log(1, 1, 1, 4, 4, 5, 6, 6);
        assertThat(log.lastAtMost(index, term)).isEqualTo(new EntryId(foundIndex, foundTerm));
    }

    @Test
    @DisplayName("a slice holds as many entries as fit, at least one, and is the same list for all who ask for the same")
    void slices() {
        RaftLog log = log(1, 1, 1, 1);
        int size = log.entry(11).sizeBytes();
        assertThat(log.slice(11, 14, 1)).hasSize(1);
        assertThat(log.slice(11, 14, 2L * size)).hasSize(2);
        assertThat(log.slice(12, 13, 1 << 20)).extracting(Entry::index).containsExactly(12L, 13L);
        List<Entry> all = log.slice(11, 14, 1 << 20);
        assertThat(log.slice(11, 14, 1 << 20)).isSameAs(all);
        assertThat(log.slice(11, 14, 4L * size)).isSameAs(all);
        assertThat(log.slice(11, 14, 2L * size)).as("a smaller limit is kept").hasSize(2);
        log.truncateFrom(14);
        log.append(entry(14, 2));
        assertThat(log.slice(11, 14, 1 << 20).get(3).term()).isEqualTo(2);
        assertThat(log.slice(15, 14, 1 << 20)).isEmpty();
    }

    @Test
    @DisplayName("fault.M1, peer.B58: a truncated configuration gives way to the one before, also when that is only in the snapshot")
    void configurationsRollBack() {
        RaftLog log = log(1);
        log.append(new Entry(12, 1, 0, 0, ConfigPayload.of(THREE)));
        assertThat(log.configuration()).isEqualTo(THREE);
        assertThat(log.configurationIndex()).isEqualTo(12);
        assertThat(log.configurationAt(11)).isEqualTo(ONE);
        assertThat(log.configurationAt(12)).isEqualTo(THREE);
        log.compactThrough(11);
        log.truncateFrom(12);
        assertThat(log.configuration()).isEqualTo(ONE);
        log.append(new Entry(12, 2, 0, 0, ConfigPayload.of(THREE)));
        log.append(entry(13, 2));
        log.compactThrough(13);
        assertThat(log.configuration()).isEqualTo(THREE);
        assertThat(log.configurationAt(13)).isEqualTo(THREE);
    }

    @Test
    @DisplayName("clocks of the last entry outlive its compaction, and a reset takes the snapshot's")
    void clocksOfTheEnd() {
        RaftLog log = log(1, 1);
        assertThat(log.lastWallMillis()).isEqualTo(1_200);
        log.compactThrough(12);
        assertThat(log.lastWallMillis()).isEqualTo(1_200);
        assertThat(log.lastElapsedMillis()).isEqualTo(12);
        log.reset(new SnapshotMeta(new EntryId(50, 7), 77, 88, THREE, 0, 0));
        assertThat(log.last()).isEqualTo(new EntryId(50, 7));
        assertThat(log.lastWallMillis()).isEqualTo(77);
        assertThat(log.lastElapsedMillis()).isEqualTo(88);
        assertThat(log.configuration()).isEqualTo(THREE);
    }

    @Test
    @DisplayName("only what is behind the base and not beyond the end can be had")
    void entriesAtTheEdges() {
        RaftLog log = log(1, 2);
        assertThat(log.entry(11).term()).isEqualTo(1);
        assertThat(log.entry(12).term()).isEqualTo(2);
        assertThatThrownBy(() -> log.entry(10)).hasMessage("index a is not in the log, which holds b to c");
        assertThatThrownBy(() -> log.entry(13)).hasMessage("index d is not in the log, which holds b to c");
    }

    @Test
    @DisplayName("behind a snapshot entries at the same places as before are the new ones")
    void slicesAfterAReset() {
        RaftLog log = log(1, 1, 1, 1);
        assertThat(log.slice(13, 14, 1 << 20)).extracting(Entry::term).containsExactly(1L, 1L);
        log.reset(new SnapshotMeta(new EntryId(12, 2), 0, 0, ONE, 0, 0));
        log.append(entry(13, 3));
        log.append(entry(14, 3));
        assertThat(log.slice(13, 14, 1 << 20)).extracting(Entry::term).containsExactly(3L, 3L);
    }
}
