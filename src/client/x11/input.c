/* SPDX-License-Identifier: MIT */
/* Keyboard and pointer. */
#include "client/x11/x11.h"

#include <stdlib.h>
#include <string.h>

#define BUTTONS                                                                                    \
	(XCB_KEY_BUT_MASK_BUTTON_1 | XCB_KEY_BUT_MASK_BUTTON_2 | XCB_KEY_BUT_MASK_BUTTON_3 |       \
	 XCB_KEY_BUT_MASK_BUTTON_4 | XCB_KEY_BUT_MASK_BUTTON_5)

/* ---- the keyboard's layout ------------------------------------------------------------------ */

static void read_keymap(struct display *display)
{
	char *text = x11_keymap_text(&display->x11);
	if (text != NULL)
		(void)keyboard_set_keymap(display->keyboard, text, strlen(text));
	free(text);
}

static void read_repeat(struct display *display)
{
	xcb_xkb_get_controls_reply_t *controls = xcb_xkb_get_controls_reply(
		display->x11.xcb, xcb_xkb_get_controls(display->x11.xcb, XCB_XKB_ID_USE_CORE_KBD),
		NULL);
	if (controls == NULL)
		return;
	bool repeats = controls->enabledControls & XCB_XKB_BOOL_CTRL_REPEAT_KEYS;
	uint32_t interval = controls->repeatInterval;
	keyboard_set_repeat(display->keyboard, repeats && interval > 0 ? 1000 / interval : 0,
			    controls->repeatDelay);
	free(controls);
}

static void read_state(struct display *display)
{
	xcb_xkb_get_state_reply_t *state = xcb_xkb_get_state_reply(
		display->x11.xcb, xcb_xkb_get_state(display->x11.xcb, XCB_XKB_ID_USE_CORE_KBD),
		NULL);
	if (state != NULL)
		keyboard_set_modifiers(display->keyboard, state->baseMods, state->latchedMods,
				       state->lockedMods, state->group);
	free(state);
}

static void begin_keyboard(struct display *display)
{
	display->keyboard = keyboard_create(display->client);
	if (display->keyboard == NULL)
		return;
	/* Keys that are held are repeated by the library. */
	if (!x11_keyboard_begin(&display->x11, &display->xkb_event)) {
		display->xkb_event = 0;
		(void)keyboard_set_layout(display->keyboard);
		return;
	}
	read_keymap(display);
	read_repeat(display);
	read_state(display);
}

static void handle_xkb(struct display *display, const xcb_generic_event_t *event)
{
	const xcb_xkb_state_notify_event_t *state = (const void *)event;
	struct hush hush;
	switch (state->xkbType) {
	case XCB_XKB_STATE_NOTIFY:
		keyboard_set_modifiers(display->keyboard, state->baseMods, state->latchedMods,
				       state->lockedMods, state->group);
		return;
	case XCB_XKB_NEW_KEYBOARD_NOTIFY:
	case XCB_XKB_MAP_NOTIFY:
		hush_begin(&hush);
		read_keymap(display);
		read_state(display);
		hush_end(&hush, display->x11.xcb);
		return;
	case XCB_XKB_CONTROLS_NOTIFY:
		hush_begin(&hush);
		read_repeat(display);
		hush_end(&hush, display->x11.xcb);
		return;
	default: return;
	}
}

/* ---- keys and focus ------------------------------------------------------------------------- */

static void set_focus(struct display *display, struct window *window, bool by_pointer)
{
	display->focus_by_pointer = by_pointer;
	if (display->focus == window || display->keyboard == NULL)
		return;
	if (display->focus != NULL)
		keyboard_leave(display->keyboard, 0);
	memset(display->held, 0, sizeof(display->held));
	display->focus = window;
	if (window != NULL)
		keyboard_enter(display->keyboard, window->surface, 0);
}

static void handle_focus(struct display *display, struct window *window,
			 const xcb_focus_in_event_t *event, bool in)
{
	/* Of a focus that follows the pointer we hear by the pointer's events. */
	if (event->detail >= XCB_NOTIFY_DETAIL_POINTER)
		return;
	if (in)
		set_focus(display, window, false);
	else if (display->focus == window)
		set_focus(display, NULL, false);
}

static void handle_key(struct display *display, struct window *window,
		       const xcb_key_press_event_t *event, bool pressed)
{
	uint8_t *byte = &display->held[event->detail / 8], bit = (uint8_t)(1 << event->detail % 8);
	if (event->detail < X11_CODE_OFFSET)
		return;
	if (display->focus != window)
		set_focus(display, window, true);
	/* Presses repeated by the server, and releases of what was pressed elsewhere. */
	if (((*byte & bit) != 0) == pressed)
		return;
	*byte ^= bit;
	keyboard_key(display->keyboard, x11_time(event->time, time_now()),
		     event->detail - X11_CODE_OFFSET, pressed);
}

/* ---- the pointer ---------------------------------------------------------------------------- */

static void tell(struct window *window, struct lend_input input, xcb_timestamp_t time, int16_t x,
		 int16_t y)
{
	window->x = x;
	window->y = y;
	input.time = x11_time(time, time_now());
	input.modifiers = keyboard_modifiers(window->display->keyboard);
	input.x = x;
	input.y = y;
	surface_input(window->surface, &input);
}

static void handle_enter(struct window *window, const xcb_enter_notify_event_t *event)
{
	struct display *display = window->display;
	if ((event->same_screen_focus & 1) && display->focus == NULL)
		set_focus(display, window, true);
	struct lend_input input = {.kind = window->under_pointer ? LEND_INPUT_POINTER_MOTION
								 : LEND_INPUT_POINTER_ENTER};
	window->under_pointer = true;
	tell(window, input, event->time, event->event_x, event->event_y);
}

/* While a button is down the pointer's events go on: it leaves when the last one is released. */
static void handle_leave(struct window *window, const xcb_leave_notify_event_t *event)
{
	struct display *display = window->display;
	if ((event->state & BUTTONS) != 0 && event->mode == XCB_NOTIFY_MODE_NORMAL)
		return;
	if (display->focus == window && display->focus_by_pointer)
		set_focus(display, NULL, false);
	if (window->under_pointer)
		tell(window, (struct lend_input){.kind = LEND_INPUT_POINTER_LEAVE}, event->time, 0,
		     0);
	window->under_pointer = false;
}

/* X tells a wheel's clicks as buttons that are pressed and released. */
static void scroll(struct window *window, const xcb_button_press_event_t *event)
{
	int clicks = event->detail % 2 == 0 ? -1 : 1; /* 4 up, 5 down, 6 left, 7 right */
	struct lend_input input = {.kind = LEND_INPUT_POINTER_AXIS};
	if (event->detail >= 6) {
		input.scroll_x = clicks * X11_CLICK_PIXELS;
		input.clicks_x = clicks * X11_CLICK_UNITS;
	} else {
		input.scroll_y = clicks * X11_CLICK_PIXELS;
		input.clicks_y = clicks * X11_CLICK_UNITS;
	}
	tell(window, input, event->time, event->event_x, event->event_y);
}

static void handle_button(struct window *window, const xcb_button_press_event_t *event,
			  bool pressed)
{
	if (event->detail >= 4 && event->detail <= 7) {
		if (pressed)
			scroll(window, event);
		return;
	}
	if (event->detail == 0)
		return;
	tell(window,
	     (struct lend_input){.kind = LEND_INPUT_POINTER_BUTTON,
				 .code = x11_button_code(event->detail),
				 .pressed = pressed},
	     event->time, event->event_x, event->event_y);
}

static void handle_motion(struct window *window, const xcb_motion_notify_event_t *event)
{
	/* Where it entered is told with that already. */
	if (event->event_x == window->x && event->event_y == window->y)
		return;
	tell(window, (struct lend_input){.kind = LEND_INPUT_POINTER_MOTION}, event->time,
	     event->event_x, event->event_y);
}

/* ---- all ------------------------------------------------------------------------------------ */

static void handle_device(struct display *display, struct window *window,
			  const xcb_generic_event_t *event)
{
	const void *any = event;
	switch (event->response_type & 0x7f) {
	case XCB_KEY_PRESS: handle_key(display, window, any, true); break;
	case XCB_KEY_RELEASE: handle_key(display, window, any, false); break;
	case XCB_BUTTON_PRESS: handle_button(window, any, true); break;
	case XCB_BUTTON_RELEASE: handle_button(window, any, false); break;
	case XCB_MOTION_NOTIFY: handle_motion(window, any); break;
	case XCB_ENTER_NOTIFY: handle_enter(window, any); break;
	default: handle_leave(window, any); break;
	}
}

bool input_event(struct display *display, const xcb_generic_event_t *event)
{
	uint8_t type = event->response_type & 0x7f;
	if (display->keyboard == NULL)
		return false;
	if (display->xkb_event != 0 && type == display->xkb_event) {
		handle_xkb(display, event);
		return true;
	}
	if (type < XCB_KEY_PRESS || type > XCB_FOCUS_OUT)
		return false;
	const xcb_key_press_event_t *key = (const void *)event;
	const xcb_focus_in_event_t *focus = (const void *)event;
	bool is_focus = type == XCB_FOCUS_IN || type == XCB_FOCUS_OUT;
	struct window *window = window_find(display, is_focus ? focus->event : key->event);
	if (window == NULL || window->gone)
		return true;
	if (is_focus)
		handle_focus(display, window, focus, type == XCB_FOCUS_IN);
	else
		handle_device(display, window, event);
	return true;
}

void input_begin(struct window *window)
{
	struct display *display = window->display;
	const uint32_t events = XCB_EVENT_MASK_EXPOSURE | XCB_EVENT_MASK_STRUCTURE_NOTIFY |
				XCB_EVENT_MASK_KEY_PRESS | XCB_EVENT_MASK_KEY_RELEASE |
				XCB_EVENT_MASK_BUTTON_PRESS | XCB_EVENT_MASK_BUTTON_RELEASE |
				XCB_EVENT_MASK_POINTER_MOTION | XCB_EVENT_MASK_ENTER_WINDOW |
				XCB_EVENT_MASK_LEAVE_WINDOW | XCB_EVENT_MASK_FOCUS_CHANGE;
	if (display->keyboard == NULL)
		begin_keyboard(display);
	xcb_change_window_attributes(display->x11.xcb, window->x11.id, XCB_CW_EVENT_MASK, &events);
}

void input_end(struct window *window)
{
	struct display *display = window->display;
	if (display->focus == window)
		display->focus = NULL;
	keyboard_forget(display->keyboard, window->surface);
}

void input_close(struct display *display)
{
	keyboard_destroy(display->keyboard);
}
