/* SPDX-License-Identifier: MIT */
/* In the place of gbm.c where GBM's header was not there at the build. */
#include "alloc/allocator.h"
#include "alloc/gpu.h"

#include <errno.h>

static int allocate(struct lend_device *device, const struct lend_buffer_options *options,
		    struct memory *memory, struct trial *trial)
{
	errno = ENOSYS;
	return trial_fail(trial, LEND_DEPTH_CREATE, "gbm_create_device");
}

void gbm_close(struct lend_device *device) {}

const struct allocator gbm_allocator = {
	.name = "gbm",
	.memory = LEND_MEMORY_GBM,
	.own = true,
	.gpu = true,
	.planes_max = LEND_PLANES_MAX,
	.allocate = allocate,
};
