package io.coord.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.testkit.FaultProxy.Direction;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FaultProxyTest {

    /** The bytes held back fill the queue of what is to be passed on, and then their reader has no place for the end. */
    @Test
    void noThreadIsLeftOfAConnectionWhoseTargetDiedBehindACut() throws Exception {
        try (ServerSocket target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                FaultProxy proxy = FaultProxy.to(target.getLocalPort());
                Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
                Socket served = target.accept()) {
            client.setTcpNoDelay(true);
            proxy.cut(Direction.TO_TARGET);
            for (int sent = 0; threadsOf(proxy).stream().noneMatch(FaultProxyTest::isHeldUp); sent++) {
                client.getOutputStream().write(sent);
            }
            served.setSoLinger(true, 0);
            served.close();
            client.setSoTimeout(30_000);
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);

            proxy.heal();
            untilGone(proxy);
            List<Thread> left = threadsOf(proxy);
            proxy.close();

            for (Thread thread : left) {
                thread.join(10_000);
                assertThat(thread.isAlive()).as(thread.getName()).isFalse();
            }
        }
    }

    @Test
    void aConnectionIsGoneWhoseClientLeftBehindACutWhileTheTargetWentOn() throws Exception {
        try (ServerSocket target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                FaultProxy proxy = FaultProxy.to(target.getLocalPort());
                Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
                Socket served = target.accept()) {
            proxy.cut(Direction.TO_TARGET);
            client.setSoLinger(true, 0);
            client.close();

            assertThatThrownBy(() -> {
                while (true) {
                    served.getOutputStream().write(1);
                }
            }).isInstanceOf(SocketException.class);
            untilGone(proxy);
        }
    }

    private static void untilGone(FaultProxy proxy) throws InterruptedException {
        while (proxy.connections() > 0) {
            if (Thread.interrupted()) {
                throw new InterruptedException("still there: " + proxy.connections());
            }
            Thread.onSpinWait();
        }
    }

    private static List<Thread> threadsOf(FaultProxy proxy) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("coord-fault-proxy-" + proxy.port()))
                .toList();
    }

    /** Whether a reader waits for a place in its queue. */
    private static boolean isHeldUp(Thread thread) {
        return thread.getName().endsWith("-TO_TARGET-read") && thread.getState() == Thread.State.WAITING;
    }
}
