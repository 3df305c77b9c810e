package io.coord.wire;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Identity;
import io.coord.state.StateVisitor.Lifetime;
import io.coord.state.StateVisitor.NodeImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads what {@link NodeWriter} wrote. Equal access control lists of a whole snapshot come out as one object. */
final class NodeReader {

    private final Map<List<Acl>, List<Acl>> shared = new HashMap<>();
    private final List<List<Acl>> acls = new ArrayList<>();
    private byte[] path = new byte[256];
    private int pathLength;
    private long previousCzxid;
    private long previousCtime;

    NodeReader() {
        shared.put(Acl.OPEN, Acl.OPEN);
    }

    /** Begins a record. */
    void reset() {
        acls.clear();
        pathLength = 0;
        previousCzxid = 0;
        previousCtime = 0;
    }

    NodeImage read(RecordReader in) {
        int flags = in.octet();
        if ((flags & ~NodeWriter.KNOWN_FLAGS) != 0) {
            throw new IllegalArgumentException(
                    "a node with flags " + Integer.toBinaryString(flags) + "; format version 1 knows the lower six");
        }
        String text = path(in);
        Bytes data = (flags & NodeWriter.HAS_DATA) != 0 ? in.bytes() : null;
        List<Acl> acl = acl(in);
        long czxid = previousCzxid += in.signed();
        long mzxid = czxid + in.signed();
        long pzxid = czxid + in.signed();
        long ctime = previousCtime += in.signed();
        return new NodeImage(
                text,
                data,
                acl,
                czxid,
                mzxid,
                pzxid,
                ctime,
                ctime + in.signed(),
                in.signedInt(),
                in.signedInt(),
                in.signedInt(),
                (flags & NodeWriter.HAS_OWNER) != 0 ? in.fixed() : 0,
                lifetime(flags & NodeWriter.LIFETIME_MASK),
                (flags & NodeWriter.HAS_TTL) != 0 ? in.signed() : -1,
                (flags & NodeWriter.HAS_TOUCHED) != 0 ? in.signed() : 0);
    }

    private static Lifetime lifetime(int number) {
        return switch (number) {
            case 0 -> Lifetime.PERSISTENT;
            case 1 -> Lifetime.EPHEMERAL;
            case 2 -> Lifetime.CONTAINER;
            default -> Lifetime.TTL;
        };
    }

    private String path(RecordReader in) {
        int kept = in.octet();
        if (kept > pathLength) {
            throw new IllegalArgumentException(
                    "a path that shares " + kept + " bytes with the one before, which has " + pathLength);
        }
        int added = in.count();
        if (path.length < kept + added) {
            path = Arrays.copyOf(path, 2 * (kept + added));
        }
        in.copyTo(path, kept, added);
        pathLength = kept + added;
        return Text.decode(path, 0, pathLength);
    }

    private List<Acl> acl(RecordReader in) {
        long number = in.unsigned();
        if (number >= 0 && number < acls.size()) {
            return acls.get((int) number);
        }
        if (number != acls.size()) {
            throw new IllegalArgumentException("access control list " + Long.toUnsignedString(number)
                    + " is referred to where the record has " + acls.size());
        }
        List<Acl> read = newAcl(in);
        List<Acl> known = shared.putIfAbsent(read, read);
        acls.add(known == null ? read : known);
        return acls.get(acls.size() - 1);
    }

    private static List<Acl> newAcl(RecordReader in) {
        List<Acl> list = new ArrayList<>();
        for (int left = in.count(); left > 0; left--) {
            list.add(new Acl(in.signedInt(), new Identity(in.text(), in.text())));
        }
        return List.copyOf(list);
    }
}
