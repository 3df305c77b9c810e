/** A session over ZooKeeper's wire: connecting, coming back, and what is asked in between. */
@NullMarked
package io.coord.netty.zkclient;

import org.jspecify.annotations.NullMarked;
