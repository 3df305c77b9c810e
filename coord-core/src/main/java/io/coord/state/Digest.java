package io.coord.state;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Outcome;
import io.coord.Stat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The 64-bit digests of the state's items. The state's digest is their sum, so that it does not depend on their order and follows a
 * change by one subtraction and one addition (rule.14).
 *
 * <p>Only contents go in, by arithmetic fixed here: no {@code hashCode} of a record or enum, which a JDK may change. It finds
 * divergence by error, not by malice.
 */
final class Digest {

    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private Digest() {}

    /** What a node adds, its family apart. */
    static long node(ZNode node) {
        long h = mix(1, text(node.path));
        h = mix(mix(h, bytes(node.data)), node.acl.digest);
        h = mix(mix(h, node.czxid), node.mzxid);
        h = mix(mix(h, node.ctime), node.mtime);
        h = mix(h, (long) node.version << 32 | node.aversion & 0xffffffffL);
        Life life = node.life;
        if (life != null) {
            h = mix(mix(h, lifetime(life.lifetime())), life.owner());
            h = mix(mix(h, life.ttlMillis()), life.touchedMillis());
        }
        return finish(h);
    }

    /** What a node's family adds; a node that never had a child adds 0, whether a family is there or not. */
    static long family(ZNode node) {
        if (!node.everHadChildren()) {
            return 0;
        }
        return finish(mix(mix(mix(2, text(node.path)), node.pzxid()), node.creations()));
    }

    static long session(SessionEntry session) {
        return session(attachment(session), session);
    }

    /** What of a session its commands do not change. */
    static long attachment(SessionEntry session) {
        long h = mix(mix(mix(3, session.id), bytes(session.passwordHash)), session.timeoutMillis);
        return mix(mix(mix(h, session.member.value()), session.attach), session.nonce);
    }

    static long session(long attachment, SessionEntry session) {
        return finish(mix(mix(attachment, session.lastNumber), session.ackedUpTo()));
    }

    static long outcome(long session, long number, Outcome outcome) {
        return finish(mix(mix(mix(4, session), number), outcome(outcome)));
    }

    static long highest(StateVisitor.HighestSession highest) {
        return finish(mix(mix(5, highest.member().value()), highest.session()));
    }

    static long settings(Settings settings) {
        long flags = (settings.extendedTypes() ? 1 : 0)
                | (settings.enforceQuota() ? 2 : 0)
                | (settings.skipAcl() ? 4 : 0);
        return finish(mix(mix(6, flags), settings.maxNeverUsedContainerMillis()));
    }

    /** A state with no change of members under way has the digest it had before there were such. */
    static long reconfiguration(@Nullable Reconfiguration pending) {
        if (pending == null) {
            return 0;
        }
        long h = mix(mix(8, pending.index()), text(pending.wanted()));
        return finish(mix(mix(h, pending.session()), pending.number()));
    }

    static long acl(List<Acl> entries) {
        long h = 7;
        for (Acl entry : entries) {
            h = mix(mix(h, entry.permissions()), text(entry.identity().scheme()));
            h = mix(h, text(entry.identity().id()));
        }
        return finish(h);
    }

    private static long outcome(Outcome outcome) {
        if (outcome instanceof Outcome.Created created) {
            return mix(stat(11, created.stat()), text(created.path()));
        }
        if (outcome instanceof Outcome.DataSet set) {
            return stat(12, set.stat());
        }
        if (outcome instanceof Outcome.AclSet set) {
            return stat(13, set.stat());
        }
        if (outcome instanceof Outcome.Refused refused) {
            return mix(mix(mix(14, refused.refusal().code()), text(refused.path())), text(refused.detail()));
        }
        if (outcome instanceof Outcome.Multi multi) {
            long h = 15;
            for (Outcome result : multi.results()) {
                h = mix(h, outcome(result));
            }
            return h;
        }
        if (outcome instanceof Outcome.Reconfigured done) {
            return mix(stat(19, done.stat()), bytes(done.data()));
        }
        if (outcome instanceof Outcome.Reconfiguring) {
            return 20;
        }
        return outcome instanceof Outcome.Deleted ? 16 : outcome instanceof Outcome.Checked ? 17 : 18;
    }

    private static long stat(long h, Stat stat) {
        h = mix(mix(mix(h, stat.czxid()), stat.mzxid()), stat.pzxid());
        h = mix(mix(mix(h, stat.ctime()), stat.mtime()), stat.version());
        h = mix(mix(mix(h, stat.cversion()), stat.aversion()), stat.ephemeralOwner());
        return mix(mix(h, stat.dataLength()), stat.numChildren());
    }

    private static int lifetime(StateVisitor.Lifetime lifetime) {
        return switch (lifetime) {
            case PERSISTENT -> 0;
            case EPHEMERAL -> 1;
            case CONTAINER -> 2;
            case TTL -> 3;
        };
    }

    private static long bytes(@Nullable Bytes bytes) {
        return bytes == null ? -1 : (long) bytes.length() << 32 | bytes.crc32c() & 0xffffffffL;
    }

    private static long text(String text) {
        int length = text.length();
        long h = length;
        int i = 0;
        for (; i + 4 <= length; i += 4) {
            long four = (long) text.charAt(i) << 48
                    | (long) text.charAt(i + 1) << 32
                    | (long) text.charAt(i + 2) << 16
                    | text.charAt(i + 3);
            h = mix(h, four);
        }
        long rest = 0;
        for (; i < length; i++) {
            rest = rest << 16 | text.charAt(i);
        }
        return mix(h, rest);
    }

    private static long mix(long h, long value) {
        long mixed = (h ^ value) * GOLDEN;
        return mixed ^ mixed >>> 29;
    }

    /** The finalizer of SplitMix64: items are added, so each must be spread over all bits. */
    private static long finish(long h) {
        h = (h ^ h >>> 30) * 0xBF58476D1CE4E5B9L;
        h = (h ^ h >>> 27) * 0x94D049BB133111EBL;
        return h ^ h >>> 31;
    }
}
