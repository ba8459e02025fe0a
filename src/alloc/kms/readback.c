/* SPDX-License-Identifier: MIT */
/* The displayed picture, written back by the device itself. */
#include "alloc/kms/internal.h"
#include "common/error.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE = 1000 }; /* ms */

static bool takes(const struct lend_kms *kms, uint32_t format)
{
	const uint64_t id = kms->connectors.readback.properties[WRITEBACK_PIXEL_FORMATS].value;
	drmModePropertyBlobRes *blob = id ? drmModeGetPropertyBlob(kms->fd, (uint32_t)id) : NULL;
	bool found = false;
	for (size_t i = 0; blob && (i + 1) * sizeof(uint32_t) <= blob->length; i++) {
		uint32_t each;
		memcpy(&each, (const char *)blob->data + i * sizeof(each), sizeof(each));
		found = found || each == format;
	}
	drmModeFreePropertyBlob(blob);
	return found;
}

static int check(const struct lend_pipe *pipe, const struct lend_framebuffer *target)
{
	const struct lend_kms *kms = pipe->kms;
	const struct lend_format *format = lend_format_get(target->format);
	if (!kms->connectors.writeback || pipe->n_heads != 1 ||
	    !(kms->connectors.readback_crtcs >> pipe->heads[0].crtc->index & 1))
		return fail(-EOPNOTSUPP,
			    "%s has no writeback connector that can be used together with this "
			    "pipe",
			    kms->device->path);
	if (target->kms != kms || target->width != pipe->mode.width ||
	    target->height != pipe->mode.height || !target->id || !takes(kms, target->format))
		return fail(-EINVAL,
			    "%s cannot write %s of %ux%u: give a framebuffer of its own of the "
			    "mode's size, in XRGB8888",
			    kms->device->path, format ? format->name : "this format", target->width,
			    target->height);
	if (!pipe->lit || pipe->fresh)
		return fail(-EINVAL, "the pipe shows nothing yet: commit a frame first");
	if (kms->paused)
		return fail(-EACCES, "%s is paused: its seat is somebody else's now",
			    kms->device->path);
	return 0;
}

static int await(int fence)
{
	struct pollfd poll_fd = {.fd = fence, .events = POLLIN};
	int result;
	do
		result = poll(&poll_fd, 1, PATIENCE);
	while (result < 0 && errno == EINTR);
	if (result <= 0)
		return fail(-ETIMEDOUT, "the device did not write its picture within a second");
	return 0;
}

static void detach(struct lend_kms *kms)
{
	struct request request;
	request_begin(&request, kms->fd);
	request_put(&request, &kms->connectors.readback, CRTC_ID, 0);
	request_commit(&request, DRM_MODE_ATOMIC_ALLOW_MODESET, 0);
}

int lend_pipe_read_back(struct lend_pipe *pipe, struct lend_framebuffer *target)
{
	if (!pipe || !target)
		return fail(-EINVAL, "lend_pipe_read_back needs a pipe and a framebuffer");
	int result = check(pipe, target);
	if (result < 0)
		return result;
	struct lend_kms *kms = pipe->kms;
	struct object *connector = &kms->connectors.readback;
	int32_t fence = -1;
	struct request request;
	request_begin(&request, kms->fd);
	request_put(&request, connector, CRTC_ID, pipe->heads[0].crtc->object.id);
	request_put(&request, connector, WRITEBACK_FB_ID, target->id);
	request_put(&request, connector, WRITEBACK_OUT_FENCE_PTR, (uint64_t)(uintptr_t)&fence);
	result = request_commit(&request, DRM_MODE_ATOMIC_ALLOW_MODESET, 0);
	if (result < 0) {
		commit_failed(kms, "DRM_IOCTL_MODE_ATOMIC (writeback)", result);
		return result == -EINVAL ? -EOPNOTSUPP : result;
	}
	result = fence >= 0 ? await(fence)
			    : fail(-EOPNOTSUPP, "the driver gave no fence to wait for");
	if (fence >= 0)
		close(fence);
	detach(kms);
	return result;
}
