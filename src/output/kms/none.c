/* SPDX-License-Identifier: MIT */
/* In place of the KMS output where what it needs was not there at build time. */
#include "server/server.h"

LEND_EXPORT int lend_output_create_kms(struct lend_server *server,
				       const struct lend_kms_output_options *options)
{
	return fail(-ENOSYS,
		    "this libframelend-server was built without real displays: build it where "
		    "libudev and libinput are installed (meson option kms)");
}
