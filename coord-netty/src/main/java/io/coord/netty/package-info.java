/** The doors to the network: {@code NettyTransport} between members, ZooKeeper's protocol for clients, and a member that runs by itself. */
@NullMarked
package io.coord.netty;

import org.jspecify.annotations.NullMarked;
