package io.coord.storage;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage.Identity;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The identity file: whose storage it is, and the number that all files of its log carry. */
final class Owner {

    private static final long MAGIC = 0x434f5244_49444e54L;
    private static final int FIXED_BYTES = 8 + 4 + 8 + 8 + 4;

    private final TwinFile file;
    private @Nullable Identity identity;
    private long logId;

    Owner(Disk disk) {
        this.file = new TwinFile(disk, Names.IDENTITY, MAGIC);
    }

    /** Reads the file; false if no copy of it is whole. */
    boolean read() throws IOException {
        ByteBuffer body = file.read();
        if (body == null) {
            return false;
        }
        long clusterId = body.getLong();
        int member = body.getInt();
        long incarnation = body.getLong();
        logId = body.getLong();
        byte[] configuration = new byte[body.getInt()];
        body.get(configuration);
        identity = new Identity(clusterId, member, incarnation, Bytes.wrap(configuration));
        return true;
    }

    void make(Identity first) throws IOException {
        identity = first;
        logId = Chain.mix(Chain.mix(first.clusterId() ^ first.member()) ^ first.incarnation());
        file.make(body(first));
    }

    /** Makes a copy that was not whole anew. Nothing else is in doubt: the file was forced before it had its name. */
    void repair() throws IOException {
        if (identity != null && file.copiesBad() > 0) {
            file.save(body(identity));
            file.close();
        }
    }

    /** A new incarnation of the same member; its log stays what it is. */
    void renew(Identity renewed) throws IOException {
        identity = renewed;
        file.make(body(renewed));
    }

    @Nullable Identity identity() {
        return identity;
    }

    long logId() {
        return logId;
    }

    int copiesBad() {
        return file.copiesBad();
    }

    private ByteBuffer body(Identity whose) {
        ByteBuffer body = ByteBuffer.allocate(FIXED_BYTES + whose.configuration().length())
                .putLong(whose.clusterId())
                .putInt(whose.member())
                .putLong(whose.incarnation())
                .putLong(logId)
                .putInt(whose.configuration().length());
        whose.configuration().putTo(body);
        return body.flip();
    }
}
