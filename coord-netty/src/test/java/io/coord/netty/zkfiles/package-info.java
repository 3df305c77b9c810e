@NullMarked
package io.coord.netty.zkfiles;

import org.jspecify.annotations.NullMarked;
