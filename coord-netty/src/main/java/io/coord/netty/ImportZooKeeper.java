package io.coord.netty;

import io.coord.ConfigException;
import io.coord.Ensemble;
import io.coord.MemberId;
import io.coord.netty.zkfiles.StateFromZooKeeper;
import io.coord.netty.zkfiles.ZooKeeperImage;
import io.coord.runtime.Founding;
import io.coord.state.StateRoot;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Set;

/**
 * The command that moves an Apache ZooKeeper ensemble, version 3.5 to 3.9, to one of ours: reads the files of one of its servers and
 * writes the data directory that a member starts from.
 *
 * <p>Kept are all nodes with data, ACL and every field of their Stat, zxids too; sessions with their timeouts and passwords, so that
 * clients resume them or their ephemeral nodes expire; containers, times to live, quotas. New zxids begin at the next multiple of 2^32
 * above the last, so that no client ever sees one twice. Only {@code /zookeeper/config}, the list of ZooKeeper's own servers, is
 * emptied.
 *
 * <p>Run it once for each member, on the same files and with the same members: what it writes is a function of these, the cluster id
 * too, and members founded on different states refuse each other. ZooKeeper's files are not changed. A directory is written whole or not at
 * all.
 */
public final class ImportZooKeeper {

    /** How the command is called. */
    public static final String USAGE =
            """
            usage: import --from ZKDIR --data-dir DIR --id N --members MEMBERS [--txn-dir ZKLOGDIR] [--name TEXT] [--accept-gaps]
              --from ZKDIR        dataDir of a stopped ZooKeeper server, or a copy of it
              --txn-dir ZKLOGDIR  its dataLogDir, if zoo.cfg names one
              --data-dir DIR      the new member's data directory: not there yet, or empty
              --id N              the new member's number
              --members MEMBERS   all members, id=host:peerPort[:clientPort][:observer], separated by commas; the same for each of them
              --name TEXT         tells this import from a rehearsal on the same files; the same for each member
              --accept-gaps       imports what is there although transactions are missing
            """;

    private static final String FROM = "--from";
    private static final String LOGS = "--txn-dir";
    private static final String DATA = "--data-dir";
    private static final String ID = "--id";
    private static final String MEMBERS = "--members";
    private static final String NAME = "--name";
    private static final String ACCEPT_GAPS = "--accept-gaps";

    private ImportZooKeeper() {}

    /**
     * Runs the command.
     *
     * @param out is told what was imported
     * @param err is told what was wrong, and what to do
     * @return 0, or 1 if nothing was imported, or 2 if the arguments are no command
     */
    public static int run(List<String> arguments, PrintStream out, PrintStream err) {
        try {
            run(new MigrationArguments(arguments, Set.of(FROM, LOGS, DATA, ID, MEMBERS, NAME), Set.of(ACCEPT_GAPS)), out);
            return 0;
        } catch (MigrationArguments.Mistaken e) {
            err.println(e.getMessage());
            err.print(USAGE);
            return 2;
        } catch (ConfigException e) {
            err.println(e.getMessage());
            return 2;
        } catch (IOException | IllegalStateException e) {
            err.println(e.getMessage() == null ? e.toString() : e.getMessage());
            return 1;
        }
    }

    private static void run(MigrationArguments arguments, PrintStream out) throws IOException {
        Path from = arguments.directory(FROM);
        Path logs = arguments.has(LOGS) ? arguments.directory(LOGS) : from;
        Path data = arguments.directory(DATA);
        Ensemble ensemble = Ensemble.parse(arguments.required(MEMBERS));
        MemberId member = member(arguments.required(ID));
        ensemble.address(member);

        ZooKeeperImage image = ZooKeeperImage.read(from, logs, arguments.has(ACCEPT_GAPS));
        image.report().forEach(out::println);
        StateFromZooKeeper.Imported imported = StateFromZooKeeper.of(image, ensemble);
        StateRoot root = imported.root();
        String name = arguments.optional(NAME);
        long clusterId = clusterId(ensemble, root, name == null ? "" : name);
        Founding.directory(data, member, ensemble, clusterId, root);

        out.println("imported " + root.nodeCount() + " nodes and " + root.sessionCount() + " sessions into " + data);
        out.println("member " + member + " of cluster " + Long.toHexString(clusterId) + " goes on behind zxid 0x"
                + Long.toHexString(root.index()) + "; every member must show this cluster id");
        if (imported.ttlNodes() > 0) {
            out.println(imported.ttlNodes() + " nodes have a time to live, which goes on; to create more, set extendedTypes=true");
        }
    }

    private static MemberId member(String text) {
        try {
            return MemberId.of(Integer.parseInt(text));
        } catch (IllegalArgumentException e) {
            throw new MigrationArguments.Mistaken(ID + " " + text + " is no member's number, 1 to " + MemberId.MAX);
        }
    }

    /** From all that members must agree on: those that were given different states do not meet. */
    private static long clusterId(Ensemble ensemble, StateRoot root, String name) {
        String text = ensemble + "\n" + Long.toHexString(root.index()) + "\n" + Long.toHexString(root.digest()) + "\n" + name;
        byte[] hash = sha256().digest(text.getBytes(StandardCharsets.UTF_8));
        long id = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            id = id << 8 | hash[i] & 0xFF;
        }
        return id == 0 ? 1 : id;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Runs the command and ends the process. */
    public static void main(String... arguments) {
        System.exit(run(List.of(arguments), System.out, System.err));
    }
}
