package io.coord.state;

import io.coord.Acl;
import io.coord.ConfigException.Mistake;
import io.coord.Identity;
import io.coord.Operation;
import io.coord.Outcome.Refused;
import io.coord.Refusal;
import java.util.ArrayList;
import java.util.List;

/** The refusals in words: the fact, what was seen and what would have done. Part of the replicated state, so they never vary. */
final class Refusals {

    private static final int SHOWN_MAX = 100;
    private static final int SCHEMES_SHOWN_MAX = 10;
    private static final int MISTAKES_SHOWN_MAX = 600;
    private static final int ENDS_SHOWN_MAX = 200;

    private Refusals() {}

    static Refused badPath(String path, String violation) {
        return new Refused(Refusal.BAD_ARGUMENTS, path, "not a path: " + violation);
    }

    static Refused ephemeralOnLocalSession(String path) {
        return new Refused(
                Refusal.EPHEMERAL_ON_LOCAL_SESSION,
                path,
                "the session is its member's alone, which cannot own ephemeral nodes; let members upgrade local sessions, or do without those");
    }

    static Refused noNode(String path) {
        return new Refused(Refusal.NO_NODE, path, "no such node");
    }

    /** Of a read, and so the one that is not of the replicated state. */
    static Refused tooMuchToRead(String path) {
        return new Refused(
                Refusal.BAD_ARGUMENTS,
                path,
                "what is to be read at once has more than " + Operation.MultiRead.BYTES_MAX + " bytes, by this node at the latest; read less");
    }

    static Refused noParent(String path) {
        return new Refused(Refusal.NO_NODE, path, "its parent " + Paths.parentOf(path) + " does not exist; create that first");
    }

    static Refused noParentToDeleteFrom(String path) {
        return new Refused(Refusal.NO_NODE, path, "no such node, nor its parent " + Paths.parentOf(path));
    }

    static Refused nodeExists(String path) {
        return new Refused(Refusal.NODE_EXISTS, path, "the node exists already; set its data, or create it elsewhere");
    }

    static Refused noAuth(String path, String where, int permission, List<Identity> identities) {
        return new Refused(
                Refusal.NO_AUTH,
                path,
                "needs " + permission(permission) + " on " + where + ", which its ACL grants to none of "
                        + schemes(identities));
    }

    static Refused badVersion(String path, String what, int found, int expected) {
        return new Refused(
                Refusal.BAD_VERSION,
                path,
                what + " is " + found + ", not " + expected + " as expected; read it again and decide again");
    }

    static Refused notEmpty(String path, int children) {
        return new Refused(
                Refusal.NOT_EMPTY, path, "the node has " + children + " children; delete those first");
    }

    static Refused ephemeralParent(String path) {
        return new Refused(
                Refusal.NO_CHILDREN_FOR_EPHEMERALS,
                path,
                "its parent " + Paths.parentOf(path) + " is ephemeral and may not have children");
    }

    static Refused quota(String path, Quota quota, String what, long wanted, long most) {
        return new Refused(
                Refusal.QUOTA_EXCEEDED,
                path,
                "the hard quota of " + quota.path() + " allows " + most + " " + what + ", this would make it " + wanted);
    }

    static Refused invalidAcl(String path, String violation) {
        return new Refused(Refusal.INVALID_ACL, path, violation);
    }

    static Refused tooMuchOfAuth(String path, long bytes) {
        return invalidAcl(path, "the identities that scheme auth stands for would have " + bytes + " bytes so far in this write, the limit is "
                + Acls.EXPANSION_MAX);
    }

    static Refused noReconfiguration() {
        return new Refused(
                Refusal.UNIMPLEMENTED,
                CoordState.CONFIG_NODE,
                "the address of some member is not known to the ensemble; members are changed where every one has an address");
    }

    static Refused reconfigurationInProgress(Reconfiguration pending) {
        return new Refused(
                Refusal.RECONFIG_IN_PROGRESS,
                CoordState.CONFIG_NODE,
                "a change to the members " + pending.wanted() + " is under way; wait for it, then decide again");
    }

    static Refused otherConfiguration(long found, long expected) {
        return new Refused(
                Refusal.BAD_VERSION,
                CoordState.CONFIG_NODE,
                "the configuration is of 0x" + Long.toHexString(found) + ", not of 0x" + Long.toHexString(expected)
                        + " as expected; read it again and decide again");
    }

    /** The first of them: the list they are in may be long, as may be each member. */
    static Refused badMembers(List<Mistake> mistakes) {
        StringBuilder text = new StringBuilder();
        if (mistakes.size() > 1) {
            text.append(mistakes.size()).append(" mistakes:\n  ");
        }
        String separator = "";
        for (Mistake mistake : mistakes) {
            text.append(separator);
            separator = "\n  ";
            if (text.length() > MISTAKES_SHOWN_MAX) {
                text.append("...");
                break;
            }
            text.append(ends(mistake.toString()));
        }
        return new Refused(Refusal.BAD_ARGUMENTS, CoordState.CONFIG_NODE, text.toString());
    }

    static Refused tooLongAList(String members) {
        return new Refused(
                Refusal.BAD_ARGUMENTS,
                CoordState.CONFIG_NODE,
                "the list of members has " + members.length() + " characters, the limit is " + Members.TEXT_MAX);
    }

    private static String permission(int permission) {
        return switch (permission) {
            case Acl.READ -> "READ";
            case Acl.WRITE -> "WRITE";
            case Acl.CREATE -> "CREATE";
            case Acl.DELETE -> "DELETE";
            case Acl.ADMIN -> "ADMIN";
            default -> "READ or ADMIN";
        };
    }

    /** A text that may have any length, or the beginning of it: a refusal is kept by every member until it is acknowledged. */
    static String cut(String text) {
        return text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + "...";
    }

    /** A text that says at its beginning what is wrong, and at its end what to do. */
    private static String ends(String text) {
        return text.length() <= 2 * ENDS_SHOWN_MAX
                ? text
                : text.substring(0, ENDS_SHOWN_MAX) + "..." + text.substring(text.length() - ENDS_SHOWN_MAX);
    }

    /** Schemes only: an id may hold the hash of a password. */
    private static String schemes(List<Identity> identities) {
        if (identities.isEmpty()) {
            return "the session's identities; it has none";
        }
        List<String> schemes = new ArrayList<>();
        for (Identity identity : identities) {
            if (schemes.size() == SCHEMES_SHOWN_MAX) {
                schemes.add("...");
                break;
            }
            schemes.add(cut(identity.scheme()));
        }
        return "the session's " + identities.size() + " identities " + schemes;
    }
}
