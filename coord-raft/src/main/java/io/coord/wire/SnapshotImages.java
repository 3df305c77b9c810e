package io.coord.wire;

import io.coord.MemberId;
import io.coord.Outcome;
import io.coord.state.Reconfiguration;
import io.coord.state.StateVisitor.Header;
import io.coord.state.StateVisitor.HighestSession;
import io.coord.state.StateVisitor.SessionImage;
import io.coord.wire.proto.SnapshotFormat;
import io.coord.wire.proto.ValueFormat;
import java.util.ArrayList;
import java.util.List;

/** Header and sessions of a state as messages of the snapshots' format, and back. */
final class SnapshotImages {

    private SnapshotImages() {}

    // --- to messages ---

    static SnapshotFormat.Header header(Header header) {
        SnapshotFormat.Header.Builder message = SnapshotFormat.Header.newBuilder()
                .setIndex(header.index())
                .setTerm(header.term())
                .setWallMillis(header.wallMillis())
                .setElapsedMillis(header.elapsedMillis())
                .setSettings(Values.settings(header.settings()))
                .setSessionCount(header.sessionCount())
                .setNodeCount(header.nodeCount());
        for (HighestSession highest : header.highestSessions()) {
            message.addHighestSessions(SnapshotFormat.HighestSession.newBuilder()
                    .setMember(highest.member().value())
                    .setSession(highest.session()));
        }
        Reconfiguration pending = header.reconfiguration();
        if (pending != null) {
            message.setReconfiguration(SnapshotFormat.Reconfiguration.newBuilder()
                    .setIndex(pending.index())
                    .setWanted(Text.toField(pending.wanted()))
                    .setSession(pending.session())
                    .setNumber(pending.number()));
        }
        return message.build();
    }

    static SnapshotFormat.Session session(SessionImage session) {
        SnapshotFormat.Session.Builder message = SnapshotFormat.Session.newBuilder()
                .setId(session.id())
                .setPasswordHash(Fields.share(session.passwordHash()))
                .setTimeoutMillis(session.timeoutMillis())
                .setMember(session.member().value())
                .setAttach(session.attach())
                .setNonce(session.nonce())
                .setLastNumber(session.lastNumber())
                .setAckedUpTo(session.ackedUpTo());
        for (Outcome outcome : session.outcomes()) {
            message.addOutcomes(Values.outcome(outcome));
        }
        return message.build();
    }

    // --- from messages ---

    static Header header(SnapshotFormat.Header message) {
        Fields.refuseUnknown(message);
        Fields.require(message.hasSettings(), "settings of a snapshot");
        List<HighestSession> highest = new ArrayList<>(message.getHighestSessionsCount());
        for (SnapshotFormat.HighestSession one : message.getHighestSessionsList()) {
            Fields.refuseUnknown(one);
            highest.add(new HighestSession(MemberId.of(one.getMember()), one.getSession()));
        }
        return new Header(
                message.getIndex(),
                message.getTerm(),
                message.getWallMillis(),
                message.getElapsedMillis(),
                Values.settings(message.getSettings()),
                message.getSessionCount(),
                message.getNodeCount(),
                List.copyOf(highest),
                message.hasReconfiguration() ? reconfiguration(message.getReconfiguration()) : null);
    }

    private static Reconfiguration reconfiguration(SnapshotFormat.Reconfiguration message) {
        Fields.refuseUnknown(message);
        return new Reconfiguration(
                message.getIndex(), Text.ofField(message.getWanted()), message.getSession(), message.getNumber());
    }

    static SessionImage session(SnapshotFormat.Session message) {
        Fields.refuseUnknown(message);
        List<Outcome> outcomes = new ArrayList<>(message.getOutcomesCount());
        for (ValueFormat.Outcome outcome : message.getOutcomesList()) {
            outcomes.add(Values.outcome(outcome));
        }
        return new SessionImage(
                message.getId(),
                Fields.copy(message.getPasswordHash()),
                message.getTimeoutMillis(),
                MemberId.of(message.getMember()),
                message.getAttach(),
                message.getNonce(),
                message.getLastNumber(),
                message.getAckedUpTo(),
                List.copyOf(outcomes));
    }
}
