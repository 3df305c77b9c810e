package io.coord.testkit.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coord.Acl;
import io.coord.Bytes;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a cluster did to a ZooKeeper: its transactions in order, and the tree they left. {@code traces/README.md} beside the recordings
 * describes the form.
 *
 * @param transactions in zxid order
 * @param tree the nodes left, without {@code /zookeeper/config}
 */
record Recording(List<Transaction> transactions, List<RecordedNode> tree) {

    /**
     * A line of the transaction log.
     *
     * @param line its number in the file, from 1
     * @param zxid of the recording
     * @param session the recording's id of it
     * @param cxid the client's count; 0 for what the server did by itself
     * @param type what was done
     * @param body the whole line
     */
    record Transaction(int line, long zxid, String session, long cxid, String type, JsonNode body) {
        String at() {
            return "line " + line + " (zxid 0x" + Long.toHexString(zxid) + ", " + type + ")";
        }
    }

    /** A node of the recorded tree, field by field. */
    record RecordedNode(
            String path,
            @Nullable Bytes data,
            List<Acl> acl,
            long czxid,
            long mzxid,
            long pzxid,
            int version,
            int cversion,
            int aversion,
            String ephemeralOwner,
            int dataLength,
            int numChildren) {}

    private static final String CONFIG_NODE = "/zookeeper/config";

    /** Reads both files. */
    static Recording read(BufferedReader trace, BufferedReader tree) throws IOException {
        return new Recording(transactions(trace), nodes(tree));
    }

    private static List<Transaction> transactions(BufferedReader in) throws IOException {
        ObjectMapper json = new ObjectMapper();
        List<Transaction> rows = new ArrayList<>();
        int line = 0;
        for (String text = in.readLine(); text != null; text = in.readLine()) {
            line++;
            if (!text.isBlank()) {
                JsonNode body = json.readTree(text);
                rows.add(new Transaction(
                        line,
                        required(body, "zxid", line).asLong(),
                        required(body, "session", line).asText(),
                        body.path("cxid").asLong(),
                        required(body, "type", line).asText(),
                        body));
            }
        }
        return rows;
    }

    private static JsonNode required(JsonNode body, String field, int line) {
        JsonNode value = body.get(field);
        if (value == null) {
            throw new IllegalArgumentException("line " + line + " of the recording has no field \"" + field + "\"");
        }
        return value;
    }

    private static List<RecordedNode> nodes(BufferedReader in) throws IOException {
        ObjectMapper json = new ObjectMapper();
        List<RecordedNode> nodes = new ArrayList<>();
        int line = 0;
        for (String text = in.readLine(); text != null; text = in.readLine()) {
            line++;
            if (!text.isBlank()) {
                RecordedNode node = node(json.readTree(text), line);
                if (!node.path().equals(CONFIG_NODE)) {
                    nodes.add(node);
                }
            }
        }
        return nodes;
    }

    private static RecordedNode node(JsonNode body, int line) {
        return new RecordedNode(
                required(body, "path", line).asText(),
                data(required(body, "data", line)),
                acl(required(body, "acl", line)),
                required(body, "czxid", line).asLong(),
                required(body, "mzxid", line).asLong(),
                required(body, "pzxid", line).asLong(),
                required(body, "version", line).asInt(),
                required(body, "cversion", line).asInt(),
                required(body, "aversion", line).asInt(),
                required(body, "ephemeralOwner", line).asText(),
                required(body, "dataLength", line).asInt(),
                required(body, "numChildren", line).asInt());
    }

    /** Base64 text, or null data. */
    static @Nullable Bytes data(JsonNode value) {
        return value.isNull() ? null : Bytes.wrap(Base64.getDecoder().decode(value.asText()));
    }

    /** {@code [[permissions, scheme, id], ...]}. */
    static List<Acl> acl(JsonNode value) {
        List<Acl> entries = new ArrayList<>();
        for (JsonNode entry : value) {
            entries.add(Acl.of(entry.get(0).asInt(), entry.get(1).asText(), entry.get(2).asText()));
        }
        return entries;
    }
}
