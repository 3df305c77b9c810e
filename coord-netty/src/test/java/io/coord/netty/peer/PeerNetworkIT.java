package io.coord.netty.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.coord.ConfigException;
import io.coord.ErrorCode;
import io.coord.MemberAddress;
import io.coord.MemberId;
import io.coord.ensemble.spi.Transport;
import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerNetworkIT {

    private static final PeerOptions QUICK = PeerOptions.listeningOn(0).withSilenceMax(Duration.ofMillis(400));

    // ---- frames

    @Test
    void framesArriveInOrder() {
        try (Station one = new Station(1); Station two = new Station(2)) {
            Station.introduce(one, two);
            one.reaches(two, "first");
            two.received().clear();

            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 3_000; i++) {
                one.send(2, "frame " + i);
                expected.add("1: frame " + i);
            }
            one.until("all to arrive", () -> two.received().size() >= expected.size());
            assertThat(two.received().stream().filter(line -> !line.endsWith("first"))).containsExactlyElementsOf(expected);
        }
    }

    @Test
    void framesOfAllLengthsArrive() {
        try (Station one = new Station(1); Station two = new Station(2)) {
            Station.introduce(one, two);
            one.reaches(two, "first");
            int[] lengths = {100, 16 << 10, 65_530, 1 << 20, 4 << 20};
            for (int length : lengths) {
                one.send(2, Bytes.wrap(new byte[length]), false);
            }
            one.until("all to arrive", () -> IntStream.of(lengths).allMatch(n -> two.received().contains("1: " + n + " bytes")));
        }
    }

    @Test
    void bulkHasAWayOfItsOwnWhichIsMadeWhenItIsNeeded() {
        try (Station one = new Station(1, PeerOptions.listeningOn(0).withBulkBytesPerSecond(8 << 20)); Station two = new Station(2)) {
            Station.introduce(one, two);
            one.reaches(two, "first");
            one.until("bulk to arrive", () -> {
                one.send(2, Bytes.wrap(new byte[1 << 20]), true);
                return two.received().contains("1: " + (1 << 20) + " bytes");
            });
        }
    }

    @Test
    void bulkThatThereIsNoMemoryForCostsItsConnectionAndTheNextOneIsMade() {
        try (Station one = new Station(1, QUICK); Station two = new Station(2, QUICK)) {
            Station.introduce(one, two);
            one.reaches(two, "first");
            one.until("too much to arrive", () -> {
                one.send(2, Station.HUGE, true);
                return two.received().contains("1: huge");
            });
            one.until("other bulk to arrive", () -> {
                one.send(2, Bytes.wrap(new byte[1 << 20]), true);
                return two.received().contains("1: " + (1 << 20) + " bytes");
            });
        }
    }

    @Test
    void whoSaysNothingKeepsNobodyOut() throws Exception {
        List<Socket> silent = new ArrayList<>();
        try (Station one = new Station(1); Station two = new Station(2)) {
            one.knows(two).start();
            while (silent.size() < 250) {
                silent.add(new Socket(InetAddress.getLoopbackAddress(), one.port()));
            }
            two.knows(one).start();
            two.reaches(one, "hello");
            assertThat(silent.stream().filter(PeerNetworkIT::isOpen)).as("that are still waited for").hasSizeGreaterThan(240);
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    private static boolean isOpen(Socket socket) {
        try {
            socket.setSoTimeout(1);
            return socket.getInputStream().read() >= 0;
        } catch (SocketTimeoutException open) {
            return true;
        } catch (IOException closed) {
            return false;
        }
    }

    @Test
    void whatIsSentToNobodyIsDropped() {
        try (Station one = new Station(1)) {
            one.knows(2, 1).start();
            one.send(2, "gone");
            one.send(9, "a stranger");
            assertThat(one.network().droppedFrames()).isEqualTo(2);
        }
    }

    @Test
    void aReceiverThatIsSlowCostsFramesAndNeverMemory() throws Exception {
        try (ServerSocket deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress()); Station one = new Station(1)) {
            one.knows(2, deaf.getLocalPort()).start();
            try (Socket socket = deaf.accept()) {
                answer(socket, new Hello(1, 1, 0, 0, Hello.CONSENSUS, 0, 2, 1, 7, 1, 3));
                one.until("frames to be dropped", () -> {
                    for (int i = 0; i < 10; i++) {
                        one.send(2, Bytes.wrap(new byte[1 << 20]), false);
                    }
                    return one.network().droppedFrames() > 100;
                });
            }
        }
    }

    private static Hello answer(Socket socket, Hello hello) throws Exception {
        InputStream in = socket.getInputStream();
        Hello said = Hello.decode(in.readNBytes(Hello.HEADER_BYTES + Hello.BODY_BYTES_MIN));
        socket.getOutputStream().write(ByteBufUtil.getBytes(hello.encode()));
        return said;
    }

    @Test
    void aDamagedFrameEndsTheConnectionAndTheNextOneIsMade() {
        try (Station one = new Station(1); Station two = new Station(2)) {
            Station.introduce(one, two);
            one.reaches(two, "before");
            one.send(2, Station.DAMAGED, false);
            two.untilLogged("COORD-1072", "member 1", "damaged");
            one.until("the loss", () -> one.lost().contains(MemberId.of(2)));
            one.reaches(two, "after");
        }
    }

    // ---- coming and going

    @Test
    void aMemberThatEndsIsMissedAtOnceAndFoundAgain() {
        try (Station one = new Station(1)) {
            try (Station two = new Station(2)) {
                Station.introduce(one, two);
                one.reaches(two, "hello");
                two.reaches(one, "hello");
            }
            one.until("the loss", () -> one.lost().contains(MemberId.of(2)));
            try (Station again = new Station(2)) { // at another port: the kernel may have given the old one to somebody
                one.knows(again);
                again.knows(one).start();
                one.reaches(again, "again");
                again.reaches(one, "again");
            }
        }
    }

    @Test
    void aMemberThatMovedIsFoundWhereItIs() {
        try (Station one = new Station(1); Station two = new Station(2); Station moved = new Station(2)) {
            Station.introduce(one, two);
            one.reaches(two, "here");
            two.close();
            moved.knows(one).start();
            one.knows(moved);
            one.reaches(moved, "there");
        }
    }

    @Test
    void whoClosesItOnItsOwnThreadLeavesNoConnectionOpen() throws Exception {
        try (ServerSocket second = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket third = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            PeerNetwork network = PeerNetwork.bind(PeerOptions.listeningOn(0), EventLoops.best(), new Lines());
            network.identify(7, 1);
            network.locate(MemberId.of(2), MemberAddress.of("127.0.0.1", second.getLocalPort()));
            network.locate(MemberId.of(3), MemberAddress.of("127.0.0.1", third.getLocalPort()));
            network.start(MemberId.of(1), new Transport.Receiver() {
                @Override
                public int frameBytesMax() {
                    return 1_000;
                }

                @Override
                public boolean received(MemberId from, Bytes frame) {
                    return true;
                }

                @Override
                public void lost(MemberId peer) {
                    network.close();
                }
            });
            try (Socket one = second.accept(); Socket other = third.accept()) {
                answer(one, new Hello(1, 1, 0, 0, Hello.CONSENSUS, 0, 2, 1, 7, 1, 3));
                answer(other, new Hello(1, 1, 0, 0, Hello.CONSENSUS, 0, 3, 1, 7, 1, 3));
                awaitPulse(one);
                awaitPulse(other);
                other.close();
                one.setSoTimeout(30_000);
                while (one.getInputStream().read() >= 0) {
                    // signs of life, until its end
                }
            } finally {
                network.close();
            }
        }
    }

    /** The first sign of life: the connection is established at the other end. */
    private static void awaitPulse(Socket socket) throws Exception {
        assertThat(socket.getInputStream().readNBytes(FrameReader.HEADER_BYTES)[0]).isEqualTo(FrameReader.PULSE);
    }

    /** fault.N7 */
    @Test
    void aConnectionWithoutASignOfLifeIsClosed() throws Exception {
        try (ServerSocket deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress()); Station one = new Station(1, QUICK)) {
            one.knows(2, deaf.getLocalPort()).start();
            try (Socket socket = deaf.accept()) {
                answer(socket, new Hello(1, 1, 0, 0, Hello.CONSENSUS, 0, 2, 1, 7, 1, 3));
                one.until("the loss", () -> one.lost().contains(MemberId.of(2)));
                deaf.accept().close(); // it tries again
            }
        }
    }

    @Test
    void anIdleConnectionStays() {
        try (Station one = new Station(1, QUICK); Station two = new Station(2, QUICK)) {
            Station.introduce(one, two);
            one.reaches(two, "hello");
            two.reaches(one, "hello");
            // Two other connections die of silence meanwhile: so much time has passed.
            int silences = 0;
            try (ServerSocket deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress()); Station timer = new Station(3, QUICK)) {
                timer.knows(2, deaf.getLocalPort()).start();
                while (silences < 2) {
                    try (Socket socket = deaf.accept()) {
                        answer(socket, new Hello(1, 1, 0, 0, Hello.CONSENSUS, 0, 2, 3, 7, 1, 3));
                        int before = silences;
                        timer.until("silence", () -> timer.lost().size() > before);
                        silences++;
                    }
                }
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            assertThat(one.lost()).isEmpty();
            assertThat(two.lost()).isEmpty();
        }
    }

    // ---- strangers (fault.N9)

    @Test
    void anotherClusterIsRefused() {
        try (Station one = new Station(1); Station two = new Station(2).as(8, 1)) {
            Station.introduce(one, two);
            one.untilLogged("COORD-1072", "belongs to cluster 8", "this member to 7");
            two.untilLogged("COORD-1072", "belongs to cluster 7");
            one.send(2, "anyone?");
            assertThat(two.received()).isEmpty();
        }
    }

    @Test
    void membersMeetBeforeTheirEnsembleHasFormedAndPartIfItIsNotTheSame() {
        try (Station one = new Station(1).as(0, 1); Station two = new Station(2).as(7, 1)) {
            Station.introduce(one, two);
            one.reaches(two, "hello");
            two.reaches(one, "hello");
            one.as(7, 1);
            one.reaches(two, "formed");
            assertThat(one.lost()).isEmpty();

            one.as(8, 1);
            one.untilLogged("COORD-1072", "belongs to cluster 7");
            two.untilLogged("COORD-1072", "belongs to cluster 8");
        }
    }

    @Test
    void anAddressThatIsAnotherMembersIsRefused() {
        try (Station one = new Station(1); Station three = new Station(3)) {
            one.knows(2, three.port()).start();
            three.knows(one).start();
            one.untilLogged("COORD-1072", "member 3 is there");
            three.untilLogged("COORD-1072", "looks for member 2 here, but this is member 3");
            assertThat(three.received()).isEmpty();
        }
    }

    @Test
    void aMemberThatTheListDoesNotNameIsRefused() {
        try (Station one = new Station(1); Station four = new Station(4)) {
            one.start();
            four.knows(one).start();
            one.untilLogged("COORD-1072", "member 4", "does not name it");
            four.untilLogged("COORD-1072", "member 1", "does not name member 4");
            assertThat(one.called()).as("a member of an ensemble has nothing to found").isEmpty();
        }
    }

    @Test
    void anEmptyMemberIsToldOfAnEnsembleThatLooksForIt() {
        try (Station one = new Station(1).as(0, 1); Station four = new Station(4).as(7, 1)) {
            one.start();
            four.knows(one).start();
            one.until("a stranger's call", () -> one.called().contains("4 of 7"));
            assertThat(one.received()).isEmpty();
        }
    }

    @Test
    void anEmptyMemberIsNotToldOfAnotherThatIsEmpty() {
        try (Station one = new Station(1).as(0, 1); Station four = new Station(4).as(0, 1)) {
            one.start();
            four.knows(one).start();
            one.untilLogged("COORD-1072", "member 4", "does not name it");
            assertThat(one.called()).isEmpty();
        }
    }

    @Test
    void aSecondMemberWithANumberIsRefusedWhileTheFirstShowsLife() {
        try (Station one = new Station(1); Station two = new Station(2); Station alsoTwo = new Station(2)) {
            Station.introduce(one, two);
            two.reaches(one, "first");
            alsoTwo.knows(one).start();
            one.untilLogged("COORD-1072", "member 2", "another member with its number is connected");
            alsoTwo.untilLogged("COORD-1072", "another member with the number 2 is connected");
            two.reaches(one, "still here");
            assertThat(two.lost()).isEmpty();
        }
    }

    @Test
    void aMemberWithTheNumberOfTheOneItCallsIsRefused() throws Exception {
        try (Station one = new Station(1)) {
            one.knows(2, 1).start();
            assertThat(verdict(one, new Hello(1, 1, 0, 0, 0, 0, 1, 1, 7, 1, 3))).isEqualTo(Verdict.DUPLICATE.code());
        }
    }

    @Test
    void theNextReleaseMayBeOneThatSpeaksThisVersionTooAndNoOther() throws Exception {
        try (Station one = new Station(1)) {
            one.knows(2, 1).start();
            assertThat(verdict(one, new Hello(9, 1, 0, 0, 0, 0, 2, 1, 7, 1, 3))).isEqualTo(Verdict.ACCEPTED.code());
            assertThat(verdict(one, new Hello(9, 2, 0, 0, 0, 0, 2, 1, 7, 1, 3))).isEqualTo(Verdict.VERSION.code());
            one.untilLogged("COORD-1072", "versions 2 to 9", "version 1");
        }
    }

    @Test
    void aNeedThatCannotBeMetIsRefusedAndAMereSkillIsNot() throws Exception {
        try (Station one = new Station(1)) {
            one.knows(2, 1).start();
            assertThat(verdict(one, new Hello(1, 1, 2, 0, 0, 0, 2, 1, 7, 1, 3))).isEqualTo(Verdict.ACCEPTED.code());
            assertThat(verdict(one, new Hello(1, 1, 2, 2, 0, 0, 2, 1, 7, 1, 3))).isEqualTo(Verdict.FEATURE.code());
        }
    }

    @Test
    void aDiskThatWasReplacedIsRefused() throws Exception {
        try (Station one = new Station(1)) {
            one.knows(2, 1).start();
            assertThat(verdict(one, new Hello(1, 1, 0, 0, 0, 0, 2, 1, 7, 2, 3))).isEqualTo(Verdict.ACCEPTED.code());
            assertThat(verdict(one, new Hello(1, 1, 0, 0, 0, 0, 2, 1, 7, 1, 3))).isEqualTo(Verdict.INCARNATION.code());
        }
    }

    private static int verdict(Station station, Hello hello) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), station.port())) {
            socket.getOutputStream().write(ByteBufUtil.getBytes(hello.encode()));
            return Hello.decode(socket.getInputStream().readNBytes(Hello.HEADER_BYTES + Hello.BODY_BYTES_MIN)).verdict();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET / HTTP/1.1\r\n\r\n", "\u0016\u0003\u0001\u0002\u0000\u0001", "CoPr\u0000\u0001", "CoPr\uffff\uffff"})
    void whoeverIsNoMemberIsTurnedAway(String greeting) throws Exception {
        try (Station one = new Station(1).start();
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), one.port())) {
            socket.getOutputStream().write(greeting.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
            one.untilLogged("COORD-1072", "127.0.0.1");
        }
    }

    @Test
    void whoKnocksEverySecondIsToldOnce() throws Exception {
        try (Station one = new Station(1).start()) {
            for (int i = 0; i < 20; i++) {
                verdict(one, new Hello(1, 1, 0, 0, 0, 0, 5, 1, 7, 1, 3));
            }
            assertThat(one.log().all()).filteredOn(line -> line.contains("member 5")).hasSize(1);
        }
    }

    // ---- starting

    @Test
    void anAddressBeyondThisMachineNeedsTlsOrAWord() {
        PeerOptions open = PeerOptions.listeningOn(0).withHost("0.0.0.0");
        assertThatThrownBy(() -> new Station(1, open))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(ErrorCode.INSECURE_ADDRESS.toString())
                .hasMessageContaining("insecure()");
        try (Station one = new Station(1, open.withoutSecurity()).start()) {
            one.untilLogged("WARN", "without TLS");
        }
    }

    @Test
    void aPortInUseIsNamed() {
        try (Station one = new Station(1)) {
            assertThatThrownBy(() -> new Station(2, PeerOptions.listeningOn(one.port())))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining(ErrorCode.PORT_IN_USE.toString())
                    .hasMessageContaining(":" + one.port());
        }
    }

    @Test
    void aHostThatDoesNotExistIsTriedAgainAndDisturbsNobody() {
        try (Station one = new Station(1); Station two = new Station(2)) {
            one.knows(3, "no-such-host.invalid", 7100);
            Station.introduce(one, two);
            one.reaches(two, "hello");
            one.untilLogged("member 3 at no-such-host.invalid:7100", "not found");
        }
    }

    @Test
    void aNameIsLookedUp() {
        try (Station one = new Station(1); Station two = new Station(2)) {
            one.knows(2, "localhost", two.port()).start();
            two.knows(one).start();
            one.reaches(two, "hello");
        }
    }
}
