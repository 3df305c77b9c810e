package io.coord.netty.peer;

import io.coord.MemberId;
import io.netty.util.NetUtil;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a certificate must say to be a member's: that it is that member, by a subject alternative name
 * {@code URI:coord://<ensemble>/member/<id>}, and that it is on the host on which the member is listed. Being signed by a trusted
 * authority is not enough, or any member's key would be every member's (CVE-2023-44981 was a check of this kind that could be skipped).
 */
final class MemberCertificate {

    private static final String SCHEME = "coord";
    private static final int SAN_DNS = 2;
    private static final int SAN_URI = 6;
    private static final int SAN_IP = 7;

    private MemberCertificate() {}

    /**
     * What speaks against a certificate as that of a member, or null.
     *
     * @param ensemble which the certificate must name, null for any
     */
    static @Nullable String objection(X509Certificate certificate, MemberId member, @Nullable String ensemble) {
        List<String> uris = names(certificate, SAN_URI);
        String wanted = SCHEME + "://" + (ensemble == null ? "..." : ensemble) + "/member/" + member;
        return uris.stream().anyMatch(uri -> names(uri, member, ensemble))
                ? null
                : "its certificate does not name member " + member + ": of the alternative names " + uris + " none is " + wanted;
    }

    private static boolean names(String uri, MemberId member, @Nullable String ensemble) {
        try {
            URI parsed = new URI(uri);
            String authority = parsed.getRawAuthority() == null ? "" : parsed.getRawAuthority();
            return SCHEME.equalsIgnoreCase(parsed.getScheme())
                    && ("/member/" + member).equals(parsed.getRawPath())
                    && parsed.getRawQuery() == null
                    && parsed.getRawFragment() == null
                    && (ensemble == null || ensemble.equalsIgnoreCase(authority));
        } catch (URISyntaxException e) {
            return false;
        }
    }

    /**
     * What speaks against a certificate as one of a host, or null. The host is taken from the list of members, never from a reverse
     * look-up (CVE-2026-24281).
     */
    static @Nullable String objection(X509Certificate certificate, String host) {
        byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
        List<String> names = names(certificate, address == null ? SAN_DNS : SAN_IP);
        boolean named = names.stream()
                .anyMatch(name -> address == null
                        ? isHost(name, host)
                        : Arrays.equals(address, NetUtil.createByteArrayFromIpAddressString(name)));
        return named ? null : "its certificate does not name the host " + host + " that it is listed with, but " + names;
    }

    /** As RFC 6125: a wildcard stands for the whole first label, and only for that. */
    static boolean isHost(String pattern, String host) {
        String name = plain(pattern);
        String wanted = plain(host);
        if (name.startsWith("*.")) {
            int dot = wanted.indexOf('.');
            return dot > 0 && wanted.substring(dot).equals(name.substring(1)) && name.indexOf('.', 2) > 0;
        }
        return name.equals(wanted);
    }

    private static String plain(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }

    private static List<String> names(X509Certificate certificate, int type) {
        List<String> names = new ArrayList<>();
        try {
            Collection<List<?>> all = certificate.getSubjectAlternativeNames();
            if (all != null) {
                for (List<?> name : all) {
                    if (name.get(0).equals(type) && name.get(1) instanceof String text) {
                        names.add(text);
                    }
                }
            }
        } catch (CertificateParsingException e) {
            return List.of(); // names nobody
        }
        return names;
    }
}
