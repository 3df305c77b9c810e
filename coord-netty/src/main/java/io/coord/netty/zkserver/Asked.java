package io.coord.netty.zkserver;

import io.coord.Outcome;
import io.coord.UnavailableException;
import io.coord.ensemble.spi.SessionPort;
import io.coord.netty.jute.JuteWriter;
import org.jspecify.annotations.Nullable;

/**
 * A request that the member has; once it is answered, its reply, waiting to be shown.
 *
 * @param <R> the kind of answer
 */
class Asked<R> implements SessionPort.Answer<R> {

    private final Connection connection;
    /** Number of its op code. */
    final int op;

    final int xid;
    /** Size of its frame. */
    final int bytes;
    private final ReplyForm<? super R> form;
    /** When it came. */
    final long askedNanos;
    /** Whether it is a write. */
    final boolean isUpdate;

    private @Nullable R value;
    private long zxid;
    private int error;

    Asked(Connection connection, int op, int xid, int bytes, ReplyForm<? super R> form, long askedNanos, boolean isUpdate) {
        this.connection = connection;
        this.op = op;
        this.xid = xid;
        this.bytes = bytes;
        this.form = form;
        this.askedNanos = askedNanos;
        this.isUpdate = isUpdate;
    }

    @Override
    public void granted(R value, long zxid) {
        this.value = value;
        this.zxid = zxid;
        connection.told(this);
    }

    @Override
    public void refused(Outcome.Refused refused, long zxid) {
        this.error = refused.refusal().code();
        this.zxid = zxid;
        connection.told(this);
    }

    /** There is no error for it on the wire: the connection is closed, which says that the outcome is unknown. */
    @Override
    public void failed(UnavailableException failure) {
        connection.detached(SessionPort.Parting.UNAVAILABLE, String.valueOf(failure.getMessage()));
    }

    /** The index of the state it was made from. */
    long zxid() {
        return zxid;
    }

    /** Whether it was not refused. */
    boolean isGranted() {
        return value != null;
    }

    /** Whether the client is parted from behind the reply. */
    boolean isFarewell() {
        return false;
    }

    /** Writes the reply. */
    void write(JuteWriter out) {
        R granted = value;
        if (granted == null) {
            ReplyForm.refused(out, xid, zxid, error);
        } else {
            form.write(out, xid, zxid, granted);
        }
    }
}
