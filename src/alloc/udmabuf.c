/* SPDX-License-Identifier: MIT */
/* A dma-buf made of a sealed memfd's pages. */
#include "alloc/allocator.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int convert(int memfd, uint64_t bytes, struct trial *trial)
{
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	if (device < 0)
		return trial_fail(trial, LEND_DEPTH_CREATE, "open(/dev/udmabuf)");
	struct udmabuf_create create = {
		.memfd = (uint32_t)memfd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.size = bytes,
	};
	int fd = ioctl(device, UDMABUF_CREATE, &create);
	if (fd < 0)
		fd = trial_fail(trial, LEND_DEPTH_CREATE, "UDMABUF_CREATE");
	close(device);
	return fd;
}

static int allocate(struct lend_device *device, const struct lend_buffer_options *options,
		    struct memory *memory, struct trial *trial)
{
	int memfd = memfd_make(memory->bytes, trial);
	if (memfd < 0)
		return memfd;
	int fd = convert(memfd, memory->bytes, trial);
	close(memfd);
	return fd;
}

const struct allocator udmabuf_allocator = {
	.name = "udmabuf",
	.memory = LEND_MEMORY_UDMABUF,
	.foreign = true,
	.planes_max = LEND_PLANES_MAX,
	.allocate = allocate,
};
