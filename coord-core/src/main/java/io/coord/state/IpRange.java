package io.coord.state;

import org.jspecify.annotations.Nullable;

/**
 * The ids of scheme {@code ip}: an address, or an address and the number of leading bits that count (zk.A6). IPv4 in dotted form, IPv6
 * in any form of RFC 4291. Parsed here, since the JDK's parser may ask a name server.
 */
final class IpRange {

    private IpRange() {}

    static boolean isValid(String range) {
        byte[] address = address(addressPart(range));
        return address != null && bits(range, address) >= 0;
    }

    /** Whether an address lies in a range; false if either is malformed or they are of different families. */
    static boolean contains(String range, String text) {
        byte[] wanted = address(addressPart(range));
        byte[] address = address(text);
        if (wanted == null || address == null || wanted.length != address.length) {
            return false;
        }
        int bits = bits(range, wanted);
        for (int i = 0; i < bits; i++) {
            int mask = 0x80 >>> (i & 7);
            if (((wanted[i >> 3] ^ address[i >> 3]) & mask) != 0) {
                return false;
            }
        }
        return bits >= 0;
    }

    private static String addressPart(String range) {
        int slash = range.indexOf('/');
        return slash < 0 ? range : range.substring(0, slash);
    }

    /** How many bits count, or -1 if the range says it wrongly. */
    private static int bits(String range, byte[] address) {
        int slash = range.indexOf('/');
        int most = address.length * 8;
        if (slash < 0) {
            return most;
        }
        int bits = number(range, slash + 1, range.length(), 10, 3);
        return bits <= most ? bits : -1;
    }

    private static byte @Nullable [] address(String text) {
        return text.indexOf(':') < 0 ? address4(text, 0) : address6(text);
    }

    private static byte @Nullable [] address4(String text, int from) {
        byte[] address = new byte[4];
        int start = from;
        for (int i = 0; i < 4; i++) {
            int dot = text.indexOf('.', start);
            int end = i == 3 ? text.length() : dot;
            int value = end < start || i == 3 && dot >= 0 ? -1 : number(text, start, end, 10, 3);
            if (value < 0 || value > 255) {
                return null;
            }
            address[i] = (byte) value;
            start = end + 1;
        }
        return address;
    }

    /** Groups before and after the one double colon that stands for zeros; the last two groups may be an IPv4 address. */
    private static byte @Nullable [] address6(String text) {
        int gap = text.indexOf("::");
        if (gap < 0) {
            byte[] all = groups(text);
            return all != null && all.length == 16 ? all : null;
        }
        byte[] head = groups(text.substring(0, gap));
        byte[] tail = groups(text.substring(gap + 2));
        if (head == null || tail == null || head.length + tail.length > 14) {
            return null;
        }
        byte[] address = new byte[16];
        System.arraycopy(head, 0, address, 0, head.length);
        System.arraycopy(tail, 0, address, 16 - tail.length, tail.length);
        return address;
    }

    private static byte @Nullable [] groups(String text) {
        byte[] bytes = new byte[16];
        int length = 0;
        int start = 0;
        while (start < text.length()) {
            int colon = text.indexOf(':', start);
            int end = colon < 0 ? text.length() : colon;
            byte[] group = colon < 0 && text.indexOf('.', start) >= 0 ? address4(text, start) : group(text, start, end);
            if (group == null || length + group.length > 16 || colon == text.length() - 1) {
                return null;
            }
            System.arraycopy(group, 0, bytes, length, group.length);
            length += group.length;
            start = end + 1;
        }
        return java.util.Arrays.copyOf(bytes, length);
    }

    private static byte @Nullable [] group(String text, int start, int end) {
        int value = number(text, start, end, 16, 4);
        return value < 0 ? null : new byte[] {(byte) (value >>> 8), (byte) value};
    }

    /** An unsigned number of one to so many ASCII digits, or -1. */
    private static int number(String text, int start, int end, int radix, int digitsMax) {
        if (end <= start || end - start > digitsMax) {
            return -1;
        }
        int value = 0;
        for (int i = start; i < end; i++) {
            char c = text.charAt(i);
            int digit = c < 0x80 ? Character.digit(c, radix) : -1;
            if (digit < 0) {
                return -1;
            }
            value = value * radix + digit;
        }
        return value;
    }
}
