package io.coord.recipes;

import io.coord.NodePath;

/**
 * A time of leadership, from an election to the loss of it.
 *
 * @param fencingToken the zxid that created the winning node: greater than that of every leadership before, in this ensemble for ever. Hand
 *     it to whatever is written, which refuses a smaller one than it has seen; leadership alone is no safety
 * @param path the winning node
 */
public record Leadership(long fencingToken, NodePath path) {}
