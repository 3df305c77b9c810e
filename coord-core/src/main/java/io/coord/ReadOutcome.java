package io.coord;

/** The answer to one part of a {@link Operation.MultiRead}: what was read, or why it was refused. */
public sealed interface ReadOutcome permits Node, Children, Outcome.Refused {}
