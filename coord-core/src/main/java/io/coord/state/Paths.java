package io.coord.state;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Arithmetic on the texts of valid paths. */
final class Paths {

    private Paths() {}

    /** The path one element shorter; the root's is the root. */
    static String parentOf(String path) {
        int slash = path.lastIndexOf('/');
        return slash <= 0 ? "/" : path.substring(0, slash);
    }

    /** Whether the path lies directly below the other. */
    static boolean isParent(String parent, String path) {
        int slash = path.lastIndexOf('/');
        return path.length() > 1 && parent.length() == Math.max(1, slash) && path.startsWith(parent);
    }

    /** Whether the path is the top itself or lies below it. */
    static boolean isAtOrBelow(String top, String path) {
        return top.equals("/")
                || !top.isEmpty()
                        && path.startsWith(top)
                        && (path.length() == top.length() || path.charAt(top.length()) == '/');
    }

    /**
     * The nearest of some paths at which, or below which, a path lies.
     *
     * <p>All such tops are beginnings of the path, and between a beginning and the path no text sorts that does not begin alike. So
     * whatever is found nearest before the path is a top, or shows how short one has to be. The search takes no more steps than there
     * are tops to pass by, however deep the path.
     *
     * @param floor the last of the tops that does not sort behind a text, or null
     */
    static @Nullable String nearestTop(String path, Function<String, @Nullable String> floor) {
        String limit = path;
        while (true) {
            String found = floor.apply(limit);
            if (found == null || isAtOrBelow(found, path)) {
                return found;
            }
            if (limit.length() == 1) {
                return null;
            }
            int slash = path.lastIndexOf('/', commonLength(found, path));
            limit = slash <= 0 ? "/" : path.substring(0, slash);
        }
    }

    private static int commonLength(String one, String other) {
        int most = Math.min(one.length(), other.length());
        int i = 0;
        while (i < most && one.charAt(i) == other.charAt(i)) {
            i++;
        }
        return i;
    }
}
