package io.coord.testkit.kerberos;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import java.util.TreeMap;
import javax.security.auth.kerberos.KerberosPrincipal;
import javax.security.auth.kerberos.KerberosTicket;
import org.apache.kerby.kerberos.kerb.KrbCodec;
import org.apache.kerby.kerberos.kerb.KrbException;
import org.apache.kerby.kerberos.kerb.common.EncryptionUtil;
import org.apache.kerby.kerberos.kerb.crypto.EncryptionHandler;
import org.apache.kerby.kerberos.kerb.type.KerberosTime;
import org.apache.kerby.kerberos.kerb.type.base.EncryptedData;
import org.apache.kerby.kerberos.kerb.type.base.EncryptionKey;
import org.apache.kerby.kerberos.kerb.type.base.EncryptionType;
import org.apache.kerby.kerberos.kerb.type.base.KeyUsage;
import org.apache.kerby.kerberos.kerb.type.base.NameType;
import org.apache.kerby.kerberos.kerb.type.base.PrincipalName;
import org.apache.kerby.kerberos.kerb.type.base.TransitedEncoding;
import org.apache.kerby.kerberos.kerb.type.base.TransitedEncodingType;
import org.apache.kerby.kerberos.kerb.type.ticket.EncTicketPart;
import org.apache.kerby.kerberos.kerb.type.ticket.Ticket;
import org.apache.kerby.kerberos.kerb.type.ticket.TicketFlags;

/** Principals and their keys, drawn anew for each realm; and the tickets that whoever has the keys can make, honest or not. */
public final class Realm {

    /** Its name. */
    public static final String NAME = "COORD.TEST";

    static final EncryptionType TYPE = EncryptionType.AES256_CTS_HMAC_SHA1_96;
    private static final int VERSION = 1;

    private final Map<String, EncryptionKey> keys = new TreeMap<>();

    /** The principal {@code name@COORD.TEST} has a key, drawn when it is first asked for. */
    EncryptionKey key(String name) {
        return keys.computeIfAbsent(name, drawn -> draw());
    }

    private static EncryptionKey draw() {
        try {
            EncryptionKey key = EncryptionHandler.random2Key(TYPE);
            key.setKvno(VERSION);
            return key;
        } catch (KrbException e) {
            throw new IllegalStateException(e);
        }
    }

    static PrincipalName principal(String name) {
        PrincipalName principal = new PrincipalName(name + "@" + NAME, NameType.NT_PRINCIPAL);
        principal.setRealm(NAME);
        return principal;
    }

    /** Writes the keys of these principals to a file, as MIT Kerberos has it since version 1.0 (0x502). */
    public Path keyTab(Path file, String... names) {
        ByteArrayOutputStream table = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(table)) {
            out.writeShort(0x502);
            for (String name : names) {
                byte[] entry = entry(name);
                out.writeInt(entry.length);
                out.write(entry);
            }
            return Files.write(file, table.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] entry(String name) throws IOException {
        ByteArrayOutputStream entry = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(entry);
        String[] parts = name.split("/");
        out.writeShort(parts.length);
        out.writeUTF(NAME); // counted bytes, as the format has them
        for (String part : parts) {
            out.writeUTF(part);
        }
        out.writeInt(NameType.NT_PRINCIPAL.getValue());
        out.writeInt((int) Instant.now().getEpochSecond());
        out.writeByte(VERSION);
        out.writeShort(TYPE.getValue());
        out.writeShort(key(name).getKeyData().length);
        out.write(key(name).getKeyData());
        return entry.toByteArray();
    }

    /**
     * A ticket of a client's to a server, whose holder takes it to be good for an hour.
     *
     * @param keyOf by whose key it is sealed, which is the server's if it is honest
     * @param until when it really ends
     */
    public KerberosTicket ticket(String client, String server, String keyOf, Instant until) {
        Instant now = Instant.now();
        Instant from = now.isBefore(until) ? now : until.minusSeconds(3_600);
        EncryptionKey session = draw();
        EncTicketPart sealed = new EncTicketPart();
        sealed.setFlags(new TicketFlags(0));
        sealed.setKey(session);
        sealed.setCrealm(NAME);
        sealed.setCname(principal(client));
        TransitedEncoding transited = new TransitedEncoding();
        transited.setTrType(TransitedEncodingType.DOMAIN_X500_COMPRESS);
        transited.setContents(new byte[0]);
        sealed.setTransited(transited);
        sealed.setAuthTime(new KerberosTime(from.toEpochMilli()));
        sealed.setStartTime(new KerberosTime(from.toEpochMilli()));
        sealed.setEndTime(new KerberosTime(until.toEpochMilli()));
        try {
            EncryptedData data = EncryptionUtil.seal(sealed, key(keyOf), KeyUsage.KDC_REP_TICKET);
            data.setKvno(VERSION);
            Ticket ticket = new Ticket();
            ticket.setRealm(NAME);
            ticket.setSname(principal(server));
            ticket.setEncryptedEncPart(data);
            return new KerberosTicket(
                    KrbCodec.encode(ticket), new KerberosPrincipal(client + "@" + NAME), new KerberosPrincipal(server + "@" + NAME),
                    session.getKeyData(), TYPE.getValue(), new boolean[32], Date.from(now), Date.from(now), Date.from(now.plusSeconds(3_600)), null, null);
        } catch (KrbException e) {
            throw new IllegalStateException(e);
        }
    }
}
