package io.coord.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.MemberId;
import io.coord.ensemble.spi.Storage;
import io.coord.member.PeerFrame;
import io.coord.raft.CommandPayload;
import io.coord.raft.ConfigPayload;
import io.coord.state.CoordState;
import io.coord.wire.proto.CommandFormat;
import io.coord.wire.proto.PeerFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Bytes that nobody wrote: whatever comes in, it is read or refused with an {@link IllegalArgumentException}, and costs no more memory
 * than a constant times its length (fault.C9). Checksums are made to fit, so that what lies behind them is reached.
 */
class CorruptionTest {

    private static final int CASES = 3_000;
    private static final int MILLION = 1_000_000;

    private static final long ALLOCATION_FLOOR_BYTES = 64 << 10;
    private static final long ALLOCATION_PER_BYTE = 4;
    /**
     * What nobody writes, but a member gone wild might: the two bytes of an empty entry, over and over, become a message and its builder
     * each, 160 bytes together. Nothing comes dearer.
     */
    private static final long ALLOCATION_PER_BYTE_MAX = 96;

    private final WireCommandCodec commands = new WireCommandCodec();
    private final PeerCodec peers = new PeerCodec(commands);
    private final EntryCodec entries = new EntryCodec(commands);
    private final SnapshotCodec snapshots = new SnapshotCodec();

    private interface Decoder {
        void decode(Bytes bytes);
    }

    @Test
    @DisplayName("fault.C9: commands")
    void damagedCommandsAreReadOrRefused() {
        damagedCommands(CASES);
    }

    private void damagedCommands(int cases) {
        List<Bytes> whole = Samples.commands().values().stream().map(one -> commands.payload(one).bytes()).toList();
        storm(1, cases, whole, commands::decoded);
    }

    @Test
    @DisplayName("fault.C9: entries of the log")
    void damagedEntriesAreReadOrRefused() {
        damagedEntries(CASES);
    }

    private void damagedEntries(int cases) {
        List<Bytes> whole = List.of(Samples.CONFIGURATION.encoded(), ConfigPayload.of(Samples.CONFIGURATION).bytes());
        storm(2, cases, whole, bytes -> entries.entry(new Storage.StoredEntry(1, 1, 1, 1, ConfigPayload.KIND, bytes)));
        storm(3, cases, whole, bytes -> entries.entry(new Storage.StoredEntry(1, 1, 1, 1, CommandPayload.KIND, bytes)));
    }

    @Test
    @DisplayName("fault.C9, fault.N2: frames whose checksum fits")
    void damagedFramesAreReadOrRefused() {
        damagedFrames(CASES);
    }

    private void damagedFrames(int cases) {
        List<Bytes> whole = Samples.messages(commands).values().stream()
                .map(one -> peers.encode(new PeerFrame(1, Samples.key(1), MemberId.of(2), 1, one)))
                .toList();
        storm(4, cases, whole, bytes -> {
            byte[] array = bytes.toArray();
            peers.decode(array.length < 5 ? bytes : Bytes.wrap(Sealed.frame(array)));
        });
    }

    @Test
    @DisplayName("fault.C9, fault.D9: records of a snapshot whose checksums fit")
    void damagedRecordsAreReadOrRefused() throws IOException {
        damagedRecords(CASES);
    }

    /** So many in all. */
    private void damagedRecordsOfAll(int cases) throws IOException {
        List<Bytes> whole = new ArrayList<>();
        SnapshotCodec.write(Samples::visit, whole::add);
        damagedRecords(cases / whole.size() + 1);
    }

    private void damagedRecords(int cases) throws IOException {
        List<Bytes> whole = new ArrayList<>();
        SnapshotCodec.write(Samples::visit, whole::add);
        for (int i = 0; i < whole.size(); i++) {
            int at = i;
            storm(5 + i, cases, List.of(whole.get(i)), bytes -> {
                List<Bytes> records = new ArrayList<>(whole);
                records.set(at, bytes);
                snapshots.read(bytes.length() < 5 ? records : Sealed.records(records), new Recording());
            });
        }
    }

    @Test
    @DisplayName("fault.D9: a snapshot of a real state, damaged behind its checksums, gives that state or none")
    void aDamagedSnapshotNeverGivesAnotherState() throws IOException {
        CoordState state = new CoordState(Bytes.utf8("server.1=alpha"));
        List<Bytes> whole = new ArrayList<>();
        snapshots.writer(state.root()).writeTo(whole::add);
        for (int i = 0; i < whole.size(); i++) {
            int at = i;
            storm(20 + i, CASES, List.of(whole.get(i)), bytes -> {
                List<Bytes> records = new ArrayList<>(whole);
                records.set(at, bytes);
                CoordState restored = snapshots.restore(bytes.length() < 5 ? records : Sealed.records(records));
                assertThat(restored.root().digest()).isEqualTo(state.root().digest());
            });
        }
    }

    /** {@code mvn -Psoak test -pl coord-raft -am -Dtest=CorruptionTest -Dsurefire.failIfNoSpecifiedTests=false} */
    @Test
    @Tag("soak")
    @DisplayName("fault.C9: a million inputs for each decoder of what other members send")
    void aMillionForEachDecoder() throws IOException {
        damagedFrames(MILLION);
        damagedCommands(MILLION);
        damagedEntries(MILLION);
        damagedRecordsOfAll(MILLION);
    }

    @Test
    @DisplayName("fault.C9: bytes of no origin")
    void randomBytesAreReadOrRefused() {
        long seed = 30;
        SplittableRandom random = new SplittableRandom(seed);
        List<Decoder> decoders = List.of(
                commands::decoded,
                peers::decode,
                bytes -> peers.decode(bytes.length() < 5 ? bytes : Bytes.wrap(Sealed.frame(bytes.toArray()))),
                bytes -> snapshots.read(List.of(bytes), new Recording()));
        for (int i = 0; i < CASES; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            if (bytes.length > 0 && random.nextBoolean()) {
                bytes[0] = 1;
            }
            for (Decoder decoder : decoders) {
                decode(decoder, Bytes.of(bytes), "seed " + seed + ", case " + i);
            }
        }
    }

    @Test
    @DisplayName("fault.C9: a million empty messages cost a constant times their bytes")
    void aFrameFullOfEmptyMessagesIsRefusedWithinTheBound() {
        int count = 1_000_000;
        // Tag and length of an empty field 3, over and over: entries of an append, steps of a multi one floor down.
        byte[] many = new byte[2 * count];
        for (int i = 0; i < count; i++) {
            many[2 * i] = 0x1a;
        }
        byte[] append = length(0x72, many);
        byte[] frame = new byte[5 + append.length];
        System.arraycopy(append, 0, frame, 5, append.length);
        long[] allocated = {0};
        Bytes bytes = Bytes.wrap(Sealed.frame(frame));

        assertThat(outcomeOf(peers::decode, bytes, allocated)).isInstanceOf(IllegalArgumentException.class);
        assertThat(allocated[0]).isLessThan(ALLOCATION_FLOOR_BYTES + ALLOCATION_PER_BYTE_MAX * bytes.length());
    }

    @Test
    @DisplayName("fault.C9: a length is not believed before its bytes are there")
    void aLyingLengthCostsNothing() {
        for (long claimed : new long[] {1 << 20, 1 << 30, Integer.MAX_VALUE, Long.MAX_VALUE, -1}) {
            RecordWriter lie = new RecordWriter();
            lie.octet(WireCommandCodec.VERSION);
            lie.octet(0x1a); // field 3 of a command: a submit
            lie.unsigned(claimed);
            Bytes bytes = Bytes.wrap(lie.toArrayBehind(0));
            long[] allocated = {0};
            assertThat(outcomeOf(commands::decoded, bytes, allocated)).isInstanceOf(IllegalArgumentException.class);
            assertThat(allocated[0]).as("length %d", claimed).isLessThan(ALLOCATION_FLOOR_BYTES);
        }
    }

    @Test
    void aCommandNestedWithoutEndIsRefused() {
        byte[] nested = {};
        for (int depth = 0; depth < 500; depth++) {
            // steps of a multi within an operation
            nested = length(0x32, length(0x0a, nested));
        }
        byte[] command = length(0x1a, length(0x32, nested));
        byte[] bytes = new byte[1 + command.length];
        bytes[0] = WireCommandCodec.VERSION;
        System.arraycopy(command, 0, bytes, 1, command.length);

        assertThat(outcomeOf(commands::decoded, Bytes.wrap(bytes), new long[1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a command of");
    }

    @Test
    void theFieldNumbersUsedAboveAreThoseOfTheSchema() {
        assertThat(CommandFormat.Command.SUBMIT_FIELD_NUMBER << 3 | 2).isEqualTo(0x1a);
        assertThat(CommandFormat.Submit.OPERATION_FIELD_NUMBER << 3 | 2).isEqualTo(0x32);
        assertThat(CommandFormat.Operation.MULTI_FIELD_NUMBER << 3 | 2).isEqualTo(0x32);
        assertThat(CommandFormat.Operation.Multi.STEPS_FIELD_NUMBER << 3 | 2).isEqualTo(0x0a);
        assertThat(PeerFormat.Frame.APPEND_FIELD_NUMBER << 3 | 2).isEqualTo(0x72);
        assertThat(PeerFormat.Append.ENTRIES_FIELD_NUMBER << 3 | 2).isEqualTo(0x1a);
    }

    // ----

    private void storm(long seed, int cases, List<Bytes> whole, Decoder decoder) {
        SplittableRandom random = new SplittableRandom(seed);
        int refused = 0;
        for (int i = 0; i < cases; i++) {
            Bytes damaged = damage(random, whole.get(random.nextInt(whole.size())));
            if (decode(decoder, damaged, "seed " + seed + ", case " + i)) {
                refused++;
            }
        }
        // If nothing were refused, nothing would have been reached.
        assertThat(refused).as("refused of %d cases, seed %d", cases, seed).isGreaterThan(cases / 20);
    }

    private static Bytes damage(SplittableRandom random, Bytes whole) {
        byte[] bytes = whole.toArray();
        for (int left = 1 + random.nextInt(3); left > 0 && bytes.length > 0; left--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(6)) {
                case 0, 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes[at] = (byte) random.nextInt(256);
                case 3 -> bytes = Arrays.copyOf(bytes, at);
                case 4 -> bytes = spliced(bytes, at, random.nextInt(bytes.length + 1));
                default -> Arrays.fill(bytes, at, Math.min(bytes.length, at + 10), (byte) 0xff);
            }
        }
        return Bytes.wrap(bytes);
    }

    /** What comes before one place, and then what comes after another: something is lost, or there twice. */
    private static byte[] spliced(byte[] bytes, int until, int from) {
        byte[] result = Arrays.copyOf(bytes, until + bytes.length - from);
        System.arraycopy(bytes, from, result, until, bytes.length - from);
        return result;
    }

    private static byte[] length(int tag, byte[] content) {
        RecordWriter out = new RecordWriter();
        out.octet(tag);
        out.bytes(content, 0, content.length);
        return out.toArrayBehind(0);
    }

    /** Whether it was refused. */
    private static boolean decode(Decoder decoder, Bytes bytes, String which) {
        long[] allocated = {0};
        Throwable thrown = outcomeOf(decoder, bytes, allocated);
        if (allocated[0] >= bound(bytes)) {
            // The first to come this way pays for loading classes; the second does not.
            thrown = outcomeOf(decoder, bytes, allocated);
        }
        if (thrown != null && !(thrown instanceof IllegalArgumentException && hasText(thrown))) {
            throw new AssertionError(which + ": " + Hex.of(bytes), thrown);
        }
        if (allocated[0] >= bound(bytes)) {
            throw new AssertionError(which + ": " + allocated[0] + " bytes allocated for " + bytes.length() + ": " + Hex.of(bytes));
        }
        return thrown != null;
    }

    private static boolean hasText(Throwable thrown) {
        return thrown.getMessage() != null && !thrown.getMessage().isBlank();
    }

    private static long bound(Bytes bytes) {
        return ALLOCATION_FLOOR_BYTES + ALLOCATION_PER_BYTE * bytes.length();
    }

    private static Throwable outcomeOf(Decoder decoder, Bytes bytes, long[] allocated) {
        long before = Allocations.byThisThread();
        try {
            decoder.decode(bytes);
            return null;
        } catch (Throwable thrown) {
            return thrown;
        } finally {
            allocated[0] = Allocations.byThisThread() - before;
        }
    }
}
