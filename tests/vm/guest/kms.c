/* SPDX-License-Identifier: MIT */
/*
 * Shows pictures on a real driver's display and compares what is displayed, pixel by pixel: a first
 * frame, flips, memory lent to a client, small damage on two buffers, drawing in the front buffer,
 * overlays, the cursor; at the end what was there before has to be back.
 *
 * usage: kms DRIVER DEVICE [legacy] [once]
 * DEVICE is QEMU's id of the display, or "writeback": the driver writes back what it shows.
 * "once": sets a mode only once (radeon of QEMU divides by zero the second time).
 */
#include <framelend/kms.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "guest.h"

struct display {
	const char *driver, *device;
	bool legacy, once;
	int card;
	struct lend_kms *kms;
	struct lend_kms_info info;
	struct lend_pipe *pipe;
	struct lend_pipe_info shape;
	uint32_t *expected; /* what is to be seen */
	size_t presented, dumps, failures;
	char before[512]; /* what the CRTCs showed */
};

/* ---- saying what is wrong ------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static bool wrong(struct display *display, const char *format,
							...)
{
	va_list args;
	va_start(args, format);
	printf("FAILED: %s: ", display->driver);
	vprintf(format, args);
	printf("\n");
	va_end(args);
	display->failures++;
	return false;
}

static bool good(struct display *display, const char *what, int result)
{
	return result >= 0 ||
	       wrong(display, "%s: %s (%s)", what, lend_alloc_error(), strerrorname_np(-result));
}

static void log_line(void *data, enum lend_log_level level, const char *message)
{
	printf("# %s\n", message);
}

/* ---- pictures ------------------------------------------------------------------------------- */

static uint32_t pattern(uint32_t x, uint32_t y, uint32_t seed)
{
	const uint32_t value = (x * 3 + seed * 40) << 16 | (y * 5 + seed * 70) << 8 | (x ^ y);
	return 0xff000000 | (value & 0x00f8f8f8); /* as a display of 16 bits would still show it */
}

static struct lend_rect whole(const struct display *display)
{
	return (struct lend_rect){0, 0, (int32_t)display->shape.mode.width,
				  (int32_t)display->shape.mode.height};
}

/* Draws a part of the picture of that seed in the buffer. */
static void draw(struct lend_buffer *buffer, struct lend_rect part, uint32_t seed)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	void *pixels;
	lend_buffer_describe(buffer, &info);
	if (lend_buffer_begin(buffer, LEND_WRITE, &pixels) < 0) {
		printf("FAILED: lend_buffer_begin: %s\n", lend_buffer_error());
		exit(1);
	}
	for (int32_t y = part.y; y < part.y + part.height; y++) {
		uint32_t *row = (void *)((char *)pixels + (size_t)y * info.planes[0].stride);
		for (int32_t x = part.x; x < part.x + part.width; x++)
			row[x] = pattern((uint32_t)x, (uint32_t)y, seed);
	}
	lend_buffer_end(buffer);
}

static void expect(struct display *display, struct lend_rect part, int32_t at_x, int32_t at_y,
		   uint32_t seed)
{
	const struct lend_kms_mode *mode = &display->shape.mode;
	for (int32_t y = 0; y < part.height; y++)
		for (int32_t x = 0; x < part.width; x++) {
			const int64_t to_x = at_x + x, to_y = at_y + y;
			if (to_x >= 0 && to_y >= 0 && to_x < mode->width && to_y < mode->height)
				display->expected[to_y * mode->width + to_x] = pattern(
					(uint32_t)(part.x + x), (uint32_t)(part.y + y), seed);
		}
}

static size_t count_wrong(const struct display *display, const uint32_t *pixels, uint32_t stride)
{
	const struct lend_kms_mode *mode = &display->shape.mode;
	size_t count = 0;
	for (uint32_t y = 0; y < mode->height; y++)
		for (uint32_t x = 0; x < mode->width; x++) {
			const uint32_t difference = pixels[(size_t)y * stride + x] ^
						    display->expected[(size_t)y * mode->width + x];
			count += (difference & 0x00f8f8f8) != 0;
		}
	return count;
}

static size_t look_by_writeback(struct display *display, struct lend_framebuffer *target)
{
	struct lend_buffer *buffer = lend_framebuffer_buffer(target);
	struct lend_buffer_info info = {.size = sizeof(info)};
	size_t count = SIZE_MAX;
	void *pixels;
	lend_buffer_describe(buffer, &info);
	if (!good(display, "lend_pipe_read_back", lend_pipe_read_back(display->pipe, target)) ||
	    lend_buffer_begin(buffer, LEND_READ, &pixels) < 0)
		return count;
	count = count_wrong(display, pixels, info.planes[0].stride / 4);
	lend_buffer_end(buffer);
	return count;
}

static size_t look_by_dump(struct display *display, const char *name)
{
	struct vm_picture picture = {0};
	size_t count = SIZE_MAX;
	if (vm_screendump(display->device, name, &picture) == 0 &&
	    picture.width == display->shape.mode.width &&
	    picture.height == display->shape.mode.height)
		count = count_wrong(display, picture.pixels, picture.width);
	else
		printf("# the dump is %ux%u\n", picture.width, picture.height);
	vm_picture_finish(&picture);
	return count;
}

/* The host may be some moments late. */
static void seen(struct display *display, const char *what)
{
	const struct lend_kms_mode *mode = &display->shape.mode;
	struct lend_framebuffer *target = NULL;
	char name[64];
	size_t count = SIZE_MAX;
	const bool writeback = strcmp(display->device, "writeback") == 0;
	if (writeback && !good(display, "a target to write back to",
			       lend_framebuffer_allocate(display->kms, mode->width, mode->height,
							 LEND_FORMAT_XRGB8888, &target)))
		return;
	for (int i = 0; i < 20 && count != 0; i++) {
		snprintf(name, sizeof(name), "%s%s-%zu", display->driver,
			 display->legacy ? "-legacy" : "", display->dumps);
		count = writeback ? look_by_writeback(display, target)
				  : look_by_dump(display, name);
		if (count != 0)
			usleep(100000);
	}
	display->dumps++;
	lend_framebuffer_destroy(target);
	if (count != 0)
		wrong(display, "%s: %zu pixels are wrong (dump %zu)", what, count,
		      display->dumps - 1);
	else
		printf("ok: %s: %s\n", display->driver, what);
}

/* ---- frames --------------------------------------------------------------------------------- */

static void on_presented(void *data, const struct timespec *when, uint64_t sequence)
{
	struct display *display = data;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	display->presented++;
	if (when->tv_sec > now.tv_sec + 1 || when->tv_sec + 10 < now.tv_sec)
		wrong(display, "a frame is presented at %lld, and it is %lld now",
		      (long long)when->tv_sec, (long long)now.tv_sec);
}

static bool commit(struct display *display, const char *what, const struct lend_pipe_state *state)
{
	const size_t before = display->presented;
	struct pollfd poll_fd = {.fd = lend_kms_fd(display->kms), .events = POLLIN};
	int result = lend_pipe_commit(display->pipe, state);
	if (!good(display, what, result))
		return false;
	while (result == 0 && display->presented == before) {
		if (poll(&poll_fd, 1, 5000) <= 0)
			return wrong(display, "%s: no presented event came", what);
		if (!good(display, "lend_kms_dispatch", lend_kms_dispatch(display->kms)))
			return false;
	}
	return true;
}

static struct lend_pipe_state state_of(struct lend_framebuffer *framebuffer)
{
	return (struct lend_pipe_state){.size = sizeof(struct lend_pipe_state),
					.framebuffer = framebuffer};
}

static struct lend_framebuffer *allocate(struct display *display, uint32_t width, uint32_t height,
					 uint32_t format)
{
	struct lend_framebuffer *framebuffer = NULL;
	good(display, "lend_framebuffer_allocate",
	     lend_framebuffer_allocate(display->kms, width, height, format, &framebuffer));
	return framebuffer;
}

static void show(struct display *display, const char *what, struct lend_framebuffer *framebuffer,
		 uint32_t seed)
{
	const struct lend_pipe_state state = state_of(framebuffer);
	expect(display, whole(display), 0, 0, seed);
	if (commit(display, what, &state))
		seen(display, what);
}

/* ---- what is tried -------------------------------------------------------------------------- */

static void try_chain(struct display *display, struct lend_framebuffer *chain[2])
{
	draw(lend_framebuffer_buffer(chain[0]), whole(display), 1);
	draw(lend_framebuffer_buffer(chain[1]), whole(display), 2);
	show(display, "the first frame", chain[0], 1);
	show(display, "a flip", chain[1], 2);
	show(display, "a flip back", chain[0], 1);
}

/* Each frame changes a square; the buffer that comes next lacks that one and the one before. */
static void try_damage(struct display *display, struct lend_framebuffer *chain[2])
{
	struct lend_rect last = {0};
	for (int32_t i = 0; i < 6; i++) {
		struct lend_framebuffer *next = chain[(i + 1) % 2];
		const struct lend_rect square = {40 + i * 30, 50 + i * 20, 24, 16};
		const struct lend_rect lacks[] = {last, square};
		struct lend_pipe_state state = state_of(next);
		if (i == 0) /* chain[1] has seed 2 everywhere */
			draw(lend_framebuffer_buffer(next), whole(display), 1);
		draw(lend_framebuffer_buffer(next), last, 3);
		draw(lend_framebuffer_buffer(next), square, 3);
		expect(display, square, square.x, square.y, 3);
		state.damage = i == 0 ? NULL : lacks;
		state.n_damage = i == 0 ? 0 : 2;
		if (!commit(display, "small damage", &state))
			return;
		last = square;
	}
	seen(display, "small damage on two buffers");
}

static void try_front(struct display *display, struct lend_framebuffer *front)
{
	const struct lend_rect square = {200, 10, 33, 21};
	struct lend_pipe_state state = state_of(front);
	show(display, "a front buffer", front, 1);
	draw(lend_framebuffer_buffer(front), square, 5);
	expect(display, square, square.x, square.y, 5);
	state.damage = &square;
	state.n_damage = 1;
	if (commit(display, "drawing in the front buffer", &state))
		seen(display, "drawing in the front buffer");
}

/* Memory of this allocator, drawn in through its descriptor as a client would. */
static struct lend_buffer *lend(struct display *display, const char *allocator,
				struct lend_framebuffer **framebuffer)
{
	const struct lend_buffer_options options = {
		.size = sizeof(options),
		.width = display->shape.mode.width,
		.height = display->shape.mode.height,
		.format = LEND_FORMAT_XRGB8888,
		.use = LEND_USE_SCANOUT,
		.allocator = allocator,
	};
	struct lend_buffer *buffer = NULL;
	int result = lend_buffer_allocate(lend_kms_device(display->kms), &options, &buffer, NULL);
	if (result == 0)
		result = lend_framebuffer_import(display->kms, buffer, framebuffer);
	if (result == 0)
		return buffer;
	printf("no: %s: %s\n", display->driver, lend_alloc_error());
	lend_buffer_destroy(buffer);
	return NULL;
}

static void try_lent(struct display *display, const char *allocator, uint32_t seed)
{
	struct lend_framebuffer *framebuffer = NULL, *again = NULL;
	struct lend_buffer *buffer = lend(display, allocator, &framebuffer);
	if (!buffer)
		return;
	/* Two users of the same handle; one of them goes. */
	if (good(display, "importing again", lend_framebuffer_import(display->kms, buffer, &again)))
		lend_framebuffer_destroy(again);
	draw(buffer, whole(display), seed);
	show(display, allocator, framebuffer, seed);
	lend_framebuffer_destroy(framebuffer);
	lend_buffer_destroy(buffer);
}

/* Only where the table of drivers says that it is shown: others may keep the old picture, or worse.
 */
static void try_foreign(struct display *display)
{
	struct lend_device_info info = {.size = sizeof(info)};
	lend_device_describe(lend_kms_device(display->kms), &info);
	if (info.foreign)
		try_lent(display, "udmabuf", 8);
	else
		printf("no: %s: %s\n", display->driver, info.foreign_reason);
}

static void try_overlay(struct display *display, struct lend_framebuffer *below)
{
	struct lend_framebuffer *window;
	struct lend_pipe_state state = state_of(below);
	if (display->shape.n_overlays == 0)
		return;
	window = allocate(display, 64, 48, LEND_FORMAT_XRGB8888);
	if (!window)
		return;
	draw(lend_framebuffer_buffer(window), (struct lend_rect){0, 0, 64, 48}, 4);
	const struct lend_layer layer = {
		.framebuffer = window, .x = 70, .y = 33, .width = 60, .height = 40};
	state.layers = &layer;
	state.n_layers = 1;
	expect(display, whole(display), 0, 0, 1);
	draw(lend_framebuffer_buffer(below), whole(display), 1);
	expect(display, (struct lend_rect){0, 0, 60, 40}, 70, 33, 4);
	good(display, "testing an overlay", lend_pipe_test(display->pipe, &state));
	if (commit(display, "an overlay", &state))
		seen(display, "an overlay");
	lend_framebuffer_destroy(window);
	show(display, "without the overlay", below, 1);
}

/* QEMU's dumps do not hold its displays' cursors: there only the picture below must be right. */
static void try_cursor(struct display *display, struct lend_framebuffer *below)
{
	const uint32_t width = display->info.cursor_width, height = display->info.cursor_height;
	struct lend_framebuffer *cursor;
	struct lend_pipe_state state = state_of(below);
	if (!display->shape.cursor ||
	    !(cursor = allocate(display, width, height, LEND_FORMAT_ARGB8888)))
		return;
	draw(lend_framebuffer_buffer(cursor),
	     (struct lend_rect){0, 0, (int32_t)width, (int32_t)height}, 6);
	draw(lend_framebuffer_buffer(below), whole(display), 1);
	expect(display, whole(display), 0, 0, 1);
	state.cursor = cursor;
	state.cursor_hot_x = 2;
	state.cursor_x = 100;
	state.cursor_y = 80;
	const bool visible = strcmp(display->device, "writeback") == 0;
	if (!commit(display, "a cursor", &state))
		return;
	state.cursor_x = -11;
	state.cursor_y = 5;
	if (visible)
		expect(display, (struct lend_rect){0, 0, (int32_t)width, (int32_t)height}, -11, 5,
		       6);
	if (commit(display, "a cursor that moved", &state))
		seen(display, "a cursor");
	state.cursor = NULL;
	expect(display, whole(display), 0, 0, 1);
	if (commit(display, "no cursor", &state))
		seen(display, "no cursor");
	lend_framebuffer_destroy(cursor);
}

/* chain[1] is shown. */
static void try_master(struct display *display, struct lend_framebuffer *chain[2])
{
	const struct lend_pipe_state state = state_of(chain[0]);
	if (drmDropMaster(display->card) != 0) {
		wrong(display, "drmDropMaster: %s", strerror(errno));
		return;
	}
	int result = lend_pipe_commit(display->pipe, &state);
	if (result != -EACCES)
		wrong(display, "a commit without being master: %d %s", result, lend_alloc_error());
	lend_kms_pause(display->kms);
	drmSetMaster(display->card);
	lend_kms_resume(display->kms);
	show(display, "master again", chain[0], 1);
}

static void try_all(struct display *display)
{
	const struct lend_kms_mode *mode = &display->shape.mode;
	struct lend_framebuffer *chain[2];
	for (int i = 0; i < 2; i++)
		if (!(chain[i] =
			      allocate(display, mode->width, mode->height, LEND_FORMAT_XRGB8888)))
			return;
	try_chain(display, chain);
	try_damage(display, chain);
	draw(lend_framebuffer_buffer(chain[0]), whole(display), 1);
	try_front(display, chain[0]);
	try_lent(display, "dumb", 7);
	try_foreign(display);
	try_overlay(display, chain[0]);
	try_cursor(display, chain[1]);
	for (int i = 0; i < 2; i++)
		draw(lend_framebuffer_buffer(chain[i]), whole(display), 1);
	show(display, "the other buffer", chain[1], 1);
	if (!display->once)
		try_master(display, chain);
	lend_framebuffer_destroy(chain[0]);
	lend_framebuffer_destroy(chain[1]);
	seen(display, "framebuffers destroyed while shown");
	lend_pipe_describe(display->pipe, &display->shape);
	printf("# %s: %s, %ux%u@%.3f, paced %d, %zu overlays, cursor %d of %ux%u, modifiers %d\n",
	       display->driver, display->info.atomic ? "atomic" : "legacy", mode->width,
	       mode->height, mode->refresh / 1000.0, display->shape.paced,
	       display->shape.n_overlays, display->shape.cursor, display->info.cursor_width,
	       display->info.cursor_height, display->info.modifiers);
}

/* ---- the card ------------------------------------------------------------------------------- */

static int open_card(const char *driver)
{
	glob_t cards;
	int card = -1;
	if (glob("/dev/dri/card*", 0, NULL, &cards) != 0)
		return -1;
	for (size_t i = 0; card < 0 && i < cards.gl_pathc; i++) {
		card = open(cards.gl_pathv[i], O_RDWR | O_CLOEXEC | O_NONBLOCK);
		drmVersion *version = card < 0 ? NULL : drmGetVersion(card);
		if (card >= 0 && (!version || strcmp(version->name, driver) != 0)) {
			close(card);
			card = -1;
		}
		drmFreeVersion(version);
	}
	globfree(&cards);
	return card;
}

/* What the CRTCs show, as text. */
static void note(int card, char *text, size_t size)
{
	drmModeRes *resources = drmModeGetResources(card);
	size_t length = 0;
	text[0] = '\0';
	for (int i = 0; resources && i < resources->count_crtcs && length + 64 < size; i++) {
		drmModeCrtc *crtc = drmModeGetCrtc(card, resources->crtcs[i]);
		if (crtc && crtc->mode_valid)
			length += (size_t)snprintf(text + length, size - length,
						   "framebuffer %u in %ux%u on %d; ",
						   crtc->buffer_id, crtc->width, crtc->height, i);
		drmModeFreeCrtc(crtc);
	}
	drmModeFreeResources(resources);
}

/* The first connector that something is connected to. */
static uint32_t find_connector(const struct lend_kms *kms)
{
	struct lend_connector_info info = {.size = sizeof(info)};
	uint32_t found = 0;
	for (size_t i = 0; lend_kms_connector(kms, i, &info) == 0; i++) {
		printf("# %s: connected %d, %zu modes, %s %s %s\n", info.name, info.connected,
		       info.n_modes, info.make, info.model, info.serial);
		if (!found && info.connected && info.n_modes > 0)
			found = info.id;
	}
	return found;
}

static void mirror_plane(int card, uint32_t id)
{
	drmModeObjectProperties *list = drmModeObjectGetProperties(card, id, DRM_MODE_OBJECT_PLANE);
	for (uint32_t i = 0; list && i < list->count_props; i++) {
		drmModePropertyRes *property = drmModeGetProperty(card, list->props[i]);
		if (property && strcmp(property->name, "rotation") == 0 &&
		    drmModeObjectSetProperty(card, id, DRM_MODE_OBJECT_PLANE, property->prop_id,
					     DRM_MODE_ROTATE_0 | DRM_MODE_REFLECT_X) == 0)
			printf("# plane %u mirrors what it shows, until somebody says otherwise\n",
			       id);
		drmModeFreeProperty(property);
	}
	drmModeFreeObjectProperties(list);
}

/* What another program may have left behind. */
static void leave_traces(int card)
{
	drmSetClientCap(card, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1);
	drmModePlaneRes *planes = drmModeGetPlaneResources(card);
	for (uint32_t i = 0; planes && i < planes->count_planes; i++)
		mirror_plane(card, planes->planes[i]);
	drmModeFreePlaneResources(planes);
}

static bool start(struct display *display)
{
	static const struct lend_kms_events events = {.size = sizeof(events),
						      .presented = on_presented};
	const struct lend_kms_options options = {.size = sizeof(options),
						 .events = &events,
						 .legacy = display->legacy,
						 .log = log_line};
	display->info.size = sizeof(display->info);
	display->shape.size = sizeof(display->shape);
	if ((display->card = open_card(display->driver)) < 0)
		return wrong(display, "no such card");
	drmSetMaster(display->card);
	note(display->card, display->before, sizeof(display->before));
	if (!display->legacy)
		leave_traces(display->card);
	if (!good(display, "lend_kms_create",
		  lend_kms_create(display->card, &options, &display->kms)))
		return false;
	lend_kms_describe(display->kms, &display->info);
	const uint32_t connector = find_connector(display->kms);
	const struct lend_pipe_options wanted = {.size = sizeof(wanted),
						 .connectors = &connector,
						 .n_connectors = 1,
						 .width = display->once ? 0 : 800,
						 .height = display->once ? 0 : 600,
						 .data = display};
	struct lend_pipe_options preferred = wanted;
	preferred.width = preferred.height = 0;
	if (lend_pipe_create(display->kms, &wanted, &display->pipe) != 0 &&
	    !good(display, "lend_pipe_create",
		  lend_pipe_create(display->kms, &preferred, &display->pipe)))
		return false;
	lend_pipe_describe(display->pipe, &display->shape);
	display->expected = calloc((size_t)display->shape.mode.width * display->shape.mode.height,
				   sizeof(*display->expected));
	return display->expected != NULL;
}

int main(int argc, char **argv)
{
	struct display display = {0};
	char after[512];
	if (argc < 3) {
		fprintf(stderr, "usage: kms DRIVER DEVICE [legacy] [once]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	display.driver = argv[1];
	display.device = argv[2];
	for (int i = 3; i < argc; i++) {
		display.legacy = display.legacy || strcmp(argv[i], "legacy") == 0;
		display.once = display.once || strcmp(argv[i], "once") == 0;
	}
	if (start(&display))
		try_all(&display);
	if (!display.once) {
		lend_kms_destroy(display.kms);
		note(display.card, after, sizeof(after));
		if (strcmp(display.before, after) != 0)
			wrong(&display, "before: %sand after: %s", display.before, after);
		printf("# %s: before and after: %s\n", display.driver, after);
	}
	free(display.expected);
	printf("%s: %zu frames, %zu failures\n", display.driver, display.presented,
	       display.failures);
	return display.failures ? 1 : 0;
}
