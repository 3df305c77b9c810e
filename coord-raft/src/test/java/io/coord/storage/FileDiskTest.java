package io.coord.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FileDiskTest {

    private static final String FULL_IN_GERMAN = "Auf dem Ger\u00e4t ist kein Speicherplatz mehr verf\u00fcgbar";
    private static final long NONE = 0;
    private static final long PLENTY = 1L << 30;

    private static boolean isForWantOfRoom(IOException e, long usableBytes) {
        return FileDisk.named(e, 4_096, usableBytes) instanceof NoRoomException;
    }

    @Test
    @DisplayName("fault.D11: a full disk is known by the room that is left, whatever language the system speaks")
    void aFullDiskIsKnownInAnyLanguage() {
        assertThat(isForWantOfRoom(new IOException(FULL_IN_GERMAN), NONE)).isTrue();
        assertThat(isForWantOfRoom(new FileSystemException("log", null, FULL_IN_GERMAN), NONE)).isTrue();
        assertThat(isForWantOfRoom(new IOException("No space left on device"), PLENTY)).as("by others since").isTrue();
        assertThat(isForWantOfRoom(new IOException("Disk quota exceeded"), PLENTY)).isTrue();
    }

    @Test
    @DisplayName("fault.D10: any other failure is one, and so is what is none of the system's")
    void anyOtherFailureIsOne() {
        assertThat(isForWantOfRoom(new IOException("Input/output error"), PLENTY)).isFalse();
        assertThat(isForWantOfRoom(new IOException(FULL_IN_GERMAN), Long.MAX_VALUE)).as("where nobody knows the room").isFalse();
        assertThat(isForWantOfRoom(new ClosedChannelException(), NONE)).isFalse();
        assertThat(isForWantOfRoom(new NoSuchFileException("log"), NONE)).isFalse();
    }
}
