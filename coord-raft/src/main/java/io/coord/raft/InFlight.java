package io.coord.raft;

/** Unanswered append messages to one member: a ring of their last indexes and sizes. */
final class InFlight {

    private final long[] lastIndexes;
    private final long[] sizes;
    private final long bytesMax;
    private int head;
    private int count;
    private long bytes;

    InFlight(int messagesMax, long bytesMax) {
        lastIndexes = new long[messagesMax];
        sizes = new long[messagesMax];
        this.bytesMax = bytesMax;
    }

    boolean isFull() {
        return count == lastIndexes.length || bytes >= bytesMax;
    }

    int count() {
        return count;
    }

    void add(long lastIndex, long size) {
        if (isFull()) {
            throw new IllegalStateException("the window is full with " + count + " messages and " + bytes + " bytes");
        }
        int at = (head + count) % lastIndexes.length;
        lastIndexes[at] = lastIndex;
        sizes[at] = size;
        count++;
        bytes += size;
    }

    /** Messages up to an index are answered. */
    void freeThrough(long index) {
        while (count > 0 && lastIndexes[head] <= index) {
            bytes -= sizes[head];
            head = (head + 1) % lastIndexes.length;
            count--;
        }
    }

    void clear() {
        head = 0;
        count = 0;
        bytes = 0;
    }
}
