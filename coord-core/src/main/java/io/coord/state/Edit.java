package io.coord.state;

/**
 * The mark of what may be changed in place: trie and tree nodes made since the last root was handed out carry the present edit, older
 * ones another, and those are copied instead. Compared by identity.
 */
final class Edit {}
