package io.coord.netty.zkserver;

import io.netty.channel.Channel;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The TLS handshakes under way at a member's ports. Where they are too many, the addresses share the room: whoever comes from one that
 * has less than another takes the place of the other's first, so that who is silent by the hundred keeps out at most its neighbours. Of
 * equals nobody gives way to who comes later: where many come at once, those under way get done, and the others come again. Any thread
 * may use it.
 */
final class Handshakes {

    /** In the order they came. */
    private final Map<Channel, InetAddress> underWay = new LinkedHashMap<>();
    private final Map<InetAddress, Integer> perAddress = new HashMap<>();

    /**
     * One begins.
     *
     * @param max how many there may be; 0 for any number
     * @return which one is to be closed since they are too many, perhaps this one; null for none. It counts no more.
     */
    synchronized @Nullable Channel begin(Channel channel, InetAddress from, int max) {
        underWay.put(channel, from);
        int own = perAddress.merge(from, 1, Integer::sum);
        if (max == 0 || underWay.size() <= max) {
            return null;
        }
        Channel leaving = channel;
        int most = 0;
        for (int each : perAddress.values()) {
            most = Math.max(most, each);
        }
        for (Map.Entry<Channel, InetAddress> each : underWay.entrySet()) {
            if (own < most && perAddress.getOrDefault(each.getValue(), 0) == most) {
                leaving = each.getKey();
                break;
            }
        }
        end(leaving);
        return leaving;
    }

    /**
     * One is done, or has failed.
     *
     * @return whether it was under way until now; not if it had given way
     */
    synchronized boolean end(Channel channel) {
        InetAddress from = underWay.remove(channel);
        if (from == null) {
            return false;
        }
        perAddress.computeIfPresent(from, (same, count) -> count == 1 ? null : count - 1);
        return true;
    }

    /** How many there are. */
    synchronized int count() {
        return underWay.size();
    }
}
