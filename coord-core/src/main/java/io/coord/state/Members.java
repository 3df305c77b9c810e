package io.coord.state;

import io.coord.ConfigException;
import io.coord.Ensemble;
import io.coord.MemberId;
import io.coord.Operation;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What an ensemble becomes by a change of members. */
final class Members {

    /** Most characters of a list, which has a member for each of 255 numbers at most: each mistake in it takes many more to tell. */
    static final int TEXT_MAX = 1 << 16;

    private Members() {}

    /**
     * The ensemble after the change, in canonical text (zk.RC3).
     *
     * @throws ConfigException if that is no ensemble: malformed, of an even number of voters, with an address used twice
     */
    static String changed(String present, Operation.Reconfigure wish) {
        TreeMap<MemberId, String> after = new TreeMap<>();
        StringBuilder rest = new StringBuilder();
        if (!wish.replacesAll()) {
            add(present, after, rest);
        }
        add(wish.members(), after, rest);
        wish.leaving().forEach(after::remove);
        StringBuilder text = new StringBuilder();
        after.values().forEach(member -> text.append(member).append(','));
        return Ensemble.parse(text.append(rest).toString()).toString();
    }

    /** Whether a number in a list is above what members of ours can have: ZooKeeper takes such. */
    static boolean hasNumberBeyond(String members) {
        for (String one : members.split("[,\n]", -1)) {
            int equals = one.indexOf('=');
            Integer number = equals < 0 ? null : numberOf(one.substring(0, equals).strip());
            if (number != null && number > MemberId.MAX) {
                return true;
            }
        }
        return false;
    }

    /** Each member under its id, the later one in place of an earlier; what has no id is left to be refused. */
    private static void add(String members, Map<MemberId, String> after, StringBuilder rest) {
        TreeMap<MemberId, String> named = new TreeMap<>();
        for (String one : members.split("[,\n]", -1)) {
            String member = one.strip();
            int equals = member.indexOf('=');
            Integer id = equals < 0 ? null : idOf(member.substring(0, equals).strip());
            if (id == null || named.containsKey(MemberId.of(id))) {
                rest.append(member).append(',');
            } else {
                named.put(MemberId.of(id), member);
            }
        }
        after.putAll(named);
    }

    private static @Nullable Integer idOf(String text) {
        Integer id = numberOf(text);
        return id != null && id >= 1 && id <= MemberId.MAX ? id : null;
    }

    private static @Nullable Integer numberOf(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
