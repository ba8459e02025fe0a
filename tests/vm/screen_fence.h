/* SPDX-License-Identifier: MIT */
/* A fence that is signalled when a test says so (or by the kernel, after ten seconds). */
#ifndef VM_SCREEN_FENCE_H
#define VM_SCREEN_FENCE_H

#include <stdbool.h>
#include <stdint.h>

struct fence {
	int card; /* vgem */
	int sync_file;
	uint32_t handle, id;
};

/* False: there is no vgem. */
bool fence_create(struct fence *fence);
/* Whoever reads the dma-buf waits for it. */
void fence_attach(const struct fence *fence, int dmabuf);
void fence_signal(const struct fence *fence);
void fence_finish(struct fence *fence);

#endif
