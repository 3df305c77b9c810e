package io.coord.netty.peer;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Looks up where a host is, on threads of its own, since the JDK's look-up waits for the network (fault.N7); they end when nothing
 * is asked for a while. An address in digits is taken as it is. How long an answer is remembered is the JDK's setting.
 */
final class Resolver implements AutoCloseable {

    private static final int THREADS_MAX = 16;
    private static final long IDLE_SECONDS = 5;
    private static final long CLOSE_SECONDS_MAX = 5;

    private final ThreadPoolExecutor threads;

    Resolver(ThreadFactory factory) {
        this.threads = new ThreadPoolExecutor(0, THREADS_MAX, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
    }

    /** The host's addresses, at least one. */
    CompletionStage<List<InetAddress>> resolve(String host) {
        CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
        byte[] digits = NetUtil.createByteArrayFromIpAddressString(host);
        if (digits != null) {
            lookUp(host, answer);
            return answer;
        }
        try {
            threads.execute(() -> lookUp(host, answer));
        } catch (RejectedExecutionException e) {
            answer.completeExceptionally(new UnknownHostException(host + ": too many look-ups under way, or closing"));
        }
        return answer;
    }

    private static void lookUp(String host, CompletableFuture<List<InetAddress>> answer) {
        try {
            answer.complete(List.of(InetAddress.getAllByName(host)));
        } catch (UnknownHostException e) {
            answer.completeExceptionally(new UnknownHostException(host + " is not known to this machine's resolver"));
        } catch (RuntimeException e) {
            answer.completeExceptionally(e);
        }
    }

    /** Waits for look-ups under way, but not for ever: nothing can interrupt one. */
    @Override
    public void close() {
        threads.shutdownNow();
        boolean interrupted = false;
        try {
            threads.awaitTermination(CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
