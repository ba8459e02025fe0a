/* SPDX-License-Identifier: MIT */
/* What the seat's devices say, told to the server's seat. */
#include "output/kms/kms.h"

#include <stdlib.h>

#include <wayland-server-protocol.h>

static struct seat *seat_of(void *data)
{
	struct screens *screens = data;

	return screens->server->seat;
}

static struct lend_output *find_output(void *data, const char *name)
{
	struct screens *screens = data;
	struct lend_output *output;

	wl_list_for_each (output, &screens->server->outputs, link)
		if (name && strcmp(output->name, name) == 0)
			return output;
	return NULL;
}

static void handle_capabilities(void *data, bool pointer, bool keyboard, bool touch)
{
	struct screens *screens = data;

	seat_source_set(screens->server->seat, &screens->seat_source, pointer, keyboard, touch);
}

static void handle_motion(void *data, uint64_t time_us, double dx, double dy, double raw_dx,
			  double raw_dy)
{
	seat_pointer_motion(seat_of(data), time_us, dx, dy, raw_dx, raw_dy);
}

static void handle_motion_absolute(void *data, uint64_t time_us, const char *output, double x,
				   double y)
{
	seat_pointer_motion_absolute(seat_of(data), time_us, find_output(data, output), x, y);
}

static void handle_button(void *data, uint64_t time_us, uint32_t button, bool pressed)
{
	seat_pointer_button(seat_of(data), time_us, button, pressed);
}

static void handle_axis(void *data, uint64_t time_us, const struct input_axis *axis)
{
	static const uint32_t sources[] = {
		[INPUT_WHEEL] = WL_POINTER_AXIS_SOURCE_WHEEL,
		[INPUT_FINGER] = WL_POINTER_AXIS_SOURCE_FINGER,
		[INPUT_CONTINUOUS] = WL_POINTER_AXIS_SOURCE_CONTINUOUS,
	};
	const struct seat_axis own = {
		.source = sources[axis->source],
		.orientation = axis->horizontal ? WL_POINTER_AXIS_HORIZONTAL_SCROLL
						: WL_POINTER_AXIS_VERTICAL_SCROLL,
		.value = axis->stop ? 0 : axis->value,
		.value120 = axis->value120,
	};

	seat_pointer_axis(seat_of(data), time_us, &own);
}

static void handle_pointer_frame(void *data)
{
	seat_pointer_frame(seat_of(data));
}

static void handle_key(void *data, uint64_t time_us, uint32_t key, bool pressed)
{
	seat_keyboard_key(seat_of(data), time_us, key, pressed);
}

static void handle_touch_down(void *data, uint64_t time_us, const char *output, int32_t id,
			      double x, double y)
{
	seat_touch_down(seat_of(data), time_us, id, find_output(data, output), x, y);
}

static void handle_touch_motion(void *data, uint64_t time_us, const char *output, int32_t id,
				double x, double y)
{
	seat_touch_motion(seat_of(data), time_us, id, find_output(data, output), x, y);
}

static void handle_touch_up(void *data, uint64_t time_us, int32_t id)
{
	seat_touch_up(seat_of(data), time_us, id);
}

static void handle_touch_cancel(void *data, uint64_t time_us, int32_t id)
{
	seat_touch_cancel(seat_of(data));
}

static void handle_touch_frame(void *data)
{
	seat_touch_frame(seat_of(data));
}

static const struct input_events events = {
	.capabilities = handle_capabilities,
	.motion = handle_motion,
	.motion_absolute = handle_motion_absolute,
	.button = handle_button,
	.axis = handle_axis,
	.pointer_frame = handle_pointer_frame,
	.key = handle_key,
	.touch_down = handle_touch_down,
	.touch_motion = handle_touch_motion,
	.touch_up = handle_touch_up,
	.touch_cancel = handle_touch_cancel,
	.touch_frame = handle_touch_frame,
};

static void log_message(void *data, enum lend_log_level level, const char *message)
{
	const struct screens *screens = data;

	server_log(screens->server, level, "%s", message);
}

static int handle_readable(int fd, uint32_t mask, void *data)
{
	struct screens *screens = data;

	input_dispatch(screens->input);
	return 0;
}

void screens_start_input(struct screens *screens)
{
	if (screens->input)
		return;
	if (input_create(screens->session, &events, screens, log_message, screens,
			 &screens->input) < 0) {
		server_log(screens->server, LEND_LOG_WARNING, "no input devices: %s", fail_text());
		return;
	}
	screens->input_source =
		wl_event_loop_add_fd(screens->server->loop, input_fd(screens->input),
				     WL_EVENT_READABLE, handle_readable, screens);
	input_dispatch(screens->input);
}

void screens_stop_input(struct screens *screens)
{
	if (screens->input_source)
		wl_event_source_remove(screens->input_source);
	input_destroy(screens->input);
	seat_source_finish(screens->server->seat, &screens->seat_source);
	screens->input = NULL;
	screens->input_source = NULL;
}
