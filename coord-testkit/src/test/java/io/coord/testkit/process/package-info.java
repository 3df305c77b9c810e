/** Members as processes: started, killed, frozen and cut off, with clients that hold them to what they acknowledged. */
@NullMarked
package io.coord.testkit.process;

import org.jspecify.annotations.NullMarked;
