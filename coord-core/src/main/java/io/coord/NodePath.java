package io.coord;

import java.util.Objects;
import java.util.Optional;

/**
 * The absolute path of a znode, valid by ZooKeeper's rules: {@code /} alone, or {@code /a/b/c}.
 *
 * <p>The rules (zk.P1, ZooKeeper's {@code PathUtils.validatePath}): starts with a slash, does not end with one, has no empty
 * element, no element {@code .} or {@code ..}, and none of the characters U+0000 to U+001F, U+007F to U+009F, U+D800 to
 * U+F8FF and U+FFF0 to U+FFFF.
 */
public final class NodePath implements Comparable<NodePath> {

    /** The root of the tree. */
    public static final NodePath ROOT = new NodePath("/");

    private final String value;

    private NodePath(String value) {
        this.value = value;
    }

    /**
     * The path with this text.
     *
     * @throws IllegalArgumentException if the text breaks a rule; the message names the rule and the position
     */
    public static NodePath of(String text) {
        Optional<String> violation = violation(text);
        if (violation.isPresent()) {
            throw new IllegalArgumentException("invalid path \"" + printable(text) + "\": " + violation.get());
        }
        return text.length() == 1 ? ROOT : new NodePath(text);
    }

    /** What is wrong with this text as a path, or empty if it is one. */
    public static Optional<String> violation(String text) {
        if (text.isEmpty()) {
            return Optional.of("it is empty; a path starts with /");
        }
        if (text.charAt(0) != '/') {
            return Optional.of("it does not start with /");
        }
        if (text.length() == 1) {
            return Optional.empty();
        }
        if (text.charAt(text.length() - 1) == '/') {
            return Optional.of("it ends with /; only the root is written so");
        }
        return elementViolation(text);
    }

    private static Optional<String> elementViolation(String text) {
        int start = 1;
        for (int i = 1; i <= text.length(); i++) {
            if (i < text.length() && text.charAt(i) != '/') {
                if (isForbidden(text.charAt(i))) {
                    return Optional.of("character U+" + hex4(text.charAt(i)) + " at position " + i + " is not allowed");
                }
                continue;
            }
            if (i == start) {
                return Optional.of("empty element (//) at position " + i);
            }
            if (text.charAt(start) == '.' && (i - start == 1 || i - start == 2 && text.charAt(start + 1) == '.')) {
                return Optional.of("relative element (. or ..) at position " + start);
            }
            start = i + 1;
        }
        return Optional.empty();
    }

    private static boolean isForbidden(char c) {
        return c <= '\u001f' || c >= '\u007f' && c <= '\u009f' || c >= '\ud800' && c <= '\uf8ff' || c >= '\ufff0';
    }

    private static String hex4(char c) {
        String hex = Integer.toHexString(c).toUpperCase(java.util.Locale.ROOT);
        return "0000".substring(hex.length()) + hex;
    }

    /** The text with every forbidden character escaped, safe in a message or a log line. */
    public static String printable(String text) {
        StringBuilder out = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isForbidden(c)) {
                out = out == null ? new StringBuilder(text.substring(0, i)) : out;
                out.append("\\u").append(hex4(c));
            } else if (out != null) {
                out.append(c);
            }
        }
        return out == null ? text : out.toString();
    }

    /** The text of the path. */
    public String value() {
        return value;
    }

    /** Whether this is {@code /}. */
    public boolean isRoot() {
        return value.length() == 1;
    }

    /** The last element; empty for the root. */
    public String name() {
        return value.substring(value.lastIndexOf('/') + 1);
    }

    /**
     * The path one element shorter.
     *
     * @throws IllegalStateException for the root, which has no parent
     */
    public NodePath parent() {
        if (isRoot()) {
            throw new IllegalStateException("the root / has no parent");
        }
        int slash = value.lastIndexOf('/');
        return slash == 0 ? ROOT : new NodePath(value.substring(0, slash));
    }

    /**
     * The path of a child, or of a deeper descendant if the name has slashes inside.
     *
     * @throws IllegalArgumentException if the result is not a path
     */
    public NodePath child(String name) {
        Objects.requireNonNull(name, "name");
        return of(isRoot() ? "/" + name : value + "/" + name);
    }

    /** The number of elements: 0 for the root. */
    public int depth() {
        if (isRoot()) {
            return 0;
        }
        int depth = 0;
        for (int i = 0; i < value.length(); i++) {
            depth += value.charAt(i) == '/' ? 1 : 0;
        }
        return depth;
    }

    /** Whether the other path lies below this one, at any depth; a path is no ancestor of itself. */
    public boolean isAncestorOf(NodePath other) {
        return isRoot()
                ? !other.isRoot()
                : other.value.length() > value.length()
                        && other.value.charAt(value.length()) == '/'
                        && other.value.startsWith(value);
    }

    /** Orders by the text's UTF-16 units. */
    @Override
    public int compareTo(NodePath other) {
        return value.compareTo(other.value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NodePath that && value.equals(that.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return value;
    }
}
