/* SPDX-License-Identifier: MIT */
/* A dma-buf from the kernel's system heap. */
#include "alloc/allocator.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int allocate(struct lend_device *device, const struct lend_buffer_options *options,
		    struct memory *memory, struct trial *trial)
{
	int heap = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC);
	if (heap < 0)
		return trial_fail(trial, LEND_DEPTH_CREATE, "open(/dev/dma_heap/system)");
	struct dma_heap_allocation_data data = {
		.len = memory->bytes,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	int fd;
	if (ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data) < 0)
		fd = trial_fail(trial, LEND_DEPTH_CREATE, "DMA_HEAP_IOCTL_ALLOC");
	else
		fd = (int)data.fd;
	close(heap);
	return fd;
}

const struct allocator heap_allocator = {
	.name = "heap",
	.memory = LEND_MEMORY_HEAP,
	.foreign = true,
	.planes_max = LEND_PLANES_MAX,
	.allocate = allocate,
};
