package io.coord.state;

/**
 * A container or TTL node whose time has come, as a {@link Command.CollectNode} names it.
 *
 * @param path the node
 * @param czxid its czxid
 * @param mzxid its mzxid
 */
public record Collectable(String path, long czxid, long mzxid) {}
