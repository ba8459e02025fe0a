/* SPDX-License-Identifier: MIT */
#include "bare.h"

#include <errno.h>
#include <fake-drm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define PATIENCE_MS 20000

static const char usual[] = "uname -> 6.12.48\n"
			    "open " CARD " -> ok\n"
			    "drmGetDeviceNameFromFd2 -> " CARD "\n"
			    "drmGetNodeTypeFromFd -> primary\n"
			    "drmGetCap DUMB_BUFFER -> 1\n"
			    "drmGetCap DUMB_PREFER_SHADOW -> 0\n"
			    "drmModeCreateDumbBuffer -> ok pitch=4\n"
			    "drmModeMapDumbBuffer -> ok\n"
			    "drmModeDestroyDumbBuffer -> ok\n"
			    "drmCloseBufferHandle -> ok\n";

void bare_play(const char *lines, const char *display)
{
	char script[8192];
	snprintf(script, sizeof(script), "%s%s%s", lines, usual, display);
	fake_drm_script(script);
}

void bare_finish(void)
{
	assert_int_equal(fake_drm_blanked(), 0);
	assert_int_equal(fake_drm_framebuffers(), 0);
	assert_int_equal(fake_drm_blobs(), 0);
	assert_int_equal(fake_drm_handles(), 0);
	fake_drm_unload();
}

static void tell_message(void *data, enum lend_log_level level, const char *message)
{
	printf("# %d %s\n", (int)level, message);
}

static int try(const char *display, struct lend_client **client)
{
	const struct lend_client_options options = {
		.size = sizeof(options), .display = display, .log = tell_message};
	return lend_client_connect(&options, client);
}

struct lend_client *bare_connect(const char *display)
{
	struct lend_client *client;
	int result = try(display, &client);
	if (result < 0)
		fail_msg("%s: %d: %s", display, result, lend_client_error(client));
	return client;
}

void bare_connect_fails(const char *display, int error, const char *words)
{
	struct lend_client *client;
	int result = try(display, &client);
	const char *text = lend_client_error(client);
	if (result != error || strstr(text, words) == NULL || strchr(text, '\n') != NULL)
		fail_msg("%s: %d, not %d: %s", display, result, error, text);
	lend_client_destroy(client);
}

/* ---- events --------------------------------------------------------------------------------- */

static void handle_resize(void *data, struct lend_surface *surface, uint32_t width, uint32_t height)
{
	struct view *view = data;
	view->resized++;
	view->width = width;
	view->height = height;
}

static void handle_close(void *data, struct lend_surface *surface)
{
	((struct view *)data)->closed++;
}

static void handle_path(void *data, struct lend_surface *surface)
{
	((struct view *)data)->paths++;
}

static void handle_presented(void *data, struct lend_surface *surface, uint64_t number,
			     uint64_t time, uint32_t refresh)
{
	struct view *view = data;
	view->presented++;
	if (number <= view->number || time < view->time)
		fail_msg("frame %u at %u after frame %u at %u", (unsigned)number, (unsigned)time,
			 (unsigned)view->number, (unsigned)view->time);
	view->number = number;
	view->time = time;
	view->refresh = refresh;
}

static void handle_input(void *data, struct lend_surface *surface, const struct lend_input *input)
{
	struct view *view = data;
	if (view->inputs < sizeof(view->input) / sizeof(view->input[0]))
		view->input[view->inputs] = *input;
	view->inputs++;
}

static void open_surface(struct view *view, struct lend_client *client,
			 struct lend_surface_options options, bool has_input)
{
	const struct lend_surface_events events = {
		.size = sizeof(events),
		.resize = handle_resize,
		.close = handle_close,
		.path = handle_path,
		.presented = handle_presented,
		.input = has_input ? handle_input : NULL,
	};
	*view = (struct view){.client = client};
	options.size = sizeof(options);
	options.events = &events;
	options.data = view;
	int result = lend_surface_create(client, &options, &view->surface);
	if (result < 0)
		fail_msg("%d: %s", result, lend_client_error(client));
}

void bare_open(struct view *view, struct lend_client *client, struct lend_surface_options options)
{
	open_surface(view, client, options, false);
}

void bare_open_for_input(struct view *view, struct lend_client *client,
			 struct lend_surface_options options)
{
	open_surface(view, client, options, true);
}

/* ---- frames --------------------------------------------------------------------------------- */

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct lend_frame bare_begin(struct view *view)
{
	struct lend_frame frame;
	uint64_t deadline = now_ms() + PATIENCE_MS;
	int result;
	while ((result = lend_frame_begin(view->surface, &frame)) == -EAGAIN &&
	       now_ms() < deadline) {
		result = lend_client_dispatch(view->client, 1000);
		if (result < 0)
			break;
	}
	if (result < 0)
		fail_msg("%d: %s", result, lend_client_error(view->client));
	return frame;
}

void bare_wait(struct view *view, uint64_t number)
{
	uint64_t deadline = now_ms() + PATIENCE_MS;
	while (view->number < number && now_ms() < deadline)
		assert_true(lend_client_dispatch(view->client, 1000) >= 0);
	assert_true(view->number >= number);
}

void bare_end(struct view *view, const struct lend_rect *damage, size_t n)
{
	uint64_t number = view->number;
	int result = lend_frame_end(view->surface, damage, n);
	if (result < 0)
		fail_msg("%d: %s", result, lend_client_error(view->client));
	bare_wait(view, number + 1);
}

void bare_pump(struct lend_client *client, int ms)
{
	uint64_t deadline = now_ms() + (uint64_t)ms;
	uint64_t now;
	while ((now = now_ms()) < deadline)
		assert_true(lend_client_dispatch(client, (int)(deadline - now)) >= 0);
}

void bare_fill(const struct lend_frame *frame, struct lend_rect rect, uint32_t colour)
{
	for (int32_t y = rect.y; y < rect.y + rect.height; y++) {
		uint32_t *row = (uint32_t *)((char *)frame->pixels + (size_t)y * frame->stride);
		for (int32_t x = rect.x; x < rect.x + rect.width; x++)
			row[x] = colour;
	}
}

void bare_draw(struct view *view, uint32_t colour)
{
	struct lend_frame frame = bare_begin(view);
	bare_fill(&frame, (struct lend_rect){0, 0, (int32_t)frame.width, (int32_t)frame.height},
		  colour);
	assert_int_equal(lend_frame_end(view->surface, NULL, 0), 0);
}

void bare_show(struct view *view, uint32_t colour)
{
	struct lend_frame frame = bare_begin(view);
	bare_fill(&frame, (struct lend_rect){0, 0, (int32_t)frame.width, (int32_t)frame.height},
		  colour);
	assert_int_equal(lend_frame_end(view->surface, NULL, 0), 0);
	bare_wait(view, frame.number);
}

struct lend_path_info bare_path(const struct view *view)
{
	struct lend_path_info path = {.size = sizeof(path)};
	assert_int_equal(lend_surface_path(view->surface, &path), 0);
	return path;
}

/* ---- looking -------------------------------------------------------------------------------- */

static uint32_t *look(uint32_t *width, uint32_t *height)
{
	int crtc = fake_drm_crtc("Virtual-1");
	assert_true(crtc >= 0);
	uint32_t *pixels = fake_drm_shown((size_t)crtc, width, height);
	assert_non_null(pixels);
	return pixels;
}

void bare_expect(int x, int y, int width, int height, uint32_t colour)
{
	uint32_t screen_width, screen_height;
	uint32_t *pixels = look(&screen_width, &screen_height);
	for (int i = y; i < y + height; i++)
		for (int j = x; j < x + width; j++)
			if (pixels[(uint32_t)i * screen_width + (uint32_t)j] != colour)
				fail_msg("pixel %d,%d is %08x, not %08x", j, i,
					 pixels[(uint32_t)i * screen_width + (uint32_t)j], colour);
	free(pixels);
}

void bare_expect_all(uint32_t colour)
{
	bare_expect(0, 0, WIDTH, HEIGHT, colour);
}

void bare_expect_picture(const uint32_t *expected)
{
	uint32_t width, height;
	uint32_t *pixels = look(&width, &height);
	assert_int_equal(width, WIDTH);
	assert_int_equal(height, HEIGHT);
	for (size_t i = 0; i < WIDTH * HEIGHT; i++)
		if (pixels[i] != expected[i])
			fail_msg("pixel %zu,%zu is %08x, not %08x", i % WIDTH, i / WIDTH, pixels[i],
				 expected[i]);
	free(pixels);
}
