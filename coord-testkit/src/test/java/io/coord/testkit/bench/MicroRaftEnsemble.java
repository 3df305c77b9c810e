package io.coord.testkit.bench;

import io.microraft.RaftConfig;
import io.microraft.RaftEndpoint;
import io.microraft.RaftNode;
import io.microraft.model.log.LogEntry;
import io.microraft.model.log.RaftGroupMembersView;
import io.microraft.model.log.SnapshotChunk;
import io.microraft.model.message.RaftMessage;
import io.microraft.model.persistence.RaftEndpointPersistentState;
import io.microraft.model.persistence.RaftTermPersistentState;
import io.microraft.persistence.RaftStore;
import io.microraft.statemachine.StateMachine;
import io.microraft.transport.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Three nodes of MicroRaft in this process: messages are handed over as they are, each node appends to a file of its own and forces it at
 * each flush, and its state machine keeps the last value, which costs nothing. The least that durable replication with it can cost.
 */
final class MicroRaftEnsemble implements AutoCloseable {

    private record Endpoint(String id) implements RaftEndpoint {
        @Override
        public Object getId() {
            return id;
        }
    }

    private final Map<RaftEndpoint, RaftNode> nodes = new LinkedHashMap<>();
    private final List<ForcedFile> stores = new ArrayList<>();
    private final RaftNode leader;

    private MicroRaftEnsemble(Path directory) throws Exception {
        Files.createDirectories(directory);
        List<RaftEndpoint> endpoints = List.of(new Endpoint("1"), new Endpoint("2"), new Endpoint("3"));
        RaftConfig config = RaftConfig.newBuilder().setLeaderElectionTimeoutMillis(500).build();
        for (RaftEndpoint endpoint : endpoints) {
            ForcedFile store = new ForcedFile(directory.resolve("log-" + endpoint.getId()));
            stores.add(store);
            nodes.put(
                    endpoint,
                    RaftNode.newBuilder()
                            .setGroupId("bench")
                            .setLocalEndpoint(endpoint)
                            .setInitialGroupMembers(endpoints)
                            .setConfig(config)
                            .setTransport(new HandOver())
                            .setStateMachine(new LastValue())
                            .setStore(store)
                            .build());
        }
        for (RaftNode node : nodes.values()) {
            node.start().join();
        }
        leader = awaitLeader();
    }

    static MicroRaftEnsemble start(Path directory) throws Exception {
        return new MicroRaftEnsemble(directory);
    }

    private RaftNode awaitLeader() {
        while (true) {
            for (RaftNode node : nodes.values()) {
                RaftEndpoint known = node.getTerm().getLeaderEndpoint();
                if (known != null && known.equals(node.getLocalEndpoint())) {
                    return node;
                }
            }
            Thread.onSpinWait();
        }
    }

    CompletionStage<?> write(byte[] value) {
        return leader.replicate(value);
    }

    @Override
    public void close() throws IOException {
        CompletableFuture.allOf(nodes.values().stream().map(RaftNode::terminate).toArray(CompletableFuture[]::new)).join();
        for (ForcedFile store : stores) {
            store.close();
        }
    }

    private final class HandOver implements Transport {
        @Override
        public void send(RaftEndpoint target, RaftMessage message) {
            RaftNode node = nodes.get(target);
            if (node != null) {
                node.handle(message);
            }
        }

        @Override
        public boolean isReachable(RaftEndpoint endpoint) {
            return true;
        }
    }

    private static final class LastValue implements StateMachine {
        private Object last = new byte[0];

        @Override
        public Object runOperation(long commitIndex, Object operation) {
            last = operation;
            return commitIndex;
        }

        @Override
        public void takeSnapshot(long commitIndex, Consumer<Object> chunks) {
            chunks.accept(last);
        }

        @Override
        public void installSnapshot(long commitIndex, List<Object> chunks) {
            last = chunks.get(0);
        }

        @Override
        public Object getNewTermOperation() {
            return new byte[0];
        }
    }

    /** Entries one after the other in one file; what only recovery would need is left out, in the peer's favour. */
    private static final class ForcedFile implements RaftStore {
        private static final int HEADER_BYTES = 16;

        private final FileChannel file;
        private final ByteBuffer buffer = ByteBuffer.allocateDirect(4 << 20);

        ForcedFile(Path path) throws IOException {
            file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        }

        @Override
        public void persistAndFlushLocalEndpoint(RaftEndpointPersistentState state) throws IOException {
            record(0, 0, new byte[64]);
            flush();
        }

        @Override
        public void persistAndFlushInitialGroupMembers(RaftGroupMembersView members) throws IOException {
            record(0, 0, new byte[64]);
            flush();
        }

        @Override
        public void persistAndFlushTerm(RaftTermPersistentState state) throws IOException {
            record(0, state.getTerm(), new byte[64]);
            flush();
        }

        @Override
        public void persistLogEntries(List<LogEntry> entries) throws IOException {
            for (LogEntry entry : entries) {
                record(entry.getIndex(), entry.getTerm(), entry.getOperation() instanceof byte[] value ? value : new byte[64]);
            }
        }

        private void record(long index, int term, byte[] value) throws IOException {
            if (buffer.remaining() < HEADER_BYTES + value.length) {
                writeOut();
            }
            buffer.putLong(index).putInt(term).putInt(value.length).put(value);
        }

        private void writeOut() throws IOException {
            buffer.flip();
            while (buffer.hasRemaining()) {
                file.write(buffer);
            }
            buffer.clear();
        }

        @Override
        public void persistSnapshotChunk(SnapshotChunk chunk) throws IOException {
            record(chunk.getIndex(), chunk.getTerm(), new byte[64]);
        }

        @Override
        public void truncateLogEntriesFrom(long index) {}

        @Override
        public void truncateLogEntriesUntil(long index) {}

        @Override
        public void deleteSnapshotChunks(long index, int count) {}

        @Override
        public void flush() throws IOException {
            writeOut();
            file.force(false);
        }

        void close() throws IOException {
            file.close();
        }
    }
}
