package io.coord.wire;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Identity;
import io.coord.Operation;
import io.coord.state.Command;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a command takes when encoded, roughly, from the lengths of what it holds; close for plain text, and never far below. A
 * function of the command alone, so that flow control decides the same whether or not somebody has encoded it already.
 */
final class CommandSizes {

    private static final int COMMAND_BYTES = 32;
    private static final int STEP_BYTES = 16;
    private static final int PAIR_BYTES = 8;

    private CommandSizes() {}

    static int estimate(Command command) {
        long size = COMMAND_BYTES;
        if (command instanceof Command.Submit submit) {
            size += operation(submit.operation());
            for (Identity identity : submit.identities()) {
                size += identity(identity);
            }
        } else if (command instanceof Command.SubmitLocal submit) {
            size += operation(submit.operation());
            for (Identity identity : submit.identities()) {
                size += identity(identity);
            }
        } else if (command instanceof Command.UpgradeSession upgrade) {
            size += upgrade.passwordHash().length();
        } else if (command instanceof Command.OpenSession open) {
            size += open.passwordHash().length();
        } else if (command instanceof Command.Attach attach) {
            size += attach.passwordHash().length();
        } else if (command instanceof Command.CollectNode collect) {
            size += collect.path().length();
        } else if (command instanceof Command.AbandonReconfiguration abandon) {
            size += abandon.reason().length();
        }
        return (int) Math.min(size, Integer.MAX_VALUE);
    }

    private static long operation(Operation.Write<?> write) {
        if (write instanceof Operation.Multi multi) {
            long size = STEP_BYTES;
            for (Operation.Step<?> step : multi.steps()) {
                size += step(step);
            }
            return size;
        }
        if (write instanceof Operation.SetAcl set) {
            return STEP_BYTES + set.path().length() + acl(set.acl());
        }
        if (write instanceof Operation.Reconfigure wish) {
            return STEP_BYTES + wish.members().length() + 2L * wish.leaving().size();
        }
        return write instanceof Operation.Step<?> step ? step(step) : STEP_BYTES;
    }

    private static long step(Operation.Step<?> step) {
        long size = (long) STEP_BYTES + step.path().length();
        if (step instanceof Operation.SetData set) {
            size += data(set.data());
        } else if (step instanceof Operation.Create create) {
            size += data(create.data()) + acl(create.acl());
        }
        return size;
    }

    private static long data(@Nullable Bytes data) {
        return data == null ? 0 : data.length();
    }

    private static long acl(List<Acl> list) {
        long size = 0;
        for (Acl acl : list) {
            size += PAIR_BYTES + identity(acl.identity());
        }
        return size;
    }

    private static long identity(Identity identity) {
        return (long) PAIR_BYTES + identity.scheme().length() + identity.id().length();
    }
}
