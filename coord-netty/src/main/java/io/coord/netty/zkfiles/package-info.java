/**
 * The files of an Apache ZooKeeper server: snapshots and transaction logs of versions 3.5 to 3.9, read into a state of ours, and a
 * snapshot written from one.
 */
@NullMarked
package io.coord.netty.zkfiles;

import org.jspecify.annotations.NullMarked;
