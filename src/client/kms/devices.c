/* SPDX-License-Identifier: MIT */
/* What the seat's devices say, told to the surface on display. A few keys are ours. */
#include "client/kms/kms.h"
#include "common/error.h"
#include "input/input.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>

/* Modifiers by their keys, whatever the layout: Ctrl+Alt+Backspace has to work without one. */
enum { HELD_CTRL = 1, HELD_RIGHT_CTRL = 2, HELD_ALT = 4 };

struct devices {
	struct display *display;
	struct input *input;
	struct keyboard *keyboard; /* NULL: there was none yet */
	struct window *focus;	   /* that gets the keys, and has the pointer */
	bool pointer;		   /* there is one */
	bool inside;		   /* the focus knows that the pointer is there */
	bool has_keys;		   /* there is a keyboard */
	unsigned held;
	uint32_t ours; /* the key that was pressed and not told, or 0 */
	double x, y;   /* of the pointer */
};

static struct lend_input told(const struct devices *devices, enum lend_input_kind kind,
			      uint64_t time_us)
{
	return (struct lend_input){
		.kind = kind,
		.time = time_us * 1000,
		.modifiers = keyboard_modifiers(devices->keyboard),
	};
}

static void tell(const struct devices *devices, const struct lend_input *input)
{
	if (devices->focus != NULL)
		surface_input(devices->focus->surface, input);
}

/* ---- the pointer ----------------------------------------------------------------------------- */

static void tell_at(struct devices *devices, enum lend_input_kind kind, uint64_t time_us)
{
	struct lend_input input = told(devices, kind, time_us);
	input.x = devices->x;
	input.y = devices->y;
	tell(devices, &input);
}

static double clamp(double value, uint32_t size)
{
	if (!(value > 0))
		return 0;
	return value < size ? value : size - 1.0 / 256;
}

static void move(struct devices *devices, uint64_t time_us, double x, double y)
{
	struct display *display = devices->display;
	devices->x = clamp(x, display->info.mode.width);
	devices->y = clamp(y, display->info.mode.height);
	display->cursor_x = (int32_t)devices->x;
	display->cursor_y = (int32_t)devices->y;
	display->cursor_moved = display->info.cursor && !display->cursor_broken;
	if (!devices->inside)
		tell_at(devices, LEND_INPUT_POINTER_ENTER, time_us);
	else
		tell_at(devices, LEND_INPUT_POINTER_MOTION, time_us);
	devices->inside = true;
}

static void handle_motion(void *data, uint64_t time_us, double dx, double dy, double raw_dx,
			  double raw_dy)
{
	struct devices *devices = data;
	move(devices, time_us, devices->x + dx, devices->y + dy);
}

static void handle_motion_absolute(void *data, uint64_t time_us, const char *output, double x,
				   double y)
{
	struct devices *devices = data;
	const struct lend_kms_mode *mode = &devices->display->info.mode;
	move(devices, time_us, x * mode->width, y * mode->height);
}

static void handle_button(void *data, uint64_t time_us, uint32_t button, bool pressed)
{
	struct devices *devices = data;
	struct lend_input input = told(devices, LEND_INPUT_POINTER_BUTTON, time_us);
	input.x = devices->x;
	input.y = devices->y;
	input.code = button;
	input.pressed = pressed;
	tell(devices, &input);
}

static void handle_axis(void *data, uint64_t time_us, const struct input_axis *axis)
{
	struct devices *devices = data;
	struct lend_input input = told(devices, LEND_INPUT_POINTER_AXIS, time_us);
	input.x = devices->x;
	input.y = devices->y;
	*(axis->horizontal ? &input.scroll_x : &input.scroll_y) = axis->stop ? 0 : axis->value;
	*(axis->horizontal ? &input.clicks_x : &input.clicks_y) = axis->value120;
	tell(devices, &input);
}

/* Motions that belong together move the cursor once. */
static void handle_pointer_frame(void *data)
{
	struct devices *devices = data;
	screen_update(devices->display);
}

/* ---- the keyboard ---------------------------------------------------------------------------- */

static unsigned held_bit(uint32_t key)
{
	switch (key) {
	case KEY_LEFTCTRL: return HELD_CTRL;
	case KEY_RIGHTCTRL: return HELD_RIGHT_CTRL;
	case KEY_LEFTALT: return HELD_ALT;
	default: return 0;
	}
}

/* The number of the VT that Ctrl+Alt and this key lead to, or 0. */
static unsigned vt_of(uint32_t key)
{
	if (key >= KEY_F1 && key <= KEY_F10)
		return key - KEY_F1 + 1;
	return key == KEY_F11 || key == KEY_F12 ? key - KEY_F11 + 11 : 0;
}

static void switch_vt(const struct devices *devices, unsigned vt)
{
	const struct display *display = devices->display;
	if (session_switch(display->session, vt) < 0)
		client_log(display->client, LEND_LOG_INFO, "cannot switch to VT %u: %s", vt,
			   fail_text());
}

/* Keys that the program does not hear of. */
static bool take_key(const struct devices *devices, uint32_t key)
{
	bool ctrl = devices->held & (HELD_CTRL | HELD_RIGHT_CTRL);
	if (!ctrl || !(devices->held & HELD_ALT))
		return false;
	if (vt_of(key) != 0)
		switch_vt(devices, vt_of(key));
	else if (key == KEY_BACKSPACE && devices->display->windows != NULL)
		surface_close(devices->display->windows->surface);
	else
		return false;
	return true;
}

static void show_leds(const struct devices *devices)
{
	uint32_t modifiers = keyboard_modifiers(devices->keyboard), leds = 0;
	if (modifiers & LEND_KEYS_NUM)
		leds |= INPUT_NUM_LOCK;
	if (modifiers & LEND_KEYS_CAPS)
		leds |= INPUT_CAPS_LOCK;
	input_set_leds(devices->input, leds);
}

static void handle_key(void *data, uint64_t time_us, uint32_t key, bool pressed)
{
	struct devices *devices = data;
	if (pressed)
		devices->held |= held_bit(key);
	else
		devices->held &= ~held_bit(key);
	if (pressed && take_key(devices, key)) {
		devices->ours = key;
		return;
	}
	if (!pressed && key == devices->ours) {
		devices->ours = 0;
		return;
	}
	uint32_t before = keyboard_modifiers(devices->keyboard);
	if (devices->keyboard != NULL)
		keyboard_key(devices->keyboard, time_us * 1000, key, pressed);
	if (keyboard_modifiers(devices->keyboard) != before)
		show_leds(devices);
}

/* ---- touch ----------------------------------------------------------------------------------- */

static void tell_touch(struct devices *devices, enum lend_input_kind kind, uint64_t time_us,
		       int32_t id, double x, double y)
{
	const struct lend_kms_mode *mode = &devices->display->info.mode;
	struct lend_input input = told(devices, kind, time_us);
	input.id = id;
	input.x = x * mode->width;
	input.y = y * mode->height;
	tell(devices, &input);
}

static void handle_touch_down(void *data, uint64_t time_us, const char *output, int32_t id,
			      double x, double y)
{
	tell_touch(data, LEND_INPUT_TOUCH_DOWN, time_us, id, x, y);
}

static void handle_touch_motion(void *data, uint64_t time_us, const char *output, int32_t id,
				double x, double y)
{
	tell_touch(data, LEND_INPUT_TOUCH_MOTION, time_us, id, x, y);
}

static void handle_touch_up(void *data, uint64_t time_us, int32_t id)
{
	tell_touch(data, LEND_INPUT_TOUCH_UP, time_us, id, 0, 0);
}

static void handle_touch_cancel(void *data, uint64_t time_us, int32_t id)
{
	tell_touch(data, LEND_INPUT_TOUCH_CANCEL, time_us, 0, 0, 0);
}

static void handle_touch_frame(void *data) {}

/* ---- who gets it ----------------------------------------------------------------------------- */

static void leave(struct devices *devices)
{
	if (devices->focus == NULL)
		return;
	if (devices->keyboard != NULL)
		keyboard_leave(devices->keyboard, 0);
	if (devices->inside)
		tell_at(devices, LEND_INPUT_POINTER_LEAVE, 0);
	devices->inside = false;
	devices->focus = NULL;
}

static void enter(struct devices *devices, struct window *window)
{
	devices->focus = window;
	if (window == NULL)
		return;
	if (devices->keyboard != NULL)
		keyboard_enter(devices->keyboard, window->surface, 0);
	if (!devices->pointer)
		return;
	tell_at(devices, LEND_INPUT_POINTER_ENTER, 0);
	devices->inside = true;
}

void devices_follow(struct devices *devices)
{
	struct window *top = screen_top(devices->display);
	if (top == devices->focus)
		return;
	leave(devices);
	enter(devices, top);
}

void devices_forget(struct devices *devices, const struct window *window)
{
	if (devices->focus == window) {
		if (devices->keyboard != NULL)
			keyboard_forget(devices->keyboard, window->surface);
		devices->focus = NULL;
		devices->inside = false;
	}
	devices_follow(devices);
}

static void add_keyboard(struct devices *devices)
{
	struct lend_client *client = devices->display->client;
	devices->keyboard = keyboard_create(client);
	if (devices->keyboard == NULL) {
		client_lose(client, -ENOMEM, "out of memory");
		return;
	}
	if (keyboard_set_layout(devices->keyboard) < 0)
		client_log(client, LEND_LOG_WARNING,
			   "keys have codes but no meanings: no libxkbcommon, or no such layout");
	if (devices->focus != NULL)
		keyboard_enter(devices->keyboard, devices->focus->surface, 0);
}

static void handle_capabilities(void *data, bool pointer, bool keyboard, bool touch)
{
	struct devices *devices = data;
	struct display *display = devices->display;
	if (keyboard && devices->keyboard == NULL)
		add_keyboard(devices);
	if (pointer == devices->pointer)
		return;
	devices->pointer = display->cursor_wanted = pointer;
	display->cursor_moved = display->info.cursor;
	if (pointer && devices->focus != NULL && !devices->inside) {
		tell_at(devices, LEND_INPUT_POINTER_ENTER, 0);
		devices->inside = true;
	}
	screen_update(display);
}

/* ---- life ------------------------------------------------------------------------------------ */

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

static void log_input(void *data, enum lend_log_level level, const char *message)
{
	const struct devices *devices = data;
	client_log(devices->display->client, level, "%s", message);
}

static void destroy(struct devices *devices)
{
	input_destroy(devices->input);
	keyboard_destroy(devices->keyboard);
	free(devices);
}

/* Also for a program that wants no input: the console's keyboard is ours, and its user has to get
 * away. */
void devices_start(struct display *display)
{
	if (display->devices != NULL)
		return;
	struct devices *devices = calloc(1, sizeof(*devices));
	if (devices == NULL)
		return;
	devices->display = display;
	devices->x = display->info.mode.width / 2.0;
	devices->y = display->info.mode.height / 2.0;
	int result = input_create(display->session, &events, devices, log_input, devices,
				  &devices->input);
	if (result < 0) {
		client_log(display->client, LEND_LOG_WARNING, "no input devices: %s", fail_text());
		free(devices);
		return;
	}
	display->devices = devices;
	if (display_watch_devices(display) < 0)
		return;
	devices_dispatch(devices);
}

void devices_stop(struct display *display)
{
	if (display->devices != NULL)
		destroy(display->devices);
	display->devices = NULL;
}

int devices_fd(const struct devices *devices)
{
	return input_fd(devices->input);
}

void devices_dispatch(struct devices *devices)
{
	input_dispatch(devices->input);
}

/* What was held down is released by suspending. */
void devices_set_active(struct devices *devices, bool active)
{
	if (active) {
		input_resume(devices->input);
		devices_follow(devices);
		return;
	}
	input_suspend(devices->input);
	devices->held = devices->ours = 0;
	leave(devices);
}
