package io.coord;

import org.jspecify.annotations.Nullable;

/**
 * What a znode holds at one moment: its data, null if it was created with null, and its {@link Stat}.
 *
 * @param data the data; null and empty are different
 * @param stat the metadata of the same moment
 */
public record Node(@Nullable Bytes data, Stat stat) implements ReadOutcome {

    /**
     * The data.
     *
     * @throws IllegalStateException if the node holds null; call {@link #data()} where that is expected
     */
    public Bytes bytes() {
        if (data == null) {
            throw new IllegalStateException("the node holds null data; call data() where null is expected");
        }
        return data;
    }

    /**
     * The data read as UTF-8.
     *
     * @throws IllegalStateException if the node holds null
     */
    public String text() {
        return bytes().utf8();
    }
}
