package io.coord.raft;

import io.coord.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Who votes and who learns. During a change of voters two sets are in force at once (joint consensus, thesis 4.3): a decision then
 * needs a majority of each.
 *
 * @param voters the voters, or the incoming voters of a change; sorted
 * @param outgoing the voters of before while a change is under way, else empty; sorted
 * @param learners those that replicate without a vote; sorted
 * @param addresses where each of them is reached, in the words of {@code Ensemble}; sorted by member
 */
public record Configuration(
        List<MemberKey> voters, List<MemberKey> outgoing, List<MemberKey> learners, List<Address> addresses) {

    /**
     * Where a member is reached.
     *
     * @param key the member
     * @param text {@code host:peerPort[:clientPort]}; opaque to Raft
     */
    public record Address(MemberKey key, String text) {}

    /** Sorts, and refuses a member that is named in two roles or twice. */
    public Configuration {
        voters = sorted(voters);
        outgoing = sorted(outgoing);
        learners = sorted(learners);
        List<Address> byMember = new ArrayList<>(addresses);
        byMember.sort((a, b) -> a.key().compareTo(b.key()));
        addresses = List.copyOf(byMember);
        for (MemberKey learner : learners) {
            if (voters.contains(learner)) {
                throw new IllegalArgumentException("member " + learner + " cannot be voter and learner at once");
            }
        }
    }

    private static List<MemberKey> sorted(List<MemberKey> keys) {
        TreeSet<MemberKey> set = new TreeSet<>(keys);
        if (set.size() != keys.size()) {
            throw new IllegalArgumentException("a member is named twice in " + keys);
        }
        return List.copyOf(set);
    }

    /** A configuration of voters only. */
    public static Configuration ofVoters(List<MemberKey> voters) {
        return new Configuration(voters, List.of(), List.of(), List.of());
    }

    /** Whether two voter sets are in force. */
    public boolean isJoint() {
        return !outgoing.isEmpty();
    }

    /** Whether the member votes in either set. */
    public boolean isVoter(MemberKey key) {
        return voters.contains(key) || outgoing.contains(key);
    }

    /** Whether the member is a voter or learner. */
    public boolean contains(MemberKey key) {
        return isVoter(key) || learners.contains(key);
    }

    /** Every member, sorted. */
    public List<MemberKey> everyone() {
        TreeSet<MemberKey> all = new TreeSet<>(voters);
        all.addAll(outgoing);
        all.addAll(learners);
        return List.copyOf(all);
    }

    /** Where the member is reached, if that is known. */
    public Optional<String> addressOf(MemberKey key) {
        for (Address address : addresses) {
            if (address.key().equals(key)) {
                return Optional.of(address.text());
            }
        }
        return Optional.empty();
    }

    /** The canonical encoding: equal configurations have equal bytes. */
    public Bytes encoded() {
        int size = 4 * Integer.BYTES + 12 * (voters.size() + outgoing.size() + learners.size());
        List<byte[]> texts = new ArrayList<>();
        for (Address address : addresses) {
            byte[] text = address.text().getBytes(StandardCharsets.UTF_8);
            texts.add(text);
            size += 16 + text.length;
        }
        ByteBuffer out = ByteBuffer.allocate(size);
        putKeys(out, voters);
        putKeys(out, outgoing);
        putKeys(out, learners);
        out.putInt(addresses.size());
        for (int i = 0; i < texts.size(); i++) {
            putKey(out, addresses.get(i).key());
            out.putInt(texts.get(i).length).put(texts.get(i));
        }
        return Bytes.wrap(out.array());
    }

    private static void putKeys(ByteBuffer out, List<MemberKey> keys) {
        out.putInt(keys.size());
        keys.forEach(key -> putKey(out, key));
    }

    private static void putKey(ByteBuffer out, MemberKey key) {
        out.putInt(key.id().value()).putLong(key.incarnation());
    }

    /**
     * Reads what {@link #encoded()} wrote.
     *
     * @throws IllegalArgumentException if the bytes are anything else
     */
    public static Configuration decode(Bytes bytes) {
        ByteBuffer in = bytes.asByteBuffer();
        try {
            Configuration read = new Configuration(keys(in), keys(in), keys(in), addresses(in));
            if (in.hasRemaining()) {
                throw new IllegalArgumentException(in.remaining() + " bytes follow the configuration");
            }
            return read;
        } catch (java.nio.BufferUnderflowException e) {
            throw new IllegalArgumentException("the configuration is cut short at " + bytes.length() + " bytes", e);
        }
    }

    private static List<MemberKey> keys(ByteBuffer in) {
        List<MemberKey> keys = new ArrayList<>();
        for (int left = count(in, 12); left > 0; left--) {
            keys.add(key(in));
        }
        return keys;
    }

    private static MemberKey key(ByteBuffer in) {
        return new MemberKey(io.coord.MemberId.of(in.getInt()), in.getLong());
    }

    private static List<Address> addresses(ByteBuffer in) {
        List<Address> addresses = new ArrayList<>();
        for (int left = count(in, 16); left > 0; left--) {
            MemberKey key = key(in);
            byte[] text = new byte[count(in, 1)];
            in.get(text);
            addresses.add(new Address(key, new String(text, StandardCharsets.UTF_8)));
        }
        return addresses;
    }

    /** A count that the remaining bytes can hold: hostile bytes never make us allocate more than they are. */
    private static int count(ByteBuffer in, int bytesEach) {
        int count = in.getInt();
        if (count < 0 || (long) count * bytesEach > in.remaining()) {
            throw new IllegalArgumentException("the configuration claims " + count + " items, but only "
                    + in.remaining() + " bytes follow");
        }
        return count;
    }
}
