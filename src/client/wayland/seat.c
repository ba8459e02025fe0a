/* SPDX-License-Identifier: MIT */
/* The user's devices. They are asked for once a surface wants to hear of them. */
#include "buffer/fds.h"
#include "client/wayland/wayland.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No layout comes near it. */
#define KEYMAP_MAXIMUM (1U << 20)
#define MILLISECOND    1000000

/* Servers say milliseconds of a clock that they do not name: all of them take CLOCK_MONOTONIC. What
 * is far from now is some other clock, or long past. */
static uint64_t extend(uint32_t time_ms)
{
	uint64_t now = time_now();
	int32_t ago = (int32_t)((uint32_t)(now / MILLISECOND) - time_ms);
	if (ago < 0 || ago > 10000)
		return now;
	return now / MILLISECOND * MILLISECOND - (uint64_t)ago * MILLISECOND;
}

static struct window *find_window(const struct wl_surface *surface)
{
	return surface != NULL ? wl_surface_get_user_data((struct wl_surface *)surface) : NULL;
}

/* Completes the input with what is true of all. */
static void tell(const struct seat *seat, struct window *window, uint32_t time_ms,
		 struct lend_input input)
{
	input.time = extend(time_ms);
	input.modifiers = keyboard_modifiers(seat->keys);
	surface_input(window->surface, &input);
}

/* ---- pointer -------------------------------------------------------------------------------- */

static void tell_pointer(const struct seat *seat, uint32_t time_ms, struct lend_input input)
{
	if (seat->over == NULL)
		return;
	input.x = seat->x;
	input.y = seat->y;
	tell(seat, seat->over, time_ms, input);
}

static uint32_t now_ms(void)
{
	return (uint32_t)(time_now() / MILLISECOND);
}

static void handle_pointer_enter(void *data, struct wl_pointer *pointer, uint32_t serial,
				 struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y)
{
	struct seat *seat = data;
	seat->over = find_window(surface);
	seat->x = wl_fixed_to_double(x);
	seat->y = wl_fixed_to_double(y);
	if (seat->over != NULL)
		cursor_show(seat->over->display, serial);
	tell_pointer(seat, now_ms(), (struct lend_input){.kind = LEND_INPUT_POINTER_ENTER});
}

static void handle_pointer_leave(void *data, struct wl_pointer *pointer, uint32_t serial,
				 struct wl_surface *surface)
{
	struct seat *seat = data;
	if (seat->over != NULL)
		tell(seat, seat->over, now_ms(),
		     (struct lend_input){.kind = LEND_INPUT_POINTER_LEAVE});
	seat->over = NULL;
}

static void handle_motion(void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x,
			  wl_fixed_t y)
{
	struct seat *seat = data;
	seat->x = wl_fixed_to_double(x);
	seat->y = wl_fixed_to_double(y);
	tell_pointer(seat, time, (struct lend_input){.kind = LEND_INPUT_POINTER_MOTION});
}

static void handle_button(void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time,
			  uint32_t button, uint32_t state)
{
	tell_pointer(data, time,
		     (struct lend_input){.kind = LEND_INPUT_POINTER_BUTTON,
					 .code = button,
					 .pressed = state == WL_POINTER_BUTTON_STATE_PRESSED});
}

/* Both directions of a motion, and its clicks, come one by one and end with a frame. */
static void handle_frame(void *data, struct wl_pointer *pointer)
{
	struct seat *seat = data;
	if (seat->scroll.kind == LEND_INPUT_POINTER_AXIS)
		tell_pointer(seat, seat->scroll_time, seat->scroll);
	seat->scroll = (struct lend_input){.kind = 0};
}

/* Old servers send no frames. */
static void end_step(struct seat *seat)
{
	if (wl_pointer_get_version(seat->pointer) < WL_POINTER_FRAME_SINCE_VERSION)
		handle_frame(seat, seat->pointer);
}

static void handle_axis(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis,
			wl_fixed_t value)
{
	struct seat *seat = data;
	seat->scroll.kind = LEND_INPUT_POINTER_AXIS;
	seat->scroll_time = time;
	if (axis == WL_POINTER_AXIS_HORIZONTAL_SCROLL)
		seat->scroll.scroll_x += wl_fixed_to_double(value);
	else
		seat->scroll.scroll_y += wl_fixed_to_double(value);
	end_step(seat);
}

static void handle_axis_source(void *data, struct wl_pointer *pointer, uint32_t source) {}

static void handle_axis_stop(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis)
{
	struct seat *seat = data;
	seat->scroll.kind = LEND_INPUT_POINTER_AXIS;
	seat->scroll_time = time;
}

static void add_clicks(struct seat *seat, uint32_t axis, int32_t clicks)
{
	if (axis == WL_POINTER_AXIS_HORIZONTAL_SCROLL)
		seat->scroll.clicks_x += clicks;
	else
		seat->scroll.clicks_y += clicks;
}

static void handle_axis_discrete(void *data, struct wl_pointer *pointer, uint32_t axis,
				 int32_t steps)
{
	add_clicks(data, axis, steps > -10000 && steps < 10000 ? steps * 120 : 0);
}

static void handle_axis_value120(void *data, struct wl_pointer *pointer, uint32_t axis,
				 int32_t value)
{
	add_clicks(data, axis, value);
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = handle_pointer_enter,
	.leave = handle_pointer_leave,
	.motion = handle_motion,
	.button = handle_button,
	.axis = handle_axis,
	.frame = handle_frame,
	.axis_source = handle_axis_source,
	.axis_stop = handle_axis_stop,
	.axis_discrete = handle_axis_discrete,
	.axis_value120 = handle_axis_value120,
};

/* ---- keyboard ------------------------------------------------------------------------------- */

/* The server may be broken or hostile: its keymap is read, not mapped, and only if it is memory. */
static int read_keymap(struct keyboard *keys, int fd, uint32_t size)
{
	if (size > KEYMAP_MAXIMUM || fd_classify(fd) == FD_OTHER)
		return -EBADMSG;
	char *text = malloc(size);
	if (text == NULL)
		return -ENOMEM;
	ssize_t length = pread(fd, text, size, 0);
	int result = length > 0 ? keyboard_set_keymap(keys, text, (size_t)length) : -EBADMSG;
	free(text);
	return result;
}

static void handle_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd,
			  uint32_t size)
{
	struct seat *seat = data;
	int result = 0;
	if (format == WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1)
		result = read_keymap(seat->keys, fd, size);
	if (result < 0 && result != -ENOTSUP)
		client_log(seat->client, LEND_LOG_WARNING,
			   "the display server's keymap cannot be used (%s): keys have codes only",
			   strerror(-result));
	fds_close(&fd, 1);
}

static void handle_keyboard_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial,
				  struct wl_surface *surface, struct wl_array *keys)
{
	struct seat *seat = data;
	const struct window *window = find_window(surface);
	if (window != NULL)
		keyboard_enter(seat->keys, window->surface, 0);
}

static void handle_keyboard_leave(void *data, struct wl_keyboard *keyboard, uint32_t serial,
				  struct wl_surface *surface)
{
	struct seat *seat = data;
	keyboard_leave(seat->keys, 0);
}

static void handle_key(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time,
		       uint32_t key, uint32_t state)
{
	struct seat *seat = data;
	keyboard_key(seat->keys, extend(time), key, state == WL_KEYBOARD_KEY_STATE_PRESSED);
}

static void handle_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			     uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group)
{
	struct seat *seat = data;
	keyboard_set_modifiers(seat->keys, depressed, latched, locked, group);
}

static void handle_repeat_info(void *data, struct wl_keyboard *keyboard, int32_t rate,
			       int32_t delay)
{
	struct seat *seat = data;
	keyboard_set_repeat(seat->keys, rate > 0 ? (uint32_t)rate : 0,
			    delay > 0 ? (uint32_t)delay : 0);
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = handle_keymap,
	.enter = handle_keyboard_enter,
	.leave = handle_keyboard_leave,
	.key = handle_key,
	.modifiers = handle_modifiers,
	.repeat_info = handle_repeat_info,
};

/* ---- touch ---------------------------------------------------------------------------------- */

static struct finger *find_finger(struct seat *seat, int32_t id)
{
	for (size_t i = 0; i < FINGERS; i++)
		if (seat->fingers[i].window != NULL && seat->fingers[i].id == id)
			return &seat->fingers[i];
	return NULL;
}

static void handle_down(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time,
			struct wl_surface *surface, int32_t id, wl_fixed_t x, wl_fixed_t y)
{
	struct seat *seat = data;
	struct window *window = find_window(surface);
	for (size_t i = 0; i < FINGERS && window != NULL; i++) {
		if (seat->fingers[i].window != NULL)
			continue;
		seat->fingers[i] = (struct finger){window, id};
		tell(seat, window, time,
		     (struct lend_input){.kind = LEND_INPUT_TOUCH_DOWN,
					 .id = id,
					 .x = wl_fixed_to_double(x),
					 .y = wl_fixed_to_double(y)});
		return;
	}
}

static void handle_up(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time,
		      int32_t id)
{
	struct seat *seat = data;
	struct finger *finger = find_finger(seat, id);
	if (finger == NULL)
		return;
	tell(seat, finger->window, time,
	     (struct lend_input){.kind = LEND_INPUT_TOUCH_UP, .id = id});
	finger->window = NULL;
}

static void handle_touch_motion(void *data, struct wl_touch *touch, uint32_t time, int32_t id,
				wl_fixed_t x, wl_fixed_t y)
{
	struct seat *seat = data;
	const struct finger *finger = find_finger(seat, id);
	if (finger != NULL)
		tell(seat, finger->window, time,
		     (struct lend_input){.kind = LEND_INPUT_TOUCH_MOTION,
					 .id = id,
					 .x = wl_fixed_to_double(x),
					 .y = wl_fixed_to_double(y)});
}

static void handle_touch_frame(void *data, struct wl_touch *touch) {}

static void lift_fingers(struct seat *seat, const struct window *window)
{
	for (size_t i = 0; i < FINGERS; i++)
		if (seat->fingers[i].window == window)
			seat->fingers[i].window = NULL;
}

static void handle_cancel(void *data, struct wl_touch *touch)
{
	struct seat *seat = data;
	for (size_t i = 0; i < FINGERS; i++) {
		struct window *window = seat->fingers[i].window;
		if (window == NULL)
			continue;
		lift_fingers(seat, window);
		tell(seat, window, now_ms(), (struct lend_input){.kind = LEND_INPUT_TOUCH_CANCEL});
	}
}

static void handle_shape(void *data, struct wl_touch *touch, int32_t id, wl_fixed_t major,
			 wl_fixed_t minor)
{
}

static void handle_orientation(void *data, struct wl_touch *touch, int32_t id, wl_fixed_t angle) {}

static const struct wl_touch_listener touch_listener = {
	.down = handle_down,
	.up = handle_up,
	.motion = handle_touch_motion,
	.frame = handle_touch_frame,
	.cancel = handle_cancel,
	.shape = handle_shape,
	.orientation = handle_orientation,
};

/* ---- the seat ------------------------------------------------------------------------------- */

static void drop_pointer(struct seat *seat)
{
	if (seat->pointer == NULL)
		return;
	if (seat->over != NULL)
		handle_pointer_leave(seat, seat->pointer, 0, NULL);
	if (wl_pointer_get_version(seat->pointer) >= WL_POINTER_RELEASE_SINCE_VERSION)
		wl_pointer_release(seat->pointer);
	else
		wl_pointer_destroy(seat->pointer);
	seat->pointer = NULL;
}

static void drop_keyboard(struct seat *seat)
{
	if (seat->keyboard == NULL)
		return;
	keyboard_leave(seat->keys, 0);
	keyboard_destroy(seat->keys);
	seat->keys = NULL;
	if (wl_keyboard_get_version(seat->keyboard) >= WL_KEYBOARD_RELEASE_SINCE_VERSION)
		wl_keyboard_release(seat->keyboard);
	else
		wl_keyboard_destroy(seat->keyboard);
	seat->keyboard = NULL;
}

static void drop_touch(struct seat *seat)
{
	if (seat->touch == NULL)
		return;
	handle_cancel(seat, seat->touch);
	if (wl_touch_get_version(seat->touch) >= WL_TOUCH_RELEASE_SINCE_VERSION)
		wl_touch_release(seat->touch);
	else
		wl_touch_destroy(seat->touch);
	seat->touch = NULL;
}

static void take_keyboard(struct seat *seat)
{
	seat->keys = keyboard_create(seat->client);
	if (seat->keys == NULL)
		return;
	seat->keyboard = wl_seat_get_keyboard(seat->proxy);
	if (seat->keyboard != NULL) {
		wl_keyboard_add_listener(seat->keyboard, &keyboard_listener, seat);
		return;
	}
	keyboard_destroy(seat->keys);
	seat->keys = NULL;
}

/* Takes the devices that there are, and lets go of those that went. */
static void update_devices(struct seat *seat)
{
	uint32_t there = seat->wanted ? seat->capabilities : 0;
	if (!(there & WL_SEAT_CAPABILITY_POINTER)) {
		drop_pointer(seat);
	} else if (seat->pointer == NULL) {
		seat->pointer = wl_seat_get_pointer(seat->proxy);
		if (seat->pointer != NULL)
			wl_pointer_add_listener(seat->pointer, &pointer_listener, seat);
	}
	if (!(there & WL_SEAT_CAPABILITY_KEYBOARD))
		drop_keyboard(seat);
	else if (seat->keyboard == NULL)
		take_keyboard(seat);
	if (!(there & WL_SEAT_CAPABILITY_TOUCH)) {
		drop_touch(seat);
	} else if (seat->touch == NULL) {
		seat->touch = wl_seat_get_touch(seat->proxy);
		if (seat->touch != NULL)
			wl_touch_add_listener(seat->touch, &touch_listener, seat);
	}
}

static void handle_capabilities(void *data, struct wl_seat *proxy, uint32_t capabilities)
{
	struct seat *seat = data;
	seat->capabilities = capabilities;
	update_devices(seat);
}

static void handle_name(void *data, struct wl_seat *proxy, const char *name) {}

void seat_bind(struct display *display, uint32_t global, uint32_t version)
{
	static const struct wl_seat_listener listener = {
		.capabilities = handle_capabilities,
		.name = handle_name,
	};
	struct seat *seat = &display->seat;
	const uint32_t known = WL_POINTER_AXIS_VALUE120_SINCE_VERSION;
	seat->client = display->client;
	seat->global = global;
	for (const struct lend_surface *s = display->client->surfaces; s != NULL; s = s->next)
		seat->wanted = seat->wanted || s->events.input != NULL;
	seat->proxy = wl_registry_bind(display->registry, global, &wl_seat_interface,
				       version < known ? version : known);
	if (seat->proxy != NULL)
		wl_seat_add_listener(seat->proxy, &listener, seat);
}

void seat_release(struct display *display)
{
	struct seat *seat = &display->seat;
	if (seat->proxy == NULL)
		return;
	seat->wanted = false;
	update_devices(seat);
	if (wl_seat_get_version(seat->proxy) >= WL_SEAT_RELEASE_SINCE_VERSION)
		wl_seat_release(seat->proxy);
	else
		wl_seat_destroy(seat->proxy);
	*seat = (struct seat){.proxy = NULL};
}

void seat_want(struct display *display)
{
	struct seat *seat = &display->seat;
	if (seat->wanted)
		return;
	seat->wanted = true;
	if (seat->proxy != NULL)
		update_devices(seat);
}

void seat_forget(struct display *display, const struct window *window)
{
	struct seat *seat = &display->seat;
	if (seat->over == window)
		seat->over = NULL;
	lift_fingers(seat, window);
	keyboard_forget(seat->keys, window->surface);
}
