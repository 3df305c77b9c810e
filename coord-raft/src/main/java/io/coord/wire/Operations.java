package io.coord.wire;

import io.coord.Acl;
import io.coord.CreateMode;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.wire.proto.CommandFormat;
import java.util.ArrayList;
import java.util.List;

/** Writes as messages and back. */
final class Operations {

    private Operations() {}

    // --- to messages ---

    static CommandFormat.Operation message(Operation.Write<?> write) {
        CommandFormat.Operation.Builder message = CommandFormat.Operation.newBuilder();
        if (write instanceof Operation.Step<?> step) {
            setStep(message, step);
        } else if (write instanceof Operation.Multi multi) {
            message.setMulti(multi(multi));
        } else if (write instanceof Operation.SetAcl set) {
            message.setSetAcl(setAcl(set));
        } else if (write instanceof Operation.Reconfigure wish) {
            message.setReconfigure(reconfigure(wish));
        } else {
            throw Fields.unwritable(write);
        }
        return message.build();
    }

    private static void setStep(CommandFormat.Operation.Builder message, Operation.Step<?> step) {
        if (step instanceof Operation.SetData set) {
            message.setSetData(setData(set));
        } else if (step instanceof Operation.Create create) {
            message.setCreate(create(create));
        } else if (step instanceof Operation.Delete delete) {
            message.setDelete(CommandFormat.Operation.Delete.newBuilder()
                    .setPath(Text.toField(delete.path()))
                    .setVersion(delete.version()));
        } else if (step instanceof Operation.Check check) {
            message.setCheck(CommandFormat.Operation.Check.newBuilder()
                    .setPath(Text.toField(check.path()))
                    .setVersion(check.version()));
        } else {
            throw Fields.unwritable(step);
        }
    }

    private static CommandFormat.Operation.SetData setData(Operation.SetData set) {
        CommandFormat.Operation.SetData.Builder message = CommandFormat.Operation.SetData.newBuilder()
                .setPath(Text.toField(set.path()))
                .setVersion(set.version());
        if (set.data() != null) {
            message.setData(Fields.share(set.data()));
        }
        return message.build();
    }

    private static CommandFormat.Operation.Create create(Operation.Create create) {
        CommandFormat.Operation.Create.Builder message = CommandFormat.Operation.Create.newBuilder()
                .setPath(Text.toField(create.path()))
                .setModeValue(create.mode().flag() + 1)
                .setTtlMillis(create.ttlMillis());
        for (Acl acl : create.acl()) {
            message.addAcl(Values.acl(acl));
        }
        if (create.data() != null) {
            message.setData(Fields.share(create.data()));
        }
        return message.build();
    }

    private static CommandFormat.Operation.SetAcl setAcl(Operation.SetAcl set) {
        CommandFormat.Operation.SetAcl.Builder message = CommandFormat.Operation.SetAcl.newBuilder()
                .setPath(Text.toField(set.path()))
                .setVersion(set.version());
        for (Acl acl : set.acl()) {
            message.addAcl(Values.acl(acl));
        }
        return message.build();
    }

    private static CommandFormat.Operation.Reconfigure reconfigure(Operation.Reconfigure wish) {
        CommandFormat.Operation.Reconfigure.Builder message = CommandFormat.Operation.Reconfigure.newBuilder()
                .setMembers(Text.toField(wish.members()))
                .setReplacesAll(wish.replacesAll())
                .setConfigZxid(wish.configZxid());
        wish.leaving().forEach(member -> message.addLeaving(member.value()));
        return message.build();
    }

    private static CommandFormat.Operation.Multi multi(Operation.Multi multi) {
        CommandFormat.Operation.Multi.Builder message = CommandFormat.Operation.Multi.newBuilder();
        for (Operation.Step<?> step : multi.steps()) {
            CommandFormat.Operation.Builder single = CommandFormat.Operation.newBuilder();
            setStep(single, step);
            message.addSteps(single);
        }
        return message.build();
    }

    // --- from messages ---

    static Operation.Write<?> write(CommandFormat.Operation message) {
        return switch (message.getKindCase()) {
            case MULTI -> {
                Fields.refuseUnknown(message);
                yield multi(message.getMulti());
            }
            case SET_ACL -> {
                Fields.refuseUnknown(message);
                yield setAcl(message.getSetAcl());
            }
            case RECONFIGURE -> {
                Fields.refuseUnknown(message);
                yield reconfigure(message.getReconfigure());
            }
            default -> step(message);
        };
    }

    private static Operation.Step<?> step(CommandFormat.Operation message) {
        Fields.refuseUnknown(message);
        return switch (message.getKindCase()) {
            case CREATE -> create(message.getCreate());
            case DELETE -> delete(message.getDelete());
            case SET_DATA -> setData(message.getSetData());
            case CHECK -> check(message.getCheck());
            case SET_ACL, MULTI, RECONFIGURE -> throw new IllegalArgumentException("a " + message.getKindCase() + " is no step of a multi");
            case KIND_NOT_SET -> throw Fields.missing("an operation");
        };
    }

    private static Operation.Create create(CommandFormat.Operation.Create message) {
        Fields.refuseUnknown(message);
        return new Operation.Create(
                Text.ofField(message.getPath()),
                message.hasData() ? Fields.copy(message.getData()) : null,
                mode(message.getModeValue()),
                Values.acls(message.getAclList()),
                message.getTtlMillis());
    }

    private static CreateMode mode(int number) {
        if (number < 1 || number > CreateMode.values().length) {
            throw new IllegalArgumentException("create mode " + number + " is unknown to format version 1");
        }
        return CreateMode.ofFlag(number - 1);
    }

    private static Operation.Delete delete(CommandFormat.Operation.Delete message) {
        Fields.refuseUnknown(message);
        return new Operation.Delete(Text.ofField(message.getPath()), message.getVersion());
    }

    private static Operation.SetData setData(CommandFormat.Operation.SetData message) {
        Fields.refuseUnknown(message);
        return new Operation.SetData(
                Text.ofField(message.getPath()),
                message.hasData() ? Fields.copy(message.getData()) : null,
                message.getVersion());
    }

    private static Operation.Check check(CommandFormat.Operation.Check message) {
        Fields.refuseUnknown(message);
        return new Operation.Check(Text.ofField(message.getPath()), message.getVersion());
    }

    private static Operation.SetAcl setAcl(CommandFormat.Operation.SetAcl message) {
        Fields.refuseUnknown(message);
        return new Operation.SetAcl(
                Text.ofField(message.getPath()), Values.acls(message.getAclList()), message.getVersion());
    }

    private static Operation.Reconfigure reconfigure(CommandFormat.Operation.Reconfigure message) {
        Fields.refuseUnknown(message);
        List<MemberId> leaving = new ArrayList<>(message.getLeavingCount());
        message.getLeavingList().forEach(member -> leaving.add(MemberId.of(member)));
        return new Operation.Reconfigure(
                Text.ofField(message.getMembers()), message.getReplacesAll(), leaving, message.getConfigZxid());
    }

    private static Operation.Multi multi(CommandFormat.Operation.Multi message) {
        Fields.refuseUnknown(message);
        List<Operation.Step<?>> steps = new ArrayList<>(message.getStepsCount());
        for (CommandFormat.Operation step : message.getStepsList()) {
            steps.add(step(step));
        }
        return new Operation.Multi(steps);
    }
}
