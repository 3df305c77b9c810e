package io.coord.raft;

import io.coord.Bytes;

/** A command that is a word. */
record Text(String word) implements CommandPayload {

    @Override
    public Bytes bytes() {
        return Bytes.utf8(word);
    }

    @Override
    public int sizeBytes() {
        return word.length();
    }

    @Override
    public String toString() {
        return word;
    }
}
