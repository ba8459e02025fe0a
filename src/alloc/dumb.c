/* SPDX-License-Identifier: MIT */
/* A dumb buffer of the display device, shared by PRIME: what every KMS driver can scan out. */
#include "alloc/allocator.h"
#include "alloc/device.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

/* The order matters: the first export fixes for the object's whole life whether it may be written,
 * and nvidia-drm and evdi let nobody map the export before MAP_DUMB. */
static int share(struct lend_device *device, uint32_t handle, struct trial *trial)
{
	int fd;
	if (drmPrimeHandleToFD(device->fd, handle, DRM_RDWR | DRM_CLOEXEC, &fd) != 0)
		return trial_fail(trial, LEND_DEPTH_EXPORT, "DRM_IOCTL_PRIME_HANDLE_TO_FD");
	uint64_t offset;
	int result = drmModeMapDumbBuffer(device->fd, handle, &offset);
	if (result == 0)
		return fd;
	errno = -result;
	result = trial_fail(trial, LEND_DEPTH_MAP, "DRM_IOCTL_MODE_MAP_DUMB");
	close(fd);
	return result;
}

static int create(struct lend_device *device, const struct lend_buffer_options *options,
		  struct memory *memory, uint32_t *handle, struct trial *trial)
{
	const struct lend_format *format = lend_format_get(options->format);
	int result = drmModeCreateDumbBuffer(device->fd, options->width, options->height,
					     format->cpp[0] * 8U, 0, handle,
					     &memory->info.planes[0].stride, &memory->bytes);
	if (result == 0)
		return 0;
	errno = -result;
	return trial_fail(trial, LEND_DEPTH_CREATE, "DRM_IOCTL_MODE_CREATE_DUMB");
}

static int allocate(struct lend_device *device, const struct lend_buffer_options *options,
		    struct memory *memory, struct trial *trial)
{
	uint32_t handle;
	int result = create(device, options, memory, &handle, trial);
	if (result < 0)
		return result;
	memory->info.n_planes = 1;
	memory->info.planes[0].offset = 0;
	memory->dirty = true; /* radeon and nouveau hand out video memory as it was */
	int fd = share(device, handle, trial);
	/* The fd keeps the object alive, and whoever scans it out imports it and counts handles
	 * there: one that stayed here would be the same number and die with the other's close. */
	drmModeDestroyDumbBuffer(device->fd, handle);
	return fd;
}

const struct allocator dumb_allocator = {
	.name = "dumb",
	.memory = LEND_MEMORY_DUMB,
	.own = true,
	.planes_max = 1,
	.allocate = allocate,
};
