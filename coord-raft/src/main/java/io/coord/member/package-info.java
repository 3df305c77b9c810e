/**
 * A member of the ensemble as one pure function of its inputs: Raft, the replicated state, this member's watches and the sessions
 * it hosts. {@link io.coord.member.MemberCore#step} changes memory only; {@link io.coord.member.MemberCore#drain} says what must now
 * happen.
 */
@NullMarked
package io.coord.member;

import org.jspecify.annotations.NullMarked;
