package io.coord.netty.peer;

import io.coord.ensemble.spi.TurnTaker;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * How this host does network I/O: by native epoll where its library is present, by NIO elsewhere; with the classes of Netty 4.2, or
 * those of 4.1 where that is what the host brings. Each family of classes is named in a nested class of its own, which is loaded only
 * once it is known to be there.
 */
public final class EventLoops {

    private final boolean epoll;
    private final boolean handlers;

    private EventLoops(boolean epoll, boolean handlers) {
        this.epoll = epoll;
        this.handlers = handlers;
    }

    /** The best that is present. */
    public static EventLoops best() {
        return new EventLoops(isPresent("io.netty.channel.epoll.Epoll") && Native.isAvailable(), hasHandlers());
    }

    /** NIO, which is present everywhere. */
    public static EventLoops nio() {
        return new EventLoops(false, hasHandlers());
    }

    /** Whether Netty's line is 4.2 or later, whose groups are put together from handlers. */
    private static boolean hasHandlers() {
        return isPresent("io.netty.channel.MultiThreadIoEventLoopGroup");
    }

    private static boolean isPresent(String className) {
        try {
            Class.forName(className, false, EventLoops.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    /** A group of daemon threads with this name; with a number behind it if they are several. */
    public EventLoopGroup group(String threadName, int threads) {
        Named factory = new Named(threadName, threads > 1);
        EventLoopGroup group = group(threads, factory);
        factory.group = group;
        return group;
    }

    private EventLoopGroup group(int threads, ThreadFactory factory) {
        if (epoll) {
            return handlers ? NativeHandlers.group(threads, factory) : Native.group(threads, factory);
        }
        return handlers ? Handlers.group(threads, factory) : new NioEventLoopGroup(threads, factory);
    }

    /** Whether the calling thread is one of a group's, which must not wait for what another of them does, or itself. */
    public static boolean isOn(EventLoopGroup group) {
        return loopOf(group, Thread.currentThread()) != null;
    }

    private static @Nullable EventExecutor loopOf(EventLoopGroup group, Thread thread) {
        for (EventExecutor loop : group) {
            if (loop.inEventLoop(thread)) {
                return loop;
            }
        }
        return null;
    }

    /** The connections that go with the groups. */
    public Class<? extends SocketChannel> channel() {
        return epoll ? Native.channel() : NioSocketChannel.class;
    }

    /** The listening sockets that go with the groups. */
    public Class<? extends ServerChannel> serverChannel() {
        return epoll ? Native.serverChannel() : NioServerSocketChannel.class;
    }

    @Override
    public String toString() {
        return epoll ? "epoll" : "nio";
    }

    private static final class Named implements ThreadFactory {
        private final String name;
        private final boolean numbered;
        private int made;
        private volatile @Nullable EventLoopGroup group;

        Named(String name, boolean numbered) {
            this.name = name;
            this.numbered = numbered;
        }

        @Override
        public synchronized Thread newThread(Runnable work) {
            made++;
            Thread thread = new LoopThread(this, work, numbered ? name + "-" + made : name);
            thread.setDaemon(true);
            return thread;
        }

        @Nullable EventExecutor loopOf(Thread thread) {
            EventLoopGroup loops = group;
            return loops == null ? null : EventLoops.loopOf(loops, thread);
        }
    }

    /**
     * A loop's thread: takes a member's turn after the reads it is at, once it has handed all of them over. None of another member in this JVM
     * that the turn has something for.
     */
    private static final class LoopThread extends FastThreadLocalThread implements TurnTaker {
        private final Named family;
        private @Nullable EventExecutor loop;
        private boolean isInTurn;

        LoopThread(Named family, Runnable work, String name) {
            super(work, name);
            this.family = family;
        }

        @Override
        public boolean takeTurn(Runnable turn) {
            EventExecutor own = loop == null ? family.loopOf(this) : loop;
            loop = own;
            if (own == null || own.isShuttingDown() || isInTurn) {
                return false;
            }
            try {
                own.execute(() -> run(turn));
                return true;
            } catch (RejectedExecutionException over) {
                return false;
            }
        }

        private void run(Runnable turn) {
            isInTurn = true;
            try {
                turn.run();
            } finally {
                isInTurn = false;
            }
        }
    }

    private static final class Handlers {
        static EventLoopGroup group(int threads, ThreadFactory factory) {
            return new MultiThreadIoEventLoopGroup(threads, factory, NioIoHandler.newFactory());
        }
    }

    private static final class NativeHandlers {
        static EventLoopGroup group(int threads, ThreadFactory factory) {
            return new MultiThreadIoEventLoopGroup(threads, factory, EpollIoHandler.newFactory());
        }
    }

    private static final class Native {
        static boolean isAvailable() {
            return Epoll.isAvailable();
        }

        @SuppressWarnings("deprecation") // what 4.1 has
        static EventLoopGroup group(int threads, ThreadFactory factory) {
            return new EpollEventLoopGroup(threads, factory);
        }

        static Class<? extends SocketChannel> channel() {
            return EpollSocketChannel.class;
        }

        static Class<? extends ServerChannel> serverChannel() {
            return EpollServerSocketChannel.class;
        }
    }
}
