package io.coord.netty.server;

import io.coord.NodePath;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import javax.security.auth.kerberos.KerberosPrincipal;
import org.jspecify.annotations.Nullable;

/**
 * What a client's Kerberos principal is called in access control lists, as ZooKeeper's settings have it: the name that the first rule
 * which fits makes of it, with host and realm behind it unless they are left out. A principal that no rule fits is called by its whole name,
 * as in ZooKeeper: it is nobody else's.
 *
 * @param rules in their order ({@code security.auth_to_local})
 * @param defaultRealm whose principals the rule DEFAULT fits; empty for none
 * @param removesHost whether the host is left out ({@code kerberos.removeHostFromPrincipal})
 * @param removesRealm whether the realm is ({@code kerberos.removeRealmFromPrincipal})
 */
public record PrincipalNames(List<Rule> rules, String defaultRealm, boolean removesHost, boolean removesRealm) {

    private static final Pattern PRINCIPAL = Pattern.compile("([^/@]*)(?:/([^/@]*))?@([^/@]*)");
    private static final Pattern NOT_SIMPLE = Pattern.compile("[/@]");
    private static final Pattern PARAMETER = Pattern.compile("\\$(\\d*)");
    private static final Pattern RULE = Pattern.compile("\\s*(?:DEFAULT|RULE:\\[(?<parts>\\d{1,3}):(?<format>[^]]*)]"
            + "(?:\\((?<match>[^)]*)\\))?(?:s/(?<from>[^/]*)/(?<to>[^/]*)/(?<all>g)?)?)");

    /** Makes a name of a principal's parts, its realm first; null if it does not fit. */
    @FunctionalInterface
    public interface Rule {
        /** The name, null if the rule does not fit. */
        @Nullable String nameOf(List<String> parts, String defaultRealm);
    }

    /** The rule DEFAULT: the name of whoever is of the default realm. */
    public static final Rule DEFAULT = (parts, defaultRealm) -> defaultRealm.equals(parts.get(0)) ? parts.get(1) : null;

    /** The default realm of this JVM's Kerberos configuration; empty if it has none. */
    public static String realmOfThisJvm() {
        try {
            return new KerberosPrincipal("any").getRealm();
        } catch (IllegalArgumentException none) {
            return "";
        }
    }

    // ------------------------------------------------------------------------------------------------ rules

    /**
     * Reads rules as Kerberos and ZooKeeper write them: {@code RULE:[n:format](match)s/from/to/g} and {@code DEFAULT}.
     *
     * @throws IllegalArgumentException if one makes no sense; the message says which, and why
     */
    public static List<Rule> rules(String text) {
        List<Rule> rules = new ArrayList<>();
        String rest = text.strip();
        while (!rest.isEmpty()) {
            Matcher rule = RULE.matcher(rest);
            if (!rule.lookingAt()) {
                throw mistaken(rest, "write RULE:[1:$1](match)s/from/to/, or DEFAULT");
            }
            rules.add(rule.group("parts") == null ? DEFAULT : rule(rule));
            rest = rest.substring(rule.end());
        }
        return List.copyOf(rules);
    }

    private static Rule rule(Matcher read) {
        int count = Integer.parseInt(read.group("parts"));
        String format = read.group("format");
        Matcher parameter = PARAMETER.matcher(format);
        while (parameter.find()) {
            if (parameter.group(1).isEmpty() || parameter.group(1).length() > 3 || Integer.parseInt(parameter.group(1)) > count) {
                throw mistaken(read.group(), "of " + count + " parts there are $0, the realm, to $" + count);
            }
        }
        Pattern match = expression(read, "match");
        Pattern from = expression(read, "from");
        String to = read.group("to");
        boolean all = read.group("all") != null;
        return (parts, defaultRealm) -> {
            String name = parts.size() - 1 == count ? filled(format, parts) : null;
            if (name == null || match != null && !match.matcher(name).matches()) {
                return null;
            }
            Matcher found = from == null ? null : from.matcher(name);
            return found == null ? name : all ? found.replaceAll(to) : found.replaceFirst(to);
        };
    }

    private static @Nullable Pattern expression(Matcher read, String group) {
        String expression = read.group(group);
        try {
            return expression == null ? null : Pattern.compile(expression);
        } catch (PatternSyntaxException e) {
            throw mistaken(read.group(), e.getDescription());
        }
    }

    private static String filled(String format, List<String> parts) {
        return PARAMETER.matcher(format).replaceAll(found -> Matcher.quoteReplacement(parts.get(Integer.parseInt(found.group(1)))));
    }

    private static IllegalArgumentException mistaken(String rule, String why) {
        return new IllegalArgumentException("the rule " + NodePath.printable(rule.strip()) + " makes no sense: " + why);
    }

    // ------------------------------------------------------------------------------------------------ names

    /**
     * What a principal is called.
     *
     * @throws IllegalArgumentException if it is none of one or two parts and a realm
     * @throws IndexOutOfBoundsException if a rule names a group that its expression does not have
     */
    public String idOf(String principal) {
        Matcher read = PRINCIPAL.matcher(principal);
        if (!read.matches()) {
            if (principal.contains("@")) {
                throw new IllegalArgumentException("principals of one or two parts and a realm have a name here");
            }
            return principal;
        }
        String host = read.group(2);
        String realm = read.group(3);
        String name = shortName(host == null ? List.of(realm, read.group(1)) : List.of(realm, read.group(1), host));
        if (name == null) {
            return principal;
        }
        return name + (host == null || removesHost ? "" : "/" + host) + (removesRealm ? "" : "@" + realm);
    }

    private @Nullable String shortName(List<String> parts) {
        for (Rule rule : rules) {
            String name = rule.nameOf(parts, defaultRealm);
            if (name != null) {
                return NOT_SIMPLE.matcher(name).find() ? null : name;
            }
        }
        return null;
    }
}
