/* SPDX-License-Identifier: MIT */
#include "alloc/device.h"
#include "common/error.h"
#include "common/options.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <xf86drm.h>

static bool cap(int fd, uint64_t which)
{
	uint64_t value = 0;
	return drmGetCap(fd, which, &value) == 0 && value != 0;
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
	device->dumb = cap(device->fd, DRM_CAP_DUMB_BUFFER);
	device->prefer_shadow = cap(device->fd, DRM_CAP_DUMB_PREFER_SHADOW);
	device->primary = drmGetNodeTypeFromFd(device->fd) == DRM_NODE_PRIMARY;
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
	close(device->fd);
	free(device->path);
	free(device->driver);
	free(device);
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
