package io.coord.state;

import io.coord.ConfigException;
import io.coord.Ensemble;
import io.coord.MemberId;
import io.coord.Operation;
import java.util.TreeMap;

/** What an ensemble becomes by a change of members. */
final class Members {

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

    /** Each member under its id, the later one in place of an earlier; what has no id is left to be refused. */
    private static void add(String members, TreeMap<MemberId, String> after, StringBuilder rest) {
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

    private static @org.jspecify.annotations.Nullable Integer idOf(String text) {
        try {
            int id = Integer.parseInt(text);
            return id >= 1 && id <= MemberId.MAX ? id : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
