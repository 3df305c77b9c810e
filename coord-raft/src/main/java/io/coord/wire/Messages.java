package io.coord.wire;

import io.coord.Bytes;
import io.coord.MemberId;
import io.coord.member.PeerFrame;
import io.coord.member.PeerMessage;
import io.coord.raft.CommandPayload;
import io.coord.raft.ConfigPayload;
import io.coord.raft.Configuration;
import io.coord.raft.Entry;
import io.coord.raft.EntryId;
import io.coord.raft.MemberKey;
import io.coord.raft.Message;
import io.coord.raft.Payload;
import io.coord.raft.SnapshotMeta;
import io.coord.wire.proto.PeerFormat;
import java.util.ArrayList;
import java.util.List;

/** What members say to each other as messages of the peers' format, and back. */
final class Messages {

    /** Fields numbered from here on are remarks, which a reader may not know. */
    private static final int REMARKS_FROM = 100;

    private final WireCommandCodec commands;

    Messages(WireCommandCodec commands) {
        this.commands = commands;
    }

    // --- to messages ---

    PeerFormat.Frame message(PeerFrame frame) {
        PeerFormat.Frame.Builder message = PeerFormat.Frame.newBuilder()
                .setClusterId(frame.clusterId())
                .setFrom(key(frame.from()))
                .setTo(frame.to().value())
                .setToIncarnation(frame.toIncarnation());
        set(message, frame.message());
        return message.build();
    }

    private static void set(PeerFormat.Frame.Builder frame, PeerMessage message) {
        if (message instanceof PeerMessage.Consensus consensus) {
            set(frame, consensus.message());
        } else if (message instanceof PeerMessage.LeaseReport report) {
            frame.setLeaseReport(PeerFormat.LeaseReport.newBuilder()
                    .setSequence(report.sequence())
                    .addAllSessions(report.sessions()));
        } else if (message instanceof PeerMessage.LeaseAck ack) {
            frame.setLeaseAck(PeerFormat.LeaseAck.newBuilder().setSequence(ack.sequence()).setIndex(ack.index()));
        } else if (message instanceof PeerMessage.Hello hello) {
            frame.setHello(PeerFormat.Hello.newBuilder()
                    .setEnsemble(Text.toField(hello.ensemble()))
                    .setClusterId(hello.clusterId())
                    .setPristine(hello.pristine())
                    .setAnswerWanted(hello.answerWanted()));
        } else if (message instanceof PeerMessage.Join join) {
            EntryId namedBy = join.namedBy();
            frame.setJoin(PeerFormat.Join.newBuilder()
                    .setAddress(Text.toField(join.address()))
                    .setRejoins(join.rejoins())
                    .setAdmitted(join.admitted())
                    .setConfigurationIndex(join.configurationIndex())
                    .setNamedByIndex(namedBy == null ? 0 : namedBy.index())
                    .setNamedByTerm(namedBy == null ? 0 : namedBy.term()));
        } else if (message instanceof PeerMessage.Welcome welcome) {
            frame.setWelcome(PeerFormat.Welcome.newBuilder()
                    .setHighestIncarnation(welcome.highestIncarnation())
                    .setInitial(Fields.share(welcome.initial())));
        } else if (message instanceof PeerMessage.Removed removed) {
            frame.setRemoved(PeerFormat.Removed.newBuilder()
                    .setTerm(removed.term())
                    .setConfigurationIndex(removed.configurationIndex())
                    .setReason(Text.toField(removed.reason())));
        } else if (message instanceof PeerMessage.SnapshotRequest request) {
            frame.setSnapshotRequest(PeerFormat.SnapshotRequest.newBuilder()
                    .setAtLeast(request.atLeast())
                    .setAboveTerm(request.aboveTerm())
                    .setSnapshotIndex(request.snapshotIndex())
                    .setOffset(request.offset()));
        } else if (message instanceof PeerMessage.StateMark mark) {
            frame.setStateMark(PeerFormat.StateMark.newBuilder().setIndex(mark.index()).setDigest(mark.digest()));
        } else {
            throw Fields.unwritable(message);
        }
    }

    /** The most frequent first. */
    private static void set(PeerFormat.Frame.Builder frame, Message message) {
        if (message instanceof Message.Append append) {
            frame.setAppend(append(append));
        } else if (message instanceof Message.Appended appended) {
            frame.setAppended(PeerFormat.Appended.newBuilder().setTerm(appended.term()).setMatch(appended.match()));
        } else if (message instanceof Message.Propose propose) {
            frame.setPropose(propose(propose));
        } else if (message instanceof Message.Heartbeat heartbeat) {
            frame.setHeartbeat(PeerFormat.Heartbeat.newBuilder()
                    .setTerm(heartbeat.term())
                    .setCommit(heartbeat.commit())
                    .setRound(heartbeat.round())
                    .setMatch(heartbeat.match()));
        } else if (message instanceof Message.HeartbeatReply reply) {
            frame.setHeartbeatReply(
                    PeerFormat.HeartbeatReply.newBuilder().setTerm(reply.term()).setRound(reply.round()));
        } else if (message instanceof Message.AppendRejected rejected) {
            frame.setAppendRejected(PeerFormat.AppendRejected.newBuilder()
                    .setTerm(rejected.term())
                    .setRejected(rejected.rejected())
                    .setHint(id(rejected.hint())));
        } else {
            setRead(frame, message);
        }
    }

    private static void setRead(PeerFormat.Frame.Builder frame, Message message) {
        if (message instanceof Message.ReadRequest request) {
            frame.setReadRequest(
                    PeerFormat.ReadRequest.newBuilder().setTerm(request.term()).setReadId(request.readId()));
        } else if (message instanceof Message.ReadReply reply) {
            frame.setReadReply(PeerFormat.ReadReply.newBuilder()
                    .setTerm(reply.term())
                    .setReadId(reply.readId())
                    .setIndex(reply.index()));
        } else if (message instanceof Message.SnapshotChunk chunk) {
            frame.setSnapshotChunk(PeerFormat.SnapshotChunk.newBuilder()
                    .setTerm(chunk.term())
                    .setMeta(meta(chunk.meta()))
                    .setOffset(chunk.offset())
                    .setBytes(Fields.share(chunk.bytes())));
        } else if (message instanceof Message.SnapshotReply reply) {
            frame.setSnapshotReply(PeerFormat.SnapshotReply.newBuilder()
                    .setTerm(reply.term())
                    .setSnapshotIndex(reply.snapshotIndex())
                    .setNextOffset(reply.nextOffset())
                    .setInstalled(reply.installed()));
        } else {
            setElection(frame, message);
        }
    }

    private static void setElection(PeerFormat.Frame.Builder frame, Message message) {
        if (message instanceof Message.PreVote vote) {
            frame.setPreVote(PeerFormat.PreVote.newBuilder().setTerm(vote.term()).setLast(id(vote.last())));
        } else if (message instanceof Message.PreVoteReply reply) {
            frame.setPreVoteReply(
                    PeerFormat.PreVoteReply.newBuilder().setTerm(reply.term()).setGranted(reply.granted()));
        } else if (message instanceof Message.RequestVote vote) {
            frame.setRequestVote(PeerFormat.RequestVote.newBuilder()
                    .setTerm(vote.term())
                    .setLast(id(vote.last()))
                    .setTransfer(vote.transfer()));
        } else if (message instanceof Message.VoteReply reply) {
            frame.setVoteReply(PeerFormat.VoteReply.newBuilder().setTerm(reply.term()).setGranted(reply.granted()));
        } else if (message instanceof Message.TimeoutNow timeout) {
            frame.setTimeoutNow(PeerFormat.TimeoutNow.newBuilder().setTerm(timeout.term()));
        } else {
            throw Fields.unwritable(message);
        }
    }

    private static PeerFormat.Append append(Message.Append append) {
        PeerFormat.Append.Builder message = PeerFormat.Append.newBuilder()
                .setTerm(append.term())
                .setPrevious(id(append.previous()))
                .setCommit(append.commit());
        for (Entry entry : append.entries()) {
            message.addEntries(PeerFormat.Entry.newBuilder()
                    .setIndex(entry.index())
                    .setTerm(entry.term())
                    .setWallMillis(entry.wallMillis())
                    .setElapsedMillis(entry.elapsedMillis())
                    .setPayload(payload(entry.payload())));
        }
        return message.build();
    }

    private static PeerFormat.Propose propose(Message.Propose propose) {
        PeerFormat.Propose.Builder message = PeerFormat.Propose.newBuilder().setTerm(propose.term());
        for (Payload payload : propose.payloads()) {
            message.addPayloads(payload(payload));
        }
        return message.build();
    }

    private static PeerFormat.Payload payload(Payload payload) {
        PeerFormat.Payload.Builder message = PeerFormat.Payload.newBuilder();
        if (payload instanceof CommandPayload command) {
            message.setCommand(Fields.share(command.bytes()));
        } else if (payload instanceof ConfigPayload config) {
            message.setConfiguration(Fields.share(config.bytes()));
        } else if (payload instanceof Payload.NoOp) {
            message.setNoOp(PeerFormat.Payload.NoOp.getDefaultInstance());
        } else {
            throw Fields.unwritable(payload);
        }
        return message.build();
    }

    private static PeerFormat.MemberKey key(MemberKey key) {
        return PeerFormat.MemberKey.newBuilder()
                .setId(key.id().value())
                .setIncarnation(key.incarnation())
                .build();
    }

    private static PeerFormat.EntryId id(EntryId id) {
        return PeerFormat.EntryId.newBuilder()
                .setIndex(id.index())
                .setTerm(id.term())
                .build();
    }

    private static PeerFormat.SnapshotMeta meta(SnapshotMeta meta) {
        return PeerFormat.SnapshotMeta.newBuilder()
                .setLast(id(meta.last()))
                .setWallMillis(meta.wallMillis())
                .setElapsedMillis(meta.elapsedMillis())
                .setConfiguration(Fields.share(meta.configuration().encoded()))
                .setSizeBytes(meta.sizeBytes())
                .setDigest(meta.digest())
                .build();
    }

    // --- from messages ---

    PeerFrame frame(PeerFormat.Frame message) {
        refuseUnknown(message);
        Fields.require(message.hasFrom(), "sender of a frame");
        return new PeerFrame(
                message.getClusterId(),
                key(message.getFrom()),
                MemberId.of(message.getTo()),
                message.getToIncarnation(),
                peerMessage(message));
    }

    private PeerMessage peerMessage(PeerFormat.Frame frame) {
        return switch (frame.getMessageCase()) {
            case LEASE_REPORT -> leaseReport(frame.getLeaseReport());
            case LEASE_ACK -> leaseAck(frame.getLeaseAck());
            case HELLO -> hello(frame.getHello());
            case WELCOME -> welcome(frame.getWelcome());
            case JOIN -> join(frame.getJoin());
            case REMOVED -> removed(frame.getRemoved());
            case SNAPSHOT_REQUEST -> snapshotRequest(frame.getSnapshotRequest());
            case STATE_MARK -> stateMark(frame.getStateMark());
            case MESSAGE_NOT_SET -> throw Fields.missing("the message of a frame");
            default -> new PeerMessage.Consensus(consensus(frame));
        };
    }

    private Message consensus(PeerFormat.Frame frame) {
        return switch (frame.getMessageCase()) {
            case PRE_VOTE -> preVote(frame.getPreVote());
            case PRE_VOTE_REPLY -> preVoteReply(frame.getPreVoteReply());
            case REQUEST_VOTE -> requestVote(frame.getRequestVote());
            case VOTE_REPLY -> voteReply(frame.getVoteReply());
            case APPEND -> append(frame.getAppend());
            case APPENDED -> appended(frame.getAppended());
            case APPEND_REJECTED -> appendRejected(frame.getAppendRejected());
            case HEARTBEAT -> heartbeat(frame.getHeartbeat());
            case HEARTBEAT_REPLY -> heartbeatReply(frame.getHeartbeatReply());
            case SNAPSHOT_CHUNK -> snapshotChunk(frame.getSnapshotChunk());
            case SNAPSHOT_REPLY -> snapshotReply(frame.getSnapshotReply());
            case TIMEOUT_NOW -> timeoutNow(frame.getTimeoutNow());
            case READ_REQUEST -> readRequest(frame.getReadRequest());
            case READ_REPLY -> readReply(frame.getReadReply());
            case PROPOSE -> propose(frame.getPropose());
            case LEASE_REPORT, LEASE_ACK, HELLO, WELCOME, JOIN, REMOVED, SNAPSHOT_REQUEST, STATE_MARK, MESSAGE_NOT_SET ->
                    throw Fields.missing("a message of consensus");
        };
    }

    private static PeerMessage leaseReport(PeerFormat.LeaseReport message) {
        refuseUnknown(message);
        return new PeerMessage.LeaseReport(message.getSequence(), message.getSessionsList());
    }

    private static PeerMessage leaseAck(PeerFormat.LeaseAck message) {
        refuseUnknown(message);
        return new PeerMessage.LeaseAck(message.getSequence(), message.getIndex());
    }

    private static PeerMessage hello(PeerFormat.Hello message) {
        refuseUnknown(message);
        return new PeerMessage.Hello(
                Text.ofField(message.getEnsemble()),
                message.getClusterId(),
                message.getPristine(),
                message.getAnswerWanted());
    }

    private static PeerMessage welcome(PeerFormat.Welcome message) {
        refuseUnknown(message);
        return new PeerMessage.Welcome(message.getHighestIncarnation(), Fields.copy(message.getInitial()));
    }

    private static PeerMessage join(PeerFormat.Join message) {
        refuseUnknown(message);
        return new PeerMessage.Join(
                Text.ofField(message.getAddress()),
                message.getRejoins(),
                message.getAdmitted(),
                message.getNamedByIndex() == 0 ? null : new EntryId(message.getNamedByIndex(), message.getNamedByTerm()),
                message.getConfigurationIndex());
    }

    private static PeerMessage removed(PeerFormat.Removed message) {
        refuseUnknown(message);
        return new PeerMessage.Removed(
                message.getTerm(), message.getConfigurationIndex(), Text.ofField(message.getReason()));
    }

    private static PeerMessage snapshotRequest(PeerFormat.SnapshotRequest message) {
        refuseUnknown(message);
        return new PeerMessage.SnapshotRequest(
                message.getAtLeast(), message.getAboveTerm(), message.getSnapshotIndex(), message.getOffset());
    }

    private static PeerMessage stateMark(PeerFormat.StateMark message) {
        refuseUnknown(message);
        return new PeerMessage.StateMark(message.getIndex(), message.getDigest());
    }

    private static Message preVote(PeerFormat.PreVote message) {
        refuseUnknown(message);
        return new Message.PreVote(message.getTerm(), id(message.hasLast(), message.getLast()));
    }

    private static Message preVoteReply(PeerFormat.PreVoteReply message) {
        refuseUnknown(message);
        return new Message.PreVoteReply(message.getTerm(), message.getGranted());
    }

    private static Message requestVote(PeerFormat.RequestVote message) {
        refuseUnknown(message);
        return new Message.RequestVote(
                message.getTerm(), id(message.hasLast(), message.getLast()), message.getTransfer());
    }

    private static Message voteReply(PeerFormat.VoteReply message) {
        refuseUnknown(message);
        return new Message.VoteReply(message.getTerm(), message.getGranted());
    }

    private Message append(PeerFormat.Append message) {
        refuseUnknown(message);
        EntryId previous = id(message.hasPrevious(), message.getPrevious());
        List<Entry> entries = new ArrayList<>(message.getEntriesCount());
        for (PeerFormat.Entry entry : message.getEntriesList()) {
            entries.add(entry(entry));
        }
        return new Message.Append(message.getTerm(), previous, entries, message.getCommit());
    }

    private Entry entry(PeerFormat.Entry message) {
        refuseUnknown(message);
        Fields.require(message.hasPayload(), "payload of an entry");
        return new Entry(
                message.getIndex(),
                message.getTerm(),
                message.getWallMillis(),
                message.getElapsedMillis(),
                payload(message.getPayload()));
    }

    private Payload payload(PeerFormat.Payload message) {
        refuseUnknown(message);
        return switch (message.getKindCase()) {
            case COMMAND -> commands.decoded(message.getCommand());
            case CONFIGURATION -> ConfigPayload.decode(Fields.copy(message.getConfiguration()));
            case NO_OP -> {
                refuseUnknown(message.getNoOp());
                yield Payload.NoOp.NO_OP;
            }
            case KIND_NOT_SET -> throw Fields.missing("a payload");
        };
    }

    private static Message appended(PeerFormat.Appended message) {
        refuseUnknown(message);
        return new Message.Appended(message.getTerm(), message.getMatch());
    }

    private static Message appendRejected(PeerFormat.AppendRejected message) {
        refuseUnknown(message);
        return new Message.AppendRejected(
                message.getTerm(), message.getRejected(), id(message.hasHint(), message.getHint()));
    }

    private static Message heartbeat(PeerFormat.Heartbeat message) {
        refuseUnknown(message);
        return new Message.Heartbeat(
                message.getTerm(), message.getCommit(), message.getRound(), message.getMatch());
    }

    private static Message heartbeatReply(PeerFormat.HeartbeatReply message) {
        refuseUnknown(message);
        return new Message.HeartbeatReply(message.getTerm(), message.getRound());
    }

    private static Message snapshotChunk(PeerFormat.SnapshotChunk message) {
        refuseUnknown(message);
        Fields.require(message.hasMeta(), "meta of a snapshot chunk");
        return new Message.SnapshotChunk(
                message.getTerm(), meta(message.getMeta()), message.getOffset(), Fields.copy(message.getBytes()));
    }

    private static SnapshotMeta meta(PeerFormat.SnapshotMeta message) {
        refuseUnknown(message);
        Bytes configuration = Fields.copy(message.getConfiguration());
        return new SnapshotMeta(
                id(message.hasLast(), message.getLast()),
                message.getWallMillis(),
                message.getElapsedMillis(),
                Configuration.decode(configuration),
                message.getSizeBytes(),
                message.getDigest());
    }

    private static Message snapshotReply(PeerFormat.SnapshotReply message) {
        refuseUnknown(message);
        return new Message.SnapshotReply(
                message.getTerm(), message.getSnapshotIndex(), message.getNextOffset(), message.getInstalled());
    }

    private static Message timeoutNow(PeerFormat.TimeoutNow message) {
        refuseUnknown(message);
        return new Message.TimeoutNow(message.getTerm());
    }

    private static Message readRequest(PeerFormat.ReadRequest message) {
        refuseUnknown(message);
        return new Message.ReadRequest(message.getTerm(), message.getReadId());
    }

    private static Message readReply(PeerFormat.ReadReply message) {
        refuseUnknown(message);
        return new Message.ReadReply(message.getTerm(), message.getReadId(), message.getIndex());
    }

    private Message propose(PeerFormat.Propose message) {
        refuseUnknown(message);
        List<Payload> payloads = new ArrayList<>(message.getPayloadsCount());
        for (PeerFormat.Payload payload : message.getPayloadsList()) {
            payloads.add(payload(payload));
        }
        return new Message.Propose(message.getTerm(), payloads);
    }

    private static MemberKey key(PeerFormat.MemberKey message) {
        refuseUnknown(message);
        return new MemberKey(MemberId.of(message.getId()), message.getIncarnation());
    }

    private static EntryId id(boolean present, PeerFormat.EntryId message) {
        Fields.require(present, "index and term of an entry");
        refuseUnknown(message);
        return new EntryId(message.getIndex(), message.getTerm());
    }

    private static void refuseUnknown(com.google.protobuf.Message message) {
        Fields.refuseUnknown(message, REMARKS_FROM);
    }
}
