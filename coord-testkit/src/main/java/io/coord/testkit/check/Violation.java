package io.coord.testkit.check;

/** Something that must never be, seen. */
public final class Violation extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String invariant;

    /** Of this invariant, with what was seen. */
    public Violation(String invariant, String seen) {
        super("inv." + invariant + " " + seen);
        this.invariant = invariant;
    }

    /** With the failure behind it. */
    public Violation(String invariant, String seen, Throwable cause) {
        super("inv." + invariant + " " + seen, cause);
        this.invariant = invariant;
    }

    private Violation(Violation seen, String where) {
        super(seen.getMessage() + where, seen);
        this.invariant = seen.invariant;
    }

    /** The same, with where and how it was seen. */
    public Violation located(String where) {
        return new Violation(this, where);
    }

    /** The id of the invariant. */
    public String invariant() {
        return invariant;
    }
}
