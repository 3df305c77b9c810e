package io.coord.netty.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.event.Level;

class ConsoleLogsTest {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Logger logger = new ConsoleLogger(
            "io.coord.server", Level.INFO, new PrintStream(bytes, true, StandardCharsets.UTF_8));

    private String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void anEventIsALineWithTimeLevelNameAndWords() {
        logger.info("member {} serves: {}", 1, "clients");
        logger.error("member {} has to stop: {} {}", 2, "a", "b");
        assertThat(text().lines().toList()).satisfiesExactly(
                line -> assertThat(line)
                        .matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} INFO  server - member 1 serves: clients"),
                line -> assertThat(line).endsWith(" ERROR server - member 2 has to stop: a b"));
    }

    @Test
    void whatWasThrownStandsBelow() {
        logger.warn("{} could not run", "it", new IllegalStateException("why", new IllegalArgumentException("because")));
        assertThat(text())
                .contains(" WARN  server - it could not run" + System.lineSeparator() + "java.lang.IllegalStateException: why")
                .contains("at io.coord.netty.server.ConsoleLogsTest")
                .contains("Caused by: java.lang.IllegalArgumentException: because");
    }

    @Test
    void nothingIsSaidBelowTheLevel() {
        logger.debug("not");
        logger.trace("not");
        assertThat(text()).isEmpty();
        assertThat(logger.isInfoEnabled()).isTrue();
        assertThat(logger.isDebugEnabled()).isFalse();
    }

    @Test
    void nettyIsHeardFromWarningsOn() {
        ConsoleLogs logs = new ConsoleLogs();
        assertThat(logs.getLoggerFactory().getLogger("io.netty.util.Something").isInfoEnabled()).isFalse();
        assertThat(logs.getLoggerFactory().getLogger("io.netty.util.Something").isWarnEnabled()).isTrue();
        assertThat(logs.getLoggerFactory().getLogger("io.coord.netty.Something").isInfoEnabled()).isTrue();
    }
}
