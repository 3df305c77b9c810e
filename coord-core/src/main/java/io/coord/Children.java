package io.coord;

import java.util.List;

/**
 * The names of a znode's direct children and the node's {@link Stat} of the same moment. A member sorts the names as
 * strings are sorted; ZooKeeper, asked by our client, does not.
 *
 * @param names the children's names, without a path
 * @param stat the parent's metadata
 */
public record Children(List<String> names, Stat stat) implements ReadOutcome {

    /** Keeps an immutable copy of the names. */
    public Children {
        names = List.copyOf(names);
    }
}
