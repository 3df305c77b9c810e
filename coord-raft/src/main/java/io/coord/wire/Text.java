package io.coord.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Strings as bytes, every string exactly: UTF-8, and a surrogate without its other half as the three bytes of its code unit.
 *
 * <p>Plain UTF-8 turns such a surrogate into a question mark. The leader would then judge the string it was given and the followers
 * another one: the members would come apart (rule.9).
 */
public final class Text {

    /** What the JDK puts in place of what it cannot read. */
    static final char REPLACEMENT = '\uFFFD';

    private Text() {}

    static ByteString toField(String text) {
        return UnsafeByteOperations.unsafeWrap(encode(text));
    }

    /** How many bytes {@link #encode} makes of a text. */
    public static int size(String text) {
        int size = 0;
        for (int i = 0; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            i += Character.charCount(codePoint);
            size += lengthOf(codePoint);
        }
        return size;
    }

    static byte[] encode(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return encodeSurrogates(text);
            }
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] encodeSurrogates(String text) {
        byte[] bytes = new byte[3 * text.length()];
        int length = 0;
        for (int i = 0; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            i += Character.charCount(codePoint);
            length = putCodePoint(bytes, length, codePoint);
        }
        return Arrays.copyOf(bytes, length);
    }

    private static int putCodePoint(byte[] bytes, int at, int codePoint) {
        int next = at;
        if (codePoint < 0x80) {
            bytes[next++] = (byte) codePoint;
        } else if (codePoint < 0x800) {
            bytes[next++] = (byte) (0xC0 | codePoint >> 6);
            bytes[next++] = continuation(codePoint);
        } else if (codePoint < 0x1_0000) {
            bytes[next++] = (byte) (0xE0 | codePoint >> 12);
            bytes[next++] = continuation(codePoint >> 6);
            bytes[next++] = continuation(codePoint);
        } else {
            bytes[next++] = (byte) (0xF0 | codePoint >> 18);
            bytes[next++] = continuation(codePoint >> 12);
            bytes[next++] = continuation(codePoint >> 6);
            bytes[next++] = continuation(codePoint);
        }
        return next;
    }

    private static byte continuation(int bits) {
        return (byte) (0x80 | bits & 0x3F);
    }

    static String ofField(ByteString field) {
        String text = field.toString(StandardCharsets.UTF_8);
        // A text of the Latin-1 range answers this without a search.
        return text.indexOf(REPLACEMENT) < 0 ? text : decodeSurrogates(field.toByteArray());
    }

    /**
     * The text in a part of an array.
     *
     * @throws IllegalArgumentException if the bytes are no text
     */
    static String decode(byte[] bytes, int offset, int length) {
        String text = new String(bytes, offset, length, StandardCharsets.UTF_8);
        return text.indexOf(REPLACEMENT) < 0
                ? text
                : decodeSurrogates(Arrays.copyOfRange(bytes, offset, offset + length));
    }

    /** The JDK put in a replacement: for damage, for a lone surrogate, or because the text holds one itself. */
    private static String decodeSurrogates(byte[] bytes) {
        StringBuilder text = new StringBuilder(bytes.length);
        for (int at = 0; at < bytes.length; ) {
            int codePoint = codePointAt(bytes, at);
            text.appendCodePoint(codePoint);
            at += lengthOf(codePoint);
        }
        String decoded = text.toString();
        // Two halves written apart, or a code point written too long, would read as something that is written otherwise.
        if (!Arrays.equals(encode(decoded), bytes)) {
            throw new IllegalArgumentException("a text of " + bytes.length + " bytes is not in canonical UTF-8");
        }
        return decoded;
    }

    private static int lengthOf(int codePoint) {
        return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x1_0000 ? 3 : 4;
    }

    private static int codePointAt(byte[] bytes, int at) {
        int first = bytes[at];
        if (first >= 0) {
            return first;
        }
        if ((first & 0xE0) == 0xC0) {
            return checked((first & 0x1F) << 6 | follower(bytes, at + 1), 2, bytes, at);
        }
        if ((first & 0xF0) == 0xE0) {
            int codePoint = (first & 0x0F) << 12 | follower(bytes, at + 1) << 6 | follower(bytes, at + 2);
            return checked(codePoint, 3, bytes, at);
        }
        if ((first & 0xF8) == 0xF0) {
            int codePoint = (first & 0x07) << 18
                    | follower(bytes, at + 1) << 12
                    | follower(bytes, at + 2) << 6
                    | follower(bytes, at + 3);
            return checked(codePoint, 4, bytes, at);
        }
        throw malformed(bytes, at);
    }

    private static int follower(byte[] bytes, int at) {
        if (at >= bytes.length || (bytes[at] & 0xC0) != 0x80) {
            throw malformed(bytes, at);
        }
        return bytes[at] & 0x3F;
    }

    private static int checked(int codePoint, int length, byte[] bytes, int at) {
        if (codePoint > Character.MAX_CODE_POINT || lengthOf(codePoint) != length) {
            throw malformed(bytes, at);
        }
        return codePoint;
    }

    private static IllegalArgumentException malformed(byte[] bytes, int at) {
        return new IllegalArgumentException("a text of " + bytes.length + " bytes is not UTF-8 at byte " + at);
    }
}
