/* SPDX-License-Identifier: MIT */
/* In place of config.c where there is no libinih. */
#include "cli.h"
#include "config.h"

int config_read(struct config *config, const char *path)
{
	return complain("cannot read %s: this was built without libinih (meson's option config)",
			path);
}
