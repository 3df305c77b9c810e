package io.coord.netty.jute;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Stat;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes jute's encoding to the end of a buffer: field by field, but groups of numbers that nearly every reply has in one go, since the
 * JVM's compiler takes a buffer's checks anew for each field.
 */
public final class JuteWriter {

    private static final int NULL = -1;
    private static final int HEADER_BYTES = 4 + 8 + 4;

    private final byte[] numbers = new byte[Stats.BYTES];
    private ByteBuf out;

    /** Writes from the buffer's writer index on, which moves. */
    public JuteWriter(ByteBuf out) {
        this.out = out;
    }

    /** Goes on with another buffer: saves a writer for each. */
    public JuteWriter over(ByteBuf next) {
        out = next;
        return this;
    }

    /** A 32-bit number. */
    public JuteWriter int32(int value) {
        out.writeInt(value);
        return this;
    }

    /** A 64-bit number. */
    public JuteWriter int64(long value) {
        out.writeLong(value);
        return this;
    }

    /** A truth. */
    public JuteWriter bool(boolean value) {
        out.writeBoolean(value);
        return this;
    }

    /** A buffer, or null. */
    public JuteWriter bytes(@Nullable Bytes value) {
        if (value == null) {
            return int32(NULL);
        }
        int length = value.length();
        out.ensureWritable(4 + length);
        out.writeInt(length);
        if (length > 0) {
            value.putTo(out.internalNioBuffer(out.writerIndex(), length));
            out.writerIndex(out.writerIndex() + length);
        }
        return this;
    }

    /** A text, or null. */
    public JuteWriter string(@Nullable String value) {
        if (value == null) {
            return int32(NULL);
        }
        int at = out.writerIndex();
        out.writeInt(0);
        out.setInt(at, ByteBufUtil.writeUtf8(out, value));
        return this;
    }

    /** A list. */
    public <T> JuteWriter list(List<T> values, BiConsumer<JuteWriter, T> element) {
        int32(values.size());
        for (T value : values) {
            element.accept(this, value);
        }
        return this;
    }

    /** Texts. */
    public JuteWriter texts(List<String> values) {
        return list(values, JuteWriter::string);
    }

    /** An access control list. */
    public JuteWriter acl(List<Acl> values) {
        return list(values, JuteWriter::aclEntry);
    }

    private void aclEntry(Acl entry) {
        int32(entry.permissions()).string(entry.identity().scheme()).string(entry.identity().id());
    }

    /** A node's metadata. */
    public JuteWriter stat(Stat stat) {
        Stats.write(numbers, stat);
        out.writeBytes(numbers, 0, Stats.BYTES);
        return this;
    }

    /** The three numbers before a reply's body. */
    JuteWriter header(int xid, long zxid, int error) {
        Stats.int32(numbers, 0, xid);
        Stats.int64(numbers, 4, zxid);
        Stats.int32(numbers, 12, error);
        out.writeBytes(numbers, 0, HEADER_BYTES);
        return this;
    }

    /** Leaves room for a frame's length, and says where. */
    public int beginFrame() {
        int at = out.writerIndex();
        out.writeInt(0);
        return at;
    }

    /** Writes the length of a frame begun there and now complete. */
    public void endFrame(int at) {
        out.setInt(at, out.writerIndex() - at - 4);
    }
}
