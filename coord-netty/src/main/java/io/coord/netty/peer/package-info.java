/** Connections between members: frames, the handshake before them, dialling, and TLS. Nothing here knows what a frame says. */
@NullMarked
package io.coord.netty.peer;

import org.jspecify.annotations.NullMarked;
