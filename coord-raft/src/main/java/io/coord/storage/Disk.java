package io.coord.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * One flat directory of files: all that the storage asks of a disk, and all that a simulated one has to be cruel about.
 *
 * <p>Nothing is durable before it is forced: content by {@link DiskFile#force}, names by {@link #force}. No method retries.
 */
public interface Disk extends Closeable {

    /** Takes the directory into exclusive use, making it if need be; {@link #close} gives it back. */
    void lock() throws IOException;

    /** The names of the files, sorted. */
    List<String> list() throws IOException;

    /** Opens an existing file for reading and writing. */
    DiskFile open(String name) throws IOException;

    /** Opens a file for reading and writing that is new, or made empty. */
    DiskFile create(String name) throws IOException;

    /** Renames a file, in one step, over what had the name before. */
    void rename(String from, String to) throws IOException;

    /** Deletes a file, if there is one of this name. */
    void delete(String name) throws IOException;

    /** Makes the names durable. */
    void force() throws IOException;

    /** How much more could be written; {@link Long#MAX_VALUE} where nobody knows. */
    default long usableBytes() throws IOException {
        return Long.MAX_VALUE;
    }

    /** A buffer of the kind that this disk writes without a copy. */
    ByteBuffer buffer(int sizeBytes);

    /** The place of a file as a person would look for it. */
    String place(String name);

    /** The place of the directory. */
    String place();

    /** Ends use and releases the lock. */
    @Override
    void close() throws IOException;
}
