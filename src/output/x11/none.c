/* SPDX-License-Identifier: MIT */
/* In place of the X11 output where what it needs was not there at build time. */
#include "server/server.h"

LEND_EXPORT int lend_output_create_x11(struct lend_server *server,
				       const struct lend_window_output_options *options,
				       struct lend_output **output)
{
	return fail(-ENOSYS,
		    "this libframelend-server was built without X servers: build it where libxcb "
		    "with its extensions and libxkbcommon-x11 are installed (meson option x11)");
}
