package io.coord.runtime;

import io.coord.Bytes;
import io.coord.Identity;
import io.coord.MemberConfig;
import io.coord.MemberStatus;
import io.coord.Operation;
import io.coord.ensemble.spi.SessionPort;
import io.coord.ensemble.spi.Storage;
import io.coord.member.Input;
import io.coord.member.MemberCore;
import io.coord.member.SessionTerms;
import io.coord.state.Reader;
import io.coord.state.StateRoot;
import io.coord.state.WatchTable;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;

/** A member, as its front ends see it. */
final class Port implements SessionPort {

    private static final Reader OVERSEER = new Reader(0, List.of(new Identity("super", "")));

    private final RunningMember member;
    private final MemberLoop loop;
    private final MemberConfig config;
    private final DoorLimits limits;

    Port(RunningMember member, MemberLoop loop, MemberConfig config) {
        this.member = member;
        this.loop = loop;
        this.config = config;
        this.limits = DoorLimits.of(config);
    }

    @Override
    public MemberStatus status() {
        return member.status();
    }

    @Override
    public MemberConfig config() {
        return config;
    }

    @Override
    public long appliedIndex() {
        return loop.root().index();
    }

    @Override
    public boolean isWithoutQuorum() {
        return loop.view().withoutQuorum();
    }

    @Override
    public Census census() {
        StateRoot root = loop.root();
        WatchTable.Counts watched = loop.view().watches();
        int[] ephemerals = {0};
        root.forEachSession(session -> ephemerals[0] += session.hasEphemerals() ? session.ephemerals().size() : 0);
        return new Census(
                root.nodeCount(),
                ephemerals[0],
                root.dataBytes(),
                root.sessionCount(),
                watched.watches(),
                watched.paths(),
                watched.watchers(),
                loop.view().localSessions());
    }

    @Override
    public Measured measured() {
        return member.measured();
    }

    @Override
    public SortedMap<Long, Living> sessions() {
        SortedMap<Long, Living> living = new TreeMap<>();
        loop.root().forEachSession(session ->
                living.put(session.id(), new Living(session.timeoutMillis(), session.ephemerals())));
        return living;
    }

    @Override
    public CompletionStage<Map<Long, List<String>>> watchedPaths() {
        return loop.look(MemberCore::watchedPaths);
    }

    @Override
    public CompletionStage<SortedMap<Long, Long>> digests() {
        return loop.look(MemberCore::digests);
    }

    @Override
    public Storage.DiskUse diskUse() throws IOException {
        return member.diskUse();
    }

    @Override
    public String membership() {
        Bytes text = loop.root().read(new Operation.GetData("/zookeeper/config"), OVERSEER).data();
        return text == null ? "" : text.utf8();
    }

    @Override
    public Bytes newPassword() {
        return member.newPassword();
    }

    @Override
    public Attachment open(Client client, Duration timeout, Bytes password, List<Identity> identities, Terms terms) {
        Guest guest = new Guest(loop, client, limits, identities);
        guest.enter(caller -> new Input.Open(
                caller, millis(timeout), Passwords.hash(password), identities, false, of(terms)));
        return guest;
    }

    @Override
    public Attachment resume(
            Client client, long session, Duration timeout, Bytes password, List<Identity> identities, Terms terms) {
        Guest guest = new Guest(loop, client, limits, identities);
        guest.enter(caller -> new Input.Resume(
                caller, session, millis(timeout), Passwords.hash(password), identities, false, -1, of(terms)));
        return guest;
    }

    private static SessionTerms of(Terms terms) {
        return new SessionTerms(terms.mayReadOnly(), terms.isLocal(), terms.isUpgradable());
    }

    private static int millis(Duration timeout) {
        return (int) Math.max(0, Math.min(timeout.toMillis(), Integer.MAX_VALUE));
    }
}
