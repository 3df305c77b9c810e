package io.coord.netty.zkserver;

/** Commands of four letters, which stand where a frame's length would (zk.W16). */
public interface FourLetterWords {

    /** Whether the four bytes are a command. */
    boolean isWord(int bytes);

    /**
     * What the client is told before its connection is closed.
     *
     * @param port where it asks
     */
    String answer(String word, ClientPort port);
}
