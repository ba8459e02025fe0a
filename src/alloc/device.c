/* SPDX-License-Identifier: MIT */
#include "alloc/device.h"
#include "alloc/cache.h"
#include "alloc/gpu.h"
#include "alloc/verdict.h"
#include "common/error.h"
#include "common/options.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <virtgpu_drm.h>
#include <xf86drm.h>

static bool cap(int fd, uint64_t which)
{
	uint64_t value = 0;
	return drmGetCap(fd, which, &value) == 0 && value != 0;
}

/* With 3D, virtio_gpu's memory is the host's; the guest's pages are for transfers. */
static bool is_coherent(const struct lend_device *device)
{
	int has_3d = 0;
	struct drm_virtgpu_getparam request = {
		.param = VIRTGPU_PARAM_3D_FEATURES,
		.value = (uintptr_t)&has_3d,
	};
	return strcmp(device->driver, "virtio_gpu") != 0 ||
	       drmIoctl(device->fd, DRM_IOCTL_VIRTGPU_GETPARAM, &request) != 0 || !has_3d;
}

static int identify(struct lend_device *device, const char *path)
{
	drmVersion *version = drmGetVersion(device->fd);
	if (!version)
		return fail(-ENODEV,
			    "%s is not a DRM device: give a display's primary node, such as "
			    "/dev/dri/card0",
			    path);
	device->driver = strdup(version->name ? version->name : "");
	drmFreeVersion(version);
	device->path = strdup(path);
	if (!device->driver || !device->path)
		return fail(-ENOMEM, "out of memory");
	uname(&device->system);
	struct stat status;
	if (fstat(device->fd, &status) == 0 && S_ISCHR(status.st_mode)) {
		place_find(status.st_rdev, &device->place);
		device->node = status.st_rdev;
	}
	device->known = driver_find(device->driver, device->system.release);
	if (device->known->foreign_reason)
		subject_expand(&(struct subject){device->driver, device->system.release, path},
			       device->known->foreign_reason, device->foreign_reason,
			       sizeof(device->foreign_reason));
	device->dumb = cap(device->fd, DRM_CAP_DUMB_BUFFER);
	device->prefer_shadow = cap(device->fd, DRM_CAP_DUMB_PREFER_SHADOW);
	device->primary = drmGetNodeTypeFromFd(device->fd) == DRM_NODE_PRIMARY;
	device->coherent = is_coherent(device);
	return 0;
}

/* Takes fd. */
static int create(int fd, const char *path, struct lend_device **out)
{
	struct lend_device *device = calloc(1, sizeof(*device));
	if (!device) {
		close(fd);
		return fail(-ENOMEM, "out of memory");
	}
	device->fd = fd;
	int result = identify(device, path);
	if (result < 0) {
		lend_device_destroy(device);
		return result;
	}
	*out = device;
	return 0;
}

static const char *open_remedy(int error)
{
	switch (error) {
	case ENOENT: return ": list /dev/dri for the devices there are";
	case EACCES: return ": log in on the machine's seat, or join the group video";
	case EMFILE: return ": close files, or raise the limit (ulimit -n)";
	default: return "";
	}
}

int lend_device_open(const char *path, struct lend_device **device)
{
	if (!path || !device)
		return fail(-EINVAL, "lend_device_open needs a path and a place for the device");
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		int error = errno;
		return fail(-error, "cannot open %s: %s%s", path, strerror(error),
			    open_remedy(error));
	}
	return create(fd, path, device);
}

int lend_device_open_fd(int fd, struct lend_device **device)
{
	if (!device)
		return fail(-EINVAL, "lend_device_open_fd needs a place for the device");
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (own < 0) {
		int error = errno;
		return fail(-error, "cannot duplicate descriptor %d: %s", fd, strerror(error));
	}
	char *path = drmGetDeviceNameFromFd2(own);
	int result = create(own, path ? path : "the descriptor", device);
	free(path);
	return result;
}

void lend_device_destroy(struct lend_device *device)
{
	if (!device)
		return;
	gbm_close(device);
	close(device->fd);
	free(device->path);
	free(device->driver);
	free(device);
}

/* ---- findings ---- */

/* Without sysfs the node's name has to do. */
static struct cache_key cache_key(const struct lend_device *device, char *place, size_t length)
{
	snprintf(place, length, "%s %s", device->place.path[0] ? device->place.path : device->path,
		 device->place.id);
	return (struct cache_key){
		.version = VERSION,
		.kernel = device->system.release,
		.driver = device->driver,
		.place = place,
	};
}

struct finding *device_finding(struct lend_device *device, enum lend_memory memory)
{
	char place[512];
	if (!device->remembered) {
		const struct cache_key key = cache_key(device, place, sizeof(place));
		cache_read(&key, device->findings);
	}
	device->remembered = true;
	return &device->findings[memory];
}

void device_remember(const struct lend_device *device)
{
	char place[512];
	const struct cache_key key = cache_key(device, place, sizeof(place));
	cache_write(&key, device->findings);
}

/* ---- what a device says of itself ---- */

static int as_number(enum answer answer)
{
	return answer == UNKNOWN ? -1 : answer == YES;
}

int lend_device_describe(const struct lend_device *device, struct lend_device_info *info)
{
	if (!device || !info)
		return fail(-EINVAL,
			    "lend_device_describe needs a device and a place for the answer");
	const struct lend_device_info own = {
		.path = device->path,
		.driver = device->driver,
		.kernel = device->system.release,
		.dumb = device->dumb,
		.prefer_shadow = device->prefer_shadow,
		.primary = device->primary,
		.flush = as_number(device->known->flush),
		.foreign = device->known->foreign == FOREIGN_SHOWN,
		.foreign_reason = device->foreign_reason,
		.node = device->node,
		.coherent = device->coherent,
		.honest =
			device->known->honest_before &&
			kernel_between(device->system.release, NULL, device->known->honest_before),
	};
	int result = info_write(info, &own, sizeof(own));
	if (result < 0)
		return fail(result, "set the size field of struct lend_device_info");
	return 0;
}

const char *lend_alloc_error(void)
{
	return fail_text();
}
