package io.coord.netty.zkserver;

import io.coord.Bytes;
import io.coord.Identity;
import java.net.InetAddress;
import java.util.List;

/** {@code ip}: every client comes from somewhere, and has that identity from the start (zk.A6). */
public final class IpScheme implements AuthenticationScheme {

    /** The scheme. */
    public IpScheme() {}

    @Override
    public String name() {
        return "ip";
    }

    @Override
    public List<Identity> prove(Bytes credentials, InetAddress client) {
        return List.of(identity(client));
    }

    /** Whom a client acts as because of where it comes from. */
    static Identity identity(InetAddress client) {
        String text = client.getHostAddress();
        int zone = text.indexOf('%');
        return new Identity("ip", zone < 0 ? text : text.substring(0, zone));
    }
}
