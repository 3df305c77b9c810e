package io.coord.wire;

import io.coord.Identity;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.Refusal;
import io.coord.state.Command;
import io.coord.wire.proto.CommandFormat;
import io.coord.wire.proto.ValueFormat;
import java.util.ArrayList;
import java.util.List;

/** Commands as messages and back. */
final class Commands {

    private Commands() {}

    // --- to messages ---

    static CommandFormat.Command message(Command command) {
        CommandFormat.Command.Builder message = CommandFormat.Command.newBuilder();
        if (command instanceof Command.Submit submit) {
            message.setSubmit(submit(submit));
        } else if (command instanceof Command.OpenSession open) {
            message.setOpenSession(openSession(open));
        } else if (command instanceof Command.Attach attach) {
            message.setAttach(attach(attach));
        } else if (command instanceof Command.CloseSession close) {
            message.setCloseSession(CommandFormat.CloseSession.newBuilder()
                    .setSession(close.session())
                    .setAttach(close.attach())
                    .setNumber(close.number()));
        } else if (command instanceof Command.ExpireSession expire) {
            message.setExpireSession(CommandFormat.ExpireSession.newBuilder()
                    .setSession(expire.session())
                    .setAttach(expire.attach())
                    .setTerm(expire.term()));
        } else if (command instanceof Command.CollectNode collect) {
            message.setCollectNode(CommandFormat.CollectNode.newBuilder()
                    .setPath(Text.toField(collect.path()))
                    .setCzxid(collect.czxid())
                    .setMzxid(collect.mzxid())
                    .setTerm(collect.term()));
        } else if (command instanceof Command.AbandonReconfiguration abandon) {
            message.setAbandonReconfiguration(CommandFormat.AbandonReconfiguration.newBuilder()
                    .setIndex(abandon.index())
                    .setTerm(abandon.term())
                    .setCode(abandon.refusal().code())
                    .setReason(Text.toField(abandon.reason())));
        } else if (command instanceof Command.SubmitLocal submit) {
            message.setSubmitLocal(submitLocal(submit));
        } else if (command instanceof Command.UpgradeSession upgrade) {
            message.setUpgradeSession(CommandFormat.UpgradeSession.newBuilder()
                    .setSession(upgrade.session())
                    .setPasswordHash(Fields.share(upgrade.passwordHash()))
                    .setTimeoutMillis(upgrade.timeoutMillis())
                    .setMember(upgrade.member().value())
                    .setNonce(upgrade.nonce())
                    .setTerm(upgrade.term()));
        } else if (command instanceof Command.Configure configure) {
            message.setConfigure(
                    CommandFormat.Configure.newBuilder().setSettings(Values.settings(configure.settings())));
        } else {
            throw Fields.unwritable(command);
        }
        return message.build();
    }

    private static CommandFormat.Submit submit(Command.Submit submit) {
        CommandFormat.Submit.Builder message = CommandFormat.Submit.newBuilder()
                .setSession(submit.session())
                .setAttach(submit.attach())
                .setNumber(submit.number())
                .setAckedUpTo(submit.ackedUpTo())
                .setOperation(Operations.message(submit.operation()));
        for (Identity identity : submit.identities()) {
            message.addIdentities(Values.identity(identity));
        }
        return message.build();
    }

    private static CommandFormat.SubmitLocal submitLocal(Command.SubmitLocal submit) {
        CommandFormat.SubmitLocal.Builder message = CommandFormat.SubmitLocal.newBuilder()
                .setMember(submit.member().value())
                .setNonce(submit.nonce())
                .setOperation(Operations.message(submit.operation()));
        for (Identity identity : submit.identities()) {
            message.addIdentities(Values.identity(identity));
        }
        return message.build();
    }

    private static CommandFormat.OpenSession openSession(Command.OpenSession open) {
        return CommandFormat.OpenSession.newBuilder()
                .setSession(open.session())
                .setPasswordHash(Fields.share(open.passwordHash()))
                .setTimeoutMillis(open.timeoutMillis())
                .setMember(open.member().value())
                .setNonce(open.nonce())
                .build();
    }

    private static CommandFormat.Attach attach(Command.Attach attach) {
        return CommandFormat.Attach.newBuilder()
                .setSession(attach.session())
                .setPasswordHash(Fields.share(attach.passwordHash()))
                .setTimeoutMillis(attach.timeoutMillis())
                .setMember(attach.member().value())
                .setNonce(attach.nonce())
                .build();
    }

    // --- from messages ---

    static Command command(CommandFormat.Command message) {
        Fields.refuseUnknown(message);
        return switch (message.getKindCase()) {
            case SUBMIT -> submit(message.getSubmit());
            case OPEN_SESSION -> openSession(message.getOpenSession());
            case ATTACH -> attach(message.getAttach());
            case CLOSE_SESSION -> closeSession(message.getCloseSession());
            case EXPIRE_SESSION -> expireSession(message.getExpireSession());
            case COLLECT_NODE -> collectNode(message.getCollectNode());
            case CONFIGURE -> configure(message.getConfigure());
            case ABANDON_RECONFIGURATION -> abandon(message.getAbandonReconfiguration());
            case SUBMIT_LOCAL -> submitLocal(message.getSubmitLocal());
            case UPGRADE_SESSION -> upgrade(message.getUpgradeSession());
            case KIND_NOT_SET -> throw Fields.missing("a command");
        };
    }

    private static Command.Submit submit(CommandFormat.Submit message) {
        Fields.refuseUnknown(message);
        Fields.require(message.hasOperation(), "operation of a submit");
        List<Identity> identities = new ArrayList<>(message.getIdentitiesCount());
        for (ValueFormat.Identity identity : message.getIdentitiesList()) {
            identities.add(Values.identity(identity));
        }
        Operation.Write<?> operation = Operations.write(message.getOperation());
        return new Command.Submit(
                message.getSession(),
                message.getAttach(),
                message.getNumber(),
                message.getAckedUpTo(),
                identities,
                operation);
    }

    private static Command.SubmitLocal submitLocal(CommandFormat.SubmitLocal message) {
        Fields.refuseUnknown(message);
        Fields.require(message.hasOperation(), "operation of a local submit");
        List<Identity> identities = new ArrayList<>(message.getIdentitiesCount());
        for (ValueFormat.Identity identity : message.getIdentitiesList()) {
            identities.add(Values.identity(identity));
        }
        return new Command.SubmitLocal(
                MemberId.of(message.getMember()), message.getNonce(), identities, Operations.write(message.getOperation()));
    }

    private static Command.UpgradeSession upgrade(CommandFormat.UpgradeSession message) {
        Fields.refuseUnknown(message);
        return new Command.UpgradeSession(
                message.getSession(),
                Fields.copy(message.getPasswordHash()),
                message.getTimeoutMillis(),
                MemberId.of(message.getMember()),
                message.getNonce(),
                message.getTerm());
    }

    private static Command.OpenSession openSession(CommandFormat.OpenSession message) {
        Fields.refuseUnknown(message);
        return new Command.OpenSession(
                message.getSession(),
                Fields.copy(message.getPasswordHash()),
                message.getTimeoutMillis(),
                MemberId.of(message.getMember()),
                message.getNonce());
    }

    private static Command.Attach attach(CommandFormat.Attach message) {
        Fields.refuseUnknown(message);
        return new Command.Attach(
                message.getSession(),
                Fields.copy(message.getPasswordHash()),
                message.getTimeoutMillis(),
                MemberId.of(message.getMember()),
                message.getNonce());
    }

    private static Command.CloseSession closeSession(CommandFormat.CloseSession message) {
        Fields.refuseUnknown(message);
        return new Command.CloseSession(message.getSession(), message.getAttach(), message.getNumber());
    }

    private static Command.ExpireSession expireSession(CommandFormat.ExpireSession message) {
        Fields.refuseUnknown(message);
        return new Command.ExpireSession(message.getSession(), message.getAttach(), message.getTerm());
    }

    private static Command.CollectNode collectNode(CommandFormat.CollectNode message) {
        Fields.refuseUnknown(message);
        return new Command.CollectNode(
                Text.ofField(message.getPath()), message.getCzxid(), message.getMzxid(), message.getTerm());
    }

    private static Command.AbandonReconfiguration abandon(CommandFormat.AbandonReconfiguration message) {
        Fields.refuseUnknown(message);
        return new Command.AbandonReconfiguration(
                message.getIndex(), message.getTerm(), Refusal.ofCode(message.getCode()), Text.ofField(message.getReason()));
    }

    private static Command.Configure configure(CommandFormat.Configure message) {
        Fields.refuseUnknown(message);
        Fields.require(message.hasSettings(), "settings of a configure");
        return new Command.Configure(Values.settings(message.getSettings()));
    }
}
