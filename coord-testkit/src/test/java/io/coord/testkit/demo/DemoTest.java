package io.coord.testkit.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The demo sees every difference: each compared field of the recording is altered in turn. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DemoTest {

    private static final PrintStream SILENT = new PrintStream(OutputStream.nullOutputStream());

    private static String resource(String name) throws IOException {
        try (InputStream in = DemoTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static Recording recording(UnaryOperator<String> trace, UnaryOperator<String> tree) throws IOException {
        return Recording.read(
                new BufferedReader(new StringReader(trace.apply(resource("/traces/kafka-3.9-zookeeper.jsonl")))),
                new BufferedReader(new StringReader(tree.apply(resource("/traces/kafka-3.9-tree.jsonl")))));
    }

    @Test
    void theRecordingAsItIsLeavesNoDifference() throws IOException {
        assertThat(Demo.replayInMemory(recording(UnaryOperator.identity(), UnaryOperator.identity()), SILENT))
                .isEmpty();
    }

    private static Arguments tree(String path, String field, String before, String after) {
        return Arguments.of("tree", path, field, "\"path\":\"" + path + "\"", before, after);
    }

    private static Arguments trace(String path, String field, String line, String before, String after) {
        return Arguments.of("trace", path, field, line, before, after);
    }

    static Stream<Arguments> alterations() {
        String epoch = "/kafka/controller_epoch";
        String brokers = "/kafka/brokers";
        return Stream.of(
                tree(brokers, "path", "\"path\":\"/kafka/brokers\"", "\"path\":\"/kafka/brokerz\""),
                tree(brokers, "data", "\"data\":null", "\"data\":\"\""),
                tree(brokers, "acl", "[31,\"world\"", "[30,\"world\""),
                tree(brokers, "czxid", "\"czxid\":4294967310", "\"czxid\":4294967311"),
                tree(brokers, "mzxid", "\"mzxid\":4294967310", "\"mzxid\":4294967309"),
                tree(brokers, "pzxid", "\"pzxid\":4294967327", "\"pzxid\":4294967328"),
                tree(brokers, "version", "\"version\":0", "\"version\":1"),
                tree(brokers, "cversion", "\"cversion\":3", "\"cversion\":4"),
                tree(brokers, "aversion", "\"aversion\":0", "\"aversion\":1"),
                tree(brokers, "ephemeralOwner", "\"ephemeralOwner\":\"0x0\"", "\"ephemeralOwner\":\"0x1\""),
                tree(brokers, "dataLength", "\"dataLength\":0", "\"dataLength\":7"),
                tree(brokers, "numChildren", "\"numChildren\":3", "\"numChildren\":2"),
                trace("/kafka/brokers", "path", "\"zxid\":4294967310,", "\"/kafka/brokers\"", "\"/kafka/brokerz\""),
                trace("/kafka/brokers", "parentCVersion", "\"zxid\":4294967310,", "\"parentCVersion\":2", "\"parentCVersion\":3"),
                trace("/kafka/brokers", "data", "\"zxid\":4294967310,", "\"data\":null", "\"data\":\"AAAA\""),
                trace("/kafka/brokers", "acl", "\"zxid\":4294967310,", "[31,\"world\"", "[1,\"world\""),
                trace("/kafka/admin/delete_topics", "path", "\"zxid\":4294967324,", "\"ephemeral\":false", "\"ephemeral\":true"),
                trace("", "err", "\"zxid\":4294967301,", "\"err\":-110", "\"err\":-101"),
                trace("/kafka/brokers/ids/2", "result", "\"zxid\":4294967363,", "\"version\":1}", "\"version\":2}"),
                trace("", "err", "\"zxid\":4294967382,", "\"err\":-101", "\"err\":-110"),
                trace(epoch, "result", "\"zxid\":4294967382,", "\"version\":2", "\"version\":9"),
                trace("/kafka/latest_producer_id_block", "result", "\"zxid\":4294967496,", "\"version\":1", "\"version\":5"),
                trace("/kafka/brokers/ids/9", "paths", "\"type\":\"closeSession\"", "\"paths\":[]", "\"paths\":[\"/kafka/brokers/ids/9\"]"));
    }

    @ParameterizedTest(name = "{0}: {2} of {1}")
    @MethodSource("alterations")
    void anAlteredFieldIsNamedWithItsPath(
            String file, String path, String field, String line, String before, String after) throws IOException {
        UnaryOperator<String> altered = text -> alteredFirst(text, line, before, after);
        List<String> differences = Demo.replayInMemory(
                file.equals("tree")
                        ? recording(UnaryOperator.identity(), altered)
                        : recording(altered, UnaryOperator.identity()),
                SILENT);
        assertThat(differences)
                .as("%s altered: %s to %s", file, before, after)
                .anyMatch(found -> found.contains("path " + path) && found.contains("field " + field + ":"));
    }

    /** The text with one line altered: the first that holds the marker. */
    private static String alteredFirst(String text, String marker, String before, String after) {
        int at = text.indexOf(marker);
        int start = text.lastIndexOf('\n', at) + 1;
        int end = text.indexOf('\n', at);
        String line = text.substring(start, end);
        assertThat(line).as("the line with %s", marker).contains(before);
        return text.substring(0, start) + line.replaceFirst(java.util.regex.Pattern.quote(before),
                java.util.regex.Matcher.quoteReplacement(after)) + text.substring(end);
    }
}
