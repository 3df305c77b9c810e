package io.coord.netty.zkserver;

import io.coord.Identity;
import io.coord.netty.jute.JuteWriter;
import java.util.List;

/**
 * Identities that the member is asked to take: once it has, the client is all of them (zk.A7); if it does not take them, the client is
 * parted from (zk.A8).
 */
final class Proof extends Asked<Boolean> {

    /** What is to be told of a refusal; its error is always that a proof has failed. */
    interface Refusing {
        void write(JuteWriter out, int xid);
    }

    private final Connection connection;
    private final Refusing refusing;
    private final List<Identity> all;

    Proof(
            Connection connection, int op, int xid, int bytes, ReplyForm<Boolean> form, Refusing refusing, long askedNanos,
            List<Identity> all) {
        super(connection, op, xid, bytes, form, askedNanos, false);
        this.connection = connection;
        this.refusing = refusing;
        this.all = all;
    }

    @Override
    void write(JuteWriter out) {
        if (isGranted()) {
            connection.identities(all);
            super.write(out);
        } else {
            connection.home().tally().unproven.incrementAndGet();
            refusing.write(out, xid);
        }
    }

    @Override
    boolean isFarewell() {
        return !isGranted();
    }
}
