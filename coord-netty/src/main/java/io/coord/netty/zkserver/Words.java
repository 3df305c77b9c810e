package io.coord.netty.zkserver;

import io.coord.ensemble.spi.SessionPort;
import java.util.Set;

/** The four-letter words this server answers, if they are allowed; all others that ZooKeeper knows are refused by name. */
public final class Words implements FourLetterWords {

    /** Those there is an answer to. */
    public static final Set<String> ANSWERED = Set.of("ruok", "isro");

    private static final Set<String> KNOWN = Set.of(
            "conf", "cons", "crst", "dirs", "dump", "envi", "gtmk", "hash", "isro", "mntr", "ruok", "srst", "srvr",
            "stat", "stmk", "wchc", "wchp", "wchs");

    private final SessionPort member;
    private final Set<String> allowed;

    /** The words of a member's server, of which these are allowed. */
    public Words(SessionPort member, Set<String> allowed) {
        this.member = member;
        this.allowed = allowed;
    }

    @Override
    public boolean isWord(int bytes) {
        return KNOWN.contains(text(bytes));
    }

    private static String text(int bytes) {
        char[] letters = new char[4];
        for (int i = 0; i < 4; i++) {
            letters[i] = (char) (bytes >>> 24 - 8 * i & 0xff);
        }
        return new String(letters);
    }

    @Override
    public String answer(String word) {
        if (!allowed.contains(word)) {
            return word + " is not executed because it is not in the whitelist.\n";
        }
        return word.equals("ruok") ? "imok" : member.status().isServing() ? "rw" : "null";
    }
}
