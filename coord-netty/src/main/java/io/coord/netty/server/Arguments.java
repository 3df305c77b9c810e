package io.coord.netty.server;

import io.coord.ConfigException.Mistake;
import io.coord.ErrorCode;
import io.coord.NodePath;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A command line, taken apart.
 *
 * @param values of the options that were given: {@code --id}, {@code --members}, {@code --data-dir}, {@code --config}
 * @param properties of {@code --prop}, in the order given; the last of a name counts
 * @param isHelp whether help was asked for
 * @param isVersion whether the version was asked for
 * @param mistakes what could not be understood
 */
public record Arguments(
        Map<String, String> values, Map<String, String> properties, boolean isHelp, boolean isVersion, List<Mistake> mistakes) {

    static final String ID = "--id";
    static final String MEMBERS = "--members";
    static final String DATA_DIR = "--data-dir";
    static final String CONFIG = "--config";
    private static final String PROP = "--prop";
    private static final List<String> WITH_VALUE = List.of(ID, MEMBERS, DATA_DIR, CONFIG, PROP);

    /** What {@code --help} prints. */
    public static final String USAGE = """
            A member of a Coord ensemble, as a process.

              java -jar coord-server.jar --id 1 --members 1=localhost:7101:2181,2=localhost:7102:2182,3=localhost:7103:2183 \\
                                         --data-dir /var/lib/coord [--prop name=value]...
              java -jar coord-server.jar --config FILE [--prop name=value]...
              java -jar coord-server.jar import --from ZKDIR --data-dir DIR --id N --members LIST    from Apache ZooKeeper
              java -jar coord-server.jar export --data-dir DIR --to ZKDIR                            and back
              java -jar coord-server.jar backup DIRECTORY FILE                                       of a server that runs
              java -jar coord-server.jar inspect DIRECTORY                                           what a member's directory holds
              java -jar coord-server.jar restore BACKUP DIRECTORY MEMBER MEMBERS CLUSTER             a member's directory from a backup

              --id N            this member's number, 1 to 255; not needed where --members has one entry
              --members LIST    id=host:peerPort:clientPort[:observer], separated by commas; an odd number of voters, one for a
                                stand-alone member; a client port may be 0 for any free one. The member listens on its own host
              --data-dir DIR    where the member keeps everything; one directory for each member
              --config FILE     name=value lines: id, members, dataDir, settings; or a zoo.cfg of Apache ZooKeeper
              --prop NAME=VALUE a setting of ours (coord-core/docs/configuration.md), or of ZooKeeper by ZooKeeper's name; wins over
                                the file. insecure=true lets a host that is not loopback be reached without TLS
              --help, --version

            It stays in the foreground and logs to standard output. SIGTERM hands leadership over and ends it with 0. Exit codes:
            1 it could not start or had to stop, 2 what it was told makes no sense.
            """;

    /** Takes a command line apart: {@code --name value} and {@code --name=value} alike. */
    public static Arguments parse(List<String> words) {
        Map<String, String> values = new LinkedHashMap<>();
        Map<String, String> properties = new LinkedHashMap<>();
        List<Mistake> mistakes = new ArrayList<>();
        boolean help = false;
        boolean version = false;
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            int equals = word.indexOf('=');
            String name = word.startsWith("--") && equals > 0 ? word.substring(0, equals) : word;
            if (word.equals("--help") || word.equals("-h")) {
                help = true;
            } else if (word.equals("--version")) {
                version = true;
            } else if (!WITH_VALUE.contains(name)) {
                mistakes.add(mistake("there is no option " + quoted(word) + "; --help lists them"));
            } else if (name.equals(word) && (i + 1 == words.size() || words.get(i + 1).startsWith("--"))) {
                mistakes.add(mistake(name + " has no value; write " + name + " " + example(name)));
            } else {
                String value = name.equals(word) ? words.get(++i) : word.substring(equals + 1);
                take(name, value, values, properties, mistakes);
            }
        }
        return new Arguments(values, properties, help, version, mistakes);
    }

    private static void take(
            String name, String value, Map<String, String> values, Map<String, String> properties, List<Mistake> mistakes) {
        if (!name.equals(PROP)) {
            if (values.put(name, value) != null) {
                mistakes.add(mistake(name + " is given twice; give it once"));
            }
            return;
        }
        int equals = value.indexOf('=');
        if (equals <= 0) {
            mistakes.add(mistake("--prop " + quoted(value) + " is not name=value, such as --prop sessionTimeout=10s"));
        } else {
            properties.put(value.substring(0, equals).strip(), value.substring(equals + 1).strip());
        }
    }

    private static String example(String name) {
        return switch (name) {
            case ID -> "1";
            case MEMBERS -> "1=localhost:7101:2181";
            case DATA_DIR -> "/var/lib/coord";
            case CONFIG -> "coord.properties";
            default -> "sessionTimeout=10s";
        };
    }

    private static String quoted(String text) {
        return "\"" + NodePath.printable(text) + "\"";
    }

    private static Mistake mistake(String text) {
        return new Mistake(ErrorCode.BAD_ARGUMENT, text);
    }
}
