/* SPDX-License-Identifier: MIT */
/* An output that is a window of an X server: made, told of what happens to it, closed. */
#include "output/x11/x11.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <xcb/randr.h>

#define WIDTH_DEFAULT  1280
#define HEIGHT_DEFAULT 720

/* ---- what the server asks for --------------------------------------------------------------- */

static const char *refuses(struct lend_output *output, struct buffer *buffer, bool layer)
{
	return picture_refuses(output->backend_data, buffer);
}

/* The server reads the client's memory once, where it changed. */
static enum lend_path direct_path(const struct lend_output *output)
{
	return LEND_PATH_FLUSH;
}

static bool cursor(struct lend_output *output)
{
	return xcursor_take(output->backend_data);
}

static int present(struct lend_output *output, const struct frame *frame)
{
	struct xwindow *window = output->backend_data;

	pixman_region32_union(&window->lacking, &window->lacking,
			      (pixman_region32_t *)&frame->damage);
	picture_put(window, frame->memory);
	window->pending = true;
	return 0;
}

/* Sends what is queued. */
static void flush(struct xwindow *window)
{
	if (window->queued)
		xcb_flush(window->x11.xcb);
	window->queued = false;
}

static int set_power(struct lend_output *output, bool on)
{
	struct xwindow *window = output->backend_data;
	struct hush hush;

	hush_begin(&hush);
	if (!on)
		xcb_clear_area(window->x11.xcb, 0, window->window.id, 0, 0, 0, 0);
	window->queued = true;
	flush(window);
	hush_end(&hush, window->x11.xcb);
	pixman_region32_union_rect(&window->lacking, &window->lacking, 0, 0,
				   (unsigned)output->width, (unsigned)output->height);
	return 0;
}

/* ---- what the window tells ------------------------------------------------------------------ */

static void handle_configure(struct xwindow *window, const xcb_configure_notify_event_t *event)
{
	window->new_width = event->width < SIDE_MAX ? event->width : SIDE_MAX;
	window->new_height = event->height < SIDE_MAX ? event->height : SIDE_MAX;
	/* A window manager's frame is told of by events that it sends. */
	if (!window->reparented || event->response_type & 0x80) {
		window->x = event->x;
		window->y = event->y;
	}
}

static void handle_message(struct xwindow *window, const xcb_client_message_event_t *message)
{
	if (!x11_is_closing(&window->x11, message))
		return;
	server_log(window->output->server, LEND_LOG_INFO, "%s: its window was closed",
		   window->output->name);
	window->closed = true;
}

static void handle_destroyed(struct xwindow *window)
{
	server_log(window->output->server, LEND_LOG_WARNING,
		   "%s: its window was destroyed by another program", window->output->name);
	window->closed = window->gone = true;
}

static void handle_error(struct xwindow *window, const xcb_generic_error_t *error)
{
	/* Of a window that others destroyed we hear elsewhere. */
	bool stale = error->error_code == XCB_WINDOW || error->error_code == XCB_DRAWABLE;

	if (window->x11.shm_opcode != 0 && error->major_code == window->x11.shm_opcode && !stale)
		picture_refused(window, error);
	else
		server_log(window->output->server, LEND_LOG_DEBUG,
			   "%s: the X server refused request %u.%u: error %u, resource 0x%x",
			   window->output->name, error->major_code, error->minor_code,
			   error->error_code, error->resource_id);
}

static void handle_visibility(struct xwindow *window, bool unmapped, bool obscured)
{
	bool before = xwindow_is_hidden(window);

	window->unmapped = unmapped;
	window->obscured = obscured;
	if (before != xwindow_is_hidden(window))
		pace_changed(window);
}

static void handle_window_event(struct xwindow *window, const xcb_generic_event_t *event)
{
	const void *any = event;
	const xcb_expose_event_t *expose = any;
	const xcb_reparent_notify_event_t *reparent = any;
	const xcb_visibility_notify_event_t *visibility = any;
	uint8_t type = event->response_type & 0x7f;

	switch (type) {
	case XCB_EXPOSE:
		region_add(&window->lacking, expose->x, expose->y, expose->width, expose->height);
		break;
	case XCB_CONFIGURE_NOTIFY: handle_configure(window, any); break;
	case XCB_REPARENT_NOTIFY:
		window->reparented = reparent->parent != window->x11.screen->root;
		break;
	case XCB_DESTROY_NOTIFY: handle_destroyed(window); break;
	case XCB_MAP_NOTIFY:
	case XCB_UNMAP_NOTIFY:
		handle_visibility(window, type == XCB_UNMAP_NOTIFY, window->obscured);
		break;
	case XCB_VISIBILITY_NOTIFY:
		handle_visibility(window, window->unmapped,
				  visibility->state == XCB_VISIBILITY_FULLY_OBSCURED);
		break;
	case XCB_CLIENT_MESSAGE: handle_message(window, any); break;
	default:
		if (window->x11.randr && type == window->x11.randr_event + XCB_RANDR_NOTIFY)
			window->crtcs_stale = true;
	}
}

static void handle_event(struct xwindow *window, const xcb_generic_event_t *event)
{
	if ((event->response_type & 0x7f) == 0)
		handle_error(window, (const xcb_generic_error_t *)event);
	else if (!pace_event(window, event) && !xinput_event(window, event))
		handle_window_event(window, event);
}

/* While a user drags a corner many sizes come at once: the last one counts. */
static void settle_size(struct xwindow *window)
{
	struct lend_output *output = window->output;
	int32_t width = window->new_width ? window->new_width : output->width;
	int32_t height = window->new_height ? window->new_height : output->height;

	if (window->crtcs_stale)
		randr_read(window);
	uint32_t refresh = randr_refresh(window);
	if (width == output->width && height == output->height && refresh == output->refresh)
		return;
	window->period = 1000 * SECOND / refresh;
	output_resized(output, width, height, refresh);
}

/* What was exposed is put again out of what is shown. */
static void settle_picture(struct xwindow *window)
{
	const struct lend_output *output = window->output;
	struct lend_buffer *memory =
		output->next.memory ? output->next.memory : output->latched.memory;

	if (memory && !output->off && pixman_region32_not_empty(&window->lacking))
		picture_put(window, memory);
}

static int handle_events(struct xwindow *window, xcb_generic_event_t *event)
{
	int count = 0;

	for (; event; event = xcb_poll_for_queued_event(window->x11.xcb)) {
		handle_event(window, event);
		free(event);
		count++;
	}
	if (count > 0 && !window->closed) {
		settle_size(window);
		settle_picture(window);
		xinput_settle(window);
	}
	flush(window);
	return count;
}

static void check_connection(struct xwindow *window)
{
	if (window->closed || !xcb_connection_has_error(window->x11.xcb))
		return;
	x11_lost(&window->x11);
	server_log(window->output->server, LEND_LOG_WARNING, "%s is removed: %s",
		   window->output->name, fail_text());
	window->closed = true;
}

/* Also called when others were, with mask 0: events may have been read while they wrote. */
static int handle_readable(int fd, uint32_t mask, void *data)
{
	struct xwindow *window = data;
	struct hush hush;

	if (window->closed)
		return 0;
	xcb_generic_event_t *event = mask ? xcb_poll_for_event(window->x11.xcb)
					  : xcb_poll_for_queued_event(window->x11.xcb);
	if (!event && !window->queued && !mask)
		return 0;
	hush_begin(&hush);
	int count = handle_events(window, event);
	hush_end(&hush, window->x11.xcb);
	check_connection(window);
	if (window->closed)
		lend_output_destroy(window->output);
	return count;
}

/* ---- life ----------------------------------------------------------------------------------- */

static void free_window(struct xwindow *window)
{
	struct hush hush;

	hush_begin(&hush);
	alarm_finish(&window->alarm);
	if (window->source)
		wl_event_source_remove(window->source);
	if (window->cursor != 0)
		xcb_free_cursor(window->x11.xcb, window->cursor);
	picture_finish(window);
	if (window->x11.xcb) {
		x11_window_destroy(&window->x11, &window->window, window->gone);
		xcb_flush(window->x11.xcb);
	}
	hush_end(&hush, window->x11.xcb);
	x11_disconnect(&window->x11);
	free(window);
}

static void destroy(struct lend_output *output)
{
	struct xwindow *window = output->backend_data;

	xinput_end(window);
	free_window(window);
}

static const struct output_backend x11_backend = {
	.name = "x11",
	.own_buffers = 1, /* the next frame is drawn when the server has read it */
	.allocate = picture_allocate,
	.schedule = pace_schedule,
	.refuses = refuses,
	.direct_path = direct_path,
	.cursor = cursor,
	.present = present,
	.set_power = set_power,
	.forget = picture_forget,
	.destroy = destroy,
};

/* What most programs draw, else what the screen shows. */
static int choose_format(const struct x11 *x11, uint32_t *fourcc, uint8_t *depth,
			 xcb_visualid_t *visual)
{
	const struct x11_layout *layout;

	for (size_t i = 0; (layout = x11_layout_at(i)); i++) {
		const struct lend_format *format = lend_format_get(layout->format);
		*visual = format_to_pixman(layout->format)
				  ? x11_visual_find(x11, &layout->pixel, format->cpp[0])
				  : 0;
		*fourcc = layout->format;
		*depth = layout->pixel.depth;
		if (*visual != 0)
			return 0;
	}
	return fail(-ENOTSUP,
		    "the X server's screen has a depth of %u and no visual with 8 or 10 bits a "
		    "colour, or 16 a pixel: start it with a depth of 24",
		    x11->screen->root_depth);
}

static void choose_place(const struct xwindow *window,
			 const struct lend_window_output_options *options, struct lend_rect *place)
{
	const xcb_screen_t *screen = window->x11.screen;
	uint32_t scale = screen_scale(&window->x11);

	*place = (struct lend_rect){
		.width = (int32_t)(options->width ? options->width : WIDTH_DEFAULT * scale),
		.height = (int32_t)(options->height ? options->height : HEIGHT_DEFAULT * scale),
	};
	if (options->fullscreen && window->n_crtcs > 0)
		*place = window->crtcs[0].place;
	else if (options->fullscreen)
		*place =
			(struct lend_rect){0, 0, screen->width_in_pixels, screen->height_in_pixels};
}

static void set_properties(const struct xwindow *window,
			   const struct lend_window_output_options *options)
{
	const struct x11 *x11 = &window->x11;
	xcb_window_t id = window->window.id;
	const uint32_t pid = (uint32_t)getpid();
	char title[256];

	snprintf(title, sizeof(title), "framelend - %s", window->output->name);
	x11_set_title(x11, id, options->title ? options->title : title);
	x11_set_class(x11, id, "framelend");
	x11_set_property(x11, id, x11->atoms[ATOM_NET_WM_PID], XCB_ATOM_CARDINAL, 32, 1, &pid);
	x11_ask_before_closing(x11, id);
	if (options->fullscreen)
		x11_set_fullscreen(x11, id);
}

static int make_output(struct xwindow *window, struct lend_server *server,
		       const struct lend_window_output_options *options,
		       const struct lend_rect *place, uint32_t format)
{
	const struct lend_output_options own = {
		.size = sizeof(own),
		.name = options->name,
		.width = (uint32_t)place->width,
		.height = (uint32_t)place->height,
		.refresh = window->n_crtcs > 0 && window->crtcs[0].refresh
				   ? window->crtcs[0].refresh
				   : REFRESH_DEFAULT,
		.format = format,
		.layout = options->layout,
	};

	window->period = 1000 * SECOND / own.refresh;
	return output_create(server, &own, &x11_backend, &window->output);
}

static int watch(struct xwindow *window)
{
	struct wl_event_loop *loop = window->output->server->loop;

	window->source = wl_event_loop_add_fd(loop, xcb_get_file_descriptor(window->x11.xcb),
					      WL_EVENT_READABLE, handle_readable, window);
	if (!window->source)
		return fail(-ENOMEM, "out of memory");
	wl_event_source_check(window->source);
	return 0;
}

static int open_window(struct xwindow *window, struct lend_server *server,
		       const struct lend_window_output_options *options)
{
	const uint32_t events = XCB_EVENT_MASK_EXPOSURE | XCB_EVENT_MASK_STRUCTURE_NOTIFY |
				XCB_EVENT_MASK_VISIBILITY_CHANGE;
	struct lend_rect place;
	uint32_t format = 0;
	uint8_t depth = 0;
	xcb_visualid_t visual = 0;

	int ret = x11_connect(&window->x11, options->display);
	if (ret == 0)
		ret = choose_format(&window->x11, &format, &depth, &visual);
	if (ret < 0)
		return ret;
	randr_begin(window);
	choose_place(window, options, &place);
	ret = make_output(window, server, options, &place, format);
	if (ret == 0)
		ret = x11_window_create(&window->x11, &window->window, &place, depth, visual,
					events);
	if (ret == 0)
		ret = watch(window);
	return ret == 0 ? pace_begin(window) : ret;
}

static void show(struct xwindow *window, const struct lend_window_output_options *options)
{
	set_properties(window, options);
	xcursor_begin(window);
	window->output->backend_data = window;
	if (!options->no_input)
		xinput_begin(window);
	output_set_scale(window->output, screen_scale(&window->x11) * LEND_SCALE_ONE);
	xcb_map_window(window->x11.xcb, window->window.id);
	window->queued = true;
	output_start(window->output);
	flush(window);
}

LEND_EXPORT int lend_output_create_x11(struct lend_server *server,
				       const struct lend_window_output_options *options,
				       struct lend_output **out)
{
	struct lend_window_output_options own = {.size = sizeof(own)};
	struct hush hush;

	if (options && options_read(&own, sizeof(own), options) < 0)
		return fail(-EINVAL, "lend_window_output_options: set size to sizeof the struct");
	struct xwindow *window = calloc(1, sizeof(*window));
	if (!window)
		return fail(-ENOMEM, "out of memory");
	wl_list_init(&window->segments);
	pixman_region32_init(&window->lacking);
	window->alarm.fd = -1;
	hush_begin(&hush);
	int ret = open_window(window, server, &own);
	if (ret == 0) {
		show(window, &own);
		*out = window->output;
	}
	hush_end(&hush, window->x11.xcb);
	if (ret < 0) {
		lend_output_destroy(window->output);
		free_window(window);
	}
	return ret;
}
