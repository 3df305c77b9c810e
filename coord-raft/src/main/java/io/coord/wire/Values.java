package io.coord.wire;

import io.coord.Acl;
import io.coord.Identity;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.Stat;
import io.coord.state.Settings;
import io.coord.wire.proto.ValueFormat;
import java.util.ArrayList;
import java.util.List;

/** The values that commands and snapshots share, as messages and back. */
final class Values {

    private Values() {}

    // --- identities and access control lists ---

    static ValueFormat.Identity identity(Identity identity) {
        return ValueFormat.Identity.newBuilder()
                .setScheme(Text.toField(identity.scheme()))
                .setId(Text.toField(identity.id()))
                .build();
    }

    static Identity identity(ValueFormat.Identity message) {
        Fields.refuseUnknown(message);
        Identity identity = new Identity(Text.ofField(message.getScheme()), Text.ofField(message.getId()));
        return identity.equals(Identity.ANYONE) ? Identity.ANYONE : identity;
    }

    static ValueFormat.Acl acl(Acl acl) {
        return ValueFormat.Acl.newBuilder()
                .setPermissions(acl.permissions())
                .setIdentity(identity(acl.identity()))
                .build();
    }

    /** The list; the usual one as the constant, so that a million nodes share it. */
    static List<Acl> acls(List<ValueFormat.Acl> messages) {
        List<Acl> list = new ArrayList<>(messages.size());
        for (ValueFormat.Acl message : messages) {
            Fields.refuseUnknown(message);
            Fields.require(message.hasIdentity(), "identity of an ACL");
            list.add(new Acl(message.getPermissions(), identity(message.getIdentity())));
        }
        return list.equals(Acl.OPEN) ? Acl.OPEN : list;
    }

    // --- settings ---

    static ValueFormat.Settings settings(Settings settings) {
        return ValueFormat.Settings.newBuilder()
                .setExtendedTypes(settings.extendedTypes())
                .setEnforceQuota(settings.enforceQuota())
                .setSkipAcl(settings.skipAcl())
                .setMaxNeverUsedContainerMillis(settings.maxNeverUsedContainerMillis())
                .build();
    }

    static Settings settings(ValueFormat.Settings message) {
        Fields.refuseUnknown(message);
        return new Settings(
                message.getExtendedTypes(),
                message.getEnforceQuota(),
                message.getSkipAcl(),
                message.getMaxNeverUsedContainerMillis());
    }

    // --- metadata ---

    static ValueFormat.Stat stat(Stat stat) {
        return ValueFormat.Stat.newBuilder()
                .setCzxid(stat.czxid())
                .setMzxid(stat.mzxid())
                .setCtime(stat.ctime())
                .setMtime(stat.mtime())
                .setVersion(stat.version())
                .setCversion(stat.cversion())
                .setAversion(stat.aversion())
                .setEphemeralOwner(stat.ephemeralOwner())
                .setDataLength(stat.dataLength())
                .setNumChildren(stat.numChildren())
                .setPzxid(stat.pzxid())
                .build();
    }

    static Stat stat(boolean present, ValueFormat.Stat message) {
        Fields.require(present, "stat of an outcome");
        Fields.refuseUnknown(message);
        return new Stat(
                message.getCzxid(),
                message.getMzxid(),
                message.getCtime(),
                message.getMtime(),
                message.getVersion(),
                message.getCversion(),
                message.getAversion(),
                message.getEphemeralOwner(),
                message.getDataLength(),
                message.getNumChildren(),
                message.getPzxid());
    }

    // --- outcomes ---

    static ValueFormat.Outcome outcome(Outcome outcome) {
        ValueFormat.Outcome.Builder message = ValueFormat.Outcome.newBuilder();
        if (outcome instanceof Outcome.Multi multi) {
            message.setMulti(multi(multi));
        } else {
            setSingle(message, outcome);
        }
        return message.build();
    }

    private static ValueFormat.Outcome.Multi multi(Outcome.Multi multi) {
        ValueFormat.Outcome.Multi.Builder message = ValueFormat.Outcome.Multi.newBuilder();
        for (Outcome result : multi.results()) {
            ValueFormat.Outcome.Builder single = ValueFormat.Outcome.newBuilder();
            setSingle(single, result);
            message.addResults(single);
        }
        return message.build();
    }

    private static void setSingle(ValueFormat.Outcome.Builder message, Outcome outcome) {
        if (outcome instanceof Outcome.DataSet set) {
            message.setDataSet(ValueFormat.Outcome.DataSet.newBuilder().setStat(stat(set.stat())));
        } else if (outcome instanceof Outcome.Created created) {
            message.setCreated(ValueFormat.Outcome.Created.newBuilder()
                    .setPath(Text.toField(created.path()))
                    .setStat(stat(created.stat())));
        } else if (outcome instanceof Outcome.Deleted) {
            message.setDeleted(ValueFormat.Outcome.Deleted.getDefaultInstance());
        } else if (outcome instanceof Outcome.AclSet set) {
            message.setAclSet(ValueFormat.Outcome.AclSet.newBuilder().setStat(stat(set.stat())));
        } else if (outcome instanceof Outcome.Checked) {
            message.setChecked(ValueFormat.Outcome.Checked.getDefaultInstance());
        } else if (outcome instanceof Outcome.Reconfiguring) {
            message.setReconfiguring(ValueFormat.Outcome.Reconfiguring.getDefaultInstance());
        } else if (outcome instanceof Outcome.Reconfigured done) {
            message.setReconfigured(ValueFormat.Outcome.Reconfigured.newBuilder()
                    .setData(Fields.share(done.data()))
                    .setStat(stat(done.stat())));
        } else if (outcome instanceof Outcome.RolledBack) {
            message.setRolledBack(ValueFormat.Outcome.RolledBack.getDefaultInstance());
        } else if (outcome instanceof Outcome.Refused refused) {
            message.setRefused(ValueFormat.Outcome.Refused.newBuilder()
                    .setCode(refused.refusal().code())
                    .setPath(Text.toField(refused.path()))
                    .setDetail(Text.toField(refused.detail())));
        } else {
            throw Fields.unwritable(outcome);
        }
    }

    static Outcome outcome(ValueFormat.Outcome message) {
        Fields.refuseUnknown(message);
        return message.hasMulti() ? multi(message.getMulti()) : single(message);
    }

    private static Outcome multi(ValueFormat.Outcome.Multi message) {
        Fields.refuseUnknown(message);
        List<Outcome> results = new ArrayList<>(message.getResultsCount());
        for (ValueFormat.Outcome result : message.getResultsList()) {
            Fields.refuseUnknown(result);
            results.add(single(result));
        }
        return new Outcome.Multi(results);
    }

    private static Outcome single(ValueFormat.Outcome message) {
        return switch (message.getKindCase()) {
            case CREATED -> created(message.getCreated());
            case DELETED -> {
                Fields.refuseUnknown(message.getDeleted());
                yield new Outcome.Deleted();
            }
            case DATA_SET -> {
                Fields.refuseUnknown(message.getDataSet());
                yield new Outcome.DataSet(stat(message.getDataSet().hasStat(), message.getDataSet().getStat()));
            }
            case ACL_SET -> {
                Fields.refuseUnknown(message.getAclSet());
                yield new Outcome.AclSet(stat(message.getAclSet().hasStat(), message.getAclSet().getStat()));
            }
            case CHECKED -> {
                Fields.refuseUnknown(message.getChecked());
                yield new Outcome.Checked();
            }
            case ROLLED_BACK -> {
                Fields.refuseUnknown(message.getRolledBack());
                yield new Outcome.RolledBack();
            }
            case REFUSED -> refused(message.getRefused());
            case RECONFIGURING -> {
                Fields.refuseUnknown(message.getReconfiguring());
                yield new Outcome.Reconfiguring();
            }
            case RECONFIGURED -> {
                Fields.refuseUnknown(message.getReconfigured());
                yield new Outcome.Reconfigured(
                        Fields.copy(message.getReconfigured().getData()),
                        stat(message.getReconfigured().hasStat(), message.getReconfigured().getStat()));
            }
            case MULTI -> throw new IllegalArgumentException("a multi holds a multi");
            case KIND_NOT_SET -> throw Fields.missing("an outcome");
        };
    }

    private static Outcome created(ValueFormat.Outcome.Created message) {
        Fields.refuseUnknown(message);
        return new Outcome.Created(Text.ofField(message.getPath()), stat(message.hasStat(), message.getStat()));
    }

    private static Outcome refused(ValueFormat.Outcome.Refused message) {
        Fields.refuseUnknown(message);
        return new Outcome.Refused(
                Refusal.ofCode(message.getCode()), Text.ofField(message.getPath()), Text.ofField(message.getDetail()));
    }
}
