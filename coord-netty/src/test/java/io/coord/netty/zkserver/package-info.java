/** The client port's parts, without a port. */
@org.jspecify.annotations.NullMarked
package io.coord.netty.zkserver;
