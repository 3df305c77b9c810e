package io.coord.netty;

import io.coord.netty.server.SettingsReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** The command that has the server which runs on a data directory write a backup: {@code backup DIRECTORY FILE}. */
final class BackupCommand {

    private static final String USAGE = """
            usage: backup DIRECTORY FILE
              DIRECTORY  the data directory of a server that runs, as it was told it; the server goes on meanwhile
              FILE       is made by the server, or replaced in one step; restore takes it""";

    private BackupCommand() {}

    /**
     * Runs the command.
     *
     * @param out is told of what moment the backup is
     * @param err is told what was wrong, and what to do
     * @return 0, or 1 if there is no backup, or 2 if the arguments are no command
     */
    static int run(List<String> arguments, PrintStream out, PrintStream err) {
        if (arguments.size() != 2) {
            err.println(USAGE);
            return 2;
        }
        try {
            Path directory = Path.of(arguments.get(0)).toAbsolutePath().normalize();
            Path file = Path.of(arguments.get(1)).toAbsolutePath().normalize();
            out.println(ask(BackupDoor.socket(SettingsReader.memberDirectory(directory)), directory, file));
            return 0;
        } catch (InvalidPathException e) {
            err.println("no path: " + e.getMessage());
            return 2;
        } catch (IOException e) {
            err.println("no backup was written: " + (e.getMessage() == null ? e.toString() : e.getMessage()));
            return 1;
        }
    }

    private static String ask(Path socket, Path directory, Path file) throws IOException {
        try (SocketChannel server = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            connect(server, socket, directory);
            return answer(server, file);
        } catch (UnsupportedOperationException e) {
            throw new IOException("this system has no sockets in directories; a process that embeds the member has Member.backupTo", e);
        }
    }

    private static String answer(SocketChannel server, Path file) throws IOException {
        boolean isWritten;
        String words;
        try {
            DataOutputStream out = new DataOutputStream(Channels.newOutputStream(server));
            DataInputStream in = new DataInputStream(Channels.newInputStream(server));
            out.writeInt(BackupDoor.MAGIC);
            out.writeUTF(file.toString());
            isWritten = in.readBoolean();
            words = in.readUTF();
        } catch (IOException e) {
            throw new IOException("the server ended before it was done, or has too many callers; ask again", e);
        }
        if (!isWritten) {
            throw new IOException(words);
        }
        return words;
    }

    private static void connect(SocketChannel server, Path socket, Path directory) throws IOException {
        try {
            server.connect(UnixDomainSocketAddress.of(socket));
        } catch (SocketException e) {
            String what = !Files.isDirectory(directory) ? "there is no directory " + directory
                    : Files.exists(socket) ? "the server of " + directory + " does not answer, or lets only its own user ask"
                    : "no server runs on " + directory + ", or not as you can see";
            throw new IOException(what + " (" + e.getMessage() + "). Name the directory as the server was told it, on the server's own machine"
                    + " and as its user; what a stopped member holds is written by export", e);
        }
    }
}
