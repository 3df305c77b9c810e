package io.coord.netty.peer;

/** Where the certificates are. */
public record TlsFiles() {}
