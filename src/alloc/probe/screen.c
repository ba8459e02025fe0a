/* SPDX-License-Identifier: MIT */
/* Pictures on the display, to see what the driver makes of memory. */
#include "alloc/kms/internal.h"
#include "alloc/probe/probe.h"
#include "common/error.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 1000

/* Lives as long as there is a display to show something on. */
struct screen {
	struct lend_pipe *pipe;
	struct lend_framebuffer *black; /* on display between two trials */
	struct lend_framebuffer *copy;	/* of what is displayed; NULL: it cannot be read back */
	volatile bool presented;
};

static void set_presented(void *data, const struct timespec *when, uint64_t sequence)
{
	struct screen *screen = data;
	screen->presented = true;
}

static const struct lend_kms_events events = {.size = sizeof(events), .presented = set_presented};

/* ---- committing ----------------------------------------------------------------------------- */

static int wait_presented(struct lend_kms *kms, struct screen *screen)
{
	struct pollfd poll_fd = {.fd = lend_kms_fd(kms), .events = POLLIN};
	int result = 0;
	while (!screen->presented && result >= 0) {
		if (poll(&poll_fd, 1, WAIT_MS) == 0)
			return -ETIMEDOUT;
		result = lend_kms_dispatch(kms);
	}
	return result;
}

/* Shows the framebuffer and waits until it is shown. */
static int commit(struct lend_kms *kms, struct screen *screen, struct lend_framebuffer *framebuffer)
{
	const struct lend_pipe_state state = {.size = sizeof(state), .framebuffer = framebuffer};
	screen->presented = false;
	int result = lend_pipe_commit(screen->pipe, &state);
	return result == 0 ? wait_presented(kms, screen) : result > 0 ? 0 : result;
}

/* ---- the screen ----------------------------------------------------------------------------- */

static bool find_connector(const struct lend_kms *kms, uint32_t *id)
{
	struct lend_connector_info info;
	int wanted = 1; /* connected; else one that cannot tell */
	for (int round = 0; round < 2; round++, wanted = -1)
		for (size_t i = 0;; i++) {
			info = (struct lend_connector_info){.size = sizeof(info)};
			if (lend_kms_connector(kms, i, &info) < 0)
				break;
			if (info.connected == wanted && !info.non_desktop && info.n_modes > 0) {
				*id = info.id;
				return true;
			}
		}
	return false;
}

/* What can be known of the pipe without lighting it. */
static int make_pipe(struct lend_probe *probe, struct screen *screen, uint32_t connector)
{
	const struct lend_pipe_options options = {
		.size = sizeof(options),
		.connectors = &connector,
		.n_connectors = 1,
		.data = screen,
	};
	struct lend_pipe_info info = {.size = sizeof(info)};
	int result = lend_pipe_create(probe->kms, &options, &screen->pipe);
	if (result < 0)
		return result;
	lend_pipe_describe(screen->pipe, &info);
	probe->width = info.mode.width;
	probe->height = info.mode.height;
	probe->n_overlays =
		lend_pipe_takes_format(screen->pipe, 1, LEND_FORMAT_XRGB8888) ? info.n_overlays : 0;
	return 0;
}

static int light(struct lend_probe *probe, struct screen *screen)
{
	struct lend_kms_info info = {.size = sizeof(info)};
	struct lend_pipe_info pipe = {.size = sizeof(pipe)};
	int result = lend_framebuffer_allocate(probe->kms, probe->width, probe->height,
					       LEND_FORMAT_XRGB8888, &screen->black);
	if (result == 0)
		result = commit(probe->kms, screen, screen->black);
	if (result < 0)
		return result;
	lend_pipe_describe(screen->pipe, &pipe);
	probe->paced = pipe.paced;
	lend_kms_describe(probe->kms, &info);
	if (info.writeback && (lend_framebuffer_allocate(probe->kms, probe->width, probe->height,
							 LEND_FORMAT_XRGB8888, &screen->copy) < 0 ||
			       lend_pipe_read_back(screen->pipe, screen->copy) < 0)) {
		lend_framebuffer_destroy(screen->copy);
		screen->copy = NULL;
	}
	return 0;
}

static void destroy(struct screen *screen)
{
	lend_framebuffer_destroy(screen->copy);
	lend_framebuffer_destroy(screen->black);
	lend_pipe_destroy(screen->pipe);
	free(screen);
}

static void say_unshown(struct lend_probe *probe, const char *reason, const char *remedy)
{
	snprintf(probe->unshown.reason, sizeof(probe->unshown.reason), "%s", reason);
	snprintf(probe->unshown.remedy, sizeof(probe->unshown.remedy), "%s", remedy);
}

/* As far as it is allowed. */
static bool may_light(struct lend_probe *probe)
{
	if (!probe->no_modeset)
		return probe->master = access_master(probe);
	probe->master = drmIsMaster(probe->device->fd);
	say_unshown(probe, "it was asked to leave the display as it is.",
		    "Run it without --no-modeset.");
	return false;
}

static int open_screen(struct lend_probe *probe, uint32_t connector)
{
	struct screen *screen = calloc(1, sizeof(*screen));
	if (!screen)
		return fail(-ENOMEM, "out of memory");
	int result = make_pipe(probe, screen, connector);
	if (result == 0 && may_light(probe)) {
		result = light(probe, screen);
		if (result == 0) {
			probe->screen = screen;
			return 0;
		}
	}
	destroy(screen);
	return result;
}

static int make_kms(struct lend_probe *probe)
{
	const struct lend_kms_options options = {.size = sizeof(options), .events = &events};
	return lend_kms_create(probe->opened->fd, &options, &probe->kms);
}

void screen_open(struct lend_probe *probe)
{
	char reason[500];
	uint32_t connector;
	int result = make_kms(probe);
	if (result < 0) {
		say_unshown(probe,
			    probe->known->headless ? "there is no display." : lend_alloc_error(),
			    "");
		return;
	}
	probe->device = lend_kms_device(probe->kms);
	if (!find_connector(probe->kms, &connector)) {
		say_unshown(probe, "nothing is connected to it.",
			    "Connect a display and switch it on.");
		return;
	}
	result = open_screen(probe, connector);
	if (result < 0) {
		snprintf(reason, sizeof(reason), "%s.", lend_alloc_error());
		say_unshown(probe, reason, "");
	}
}

void screen_close(struct lend_probe *probe)
{
	if (probe->screen)
		destroy(probe->screen);
	probe->screen = NULL;
}

/* ---- showing memory ------------------------------------------------------------------------- */

static uint32_t pattern(uint32_t x, uint32_t y, uint32_t round)
{
	return ((x * 5 + round) & 255) << 16 | ((y * 3 + round) & 255) << 8 | ((x ^ y) & 255);
}

static int draw(struct lend_buffer *buffer, uint32_t round)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	void *pixels;
	int result = lend_buffer_begin(buffer, LEND_WRITE, &pixels);
	if (result < 0)
		return result;
	lend_buffer_describe(buffer, &info);
	for (uint32_t y = 0; y < info.height; y++) {
		uint32_t *row = (uint32_t *)((char *)pixels + (size_t)y * info.planes[0].stride);
		for (uint32_t x = 0; x < info.width; x++)
			row[x] = pattern(x, y, round);
	}
	return lend_buffer_end(buffer);
}

static bool matches(struct lend_buffer *buffer, uint32_t round)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	bool match = true;
	void *pixels;
	if (lend_buffer_begin(buffer, LEND_READ, &pixels) < 0)
		return false;
	lend_buffer_describe(buffer, &info);
	for (uint32_t y = 0; y < info.height && match; y++) {
		const uint32_t *row =
			(const uint32_t *)((char *)pixels + (size_t)y * info.planes[0].stride);
		for (uint32_t x = 0; x < info.width && match; x++)
			match = (row[x] & 0xffffff) == pattern(x, y, round);
	}
	lend_buffer_end(buffer);
	return match;
}

static bool step(struct trial *trial, enum lend_depth depth, const char *call, int result)
{
	trial->depth = depth;
	if (result >= 0)
		return true;
	trial->call = call;
	trial->error = -result;
	return false;
}

static int make_framebuffer(struct lend_kms *kms, const struct lend_buffer *buffer,
			    struct lend_framebuffer **framebuffer, struct trial *trial)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	uint32_t handle;
	lend_buffer_describe(buffer, &info);
	int result = gem_import(kms, info.planes[0].fd, &handle);
	if (!step(trial, LEND_DEPTH_FRAMEBUFFER, "DRM_IOCTL_PRIME_FD_TO_HANDLE", result))
		return result;
	result = lend_framebuffer_import(kms, buffer, framebuffer);
	gem_drop(kms, handle);
	step(trial, LEND_DEPTH_FRAMEBUFFER, "DRM_IOCTL_MODE_ADDFB2", result);
	return result;
}

/* Some drivers copy foreign memory when it is first shown: what is drawn later has to be seen too.
 */
static void look(struct lend_probe *probe, struct lend_buffer *buffer,
		 struct lend_framebuffer *framebuffer, struct trial *trial)
{
	struct screen *screen = probe->screen;
	int result = draw(buffer, 2);
	if (result == 0)
		result = commit(probe->kms, screen, framebuffer);
	if (result == 0)
		result = lend_pipe_read_back(screen->pipe, screen->copy);
	if (result == 0)
		step(trial, LEND_DEPTH_SEEN, "reading the picture back",
		     matches(lend_framebuffer_buffer(screen->copy), 2) ? 0 : -EIO);
}

static void show(struct lend_probe *probe, struct lend_buffer *buffer,
		 struct lend_framebuffer *framebuffer, struct trial *trial)
{
	struct screen *screen = probe->screen;
	struct lend_kms_info info = {.size = sizeof(info)};
	const struct lend_pipe_state state = {.size = sizeof(state), .framebuffer = framebuffer};
	lend_kms_describe(probe->kms, &info);
	int result = lend_pipe_test(screen->pipe, &state);
	if (!step(trial, LEND_DEPTH_TEST, "DRM_IOCTL_MODE_ATOMIC (test)", result))
		return;
	draw(buffer, 1);
	result = commit(probe->kms, screen, framebuffer);
	if (result == -ETIMEDOUT)
		step(trial, LEND_DEPTH_COMMIT, "waiting for the picture", result);
	else
		step(trial, LEND_DEPTH_COMMIT,
		     info.atomic ? "DRM_IOCTL_MODE_ATOMIC" : "DRM_IOCTL_MODE_PAGE_FLIP", result);
	if (result == 0 && screen->copy)
		look(probe, buffer, framebuffer, trial);
	commit(probe->kms, screen, screen->black);
}

void screen_show(struct lend_probe *probe, struct lend_buffer *buffer, struct trial *trial)
{
	struct lend_framebuffer *framebuffer;
	if (!probe->kms || make_framebuffer(probe->kms, buffer, &framebuffer, trial) < 0)
		return;
	if (probe->screen)
		show(probe, buffer, framebuffer, trial);
	lend_framebuffer_destroy(framebuffer);
}
