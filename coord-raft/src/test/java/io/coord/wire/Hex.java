package io.coord.wire;

import io.coord.Bytes;
import java.util.HexFormat;

/** Bytes as people read them. */
final class Hex {

    private Hex() {}

    static String of(Bytes bytes) {
        return HexFormat.of().formatHex(bytes.toArray());
    }

    static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }
}
