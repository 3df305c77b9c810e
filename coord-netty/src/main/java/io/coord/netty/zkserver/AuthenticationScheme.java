package io.coord.netty.zkserver;

import io.coord.Bytes;
import io.coord.Identity;
import java.net.InetAddress;
import java.util.List;

/** Proves who a client is; only that, since what an identity may do is judged in the tree (rule.9). */
public interface AuthenticationScheme {

    /** What auth packets call it. */
    String name();

    /**
     * Whom the credentials prove the client to be.
     *
     * @param client where it comes from
     * @return the identities proven; none if the credentials are no good
     */
    List<Identity> prove(Bytes credentials, InetAddress client);
}
