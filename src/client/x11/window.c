/* SPDX-License-Identifier: MIT */
#include "client/x11/x11.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A side that neither the program nor an output decides. */
#define WIDTH_DEFAULT  640
#define HEIGHT_DEFAULT 480

/* ---- creation ------------------------------------------------------------------------------- */

static void set_property(const struct window *window, xcb_atom_t property, xcb_atom_t type,
			 uint8_t bits, size_t count, const void *data)
{
	xcb_change_property(window->display->xcb, XCB_PROP_MODE_REPLACE, window->id, property, type,
			    bits, (uint32_t)count, data);
}

void window_set_title(struct window *window, const char *title)
{
	const xcb_atom_t *atoms = window->display->atoms;
	if (window->gone)
		return;
	set_property(window, atoms[ATOM_NET_WM_NAME], atoms[ATOM_UTF8_STRING], 8, strlen(title),
		     title);
	/* For window managers that know no other; it is not Latin-1, but mostly ASCII. */
	set_property(window, XCB_ATOM_WM_NAME, XCB_ATOM_STRING, 8, strlen(title), title);
	window->display->queued = true;
}

/* Instance and class, each with its NUL. */
static void set_class(const struct window *window, const char *app_id)
{
	char names[2 * (1024 + 1)];
	size_t length = strlen(app_id) + 1;
	if (length == 1 || 2 * length > sizeof(names))
		return;
	memcpy(names, app_id, length);
	memcpy(names + length, app_id, length);
	set_property(window, XCB_ATOM_WM_CLASS, XCB_ATOM_STRING, 8, 2 * length, names);
}

/* A window manager is asked; without one the window is created in that place and size. */
static void set_fullscreen(const struct window *window)
{
	const xcb_atom_t *atoms = window->display->atoms;
	const uint32_t hints[18] = {1 /* the place is the user's wish */};
	set_property(window, XCB_ATOM_WM_NORMAL_HINTS, XCB_ATOM_WM_SIZE_HINTS, 32, 18, hints);
	set_property(window, atoms[ATOM_NET_WM_STATE], XCB_ATOM_ATOM, 32, 1,
		     &atoms[ATOM_NET_WM_STATE_FULLSCREEN]);
}

static void set_properties(struct window *window)
{
	const struct lend_surface *surface = window->surface;
	const xcb_atom_t *atoms = window->display->atoms;
	if (surface->title[0] != '\0')
		window_set_title(window, surface->title);
	set_class(window, surface->app_id);
	set_property(window, atoms[ATOM_WM_PROTOCOLS], XCB_ATOM_ATOM, 32, 1,
		     &atoms[ATOM_WM_DELETE_WINDOW]);
	if (surface->fullscreen)
		set_fullscreen(window);
}

static int create(struct window *window, const struct lend_rect *place, xcb_visualid_t visual)
{
	struct display *display = window->display;
	xcb_connection_t *xcb = display->xcb;
	xcb_colormap_t colormap = display->screen->default_colormap;
	if (visual != display->screen->root_visual) {
		colormap = window->colormap = xcb_generate_id(xcb);
		xcb_create_colormap(xcb, XCB_COLORMAP_ALLOC_NONE, colormap, display->screen->root,
				    visual);
	}
	const uint32_t values[] = {
		0 /* what has not been drawn yet is black */,
		0,
		XCB_GRAVITY_NORTH_WEST /* keeps its pixels when its size changes */,
		XCB_EVENT_MASK_EXPOSURE | XCB_EVENT_MASK_STRUCTURE_NOTIFY,
		colormap,
	};
	window->id = xcb_generate_id(xcb);
	xcb_void_cookie_t cookie = xcb_create_window_checked(
		xcb, window->pixel.depth, window->id, display->screen->root, (int16_t)place->x,
		(int16_t)place->y, (uint16_t)place->width, (uint16_t)place->height, 0,
		XCB_WINDOW_CLASS_INPUT_OUTPUT, visual,
		XCB_CW_BACK_PIXEL | XCB_CW_BORDER_PIXEL | XCB_CW_BIT_GRAVITY | XCB_CW_EVENT_MASK |
			XCB_CW_COLORMAP,
		values);
	window->gc = xcb_generate_id(xcb);
	xcb_create_gc(xcb, window->gc, window->id, XCB_GC_GRAPHICS_EXPOSURES, &(uint32_t){0});
	xcb_generic_error_t *error = xcb_request_check(xcb, cookie);
	if (error == NULL)
		return 0;
	int code = error->error_code;
	free(error);
	return client_fail(display->client, code == XCB_ALLOC ? -ENOMEM : -EIO,
			   "the X server makes no window of %dx%d: error %d", place->width,
			   place->height, code);
}

/* Where it is to be, and what it says of its output. */
static int find_place(struct window *window, struct lend_rect *place)
{
	const struct lend_surface *surface = window->surface;
	const xcb_screen_t *screen = window->display->screen;
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
	hush_end(&hush, display->xcb);
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
	if (window->gc != 0)
		xcb_free_gc(display->xcb, window->gc);
	if (window->id != 0 && !window->gone)
		xcb_destroy_window(display->xcb, window->id);
	if (window->colormap != 0)
		xcb_free_colormap(display->xcb, window->colormap);
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
	else if (!window->display->shm)
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
		xcb_map_window(window->display->xcb, window->id);
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
