package io.coord.netty.zkserver;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Commands of four letters, which stand where a frame's length would (zk.W16). */
public interface FourLetterWords {

    /** Whether the four bytes are a command. */
    boolean isWord(int bytes);

    /** How many bytes belong to a command behind its letters. */
    int argumentBytes(int word);

    /**
     * What the client is told before its connection is closed.
     *
     * @param argument what stands behind the letters, 0 if nothing does
     * @param port where it asks
     * @param later where an answer that takes a while is put into words
     */
    CompletionStage<String> answer(int word, long argument, ClientPort port, Executor later);
}
