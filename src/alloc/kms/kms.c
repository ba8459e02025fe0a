/* SPDX-License-Identifier: MIT */
/* The display device: what it can do, its events, its master. */
#include "alloc/kms/internal.h"
#include "common/error.h"
#include "common/options.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef DRM_CLIENT_CAP_CURSOR_PLANE_HOTSPOT
#define DRM_CLIENT_CAP_CURSOR_PLANE_HOTSPOT 6 /* Linux 6.6, newer than some headers */
#endif

void kms_log(const struct lend_kms *kms, enum lend_log_level level, const char *format, ...)
{
	char text[512];
	va_list args;
	if (!kms->log)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	kms->log(kms->log_data, level, text);
}

struct crtc *kms_crtc(struct lend_kms *kms, uint32_t id)
{
	for (size_t i = 0; i < kms->n_crtcs; i++)
		if (kms->crtcs[i].object.id == id)
			return &kms->crtcs[i];
	return NULL;
}

void kms_forget(struct lend_kms *kms)
{
	for (size_t i = 0; i < kms->n_crtcs; i++)
		object_forget(&kms->crtcs[i].object);
	for (size_t i = 0; i < kms->n_planes; i++)
		object_forget(&kms->planes[i].object);
	for (struct lend_pipe *pipe = kms->pipes; pipe; pipe = pipe->next)
		for (size_t i = 0; i < pipe->n_heads; i++)
			object_forget(&pipe->heads[i].connector);
}

/* ---- making it ---- */

static uint64_t cap(int fd, uint64_t which, uint64_t otherwise)
{
	uint64_t value;
	return drmGetCap(fd, which, &value) == 0 && value != 0 ? value : otherwise;
}

static bool client_cap(int fd, uint64_t which)
{
	return drmSetClientCap(fd, which, 1) == 0;
}

/* With the hot spot known, drivers of virtual machines show their cursor planes. */
static void choose_backend(struct lend_kms *kms, bool legacy)
{
	client_cap(kms->fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES);
	kms->backend = &legacy_backend;
	if (legacy || !client_cap(kms->fd, DRM_CLIENT_CAP_ATOMIC))
		return;
	kms->backend = &atomic_backend;
	client_cap(kms->fd, DRM_CLIENT_CAP_WRITEBACK_CONNECTORS);
	client_cap(kms->fd, DRM_CLIENT_CAP_CURSOR_PLANE_HOTSPOT);
}

static int read_crtcs(struct lend_kms *kms)
{
	drmModeRes *resources = drmModeGetResources(kms->fd);
	if (!resources)
		return -errno;
	const size_t count = resources->count_crtcs > 0 ? (size_t)resources->count_crtcs : 0;
	kms->width_max = resources->max_width;
	kms->height_max = resources->max_height;
	kms->crtcs = calloc(count + 1, sizeof(*kms->crtcs));
	int result = kms->crtcs ? 0 : -ENOMEM;
	for (size_t i = 0; result == 0 && i < count && i < 32; i++) {
		struct crtc *crtc = &kms->crtcs[kms->n_crtcs++];
		crtc->index = (uint32_t)i;
		result = object_read(kms->fd, resources->crtcs[i], DRM_MODE_OBJECT_CRTC,
				     &crtc->object);
	}
	drmModeFreeResources(resources);
	return result;
}

/* Drivers without planes of their own list none, where the kernel is old. */
static int read_device(struct lend_kms *kms)
{
	int result = read_crtcs(kms);
	if (result == 0)
		result = planes_read(kms);
	if (result < 0 && result != -ENOMEM && kms->backend == &legacy_backend && kms->n_crtcs)
		result = 0;
	if (result == 0)
		result = connectors_read(kms, &kms->connectors);
	return result;
}

static int look(struct lend_kms *kms)
{
	drmModeRes *resources = drmModeGetResources(kms->fd);
	const bool display = resources && resources->count_crtcs > 0;
	drmModeFreeResources(resources);
	if (!display)
		return fail(-EOPNOTSUPP,
			    "%s (%s) has no display: give the primary node of a device that has "
			    "one, such as /dev/dri/card0",
			    kms->device->path, kms->device->driver);
	int result = read_device(kms);
	if (result < 0)
		return fail(result, "cannot read what %s can display: %s", kms->device->path,
			    strerror(-result));
	return 0;
}

static int read_options(const struct lend_kms_options *given, struct lend_kms *kms, bool *legacy)
{
	static const struct lend_kms_options none = {.size = sizeof(none)};
	struct lend_kms_options options;
	int result = options_read(&options, sizeof(options), given ? given : &none);
	if (result == 0 && options.events)
		result = options_read(&kms->events, sizeof(kms->events), options.events);
	if (result < 0)
		return fail(-EINVAL, "struct lend_kms_options or its events: size %s",
			    result == -E2BIG ? "covers a field that this version does not know"
					     : "is to be sizeof the struct");
	kms->log = options.log;
	kms->log_data = options.log_data;
	*legacy = options.legacy != 0;
	return 0;
}

static void kms_free(struct lend_kms *kms)
{
	for (size_t i = 0; i < kms->n_crtcs; i++)
		drmModeFreeCrtc(kms->crtcs[i].found);
	connectors_free(&kms->connectors);
	planes_free(kms);
	free(kms->crtcs);
	free(kms->gems);
	lend_device_destroy(kms->device);
	free(kms);
}

static int start(struct lend_kms *kms, int fd, const struct lend_kms_options *options)
{
	bool legacy = false;
	int result = read_options(options, kms, &legacy);
	if (result == 0)
		result = lend_device_open_fd(fd, &kms->device);
	if (!kms->device)
		return result;
	kms->fd = kms->device->fd;
	kms->turn = 1;
	choose_backend(kms, legacy);
	result = look(kms);
	if (result < 0)
		return result;
	kms->modifiers = cap(kms->fd, DRM_CAP_ADDFB2_MODIFIERS, 0);
	kms->monotonic = cap(kms->fd, DRM_CAP_TIMESTAMP_MONOTONIC, 0);
	kms->cursor_width = (uint32_t)cap(kms->fd, DRM_CAP_CURSOR_WIDTH, 64);
	kms->cursor_height = (uint32_t)cap(kms->fd, DRM_CAP_CURSOR_HEIGHT, 64);
	restore_note(kms);
	return 0;
}

int lend_kms_create(int fd, const struct lend_kms_options *options, struct lend_kms **out)
{
	if (!out)
		return fail(-EINVAL, "lend_kms_create needs a place for the device");
	struct lend_kms *kms = calloc(1, sizeof(*kms));
	if (!kms)
		return fail(-ENOMEM, "out of memory");
	int result = start(kms, fd, options);
	if (result < 0) {
		kms_free(kms);
		return result;
	}
	*out = kms;
	return 0;
}

void lend_kms_destroy(struct lend_kms *kms)
{
	if (!kms)
		return;
	restore(kms);
	while (kms->pipes)
		pipe_free(kms->pipes);
	kms_free(kms);
}

struct lend_device *lend_kms_device(struct lend_kms *kms)
{
	return kms->device;
}

int lend_kms_describe(const struct lend_kms *kms, struct lend_kms_info *info)
{
	if (!kms || !info)
		return fail(-EINVAL, "lend_kms_describe needs a device and a place for the answer");
	const struct lend_kms_info own = {
		.atomic = kms->backend == &atomic_backend,
		.modifiers = kms->modifiers,
		.writeback = kms->connectors.writeback,
		.cursor_width = kms->cursor_width,
		.cursor_height = kms->cursor_height,
		.width_max = kms->width_max,
		.height_max = kms->height_max,
		.n_connectors = kms->connectors.count,
		.n_crtcs = kms->n_crtcs,
	};
	if (info_write(info, &own, sizeof(own)) < 0)
		return fail(-EINVAL, "set the size field of struct lend_kms_info");
	return 0;
}

int lend_kms_fd(const struct lend_kms *kms)
{
	return kms->fd;
}

/* ---- events ---- */

/* libdrm's handlers are not told whose events they get. */
static _Thread_local struct lend_kms *dispatching;

static struct timespec when(const struct lend_kms *kms, unsigned seconds, unsigned microseconds)
{
	struct timespec time = {.tv_sec = seconds, .tv_nsec = (long)microseconds * 1000};
	if (!kms->monotonic || (seconds == 0 && microseconds == 0))
		clock_gettime(CLOCK_MONOTONIC, &time);
	return time;
}

/* true: the last of the pipe's heads. */
static bool arrived(struct lend_pipe *pipe, uint32_t crtc_id)
{
	bool all = true;
	for (size_t i = 0; i < pipe->n_heads; i++) {
		struct head *head = &pipe->heads[i];
		if (head->crtc->object.id == crtc_id)
			head->awaited = false;
		all = all && !head->awaited;
	}
	return all;
}

/* An event whose number no pipe awaits is of a pipe that is gone, or from before a pause. */
static void handle_flip(int fd, unsigned sequence, unsigned seconds, unsigned microseconds,
			unsigned crtc_id, void *data)
{
	struct lend_kms *kms = dispatching;
	struct lend_pipe *pipe = kms->pipes;
	const uint32_t number = (uint32_t)(uintptr_t)data;
	while (pipe && (pipe->awaited == 0 || pipe->awaited != number))
		pipe = pipe->next;
	if (!pipe || !arrived(pipe, crtc_id))
		return;
	const struct timespec time = when(kms, seconds, microseconds);
	pipe->awaited = 0;
	frame_drop(&pipe->replaced);
	if (kms->events.presented)
		kms->events.presented(pipe->data, &time, sequence);
}

int lend_kms_dispatch(struct lend_kms *kms)
{
	drmEventContext context = {.version = 3, .page_flip_handler2 = handle_flip};
	struct pollfd poll_fd = {.fd = kms->fd, .events = POLLIN};
	struct lend_kms *outer = dispatching;
	int result = kms->gone ? 0 : poll(&poll_fd, 1, 0);
	if (result > 0 && poll_fd.revents & POLLIN) {
		dispatching = kms;
		if (drmHandleEvent(kms->fd, &context) < 0 && errno != EAGAIN && errno != EINTR)
			kms->gone = true;
		dispatching = outer;
	} else if (result > 0) {
		kms->gone = true;
	}
	if (kms->gone)
		return fail(-ENODEV, "%s is gone: it was unplugged", kms->device->path);
	return 0;
}

/* ---- whose display it is ---- */

void lend_kms_pause(struct lend_kms *kms)
{
	kms->paused = true;
	for (struct lend_pipe *pipe = kms->pipes; pipe; pipe = pipe->next) {
		pipe->awaited = 0;
		frame_drop(&pipe->replaced);
	}
}

void lend_kms_resume(struct lend_kms *kms)
{
	kms->paused = false;
	kms->turn++;
	kms_forget(kms);
	for (struct lend_pipe *pipe = kms->pipes; pipe; pipe = pipe->next)
		pipe->fresh = true;
}
