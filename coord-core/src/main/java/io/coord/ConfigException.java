package io.coord;

import java.util.List;

/**
 * What is wrong with a configuration or an ensemble: all mistakes at once, so that it takes one round to put them
 * right.
 */
public final class ConfigException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    /** Transient: a copy sent elsewhere has the message. */
    private final transient List<Mistake> mistakes;

    /**
     * One mistake.
     *
     * @param code its kind
     * @param text what was found, what was expected, what to do
     */
    public record Mistake(ErrorCode code, String text) {
        @Override
        public String toString() {
            return code.message(text);
        }
    }

    /**
     * With at least one mistake.
     *
     * @param subject where they were found, such as {@code the ensemble "1=a"}; told if there are several
     */
    public ConfigException(String subject, List<Mistake> mistakes) {
        super(message(subject, mistakes));
        this.mistakes = List.copyOf(mistakes);
    }

    private static String message(String subject, List<Mistake> mistakes) {
        if (mistakes.isEmpty()) {
            throw new IllegalArgumentException("no mistakes in " + subject + ": nothing to report");
        }
        if (mistakes.size() == 1) {
            return mistakes.get(0).toString();
        }
        StringBuilder text = new StringBuilder(mistakes.size() + " mistakes in " + subject + ":");
        mistakes.forEach(mistake -> text.append("\n  ").append(mistake));
        return text.toString();
    }

    /** The mistakes, in the order in which they were written. */
    public List<Mistake> mistakes() {
        return mistakes;
    }
}
