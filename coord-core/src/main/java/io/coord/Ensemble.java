package io.coord;

import io.coord.ConfigException.Mistake;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who belongs to an ensemble and where each is reached: an odd number of voters, 1 to 7, and any number of observers,
 * which replicate and serve without a vote.
 *
 * <p>Written {@code id=host:peerPort[:clientPort][:observer]}, separated by commas; IPv6 addresses in brackets. What ZooKeeper's lists have
 * behind {@code server.}, {@code id=host:peerPort:electionPort[:observer];[clientHost:]clientPort}, is kept as it is written, too:
 *
 * <pre>{@code
 * Ensemble.parse("1=broker-1:7100, 2=broker-2:7100, 3=broker-3:7100")
 * Ensemble.parse("1=[2001:db8::1]:7100:2181,2=[2001:db8::2]:7100:2181,3=[2001:db8::3]:7100:2181,4=far-away:7100:observer")
 * }</pre>
 *
 * <p>Why odd: a decision needs more than half of the voters, so 4 tolerate one failure, as 3 do, with one more that can fail.
 * Why no more than 7: each write waits for the majority, and 7 tolerate three failures; readers are served by
 * observers.
 *
 * @param voters who decides, sorted by id
 * @param observers who only follows, sorted by id
 */
public record Ensemble(SortedMap<MemberId, MemberAddress> voters, SortedMap<MemberId, MemberAddress> observers) {

    /** The most voters an ensemble may have. */
    public static final int VOTERS_MAX = 7;

    private static final String SYNTAX = "id=host:peerPort[:clientPort][:observer]";
    private static final String OBSERVER = ":observer";

    /** Keeps immutable copies; refuses what is no ensemble, all mistakes at once. */
    public Ensemble {
        voters = Collections.unmodifiableSortedMap(new TreeMap<>(voters));
        observers = Collections.unmodifiableSortedMap(new TreeMap<>(observers));
        List<Mistake> mistakes = new ArrayList<>();
        for (MemberId id : voters.keySet()) {
            if (observers.containsKey(id)) {
                mistakes.add(new Mistake(ErrorCode.DUPLICATE_MEMBER, "member " + id + " is both a voter and an observer"));
            }
        }
        addUnknowablePorts(voters, observers, mistakes);
        addSharedAddresses(voters, observers, mistakes);
        addVoterCount(voters.size(), observers.size(), mistakes);
        if (!mistakes.isEmpty()) {
            throw new ConfigException("the ensemble", mistakes);
        }
    }

    /** An ensemble of voters only. */
    public static Ensemble of(Map<MemberId, MemberAddress> voters) {
        return new Ensemble(new TreeMap<>(voters), new TreeMap<>());
    }

    /**
     * Reads an ensemble as it is written: members separated by commas or line breaks, white space as you like.
     *
     * @throws ConfigException with all mistakes
     */
    public static Ensemble parse(String text) {
        Parser parser = new Parser();
        for (String member : text.split("[,\n]", -1)) {
            parser.add(member.strip());
        }
        parser.finish();
        if (!parser.mistakes.isEmpty()) {
            throw new ConfigException("the ensemble \"" + NodePath.printable(text.strip()) + "\"", parser.mistakes);
        }
        return new Ensemble(parser.voters, parser.observers);
    }

    /** Collects members and mistakes side by side, so that one bad member does not hide the next. */
    private static final class Parser {
        final TreeMap<MemberId, MemberAddress> voters = new TreeMap<>();
        final TreeMap<MemberId, MemberAddress> observers = new TreeMap<>();
        final List<Mistake> mistakes = new ArrayList<>();
        private final TreeSet<MemberId> ids = new TreeSet<>();
        private int written;
        private int writtenVoters;

        void add(String member) {
            if (member.isEmpty()) {
                return;
            }
            written++;
            int semicolon = member.indexOf(';');
            String head = semicolon < 0 ? member : member.substring(0, semicolon).strip();
            boolean observer = head.endsWith(OBSERVER);
            writtenVoters += observer ? 0 : 1;
            String where = "member \"" + NodePath.printable(member) + "\"";
            int equals = member.indexOf('=');
            if (equals < 0 || equals >= head.length()) {
                mistakes.add(new Mistake(ErrorCode.MALFORMED_MEMBER, where + ": no id; write " + SYNTAX));
                return;
            }
            MemberId id = id(member.substring(0, equals).strip(), where);
            String bare = head.substring(equals + 1, head.length() - (observer ? OBSERVER.length() : 0)).strip();
            MemberAddress parsed = address(bare, semicolon < 0 ? "" : member.substring(semicolon), where);
            if (id != null && !ids.add(id)) {
                mistakes.add(new Mistake(ErrorCode.DUPLICATE_MEMBER,
                        where + ": member " + id + " is named twice; each member has an id of its own"));
            } else if (id != null && parsed != null) {
                (observer ? observers : voters).put(id, parsed);
            }
        }

        private @Nullable MemberId id(String text, String where) {
            try {
                int id = Integer.parseInt(text);
                if (id >= 1 && id <= MemberId.MAX) {
                    return MemberId.of(id);
                }
            } catch (NumberFormatException e) {
                // Told below: what is no number and what is out of range have the same remedy.
            }
            mistakes.add(new Mistake(ErrorCode.BAD_MEMBER_ID,
                    where + ": id \"" + NodePath.printable(text) + "\" is no number from 1 to " + MemberId.MAX));
            return null;
        }

        private @Nullable MemberAddress address(String text, String forClients, String where) {
            int lastColon = text.lastIndexOf(':');
            String last = text.substring(lastColon + 1);
            boolean word = lastColon > 0 && !text.endsWith("]") && text.indexOf(':') != lastColon
                    && !last.isEmpty() && last.chars().allMatch(Character::isLetter);
            if (word) {
                mistakes.add(new Mistake(ErrorCode.MALFORMED_MEMBER,
                        where + ": \"" + last + "\" is no role; a member that does not vote is marked observer"));
                return null;
            }
            return MemberAddress.parse(text + forClients, where, mistakes);
        }

        void finish() {
            if (written == 0) {
                mistakes.add(new Mistake(ErrorCode.NO_VOTERS,
                        "the ensemble is empty; name its members, such as 1=broker-1:7100,2=broker-2:7100,3=broker-3:7100"));
                return;
            }
            addUnknowablePorts(voters, observers, mistakes);
            addSharedAddresses(voters, observers, mistakes);
            addVoterCount(writtenVoters, written - writtenVoters, mistakes);
        }
    }

    private static void addUnknowablePorts(
            Map<MemberId, MemberAddress> voters, Map<MemberId, MemberAddress> observers, List<Mistake> mistakes) {
        TreeMap<MemberId, MemberAddress> all = new TreeMap<>(voters);
        all.putAll(observers);
        all.forEach((id, address) -> {
            if (address.peerPort() == 0 && all.size() > 1) {
                mistakes.add(new Mistake(ErrorCode.BAD_PORT, "member " + id + ": peer port 0 means any free port,"
                        + " which the other members could not know; name one from 1 to 65535"));
            }
        });
    }

    private static void addSharedAddresses(
            Map<MemberId, MemberAddress> voters, Map<MemberId, MemberAddress> observers, List<Mistake> mistakes) {
        Map<String, MemberId> taken = new TreeMap<>();
        TreeMap<MemberId, MemberAddress> all = new TreeMap<>(voters);
        all.putAll(observers);
        all.forEach((id, address) -> {
            addIfTaken(id, address.hostText(), address.peerPort(), taken, mistakes);
            address.electionPort().ifPresent(port -> addIfTaken(id, address.hostText(), port, taken, mistakes));
            String clientHost = address.reachableClientHost();
            String machine = isLoopback(clientHost) && !isLoopback(address.hostText()) ? " of " + address.hostText() : "";
            address.clientPort().ifPresent(port -> addIfTaken(id, clientHost, port, machine, taken, mistakes));
        });
    }

    /** Whether a host as it is written before a port is each machine's own; names are not looked up. */
    private static boolean isLoopback(String host) {
        return host.equalsIgnoreCase("localhost") || host.equals("[::1]") || host.matches("127(\\.\\d{1,3}){1,3}");
    }

    private static void addIfTaken(MemberId id, String host, int port, Map<String, MemberId> taken, List<Mistake> mistakes) {
        addIfTaken(id, host, port, "", taken, mistakes);
    }

    private static void addIfTaken(
            MemberId id, String host, int port, String machine, Map<String, MemberId> taken, List<Mistake> mistakes) {
        if (port == 0) {
            return;
        }
        String endpoint = (host + ":" + port + machine).toLowerCase(Locale.ROOT);
        MemberId other = taken.putIfAbsent(endpoint, id);
        if (other != null && !other.equals(id)) {
            mistakes.add(new Mistake(ErrorCode.DUPLICATE_ADDRESS, "members " + other + " and " + id + " are both at " + endpoint
                    + "; each needs an address of its own"));
        }
    }

    private static void addVoterCount(int voters, int observers, List<Mistake> mistakes) {
        if (voters == 0) {
            mistakes.add(new Mistake(ErrorCode.NO_VOTERS, "ensemble of " + observers
                    + " observers and no voter: nobody could decide anything. Leave the word observer off 1, 3, 5 or 7 of them"));
        } else if (voters > VOTERS_MAX) {
            mistakes.add(new Mistake(ErrorCode.TOO_MANY_VOTERS, "ensemble of " + voters + ": every write would wait for "
                    + (voters / 2 + 1) + " members. Use " + VOTERS_MAX + " or fewer, and mark the others observer"));
        } else if (voters % 2 == 0) {
            mistakes.add(new Mistake(ErrorCode.EVEN_ENSEMBLE, even(voters)));
        }
    }

    private static String even(int voters) {
        String smaller = voters == 2
                ? "an even size tolerates no more failures than 1: none. "
                : "an even size tolerates no more failures than " + (voters - 1) + ". ";
        return "ensemble of " + voters + ": " + smaller + "Use " + (voters - 1) + " or " + (voters + 1);
    }

    /** Every member's address, sorted by id. */
    public SortedMap<MemberId, MemberAddress> addresses() {
        TreeMap<MemberId, MemberAddress> all = new TreeMap<>(voters);
        all.putAll(observers);
        return Collections.unmodifiableSortedMap(all);
    }

    /** Every member, sorted. */
    public SortedSet<MemberId> members() {
        return Collections.unmodifiableSortedSet(new TreeSet<>(addresses().keySet()));
    }

    /** Whether the member belongs to the ensemble. */
    public boolean contains(MemberId id) {
        return voters.containsKey(id) || observers.containsKey(id);
    }

    /** Where the member is reached, if it belongs to the ensemble. */
    public Optional<MemberAddress> find(MemberId id) {
        return Optional.ofNullable(voters.getOrDefault(id, observers.get(id)));
    }

    /**
     * Where the member is reached.
     *
     * @throws ConfigException if it does not belong to the ensemble
     */
    public MemberAddress address(MemberId id) {
        return find(id).orElseThrow(() -> new ConfigException("the ensemble", List.of(new Mistake(ErrorCode.NOT_A_MEMBER,
                "member " + id + " is not in the ensemble " + this + "; its members are " + members()))));
    }

    /** How many voters decide: more than half. */
    public int majority() {
        return voters.size() / 2 + 1;
    }

    /** The ensemble as {@link #parse(String)} reads it, sorted by id: equal ensembles have equal texts. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        addresses().forEach((id, address) -> text.append(text.length() == 0 ? "" : ",")
                .append(id).append('=').append(address.forMembers())
                .append(observers.containsKey(id) ? OBSERVER : "").append(address.forClients()));
        return text.toString();
    }
}
