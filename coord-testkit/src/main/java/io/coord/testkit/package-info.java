/**
 * Ensembles for tests, and the contract that every way to an ensemble keeps.
 */
@NullMarked
package io.coord.testkit;

import org.jspecify.annotations.NullMarked;
