/* SPDX-License-Identifier: MIT */
#include "hands.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

__attribute__((format(printf, 2, 3))) static void say(struct hands *hands, const char *format, ...)
{
	size_t used = strlen(hands->text);
	va_list args;

	va_start(args, format);
	vsnprintf(hands->text + used, sizeof(hands->text) - used, format, args);
	va_end(args);
	used = strlen(hands->text);
	snprintf(hands->text + used, sizeof(hands->text) - used, " ");
}

void surface_set_name(struct wl_surface *surface, const char *name)
{
	wl_surface_set_user_data(surface, (void *)(uintptr_t)name);
}

static const char *name_of(struct wl_surface *surface)
{
	if (!surface)
		return "gone";
	const char *name = wl_surface_get_user_data(surface);
	return name ? name : "?";
}

/* ---- pointer -------------------------------------------------------------------------------- */

static void pointer_enter(void *data, struct wl_pointer *pointer, uint32_t serial,
			  struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y)
{
	struct hands *hands = data;

	hands->enter_serial = serial;
	say(hands, "enter(%s,%g,%g)", name_of(surface), wl_fixed_to_double(x),
	    wl_fixed_to_double(y));
}

static void pointer_leave(void *data, struct wl_pointer *pointer, uint32_t serial,
			  struct wl_surface *surface)
{
	say(data, "leave(%s)", name_of(surface));
}

static void pointer_motion(void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x,
			   wl_fixed_t y)
{
	say(data, "motion(%g,%g)", wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void pointer_button(void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time,
			   uint32_t button, uint32_t state)
{
	struct hands *hands = data;

	hands->button_serial = serial;
	say(hands, "%s(%u)", state ? "press" : "release", button - BTN_LEFT);
}

static void pointer_axis(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis,
			 wl_fixed_t value)
{
	say(data, "axis(%u,%g)", axis, wl_fixed_to_double(value));
}

static void pointer_frame(void *data, struct wl_pointer *pointer)
{
	say(data, "frame");
}

static void pointer_axis_source(void *data, struct wl_pointer *pointer, uint32_t source)
{
	say(data, "source(%u)", source);
}

static void pointer_axis_stop(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis)
{
	say(data, "stop(%u)", axis);
}

static void pointer_axis_discrete(void *data, struct wl_pointer *pointer, uint32_t axis,
				  int32_t discrete)
{
	say(data, "discrete(%u,%d)", axis, discrete);
}

static void pointer_axis_value120(void *data, struct wl_pointer *pointer, uint32_t axis,
				  int32_t value120)
{
	say(data, "value120(%u,%d)", axis, value120);
}

#ifdef WL_POINTER_AXIS_RELATIVE_DIRECTION_SINCE_VERSION
static void pointer_axis_relative_direction(void *data, struct wl_pointer *pointer, uint32_t axis,
					    uint32_t direction)
{
}
#endif

static const struct wl_pointer_listener pointer_listener = {
	.enter = pointer_enter,
	.leave = pointer_leave,
	.motion = pointer_motion,
	.button = pointer_button,
	.axis = pointer_axis,
	.frame = pointer_frame,
	.axis_source = pointer_axis_source,
	.axis_stop = pointer_axis_stop,
	.axis_discrete = pointer_axis_discrete,
	.axis_value120 = pointer_axis_value120,
#ifdef WL_POINTER_AXIS_RELATIVE_DIRECTION_SINCE_VERSION
	.axis_relative_direction = pointer_axis_relative_direction,
#endif
};

/* ---- keyboard ------------------------------------------------------------------------------- */

static void keyboard_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd,
			    uint32_t size)
{
	struct hands *hands = data;

	if (hands->keymap_fd >= 0)
		close(hands->keymap_fd);
	hands->keymap_fd = fd;
	hands->keymap_format = format;
	hands->keymap_size = size;
	if (hands->keymaps++ > 0)
		say(hands, "keymap");
}

static void keyboard_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			   struct wl_surface *surface, struct wl_array *keys)
{
	const uint32_t *codes = keys->data;
	char list[256] = "";

	for (size_t i = 0; i < keys->size / sizeof(*codes) && i < 20; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), ",%u", codes[i]);
	say(data, "focus(%s%s)", name_of(surface), list);
}

static void keyboard_leave(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			   struct wl_surface *surface)
{
	say(data, "unfocus(%s)", name_of(surface));
}

static void keyboard_key(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time,
			 uint32_t key, uint32_t state)
{
	struct hands *hands = data;

	hands->key_serial = serial;
	say(hands, "%s(%u)", state ? "keydown" : "keyup", key);
}

static void keyboard_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			       uint32_t depressed, uint32_t latched, uint32_t locked,
			       uint32_t group)
{
	say(data, "mods(%u,%u,%u,%u)", depressed, latched, locked, group);
}

static void keyboard_repeat_info(void *data, struct wl_keyboard *keyboard, int32_t rate,
				 int32_t delay)
{
	struct hands *hands = data;

	hands->rate = rate;
	hands->delay = delay;
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = keyboard_keymap,
	.enter = keyboard_enter,
	.leave = keyboard_leave,
	.key = keyboard_key,
	.modifiers = keyboard_modifiers,
	.repeat_info = keyboard_repeat_info,
};

/* ---- touch ---------------------------------------------------------------------------------- */

static void touch_down(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time,
		       struct wl_surface *surface, int32_t id, wl_fixed_t x, wl_fixed_t y)
{
	struct hands *hands = data;

	hands->touch_serial = serial;
	say(hands, "down(%d,%s,%g,%g)", id, name_of(surface), wl_fixed_to_double(x),
	    wl_fixed_to_double(y));
}

static void touch_up(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time, int32_t id)
{
	say(data, "up(%d)", id);
}

static void touch_motion(void *data, struct wl_touch *touch, uint32_t time, int32_t id,
			 wl_fixed_t x, wl_fixed_t y)
{
	say(data, "drag(%d,%g,%g)", id, wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void touch_frame(void *data, struct wl_touch *touch)
{
	say(data, "frame");
}

static void touch_cancel(void *data, struct wl_touch *touch)
{
	say(data, "cancel");
}

static void touch_shape(void *data, struct wl_touch *touch, int32_t id, wl_fixed_t major,
			wl_fixed_t minor)
{
}

static void touch_orientation(void *data, struct wl_touch *touch, int32_t id, wl_fixed_t angle) {}

static const struct wl_touch_listener touch_listener = {
	.down = touch_down,
	.up = touch_up,
	.motion = touch_motion,
	.frame = touch_frame,
	.cancel = touch_cancel,
	.shape = touch_shape,
	.orientation = touch_orientation,
};

/* ---- hands ---------------------------------------------------------------------------------- */

static void seat_capabilities(void *data, struct wl_seat *seat, uint32_t capabilities)
{
	struct hands *hands = data;

	hands->capabilities = capabilities;
	hands->capability_events++;
}

static void seat_name(void *data, struct wl_seat *seat, const char *name) {}

static const struct wl_seat_listener seat_listener = {
	.capabilities = seat_capabilities,
	.name = seat_name,
};

void hands_take(struct hands *hands, unsigned devices)
{
	struct wl_seat *seat = hands->client->seat;

	if (devices & POINTER) {
		hands->pointer = wl_seat_get_pointer(seat);
		wl_pointer_add_listener(hands->pointer, &pointer_listener, hands);
	}
	if (devices & KEYBOARD) {
		hands->keymaps = 0;
		hands->keyboard = wl_seat_get_keyboard(seat);
		wl_keyboard_add_listener(hands->keyboard, &keyboard_listener, hands);
	}
	if (devices & TOUCH) {
		hands->touch = wl_seat_get_touch(seat);
		wl_touch_add_listener(hands->touch, &touch_listener, hands);
	}
	client_roundtrip(hands->client);
}

void hands_create(struct client *client, unsigned devices, struct hands *hands)
{
	*hands = (struct hands){.client = client, .keymap_fd = -1};
	wl_seat_add_listener(client->seat, &seat_listener, hands);
	hands_take(hands, devices);
}

void hands_destroy(struct hands *hands)
{
	if (hands->pointer)
		wl_pointer_release(hands->pointer);
	if (hands->keyboard)
		wl_keyboard_release(hands->keyboard);
	if (hands->touch)
		wl_touch_release(hands->touch);
	if (hands->keymap_fd >= 0)
		close(hands->keymap_fd);
	hands->keymap_fd = -1;
	hands->pointer = NULL;
	hands->keyboard = NULL;
	hands->touch = NULL;
}

void hands_forget(struct hands *hands)
{
	settle(hands->client);
	hands->text[0] = '\0';
}

void hands_expect(struct hands *hands, const char *text)
{
	settle(hands->client);
	size_t length = strlen(hands->text);
	if (length)
		hands->text[length - 1] = '\0'; /* the last space */
	assert_string_equal(hands->text, text);
	hands->text[0] = '\0';
}

/* ---- panes ---------------------------------------------------------------------------------- */

static void handle_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial)
{
	struct pane *pane = data;

	pane->configures++;
	pane->serial = serial;
	xdg_surface_ack_configure(xdg_surface, serial);
}

static const struct xdg_surface_listener xdg_surface_listener = {.configure = handle_configure};

static void handle_toplevel_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
				      int32_t height, struct wl_array *states)
{
}

static void handle_close(void *data, struct xdg_toplevel *toplevel) {}

static void handle_bounds(void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height)
{
}

static void handle_capabilities(void *data, struct xdg_toplevel *toplevel,
				struct wl_array *capabilities)
{
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = handle_toplevel_configure,
	.close = handle_close,
	.configure_bounds = handle_bounds,
	.wm_capabilities = handle_capabilities,
};

static void handle_popup_configure(void *data, struct xdg_popup *popup, int32_t x, int32_t y,
				   int32_t width, int32_t height)
{
}

static void handle_done(void *data, struct xdg_popup *popup)
{
	((struct pane *)data)->dones++;
}

static void handle_repositioned(void *data, struct xdg_popup *popup, uint32_t token) {}

static const struct xdg_popup_listener popup_listener = {
	.configure = handle_popup_configure,
	.popup_done = handle_done,
	.repositioned = handle_repositioned,
};

void settle(struct client *client)
{
	client_roundtrip(client);
	pump(client->test);
}

static void begin(struct client *client, const char *name, struct pane *pane)
{
	*pane = (struct pane){.client = client};
	pane->surface = wl_compositor_create_surface(client->compositor);
	surface_set_name(pane->surface, name);
	pane->xdg_surface = xdg_wm_base_get_xdg_surface(client->wm_base, pane->surface);
	xdg_surface_add_listener(pane->xdg_surface, &xdg_surface_listener, pane);
}

/* Nobody looks at it. */
static struct wl_buffer *blank_buffer(struct client *client, int32_t width, int32_t height)
{
	static unsigned released;
	struct shm_buffer buffer;

	shm_buffer_create(client, width, height, WL_SHM_FORMAT_XRGB8888, &buffer);
	struct wl_buffer *made = buffer.buffer;
	wl_buffer_set_user_data(made, &released);
	buffer.buffer = NULL;
	client_roundtrip(client);
	shm_buffer_destroy(&buffer);
	return made;
}

static void show(struct pane *pane, int32_t width, int32_t height)
{
	wl_surface_commit(pane->surface);
	settle(pane->client);
	if (!pane->configures)
		return;
	pane->buffer = blank_buffer(pane->client, width, height);
	wl_surface_attach(pane->surface, pane->buffer, 0, 0);
	wl_surface_commit(pane->surface);
	settle(pane->client);
}

void pane_create(struct client *client, const char *name, int32_t width, int32_t height,
		 struct pane *pane)
{
	begin(client, name, pane);
	pane->toplevel = xdg_surface_get_toplevel(pane->xdg_surface);
	xdg_toplevel_add_listener(pane->toplevel, &toplevel_listener, pane);
	show(pane, width, height);
	assert_true(pane->configures > 0);
}

void pane_create_popup(struct pane *parent, const char *name, int32_t x, int32_t y, int32_t width,
		       int32_t height, const uint32_t *grab, struct pane *pane)
{
	struct client *client = parent->client;
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(client->wm_base);

	begin(client, name, pane);
	xdg_positioner_set_size(positioner, width, height);
	xdg_positioner_set_anchor_rect(positioner, x, y, 1, 1);
	xdg_positioner_set_anchor(positioner, XDG_POSITIONER_ANCHOR_TOP_LEFT);
	xdg_positioner_set_gravity(positioner, XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT);
	pane->popup = xdg_surface_get_popup(pane->xdg_surface, parent->xdg_surface, positioner);
	xdg_popup_add_listener(pane->popup, &popup_listener, pane);
	xdg_positioner_destroy(positioner);
	if (grab)
		xdg_popup_grab(pane->popup, client->seat, *grab);
	show(pane, width, height);
}

void pane_destroy(struct pane *pane)
{
	if (pane->popup)
		xdg_popup_destroy(pane->popup);
	if (pane->toplevel)
		xdg_toplevel_destroy(pane->toplevel);
	if (pane->xdg_surface)
		xdg_surface_destroy(pane->xdg_surface);
	if (pane->surface)
		wl_surface_destroy(pane->surface);
	if (pane->buffer)
		wl_buffer_destroy(pane->buffer);
	*pane = (struct pane){0};
}
