package io.coord.netty;

import io.coord.netty.server.SettingsReader;
import io.coord.netty.zkfiles.SnapshotWriter;
import io.coord.runtime.StoppedMember;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The command that writes what a stopped member holds as a directory that Apache ZooKeeper 3.5 to 3.9 starts from: the way back.
 *
 * <p>Kept are all nodes with data, ACL and every field of their Stat, zxids too, and sessions with their timeouts. ZooKeeper makes a
 * session's password of its id and ours are random, so that only sessions which ZooKeeper opened can be resumed there; the others
 * expire, and their ephemeral nodes with them.
 */
public final class ExportZooKeeper {

    /** How the command is called. */
    public static final String USAGE =
            """
            usage: export --data-dir DIR --to ZKDIR
              --data-dir DIR  the data directory of a stopped member, as its server was told it
              --to ZKDIR      what zoo.cfg is to call dataDir: not there yet, or empty
            """;

    private static final String DATA = "--data-dir";
    private static final String TO = "--to";

    private ExportZooKeeper() {}

    /**
     * Runs the command.
     *
     * @param out is told what was exported
     * @param err is told what was wrong, and what to do
     * @return 0, or 1 if nothing was exported, or 2 if the arguments are no command
     */
    public static int run(List<String> arguments, PrintStream out, PrintStream err) {
        try {
            run(new MigrationArguments(arguments, Set.of(DATA, TO), Set.of()), out);
            return 0;
        } catch (MigrationArguments.Mistaken e) {
            err.println(e.getMessage());
            err.print(USAGE);
            return 2;
        } catch (IOException | IllegalArgumentException | IllegalStateException e) {
            err.println(e.getMessage() == null ? e.toString() : e.getMessage());
            return 1;
        }
    }

    private static void run(MigrationArguments arguments, PrintStream out) throws IOException {
        StoppedMember member = StoppedMember.read(SettingsReader.memberDirectory(arguments.directory(DATA)));
        Path file = SnapshotWriter.write(member.root(), arguments.directory(TO));
        member.findings().forEach(out::println);
        out.println("exported " + member.root().nodeCount() + " nodes and " + member.root().sessionCount() + " sessions of member "
                + member.member() + " of cluster " + Long.toHexString(member.clusterId()) + " to " + file);
        out.println("its log ends with index 0x" + Long.toHexString(member.root().index()) + " of term " + member.lastTerm()
                + "; of several members, export the one with the highest term, then index");
    }

    /** Runs the command and ends the process. */
    public static void main(String... arguments) {
        System.exit(run(List.of(arguments), System.out, System.err));
    }
}
