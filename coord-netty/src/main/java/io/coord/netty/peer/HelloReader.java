package io.coord.netty.peer;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** Gathers the bytes of a {@link Hello}, and not one more: what follows it stays in the buffer. */
final class HelloReader {

    private byte[] array = new byte[Hello.HEADER_BYTES];
    private int filled;

    /**
     * Takes what is there.
     *
     * @return the hello once it is complete
     * @throws IllegalArgumentException if it is none
     */
    @Nullable Hello read(ByteBuf in) {
        fill(in);
        if (filled == Hello.HEADER_BYTES && array.length == Hello.HEADER_BYTES) {
            int magic = (array[0] & 0xff) << 24 | (array[1] & 0xff) << 16 | (array[2] & 0xff) << 8 | array[3] & 0xff;
            int body = Hello.bodyLength(magic, (short) ((array[4] & 0xff) << 8 | array[5] & 0xff));
            byte[] whole = new byte[Hello.HEADER_BYTES + body];
            System.arraycopy(array, 0, whole, 0, filled);
            array = whole;
            fill(in);
        }
        return filled == array.length && filled > Hello.HEADER_BYTES ? Hello.decode(array) : null;
    }

    private void fill(ByteBuf in) {
        int n = Math.min(in.readableBytes(), array.length - filled);
        in.readBytes(array, filled, n);
        filled += n;
    }
}
