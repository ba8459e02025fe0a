/* SPDX-License-Identifier: MIT */
/* Fingers on the window. */
#include "output/wayland/wayland.h"

static void handle_down(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time,
			struct wl_surface *surface, int32_t id, wl_fixed_t x, wl_fixed_t y)
{
	struct window *window = data;

	seat_touch_down(window->server->seat, host_time(time) / 1000, id, window->output,
			window_x(window, x), window_y(window, y));
}

static void handle_up(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time,
		      int32_t id)
{
	struct window *window = data;

	seat_touch_up(window->server->seat, host_time(time) / 1000, id);
}

static void handle_motion(void *data, struct wl_touch *touch, uint32_t time, int32_t id,
			  wl_fixed_t x, wl_fixed_t y)
{
	struct window *window = data;

	seat_touch_motion(window->server->seat, host_time(time) / 1000, id, window->output,
			  window_x(window, x), window_y(window, y));
}

static void handle_frame(void *data, struct wl_touch *touch)
{
	struct window *window = data;

	seat_touch_frame(window->server->seat);
}

static void handle_cancel(void *data, struct wl_touch *touch)
{
	struct window *window = data;

	seat_touch_cancel(window->server->seat);
}

static void handle_shape(void *data, struct wl_touch *touch, int32_t id, wl_fixed_t major,
			 wl_fixed_t minor)
{
}

static void handle_orientation(void *data, struct wl_touch *touch, int32_t id,
			       wl_fixed_t orientation)
{
}

static const struct wl_touch_listener touch_listener = {
	.down = handle_down,
	.up = handle_up,
	.motion = handle_motion,
	.frame = handle_frame,
	.cancel = handle_cancel,
	.shape = handle_shape,
	.orientation = handle_orientation,
};

void touch_listen(struct window *window)
{
	wl_touch_add_listener(window->hands.touch, &touch_listener, window);
}
