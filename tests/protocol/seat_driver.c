/* SPDX-License-Identifier: MIT */
#include "seat_driver.h"

#include "server/seat/seat.h"

#include <stdlib.h>

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

/* The devices of a server, which go with it. */
struct devices {
	struct seat_source source;
	struct wl_listener destroyed;
};

static void handle_destroyed(struct wl_listener *listener, void *data)
{
	struct devices *devices = wl_container_of(listener, devices, destroyed);
	struct lend_server *server = data;

	seat_source_finish(server->seat, &devices->source);
	wl_list_remove(&devices->destroyed.link);
	free(devices);
}

static struct devices *devices_of(struct lend_server *server)
{
	struct wl_listener *listener = wl_signal_get(&server->destroyed, handle_destroyed);
	struct devices *devices;

	if (listener)
		return wl_container_of(listener, devices, destroyed);
	devices = calloc(1, sizeof(*devices));
	if (!devices)
		abort();
	devices->destroyed.notify = handle_destroyed;
	wl_signal_add(&server->destroyed, &devices->destroyed);
	return devices;
}

LEND_EXPORT void drive_devices(struct lend_server *server, unsigned devices)
{
	seat_source_set(server->seat, &devices_of(server)->source, devices & POINTER,
			devices & KEYBOARD, devices & TOUCH);
}

static void handle_switch_vt(void *data, unsigned vt)
{
	struct drive_asked *asked = data;

	asked->vt = vt;
	asked->times++;
	if (asked->unplugs)
		drive_devices(asked->unplugs, 0);
}

static void handle_leds(void *data, uint32_t leds)
{
	((struct drive_asked *)data)->leds = leds;
}

LEND_EXPORT void drive_bind(struct lend_server *server, struct drive_asked *asked)
{
	const struct seat_bindings bindings = {
		.switch_vt = handle_switch_vt, .set_leds = handle_leds, .data = asked};
	const struct seat_bindings none = {0};

	seat_set_bindings(server->seat, asked ? &bindings : &none);
}

LEND_EXPORT void drive_raw_motion(struct lend_server *server, double dx, double dy, double raw_dx,
				  double raw_dy)
{
	seat_pointer_motion(server->seat, now(), dx, dy, raw_dx, raw_dy);
	seat_pointer_frame(server->seat);
}

LEND_EXPORT void drive_motion(struct lend_server *server, double dx, double dy)
{
	drive_raw_motion(server, dx, dy, dx, dy);
}

LEND_EXPORT void drive_to(struct lend_server *server, double x, double y)
{
	drive_motion(server, x - server->seat->pointer.x, y - server->seat->pointer.y);
}

LEND_EXPORT void drive_absolute(struct lend_server *server, struct lend_output *output, double x,
				double y)
{
	seat_pointer_motion_absolute(server->seat, now(), output, x, y);
	seat_pointer_frame(server->seat);
}

LEND_EXPORT void drive_button(struct lend_server *server, uint32_t button, bool pressed)
{
	seat_pointer_button(server->seat, now(), button, pressed);
	seat_pointer_frame(server->seat);
}

LEND_EXPORT void drive_axis(struct lend_server *server, uint32_t source, uint32_t orientation,
			    double value, int32_t value120)
{
	const struct seat_axis axis = {
		.source = source, .orientation = orientation, .value = value, .value120 = value120};

	seat_pointer_axis(server->seat, now(), &axis);
}

LEND_EXPORT void drive_frame(struct lend_server *server)
{
	seat_pointer_frame(server->seat);
}

LEND_EXPORT void drive_click(struct lend_server *server)
{
	drive_button(server, BTN_LEFT, true);
	drive_button(server, BTN_LEFT, false);
}

LEND_EXPORT void drive_key(struct lend_server *server, uint32_t key, bool pressed)
{
	seat_keyboard_key(server->seat, now(), key, pressed);
}

LEND_EXPORT int drive_keymap(struct lend_server *server, const char *text)
{
	return seat_set_keymap(server->seat, text);
}

LEND_EXPORT void drive_modifiers(struct lend_server *server, uint32_t depressed, uint32_t latched,
				 uint32_t locked, uint32_t group)
{
	seat_keyboard_modifiers(server->seat, depressed, latched, locked, group);
}

LEND_EXPORT void drive_touch_down(struct lend_server *server, int32_t id,
				  struct lend_output *output, double x, double y)
{
	seat_touch_down(server->seat, now(), id, output, x, y);
}

LEND_EXPORT void drive_touch_motion(struct lend_server *server, int32_t id,
				    struct lend_output *output, double x, double y)
{
	seat_touch_motion(server->seat, now(), id, output, x, y);
}

LEND_EXPORT void drive_touch_up(struct lend_server *server, int32_t id)
{
	seat_touch_up(server->seat, now(), id);
}

LEND_EXPORT void drive_touch_cancel(struct lend_server *server)
{
	seat_touch_cancel(server->seat);
}

LEND_EXPORT void drive_touch_frame(struct lend_server *server)
{
	seat_touch_frame(server->seat);
}

LEND_EXPORT bool drive_is_inhibited(const struct lend_server *server)
{
	return server_is_inhibited(server);
}

LEND_EXPORT void drive_where(const struct lend_server *server, double *x, double *y)
{
	*x = server->seat->pointer.x;
	*y = server->seat->pointer.y;
}

LEND_EXPORT struct drive_cursor drive_read_cursor(const struct lend_output *output)
{
	const struct output_cursor *cursor = &output->cursor;

	return (struct drive_cursor){
		.shown = cursor->image != NULL,
		.x = cursor->x,
		.y = cursor->y,
		.hot_x = cursor->hot_x,
		.hot_y = cursor->hot_y,
		.width = cursor->image ? pixman_image_get_width(cursor->image) : 0,
		.height = cursor->image ? pixman_image_get_height(cursor->image) : 0,
		.serial = cursor->serial,
	};
}

LEND_EXPORT uint32_t drive_cursor_pixel(const struct lend_output *output, int x, int y)
{
	pixman_image_t *image = output->cursor.image;
	const char *pixels = (const char *)pixman_image_get_data(image);

	return *(const uint32_t *)(const void *)(pixels +
						 (ptrdiff_t)y * pixman_image_get_stride(image) +
						 (ptrdiff_t)x * 4);
}
