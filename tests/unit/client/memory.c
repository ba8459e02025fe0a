/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

LEND_EXPORT struct memory_display memory_display;
LEND_EXPORT memory_poke_function memory_poke;

#define WINDOWS 8

struct display {
	int event;
};

struct window {
	struct lend_surface *surface;
	struct slot *shown, *replaced; /* the latter until it is released */
	uint32_t width, height;
	bool waits; /* for its frame to be done */
};

static int event = -1;
static struct window *windows[WINDOWS]; /* the newest last */

void memory_poke(void)
{
	if (event >= 0)
		(void)!write(event, &(uint64_t){1}, sizeof(uint64_t));
}

/* ---- the display ---------------------------------------------------------------------------- */

static int connect_display(struct lend_client *client)
{
	memory_display.connects++;
	snprintf(memory_display.target, sizeof(memory_display.target), "%s", client->target);
	if (memory_display.refusals > 0) {
		memory_display.refusals--;
		return client_lose(client, -ECONNREFUSED, "the memory is busy");
	}
	if (memory_display.connect_error < 0)
		return client_lose(client, memory_display.connect_error, "no memory is there");
	struct display *display = calloc(1, sizeof(*display));
	if (display == NULL)
		return client_lose(client, -ENOMEM, "out of memory");
	display->event = event = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	client->display = display;
	memory_display.lost = false;
	snprintf(client->target, sizeof(client->target), "store");
	return 0;
}

static void destroy(struct display *display)
{
	memory_display.destroyed++;
	if (event == display->event)
		event = -1;
	close(display->event);
	free(display);
}

static int get_fd(const struct display *display)
{
	return display->event;
}

static void configure(struct window *window)
{
	const struct lend_surface *surface = window->surface;
	uint32_t width = memory_display.width != 0 ? memory_display.width : surface->width;
	uint32_t height = memory_display.height != 0 ? memory_display.height : surface->height;
	if (width == window->width && height == window->height)
		return;
	window->width = width;
	window->height = height;
	surface_configure(window->surface, width, height);
}

static void let_go(struct window *window)
{
	struct slot *replaced = window->replaced;
	window->replaced = NULL;
	if (replaced != NULL)
		slot_release(replaced);
}

/* What a window has waited for. */
static void serve(struct window *window)
{
	struct lend_surface *surface = window->surface;
	configure(window);
	if (window->waits && !memory_display.hold_frames) {
		window->waits = false;
		surface_show(surface, LEND_PATH_COPY, "It is only a test.", "nowhere");
		surface_frame_done(surface);
		surface_presented(surface, &(struct shown){memory_display.number, time_now(), 0});
	}
	if (!memory_display.hold_releases)
		let_go(window);
	if (memory_display.asks_close)
		surface_close(surface);
	memory_display.asks_close = false;
	for (size_t i = 0; i < memory_display.n_inputs; i++)
		surface_input(surface, &memory_display.inputs[i]);
	memory_display.n_inputs = 0;
}

/* It is ready with its first event, not before. */
static int dispatch(struct lend_client *client, int timeout_ms)
{
	uint64_t count = 0;
	int found = client_wait(client, POLLIN, timeout_ms);
	if (found < 0)
		return found;
	if (found & POLLIN)
		(void)!read(client->display->event, &count, sizeof(count));
	if (memory_display.lost)
		return client_lose(client, -EPIPE, "the memory is lost");
	if (count == 0)
		return 0;
	if (!memory_display.silent)
		link_ready(client);
	for (size_t i = WINDOWS; i > 0; i--)
		if (windows[i - 1] != NULL)
			serve(windows[i - 1]);
	return 1;
}

static int flush(struct lend_client *client)
{
	return memory_display.lost ? client_lose(client, -EPIPE, "the memory is lost") : 0;
}

/* ---- buffers -------------------------------------------------------------------------------- */

static void finish(struct slot *slot)
{
	free(slot->memory);
}

static int fill_slot(struct slot *slot, const struct lend_format *format)
{
	const struct generation *generation = slot->generation;
	uint32_t stride = generation->width * format->cpp[0];
	struct lend_buffer_info info = {
		.size = sizeof(info),
		.width = generation->width,
		.height = generation->height,
		.format = format->fourcc,
		.n_planes = 1,
		.planes[0].stride = stride,
	};
	size_t length = (size_t)stride * generation->height;
	void *pixels = calloc(1, length);
	if (pixels == NULL)
		return -ENOMEM;
	int result = lend_buffer_wrap(&info, pixels, length, &slot->buffer);
	if (result < 0) {
		free(pixels);
		return result;
	}
	slot->handle = slot->memory = pixels;
	slot->finish = finish;
	return 0;
}

static void request(struct window *window, uint32_t width, uint32_t height)
{
	struct lend_surface *surface = window->surface;
	struct generation *generation = generation_create(surface, 1, width, height);
	int result = generation != NULL ? memory_display.buffer_error : -ENOMEM;
	for (uint32_t i = 0; i < surface->count && result == 0; i++)
		result = fill_slot(&generation->slots[i], surface->format);
	if (result == 0) {
		generation_offer(generation);
		return;
	}
	if (generation != NULL)
		generation_destroy(generation);
	generation_refuse(surface, result, "the memory is full");
}

static const struct source source = {.request = request};

/* ---- windows -------------------------------------------------------------------------------- */

static void set_title(struct window *window, const char *title)
{
	snprintf(memory_display.title, sizeof(memory_display.title), "%s", title);
}

static int create_window(struct lend_surface *surface)
{
	if (memory_display.window_error < 0)
		return client_fail(surface->client, memory_display.window_error, "no window");
	if (memory_display.missing_output && surface->output_wanted[0] != '\0')
		return client_fail(surface->client, -EINVAL, "no such output");
	struct window *window = calloc(1, sizeof(*window));
	size_t place = 0;
	while (place < WINDOWS && windows[place] != NULL)
		place++;
	if (window == NULL || place == WINDOWS) {
		free(window);
		return client_fail(surface->client, -ENOMEM, "out of memory");
	}
	windows[place] = window;
	window->surface = surface;
	surface->window = window;
	surface->source = &source;
	memory_display.windows++;
	snprintf(memory_display.output, sizeof(memory_display.output), "%s",
		 surface->output_wanted);
	set_title(window, surface->title);
	configure(window);
	return 0;
}

static void destroy_window(struct window *window)
{
	for (size_t i = 0; i < WINDOWS; i++)
		if (windows[i] == window)
			windows[i] = NULL;
	free(window);
}

static void forget(struct slot *slot)
{
	memory_display.forgotten++;
	for (size_t i = 0; i < WINDOWS; i++) {
		if (windows[i] != NULL && windows[i]->shown == slot)
			windows[i]->shown = NULL;
		if (windows[i] != NULL && windows[i]->replaced == slot)
			windows[i]->replaced = NULL;
	}
}

static void commit(struct window *window, struct slot *slot, const struct damage *damage,
		   uint64_t number)
{
	memory_display.commits++;
	memory_display.number = number;
	memory_display.damage = *damage;
	memory_display.shown_width = slot->generation->width;
	memcpy(&memory_display.pixel, slot->memory, sizeof(memory_display.pixel));
	if (window->shown != slot) {
		let_go(window);
		window->replaced = window->shown;
	}
	window->shown = slot;
	window->waits = true;
	memory_poke();
}

const struct display_backend module_backend = {
	.version = DISPLAY_VERSION,
	.name = "memory",
	.connect = connect_display,
	.destroy = destroy,
	.fd = get_fd,
	.dispatch = dispatch,
	.flush = flush,
	.window_create = create_window,
	.window_destroy = destroy_window,
	.window_set_title = set_title,
	.window_commit = commit,
	.window_forget = forget,
};
