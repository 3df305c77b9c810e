package io.coord.netty;

import io.coord.MemberStatus;
import io.coord.ensemble.Member;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Where {@link BackupCommand} finds the server that runs on a data directory: a socket in that directory, below one that its owner alone
 * may enter. Who may ask is whom the system lets in there, who could take the files as well; nothing is reachable by network.
 *
 * <p>A request is {@link #MAGIC} and the file's absolute path; the reply is whether it was written, and a sentence. Each caller has a
 * thread for as long as it stays; one backup is written at a time.
 */
final class BackupDoor implements AutoCloseable {

    static final int MAGIC = 0x43424b31; // CBK1

    private static final int CALLERS_MAX = 8;
    private static final long PAUSE_MILLIS = 100;
    private static final long LAST_WORDS_MILLIS = 2_000;

    private final Member member;
    private final Path socket;
    private final ServerSocketChannel door;
    private final Map<SocketChannel, Thread> callers = new HashMap<>();
    private final AtomicBoolean isWriting = new AtomicBoolean();

    private BackupDoor(Member member, Path socket, ServerSocketChannel door) {
        this.member = member;
        this.socket = socket;
        this.door = door;
    }

    /** Where the socket of a member's directory is; hidden, so that it is none of the member's files. */
    static Path socket(Path memberDirectory) {
        return memberDirectory.resolve(".server").resolve("backup");
    }

    /**
     * Opens the door of a member that has its directory's lock.
     *
     * @throws IOException if the system has no such sockets, or the path is too long for one: there are no backups by command then
     */
    static BackupDoor open(Member member, Path memberDirectory) throws IOException {
        Path socket = socket(memberDirectory);
        Path chamber = socket.getParent();
        makeForOwnerAlone(chamber);
        Files.deleteIfExists(socket); // left by a process that was killed
        ServerSocketChannel door = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            door.bind(UnixDomainSocketAddress.of(socket));
        } catch (IOException | RuntimeException e) {
            try (door) {
                Files.deleteIfExists(chamber);
            } catch (IOException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
        BackupDoor opened = new BackupDoor(member, socket, door);
        daemon("coord-backup-door", opened::accept).start();
        return opened;
    }

    private static void makeForOwnerAlone(Path chamber) throws IOException {
        if (!chamber.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectories(chamber);
            return;
        }
        Set<PosixFilePermission> owners = PosixFilePermissions.fromString("rwx------");
        Files.createDirectories(chamber, PosixFilePermissions.asFileAttribute(owners));
        Files.setPosixFilePermissions(chamber, owners); // it may have been there
    }

    private static Thread daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    private void accept() {
        while (true) {
            try {
                admit(door.accept());
            } catch (IOException e) {
                if (!door.isOpen()) {
                    return;
                }
                pause(); // a caller that was gone before it was let in, or no descriptor left: the next may do better
            }
        }
    }

    private void pause() {
        synchronized (callers) {
            try {
                if (door.isOpen()) {
                    callers.wait(PAUSE_MILLIS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // nobody does; the door would be closed by it
            }
        }
    }

    private void admit(SocketChannel caller) throws IOException {
        synchronized (callers) {
            if (door.isOpen() && callers.size() < CALLERS_MAX) {
                Thread thread = daemon("coord-backup", () -> serve(caller));
                thread.start(); // it cannot leave before it is counted
                callers.put(caller, thread);
                return;
            }
        }
        caller.close();
    }

    private void serve(SocketChannel caller) {
        try (caller) {
            DataInputStream in = new DataInputStream(Channels.newInputStream(caller));
            DataOutputStream out = new DataOutputStream(Channels.newOutputStream(caller));
            if (in.readInt() != MAGIC) {
                return;
            }
            String file = in.readUTF();
            boolean isWritten = false;
            String words;
            try {
                words = backup(file);
                isWritten = true;
            } catch (IOException | IllegalArgumentException e) {
                words = told(e);
            }
            out.writeBoolean(isWritten);
            out.writeUTF(words);
        } catch (IOException e) {
            // The caller is gone, or the door closes: the caller tells, who is left.
        } finally {
            synchronized (callers) {
                callers.remove(caller);
                callers.notifyAll();
            }
        }
    }

    private String backup(String text) throws IOException {
        Path file = Path.of(text);
        MemberStatus status = member.status();
        if (!status.isServing()) {
            throw new IOException("member " + status.member() + " does not serve, so what it holds may be old or damaged. Ask another member,"
                    + " or wait: " + status.trouble().orElse("it is about to serve"));
        }
        if (!isWriting.compareAndSet(false, true)) {
            throw new IOException("another backup of this member is being written; ask again when it is done");
        }
        try {
            long zxid = member.backupTo(file);
            return "member " + status.member() + ", " + status.role().name().toLowerCase(Locale.ROOT) + ", as of zxid 0x"
                    + Long.toHexString(zxid) + ": " + Files.size(file) + " bytes in " + file;
        } finally {
            isWriting.set(false);
        }
    }

    private static String told(Exception e) {
        if (e instanceof NoSuchFileException missing) {
            return "there is no directory for " + missing.getFile() + "; make it";
        }
        if (e instanceof AccessDeniedException denied) {
            return "the server, which writes the backup, has no permission for " + denied.getFile();
        }
        if (e instanceof InvalidPathException invalid) {
            return "no path: " + invalid.getMessage();
        }
        if (e instanceof FileSystemException failed && failed.getReason() != null) {
            return failed.getFile() + ": " + failed.getReason();
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    /** Lets nobody in any more, and breaks off a backup that is being written, which leaves nothing behind. */
    @Override
    public void close() {
        try {
            door.close();
            Files.deleteIfExists(socket);
            Files.deleteIfExists(socket.getParent());
        } catch (IOException e) {
            // What is left there is deleted at the next start.
        }
        synchronized (callers) {
            callers.notifyAll();
            callers.values().forEach(Thread::interrupt);
            long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LAST_WORDS_MILLIS);
            boolean isInterrupted = false;
            long leftMillis = LAST_WORDS_MILLIS;
            while (!callers.isEmpty() && leftMillis > 0 && !isInterrupted) {
                try {
                    callers.wait(leftMillis);
                } catch (InterruptedException e) {
                    isInterrupted = true;
                }
                leftMillis = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
            }
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
