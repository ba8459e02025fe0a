/* SPDX-License-Identifier: MIT */
/* The window: its size, scale and title, and the output that it is. */
#include "output/wayland/wayland.h"

#include <stdio.h>
#include <stdlib.h>

#include "fractional-scale-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "xdg-decoration-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#define DEFAULT_WIDTH  1280
#define DEFAULT_HEIGHT 720

/* ---- size and scale ------------------------------------------------------------------------- */

int32_t window_pixels(const struct window *window, int32_t units)
{
	int64_t pixels = ((int64_t)units * window->scale + UNIT / 2) / UNIT;

	return pixels < 1 ? 1 : pixels > SIDE_MAX ? SIDE_MAX : (int32_t)pixels;
}

void window_changed(struct window *window)
{
	window->dirty = true;
}

/* The finest of the screens that it is on; at first, when the host has not said, of all. */
static const struct screen *finest_screen(const struct window *window)
{
	const struct screen *screen, *entered = NULL, *any = NULL;

	wl_list_for_each (screen, &window->host.screens, link) {
		if (screen->entered && (!entered || screen->scale > entered->scale))
			entered = screen;
		if (!any || screen->scale > any->scale)
			any = screen;
	}
	return entered ? entered : any;
}

static uint32_t choose_scale(const struct window *window)
{
	const struct screen *screen = finest_screen(window);

	if (window->wanted_scale)
		return window->wanted_scale;
	return screen ? (uint32_t)screen->scale * UNIT : UNIT;
}

static uint32_t choose_refresh(const struct window *window)
{
	const struct screen *screen = finest_screen(window);

	if (window->told_refresh)
		return window->told_refresh;
	return screen ? screen->refresh : 0;
}

/* What size our frames are in the host's units. A viewport only where nothing else will do: some
 * hosts take any for a reason to copy. */
static void tell_scale(struct window *window)
{
	bool whole = window->scale % UNIT == 0;

	wl_surface_set_buffer_scale(window->surface, whole ? (int32_t)(window->scale / UNIT) : 1);
	if (window->viewport && whole)
		wp_viewport_set_destination(window->viewport, -1, -1);
	else if (window->viewport)
		wp_viewport_set_destination(window->viewport, window->width, window->height);
}

/* Takes over what the host said. False: nothing is different. */
static bool take_over(struct window *window)
{
	int32_t width = window->wanted_width, height = window->wanted_height;
	uint32_t scale = choose_scale(window);

	if (width == window->width && height == window->height && scale == window->scale)
		return false;
	window->width = width;
	window->height = height;
	window->scale = scale;
	tell_scale(window);
	return true;
}

/* The next frame has the new size; if that is the old one, there may be no frame for long. */
static void update(struct window *window)
{
	struct lend_output *output = window->output;
	uint32_t refresh = choose_refresh(window), scale = window->scale;
	bool acknowledge = window->acknowledge;

	window->dirty = window->acknowledge = false;
	if (acknowledge)
		xdg_surface_ack_configure(window->xdg_surface, window->serial);
	bool different = take_over(window);
	if (different || refresh != output->refresh)
		output_resized(output, window_pixels(window, window->width),
			       window_pixels(window, window->height), refresh);
	if (scale != window->scale)
		output_set_scale(output, window->scale);
	if (acknowledge && !different)
		wl_surface_commit(window->surface);
}

/* ---- what the host says --------------------------------------------------------------------- */

static struct screen *find_screen(const struct window *window, const struct wl_output *proxy)
{
	struct screen *screen;

	wl_list_for_each (screen, &window->host.screens, link)
		if (screen->proxy == proxy)
			return screen;
	return NULL;
}

static void handle_enter(void *data, struct wl_surface *surface, struct wl_output *output)
{
	struct window *window = data;
	struct screen *screen = find_screen(window, output);

	if (screen)
		screen->entered = true;
	window_changed(window);
}

static void handle_leave(void *data, struct wl_surface *surface, struct wl_output *output)
{
	struct window *window = data;
	struct screen *screen = find_screen(window, output);

	if (screen)
		screen->entered = false;
	window_changed(window);
}

static const struct wl_surface_listener surface_listener = {
	.enter = handle_enter,
	.leave = handle_leave,
};

static void handle_surface_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial)
{
	struct window *window = data;

	window->configured = window->acknowledge = true;
	window->serial = serial;
	window_changed(window);
}

static const struct xdg_surface_listener xdg_surface_listener = {
	.configure = handle_surface_configure,
};

/* 0: our choice, which stays as it is. */
static void handle_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
			     int32_t height, struct wl_array *states)
{
	struct window *window = data;

	if (width > 0 && width <= SIDE_MAX)
		window->wanted_width = width;
	if (height > 0 && height <= SIDE_MAX)
		window->wanted_height = height;
}

static void handle_close(void *data, struct xdg_toplevel *toplevel)
{
	struct window *window = data;

	window->closed = true;
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = handle_configure,
	.close = handle_close,
};

static void handle_preferred_scale(void *data, struct wp_fractional_scale_v1 *fractional_scale,
				   uint32_t scale)
{
	struct window *window = data;

	if (scale >= UNIT / 2 && scale <= 10 * UNIT)
		window->wanted_scale = scale;
	window_changed(window);
}

static const struct wp_fractional_scale_v1_listener fractional_scale_listener = {
	.preferred_scale = handle_preferred_scale,
};

/* ---- the connection's events ---------------------------------------------------------------- */

static void end(struct window *window, const char *reason)
{
	server_log(window->server, LEND_LOG_INFO, "%s is removed: %s", window->output->name,
		   reason);
	lend_output_destroy(window->output);
}

/* After each round of the loop (mask 0): what was said meanwhile goes out at once. */
static int handle_events(int fd, uint32_t mask, void *data)
{
	struct window *window = data;
	int ret = 0;

	if (mask & (WL_EVENT_READABLE | WL_EVENT_HANGUP | WL_EVENT_ERROR))
		ret = host_dispatch(&window->host);
	if (window->output->doomed)
		return 0;
	if (ret < 0) {
		end(window, fail_text());
		return 0;
	}
	if (window->closed) {
		end(window, "its window was closed");
		return 0;
	}
	if (window->dirty)
		update(window);
	if (wl_display_flush(window->host.display) < 0 && errno == EAGAIN)
		wl_event_source_fd_update(window->source, WL_EVENT_READABLE | WL_EVENT_WRITABLE);
	else if (mask & WL_EVENT_WRITABLE)
		wl_event_source_fd_update(window->source, WL_EVENT_READABLE);
	return 0;
}

static int watch(struct window *window)
{
	window->source =
		wl_event_loop_add_fd(window->server->loop, wl_display_get_fd(window->host.display),
				     WL_EVENT_READABLE, handle_events, window);
	if (!window->source)
		return fail(-ENOMEM, "out of memory or file descriptors");
	wl_event_source_check(window->source);
	return 0;
}

/* ---- life ----------------------------------------------------------------------------------- */

static void close_surface(struct window *window)
{
	if (window->fractional_scale)
		wp_fractional_scale_v1_destroy(window->fractional_scale);
	if (window->viewport)
		wp_viewport_destroy(window->viewport);
	if (window->decoration)
		zxdg_toplevel_decoration_v1_destroy(window->decoration);
	if (window->toplevel)
		xdg_toplevel_destroy(window->toplevel);
	if (window->xdg_surface)
		xdg_surface_destroy(window->xdg_surface);
	if (window->surface)
		wl_surface_destroy(window->surface);
}

static void window_free(struct window *window)
{
	hands_close(window);
	cursor_close(window);
	frames_close(window);
	pictures_finish(window);
	close_surface(window);
	if (window->source)
		wl_event_source_remove(window->source);
	host_disconnect(&window->host);
	free(window);
}

static void destroy(struct lend_output *output)
{
	window_free(output->backend_data);
}

static const struct output_backend wayland_backend = {
	.name = "wayland",
	.own_buffers = 3, /* the host may hold two: the one it shows, and the one that is to come */
	.allocate = window_allocate,
	.reads = window_reads,
	.schedule = window_schedule,
	.refuses = window_refuses,
	.cursor = window_cursor,
	.present = window_present,
	.forget = window_forget,
	.destroy = destroy,
};

/* Optional, and asked for before the first commit. */
static void ask_for_comforts(struct window *window,
			     const struct lend_window_output_options *options)
{
	struct host *host = &window->host;

	if (host->decoration) {
		window->decoration = zxdg_decoration_manager_v1_get_toplevel_decoration(
			host->decoration, window->toplevel);
		zxdg_toplevel_decoration_v1_set_mode(window->decoration,
						     ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
	}
	if (host->viewporter)
		window->viewport = wp_viewporter_get_viewport(host->viewporter, window->surface);
	if (host->fractional_scale && window->viewport) {
		window->fractional_scale = wp_fractional_scale_manager_v1_get_fractional_scale(
			host->fractional_scale, window->surface);
		wp_fractional_scale_v1_add_listener(window->fractional_scale,
						    &fractional_scale_listener, window);
	}
	if (options->fullscreen)
		xdg_toplevel_set_fullscreen(window->toplevel, NULL);
}

static int open_surface(struct window *window, const struct lend_window_output_options *options)
{
	struct host *host = &window->host;

	window->surface = wl_compositor_create_surface(host->compositor);
	if (window->surface)
		window->xdg_surface = xdg_wm_base_get_xdg_surface(host->shell, window->surface);
	if (window->xdg_surface)
		window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
	if (!window->toplevel)
		return fail(-ENOMEM, "out of memory");
	wl_surface_add_listener(window->surface, &surface_listener, window);
	xdg_surface_add_listener(window->xdg_surface, &xdg_surface_listener, window);
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
	xdg_toplevel_set_app_id(window->toplevel, "framelend");
	ask_for_comforts(window, options);
	wl_surface_commit(window->surface);
	int ret = host_wait(host, &window->configured);
	if (ret < 0)
		return ret;
	take_over(window);
	xdg_surface_ack_configure(window->xdg_surface, window->serial);
	window->acknowledge = false;
	return 0;
}

static int make_output(struct window *window, const struct lend_window_output_options *options)
{
	const struct lend_output_options own = {
		.size = sizeof(own),
		.name = options->name,
		.width = (uint32_t)window_pixels(window, window->width),
		.height = (uint32_t)window_pixels(window, window->height),
		.refresh = choose_refresh(window),
		.layout = options->layout,
	};

	int ret = output_create(window->server, &own, &wayland_backend, &window->output);
	if (ret < 0)
		return ret;
	window->output->backend_data = window;
	return output_set_identity(window->output, "framelend", "Wayland window", 0, 0);
}

static void set_title(struct window *window, const char *title)
{
	char text[128];

	if (!title)
		snprintf(text, sizeof(text), "framelend - %s", window->output->name);
	xdg_toplevel_set_title(window->toplevel, title ? title : text);
}

static int open_window(struct window *window, const struct lend_window_output_options *options)
{
	int ret = host_connect(window, options->display);

	if (ret == 0)
		ret = open_surface(window, options);
	if (ret == 0)
		ret = make_output(window, options);
	if (ret == 0)
		ret = frames_open(window);
	if (ret == 0)
		ret = watch(window);
	if (ret < 0)
		return ret;
	set_title(window, options->title);
	output_set_scale(window->output, window->scale);
	if (!options->no_input)
		hands_open(window);
	output_start(window->output);
	wl_display_flush(window->host.display);
	return 0;
}

static struct window *window_new(struct lend_server *server,
				 const struct lend_window_output_options *options)
{
	struct window *window = calloc(1, sizeof(*window));

	if (!window)
		return NULL;
	window->server = server;
	window->scale = UNIT;
	window->host.clock = CLOCK_MONOTONIC;
	window->wanted_width = options->width ? (int32_t)options->width : DEFAULT_WIDTH;
	window->wanted_height = options->height ? (int32_t)options->height : DEFAULT_HEIGHT;
	window->no_input = options->no_input != 0;
	wl_list_init(&window->host.screens);
	wl_list_init(&window->flights);
	wl_list_init(&window->pictures);
	return window;
}

LEND_EXPORT int lend_output_create_wayland(struct lend_server *server,
					   const struct lend_window_output_options *options,
					   struct lend_output **out)
{
	struct lend_window_output_options own;

	if (options_read(&own, sizeof(own), options) < 0)
		return fail(-EINVAL, "lend_window_output_options: set size to sizeof the struct");
	if (own.width > SIDE_MAX || own.height > SIDE_MAX)
		return fail(-EINVAL, "a window of %ux%u: each side must be 1 to %d", own.width,
			    own.height, SIDE_MAX);
	struct window *window = window_new(server, &own);
	if (!window)
		return fail(-ENOMEM, "out of memory");
	int ret = open_window(window, &own);
	if (ret < 0 && window->output) {
		lend_output_destroy(window->output);
		return ret;
	}
	if (ret < 0) {
		window_free(window);
		return ret;
	}
	*out = window->output;
	return 0;
}
