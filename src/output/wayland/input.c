/* SPDX-License-Identifier: MIT */
/* What the window's user does with pointer and keys, told to our seat. */
#include "output/wayland/wayland.h"

#include <stdlib.h>
#include <unistd.h>

#include "buffer/fds.h"

#define KEYMAP_MAX (1u << 22)

static uint64_t to_us(uint32_t ms)
{
	return host_time(ms) / 1000;
}

static struct seat *seat_of(const struct window *window)
{
	return window->server->seat;
}

static bool note(uint8_t *bits, uint32_t code, bool down)
{
	if (code >= KEY_CNT)
		return false;
	uint8_t bit = (uint8_t)(1u << code % 8);
	if (down)
		bits[code / 8] |= bit;
	else
		bits[code / 8] &= (uint8_t)~bit;
	return true;
}

static bool is_down(const uint8_t *bits, uint32_t code)
{
	return bits[code / 8] & 1u << code % 8;
}

double window_x(const struct window *window, wl_fixed_t x)
{
	return wl_fixed_to_double(x) / window->width;
}

double window_y(const struct window *window, wl_fixed_t y)
{
	return wl_fixed_to_double(y) / window->height;
}

/* ---- pointer -------------------------------------------------------------------------------- */

static void move(struct window *window, uint64_t time_us, wl_fixed_t fixed_x, wl_fixed_t fixed_y)
{
	double x = window_x(window, fixed_x), y = window_y(window, fixed_y);

	cursor_moved(window, x, y);
	seat_pointer_motion_absolute(seat_of(window), time_us, window->output, x, y);
}

static void handle_enter(void *data, struct wl_pointer *pointer, uint32_t serial,
			 struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y)
{
	struct window *window = data;

	window->hands.over = true;
	window->hands.enter_serial = serial;
	move(window, time_now() / 1000, x, y);
	cursor_enter(window);
}

/* The host tells of no release that happens elsewhere. */
static void let_go_buttons(struct window *window)
{
	uint8_t *buttons = window->hands.buttons;

	for (uint32_t button = 0; button < KEY_CNT; button++)
		if (is_down(buttons, button))
			seat_pointer_button(seat_of(window), time_now() / 1000, button, false);
	memset(buttons, 0, sizeof(window->hands.buttons));
	seat_pointer_frame(seat_of(window));
}

static void handle_leave(void *data, struct wl_pointer *pointer, uint32_t serial,
			 struct wl_surface *surface)
{
	struct window *window = data;

	window->hands.over = false;
	let_go_buttons(window);
}

static void handle_motion(void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x,
			  wl_fixed_t y)
{
	move(data, to_us(time), x, y);
}

static void handle_button(void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time,
			  uint32_t button, uint32_t state)
{
	struct window *window = data;
	bool pressed = state == WL_POINTER_BUTTON_STATE_PRESSED;

	if (note(window->hands.buttons, button, pressed))
		seat_pointer_button(seat_of(window), to_us(time), button, pressed);
}

/* NULL: there is no such axis. */
static struct seat_axis *use_axis(struct window *window, uint32_t orientation)
{
	struct scroll *scroll = &window->hands.scroll;

	if (orientation > WL_POINTER_AXIS_HORIZONTAL_SCROLL)
		return NULL;
	scroll->used[orientation] = true;
	return &scroll->axes[orientation];
}

static void handle_axis(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t orientation,
			wl_fixed_t value)
{
	struct window *window = data;
	struct seat_axis *axis = use_axis(window, orientation);

	if (!axis)
		return;
	axis->value += wl_fixed_to_double(value);
	window->hands.scroll.time = time;
}

static void handle_axis_source(void *data, struct wl_pointer *pointer, uint32_t source)
{
	struct window *window = data;

	if (source <= WL_POINTER_AXIS_SOURCE_WHEEL_TILT)
		window->hands.scroll.source = source;
}

static void handle_axis_stop(void *data, struct wl_pointer *pointer, uint32_t time,
			     uint32_t orientation)
{
	struct window *window = data;

	if (use_axis(window, orientation))
		window->hands.scroll.time = time;
}

static void add_clicks(struct window *window, uint32_t orientation, int64_t value120)
{
	struct seat_axis *axis = use_axis(window, orientation);

	if (axis && value120 > -INT32_MAX / 2 && value120 < INT32_MAX / 2)
		axis->value120 = (int32_t)value120;
}

static void handle_axis_discrete(void *data, struct wl_pointer *pointer, uint32_t orientation,
				 int32_t clicks)
{
	add_clicks(data, orientation, (int64_t)clicks * 120);
}

static void handle_axis_value120(void *data, struct wl_pointer *pointer, uint32_t orientation,
				 int32_t value120)
{
	add_clicks(data, orientation, value120);
}

#ifdef WL_POINTER_AXIS_RELATIVE_DIRECTION_SINCE_VERSION
static void handle_axis_direction(void *data, struct wl_pointer *pointer, uint32_t orientation,
				  uint32_t direction)
{
	struct seat_axis *axis = use_axis(data, orientation);

	if (axis)
		axis->inverted = direction == WL_POINTER_AXIS_RELATIVE_DIRECTION_INVERTED;
}
#endif

static void handle_frame(void *data, struct wl_pointer *pointer)
{
	struct window *window = data;
	struct scroll *scroll = &window->hands.scroll;

	for (uint32_t i = 0; i < 2; i++) {
		struct seat_axis *axis = &scroll->axes[i];
		axis->orientation = i;
		axis->source = scroll->source;
		if (scroll->used[i])
			seat_pointer_axis(seat_of(window), to_us(scroll->time), axis);
	}
	*scroll = (struct scroll){0};
	seat_pointer_frame(seat_of(window));
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = handle_enter,
	.leave = handle_leave,
	.motion = handle_motion,
	.button = handle_button,
	.axis = handle_axis,
	.frame = handle_frame,
	.axis_source = handle_axis_source,
	.axis_stop = handle_axis_stop,
	.axis_discrete = handle_axis_discrete,
	.axis_value120 = handle_axis_value120,
#ifdef WL_POINTER_AXIS_RELATIVE_DIRECTION_SINCE_VERSION
	.axis_relative_direction = handle_axis_direction,
#endif
};

/* ---- keyboard ------------------------------------------------------------------------------- */

static void update_source(struct window *window)
{
	struct hands *hands = &window->hands;

	seat_source_set(seat_of(window), &hands->source, hands->pointer != NULL,
			hands->keyboard && hands->has_keymap, hands->touch != NULL);
}

/* NULL: it cannot be read, or is no text. */
static char *read_keymap(int fd, uint32_t size)
{
	if (size == 0 || size > KEYMAP_MAX || fd_classify(fd) == FD_OTHER)
		return NULL;
	char *text = calloc(1, (size_t)size + 1);
	if (text && pread(fd, text, size, 0) == (ssize_t)size)
		return text;
	free(text);
	return NULL;
}

static void handle_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd,
			  uint32_t size)
{
	struct window *window = data;
	char *text = format == WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1 ? read_keymap(fd, size) : NULL;

	if (!text || seat_set_keymap(seat_of(window), text) < 0)
		server_log(window->server, LEND_LOG_WARNING,
			   "%s: the other server's keymap is of no use%s%s; keys mean what this "
			   "server's environment says",
			   window->output->name, text ? ": " : "", text ? fail_text() : "");
	free(text);
	fds_close(&fd, 1);
	window->hands.has_keymap = true;
	update_source(window);
}

/* Keys that are down already were meant for somebody else: of these, only the modifiers count. */
static void handle_keys_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			      struct wl_surface *surface, struct wl_array *keys)
{
}

static void let_go_keys(struct window *window)
{
	struct hands *hands = &window->hands;

	for (uint32_t key = 0; key < KEY_CNT; key++)
		if (is_down(hands->keys, key))
			seat_keyboard_key(seat_of(window), time_now() / 1000, key, false);
	memset(hands->keys, 0, sizeof(hands->keys));
	seat_keyboard_modifiers(seat_of(window), 0, 0, hands->locked, hands->group);
}

static void handle_keys_leave(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			      struct wl_surface *surface)
{
	let_go_keys(data);
}

static void handle_key(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time,
		       uint32_t key, uint32_t state)
{
	struct window *window = data;

	if (state <= WL_KEYBOARD_KEY_STATE_PRESSED && note(window->hands.keys, key, state))
		seat_keyboard_key(seat_of(window), to_us(time), key, state);
}

static void handle_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			     uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group)
{
	struct window *window = data;

	window->hands.locked = locked;
	window->hands.group = group;
	seat_keyboard_modifiers(seat_of(window), depressed, latched, locked, group);
}

static void handle_repeat(void *data, struct wl_keyboard *keyboard, int32_t rate, int32_t delay) {}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = handle_keymap,
	.enter = handle_keys_enter,
	.leave = handle_keys_leave,
	.key = handle_key,
	.modifiers = handle_modifiers,
	.repeat_info = handle_repeat,
};

/* ---- the host's seat ------------------------------------------------------------------------ */

static void close_pointer(struct window *window)
{
	struct hands *hands = &window->hands;

	if (!hands->pointer)
		return;
	let_go_buttons(window);
	wl_pointer_release(hands->pointer);
	hands->pointer = NULL;
	hands->over = false;
}

static void close_keyboard(struct window *window)
{
	struct hands *hands = &window->hands;

	if (!hands->keyboard)
		return;
	let_go_keys(window);
	wl_keyboard_release(hands->keyboard);
	hands->keyboard = NULL;
	hands->has_keymap = false;
}

static void close_touch(struct window *window)
{
	struct hands *hands = &window->hands;

	if (!hands->touch)
		return;
	wl_touch_release(hands->touch);
	hands->touch = NULL;
}

static void update_pointer(struct window *window, struct wl_seat *seat, bool has)
{
	struct hands *hands = &window->hands;

	if (!has)
		close_pointer(window);
	if (!has || hands->pointer)
		return;
	hands->pointer = wl_seat_get_pointer(seat);
	if (hands->pointer)
		wl_pointer_add_listener(hands->pointer, &pointer_listener, window);
}

static void update_keyboard(struct window *window, struct wl_seat *seat, bool has)
{
	struct hands *hands = &window->hands;

	if (!has)
		close_keyboard(window);
	if (!has || hands->keyboard)
		return;
	hands->keyboard = wl_seat_get_keyboard(seat);
	if (hands->keyboard)
		wl_keyboard_add_listener(hands->keyboard, &keyboard_listener, window);
}

static void update_touch(struct window *window, struct wl_seat *seat, bool has)
{
	struct hands *hands = &window->hands;

	if (!has)
		close_touch(window);
	if (!has || hands->touch)
		return;
	hands->touch = wl_seat_get_touch(seat);
	if (hands->touch)
		touch_listen(window);
}

static void handle_capabilities(void *data, struct wl_seat *seat, uint32_t capabilities)
{
	struct window *window = data;

	update_pointer(window, seat, capabilities & WL_SEAT_CAPABILITY_POINTER);
	update_keyboard(window, seat, capabilities & WL_SEAT_CAPABILITY_KEYBOARD);
	update_touch(window, seat, capabilities & WL_SEAT_CAPABILITY_TOUCH);
	update_source(window);
}

static void handle_name(void *data, struct wl_seat *seat, const char *name) {}

static const struct wl_seat_listener seat_listener = {
	.capabilities = handle_capabilities,
	.name = handle_name,
};

void hands_open(struct window *window)
{
	if (window->host.seat && !window->no_input && !window->hands.open) {
		window->hands.open = true;
		wl_seat_add_listener(window->host.seat, &seat_listener, window);
	}
}

void hands_close(struct window *window)
{
	close_pointer(window);
	close_keyboard(window);
	close_touch(window);
	seat_source_finish(seat_of(window), &window->hands.source);
	window->hands.open = false;
}
