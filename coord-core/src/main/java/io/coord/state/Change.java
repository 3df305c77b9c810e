package io.coord.state;

import io.coord.Acl;
import io.coord.WatchEvent;
import java.util.List;

/**
 * One node's creation, deletion or new data, in the order it happened within its entry.
 *
 * @param type CREATED, DELETED or DATA_CHANGED
 * @param path the node
 * @param zxid index of the entry
 * @param acl the node's access control list in force, for a deleted node its last (zk.WT9)
 * @param parentAcl the parent's access control list in force; empty where the type is DATA_CHANGED
 */
public record Change(WatchEvent.Type type, String path, long zxid, List<Acl> acl, List<Acl> parentAcl) {}
