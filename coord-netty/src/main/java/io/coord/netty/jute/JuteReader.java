package io.coord.netty.jute;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Identity;
import io.coord.Stat;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads jute's encoding from a buffer, field by field, and never beyond its end. Allocates in proportion to what there is to read,
 * whatever lengths are claimed.
 *
 * <p>Each method throws {@link MalformedRecordException} if the bytes are not what it reads.
 */
public final class JuteReader {

    private static final int NULL = -1;

    private ByteBuf in;

    /** Reads from the buffer's reader index on, which moves. */
    public JuteReader(ByteBuf in) {
        this.in = in;
    }

    /** Goes on with another buffer: saves a reader for each frame. */
    public JuteReader over(ByteBuf next) {
        in = next;
        return this;
    }

    /** How many bytes are left. */
    public int remaining() {
        return in.readableBytes();
    }

    private void require(int bytes, String what) {
        if (in.readableBytes() < bytes) {
            throw new MalformedRecordException(
                    "the record ends within " + what + ": " + in.readableBytes() + " of " + bytes + " bytes are there");
        }
    }

    /** A 32-bit number. */
    public int int32() {
        require(4, "an int");
        return in.readInt();
    }

    /** A 64-bit number. */
    public long int64() {
        require(8, "a long");
        return in.readLong();
    }

    /** A truth: any byte but 0 is true. */
    public boolean bool() {
        require(1, "a boolean");
        return in.readByte() != 0;
    }

    /** A buffer, or null, which is another thing than an empty one (zk.W17). */
    public @Nullable Bytes bytes() {
        int length = length("a buffer");
        if (length == NULL) {
            return null;
        }
        byte[] array = new byte[length];
        in.readBytes(array);
        return Bytes.wrap(array);
    }

    /** A text, or null. */
    public @Nullable String string() {
        int length = length("a string");
        if (length == NULL) {
            return null;
        }
        if (length == 0) {
            return "";
        }
        String text = in.toString(in.readerIndex(), length, StandardCharsets.UTF_8);
        in.skipBytes(length);
        return text;
    }

    /** A text that must be there. */
    public String text() {
        String text = string();
        if (text == null) {
            throw new MalformedRecordException("a string is null that must not be");
        }
        return text;
    }

    private int length(String what) {
        int length = int32();
        if (length < NULL) {
            throw new MalformedRecordException("the length of " + what + " is " + length);
        }
        if (length > 0) {
            require(length, what);
        }
        return length;
    }

    /** A list, empty if it is null: no record tells the two apart. */
    public <T> List<T> list(int elementBytesMin, Function<JuteReader, T> element) {
        List<T> list = listOrNull(elementBytesMin, element);
        return list == null ? List.of() : list;
    }

    /** A list, or null. */
    public <T> @Nullable List<T> listOrNull(int elementBytesMin, Function<JuteReader, T> element) {
        int count = int32();
        if (count <= 0) {
            return count == NULL ? null : List.of();
        }
        if (count > in.readableBytes() / elementBytesMin) {
            throw new MalformedRecordException(
                    "a list of " + count + " elements is claimed, but only " + in.readableBytes() + " bytes are left");
        }
        List<T> list = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            list.add(element.apply(this));
        }
        return Collections.unmodifiableList(list);
    }

    /** Texts that must be there. */
    public List<String> texts() {
        return list(4, JuteReader::text);
    }

    /** An access control list; null reads as empty, and a null scheme or id as an empty text: all are refused alike (zk.C5). */
    public List<Acl> acl() {
        return list(12, JuteReader::aclEntry);
    }

    /** An access control list that may not be null: a part of a multi is unreadable then (zk.W13), where a create of its own is refused. */
    List<Acl> aclOfPart() {
        List<Acl> acl = listOrNull(12, JuteReader::aclEntry);
        if (acl == null) {
            throw new MalformedRecordException("the access control list of a create inside a multi is null");
        }
        return acl;
    }

    private Acl aclEntry() {
        int permissions = int32();
        String scheme = string();
        String id = string();
        return new Acl(permissions, new Identity(scheme == null ? "" : scheme, id == null ? "" : id));
    }

    /** A node's metadata. */
    public Stat stat() {
        require(Stats.BYTES, "a Stat");
        return Stats.read(in);
    }
}
