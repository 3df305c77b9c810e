/** What a member that runs by itself is told: its command line, and ZooKeeper's configuration read as ours. */
@NullMarked
package io.coord.netty.server;

import org.jspecify.annotations.NullMarked;
