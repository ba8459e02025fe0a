/* SPDX-License-Identifier: MIT */
#include "client/x11/x11.h"
#include "common/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A side that neither the program nor an output decides. */
#define WIDTH_DEFAULT  640
#define HEIGHT_DEFAULT 480

/* ---- creation ------------------------------------------------------------------------------- */

void window_set_title(struct window *window, const char *title)
{
	if (window->gone)
		return;
	x11_set_title(&window->display->x11, window->x11.id, title);
	window->display->queued = true;
}

static void set_properties(struct window *window)
{
	const struct lend_surface *surface = window->surface;
	const struct x11 *x11 = &window->display->x11;
	if (surface->title[0] != '\0')
		window_set_title(window, surface->title);
	x11_set_class(x11, window->x11.id, surface->app_id);
	x11_ask_before_closing(x11, window->x11.id);
	if (surface->fullscreen)
		x11_set_fullscreen(x11, window->x11.id);
}

static int create(struct window *window, const struct lend_rect *place, xcb_visualid_t visual)
{
	const uint32_t events = XCB_EVENT_MASK_EXPOSURE | XCB_EVENT_MASK_STRUCTURE_NOTIFY;
	int result = x11_window_create(&window->display->x11, &window->x11, place,
				       window->pixel.depth, visual, events);
	return result < 0 ? client_fail(window->display->client, result, "%s", fail_text()) : 0;
}

/* Where it is to be, and what it says of its output. */
static int find_place(struct window *window, struct lend_rect *place)
{
	const struct lend_surface *surface = window->surface;
	const xcb_screen_t *screen = window->display->x11.screen;
	int result = output_find(window->display, surface->fullscreen ? surface->output_wanted : "",
				 place, window->output, sizeof(window->output));
	if (result < 0 || surface->fullscreen)
		return result;
	if (place->width != screen->width_in_pixels || place->height != screen->height_in_pixels)
		window->output[0] = '\0'; /* one of several */
	*place = (struct lend_rect){
		.width = surface->width != 0 ? (int32_t)surface->width : WIDTH_DEFAULT,
		.height = surface->height != 0 ? (int32_t)surface->height : HEIGHT_DEFAULT,
	};
	return 0;
}

static int set_up(struct window *window)
{
	struct display *display = window->display;
	struct lend_rect place;
	xcb_visualid_t visual;
	int result = find_place(window, &place);
	if (result == 0)
		result = visual_choose(window, &visual);
	if (result == 0)
		result = create(window, &place, visual);
	if (result < 0)
		return result;
	window->next = display->windows;
	display->windows = window;
	set_properties(window);
	pace_begin(window);
	if (window->surface->events.input != NULL)
		input_begin(window);
	window->surface->source = &image_source;
	surface_configure(window->surface, (uint32_t)place.width, (uint32_t)place.height);
	return 0;
}

int window_create(struct lend_surface *surface)
{
	struct display *display = surface->client->display;
	struct hush hush;
	struct window *window = calloc(1, sizeof(*window));
	if (window == NULL)
		return client_fail(surface->client, -ENOMEM, "out of memory");
	window->surface = surface;
	window->display = display;
	surface->window = window;
	hush_begin(&hush);
	int result = set_up(window);
	hush_end(&hush, display->x11.xcb);
	if (result < 0) {
		surface->window = NULL;
		window_destroy(window);
	}
	display->queued = true;
	display_wake(display);
	return result;
}

void window_destroy(struct window *window)
{
	struct display *display = window->display;
	struct window **link = &display->windows;
	while (*link != NULL && *link != window)
		link = &(*link)->next;
	if (*link != NULL)
		*link = window->next;
	pace_end(window);
	input_end(window);
	x11_window_destroy(&display->x11, &window->x11, window->gone);
	display->queued = true;
	free(window);
}

/* ---- frames --------------------------------------------------------------------------------- */

void window_show(struct window *window)
{
	const char *reason =
		"The X server copies the damage of each frame once, out of memory shared by "
		"MIT-SHM.";
	if (window->hidden || window->gone) {
		surface_show(window->surface, LEND_PATH_NONE,
			     "The window is not on the screen: it is iconified, on another desktop "
			     "or destroyed.",
			     "");
		return;
	}
	if (window->converts)
		reason = "The X server shows no pixels of this format: they are converted here and "
			 "go over the connection.";
	else if (!window->display->x11.shm)
		reason = "The X server is on another machine or has no MIT-SHM: the damage of each "
			 "frame goes over the connection, and is copied more than once.";
	surface_show(window->surface, LEND_PATH_COPY, reason, window->output);
}

void window_commit(struct window *window, struct slot *slot, const struct damage *damage,
		   uint64_t number)
{
	const struct generation *generation = slot->generation;
	uint32_t width = generation->width, height = generation->height;
	struct damage all = *damage;
	if (window->width != width || window->height != height)
		damage_add(&all, (struct lend_rect){0, 0, (int32_t)width, (int32_t)height}, width,
			   height);
	damage_unite(&all, &window->exposed, width, height);
	window->exposed.n = 0;
	window->width = width;
	window->height = height;
	if (!window->appeared && !window->gone)
		xcb_map_window(window->display->x11.xcb, window->x11.id);
	window->appeared = true;
	image_put(window, slot, &all, number);
	pace_ask(window, number);
	window->display->queued = true;
}

/* A buffer that is being drawn in is not shown: its frame will fill the gaps when it ends. */
void window_repaint(struct window *window)
{
	struct lend_surface *surface = window->surface;
	struct slot *slot = surface->last;
	struct damage damage = {0};
	bool chain = surface->mode == LEND_MODE_CHAIN;
	if (window->gone || window->exposed.n == 0 || slot == NULL ||
	    (chain && slot == surface->drawing))
		return;
	damage_unite(&damage, &window->exposed, slot->generation->width, slot->generation->height);
	window->exposed.n = 0;
	if (damage.n == 0)
		return;
	slot->busy = chain; /* again, until the server has read it */
	image_put(window, slot, &damage, 0);
	window->display->queued = true;
}

/* ---- events --------------------------------------------------------------------------------- */

static void handle_expose(struct window *window, const xcb_expose_event_t *event)
{
	damage_add(&window->exposed,
		   (struct lend_rect){event->x, event->y, event->width, event->height},
		   SIZE_MAXIMUM, SIZE_MAXIMUM);
	if (event->count == 0) /* no more of the same cause */
		window_repaint(window);
}

/* While a user drags a corner many come at once, and buffers are made for the last alone. */
static void handle_configure(struct window *window, const xcb_configure_notify_event_t *event)
{
	window->new_width = event->width < SIZE_MAXIMUM ? event->width : SIZE_MAXIMUM;
	window->new_height = event->height < SIZE_MAXIMUM ? event->height : SIZE_MAXIMUM;
}

void window_settle(struct window *window)
{
	if (window->new_width != 0 && window->new_height != 0)
		surface_configure(window->surface, window->new_width, window->new_height);
	window->new_width = window->new_height = 0;
}

static void handle_map(struct window *window, bool mapped)
{
	bool was_hidden = window->hidden;
	window->hidden = !mapped;
	if (window->hidden != was_hidden)
		window_show(window);
}

/* Nothing more is heard of it, but the program must not wait for ever. */
static void handle_destroyed(struct window *window)
{
	window->gone = true;
	input_end(window);
	pace_ask(window, window->number);
	surface_close(window->surface);
}

bool window_event(struct display *display, const xcb_generic_event_t *event)
{
	/* All of these have the window in the same place but for Expose. */
	const xcb_configure_notify_event_t *configure = (const void *)event;
	const xcb_expose_event_t *expose = (const void *)event;
	uint8_t type = event->response_type & 0x7f;
	if (type != XCB_EXPOSE && type != XCB_CONFIGURE_NOTIFY && type != XCB_MAP_NOTIFY &&
	    type != XCB_UNMAP_NOTIFY && type != XCB_DESTROY_NOTIFY)
		return false;
	struct window *window =
		window_find(display, type == XCB_EXPOSE ? expose->window : configure->window);
	if (window == NULL || window->gone)
		return true;
	switch (type) {
	case XCB_EXPOSE: handle_expose(window, expose); break;
	case XCB_CONFIGURE_NOTIFY: handle_configure(window, configure); break;
	case XCB_DESTROY_NOTIFY: handle_destroyed(window); break;
	default: handle_map(window, type == XCB_MAP_NOTIFY); break;
	}
	return true;
}
