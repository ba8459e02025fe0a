/* SPDX-License-Identifier: MIT */
#include "screen.h"

#include "keyboard.h"

#include <errno.h>
#include <string.h>

static void handle_ready(void *data, struct lend_surface *surface)
{
	struct screen *screen = data;
	screen->ready = true;
}

static void handle_resize(void *data, struct lend_surface *surface, uint32_t width, uint32_t height)
{
	struct screen *screen = data;
	screen->stale = true;
}

static void handle_close(void *data, struct lend_surface *surface)
{
	struct screen *screen = data;
	screen->closed = true;
}

static void handle_input(void *data, struct lend_surface *surface, const struct lend_input *input)
{
	const struct screen *screen = data;
	keyboard_send(screen->options.keyboard, input);
}

/* A single buffer, which is what a framebuffer is. It is read, to find what changed. */
static int create_surface(struct screen *screen)
{
	static const struct lend_surface_events events = {
		.size = sizeof(events),
		.resize = handle_resize,
		.close = handle_close,
		.ready = handle_ready,
		.input = handle_input,
	};
	const struct lend_surface_options options = {
		.size = sizeof(options),
		.width = screen->options.width,
		.height = screen->options.height,
		.mode = LEND_MODE_FRONT,
		.read = 1,
		.fullscreen = screen->options.fullscreen,
		.title = screen->options.title,
		.app_id = screen->options.app_id,
		.events = &events,
		.data = screen,
	};
	screen->ready = false;
	screen->stale = true;
	return lend_surface_create(screen->client, &options, &screen->surface);
}

/* Another server's buffers hold nothing yet. */
static void handle_reconnected(void *data, struct lend_client *client)
{
	struct screen *screen = data;
	screen->stale = true;
	if (!screen->surface) /* it could not be made meanwhile */
		create_surface(screen);
}

static int wait_for_size(struct screen *screen, uint32_t *width, uint32_t *height)
{
	struct lend_frame frame;
	int result;
	while ((result = lend_frame_begin(screen->surface, &frame)) == -EAGAIN) {
		result = lend_client_dispatch(screen->client, -1);
		if (result < 0 && result != -EINTR)
			return result;
	}
	if (result < 0)
		return result;
	*width = frame.width;
	*height = frame.height;
	screen->ready = true;
	return lend_frame_cancel(screen->surface);
}

int screen_open(struct screen *screen, const struct screen_options *options, uint32_t *width,
		uint32_t *height)
{
	*screen = (struct screen){.options = *options};
	static const struct lend_client_events events = {
		.size = sizeof(events),
		.reconnected = handle_reconnected,
	};
	const struct lend_client_options client_options = {
		.size = sizeof(client_options),
		.events = &events,
		.data = screen,
		.display = options->display,
		.log = options->log,
		.log_data = options->log_data,
	};
	int result = lend_client_connect(&client_options, &screen->client);
	if (result == 0)
		result = create_surface(screen);
	return result == 0 ? wait_for_size(screen, width, height) : result;
}

void screen_close(struct screen *screen)
{
	lend_client_destroy(screen->client);
	screen->client = NULL;
}

int screen_resize(struct screen *screen, uint32_t width, uint32_t height)
{
	lend_surface_destroy(screen->surface);
	screen->surface = NULL;
	screen->options.width = width;
	screen->options.height = height;
	int result = create_surface(screen);
	return result == -EAGAIN ? 0 : result; /* when the display is back */
}

static void clear(const struct lend_frame *frame)
{
	for (uint32_t row = 0; row < frame->height; row++)
		memset((char *)frame->pixels + (size_t)row * frame->stride, 0,
		       (size_t)frame->width * 4);
}

static uint64_t count_pixels(const struct damage_list *damage)
{
	uint64_t pixels = 0;
	for (size_t i = 0; i < damage->n; i++)
		pixels += (uint64_t)damage->rects[i].width * (uint64_t)damage->rects[i].height;
	return pixels;
}

int screen_show(struct screen *screen, const struct picture *picture, struct pages *pages,
		bool blank)
{
	struct damage_list damage = {0};
	struct lend_frame frame;
	int result = lend_frame_begin(screen->surface, &frame);
	if (result < 0) {
		screen->ready = false;
		return result;
	}
	bool all = frame.age == 0 || (blank && !screen->blank);
	if (all) {
		clear(&frame);
		pages_mark_all(pages);
		damage = (struct damage_list){
			1, {{0, 0, (int32_t)frame.width, (int32_t)frame.height}}};
	}
	struct damage_list changed = {0};
	if (!blank)
		picture_update(picture, pages, &frame, &changed);
	pages_clear(pages);
	screen->ready = false;
	screen->stale = false;
	screen->blank = blank;
	const struct damage_list *sent = all ? &damage : &changed;
	screen->frames++;
	screen->pixels += count_pixels(sent);
	result = lend_frame_end(screen->surface, sent->rects, sent->n);
	return result < 0 ? result : sent->n > 0;
}
