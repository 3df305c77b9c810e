package io.coord.netty.zkclient;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.netty.jute.ConnectResponse;
import io.coord.netty.jute.JuteReader;
import io.coord.netty.jute.ReplyHeader;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class WireTest {

    private final List<String> heard = new ArrayList<>();
    private final Wire wire = new Wire(new ConnectString.Server("127.0.0.1", 2181), new Wire.Ear() {
        @Override
        public void opened(Wire opened) {
            heard.add("opened");
        }

        @Override
        public void connected(Wire connected, ConnectResponse response) {
            heard.add("connected");
        }

        @Override
        public void received(Wire from, ReplyHeader header, JuteReader body) {
            heard.add("received");
        }

        @Override
        public void lost(Wire lost, String reason) {
            heard.add("lost: " + reason);
        }
    });

    @Test
    @DisplayName("a connection that comes to be after it was given up asks for no session, which would take it from its successor")
    void aDialThatWasGivenUp() {
        wire.close("no answer in time");

        EmbeddedChannel channel = new EmbeddedChannel(wire);

        assertThat(channel.isOpen()).isFalse();
        assertThat(heard).containsExactly("lost: no answer in time");
    }
}
