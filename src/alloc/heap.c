/* SPDX-License-Identifier: MIT */
/* A dma-buf from one of the kernel's heaps: the system's, or, for displays that read memory in one
 * piece only, the one of contiguous memory. */
#include "alloc/device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The heap of contiguous memory has gone by several names: its own, its region's in the device
 * tree, that of a region without one. */
static const char *const contiguous_heaps[] = {
	"/dev/dma_heap/default_cma_region",
	"/dev/dma_heap/linux,cma",
	"/dev/dma_heap/reserved",
};

static int open_contiguous(struct trial *trial)
{
	int heap = -1;
	for (size_t i = 0; i < sizeof(contiguous_heaps) / sizeof(*contiguous_heaps); i++) {
		heap = open(contiguous_heaps[i], O_RDWR | O_CLOEXEC);
		if (heap >= 0 || errno != ENOENT)
			break;
	}
	return heap < 0 ? trial_fail(trial, LEND_DEPTH_CREATE, "open(/dev/dma_heap)") : heap;
}

static int open_system(struct trial *trial)
{
	int heap = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC);
	return heap < 0 ? trial_fail(trial, LEND_DEPTH_CREATE, "open(/dev/dma_heap/system)") : heap;
}

static int allocate(struct lend_device *device, const struct lend_buffer_options *options,
		    struct memory *memory, struct trial *trial)
{
	const bool contiguous = device && device->known->foreign == FOREIGN_CONTIGUOUS;
	int heap = contiguous ? open_contiguous(trial) : open_system(trial);
	if (heap < 0)
		return heap;
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
	.contiguous = true,
	.planes_max = LEND_PLANES_MAX,
	.allocate = allocate,
};
