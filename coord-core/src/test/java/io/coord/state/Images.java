package io.coord.state;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** A snapshot as a list of what was told, to be altered and told again. */
final class Images implements StateVisitor {

    Header header;
    final List<SessionImage> sessions = new ArrayList<>();
    final List<NodeImage> nodes = new ArrayList<>();
    long digest;
    private boolean altered;

    static Images of(StateRoot root) {
        Images images = new Images();
        root.visit(images);
        return images;
    }

    @Override
    public void header(Header header) {
        this.header = header;
    }

    @Override
    public void session(SessionImage session) {
        sessions.add(session);
    }

    @Override
    public void node(NodeImage node) {
        nodes.add(node);
    }

    @Override
    public void end(long digest) {
        this.digest = digest;
    }

    /** Alters a node and, when told, the digest with it: a forgery that is consistent. */
    void replace(String path, UnaryOperator<NodeImage> change) {
        nodes.replaceAll(node -> node.path().equals(path) ? change.apply(node) : node);
        altered = true;
    }

    void tell(StateVisitor visitor) {
        visitor.header(header);
        sessions.forEach(visitor::session);
        nodes.forEach(visitor::node);
        visitor.end(altered ? trueDigest() : digest);
    }

    /** What the restoring state itself says the digest is. */
    private long trueDigest() {
        Restoring probe = CoordState.restoring();
        probe.header(header);
        sessions.forEach(probe::session);
        nodes.forEach(probe::node);
        return probe.digest();
    }
}
