package io.coord.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage;
import io.coord.raft.CommandPayload;
import io.coord.raft.ConfigPayload;
import io.coord.raft.Entry;
import io.coord.raft.HardState;
import io.coord.raft.Payload;
import io.coord.raft.SnapshotMeta;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EntryCodecTest {

    private final WireCommandCodec commands = new WireCommandCodec();
    private final EntryCodec codec = new EntryCodec(commands);

    static Stream<Class<?>> payloads() {
        return Arbitrary.leavesOf(Payload.class).stream();
    }

    @ParameterizedTest
    @MethodSource("payloads")
    void anEntryWithEveryKindOfPayloadComesBackEqual(Class<? extends Payload> kind) {
        for (long seed = 0; seed < 100; seed++) {
            Arbitrary arbitrary = new Arbitrary(seed);
            Entry any = arbitrary.one(Entry.class);
            Entry entry = new Entry(any.index(), any.term(), any.wallMillis(), any.elapsedMillis(), arbitrary.one(kind));
            assertThat(codec.entry(codec.stored(entry))).as("seed %d", seed).isEqualTo(entry);
        }
    }

    @Test
    void theKindsOfPayloadHaveNumbersOfTheirOwn() {
        Set<Byte> kinds = new HashSet<>();
        payloads().forEach(kind -> kinds.add(((Payload) new Arbitrary(1).one(kind)).kind()));

        assertThat(kinds).containsExactlyInAnyOrder(Payload.NoOp.KIND, CommandPayload.KIND, ConfigPayload.KIND);
    }

    @Test
    void theBytesStoredAreThoseOfThePayload() {
        Payload payload = commands.payload(Samples.commands().get("submit-create"));
        Storage.StoredEntry stored = codec.stored(new Entry(0x1_0000_0001L, 1, 2, 3, payload));

        assertThat(stored.payload()).isSameAs(payload.bytes());
        assertThat(codec.entry(stored).payload().bytes()).isSameAs(payload.bytes());
    }

    @Test
    void termAndVoteComeBackEqual() {
        for (long seed = 0; seed < 100; seed++) {
            HardState state = new Arbitrary(seed).one(HardState.class);
            assertThat(codec.hardState(codec.vote(state))).as("seed %d", seed).isEqualTo(state);
        }
        assertThat(codec.vote(new HardState(7, null))).isEqualTo(new Storage.Vote(7, 0, 0));
    }

    @Test
    void aSnapshotsMetaComesBackEqual() {
        for (long seed = 0; seed < 100; seed++) {
            SnapshotMeta meta = new Arbitrary(seed).one(SnapshotMeta.class);
            assertThat(codec.meta(codec.image(meta))).as("seed %d", seed).isEqualTo(meta);
        }
    }

    @Test
    void aPayloadThatCannotBeReadIsRefusedWithTheNameOfItsEntry() {
        refused((byte) 3, Bytes.EMPTY, "entry 100000001@7: payload kind 3 is unknown; this release reads kinds 0 to 2");
        refused((byte) -1, Bytes.EMPTY, "entry 100000001@7: payload kind -1 is unknown; this release reads kinds 0 to 2");
        refused(Payload.NoOp.KIND, Bytes.of((byte) 1), "entry 100000001@7: a no-op with a payload of 1 bytes");
        refused(CommandPayload.KIND, Bytes.EMPTY, "entry 100000001@7: a command of 0 bytes");
        refused(ConfigPayload.KIND, Bytes.EMPTY, "entry 100000001@7: the configuration is cut short at 0 bytes");
    }

    @Test
    void aVoteForWhoeverCannotBeIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> codec.hardState(new Storage.Vote(1, 256, 1)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.hardState(new Storage.Vote(9, 0, 1)))
                .withMessage("a vote for nobody in incarnation 1, in term 9");
    }

    private void refused(byte kind, Bytes payload, String why) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.entry(new Storage.StoredEntry(0x1_0000_0001L, 7, 0, 0, kind, payload)))
                .withMessage(why);
    }
}
