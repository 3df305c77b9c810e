package io.coord.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import io.coord.Bytes;
import java.io.IOException;
import java.io.UncheckedIOException;

/** What all formats do with protobuf alike. */
final class Fields {

    private Fields() {}

    /** Shares the bytes: they are copied once, into the array of the whole message. */
    static ByteString share(Bytes bytes) {
        return bytes.length() == 0 ? ByteString.EMPTY : UnsafeByteOperations.unsafeWrap(bytes.asByteBuffer());
    }

    static Bytes copy(ByteString field) {
        return Bytes.wrap(field.toByteArray());
    }

    /** Writes a message behind so many bytes left free. */
    static byte[] write(MessageLite message, int bytesBefore) {
        int size = message.getSerializedSize();
        byte[] array = new byte[bytesBefore + size];
        writeInto(message, array, bytesBefore, size);
        return array;
    }

    static void writeInto(MessageLite message, byte[] array, int offset, int size) {
        CodedOutputStream out = CodedOutputStream.newInstance(array, offset, size);
        try {
            message.writeTo(out);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        out.checkNoSpaceLeft();
    }

    /**
     * Reads a message from an array that nobody writes to any more; its byte fields are views of the array.
     *
     * @throws IllegalArgumentException if the bytes are no such message
     */
    static <M> M read(Parser<M> parser, byte[] array, int offset, String what) {
        return read(parser, UnsafeByteOperations.unsafeWrap(array, offset, array.length - offset), what);
    }

    static <M> M read(Parser<M> parser, ByteString bytes, String what) {
        CodedInputStream in = bytes.newCodedInput();
        in.enableAliasing(true);
        try {
            M message = parser.parseFrom(in);
            in.checkLastTagWas(0);
            return message;
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException(what + " of " + bytes.size() + " bytes cannot be read: " + e.getMessage(), e);
        }
    }

    /** Refuses a field that this version does not know: skipping it could change what is meant (fault.D19). */
    static void refuseUnknown(Message message) {
        refuseUnknown(message, Integer.MAX_VALUE);
    }

    /** As {@link #refuseUnknown(Message)}, for fields numbered below a bound. */
    static void refuseUnknown(Message message, int below) {
        if (message.getUnknownFields() == message.getUnknownFields().getDefaultInstanceForType()) {
            return;
        }
        for (int number : message.getUnknownFields().asMap().keySet()) {
            if (number < below) {
                throw new IllegalArgumentException("field " + number + " of "
                        + message.getDescriptorForType().getName() + " is unknown to format version 1");
            }
        }
    }

    static void require(boolean present, String field) {
        if (!present) {
            throw missing(field);
        }
    }

    static IllegalArgumentException missing(String field) {
        return new IllegalArgumentException(field + " is missing or of a kind unknown to format version 1");
    }

    /** Refuses what this version of the code cannot write, which only an unfinished change can bring about. */
    static IllegalArgumentException unwritable(Object value) {
        return new IllegalArgumentException("format version 1 has no form for a " + value.getClass().getName());
    }
}
