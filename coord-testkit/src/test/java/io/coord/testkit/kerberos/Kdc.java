package io.coord.testkit.kerberos;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.kerby.kerberos.kerb.KrbException;
import org.apache.kerby.kerberos.kerb.identity.backend.BackendConfig;
import org.apache.kerby.kerberos.kerb.identity.backend.MemoryIdentityBackend;
import org.apache.kerby.kerberos.kerb.request.KrbIdentity;
import org.apache.kerby.kerberos.kerb.server.KdcConfig;
import org.apache.kerby.kerberos.kerb.server.KdcConfigKey;
import org.apache.kerby.kerberos.kerb.server.KdcContext;
import org.apache.kerby.kerberos.kerb.server.KdcHandler;
import org.apache.kerby.kerberos.kerb.server.KdcSetting;
import org.apache.kerby.kerberos.kerb.server.preauth.PreauthHandler;

/**
 * Apache Kerby's KDC of a {@link Realm}, on a port of loopback that the kernel chose. Its own server would bind a port that was free a while ago,
 * and set a property of the JVM, which is not ours.
 */
public final class Kdc implements AutoCloseable {

    private static final int MESSAGE_BYTES_MAX = 1 << 16;

    private final ServerSocket listener;
    private final KdcHandler handler;
    private final Thread server;

    private Kdc(ServerSocket listener, KdcHandler handler) {
        this.listener = listener;
        this.handler = handler;
        this.server = new Thread(this::serve, "kdc");
    }

    /** Serves the principals of a realm. */
    public static Kdc of(Realm realm, String... principals) throws IOException {
        try {
            MemoryIdentityBackend identities = new MemoryIdentityBackend();
            identities.initialize();
            String granting = "krbtgt/" + Realm.NAME;
            add(identities, realm, granting);
            for (String principal : principals) {
                add(identities, realm, principal);
            }
            KdcConfig config = new KdcConfig();
            config.setString(KdcConfigKey.KDC_REALM, Realm.NAME);
            config.setString(KdcConfigKey.ENCRYPTION_TYPES, Realm.TYPE.getName());
            KdcContext context = new KdcContext(new KdcSetting(config, new BackendConfig()));
            context.setIdentityService(identities);
            PreauthHandler preauthentication = new PreauthHandler();
            preauthentication.init();
            context.setPreauthHandler(preauthentication);
            Kdc kdc = new Kdc(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), new KdcHandler(context));
            kdc.server.start();
            return kdc;
        } catch (KrbException e) {
            throw new IOException(e);
        }
    }

    private static void add(MemoryIdentityBackend identities, Realm realm, String name) throws KrbException {
        KrbIdentity identity = new KrbIdentity(Realm.principal(name));
        identity.setKeyVersion(realm.key(name).getKvno());
        identity.addKey(realm.key(name));
        identities.addIdentity(identity);
    }

    private void serve() {
        while (!listener.isClosed()) {
            try (Socket client = listener.accept()) {
                client.setSoTimeout(5_000);
                DataInputStream in = new DataInputStream(client.getInputStream());
                int length = in.readInt();
                byte[] message = in.readNBytes(Math.min(Math.max(length, 0), MESSAGE_BYTES_MAX));
                ByteBuffer answer = handler.handleMessage(ByteBuffer.wrap(message), true, client.getInetAddress());
                byte[] bytes = new byte[answer.remaining()];
                answer.get(bytes);
                client.getOutputStream().write(bytes);
            } catch (IOException | KrbException e) {
                // this client will ask again, or not
            }
        }
    }

    /** Writes a {@code krb5.conf} by which a JVM finds it. */
    public Path configuration(Path file) throws IOException {
        return Files.writeString(file, """
                [libdefaults]
                  default_realm = %1$s
                  udp_preference_limit = 1
                  dns_lookup_kdc = false
                  dns_lookup_realm = false
                  dns_canonicalize_hostname = false
                [realms]
                  %1$s = {
                    kdc = 127.0.0.1:%2$d
                  }
                """.formatted(Realm.NAME, listener.getLocalPort()));
    }

    @Override
    public void close() throws IOException {
        listener.close();
        try {
            server.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
