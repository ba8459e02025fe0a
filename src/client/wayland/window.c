/* SPDX-License-Identifier: MIT */
#include "client/wayland/wayland.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A server that never answers costs no more memory than this. */
#define FEEDBACKS_MAXIMUM SHOWN_MAXIMUM

/* A side that neither the program nor the display decides. */
#define WIDTH_DEFAULT  640
#define HEIGHT_DEFAULT 480

struct feedback {
	struct wl_list link; /* window.feedbacks */
	struct window *window;
	struct wp_presentation_feedback *proxy;
	uint64_t number;
};

/* ---- presentation --------------------------------------------------------------------------- */

static void destroy_feedback(struct feedback *feedback)
{
	wl_list_remove(&feedback->link);
	feedback->window->n_feedbacks--;
	wp_presentation_feedback_destroy(feedback->proxy);
	free(feedback);
}

static int64_t nanoseconds(clockid_t clock)
{
	struct timespec now = {0};
	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void handle_sync_output(void *data, struct wp_presentation_feedback *proxy,
			       struct wl_output *output)
{
}

/* The server said so: a dma-buf was on display as it was. */
static void use_scanout(struct window *window)
{
	window->path = LEND_PATH_SCANOUT;
	snprintf(window->reason, sizeof(window->reason),
		 "The display server showed this program's own dma-buf without a copy.");
}

static void handle_presented(void *data, struct wp_presentation_feedback *proxy,
			     uint32_t seconds_high, uint32_t seconds_low, uint32_t nanosecond,
			     uint32_t refresh, uint32_t sequence_high, uint32_t sequence_low,
			     uint32_t flags)
{
	struct feedback *feedback = data;
	struct window *window = feedback->window;
	uint64_t seconds = (uint64_t)seconds_high << 32 | seconds_low;
	uint64_t time = seconds * 1000000000 + nanosecond;
	clockid_t clock = window->display->clock;
	if (clock != CLOCK_MONOTONIC)
		time += (uint64_t)(nanoseconds(CLOCK_MONOTONIC) - nanoseconds(clock));
	surface_presented(window->surface, &(struct shown){feedback->number, time, refresh});
	if (window->path == LEND_PATH_TEXTURE && flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY)
		use_scanout(window);
	destroy_feedback(feedback);
}

static void handle_discarded(void *data, struct wp_presentation_feedback *proxy)
{
	destroy_feedback(data);
}

static void ask_feedback(struct window *window, uint64_t number)
{
	static const struct wp_presentation_feedback_listener listener = {
		.sync_output = handle_sync_output,
		.presented = handle_presented,
		.discarded = handle_discarded,
	};
	struct wp_presentation *presentation = window->display->presentation;
	if (presentation == NULL || window->surface->events.presented == NULL ||
	    window->n_feedbacks == FEEDBACKS_MAXIMUM)
		return;
	struct feedback *feedback = calloc(1, sizeof(*feedback));
	if (feedback == NULL)
		return;
	feedback->proxy = wp_presentation_feedback(presentation, window->wl);
	if (feedback->proxy == NULL) {
		free(feedback);
		return;
	}
	feedback->window = window;
	feedback->number = number;
	wl_list_insert(window->feedbacks.prev, &feedback->link);
	window->n_feedbacks++;
	wp_presentation_feedback_add_listener(feedback->proxy, &listener, feedback);
}

/* ---- events --------------------------------------------------------------------------------- */

/* Without lending nobody tells the path. */
static void show_path(struct window *window)
{
	if (window->chain == NULL && window->surface->frames > 0)
		surface_show(window->surface, window->path, window->reason, window->output);
}

static void handle_frame(void *data, struct wl_callback *callback, uint32_t time)
{
	struct window *window = data;
	wl_callback_destroy(callback);
	window->frame = NULL;
	surface_frame_done(window->surface);
	show_path(window);
}

static void handle_enter(void *data, struct wl_surface *surface, struct wl_output *proxy)
{
	struct window *window = data;
	struct output *output;
	wl_list_for_each (output, &window->display->outputs, link)
		if (output->proxy == proxy)
			window->output = output->name;
	if (window->surface->path != LEND_PATH_NONE)
		show_path(window);
}

static void handle_leave(void *data, struct wl_surface *surface, struct wl_output *proxy) {}

static void acknowledge(struct window *window)
{
	xdg_surface_ack_configure(window->xdg, window->serial);
	window->serial = 0;
}

static uint32_t choose(uint32_t proposed, uint32_t own, uint32_t fallback)
{
	if (proposed > SIZE_MAXIMUM)
		return SIZE_MAXIMUM;
	if (proposed > 0)
		return proposed;
	return own > 0 ? own : fallback;
}

static void handle_configure(void *data, struct xdg_surface *xdg, uint32_t serial)
{
	struct window *window = data;
	struct lend_surface *surface = window->surface;
	window->serial = serial;
	window->serial_width = choose(window->proposed_width, surface->width, WIDTH_DEFAULT);
	window->serial_height = choose(window->proposed_height, surface->height, HEIGHT_DEFAULT);
	surface_configure(surface, window->serial_width, window->serial_height);
	/* The size shown already: there may be no commit for long. */
	const struct slot *last = surface->last;
	if (last != NULL && last->generation->width == window->serial_width &&
	    last->generation->height == window->serial_height)
		acknowledge(window);
}

static void handle_toplevel_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
				      int32_t height, struct wl_array *states)
{
	struct window *window = data;
	window->proposed_width = width > 0 ? (uint32_t)width : 0;
	window->proposed_height = height > 0 ? (uint32_t)height : 0;
}

static void handle_close(void *data, struct xdg_toplevel *toplevel)
{
	struct window *window = data;
	surface_close(window->surface);
}

static void handle_release(void *data, struct wl_buffer *buffer)
{
	slot_release(data);
}

void slot_listen(struct slot *slot)
{
	static const struct wl_buffer_listener listener = {.release = handle_release};
	wl_buffer_add_listener(slot->handle, &listener, slot);
}

/* ---- creation ------------------------------------------------------------------------------- */

/* Why frames do not go in lent buffers. */
static void explain(struct window *window, const char *way)
{
	if (window->display->manager == NULL)
		snprintf(window->reason, sizeof(window->reason),
			 "The display server does not lend framebuffers (it has no "
			 "framelend_manager_v1): %s",
			 way);
	else
		snprintf(window->reason, sizeof(window->reason),
			 "The display server does not lend %s framebuffers: %s",
			 window->surface->format->name, way);
}

void window_use_shm(struct window *window)
{
	window->surface->source = &shm_source;
	window->path = LEND_PATH_COPY;
	explain(window, "frames go through wl_shm, which it copies at least once.");
}

static void use_dmabuf(struct window *window)
{
	window->surface->source = &dmabuf_source;
	window->path = LEND_PATH_TEXTURE;
	explain(window, "frames are dma-bufs of this program's memory; whether its GPU or the "
			"display reads them it does not tell.");
}

/* Lent buffers if the server lends this format, else our own: dma-bufs if it takes them, else over
 * wl_shm, which dma-bufs fall back to as well. */
static int choose_source(struct window *window)
{
	const struct display *display = window->display;
	struct lend_surface *surface = window->surface;
	const struct lend_format *format = surface->format;
	if (display->manager != NULL && format_listed(&display->lend_formats, format->fourcc)) {
		surface->source = display->fences ? &fenced_chain_source : &chain_source;
		return chain_create(window);
	}
	if (display->shm == NULL || !format_listed(&display->shm_formats, format->fourcc))
		return client_fail(surface->client, -ENOTSUP,
				   "the display server takes no %s: use XRGB8888", format->name);
	if (dmabuf_usable(display, format->fourcc))
		use_dmabuf(window);
	else
		window_use_shm(window);
	return 0;
}

static int find_output(struct window *window, const char *name, struct wl_output **proxy)
{
	struct lend_client *client = window->surface->client;
	char known[256] = "";
	struct output *output;
	wl_list_for_each (output, &window->display->outputs, link) {
		if (strcmp(output->name, name) == 0) {
			*proxy = output->proxy;
			return 0;
		}
		size_t length = strlen(known);
		snprintf(known + length, sizeof(known) - length, "%s%s", length > 0 ? ", " : "",
			 output->name);
	}
	return client_fail(client, -EINVAL, "there is no output '%s'; there is: %s", name,
			   known[0] != '\0' ? known : "none with a name");
}

static int create_objects(struct window *window)
{
	static const struct wl_surface_listener surface_listener = {
		.enter = handle_enter,
		.leave = handle_leave,
	};
	static const struct xdg_surface_listener xdg_listener = {.configure = handle_configure};
	static const struct xdg_toplevel_listener toplevel_listener = {
		.configure = handle_toplevel_configure,
		.close = handle_close,
	};
	window->wl = wl_compositor_create_surface(window->display->compositor);
	if (window->wl == NULL)
		return -ENOMEM;
	wl_surface_add_listener(window->wl, &surface_listener, window);
	window->xdg = xdg_wm_base_get_xdg_surface(window->display->shell, window->wl);
	if (window->xdg == NULL)
		return -ENOMEM;
	xdg_surface_add_listener(window->xdg, &xdg_listener, window);
	window->toplevel = xdg_surface_get_toplevel(window->xdg);
	if (window->toplevel == NULL)
		return -ENOMEM;
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
	return 0;
}

static int set_up(struct window *window)
{
	const struct lend_surface *surface = window->surface;
	struct wl_output *output = NULL;
	int result = 0;
	if (surface->fullscreen && surface->output_wanted[0] != '\0')
		result = find_output(window, surface->output_wanted, &output);
	if (result == 0 && create_objects(window) < 0)
		result = client_fail(window->surface->client, -ENOMEM, "out of memory");
	if (result == 0)
		result = choose_source(window);
	if (result < 0)
		return result;
	if (surface->title[0] != '\0')
		xdg_toplevel_set_title(window->toplevel, surface->title);
	if (surface->app_id[0] != '\0')
		xdg_toplevel_set_app_id(window->toplevel, surface->app_id);
	if (surface->fullscreen)
		xdg_toplevel_set_fullscreen(window->toplevel, output);
	if (surface->events.input != NULL)
		seat_want(window->display);
	/* Without a buffer: asks for the first configure. */
	wl_surface_commit(window->wl);
	return 0;
}

int window_create(struct lend_surface *surface)
{
	struct window *window = calloc(1, sizeof(*window));
	if (window == NULL)
		return client_fail(surface->client, -ENOMEM, "out of memory");
	window->surface = surface;
	window->display = surface->client->display;
	window->output = "";
	wl_list_init(&window->feedbacks);
	surface->window = window;
	int result = set_up(window);
	if (result < 0) {
		surface->window = NULL;
		window_destroy(window);
	}
	return result;
}

void window_destroy(struct window *window)
{
	seat_forget(window->display, window);
	struct feedback *feedback, *next;
	wl_list_for_each_safe (feedback, next, &window->feedbacks, link)
		destroy_feedback(feedback);
	if (window->frame != NULL)
		wl_callback_destroy(window->frame);
	chain_destroy(window->chain);
	dmabuf_forget(window);
	if (window->toplevel != NULL)
		xdg_toplevel_destroy(window->toplevel);
	if (window->xdg != NULL)
		xdg_surface_destroy(window->xdg);
	if (window->wl != NULL)
		wl_surface_destroy(window->wl);
	free(window);
}

void window_set_title(struct window *window, const char *title)
{
	xdg_toplevel_set_title(window->toplevel, title);
}

/* ---- frames --------------------------------------------------------------------------------- */

static void send_damage(struct wl_surface *surface, const struct damage *damage)
{
	bool in_buffer = wl_surface_get_version(surface) >= WL_SURFACE_DAMAGE_BUFFER_SINCE_VERSION;
	for (size_t i = 0; i < damage->n; i++) {
		const struct lend_rect *rect = &damage->rects[i];
		if (in_buffer)
			wl_surface_damage_buffer(surface, rect->x, rect->y, rect->width,
						 rect->height);
		else /* the same: neither scale nor transform is ever set */
			wl_surface_damage(surface, rect->x, rect->y, rect->width, rect->height);
	}
}

static void ask_frame(struct window *window)
{
	static const struct wl_callback_listener listener = {.done = handle_frame};
	/* An unpaced program may draw the next frame before the display asks for it. */
	if (window->frame != NULL)
		return;
	window->frame = wl_surface_frame(window->wl);
	if (window->frame != NULL)
		wl_callback_add_listener(window->frame, &listener, window);
}

void window_commit(struct window *window, struct slot *slot, const struct damage *damage,
		   uint64_t number)
{
	const struct generation *generation = slot->generation;
	if (window->serial != 0 && generation->width == window->serial_width &&
	    generation->height == window->serial_height)
		acknowledge(window);
	wl_surface_attach(window->wl, slot->handle, 0, 0);
	send_damage(window->wl, damage);
	ask_frame(window);
	ask_feedback(window, number);
	if (window->surface->fence >= 0 && window->display->fences && window->chain != NULL)
		chain_set_fence(window->chain, window->surface->fence);
	wl_surface_commit(window->wl);
}

void window_forget(struct slot *slot)
{
	wl_buffer_destroy(slot->handle);
}
