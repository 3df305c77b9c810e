package io.coord.testkit.sim;

import io.coord.member.PeerFrame;
import io.coord.member.PeerMessage;
import io.coord.raft.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The links between members. Each direction of each link is a thing of its own: it delays, loses, doubles, reorders and replays what it
 * carries, and may be cut.
 */
final class SimNetwork {

    /** Takes what arrives. */
    interface Receiver {
        void arrived(PeerFrame frame);

        /** A frame was refused, and the connection closed with it. */
        void refused(PeerFrame frame);
    }

    private static final long REPLAY_MEAN_NANOS = 3_000_000_000L;

    private final VirtualTime time;
    private final Chance chance;
    private final FaultTable faults;
    private final Receiver receiver;
    private final Codecs.Wire codec;
    private final int members;
    /** By sender times members plus receiver, both counted from 0. */
    private final int[] cuts;

    private final long[] lastArrivalNanos;

    private Profile.Network profile;
    private double encodedFrames;
    private long carried;
    private int corruptNext;
    private @Nullable Predicate<PeerFrame> lost;
    private @Nullable Predicate<PeerFrame> kept;
    private final List<PeerFrame> keptBack = new ArrayList<>();

    SimNetwork(
            VirtualTime time,
            Chance chance,
            FaultTable faults,
            Profile profile,
            Codecs.Wire codec,
            Receiver receiver) {
        this.time = time;
        this.chance = chance;
        this.faults = faults;
        this.profile = profile.network();
        this.encodedFrames = profile.encodedFrames();
        this.codec = codec;
        this.receiver = receiver;
        this.members = profile.seats();
        this.cuts = new int[members * members];
        this.lastArrivalNanos = new long[members * members];
    }

    /** How many frames were given to the network. */
    long carried() {
        return carried;
    }

    // ---- faults

    /** From now on messages fare like this. */
    void become(Profile.Network network) {
        profile = network;
    }

    /** Loses what a script wants lost; null for nothing. */
    void lose(@Nullable Predicate<PeerFrame> unwanted) {
        lost = unwanted;
    }

    /** Keeps back what a script wants kept, until {@link #release}. */
    void keep(Predicate<PeerFrame> wanted) {
        kept = wanted;
    }

    /** Lets go what was kept back, in order, whatever is cut meanwhile. */
    void release() {
        List<PeerFrame> frames = List.copyOf(keptBack);
        keptBack.clear();
        kept = null;
        frames.forEach(frame -> time.after(1, () -> receiver.arrived(frame)));
    }

    /** Flips bits of the next frames. */
    void corruptNext(int frames) {
        corruptNext += frames;
    }

    /** Cuts one direction of a link; it works again after as many {@link #mend}s as there were cuts. */
    void cut(int from, int to) {
        cuts[link(from, to)]++;
    }

    void mend(int from, int to) {
        cuts[link(from, to)] = Math.max(0, cuts[link(from, to)] - 1);
    }

    void mendAll() {
        java.util.Arrays.fill(cuts, 0);
    }

    boolean isCut(int from, int to) {
        return cuts[link(from, to)] > 0;
    }

    private int link(int from, int to) {
        return (from - 1) * members + to - 1;
    }

    // ---- carrying

    void send(PeerFrame frame) {
        carried++;
        int from = frame.from().id().value();
        int to = frame.to().value();
        if (from == to) {
            time.after(1, () -> receiver.arrived(frame));
            return;
        }
        if (lost != null && lost.test(frame)) {
            return;
        }
        if (kept != null && kept.test(frame)) {
            keptBack.add(frame);
            return;
        }
        if (corruptNext > 0) {
            corruptNext--;
            faults.count(Fault.CORRUPT_FRAME);
            codec.requireRefusal(frame, chance);
            faults.hit(Marker.FRAME_REFUSED);
            receiver.refused(frame);
            return;
        }
        if (chance.happens(profile.loss())) {
            faults.count(Fault.LOSS);
            return;
        }
        PeerFrame sent = chance.happens(encodedFrames) ? codec.through(frame) : frame;
        arriveOnce(from, to, sent);
        if (chance.happens(profile.duplication())) {
            faults.count(Fault.DUPLICATION);
            arrive(from, to, sent, time.nowNanos() + delay(sent));
        }
        if (chance.happens(profile.replay())) {
            faults.count(Fault.REPLAY);
            arrive(from, to, sent, time.nowNanos() + chance.exponential(REPLAY_MEAN_NANOS));
        }
    }

    private void arriveOnce(int from, int to, PeerFrame frame) {
        long atNanos = time.nowNanos() + delay(frame);
        int link = link(from, to);
        if (atNanos < lastArrivalNanos[link]) {
            if (chance.happens(profile.reordering())) {
                faults.count(Fault.REORDERING);
            } else {
                atNanos = lastArrivalNanos[link];
            }
        }
        lastArrivalNanos[link] = Math.max(atNanos, lastArrivalNanos[link]);
        arrive(from, to, frame, atNanos);
    }

    private long delay(PeerFrame frame) {
        long nanos = profile.latencyNanos() + chance.exponential(profile.jitterNanos());
        if (chance.happens(profile.spike())) {
            faults.count(Fault.DELAY_SPIKE);
            nanos += chance.exponential(profile.spikeNanos());
        }
        boolean bulk = frame.message() instanceof PeerMessage.Consensus consensus
                && consensus.message() instanceof Message.SnapshotChunk;
        return bulk ? 5 * nanos : nanos;
    }

    /** What is cut at the moment of arrival is lost: a cut severs what is on its way, too. */
    private void arrive(int from, int to, PeerFrame frame, long atNanos) {
        time.at(atNanos, () -> {
            if (cuts[link(from, to)] == 0) {
                receiver.arrived(frame);
            }
        });
    }
}
