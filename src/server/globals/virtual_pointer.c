/* SPDX-License-Identifier: MIT */
/* zwlr_virtual_pointer_v1: a pointer that a privileged client moves. */
#include "server/seat/virtual.h"

#include <stdlib.h>

#include "wlr-virtual-pointer-server-protocol.h"

#define VERSION 2

/* What the frame scrolls along an axis. */
struct scroll {
	bool set;
	double value;
	int32_t clicks;
};

struct virtual_pointer {
	struct seat *seat;
	char *output; /* the name of the one it is on, which may go before it; NULL: on all */
	struct pressed buttons;
	struct scroll scroll[2];
	uint32_t axis_source;
	bool source_set;
};

/* ---- events, when their turn comes ---------------------------------------------------------- */

static void apply_motion(struct seat *seat, struct virtual_event *event)
{
	double dx = event->place.x, dy = event->place.y;

	seat_pointer_motion(seat, event->time_us, dx, dy, dx, dy);
}

/* NULL: it was removed. */
static struct lend_output *find_output(const struct seat *seat, const char *name)
{
	struct lend_output *output;

	wl_list_for_each (output, &seat->server->outputs, link)
		if (strcmp(output->name, name) == 0)
			return output;
	return NULL;
}

/* Clients mean the picture, whichever way up the display is. */
static void place_on_display(const struct lend_output *output, double *x, double *y)
{
	*x *= output->logical_width;
	*y *= output->logical_height;
	output_point_to_pixels(output, x, y);
	*x /= output->width;
	*y /= output->height;
}

static void apply_motion_absolute(struct seat *seat, struct virtual_event *event)
{
	const struct virtual_pointer *pointer = event->device;
	struct lend_output *output = pointer->output ? find_output(seat, pointer->output) : NULL;

	double x = event->place.x, y = event->place.y;

	if (output)
		place_on_display(output, &x, &y);
	if (output || !pointer->output)
		seat_pointer_motion_absolute(seat, event->time_us, output, x, y);
}

static void apply_button(struct seat *seat, struct virtual_event *event)
{
	struct virtual_pointer *pointer = event->device;

	if (pressed_set(&pointer->buttons, event->press.code, event->press.pressed))
		seat_pointer_button(seat, event->time_us, event->press.code, event->press.pressed);
}

static void apply_axis(struct seat *seat, struct virtual_event *event)
{
	seat_pointer_axis(seat, event->time_us, &event->axis);
}

static void apply_frame(struct seat *seat, struct virtual_event *event)
{
	seat_pointer_frame(seat);
}

static void apply_end(struct seat *seat, struct virtual_event *event)
{
	struct virtual_pointer *pointer = event->device;

	for (uint32_t button = 0; pointer->buttons.count && button < KEY_CNT; button++)
		if (pressed_set(&pointer->buttons, button, false))
			seat_pointer_button(seat, event->time_us, button, false);
	seat_pointer_frame(seat);
	free(pointer->output);
	free(pointer);
}

static void post(struct virtual_pointer *pointer, struct virtual_event event)
{
	event.device = pointer;
	event.time_us = virtual_now();
	virtual_post(pointer->seat, &event);
}

/* ---- requests ------------------------------------------------------------------------------- */

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void handle_motion(struct wl_client *client, struct wl_resource *resource, uint32_t time,
			  wl_fixed_t dx, wl_fixed_t dy)
{
	const struct virtual_event event = {
		.apply = apply_motion,
		.place = {wl_fixed_to_double(dx), wl_fixed_to_double(dy)},
	};

	post(wl_resource_get_user_data(resource), event);
}

static void handle_motion_absolute(struct wl_client *client, struct wl_resource *resource,
				   uint32_t time, uint32_t x, uint32_t y, uint32_t x_extent,
				   uint32_t y_extent)
{
	if (x_extent == 0 || y_extent == 0)
		return;
	const struct virtual_event event = {
		.apply = apply_motion_absolute,
		.place = {(double)x / x_extent, (double)y / y_extent},
	};
	post(wl_resource_get_user_data(resource), event);
}

static void handle_button(struct wl_client *client, struct wl_resource *resource, uint32_t time,
			  uint32_t button, uint32_t state)
{
	const struct virtual_event event = {
		.apply = apply_button,
		.needs = WL_SEAT_CAPABILITY_POINTER,
		.press = {button, state != WL_POINTER_BUTTON_STATE_RELEASED},
	};

	post(wl_resource_get_user_data(resource), event);
}

/* The frame's along that axis, or NULL after posting an error. */
static struct scroll *get_scroll(struct wl_resource *resource, const char *request, uint32_t axis)
{
	struct virtual_pointer *pointer = wl_resource_get_user_data(resource);

	if (axis > WL_POINTER_AXIS_HORIZONTAL_SCROLL) {
		wl_resource_post_error(resource, ZWLR_VIRTUAL_POINTER_V1_ERROR_INVALID_AXIS,
				       "zwlr_virtual_pointer_v1.%s: axis %u: 0 is vertical, 1 "
				       "horizontal",
				       request, axis);
		return NULL;
	}
	pointer->scroll[axis].set = true;
	return &pointer->scroll[axis];
}

static void handle_axis(struct wl_client *client, struct wl_resource *resource, uint32_t time,
			uint32_t axis, wl_fixed_t value)
{
	struct scroll *scroll = get_scroll(resource, "axis", axis);

	if (scroll)
		scroll->value += wl_fixed_to_double(value);
}

static void handle_axis_stop(struct wl_client *client, struct wl_resource *resource, uint32_t time,
			     uint32_t axis)
{
	struct scroll *scroll = get_scroll(resource, "axis_stop", axis);

	if (scroll)
		*scroll = (struct scroll){.set = true};
}

static void handle_axis_discrete(struct wl_client *client, struct wl_resource *resource,
				 uint32_t time, uint32_t axis, wl_fixed_t value, int32_t discrete)
{
	struct scroll *scroll = get_scroll(resource, "axis_discrete", axis);

	if (!scroll)
		return;
	scroll->value += wl_fixed_to_double(value);
	if (__builtin_add_overflow(scroll->clicks, discrete, &scroll->clicks))
		scroll->clicks = 0;
}

static void handle_axis_source(struct wl_client *client, struct wl_resource *resource,
			       uint32_t source)
{
	struct virtual_pointer *pointer = wl_resource_get_user_data(resource);

	if (source > WL_POINTER_AXIS_SOURCE_WHEEL_TILT) {
		wl_resource_post_error(resource, ZWLR_VIRTUAL_POINTER_V1_ERROR_INVALID_AXIS_SOURCE,
				       "zwlr_virtual_pointer_v1.axis_source: source %u: it can be "
				       "0 to %d",
				       source, WL_POINTER_AXIS_SOURCE_WHEEL_TILT);
		return;
	}
	pointer->axis_source = source;
	pointer->source_set = true;
}

/* Clicks are a wheel's, whatever else it may be. */
static uint32_t source_of(const struct virtual_pointer *pointer, const struct scroll *scroll)
{
	if (pointer->source_set)
		return pointer->axis_source;
	return scroll->clicks ? WL_POINTER_AXIS_SOURCE_WHEEL : WL_POINTER_AXIS_SOURCE_CONTINUOUS;
}

static void post_scroll(struct virtual_pointer *pointer, uint32_t axis)
{
	const struct scroll *scroll = &pointer->scroll[axis];
	struct virtual_event event = {
		.apply = apply_axis,
		.needs = WL_SEAT_CAPABILITY_POINTER,
		.axis = {.source = source_of(pointer, scroll),
			 .orientation = axis,
			 .value = scroll->value},
	};

	if (!scroll->set)
		return;
	if (__builtin_mul_overflow(scroll->clicks, 120, &event.axis.value120))
		event.axis.value120 = 0;
	post(pointer, event);
}

static void handle_frame(struct wl_client *client, struct wl_resource *resource)
{
	struct virtual_pointer *pointer = wl_resource_get_user_data(resource);

	post_scroll(pointer, WL_POINTER_AXIS_VERTICAL_SCROLL);
	post_scroll(pointer, WL_POINTER_AXIS_HORIZONTAL_SCROLL);
	memset(pointer->scroll, 0, sizeof(pointer->scroll));
	pointer->source_set = false;
	post(pointer, (struct virtual_event){.apply = apply_frame});
}

static const struct zwlr_virtual_pointer_v1_interface pointer_interface = {
	.motion = handle_motion,
	.motion_absolute = handle_motion_absolute,
	.button = handle_button,
	.axis = handle_axis,
	.frame = handle_frame,
	.axis_source = handle_axis_source,
	.axis_stop = handle_axis_stop,
	.axis_discrete = handle_axis_discrete,
	.destroy = handle_destroy_request,
};

static void handle_destroy(struct wl_resource *resource)
{
	post(wl_resource_get_user_data(resource), (struct virtual_event){.apply = apply_end});
}

/* ---- manager -------------------------------------------------------------------------------- */

/* output: the name of the one to be on; NULL: all. */
static struct virtual_pointer *make(struct seat *seat, const char *output)
{
	struct virtual_pointer *pointer = calloc(1, sizeof(*pointer));

	if (!pointer)
		return NULL;
	pointer->seat = seat;
	pointer->output = output ? strdup(output) : NULL;
	if (!output || pointer->output)
		return pointer;
	free(pointer);
	return NULL;
}

static void create_pointer(struct wl_client *client, struct wl_resource *manager, uint32_t id,
			   const char *output)
{
	struct virtual_pointer *pointer = make(wl_resource_get_user_data(manager), output);
	struct wl_resource *resource =
		pointer ? wl_resource_create(client, &zwlr_virtual_pointer_v1_interface,
					     wl_resource_get_version(manager), id)
			: NULL;

	if (!resource) {
		if (pointer)
			free(pointer->output);
		free(pointer);
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &pointer_interface, pointer, handle_destroy);
	virtual_announce(pointer->seat, WL_SEAT_CAPABILITY_POINTER);
}

static void handle_create(struct wl_client *client, struct wl_resource *resource,
			  struct wl_resource *seat, uint32_t id)
{
	create_pointer(client, resource, id, NULL);
}

/* One that was removed a moment ago has the name of no output. */
static void handle_create_with_output(struct wl_client *client, struct wl_resource *resource,
				      struct wl_resource *seat, struct wl_resource *output_resource,
				      uint32_t id)
{
	const struct lend_output *output =
		output_resource ? output_from_resource(output_resource) : NULL;

	create_pointer(client, resource, id, output ? output->name : (output_resource ? "" : NULL));
}

static const struct zwlr_virtual_pointer_manager_v1_interface manager_interface = {
	.create_virtual_pointer = handle_create,
	.destroy = handle_destroy_request,
	.create_virtual_pointer_with_output = handle_create_with_output,
};

static void bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct lend_server *server = data;
	struct wl_resource *resource = wl_resource_create(
		client, &zwlr_virtual_pointer_manager_v1_interface, (int)version, id);

	if (resource)
		wl_resource_set_implementation(resource, &manager_interface, server->seat, NULL);
	else
		wl_client_post_no_memory(client);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &zwlr_virtual_pointer_manager_v1_interface,
				VERSION, server, bind)
		       ? 0
		       : -ENOMEM;
}

const struct global global_virtual_pointer = {
	.name = "zwlr_virtual_pointer_manager_v1",
	.create = create,
	.privileged = true,
};
