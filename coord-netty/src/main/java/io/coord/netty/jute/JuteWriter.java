package io.coord.netty.jute;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Stat;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Writes jute's encoding to the end of a buffer, field by field, without a copy in between. */
public final class JuteWriter {

    private static final int NULL = -1;

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
        Stats.write(out, stat);
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
