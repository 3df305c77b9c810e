package io.coord.testkit.zookeeper;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Identity;
import io.coord.Stat;
import io.coord.WatchEvent;
import java.util.ArrayList;
import java.util.List;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.jspecify.annotations.Nullable;

/** ZooKeeper's values as Coord's, and back. */
final class Values {

    private Values() {}

    static Stat stat(org.apache.zookeeper.data.Stat stat) {
        return new Stat(
                stat.getCzxid(),
                stat.getMzxid(),
                stat.getCtime(),
                stat.getMtime(),
                stat.getVersion(),
                stat.getCversion(),
                stat.getAversion(),
                stat.getEphemeralOwner(),
                stat.getDataLength(),
                stat.getNumChildren(),
                stat.getPzxid());
    }

    static @Nullable Bytes bytes(byte @Nullable [] data) {
        return data == null ? null : Bytes.of(data);
    }

    static byte @Nullable [] array(@Nullable Bytes data) {
        return data == null ? null : data.toArray();
    }

    static List<ACL> toZooKeeper(List<Acl> acl) {
        List<ACL> list = new ArrayList<>();
        for (Acl entry : acl) {
            list.add(new ACL(entry.permissions(), new Id(entry.identity().scheme(), entry.identity().id())));
        }
        return list;
    }

    static List<Acl> acl(List<ACL> acl) {
        List<Acl> list = new ArrayList<>();
        for (ACL entry : acl) {
            list.add(new Acl(entry.getPerms(), new Identity(entry.getId().getScheme(), entry.getId().getId())));
        }
        return list;
    }

    static WatchEvent event(WatchedEvent event) {
        WatchEvent.Type type =
                switch (event.getType()) {
                    case NodeCreated -> WatchEvent.Type.CREATED;
                    case NodeDeleted -> WatchEvent.Type.DELETED;
                    case NodeDataChanged -> WatchEvent.Type.DATA_CHANGED;
                    case NodeChildrenChanged -> WatchEvent.Type.CHILDREN_CHANGED;
                    default -> throw new IllegalArgumentException("no watch event: " + event);
                };
        return new WatchEvent(type, event.getPath(), event.getZxid());
    }
}
