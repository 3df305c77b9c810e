package io.coord.wire;

import io.coord.state.StateVisitor;
import java.util.ArrayList;
import java.util.List;

/** All that a visitor is told, in order. */
final class Recording implements StateVisitor {

    final List<Object> told = new ArrayList<>();

    @Override
    public void header(Header header) {
        told.add(header);
    }

    @Override
    public void session(SessionImage session) {
        told.add(session);
    }

    @Override
    public void node(NodeImage node) {
        told.add(node);
    }

    @Override
    public void end(long digest) {
        told.add(digest);
    }

    /** Tells it all to another. */
    void visit(StateVisitor visitor) {
        for (Object one : told) {
            if (one instanceof Header header) {
                visitor.header(header);
            } else if (one instanceof SessionImage session) {
                visitor.session(session);
            } else if (one instanceof NodeImage node) {
                visitor.node(node);
            } else {
                visitor.end((Long) one);
            }
        }
    }

    /** Sessions and nodes of any content, under a header that counts them. */
    static Recording arbitrary(long seed, int sessions, int nodes) {
        Arbitrary arbitrary = new Arbitrary(seed);
        Recording recording = new Recording();
        Header any = arbitrary.one(Header.class);
        recording.header(new Header(any.index(), any.term(), any.wallMillis(), any.elapsedMillis(), any.settings(),
                sessions, nodes, any.highestSessions()));
        for (int i = 0; i < sessions; i++) {
            recording.session(arbitrary.one(SessionImage.class));
        }
        for (int i = 0; i < nodes; i++) {
            recording.node(arbitrary.one(NodeImage.class));
        }
        recording.end(seed);
        return recording;
    }
}
