package io.coord.ensemble;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Ensemble;
import io.coord.Identity;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.RejectedException;
import io.coord.Session;
import io.coord.UnavailableException;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import io.coord.WatchMode;
import io.coord.ensemble.spi.FrontEnd;
import io.coord.ensemble.spi.SessionPort;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a door for clients may ask of its member, and in which order it is told. */
@Timeout(30)
class FrontEndTest {

    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);
    private static final Bytes PASSWORD = Bytes.utf8("sixteen bytes !!");

    /** A door that lets in whoever calls {@link #connect}. */
    private static final class OpenDoor implements FrontEnd {
        private @Nullable SessionPort port;
        private boolean closed;

        @Override
        public void open(SessionPort port) {
            this.port = port;
        }

        @Override
        public void close() {
            closed = true;
        }

        Visitor connect(Duration timeout) {
            Visitor visitor = new Visitor();
            visitor.attachment = port.open(visitor, timeout, PASSWORD, List.of(), SessionPort.Terms.OF_ENSEMBLE);
            return visitor;
        }

        Visitor reconnect(long session, Bytes password) {
            Visitor visitor = new Visitor();
            visitor.attachment = port.resume(visitor, session, TEN_SECONDS, password, List.of(), SessionPort.Terms.OF_ENSEMBLE);
            return visitor;
        }
    }

    /** A client that writes down what it is shown: everything told, at the flush. */
    private static final class Visitor implements SessionPort.Client {
        private final List<Object> told = new ArrayList<>();
        private final BlockingQueue<Object> shown = new LinkedBlockingQueue<>();
        private final List<Object> granted = new CopyOnWriteArrayList<>();
        private volatile long session;
        private SessionPort.@Nullable Attachment attachment;

        @Override
        public void attached(long session, Duration timeout, boolean isReadOnly) {
            this.session = session;
            told.add("attached for " + timeout.toMillis() + " ms");
        }

        @Override
        public void fired(WatchEvent event) {
            told.add(event);
        }

        @Override
        public void detached(SessionPort.Parting why, String reason) {
            told.add(why);
        }

        @Override
        public void flush() {
            shown.addAll(told);
            told.clear();
        }

        Object next() throws InterruptedException {
            return String.valueOf(shown.poll(10, SECONDS));
        }

        SessionPort.@Nullable View view() {
            return attachment.view();
        }

        <R> SessionPort.Answer<R> answer(String name) {
            return new SessionPort.Answer<>() {
                @Override
                public void granted(R value, long zxid) {
                    granted.add(value);
                    told.add(name + " granted at " + Long.toHexString(zxid));
                }

                @Override
                public void refused(Outcome.Refused refused, long zxid) {
                    told.add(name + " refused: " + refused.refusal());
                }

                @Override
                public void failed(UnavailableException failure) {
                    told.add(name + " failed");
                }
            };
        }
    }

    private static Operation.Create create(String path) {
        return new Operation.Create(path, Bytes.EMPTY, CreateMode.PERSISTENT, Acl.OPEN, Operation.NO_TTL);
    }

    private static Member.Builder member() {
        return Member.builder(MemberId.of(1), Ensemble.parse("1=localhost:7100"));
    }

    @Test
    @DisplayName("rule.1: a client is shown events before the answer to the write that caused them, with the zxid of its state")
    void eventsComeBeforeAnswers() throws Exception {
        OpenDoor door = new OpenDoor();
        try (Member member = member().frontEnd(door).start()) {
            Visitor visitor = door.connect(TEN_SECONDS);
            assertThat(visitor.next()).isEqualTo("attached for 10000 ms");
            visitor.attachment.addWatch("/", WatchMode.PERSISTENT_RECURSIVE, visitor.answer("watch"));
            visitor.attachment.submit(create("/a"), visitor.answer("create"));
            visitor.attachment.submit(create("/a"), visitor.answer("again"));
            visitor.attachment.submit(new Operation.GetData("/a"), visitor.answer("read"));
            String opened = String.valueOf(visitor.next());
            assertThat(opened).startsWith("watch granted at ");
            long zxid = Long.parseLong(opened.substring(opened.lastIndexOf(' ') + 1), 16);
            assertThat(visitor.next()).asString().contains("CREATED").contains("path=/a");
            assertThat(visitor.next()).isEqualTo("create granted at " + Long.toHexString(zxid + 1));
            assertThat(visitor.next()).isEqualTo("again refused: NODE_EXISTS");
            assertThat(visitor.next()).isEqualTo("read granted at " + Long.toHexString(zxid + 2));
        }
        assertThat(door.closed).isTrue();
    }

    @Test
    void whatTheDoorRefusesIsAnsweredInItsTurn() throws Exception {
        OpenDoor door = new OpenDoor();
        MemberConfig config = MemberConfig.DEFAULT.withMaxDataBytes(10);
        try (Member member = member().config(config).frontEnd(door).start()) {
            Visitor visitor = door.connect(TEN_SECONDS);
            visitor.next();
            visitor.attachment.submit(create("/a"), visitor.answer("before"));
            visitor.attachment.submit(
                    new Operation.SetData("/a", Bytes.wrap(new byte[11]), -1), visitor.answer("large"));
            visitor.attachment.submit(create("/b"), visitor.answer("after"));
            assertThat(visitor.next()).asString().startsWith("before granted");
            assertThat(visitor.next()).isEqualTo("large refused: BAD_ARGUMENTS");
            assertThat(visitor.next()).asString().startsWith("after granted");
        }
    }

    @Test
    @DisplayName("zk.X4: an entry of scheme auth counts as the identities it stands for, those too that were just asked for")
    void whatSchemeAuthStandsForCounts() throws Exception {
        OpenDoor door = new OpenDoor();
        try (Member member = member().frontEnd(door).start()) {
            Visitor visitor = door.connect(TEN_SECONDS);
            visitor.next();
            List<Acl> five = new ArrayList<>();
            for (int permissions = 1; permissions <= 5; permissions++) {
                five.add(Acl.of(permissions, "auth", ""));
            }
            visitor.attachment.identify(List.of(Identity.digest("x".repeat(1_000_000) + ":secret")), visitor.answer("identify"));
            visitor.attachment.submit(
                    new Operation.Create("/a", Bytes.EMPTY, CreateMode.PERSISTENT, five, -1), visitor.answer("five"));
            visitor.attachment.submit(
                    new Operation.Create("/a", Bytes.EMPTY, CreateMode.PERSISTENT, five.subList(0, 1), -1), visitor.answer("one"));

            assertThat(visitor.next()).asString().startsWith("identify granted");
            assertThat(visitor.next()).isEqualTo("five refused: BAD_ARGUMENTS");
            assertThat(visitor.next()).asString().startsWith("one granted");
        }
    }

    @Test
    @DisplayName("rule.3: a view shows what was answered, as the identities see it that were answered last; none without a session")
    void aViewIsReadFromWithoutAsking() throws Exception {
        OpenDoor door = new OpenDoor();
        try (Member member = member().frontEnd(door).start()) {
            Visitor visitor = door.connect(TEN_SECONDS);
            visitor.next();
            List<Acl> bobs = List.of(new Acl(Acl.ALL, Identity.digest("bob:secret")));
            visitor.attachment.submit(
                    new Operation.Create("/bobs", Bytes.utf8("b"), CreateMode.EPHEMERAL, bobs, -1), visitor.answer("create"));
            String created = String.valueOf(visitor.next());
            SessionPort.View stranger = visitor.view();
            assertThat(created).isEqualTo("create granted at " + Long.toHexString(stranger.zxid()));
            assertThatThrownBy(() -> stranger.read(new Operation.GetData("/bobs"))).isInstanceOf(RejectedException.NoAuthException.class);
            assertThat(stranger.read(new Operation.GetEphemerals("/"))).containsExactly("/bobs");
            assertThat(visitor.view()).isSameAs(stranger);
            visitor.attachment.identify(List.of(Identity.digest("bob:secret")), visitor.answer("identify"));
            assertThat(visitor.next()).asString().startsWith("identify granted");
            assertThat(visitor.view().read(new Operation.GetData("/bobs")).text()).isEqualTo("b");
            visitor.attachment.close(visitor.answer("close"));
            visitor.next();
            visitor.next();
            assertThat(visitor.view()).isNull();
        }
    }

    @Test
    @DisplayName("zk.WT10: watches are asked for without being removed")
    void watchesAreAskedFor() throws Exception {
        OpenDoor door = new OpenDoor();
        try (Member member = member().frontEnd(door).start()) {
            Visitor visitor = door.connect(TEN_SECONDS);
            visitor.next();
            visitor.attachment.addWatch("/", WatchMode.PERSISTENT, visitor.answer("watch"));
            visitor.attachment.checkWatches("/", WatchKind.PERSISTENT, visitor.answer("there"));
            visitor.attachment.checkWatches("/", WatchKind.CHILDREN, visitor.answer("of another kind"));
            visitor.attachment.removeWatches("/", WatchKind.ANY, visitor.answer("removed"));
            visitor.attachment.checkWatches("/", WatchKind.ANY, visitor.answer("gone"));
            for (String name : List.of("watch", "there", "of another kind", "removed", "gone")) {
                assertThat(visitor.next()).asString().startsWith(name + " granted");
            }
            assertThat(visitor.granted).containsExactly(true, true, false, true, false);
        }
    }

    @Test
    void passwordsAreSixteenBytesThatDiffer() {
        OpenDoor door = new OpenDoor();
        try (Member member = member().frontEnd(door).start()) {
            assertThat(member.status().sessions()).isZero();
            assertThat(door.port.newPassword().length()).isEqualTo(16);
            assertThat(door.port.newPassword()).isNotEqualTo(door.port.newPassword());
        }
    }

    @Test
    void aSessionIsResumedWithItsPasswordOnlyAndItsEarlierClientIsParted() throws Exception {
        OpenDoor door = new OpenDoor();
        try (Member member = member().frontEnd(door).start()) {
            Visitor first = door.connect(TEN_SECONDS);
            first.next();
            Visitor stranger = door.reconnect(first.session, Bytes.utf8("not the password"));
            assertThat(stranger.next()).isEqualTo("REFUSED");
            Visitor second = door.reconnect(first.session, PASSWORD);
            assertThat(second.next()).isEqualTo("attached for 10000 ms");
            assertThat(second.session).isEqualTo(first.session);
            assertThat(first.next()).isEqualTo("ELSEWHERE");
            first.attachment.detach();
            second.attachment.submit(create("/a"), second.answer("create"));
            assertThat(second.next()).asString().startsWith("create granted");
            assertThat(first.attachment.submit(create("/b"), first.answer("late"))).isFalse();
        }
    }

    @Test
    @DisplayName("rule.29: a client that is touched keeps its session; one that is not loses it, and hears so")
    void aSilentClientsSessionExpires() throws Exception {
        OpenDoor door = new OpenDoor();
        MemberConfig config = MemberConfig.DEFAULT
                .withElections(Duration.ofMillis(20), Duration.ofMillis(100))
                .withSessionTimeouts(Duration.ofMillis(300), Duration.ofMillis(300), TEN_SECONDS);
        try (Member member = member().config(config).frontEnd(door).start();
                Session watcher = member.openSession(TEN_SECONDS)) {
            Visitor silent = door.connect(Duration.ofMillis(300));
            Visitor lively = door.connect(Duration.ofMillis(300));
            silent.next();
            lively.next();
            CountDownLatch gone = new CountDownLatch(1);
            silent.attachment.submit(
                    new Operation.Create("/silent", null, CreateMode.EPHEMERAL, Acl.OPEN, -1), silent.answer("create"));
            silent.next();
            watcher.exists(NodePath.of("/silent"), event -> gone.countDown());
            while (!gone.await(20, java.util.concurrent.TimeUnit.MILLISECONDS)) {
                lively.attachment.touch();
            }
            assertThat(List.of("ELSEWHERE", "ENDED")).contains(String.valueOf(silent.next()));
            lively.attachment.submit(create("/lively"), lively.answer("create"));
            assertThat(lively.next()).asString().startsWith("create granted");
        }
    }

    @Test
    void aClientThatClosesIsAnsweredAndParted() throws Exception {
        OpenDoor door = new OpenDoor();
        AtomicLong closed = new AtomicLong();
        try (Member member = member().frontEnd(door).start()) {
            Visitor visitor = door.connect(TEN_SECONDS);
            visitor.next();
            visitor.attachment.close(visitor.answer("close"));
            assertThat(visitor.next()).asString().startsWith("close granted");
            assertThat(visitor.next()).isEqualTo("ENDED");
            closed.set(visitor.session);
            assertThat(door.reconnect(closed.get(), PASSWORD).next()).isEqualTo("REFUSED");
        }
    }

    @Test
    void clientsArePartedWhenTheMemberCloses() throws Exception {
        OpenDoor door = new OpenDoor();
        Visitor visitor;
        try (Member member = member().frontEnd(door).start()) {
            visitor = door.connect(TEN_SECONDS);
            visitor.next();
        }
        assertThat(visitor.next()).isEqualTo("ELSEWHERE");
        assertThat(door.connect(TEN_SECONDS).next()).isEqualTo("UNAVAILABLE");
    }

    @Test
    void aDoorThatCannotOpenKeepsTheMemberFromStartingAndLeavesNothing() {
        FrontEnd stuck = new FrontEnd() {
            @Override
            public void open(SessionPort port) {
                throw new IllegalStateException("the port is taken");
            }

            @Override
            public void close() {}
        };
        io.coord.storage.MemoryStorage storage = new io.coord.storage.MemoryStorage();
        assertThatThrownBy(() -> member().storage(storage).frontEnd(stuck).start()).hasMessage("the port is taken");
        member().storage(storage).start().close();
    }
}
