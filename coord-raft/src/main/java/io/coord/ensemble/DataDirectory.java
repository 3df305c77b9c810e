package io.coord.ensemble;

import io.coord.Ensemble;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.runtime.Backups;
import io.coord.runtime.Founding;
import io.coord.storage.Inspection;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;

/** A member's data directory while the member does not run: what it holds, whether that is whole, and how it is made from a backup. */
public final class DataDirectory {

    private static final String USAGE = """
            usage: inspect DIRECTORY
                   restore BACKUP DIRECTORY MEMBER MEMBERS CLUSTER
            inspect   lists a data directory, and tells what is wrong with it; changes nothing
            restore   writes a member's data directory from a backup; run it for each member, with the same CLUSTER:
                      a hexadecimal number, or new for the first""";

    private DataDirectory() {}

    /**
     * What a data directory holds.
     *
     * @param directory which
     * @param contents a line for each file: segments with their indexes and terms, snapshots, identity, term and vote
     * @param findings a sentence for each thing that is wrong, with file and offset; empty if everything is whole
     */
    public record Report(Path directory, List<String> contents, List<String> findings) {
        /** Keeps immutable copies. */
        public Report {
            contents = List.copyOf(contents);
            findings = List.copyOf(findings);
        }

        /** Whether nothing is wrong. */
        public boolean isWhole() {
            return findings.isEmpty();
        }
    }

    /**
     * Looks at a data directory and verifies every check in it. Opens nothing for writing; of a member that runs, the file it writes to
     * may look torn. Costs a read of all of it.
     *
     * @throws IOException if the directory cannot be listed
     */
    public static Report inspect(Path directory) throws IOException {
        Inspection.Result result = Inspection.of(directory);
        return new Report(directory, result.contents(), result.findings());
    }

    /** An id for the ensemble that a backup is restored to: take one, and give it to each {@link #restore}. */
    public static long newClusterId() {
        return Founding.newClusterId();
    }

    /**
     * Writes a member's data directory from a backup that {@link Member#backupTo} made. Call it for each member of the ensemble, with
     * the same backup, ensemble and cluster id, then start them. Zxids go on from the next multiple of 2^32 above all that were issued;
     * sessions are ended. Forced on return.
     *
     * @param backup the file
     * @param directory that is not there yet, or empty
     * @param member whose directory it is to be
     * @param ensemble the members of the restored ensemble, which may be others than before
     * @param clusterId of the restored ensemble, which is another one, so that members of the former are no peers of it
     * @return the zxid that the restored state shows
     * @throws IOException if the backup is damaged, the directory is not empty, or it cannot be written; then there is no directory
     * @throws io.coord.ConfigException if the protobuf-java that is loaded is too old; nothing was touched
     */
    public static long restore(Path backup, Path directory, MemberId member, Ensemble ensemble, long clusterId) throws IOException {
        return Backups.restore(backup, directory, member, ensemble, clusterId);
    }

    /**
     * Runs a command: {@code inspect DIRECTORY} or {@code restore BACKUP DIRECTORY MEMBER MEMBERS CLUSTER}.
     *
     * @param arguments the command's words
     * @param out takes what is found
     * @param err takes what went wrong
     * @return 0, or 1 if something is wrong, or 2 if this is no command
     */
    public static int run(List<String> arguments, PrintStream out, PrintStream err) {
        try {
            if (arguments.size() == 2 && arguments.get(0).equals("inspect")) {
                return print(inspect(Path.of(arguments.get(1))), out);
            }
            if (arguments.size() == 6 && arguments.get(0).equals("restore")) {
                return restore(arguments, out);
            }
            err.println(USAGE);
            return 2;
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            return 2;
        } catch (NoSuchFileException e) {
            err.println("there is no " + e.getFile());
            return 1;
        } catch (NotDirectoryException e) {
            err.println(e.getFile() + " is no directory");
            return 1;
        } catch (AccessDeniedException e) {
            err.println("there is no permission for " + e.getFile());
            return 1;
        } catch (IOException e) {
            err.println(e.getMessage() == null ? e.toString() : e.getMessage());
            return 1;
        }
    }

    private static MemberId member(String word) {
        try {
            return MemberId.of(Integer.parseInt(word));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("member \"" + NodePath.printable(word) + "\" is no number from 1 to " + MemberId.MAX, e);
        }
    }

    private static long cluster(String word) {
        try {
            return word.equals("new") ? newClusterId() : Long.parseUnsignedLong(word, 16);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "cluster \"" + NodePath.printable(word) + "\" is neither a hexadecimal number nor new", e);
        }
    }

    private static int print(Report report, PrintStream out) {
        report.contents().forEach(out::println);
        report.findings().forEach(finding -> out.println("WRONG " + finding));
        out.println(report.isWhole() ? "whole" : report.findings().size() + " findings");
        return report.isWhole() ? 0 : 1;
    }

    private static int restore(List<String> arguments, PrintStream out) throws IOException {
        MemberId member = member(arguments.get(3));
        Ensemble ensemble = Ensemble.parse(arguments.get(4));
        long clusterId = cluster(arguments.get(5));
        long zxid = restore(Path.of(arguments.get(1)), Path.of(arguments.get(2)), member, ensemble, clusterId);
        out.println("member " + member + " of cluster " + Long.toHexString(clusterId) + " goes on behind zxid 0x" + Long.toHexString(zxid));
        return 0;
    }
}
