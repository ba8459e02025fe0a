/* SPDX-License-Identifier: MIT */
/* What the window receives of keyboard and pointer, told to the server's seat. */
#include "output/x11/x11.h"

#include <stdlib.h>

#include <wayland-server-protocol.h>

static struct seat *seat_of(const struct xwindow *window)
{
	return window->output->server->seat;
}

static uint64_t time_us(xcb_timestamp_t time)
{
	return x11_time(time, time_now()) / 1000;
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void tell_modifiers(const struct xwindow *window)
{
	const struct keys *keys = &window->keys;

	if (keys->has && window->xkb_event != 0)
		seat_keyboard_modifiers(seat_of(window), keys->depressed, keys->latched,
					keys->locked, keys->group);
}

static void tell_keymap(const struct xwindow *window)
{
	const struct keys *keys = &window->keys;

	if (keys->has && keys->keymap && seat_set_keymap(seat_of(window), keys->keymap) < 0)
		server_log(window->output->server, LEND_LOG_WARNING,
			   "%s: the X server's keyboard layout is not used: %s",
			   window->output->name, fail_text());
}

/* Later ones come as events. */
static void read_state(struct xwindow *window)
{
	struct keys *keys = &window->keys;
	xcb_xkb_get_state_reply_t *state = xcb_xkb_get_state_reply(
		window->x11.xcb, xcb_xkb_get_state(window->x11.xcb, XCB_XKB_ID_USE_CORE_KBD), NULL);

	if (state) {
		keys->depressed = state->baseMods;
		keys->latched = state->latchedMods;
		keys->locked = state->lockedMods;
		keys->group = state->group;
	}
	free(state);
}

void xinput_settle(struct xwindow *window)
{
	struct keys *keys = &window->keys;

	if (!keys->keymap_stale)
		return;
	keys->keymap_stale = false;
	free(keys->keymap);
	keys->keymap = x11_keymap_text(&window->x11);
	tell_keymap(window);
	tell_modifiers(window);
}

static void take_keys(struct xwindow *window, bool by_focus)
{
	window->keys.by_focus |= by_focus;
	if (window->keys.has)
		return;
	window->keys.has = true;
	tell_keymap(window);
	tell_modifiers(window);
}

static void release(struct xwindow *window, uint8_t code)
{
	window->keys.held[code / 8] ^= (uint8_t)(1 << code % 8);
	seat_keyboard_key(seat_of(window), time_now() / 1000, code - X11_CODE_OFFSET, false);
}

/* What is held is released elsewhere. */
static void lose_keys(struct xwindow *window)
{
	struct keys *keys = &window->keys;

	for (unsigned code = X11_CODE_OFFSET; code < 256; code++)
		if (keys->held[code / 8] & 1 << code % 8)
			release(window, (uint8_t)code);
	keys->depressed = 0;
	tell_modifiers(window);
	keys->has = keys->by_focus = false;
}

/* Presses that are repeated are told as presses. A new keymap counts from the next key on. */
static void handle_key(struct xwindow *window, const xcb_key_press_event_t *event, bool pressed)
{
	uint8_t code = event->detail;
	bool held = window->keys.held[code / 8] & 1 << code % 8;

	if (code < X11_CODE_OFFSET || held == pressed)
		return;
	xinput_settle(window);
	take_keys(window, false);
	window->keys.held[code / 8] ^= (uint8_t)(1 << code % 8);
	seat_keyboard_key(seat_of(window), time_us(event->time), code - X11_CODE_OFFSET, pressed);
}

static void handle_xkb(struct xwindow *window, const xcb_generic_event_t *event)
{
	const xcb_xkb_state_notify_event_t *state = (const void *)event;
	struct keys *keys = &window->keys;

	switch (state->xkbType) {
	case XCB_XKB_STATE_NOTIFY:
		keys->depressed = state->baseMods;
		keys->latched = state->latchedMods;
		keys->locked = state->lockedMods;
		keys->group = state->group;
		tell_modifiers(window);
		break;
	case XCB_XKB_NEW_KEYBOARD_NOTIFY:
	case XCB_XKB_MAP_NOTIFY: keys->keymap_stale = true; break;
	default: break;
	}
}

/* ---- the pointer ---------------------------------------------------------------------------- */

/* A little more, so that rounding does not make it the pixel before. */
static double share(int16_t at, int32_t length)
{
	return (at + 1.0 / 1024) / length;
}

static void move(struct xwindow *window, xcb_timestamp_t time, int16_t x, int16_t y)
{
	const struct lend_output *output = window->output;

	window->pointer_x = x;
	window->pointer_y = y;
	seat_pointer_motion_absolute(seat_of(window), time_us(time), window->output,
				     share(x, output->width), share(y, output->height));
}

static void press(struct xwindow *window, xcb_timestamp_t time, uint8_t button, bool pressed)
{
	if (button <= 3)
		window->buttons = (uint8_t)((window->buttons & ~(1 << (button - 1))) |
					    pressed << (button - 1));
	seat_pointer_button(seat_of(window), time_us(time), x11_button_code(button), pressed);
}

/* X tells a wheel's clicks as buttons that are pressed and released. */
static void scroll(struct xwindow *window, const xcb_button_press_event_t *event)
{
	int clicks = event->detail % 2 == 0 ? -1 : 1; /* 4 up, 5 down, 6 left, 7 right */
	const struct seat_axis axis = {
		.source = WL_POINTER_AXIS_SOURCE_WHEEL,
		.orientation = event->detail >= 6 ? WL_POINTER_AXIS_HORIZONTAL_SCROLL
						  : WL_POINTER_AXIS_VERTICAL_SCROLL,
		.value = clicks * X11_CLICK_PIXELS,
		.value120 = clicks * X11_CLICK_UNITS,
	};

	seat_pointer_axis(seat_of(window), time_us(event->time), &axis);
}

static void handle_button(struct xwindow *window, const xcb_button_press_event_t *event,
			  bool pressed)
{
	if (event->detail == 0)
		return;
	if (event->event_x != window->pointer_x || event->event_y != window->pointer_y)
		move(window, event->time, event->event_x, event->event_y);
	if (event->detail < 4 || event->detail > 7)
		press(window, event->time, event->detail, pressed);
	else if (pressed)
		scroll(window, event);
	seat_pointer_frame(seat_of(window));
}

static void handle_motion(struct xwindow *window, const xcb_motion_notify_event_t *event)
{
	move(window, event->time, event->event_x, event->event_y);
	seat_pointer_frame(seat_of(window));
}

/* Another program may have had the pointer for itself when a button was let go. */
static void handle_enter(struct xwindow *window, const xcb_enter_notify_event_t *event)
{
	move(window, event->time, event->event_x, event->event_y);
	for (uint8_t button = 1; button <= 3; button++)
		if (window->buttons & 1 << (button - 1) &&
		    !(event->state & XCB_KEY_BUT_MASK_BUTTON_1 << (button - 1)))
			press(window, event->time, button, false);
	seat_pointer_frame(seat_of(window));
}

/* Where no window has the focus, the one below the pointer has the keys. */
static void handle_leave(struct xwindow *window)
{
	if (window->keys.has && !window->keys.by_focus)
		lose_keys(window);
}

/* ---- all ------------------------------------------------------------------------------------ */

static void handle_focus(struct xwindow *window, const xcb_focus_in_event_t *event, bool in)
{
	/* Of a focus that follows the pointer we hear by the pointer's events. */
	if (event->detail >= XCB_NOTIFY_DETAIL_POINTER)
		return;
	if (in)
		take_keys(window, true);
	else if (window->keys.has)
		lose_keys(window);
}

bool xinput_event(struct xwindow *window, const xcb_generic_event_t *event)
{
	const void *any = event;
	uint8_t type = event->response_type & 0x7f;

	if (!window->input)
		return false;
	if (window->xkb_event != 0 && type == window->xkb_event) {
		handle_xkb(window, event);
		return true;
	}
	switch (type) {
	case XCB_KEY_PRESS: handle_key(window, any, true); break;
	case XCB_KEY_RELEASE: handle_key(window, any, false); break;
	case XCB_BUTTON_PRESS: handle_button(window, any, true); break;
	case XCB_BUTTON_RELEASE: handle_button(window, any, false); break;
	case XCB_MOTION_NOTIFY: handle_motion(window, any); break;
	case XCB_ENTER_NOTIFY: handle_enter(window, any); break;
	case XCB_LEAVE_NOTIFY: handle_leave(window); break;
	case XCB_FOCUS_IN: handle_focus(window, any, true); break;
	case XCB_FOCUS_OUT: handle_focus(window, any, false); break;
	default: return false;
	}
	return true;
}

void xinput_begin(struct xwindow *window)
{
	const uint32_t events = XCB_EVENT_MASK_EXPOSURE | XCB_EVENT_MASK_STRUCTURE_NOTIFY |
				XCB_EVENT_MASK_VISIBILITY_CHANGE | XCB_EVENT_MASK_KEY_PRESS |
				XCB_EVENT_MASK_KEY_RELEASE | XCB_EVENT_MASK_BUTTON_PRESS |
				XCB_EVENT_MASK_BUTTON_RELEASE | XCB_EVENT_MASK_POINTER_MOTION |
				XCB_EVENT_MASK_ENTER_WINDOW | XCB_EVENT_MASK_LEAVE_WINDOW |
				XCB_EVENT_MASK_FOCUS_CHANGE;

	window->input = true;
	window->pointer_x = window->pointer_y = -1;
	seat_source_set(seat_of(window), &window->seat_source, true, true, false);
	xcb_change_window_attributes(window->x11.xcb, window->window.id, XCB_CW_EVENT_MASK,
				     &events);
	if (!x11_keyboard_begin(&window->x11, &window->xkb_event))
		window->xkb_event = 0;
	window->keys.keymap_stale = window->xkb_event != 0;
	if (window->xkb_event != 0)
		read_state(window);
	xinput_settle(window);
}

void xinput_end(struct xwindow *window)
{
	if (!window->input)
		return;
	lose_keys(window);
	for (uint8_t button = 1; button <= 3; button++)
		if (window->buttons & 1 << (button - 1))
			press(window, 0, button, false);
	seat_pointer_frame(seat_of(window));
	seat_source_finish(seat_of(window), &window->seat_source);
	free(window->keys.keymap);
}
