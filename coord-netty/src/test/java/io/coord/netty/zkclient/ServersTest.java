package io.coord.netty.zkclient;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ServersTest {

    @Test
    @DisplayName("fault.C5: each address of a name is tried, in whatever order a name service gives them")
    void eachAddressIsTriedInWhateverOrderTheyAreGiven() throws Exception {
        ConnectString.Server server = ConnectString.parse("somewhere:2181").servers().get(0);
        InetAddress a = InetAddress.getByName("192.0.2.1");
        InetAddress b = InetAddress.getByName("192.0.2.200");
        Servers servers = new Servers(List.of(server), new Random(1));

        InetAddress first = servers.choose(server, new InetAddress[] {a, b});
        InetAddress second = servers.choose(server, new InetAddress[] {b, a});

        assertThat(Set.of(first, second)).containsExactlyInAnyOrder(a, b);
    }
}
